//! The API over HTTP, as a client meets it.

mod account_door;
mod account_own;
mod accounts;
mod areas;
mod comparison;
mod counts;
mod drafts;
mod grids;
mod imports;
mod oidc;
mod plans;
mod problems;
mod session;
