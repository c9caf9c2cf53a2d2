//! What a place is by its name, and the demo values that go with it.
//!
//! None of the figures here is published at village level. They are demo values, set once so that the
//! banners made from them look like their kind and the region comes near the 24.05 million people of 2020.

use super::sources::Towns;
use crate::domain::{AreaType, VillageKind};

/// How a township takes its place in a banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// 街道: packed about the seat of the banner.
    Street,
    /// An industrial or development park: small, wherever it lies.
    Park,
    /// 镇, 乡, 苏木, farms: share the land among them, with a town where they have communities.
    Rural,
}

pub(super) fn standing(name: &str) -> Standing {
    const PARKS: [&str; 7] = ["园区", "开发区", "工业", "产业", "物流", "口岸", "示范区"];
    if name.contains("街道") || name.contains("办事处") {
        Standing::Street
    } else if PARKS.iter().any(|part| name.contains(part)) {
        Standing::Park
    } else {
        Standing::Rural
    }
}

pub(super) fn kind(name: &str) -> VillageKind {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["嘎查"]) {
        VillageKind::Gacha
    } else if has(&["社区", "居委", "居民"]) {
        VillageKind::Community
    } else if has(&["村"]) && !name.ends_with("生活区") {
        VillageKind::Village
    } else {
        VillageKind::Farm
    }
}

/// The bare name: 保康镇 and 保康街道办事处 are both 保康.
pub(super) fn stem(name: &str) -> &str {
    const ENDS: [&str; 8] = ["街道办事处", "街道", "民族苏木", "民族乡", "苏木", "镇", "乡", "区"];
    ENDS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// What a village is outside the towns. A 村 of a pastoral banner farms, a 嘎查 herds.
pub(super) fn rural_type(banner: AreaType, herding: bool, kind: VillageKind) -> AreaType {
    match banner {
        AreaType::Urban if herding => AreaType::Mixed,
        AreaType::Urban => AreaType::Agricultural,
        AreaType::Pastoral if kind == VillageKind::Village => AreaType::Mixed,
        other => other,
    }
}

/// Demo value: built-up area of a community in a town, km².
pub(super) fn community_km2(towns: Towns, at_seat: bool) -> f64 {
    match (towns, at_seat) {
        (Towns::Metropolis, true) => 0.7,
        (Towns::City, true) => 0.8,
        (Towns::Town, true) => 0.9,
        (Towns::HerdingTown, true) => 1.2,
        (_, false) => 1.1,
    }
}

/// Demo value: the land of a village beside that of others of its banner.
pub(super) fn land_weight(kind: VillageKind) -> f64 {
    match kind {
        VillageKind::Village => 1.0,
        VillageKind::Gacha => 1.8,
        VillageKind::Farm | VillageKind::Community => 1.6,
    }
}

/// Demo value: people of a community in a town.
pub(super) fn community_people(towns: Towns, at_seat: bool) -> f64 {
    match (towns, at_seat) {
        (Towns::Metropolis, true) => 10_000.0,
        (Towns::City, true) => 6_400.0,
        (Towns::Town, true) => 4_600.0,
        (Towns::HerdingTown, true) => 3_400.0,
        (Towns::Metropolis | Towns::City, false) => 3_000.0,
        (Towns::Town, false) => 2_200.0,
        (Towns::HerdingTown, false) => 1_100.0,
    }
}

/// Demo value: people of a village, gacha or farm, or of a community that holds open land.
pub(super) fn village_people(area_type: AreaType, kind: VillageKind, towns: Towns) -> f64 {
    let base = match (area_type, towns) {
        (AreaType::Pastoral, _) => 390.0,
        (AreaType::Mixed, _) => 630.0,
        (_, Towns::Metropolis | Towns::City) => 1_400.0,
        _ => 1_000.0,
    };
    match kind {
        VillageKind::Farm => 0.6 * base,
        VillageKind::Community => 2.0 * base,
        VillageKind::Village | VillageKind::Gacha => base,
    }
}

/// Demo value: people per km² that no place of a kind exceeds, so that a small one isn't crowded.
pub(super) fn densest(area_type: AreaType) -> f64 {
    match area_type {
        AreaType::Urban => 19_000.0,
        AreaType::Agricultural => 1_500.0,
        AreaType::Mixed => 80.0,
        AreaType::Pastoral => 1.6,
    }
}
