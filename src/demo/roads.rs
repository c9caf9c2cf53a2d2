use std::collections::BTreeMap;

use geo::{Coord, InteriorPoint, LineString};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::{MadeBanner, MadeOutlet, frame};
use crate::domain::{Code, Level, OutletKind, RoadClass, Unit};
use crate::geo::measure::near_distance_m;

/// The banner that has made roads; in the others travel times are estimated.
pub const DEMO_ROADS: &str = "152525";

/// A road that doesn't exist: its name says 示例 (example).
#[derive(Debug, Clone, PartialEq)]
pub struct MadeRoad {
    pub class: RoadClass,
    pub name: String,
    pub course: LineString<f64>,
}

/// A network over a made banner: second-class roads that join all township centres by the shortest net, and from each
/// village a road of the third or fourth class, or a track, to its township's. The same seed gives the same ones.
pub fn roads(made: &MadeBanner, outlets: &[MadeOutlet], seed: u64) -> Vec<MadeRoad> {
    let Some(banner) = made.areas.first().map(|area| area.code.at(Level::Banner)) else { return Vec::new() };
    let mut draw = frame::generator(seed, &banner, 60);
    let centres: BTreeMap<&Code, Coord<f64>> = outlets
        .iter()
        .filter(|outlet| outlet.kind == OutletKind::Centre)
        .map(|outlet| (&outlet.area, Coord::from(outlet.at)))
        .collect();
    let places: Vec<Coord<f64>> = centres.values().copied().collect();
    let mut made_roads: Vec<MadeRoad> = Vec::new();
    for (from, to) in net(&places) {
        let name = format!("示例省道{:02}", made_roads.len() + 1);
        let course = winding(places[from], places[to], &mut draw);
        made_roads.push(MadeRoad { class: RoadClass::Second, name, course });
    }
    let mut seats: BTreeMap<&Code, &Unit> = BTreeMap::new();
    for unit in &made.units {
        let seat = seats.entry(&unit.village).or_insert(unit);
        if unit.households > seat.households {
            *seat = unit;
        }
    }
    for (village, seat) in seats {
        let (Some(centre), Some(point)) =
            (centres.get(&village.at(Level::Township)), seat.outline.interior_point())
        else {
            continue;
        };
        let class = match draw.random_range(0..10) {
            0..5 => RoadClass::Third,
            5..8 => RoadClass::Fourth,
            _ => RoadClass::Track,
        };
        if point.0 != *centre {
            let course = winding(*centre, point.0, &mut draw);
            made_roads.push(MadeRoad { class, name: format!("示例村道{village}"), course });
        }
    }
    made_roads
}

/// The shortest net that joins all places (Prim's): pairs of them.
fn net(places: &[Coord<f64>]) -> Vec<(usize, usize)> {
    let mut joined = vec![false; places.len()];
    let mut nearest = vec![(f64::INFINITY, 0usize); places.len()];
    let mut pairs = Vec::new();
    let mut next = (!places.is_empty()).then_some(0);
    while let Some(at) = next {
        joined[at] = true;
        if nearest[at].0.is_finite() {
            pairs.push((nearest[at].1, at));
        }
        for other in (0..places.len()).filter(|other| !joined[*other]) {
            let away = near_distance_m(places[at], places[other]);
            if away < nearest[other].0 {
                nearest[other] = (away, at);
            }
        }
        next = (0..places.len())
            .filter(|other| !joined[*other])
            .min_by(|a, b| nearest[*a].0.total_cmp(&nearest[*b].0).then(a.cmp(b)));
    }
    pairs
}

/// From one place to another with some bends: the middle of each piece is moved aside, three times over.
fn winding(from: Coord<f64>, to: Coord<f64>, draw: &mut Pcg64Mcg) -> LineString<f64> {
    let mut points = vec![from, to];
    for _ in 0..3 {
        let mut bent = vec![from];
        for pair in points.windows(2) {
            let aside = draw.random_range(-0.08..0.08);
            let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            bent.push(Coord {
                x: (pair[0].x + pair[1].x) / 2.0 - dy * aside,
                y: (pair[0].y + pair[1].y) / 2.0 + dx * aside,
            });
            bent.push(pair[1]);
        }
        points = bent;
    }
    LineString::new(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_joins_every_place_by_its_shortest_roads() {
        let places = [(108.0, 41.0), (108.1, 41.0), (108.3, 41.0), (108.11, 41.1)].map(Coord::from);
        assert_eq!(net(&places), [(0, 1), (1, 3), (1, 2)]);
        assert_eq!((net(&[]), net(&places[..1])), (vec![], vec![]));
        let mut draw = frame::generator(1, &"150102".parse().unwrap(), 60);
        let course = winding(places[0], places[1], &mut draw);
        assert_eq!(
            (course.0.first(), course.0.last(), course.0.len()),
            (Some(&places[0]), Some(&places[1]), 9)
        );
    }
}
