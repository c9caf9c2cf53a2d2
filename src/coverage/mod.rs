//! ENGINE: travel times to the nearest outlet, and where to put the next one. Imports `domain` and `geo` only; no IO, clock or randomness
//! of its own: the same input gives the same answer.
//!
//! The land is a surface of H3 cells of one resolution, each with the speed at which it is crossed. From
//! the centre of a cell to that of a neighbour takes the great-circle distance of the two times
//! ½ (1/speed of the one + 1/speed of the other): half of the way is made at either's speed. A cell of
//! speed 0 can't be entered: a lake, a river without a bridge.
//!
//! Hexagons are taken because all six neighbours stand at nearly the same distance, so that a circle of
//! equal time on even ground is a hexagon at worst 15 % from round, where a square lattice with eight
//! neighbours has edges of two lengths (van Baak, de Smith and others on cost surfaces).
//!
//! ## Method of the surface
//!
//! [`Surface::new`] sorts the cells, finds the neighbours of each and the times to them once; each step takes whole
//! milliseconds. [`Surface::reach`] is Dijkstra's algorithm (1959) from all outlets at once, with buckets of time in
//! place of a heap, tile by tile (`search`): every cell goes to the outlet from which it is reached first; of two
//! equally near ones to the first of the input. Cost for n cells: O(n) space; O(n) time and a turn through the buckets,
//! a part of the cells twice where ways cross tiles.

mod access;
mod crowded;
#[cfg(test)]
mod crowded_tests;
mod exact;
mod fewest;
mod links;
#[cfg(test)]
mod links_tests;
mod placing;
#[cfg(test)]
mod placing_tests;
mod roads;
mod search;
mod speeds;
mod surface;
#[cfg(test)]
mod tests;

pub use access::{Decay, Way, access};
pub use crowded::{Crowded, Goal, Room, Served, place_crowded};
pub use fewest::{Fewest, cover_all};
pub use links::{Class, Demand, Link, classify, links};
pub use placing::{Covering, Placement, STEPS, place};
pub use roads::lay;
pub use speeds::{Ground, speed_kmh};
pub use surface::{Reach, Reached, Surface, SurfaceError};
