//! What is asked of the engine, beside what this run measured.

use crate::check::Figures;

/// A figure that is asked for.
struct Row {
    what: String,
    asked: String,
    measured: String,
    met: bool,
}

/// All that were measured in this run.
#[derive(Default)]
pub struct Asked {
    rows: Vec<Row>,
    /// Answers of the engine, and their parts in pieces or empty.
    answers: usize,
    broken: f64,
}

impl Asked {
    /// A figure that may be `most` at most.
    pub fn at_most(&mut self, what: impl Into<String>, most: f64, measured: f64, unit: &str) {
        self.row(what.into(), "≤", most, measured, unit, measured <= most);
    }

    /// A figure that must be `least` at least.
    pub fn at_least(&mut self, what: impl Into<String>, least: f64, measured: f64, unit: &str) {
        self.row(what.into(), "≥", least, measured, unit, measured >= least);
    }

    fn row(&mut self, what: String, sign: &str, asked: f64, measured: f64, unit: &str, met: bool) {
        let asked = format!("{sign} {asked}{unit}");
        self.rows.push(Row { what, asked, measured: format!("{measured:.3}{unit}"), met });
    }

    /// An answer of the engine, or of several instances: none may have a part in pieces or an empty one. That no
    /// unit is lost, the run sees before: an answer that doesn't name a part for each has no figures.
    pub fn answer(&mut self, figures: &Figures) {
        self.answers += 1;
        self.broken += figures.in_pieces + figures.empty;
    }

    /// A lattice of 100,000 units at one effort.
    pub fn lattice(&mut self, task: &str, effort: &str, ours: &Figures, metis: &Figures) {
        let (time, within, worst, cut, round) = match effort {
            "quick" => (0.3, 99.8, 10.0, 0.98, 1.05),
            "default" => (1.0, 99.9, 6.0, 0.93, 1.14),
            "thorough" => (3.0, 99.99, 4.0, 0.915, 1.17),
            _ => return,
        };
        let what = |figure: &str| format!("{task}, {effort}: {figure}");
        self.at_most(what("time / METIS"), time, ours.secs / metis.secs, "");
        self.at_least(what("parts within ±3 %"), within, 100.0 * ours.within[0] / ours.parts, " %");
        // Households are whole: the last digits are the mean's.
        self.at_most(what("worst"), worst, 100.0 * ours.worst, " %");
        self.at_most(what("cut / METIS"), cut, ours.cut / metis.cut, "");
        self.at_least(what("Polsby–Popper / METIS"), round, ours.round / metis.round, "");
    }

    pub fn million(&mut self, ours: &Figures, metis: Option<&Figures>) {
        if let Some(metis) = metis {
            self.at_most("1,000,000 units: time / METIS", 0.5, ours.secs / metis.secs, "");
        }
        self.at_least("1,000,000 units: parts within ±3 %", 99.9, 100.0 * ours.within[0] / ours.parts, " %");
        self.at_most("1,000,000 units: peak memory", 400.0, ours.peak_mb, " MB");
    }

    /// Communities, on one thread and on two.
    pub fn communities(&mut self, task: &str, ours: &Figures, on_two: Option<&Figures>, metis: &Figures) {
        let off_ten = 100.0 * ours.off_ten / ours.instances;
        if task == "hard" {
            self.at_most("hard set: communities with a grid more than 10 % off", 1.0, off_ten, " %");
            return;
        }
        self.at_most(
            "communities: grids out of the band though their mean is in it",
            0.0,
            ours.out_of_band,
            "",
        );
        self.at_most("communities: with a grid more than 10 % off", 0.5, off_ten, " %");
        self.at_least("communities: grids within ±3 %", 99.0, 100.0 * ours.within[0] / ours.parts, " %");
        self.at_most("communities: time / METIS", 1.0, ours.secs / metis.secs, "");
        if let Some(two) = on_two {
            self.at_least("communities: one thread's wait / two threads'", 1.8, ours.wall / two.wall, "");
        }
    }

    pub fn told(&self) {
        println!("\n## asked and measured\n");
        println!("| what | asked | measured | met |");
        println!("|---|---:|---:|---|");
        if self.answers > 0 {
            let (answers, broken) = (self.answers, self.broken);
            let met = if broken == 0.0 { "yes" } else { "NO" };
            println!(
                "| parts in pieces, empty parts, units lost, in {answers} runs | 0 | {broken} | {met} |"
            );
        }
        for Row { what, asked, measured, met } in &self.rows {
            println!("| {what} | {asked} | {measured} | {} |", if *met { "yes" } else { "NO" });
        }
        let met = self.rows.iter().filter(|row| row.met).count();
        println!("\n{met} of {} figures met.", self.rows.len());
    }
}
