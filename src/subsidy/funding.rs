use super::rules::At;
use super::{Component, Shares};
use crate::domain::{AreaType, Fen};

/// What each level carries of an amount. That somebody carries every component is checked when the rules are
/// read; were it not so, the township would.
pub(super) fn carried(at: &At<'_>, area_type: AreaType, component: Component, amount: Fen) -> Shares {
    let levels = at.funding(area_type, component).map_or([0, 0, 0, 100], |entry| entry.levels());
    Shares::of(&amount.shared(&levels))
}
