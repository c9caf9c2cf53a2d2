//! The nearest workers who may hold a grid.

use std::collections::BTreeMap;

use rstar::{AABB, RTree, SelectionFunction, primitives::GeomWithData};

use super::{Place, Worker};

/// Mean radius of the earth (IUGG), in mm.
const RADIUS_MM: f64 = 6_371_008_771.4;

type Tree = RTree<GeomWithData<[f64; 3], u32>>;

/// Workers as points on the unit sphere, a tree for each language that a grid needs: there, nearer by
/// the chord is nearer by the great circle.
pub(super) struct Near {
    trees: BTreeMap<Option<String>, Tree>,
    workers: Vec<[f64; 3]>,
    places: Vec<([f64; 3], Option<String>)>,
}

impl Near {
    pub(super) fn new(workers: &[Worker], places: &[Place]) -> Self {
        let points: Vec<[f64; 3]> = workers.iter().map(|worker| on_sphere(worker.home)).collect();
        let mut trees = BTreeMap::new();
        for place in places {
            if !trees.contains_key(&place.language) {
                let may = |worker: &Worker| {
                    worker.capacity > 0
                        && place.language.as_ref().is_none_or(|language| worker.languages.contains(language))
                };
                let able = (0u32..).zip(workers).filter(|(_, worker)| may(worker));
                let entries =
                    able.map(|(index, _)| GeomWithData::new(points[index as usize], index)).collect();
                trees.insert(place.language.clone(), RTree::bulk_load(entries));
            }
        }
        let places = places.iter().map(|place| (on_sphere(place.at), place.language.clone())).collect();
        Self { trees, workers: points, places }
    }

    /// The `count` nearest workers who may hold `place`, with the way in mm.
    pub(super) fn nearest(&self, place: usize, count: usize) -> Vec<(u32, i64)> {
        let (at, language) = &self.places[place];
        let Some(tree) = self.trees.get(language) else { return Vec::new() };
        let mut found: Vec<(u32, i64)> = tree
            .nearest_neighbor_iter(at)
            .take(count)
            .map(|entry| (entry.data, way_mm(at, entry.geom())))
            .collect();
        // Equal distances come out of the tree in no particular order.
        found.sort_by_key(|(worker, way)| (*way, *worker));
        found
    }

    /// No way between a worker and a grid is longer.
    pub(super) fn longest_mm(&self) -> i64 {
        let points = || self.workers.iter().chain(self.places.iter().map(|place| &place.0));
        let Some(first) = points().next() else { return 0 };
        2 * points().map(|point| way_mm(first, point)).max().unwrap_or(0)
    }

    /// With what each worker costs now.
    pub(super) fn priced<'a>(&'a self, prices: &'a [i64]) -> Priced<'a> {
        let entry = |entry: &GeomWithData<[f64; 3], u32>| {
            let [x, y, z] = *entry.geom();
            GeomWithData::new([x, y, z, in_radii(prices[entry.data as usize])], entry.data)
        };
        let tree = |tree: &Tree| RTree::bulk_load(tree.iter().map(entry).collect());
        let trees = self.trees.iter().map(|(language, held)| (language.as_ref(), tree(held))).collect();
        Priced { near: self, prices, trees }
    }

    #[cfg(test)]
    pub(super) fn way(&self, place: usize, worker: usize) -> i64 {
        way_mm(&self.places[place].0, &self.workers[worker])
    }
}

/// The same workers by place and price: four dimensions, so that a part of the tree that is too far or
/// too dear is left out as a whole.
pub(super) struct Priced<'a> {
    near: &'a Near,
    prices: &'a [i64],
    trees: BTreeMap<Option<&'a String>, RTree<Offer>>,
}

type Offer = GeomWithData<[f64; 4], u32>;

impl Priced<'_> {
    /// Workers not in `known` whose way and price together are below what `place` pays: the best first.
    pub(super) fn below(&self, place: usize, pays: i64, known: &[(u32, i64)]) -> Vec<(u32, i64)> {
        let (at, language) = &self.near.places[place];
        let Some(tree) = self.trees.get(&language.as_ref()).filter(|tree| tree.size() > known.len()) else {
            return Vec::new();
        };
        let within = Within { at: *at, pays: in_radii(pays) + 1e-12 };
        let mut better: Vec<(u32, i64)> = tree
            .locate_with_selection_function(within)
            .map(|offer| (offer.data, way_mm(at, &self.near.workers[offer.data as usize])))
            .filter(|(worker, way)| way + self.prices[*worker as usize] < pays)
            .filter(|(worker, _)| !known.iter().any(|(held, _)| held == worker))
            .collect();
        better.sort_by_key(|(worker, way)| (way + self.prices[*worker as usize], *worker));
        better
    }
}

/// Chord and price together below what is paid, in radii of the earth: the great circle is no shorter.
struct Within {
    at: [f64; 3],
    pays: f64,
}

impl Within {
    fn holds(&self, nearest: [f64; 4]) -> bool {
        let room = self.pays - nearest[3];
        let chord2: f64 = (0..3).map(|axis| (self.at[axis] - nearest[axis]).powi(2)).sum();
        room > 0.0 && chord2 < room * room
    }
}

impl SelectionFunction<Offer> for Within {
    fn should_unpack_parent(&self, envelope: &AABB<[f64; 4]>) -> bool {
        let (low, high) = (envelope.lower(), envelope.upper());
        let axis = |axis: usize| self.at[axis].clamp(low[axis], high[axis]);
        self.holds([axis(0), axis(1), axis(2), low[3]])
    }

    fn should_unpack_leaf(&self, offer: &Offer) -> bool {
        self.holds(*offer.geom())
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact to a micrometre on the earth")]
fn in_radii(mm: i64) -> f64 {
    mm as f64 / RADIUS_MM
}

pub(super) fn on_sphere((lon, lat): (f64, f64)) -> [f64; 3] {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// The great circle between two points of the unit sphere, in whole mm on the earth.
pub(super) fn way_mm(a: &[f64; 3], b: &[f64; 3]) -> i64 {
    let chord = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
    let angle = 2.0 * (chord / 2.0).min(1.0).asin();
    #[expect(clippy::cast_possible_truncation, reason = "at most half the earth's girth: 2e10")]
    let way = (angle * RADIUS_MM).round() as i64;
    way
}
