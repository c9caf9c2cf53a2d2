//! Integration tests in one binary: the store and the API on a real PostGIS, the command line as a
//! process, crashes by `kill -9`, and the house's own rules.

mod api;
mod engine;
mod harness;
mod jobs;
mod migrations;
mod openapi;
mod rooms;
mod store;
mod tiles;
