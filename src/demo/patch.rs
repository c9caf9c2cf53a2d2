//! A set of a mesh's triangles with their neighbours, and what can be grown on it.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    frame::{Km, distance, relief},
    mesh::{Mesh, NONE},
};

/// Triangles of a mesh, numbered from 0.
pub(super) struct Patch {
    /// The mesh's number of each triangle, ascending.
    pub triangles: Vec<u32>,
    pub centre: Vec<Km>,
    pub area_km2: Vec<f64>,
    across: Vec<[u32; 3]>,
    /// Effort of the step across each edge: its length, more over hills, so that borders meander.
    effort: Vec<[f32; 3]>,
}

impl Patch {
    /// `wave_km` is about as wide as the pieces that the patch is to be cut into.
    pub fn new(mesh: &Mesh, triangles: Vec<u32>, seed: u64, wave_km: f64) -> Self {
        let centre: Vec<Km> = triangles.iter().map(|t| mesh.centre[*t as usize]).collect();
        let height: Vec<f64> = centre.iter().map(|at| relief(seed, *at, 0.6 * wave_km)).collect();
        let local = |t: u32| triangles.binary_search(&t).map_or(NONE, |at| at as u32);
        let across: Vec<[u32; 3]> = triangles.iter().map(|t| mesh.across[*t as usize].map(local)).collect();
        let effort = (0..triangles.len())
            .map(|from| {
                across[from].map(|to| {
                    let Some(high) = height.get(to as usize) else { return f32::INFINITY };
                    let hill = 0.25 + 2.5 * ((height[from] + high) / 2.0).powi(2);
                    (distance(centre[from], centre[to as usize]) * hill) as f32
                })
            })
            .collect();
        let area_km2 = triangles.iter().map(|t| mesh.area_km2[*t as usize]).collect();
        Self { triangles, centre, area_km2, across, effort }
    }

    pub fn total_km2(&self) -> f64 {
        self.area_km2.iter().sum()
    }

    /// The triangle nearest to a place among those that `free` admits.
    pub fn nearest(&self, at: Km, free: impl Fn(u32) -> bool) -> Option<u32> {
        (0..self.triangles.len() as u32)
            .filter(|t| free(*t))
            .map(|t| (distance(self.centre[t as usize], at), t))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|near| near.1)
    }

    /// Connected pieces, the largest first.
    pub fn pieces(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.triangles.len()];
        let mut pieces = Vec::new();
        for start in 0..self.triangles.len() as u32 {
            if seen[start as usize] {
                continue;
            }
            seen[start as usize] = true;
            let mut piece = vec![start];
            let mut at = 0;
            while let Some(t) = piece.get(at).copied() {
                at += 1;
                for next in self.across[t as usize] {
                    if next != NONE && !std::mem::replace(&mut seen[next as usize], true) {
                        piece.push(next);
                    }
                }
            }
            piece.sort_unstable();
            pieces.push(piece);
        }
        let size = |piece: &[u32]| -> f64 { piece.iter().map(|t| self.area_km2[*t as usize]).sum() };
        pieces.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
        pieces
    }

    /// Grows from every seed at once, each starting with its own delay; gives each triangle its seed's
    /// number. A seed keeps its own triangle, so every region has one and is connected.
    pub fn grow(&self, seeds: &[u32], delay: &[f32]) -> Vec<u32> {
        let mut region = vec![NONE; self.triangles.len()];
        // Non-negative floats order like their bits.
        let mut heap: BinaryHeap<Reverse<(u32, u32, u32)>> = BinaryHeap::with_capacity(seeds.len() * 4);
        for (number, seed) in seeds.iter().enumerate() {
            region[*seed as usize] = number as u32;
        }
        for (number, seed) in seeds.iter().enumerate() {
            self.spread(*seed, number as u32, delay[number], &region, &mut heap);
        }
        while let Some(Reverse((effort, t, number))) = heap.pop() {
            if region[t as usize] == NONE {
                region[t as usize] = number;
                self.spread(t, number, f32::from_bits(effort), &region, &mut heap);
            }
        }
        region
    }

    fn spread(
        &self,
        t: u32,
        number: u32,
        effort: f32,
        region: &[u32],
        heap: &mut BinaryHeap<Reverse<(u32, u32, u32)>>,
    ) {
        for (to, step) in self.across[t as usize].into_iter().zip(self.effort[t as usize]) {
            if to != NONE && region[to as usize] == NONE {
                heap.push(Reverse(((effort + step).to_bits(), to, number)));
            }
        }
    }

    /// The triangles around `start` that make up `area_km2`, in one piece that leaves the rest in one
    /// piece as far as the patch was; at least `least` triangles, and never all.
    pub fn blob(&self, start: u32, area_km2: f64, least: usize) -> Vec<bool> {
        let mut inside = vec![false; self.triangles.len()];
        let mut heap = BinaryHeap::from([Reverse((0u32, start))]);
        let (mut area, mut count) = (0.0, 0);
        while let Some(Reverse((effort, t))) = heap.pop() {
            let own = self.area_km2[t as usize];
            if (area + own / 2.0 > area_km2 && count >= least) || count + 1 >= self.triangles.len() {
                break;
            }
            if std::mem::replace(&mut inside[t as usize], true) {
                continue;
            }
            area += own;
            count += 1;
            for (to, step) in self.across[t as usize].into_iter().zip(self.effort[t as usize]) {
                if to != NONE && !inside[to as usize] {
                    heap.push(Reverse(((f32::from_bits(effort) + step).to_bits(), to)));
                }
            }
        }
        self.fill(&mut inside);
        inside
    }

    /// Gives what is cut off from the rest's largest piece, and touches `inside`, to `inside`.
    fn fill(&self, inside: &mut [bool]) {
        let mut seen = inside.to_vec();
        let mut pieces: Vec<(f64, bool, Vec<u32>)> = Vec::new();
        for start in 0..self.triangles.len() as u32 {
            if std::mem::replace(&mut seen[start as usize], true) {
                continue;
            }
            let (mut piece, mut at, mut area, mut touches) = (vec![start], 0, 0.0, false);
            while let Some(t) = piece.get(at).copied() {
                at += 1;
                area += self.area_km2[t as usize];
                for next in self.across[t as usize].into_iter().filter(|next| *next != NONE) {
                    touches |= inside[next as usize];
                    if !std::mem::replace(&mut seen[next as usize], true) {
                        piece.push(next);
                    }
                }
            }
            pieces.push((area, touches, piece));
        }
        pieces.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, _, piece) in pieces.into_iter().skip(1).filter(|piece| piece.1) {
            piece.into_iter().for_each(|t| inside[t as usize] = true);
        }
    }
}
