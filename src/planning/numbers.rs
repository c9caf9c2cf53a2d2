//! How many grids each village gets, where ceilings or a person decide it.

use std::collections::BTreeMap;

use super::{Village, prepared};
use crate::divide::{self, Claim};
use crate::domain::{Code, GivenFault, Givens, GridNumbers};

/// What is asked of a banner.
#[derive(Debug, Clone, Copy)]
pub struct Shares<'a> {
    pub numbers: &'a GridNumbers,
    pub givens: &'a Givens,
    /// Grids of villages that are not divided anew: they take up posts as well.
    pub kept: &'a BTreeMap<Code, u32>,
}

/// The number of grids of each village for which it is fixed: by hand first, then within the ceilings of
/// townships, then within that of their banner, each shared out by [`divide::share_out`].
///
/// # Errors
/// With every fault found: a number that a village can't have, a ceiling below what its villages can't do
/// without.
pub fn share_numbers(
    villages: &[Village<'_>],
    shares: Shares<'_>,
) -> Result<BTreeMap<Code, u32>, Vec<GivenFault>> {
    let Shares { numbers, givens, kept } = shares;
    let mut faults = Vec::new();
    let mut fixed: BTreeMap<Code, u32> = BTreeMap::new();
    let mut claims: BTreeMap<&Code, Claim> = BTreeMap::new();
    for village in villages.iter().filter(|village| concerned(village.code, numbers)) {
        let Ok((input, own)) = prepared(village, Some(givens)) else { continue };
        let (least, most) = divide::least_grids(&input, &own);
        let households: f64 = input.units.iter().map(|unit| f64::from(unit.households)).sum();
        let need = households / f64::from(village.profile.households_target.max(1));
        if let Some(count) = numbers.counts.get(village.code) {
            let (name, count) = (village.code.to_string(), *count);
            if count < least {
                faults.push(GivenFault::CountTooLow { village: name, count, least });
            } else if count > most.min(999) {
                faults.push(GivenFault::CountTooHigh { village: name, count, most: most.min(999) });
            }
            fixed.insert(village.code.clone(), count);
        } else {
            claims.insert(village.code, Claim { need, least, most: most.min(999) });
        }
    }
    // The narrowest first: what a township has is part of what its banner has.
    let mut ceilings: Vec<(&Code, u32)> =
        numbers.ceilings.iter().map(|(area, posts)| (area, *posts)).collect();
    ceilings.sort_by_key(|(area, _)| (std::cmp::Reverse(area.level()), (*area).clone()));
    for (area, ceiling) in ceilings {
        let open: Vec<&Code> = claims.keys().copied().filter(|village| area.covers(village)).collect();
        if open.is_empty() {
            continue;
        }
        let spent: u32 = fixed
            .iter()
            .chain(kept)
            .filter(|(village, _)| area.covers(village))
            .map(|(_, count)| *count)
            .sum();
        let own: Vec<Claim> = open.iter().map(|village| claims[village]).collect();
        match divide::share_out(&own, ceiling.saturating_sub(spent)) {
            Ok(found) => fixed.extend(open.iter().map(|village| (*village).clone()).zip(found)),
            Err(low) => {
                let least = low.least.saturating_add(spent);
                faults.push(GivenFault::CeilingTooLow { area: area.to_string(), ceiling, least });
            }
        }
        claims.retain(|village, _| !area.covers(village));
    }
    if faults.is_empty() { Ok(fixed) } else { Err(faults) }
}

fn concerned(village: &Code, numbers: &GridNumbers) -> bool {
    numbers.counts.contains_key(village) || numbers.ceilings.keys().any(|area| area.covers(village))
}
