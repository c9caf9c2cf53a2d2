//! Sharing a ceiling of posts between villages.
//!
//! ## Method
//!
//! Equal proportions (Huntington–Hill): after each village has what it can't do without, every further
//! grid goes to the village with the greatest need/√(n(n+1)), n being the grids that it has. Of two
//! villages no grid could then change sides without making the *ratio* of their needs for each grid more
//! unequal, which is what a grid's worker feels; the method of Webster and Sainte-Laguë evens out grids
//! for each household instead, and may leave a small village with none. A divisor method is house
//! monotone: with a higher ceiling no village gets fewer. A village's need is its households by its own
//! profile's target, so that a pastoral village isn't starved by an urban one.
//!
//! Sources: E. V. Huntington, "The apportionment of representatives in Congress", Transactions of the
//! American Mathematical Society 30 (1928); M. L. Balinski and H. P. Young, "Fair Representation"
//! (2nd edition, 2001), chapter 4 and appendix A for minima and maxima.
//!
//! Cost: O((v + k) log v) for v villages and k grids.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What one village asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Its households by the target of its profile: how many grids it would have by itself. 0 or more.
    pub need: f64,
    /// Grids that it can't do without: one for each piece of it, and each grid that is given.
    pub least: u32,
    /// Its units: more grids than that can't be made.
    pub most: u32,
}

/// The ceiling is below what the villages can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{ceiling} posts are fewer than the {least} grids that the villages need at least")]
pub struct CeilingTooLow {
    pub ceiling: u32,
    pub least: u32,
}

/// Grids for each claim: at least its least, at most its most, `ceiling` together (or all that can be
/// made, where that is fewer). Of equal claims the earlier is served first.
///
/// # Errors
/// When the ceiling is below the sum of the least.
pub fn share_out(claims: &[Claim], ceiling: u32) -> Result<Vec<u32>, CeilingTooLow> {
    let mut shares: Vec<u32> = claims.iter().map(|claim| claim.least).collect();
    let least = shares.iter().fold(0, |sum: u32, share| sum.saturating_add(*share));
    if least > ceiling {
        return Err(CeilingTooLow { ceiling, least });
    }
    let mut waiting: BinaryHeap<Next> = BinaryHeap::new();
    for (at, claim) in claims.iter().enumerate() {
        waiting.extend(next(at, claim, claim.least));
    }
    for _ in least..ceiling {
        let Some(first) = waiting.pop() else { break };
        shares[first.at] += 1;
        waiting.extend(next(first.at, &claims[first.at], shares[first.at]));
    }
    Ok(shares)
}

fn next(at: usize, claim: &Claim, has: u32) -> Option<Next> {
    let need = if claim.need.is_finite() { claim.need.max(0.0) } else { 0.0 };
    let held = f64::from(has);
    // With none yet this is infinite: whoever has nothing comes first.
    let priority = if need == 0.0 { 0.0 } else { need / (held * (held + 1.0)).sqrt() };
    (has < claim.most).then_some(Next { priority, need, at })
}

/// A village in the queue; the greatest is served next.
#[derive(Debug, PartialEq)]
struct Next {
    priority: f64,
    need: f64,
    at: usize,
}

impl Eq for Next {}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority
            .total_cmp(&other.priority)
            .then(self.need.total_cmp(&other.need))
            .then(other.at.cmp(&self.at))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        let claim = (0..3000u32, 0..3u32, 0..40u32).prop_map(|(households, least, more)| {
            let least = if households > 0 { least.max(1) } else { least };
            Claim { need: f64::from(households) / 250.0, least, most: least + more }
        });
        proptest::collection::vec(claim, 1..30)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn shares_add_up_keep_their_bounds_and_never_fall_when_the_ceiling_rises(
            claims in claims(), above in 0..200u32,
        ) {
            let least: u32 = claims.iter().map(|claim| claim.least).sum();
            let most: u32 = claims.iter().map(|claim| claim.most).sum();
            if least > 0 {
                let low = CeilingTooLow { ceiling: least - 1, least };
                prop_assert_eq!(share_out(&claims, least - 1), Err(low));
            }
            let ceiling = least + above;
            let shares = share_out(&claims, ceiling).unwrap();
            prop_assert_eq!(shares.iter().sum::<u32>(), ceiling.min(most));
            for (share, claim) in shares.iter().zip(&claims) {
                prop_assert!((claim.least..=claim.most).contains(share));
                prop_assert!(*share > 0 || claim.need == 0.0);
            }
            let higher = share_out(&claims, ceiling + 1).unwrap();
            prop_assert!(shares.iter().zip(&higher).all(|(before, after)| before <= after));
        }

        /// What makes it equal proportions: taking a grid from one village for another never brings their
        /// needs for each grid closer together.
        #[test]
        fn no_grid_would_serve_another_village_better(claims in claims(), above in 0..200u32) {
            let ceiling = claims.iter().map(|claim| claim.least).sum::<u32>() + above;
            let shares = share_out(&claims, ceiling).unwrap();
            let load = |at: usize, share: u32| claims[at].need / f64::from(share);
            let ratio = |a: f64, b: f64| a.max(b) / a.min(b);
            for (a, b) in (0..claims.len()).flat_map(|a| (0..claims.len()).map(move |b| (a, b))) {
                let movable = a != b && shares[a] > claims[a].least.max(1) && shares[b] < claims[b].most;
                if !movable || claims[a].need == 0.0 || claims[b].need == 0.0 {
                    continue;
                }
                let before = ratio(load(a, shares[a]), load(b, shares[b]));
                let after = ratio(load(a, shares[a] - 1), load(b, shares[b] + 1));
                let heavier = load(b, shares[b]) > load(a, shares[a]);
                prop_assert!(!heavier || after >= before * (1.0 - 1e-9), "{before} {after}");
            }
        }
    }

    #[test]
    fn the_textbooks_case_comes_out_as_printed() {
        // Balinski and Young's six states with 36 seats, on which the five classic methods all differ:
        // Adams 10 9 7 5 3 2, Dean 10 9 7 5 4 1, Hill 10 9 7 6 3 1, Webster 10 9 8 5 3 1, Jefferson 11 9 7 5 3 1.
        let need = |need: f64| Claim { need, least: 1, most: 1000 };
        let states = [27744.0, 25178.0, 19951.0, 14610.0, 9225.0, 3292.0].map(need);
        assert_eq!(share_out(&states, 36).unwrap(), [10, 9, 7, 6, 3, 1]);
        let tie = [need(5.0), need(5.0)];
        assert_eq!(share_out(&tie, 3).unwrap(), [2, 1]);
    }
}
