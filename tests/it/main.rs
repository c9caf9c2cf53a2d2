//! Integration tests in one binary: the store and the API on a real PostGIS, the command line as a
//! process, crashes by `kill -9`, and the house's own rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod engine;
mod harness;
mod openapi;
mod partial;
mod rooms;
mod store;
