//! How fast a cell is crossed: demo values in one table.
//!
//! Off roads people walk in town and ride a motorcycle or drive on the steppe. The summer speeds are those of
//! the default policy (`domain/defaults.toml`); those of winter and of the thaw have no public source: demo
//! values, to be replaced by what a banner knows of its land. Speeds on roads in summer are the lower design
//! speeds of the class in JTG B01-2014 (技术标准; taken from a secondary source), which is nearer to what is
//! driven on old roads than the limit; for a track and for the other seasons again demo values.

use crate::domain::{AreaType, RoadClass, Season};

/// What there is in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// The area type of the village that the cell lies in.
    pub land: AreaType,
    /// The best road through the cell, where roads have been imported.
    pub road: Option<RoadClass>,
    /// A lake, or a river along the cell: without a road, which is then a bridge, nobody gets through; not on the
    /// ice either, since nobody answers for it.
    pub barrier: bool,
}

/// The speed in km/h at which a cell is crossed; 0 where nobody gets through. The faster of road and land: one
/// needn't take the road.
pub fn speed_kmh(ground: Ground, season: Season) -> f64 {
    let road = ground.road.map(|road| on_road(road, season));
    match (road, ground.barrier) {
        (Some(road), true) => road,
        (None, true) => 0.0,
        (road, false) => road.unwrap_or(0.0).max(off_road(ground.land, season)),
    }
}

/// In the order of [`Season::ALL`]: summer, winter, mud.
fn off_road(land: AreaType, season: Season) -> f64 {
    let row = match land {
        // On foot.
        AreaType::Urban => [5.0, 4.0, 5.0],
        // On a bicycle or an electric tricycle.
        AreaType::Agricultural => [15.0, 12.0, 8.0],
        AreaType::Mixed => [20.0, 15.0, 10.0],
        // By motorcycle or car.
        AreaType::Pastoral => [30.0, 20.0, 12.0],
    };
    of(season, row)
}

fn on_road(road: RoadClass, season: Season) -> f64 {
    let row = match road {
        RoadClass::Expressway => [80.0, 60.0, 80.0],
        RoadClass::First => [60.0, 50.0, 60.0],
        RoadClass::Second => [60.0, 45.0, 60.0],
        RoadClass::Third => [30.0, 25.0, 30.0],
        RoadClass::Fourth => [20.0, 15.0, 15.0],
        RoadClass::Track => [20.0, 15.0, 8.0],
    };
    of(season, row)
}

fn of(season: Season, row: [f64; 3]) -> f64 {
    match season {
        Season::Summer => row[0],
        Season::Winter => row[1],
        Season::Mud => row[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Policy;

    #[test]
    fn summer_off_roads_is_as_fast_as_the_default_policy_says() {
        for land in AreaType::ALL {
            let ground = Ground { land, road: None, barrier: false };
            let policy = Policy::defaults().unwrap();
            let code = "150000".parse().unwrap();
            assert_eq!(speed_kmh(ground, Season::Summer), policy.profile(&code, land).speed_kmh, "{land:?}");
        }
    }

    #[test]
    fn no_season_is_faster_than_summer_and_no_road_slows_down() {
        for (land, season) in
            AreaType::ALL.into_iter().flat_map(|land| Season::ALL.map(|season| (land, season)))
        {
            let open = Ground { land, road: None, barrier: false };
            assert!(speed_kmh(open, season) <= speed_kmh(open, Season::Summer));
            assert_eq!(speed_kmh(Ground { barrier: true, ..open }, season), 0.0);
            for road in RoadClass::ALL {
                let with = Ground { road: Some(road), ..open };
                let bridge = Ground { barrier: true, ..with };
                assert!(speed_kmh(with, season) >= speed_kmh(open, season));
                assert!(speed_kmh(with, season) <= speed_kmh(with, Season::Summer));
                assert!(
                    speed_kmh(bridge, season) > 0.0 && speed_kmh(bridge, season) <= speed_kmh(with, season)
                );
            }
        }
    }
}
