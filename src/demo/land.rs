//! The banner's land as a shape in kilometres, and well-spread points on it.

use rand::{RngExt, seq::SliceRandom};
use rand_pcg::Pcg64Mcg;
use rstar::{
    PointDistance, RTree,
    primitives::{GeomWithData, Line},
};

use super::{
    frame::{Km, Micro, distance, to_micro},
    mesh::Rings,
};

type Edge = GeomWithData<Line<Km>, f64>;

pub(super) struct Land {
    pub rings: Rings,
    pub area_km2: f64,
    edges: RTree<Edge>,
    flat: Vec<(Km, Km)>,
    low: Km,
    high: Km,
}

/// How close together points are to lie: `spacing_km` on open land, closer about towns.
#[derive(Debug)]
pub(super) struct Spacing {
    pub open_km: f64,
    pub towns: Vec<Town>,
}

#[derive(Debug)]
pub(super) struct Town {
    pub at: Km,
    pub radius_km: f64,
    pub spacing_km: f64,
}

/// Spacing grows by this much for each kilometre away from a town.
const GRADE: f64 = 0.28;

impl Spacing {
    pub fn finer(&mut self, factor: f64) {
        self.open_km *= factor;
        self.towns.iter_mut().for_each(|town| town.spacing_km *= factor);
    }

    fn at(&self, point: Km) -> f64 {
        self.towns
            .iter()
            .map(|town| town.spacing_km + GRADE * (distance(point, town.at) - town.radius_km).max(0.0))
            .fold(self.open_km, f64::min)
    }
}

impl Land {
    pub fn new(rings: Rings) -> Self {
        let flat: Vec<(Km, Km)> =
            rings.edges().map(|(a, b)| (rings.frame.km(a), rings.frame.km(b))).collect();
        let edges = flat.iter().map(|(a, b)| Edge::new(Line::new(*a, *b), distance(*a, *b))).collect();
        let all = || flat.iter().map(|edge| edge.0);
        let low = all().fold([f64::MAX; 2], |l, p| [l[0].min(p[0]), l[1].min(p[1])]);
        let high = all().fold([f64::MIN; 2], |h, p| [h[0].max(p[0]), h[1].max(p[1])]);
        let area_km2 = flat.iter().map(|(a, b)| 0.5 * (a[0] * b[1] - b[0] * a[1])).sum::<f64>().abs();
        Self { rings, area_km2, edges: RTree::bulk_load(edges), flat, low, high }
    }

    pub fn km(&self, lon_lat: [f64; 2]) -> Km {
        self.rings.frame.km(to_micro(lon_lat[0], lon_lat[1]))
    }

    pub fn contains(&self, at: Km) -> bool {
        let crosses = |(a, b): &&(Km, Km)| {
            (a[1] > at[1]) != (b[1] > at[1]) && at[0] < a[0] + (b[0] - a[0]) * (at[1] - a[1]) / (b[1] - a[1])
        };
        self.flat.iter().filter(crosses).count() % 2 == 1
    }

    /// Distance to the nearest border and that border segment's length, km.
    fn border(&self, at: Km) -> (f64, f64) {
        self.edges
            .nearest_neighbor(&at)
            .map_or((f64::MAX, 0.0), |edge| (edge.geom().distance_2(&at).sqrt(), edge.data))
    }

    pub fn middle(&self) -> Km {
        self.pull_in([(self.low[0] + self.high[0]) / 2.0, (self.low[1] + self.high[1]) / 2.0])
    }

    /// The nearest place (on a lattice) that lies inside.
    pub fn pull_in(&self, at: Km) -> Km {
        if self.contains(at) {
            return at;
        }
        let step = [(self.high[0] - self.low[0]) / 80.0, (self.high[1] - self.low[1]) / 80.0];
        let mut best = (f64::MAX, at);
        for i in 0..=80 {
            for j in 0..=80 {
                let place = [self.low[0] + step[0] * f64::from(i), self.low[1] + step[1] * f64::from(j)];
                let far = distance(place, at);
                if far < best.0 && self.contains(place) {
                    best = (far, place);
                }
            }
        }
        best.1
    }

    /// Up to `count` places spread evenly over the land, by chance.
    pub fn samples(&self, count: usize, generator: &mut Pcg64Mcg) -> Vec<Km> {
        let box_km2 = (self.high[0] - self.low[0]) * (self.high[1] - self.low[1]);
        let tries = (count as f64 * box_km2 / self.area_km2) as usize;
        let mut samples: Vec<Km> = (0..tries)
            .map(|_| {
                let (u, v): (f64, f64) = (generator.random(), generator.random());
                [
                    self.low[0] + u * (self.high[0] - self.low[0]),
                    self.low[1] + v * (self.high[1] - self.low[1]),
                ]
            })
            .filter(|at| self.contains(*at))
            .collect();
        if samples.is_empty() {
            samples.push(self.middle());
        }
        samples
    }

    /// Well-spread points (blue noise) inside, none on a border: first a jittered quadtree as fine as
    /// the spacing asks, then those that lie too close to one taken before are dropped.
    pub fn scatter(&self, spacing: &Spacing, generator: &mut Pcg64Mcg) -> Vec<Micro> {
        let mut candidates = self.candidates(spacing, generator);
        candidates.shuffle(generator);
        let mut taken: RTree<Km> = RTree::new();
        let mut points = Vec::new();
        for (at, clear) in candidates {
            let mut wanted = spacing.at(at);
            if !clear {
                let (border_km, segment_km) = self.border(at);
                // Long border segments can't be cut, so points keep off them to avoid needles.
                wanted = wanted.max(0.15 * segment_km - 0.5 * border_km);
                if border_km < 0.45 * wanted || !self.contains(at) {
                    continue;
                }
            }
            let reach = 0.85 * wanted;
            if taken.locate_within_distance(at, reach * reach).next().is_some() {
                continue;
            }
            taken.insert(at);
            points.push(self.rings.frame.micro(at));
        }
        points
    }

    /// Places to try, and whether each is known to lie inside and well clear of the border.
    fn candidates(&self, spacing: &Spacing, generator: &mut Pcg64Mcg) -> Vec<(Km, bool)> {
        let longest = self.flat.iter().map(|(a, b)| distance(*a, *b)).fold(0.0, f64::max);
        let margin = (0.45 * spacing.open_km).max(0.3 * longest);
        let mut candidates = Vec::new();
        let side = (self.high[0] - self.low[0]).max(self.high[1] - self.low[1]);
        let mut open = vec![(self.low, side, false)];
        while let Some((corner, side, mut clear)) = open.pop() {
            let middle = [corner[0] + side / 2.0, corner[1] + side / 2.0];
            if !clear {
                let reach = self.border(middle).0 - 0.71 * side;
                if reach > 0.0 && !self.contains(middle) {
                    continue;
                }
                clear = reach > margin;
            }
            if side > 0.75 * spacing.at(middle) {
                let half = side / 2.0;
                for (x, y) in [(half, half), (0.0, half), (half, 0.0), (0.0, 0.0)] {
                    open.push(([corner[0] + x, corner[1] + y], half, clear));
                }
                continue;
            }
            let (u, v): (f64, f64) = (generator.random(), generator.random());
            candidates.push(([corner[0] + side * u, corner[1] + side * v], clear));
        }
        candidates
    }
}
