//! Figures of an answer, by code that shares nothing with the engine.

use crate::instance::Instance;

#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Seconds on a core, of all threads that divide.
    pub secs: f64,
    pub wall: f64,
    pub peak_mb: f64,
    pub parts: f64,
    /// Parts within ±3 %, ±5 %, ±10 % of the mean, and with 300 to 500 households.
    pub within: [f64; 3],
    pub in_band: f64,
    /// Parts out of 300 to 500 households though the mean is within.
    pub out_of_band: f64,
    pub worst: f64,
    pub in_pieces: f64,
    pub empty: f64,
    pub cut: f64,
    /// Sum of the parts' Polsby–Popper figures.
    pub round: f64,
    /// Instances with a part more than 10 % off their mean.
    pub off_ten: f64,
    pub instances: f64,
}

/// A hexagon of side 1 has this area.
const CELL: f64 = 2.598_076_211_353_316;

impl Figures {
    pub fn of(instance: &Instance, answer: &[u32]) -> Self {
        let count = instance.parts as usize;
        let units = instance.weights.len();
        let mut load = vec![0u64; count];
        let mut cells = vec![0u32; count];
        let mut rim = vec![0u32; count];
        for (unit, part) in answer.iter().enumerate() {
            let part = *part as usize;
            load[part] += u64::from(instance.weights[unit]);
            cells[part] += 1;
            rim[part] += instance.outer[unit];
        }
        let mut home: Vec<u32> = (0..units as u32).collect();
        let (mut cut, mut trees) = (0u32, units);
        for &(a, b) in &instance.edges {
            let (one, two) = (answer[a as usize], answer[b as usize]);
            if one != two {
                cut += 1;
                rim[one as usize] += 1;
                rim[two as usize] += 1;
                continue;
            }
            let (a, b) = (root(&mut home, a), root(&mut home, b));
            if a != b {
                home[a as usize] = b;
                trees -= 1;
            }
        }
        let full = cells.iter().filter(|cells| **cells > 0).count();
        let mean = load.iter().sum::<u64>() as f64 / count as f64;
        let off: Vec<f64> = load.iter().map(|load| (*load as f64 / mean - 1.0).abs()).collect();
        let in_band = load.iter().filter(|load| (300..=500).contains(*load)).count() as f64;
        let within = |limit: f64| off.iter().filter(|off| **off <= limit + 1e-9).count() as f64;
        let round = |part: usize| {
            4.0 * std::f64::consts::PI * f64::from(cells[part]) * CELL / f64::from(rim[part]).powi(2)
        };
        let worst = off.iter().copied().fold(0.0, f64::max);
        Self {
            parts: count as f64,
            within: [within(0.03), within(0.05), within(0.1)],
            in_band,
            out_of_band: if (300.0..=500.0).contains(&mean) { count as f64 - in_band } else { 0.0 },
            worst,
            in_pieces: (trees - full) as f64,
            empty: (count - full) as f64,
            cut: f64::from(cut),
            round: (0..count).filter(|part| cells[*part] > 0).map(round).sum(),
            off_ten: f64::from(worst > 0.1 + 1e-9),
            instances: 1.0,
            ..Self::default()
        }
    }

    /// Adds another instance's.
    pub fn add(&mut self, other: &Self) {
        self.parts += other.parts;
        for (own, other) in self.within.iter_mut().zip(other.within) {
            *own += other;
        }
        self.in_band += other.in_band;
        self.out_of_band += other.out_of_band;
        self.worst = self.worst.max(other.worst);
        self.in_pieces += other.in_pieces;
        self.empty += other.empty;
        self.cut += other.cut;
        self.round += other.round;
        self.off_ten += other.off_ten;
        self.instances += other.instances;
    }

    /// One line of a table, with ratios against METIS where it has an answer.
    pub fn line(&self, name: &str, metis: Option<&Self>) -> String {
        let percent = |count: f64| 100.0 * count / self.parts;
        let ratio = |of: fn(&Self) -> f64| {
            metis.map_or("–".to_owned(), |metis| format!("{:.3}", of(self) / of(metis)))
        };
        format!(
            "| {name:<9} | {:>8.2} | {:>8.2} | {:>6} | {:>6.0} | {:>7.2} | {:>7.2} | {:>7.2} | {:>7.2} | {:>6.1} | {:>6.0} | {:>5.0} | {:>8.0} | {:>6} | {:>5.3} | {:>6} |",
            self.wall,
            self.secs,
            ratio(|figures| figures.secs),
            self.peak_mb,
            percent(self.within[0]),
            percent(self.within[1]),
            percent(self.within[2]),
            percent(self.in_band),
            100.0 * self.worst,
            self.in_pieces,
            self.empty,
            self.cut,
            ratio(|figures| figures.cut),
            self.round / self.parts,
            ratio(|figures| figures.round / figures.parts),
        )
    }

    pub fn head() {
        println!(
            "| engine    |   wall s |    cpu s | ratio  |   MB   | ±3 %    | ±5 %    | ±10 %   | in band | worst% | pieces | empty |      cut | ratio  |  PP   | ratio  |"
        );
        println!(
            "|-----------|---------:|---------:|-------:|-------:|--------:|--------:|--------:|--------:|-------:|-------:|------:|---------:|-------:|------:|-------:|"
        );
    }

    /// As a child process tells its parent.
    pub fn told(&self) -> String {
        let figures = [
            self.secs,
            self.wall,
            self.peak_mb,
            self.parts,
            self.within[0],
            self.within[1],
            self.within[2],
            self.in_band,
            self.out_of_band,
            self.worst,
            self.in_pieces,
            self.empty,
            self.cut,
            self.round,
            self.off_ten,
            self.instances,
        ];
        figures.map(|figure| figure.to_string()).join(" ")
    }

    pub fn heard(line: &str) -> Option<Self> {
        let figures: Vec<f64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [
            secs,
            wall,
            peak_mb,
            parts,
            a,
            b,
            c,
            in_band,
            out_of_band,
            worst,
            in_pieces,
            empty,
            cut,
            round,
            off_ten,
            instances,
        ] = figures.try_into().ok()?;
        let within = [a, b, c];
        Some(Self {
            secs,
            wall,
            peak_mb,
            parts,
            within,
            in_band,
            out_of_band,
            worst,
            in_pieces,
            empty,
            cut,
            round,
            off_ten,
            instances,
        })
    }
}

fn root(home: &mut [u32], mut unit: u32) -> u32 {
    while home[unit as usize] != unit {
        home[unit as usize] = home[home[unit as usize] as usize];
        unit = home[unit as usize];
    }
    unit
}
