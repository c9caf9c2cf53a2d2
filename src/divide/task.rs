//! What the search is given: one connected graph that is to be cut into so many parts.
//!
//! Locks and dedicated grids are taken out of the graph before, units that are tied become one; each
//! piece that is left is a task of its own. Everything else that is given stands here.

pub use super::solver::Link;

/// How long to search. Sweeps over all units are counted, not seconds: the answer doesn't depend on the
/// machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Sweeps of one search.
    pub sweeps: u32,
    /// Units tried in further searches, while parts are off: a twelfth of them where they are off by little.
    pub spare: u64,
    /// Whether to spend all of `spare`, looking for a shorter border.
    pub polish: bool,
}

impl Work {
    /// For a division that starts from the one before, while a person waits.
    pub fn again(units: usize) -> Self {
        Self { sweeps: 150, spare: 900 * units as u64, polish: false }
    }
}

/// How hard to try.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effort {
    Quick,
    #[default]
    Default,
    Thorough,
}

/// What is known of the shape of units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shapes<'a> {
    /// Shape doesn't count: only the border's length does.
    Ignored,
    /// Cells of about the same size.
    Alike,
    /// Areas in the square of the measure of the links' lengths.
    Known(&'a [f32]),
}

/// Limits of size that parts keep besides their weight.
#[derive(Debug, Clone, Copy)]
pub struct SizeLimits<'a> {
    pub people: &'a [f64],
    /// Infinite for none, as the other limits.
    pub people_max: f64,
    pub area: &'a [f64],
    pub area_max: f64,
    /// How far a unit that has weight may be from the middle of its part, in the measure of `places`.
    pub reach_max: f64,
}

/// One connected graph and what is wanted of its parts.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Weight of each unit, 0 or more.
    pub weights: &'a [f64],
    /// Borders between units; a barrier's is longer than it is. Each pair once, either direction.
    pub links: &'a [Link],
    /// Where units lie, in any plane measure; None where it isn't known.
    pub places: Option<&'a [[f32; 2]]>,
    pub shapes: Shapes<'a>,
    /// How many parts: 1 to the number of units.
    pub parts: u32,
    /// What each part should weigh; None for the mean.
    pub targets: Option<&'a [f64]>,
    /// Share of its target by which a part may be off: 0.03 is 3 %.
    pub tolerance: f64,
    /// Weights that a part must keep before all; None where the tolerance is all there is.
    pub band: Option<(f64, f64)>,
    pub sizes: Option<SizeLimits<'a>>,
    /// The part that each unit was in, `u32::MAX` for none: the search starts there.
    pub previous: Option<&'a [u32]>,
    /// Price of weight that leaves its previous part: what a whole target's weight costs, in mean lengths
    /// of a link. 0 for none.
    pub stay: f64,
    /// Pairs that must not be in one part: no move brings them together, and moves that part them are made
    /// first. Where the graph leaves no way they stay together, which [`Answer::off`] counts.
    pub apart: &'a [(u32, u32)],
    pub work: Work,
    pub seed: u64,
}

/// Parts of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For each unit its part, below the number of parts; each part is connected and none empty.
    pub parts: Vec<u32>,
    /// How many parts are out of the tolerance or of another limit, and pairs that couldn't be parted.
    pub off: u32,
}

impl Effort {
    /// For one large graph.
    pub fn work(self) -> Work {
        let sweeps = match self {
            Effort::Quick => 520,
            Effort::Default => 2200,
            Effort::Thorough => 7000,
        };
        Work { sweeps, spare: 0, polish: false }
    }

    /// For one of many villages: shorter than for one large graph, and again while a part is off.
    pub fn village_work(self, units: usize) -> Work {
        let sweeps = match self {
            Effort::Quick => 150,
            Effort::Default => 320,
            Effort::Thorough => 1500,
        };
        Work { sweeps, spare: u64::from(24 * sweeps) * units as u64, polish: false }
    }

    /// For a small graph, on which seconds are spent to come as near to the shortest border as can be.
    pub fn small_work(self) -> Work {
        let (sweeps, spare) = match self {
            Effort::Quick => (1000, 500_000),
            Effort::Default => (10_000, 60_000_000),
            Effort::Thorough => (15_000, 150_000_000),
        };
        Work { sweeps, spare, polish: true }
    }
}

impl<'a> Task<'a> {
    /// A task with nothing given but its weights and links.
    pub fn new(weights: &'a [f64], links: &'a [Link], parts: u32) -> Self {
        Self {
            weights,
            links,
            places: None,
            shapes: Shapes::Alike,
            parts,
            targets: None,
            tolerance: 0.03,
            band: None,
            sizes: None,
            previous: None,
            stay: 0.0,
            apart: &[],
            work: Effort::Default.work(),
            seed: 1,
        }
    }
}
