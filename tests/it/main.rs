//! Integration tests in one binary: the store and the API on a real PostGIS, the command line as a
//! process, crashes by `kill -9`, and the house's own rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_matrix;
mod access_scopes;
mod api;
mod audit;
mod audit_coverage;
mod backup;
mod cli;
mod cli_area;
mod cli_assign;
mod cli_pay;
mod cli_reach;
mod cluster;
mod crash;
mod doctor;
mod endings;
mod engine;
mod guard;
mod harness;
mod imports;
mod imports_bad;
mod imports_hostile;
mod imports_mutated;
mod jobs;
mod keys;
mod migrations;
/// What spoils files.
#[path = "../../src/formats/tests/mutate.rs"]
mod mutate;
mod openapi;
mod outlets;
mod partial;
mod pay;
mod placements;
mod posts;
mod process;
mod proposals;
mod public_map;
mod replacing;
mod roads;
mod rooms;
mod roster;
/// The three areas that the tests of `formats` read, in every format.
#[path = "../../src/formats/tests/samples.rs"]
mod samples;
mod serving;
mod store;
mod territory;
mod tiles;
mod user;
mod workers;
