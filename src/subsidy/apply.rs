use super::funding::carried;
use super::rules::At;
use super::{Component, Duty, Line, Quantity, Rules, Shares, SubsidyError, WorkerMonth};
use crate::domain::{Fen, GridCode};

/// The lines of all workers' months, in the order of the input; a worker's in the order of the components.
/// Lines of nothing are left out.
///
/// # Errors
/// For the first month that can't be: see [`SubsidyError`].
pub fn lines(rules: &Rules, months: &[WorkerMonth]) -> Result<Vec<Line>, SubsidyError> {
    let mut lines = Vec::with_capacity(months.len() * 4);
    for month in months {
        worker(rules, month, &mut lines)?;
    }
    Ok(lines)
}

/// A line before it is rounded: `rate` is paid `of`/`whole` times, `whole` being the component's.
struct Exact<'a> {
    duty: &'a Duty,
    about_grid: bool,
    rate: Fen,
    of: u128,
    clause: &'a str,
}

/// The grid that a worker has on most days, the first of several: its place's rules hold for what is about
/// the whole month.
pub(super) fn main_duty(month: &WorkerMonth) -> Option<&Duty> {
    month.duties.iter().rev().max_by_key(|duty| duty.days)
}

fn check(month: &WorkerMonth) -> Result<(), SubsidyError> {
    let worker = || month.worker.clone();
    let (days, expected) = (month.duty_days, month.expected_days);
    if expected == 0 {
        return Err(SubsidyError::NoDays(worker()));
    }
    if days > expected {
        return Err(SubsidyError::TooManyDays { worker: worker(), days, expected });
    }
    if let Some(duty) = month.duties.iter().find(|duty| duty.days > days) {
        return Err(SubsidyError::TooManyDays { worker: worker(), days: duty.days, expected: days });
    }
    if let Some(score) = month.score.filter(|score| *score > 100) {
        return Err(SubsidyError::Score { worker: worker(), score });
    }
    let mut grids: Vec<&GridCode> = month.duties.iter().map(|duty| &duty.grid).collect();
    grids.sort();
    match grids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(SubsidyError::GridTwice { worker: worker(), grid: pair[0].clone() }),
        None => Ok(()),
    }
}

fn worker(rules: &Rules, month: &WorkerMonth, lines: &mut Vec<Line>) -> Result<(), SubsidyError> {
    check(month)?;
    let Some(main) = main_duty(month).filter(|duty| duty.days > 0) else { return Ok(()) };
    let first = lines.len();
    let wide = rules.at(&main.grid.village());
    let mut writer = Writer { rules, month, lines };
    writer.base(&wide)?;
    writer.allowances();
    writer.several_grids(main, &wide);
    writer.lead(main, &wide);
    writer.performance(&wide)?;
    writer.limits(main, &wide, first);
    Ok(())
}

struct Writer<'a> {
    rules: &'a Rules,
    month: &'a WorkerMonth,
    lines: &'a mut Vec<Line>,
}

impl<'a> Writer<'a> {
    fn days(&self) -> u128 {
        self.month.duties.iter().map(|duty| u128::from(duty.days)).sum()
    }

    fn on_duty(&self) -> impl Iterator<Item = &'a Duty> + use<'a> {
        self.month.duties.iter().filter(|duty| duty.days > 0)
    }

    /// The base of each grid: the month's part that was on duty, shared out by the grids' days.
    fn bases(&self) -> Result<Vec<Exact<'a>>, SubsidyError> {
        let employment = self.month.employment;
        self.on_duty()
            .map(|duty| {
                let base = self.rules.at(&duty.grid.village()).base(employment, duty.area_type);
                let base = base.ok_or_else(|| SubsidyError::NoBase {
                    employment: employment.as_str(),
                    area_type: duty.area_type.as_str(),
                    grid: duty.grid.clone(),
                })?;
                let of = u128::from(self.month.duty_days) * u128::from(duty.days);
                Ok(Exact { duty, about_grid: true, rate: base.monthly, of, clause: &base.clause })
            })
            .collect()
    }

    /// The month's part of all grids: what [`Self::bases`] are counted in.
    fn base_whole(&self) -> u128 {
        u128::from(self.month.expected_days) * self.days()
    }

    fn base(&mut self, wide: &At<'a>) -> Result<(), SubsidyError> {
        let paid_now = 100 - wide.performance().map_or(0, |rule| u128::from(rule.share));
        let mut bases = self.bases()?;
        bases.iter_mut().for_each(|base| base.of *= paid_now);
        self.write(Component::Base, self.base_whole() * 100, bases);
        Ok(())
    }

    fn performance(&mut self, wide: &At<'a>) -> Result<(), SubsidyError> {
        let (Some(rule), Some(score)) = (wide.performance(), self.month.score) else { return Ok(()) };
        if score < rule.least_score {
            return Ok(());
        }
        let earned = u128::from(rule.share) * u128::from(score.min(rule.full_score));
        let mut bases = self.bases()?;
        for base in &mut bases {
            base.of *= earned;
            base.clause = &rule.clause;
        }
        self.write(Component::Performance, self.base_whole() * 100 * u128::from(rule.full_score), bases);
        Ok(())
    }

    /// What the grids themselves give.
    fn allowances(&mut self) {
        let expected = u128::from(self.month.expected_days);
        let (mut households, mut land, mut travel, mut language) = (vec![], vec![], vec![], vec![]);
        for duty in self.on_duty() {
            let (at, days) = (self.rules.at(&duty.grid.village()), u128::from(duty.days));
            let exact = |rate, of, clause: &'a String| Exact { duty, about_grid: true, rate, of, clause };
            if let Some(step) = at.step(duty.area_type, duty.households) {
                households.push(exact(step.monthly, days, &step.clause));
            }
            if let Some(rule) = at.land(duty.area_type) {
                let above = u128::from(duty.area_milli_km2).saturating_sub(u128::from(rule.from_km2) * 1000);
                let (rate, of) = at_most(rule.per_km2, above, rule.at_most);
                land.push(exact(rate, of * days, &rule.clause));
            }
            if let Some(rule) = at.travel(duty.area_type) {
                let (rate, of) = at_most(rule.per_km, u128::from(duty.travel_milli_km), rule.at_most);
                travel.push(exact(rate, of, &rule.clause));
            }
            let spoken = duty.language.as_deref().filter(|needed| self.month.languages.contains(*needed));
            if let Some(rule) = spoken.and_then(|language| at.language(duty.area_type, language)) {
                language.push(exact(rule.monthly, days, &rule.clause));
            }
        }
        self.write(Component::Households, expected, households);
        self.write(Component::Land, 1000 * expected, land);
        self.write(Component::Travel, 1000, travel);
        self.write(Component::Language, expected, language);
    }

    /// Days with further grids count as often as there are further grids.
    fn several_grids(&mut self, main: &'a Duty, wide: &At<'a>) {
        let Some(rule) = wide.several_grids() else { return };
        let duty_days = u128::from(self.month.duty_days);
        let further = self.days().saturating_sub(duty_days);
        let of = rule.at_most_grids.map_or(further, |most| further.min(u128::from(most) * duty_days));
        let exact =
            Exact { duty: main, about_grid: false, rate: rule.each_further, of, clause: &rule.clause };
        self.write(Component::SeveralGrids, u128::from(self.month.expected_days), vec![exact]);
    }

    /// Once, however many grids they lead.
    fn lead(&mut self, main: &'a Duty, wide: &At<'a>) {
        let led = self.on_duty().filter(|duty| duty.lead).map(|duty| duty.days).max();
        let (Some(rule), Some(days)) = (wide.lead(), led) else { return };
        let exact = Exact {
            duty: main,
            about_grid: false,
            rate: rule.monthly,
            of: u128::from(days),
            clause: &rule.clause,
        };
        self.write(Component::Lead, u128::from(self.month.expected_days), vec![exact]);
    }

    /// Rounds the component's sum half up, and gives each line its fen by largest remainder.
    fn write(&mut self, component: Component, whole: u128, exact: Vec<Exact<'a>>) {
        let amount = |line: &Exact| u128::from(line.rate.0.unsigned_abs()) * line.of;
        let parts: Vec<u128> = exact.iter().map(amount).collect();
        let sum: u128 = parts.iter().sum();
        let rounded = Fen(i64::try_from((2 * sum + whole) / (2 * whole)).unwrap_or(i64::MAX));
        for (line, amount) in exact.into_iter().zip(rounded.shared(&parts)) {
            if line.of == 0 || line.rate == Fen(0) {
                continue;
            }
            let (place, area_type) = (line.duty.grid.village(), line.duty.area_type);
            self.lines.push(Line {
                worker: self.month.worker.clone(),
                grid: line.about_grid.then(|| line.duty.grid.clone()),
                component,
                quantity: Quantity { of: line.of, whole },
                rate: line.rate,
                amount,
                shares: carried(&self.rules.at(&place), area_type, component, amount),
                clause: line.clause.to_owned(),
            });
        }
    }

    /// The cap, and the floor of the days on duty, over all the month's lines since `first`.
    fn limits(&mut self, main: &Duty, wide: &At<'a>, first: usize) {
        let Some(limits) = wide.limits() else { return };
        let paid: Fen = self.lines[first..].iter().map(|line| line.amount).sum();
        let (days, expected) = (i64::from(self.month.duty_days), i64::from(self.month.expected_days));
        let floor = limits.floor.map(|floor| Fen((2 * floor.0 * days + expected) / (2 * expected)));
        let (component, rate) = match (limits.cap, floor) {
            (Some(cap), _) if paid > cap => (Component::Cap, cap - paid),
            (_, Some(floor)) if paid < floor => (Component::Floor, floor - paid),
            _ => return,
        };
        let mut weights = [0u128; 4];
        for line in &self.lines[first..] {
            for (weight, share) in weights.iter_mut().zip(line.shares.levels()) {
                *weight += u128::from(share.0.unsigned_abs());
            }
        }
        let shares = match weights.iter().sum::<u128>() {
            0 => carried(wide, main.area_type, component, rate),
            _ => Shares::of(&rate.shared(&weights)),
        };
        self.lines.push(Line {
            worker: self.month.worker.clone(),
            grid: None,
            component,
            quantity: Quantity { of: 1, whole: 1 },
            rate,
            amount: rate,
            shares,
            clause: limits.clause.clone(),
        });
    }
}

/// A rate paid for `milli`/1000, or the most once.
fn at_most(rate: Fen, milli: u128, most: Option<Fen>) -> (Fen, u128) {
    let over =
        |most: &Fen| u128::from(rate.0.unsigned_abs()) * milli > u128::from(most.0.unsigned_abs()) * 1000;
    match most.filter(over) {
        Some(most) => (most, 1000),
        None => (rate, milli),
    }
}
