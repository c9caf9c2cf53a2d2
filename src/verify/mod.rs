//! ENGINE: the independent check of an answer before it is saved, and of what is stored.
//!
//! It shares nothing with `divide` or `crate::geo` on purpose: it has its own union-find, its own idea
//! of a common border and its own areas, so that one mistake can't hide itself. It reads what was
//! answered, never how.

mod area;
mod border;
mod breach;
mod cover;
mod given;
mod parts;
#[cfg(test)]
mod tests;
mod union_find;
mod village;

pub use breach::Breach;
pub use given::{check_givens, check_numbers};
pub use parts::check_parts;
pub use village::{GridView, check_village};
