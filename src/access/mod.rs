//! Who asks, what they may do, and where, and what a password must be. Pure words: the hashes of passwords and the
//! sessions live in the store and the API.
//!
//! A [`Grant`] gives an account a [`Role`] in an area and all below it, from a day and until a day. A role is
//! a set of [`Capability`]s. Of an account's grants of today a [`Scope`] is made: for each capability the
//! areas in which the account has it. Every store call needs a scope; the database is told of it inside the
//! transaction, and its row-level security holds it by itself.
//!
//! Capabilities stand between roles and rows, so that a policy of the database names what a row needs
//! ("drafts") and not who happens to have it: a new role changes one table here and no policy.

mod capability;
mod password;
mod scope;

pub use capability::{Capability, Role};
pub use password::{PASSWORD_MAX, PASSWORD_MIN, WeakPassword, check_password, is_username};
pub use scope::{Actor, Grant, Scope};
