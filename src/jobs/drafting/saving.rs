//! Drawing, checking and saving what a change makes of a village.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::super::Failure;
use super::super::division::refusal;
use super::{Changed, Open, aside, of};
use crate::domain::{DrawnGrid, Givens, Grid, GridCode, ReasonKind};
use crate::planning::{self, Drawn, Placing, Seen};
use crate::store::drafts::{self, Placed};
use crate::store::{Tx, grids, plans};

/// Draws and checks grids that a person has put together, and saves them.
pub(super) async fn settle(
    tx: &mut Tx,
    open: Open,
    action: &'static str,
    after: Vec<Placed>,
    hands: &BTreeSet<GridCode>,
    givens: Givens,
    now: DateTime<Utc>,
) -> Result<Changed, Failure> {
    let drawn_before = |code: &GridCode| {
        let drawn = open.drawn.iter().find(|drawn| drawn.grid.code == *code);
        drawn.is_some_and(|drawn| {
            let mut reasons = drawn.grid.reasons.iter().chain(&drawn.told.reasons);
            reasons.any(|reason| matches!(reason.kind, ReasonKind::DrawnByHand { .. }))
        })
    };
    let placings: Vec<Placing> = after
        .into_iter()
        .map(|grid| Placing {
            by_hand: hands.contains(&grid.code) || drawn_before(&grid.code),
            code: grid.code,
            units: grid.units,
            name: grid.name,
        })
        .collect();
    let village = &open.village.code;
    let numbers = &open.plan.numbers;
    let fixed =
        numbers.counts.contains_key(village) || numbers.ceilings.keys().any(|area| area.covers(village));
    if fixed && placings.len() != open.grids.len() && action != "plan.undo" {
        return Err(Failure::refused(
            "number_fixed",
            format!("{village} 的网格数已定为 {} 个，不能增减：请先调整上限或指定数量", open.grids.len()),
            format!(
                "the number of grids of {village} is fixed at {}: change the ceiling or the number first",
                open.grids.len()
            ),
        ));
    }
    let (row, own, profile, list) =
        (open.village.clone(), givens.clone(), open.profile.clone(), open.units.clone());
    let drawn = aside(move |_| planning::arrange_village(&of(&row, &list, &profile), &own, fixed, &placings))
        .await?
        .map_err(|error| refusal(&error, &open.village.name))?;
    save(tx, open, action, drawn, givens, now).await
}

/// Writes what is different, and how it was before.
pub(super) async fn save(
    tx: &mut Tx,
    open: Open,
    action: &'static str,
    drawn: Drawn,
    givens: Givens,
    now: DateTime<Utc>,
) -> Result<Changed, Failure> {
    let village = open.village.code.clone();
    let before: BTreeMap<&GridCode, &DrawnGrid> =
        open.drawn.iter().map(|drawn| (&drawn.grid.code, drawn)).collect();
    let placed = |grid: &Grid| (grid.units.clone(), grid.name.clone());
    let told_alike = |new: &DrawnGrid, old: &DrawnGrid| {
        placed(&new.grid) == placed(&old.grid) && new.told.reasons == old.told.reasons
    };
    let alike =
        |new: &DrawnGrid, old: &DrawnGrid| told_alike(new, old) && new.grid.reasons == old.grid.reasons;
    let different = |same: &dyn Fn(&DrawnGrid, &DrawnGrid) -> bool| -> Vec<DrawnGrid> {
        let changed = |new: &&DrawnGrid| !before.get(&new.grid.code).is_some_and(|old| same(new, old));
        drawn.grids.iter().filter(changed).cloned().collect()
    };
    let put = different(&alike);
    let told = different(&told_alike).into_iter().map(|drawn| drawn.grid.code).collect();
    let kept: BTreeSet<&GridCode> = drawn.grids.iter().map(|drawn| &drawn.grid.code).collect();
    let removed: Vec<GridCode> =
        before.keys().filter(|code| !kept.contains(**code)).map(|code| (*code).clone()).collect();
    let (mut reasons, mut told_reasons) = plans::reasons(tx, open.plan.id).await?;
    for (all, own) in [(&mut reasons, drawn.reasons), (&mut told_reasons, drawn.told_reasons)] {
        all.retain(|reason| reason.village != village);
        all.extend(own);
        all.sort_by(|a, b| (&a.village, &a.grid).cmp(&(&b.village, &b.grid)));
    }
    let mut all = grids::drawn(tx, &open.plan.banner, open.plan.id, false).await?;
    all.retain(|drawn| drawn.grid.village != village);
    all.extend(drawn.grids);
    let scores =
        |seen| planning::scores(&all, seen, |village, area_type| open.policy.profile(village, area_type));
    let outcome = drafts::Outcome {
        scores: &scores(Seen::Exact),
        told_scores: &scores(Seen::Told),
        reasons: &reasons,
        told_reasons: &told_reasons,
    };
    let change = drafts::Change {
        action,
        village: &village,
        before: &open.grids,
        put: &put,
        removed: &removed,
        outcome,
        givens: &givens,
    };
    drafts::change(tx, &open.plan, &change, now).await?;
    Ok(Changed { village, grids: told, removed })
}
