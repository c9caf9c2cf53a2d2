//! Whether a point lies in the village, in about constant time: segments in bands of latitude.

use geo::Coord;

use crate::geo::planar::ray_crosses;

pub(super) struct Inside<'a> {
    segments: &'a [(Coord<f64>, Coord<f64>)],
    bands: Vec<Vec<u32>>,
    south: f64,
    per_degree: f64,
}

impl<'a> Inside<'a> {
    /// `segments` are the edges of closed rings.
    pub(super) fn new(segments: &'a [(Coord<f64>, Coord<f64>)]) -> Self {
        let (south, north) = segments
            .iter()
            .fold((f64::MAX, f64::MIN), |(south, north), (a, _)| (south.min(a.y), north.max(a.y)));
        let count = segments.len().clamp(1, 8192);
        let per_degree = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut inside = Self { segments, bands: vec![Vec::new(); count], south, per_degree };
        for (index, (a, b)) in segments.iter().enumerate() {
            let (low, high) = (inside.band(a.y.min(b.y)), inside.band(a.y.max(b.y)));
            for band in &mut inside.bands[low..=high] {
                band.push(index as u32);
            }
        }
        inside
    }

    fn band(&self, latitude: f64) -> usize {
        (((latitude - self.south) * self.per_degree).max(0.0) as usize).min(self.bands.len() - 1)
    }

    pub(super) fn holds(&self, point: Coord<f64>) -> bool {
        self.bands[self.band(point.y)]
            .iter()
            .map(|index| self.segments[*index as usize])
            .filter(|(a, b)| ray_crosses(*a, *b, point))
            .count()
            % 2
            == 1
    }
}
