//! # Khot (浩特网格)
//!
//! Divides the areas of grassroots governance into grids and links each grid to its village. One
//! crate, one binary, one store (PostgreSQL with PostGIS). It holds no resident register and tracks
//! nobody: household and people *counts* per unit are the finest thing it knows.
//!
//! ## The rooms
//!
//! ```text
//! domain/    the nouns, no IO: code, area, unit, grid, plan, policy, money, finding, reason
//! geo/       cells, dissolving, adjacency, geodesic measures, validity, coordinate systems
//! divide/    ENGINE  a village's units + profile -> grids with reasons
//! assign/    ENGINE  workers + grids -> who looks after what
//! coverage/  ENGINE  cells + speeds + outlets -> travel times, where to put the next outlet
//! subsidy/   ENGINE  rules + duty days -> statement lines, to the fen
//! verify/    ENGINE  the independent check; shares nothing with `divide`, not even its geometry
//! disclosure/ ENGINE a village's counts -> what is told of those under 5
//! demo/      ENGINE  real names and outlines + seed -> synthetic townships, villages, units
//! planning/  where the engines meet: divide, number, draw, check -> the grids of a plan
//! formats/   geo and table files in and out (geozero first), findings by row
//! access/    actor, roles by area, capabilities, scope
//! vault/     the keys of personal data, kept outside the database: seals and opens values
//! store/     the only SQL; the private PostgreSQL cluster
//! jobs/      long work: claim, run an engine, save, report progress
//! api/       axum: REST, tiles, problem+json, OpenAPI, the embedded web app
//! cli/       one file a subcommand
//! clock.rs   the one place that reads the clock and the system's randomness
//! config.rs  environment and flags, read once
//! ```
//!
//! Who may import whom: `domain` <- `geo` <- engines and `formats`. Engines never import each other,
//! nor tokio, sqlx or axum. `planning` <- engines. `access` <- `domain`. `vault` imports no other room.
//! `store` <- `domain`, `geo`, `access`, `vault` and, for what it keeps beside each count, `disclosure`.
//! `jobs` <- `store`, `formats`, `planning`, `assign`, `subsidy`. `api` <- `store`, `jobs` (to queue), `planning`, `access`, `domain`,
//! `config`, `formats` and, to read, check and explain rules, `subsidy`: it never runs an engine inside a request, but for
//! one village of a draft, by way of `jobs::drafting`, and travel times over one banner, by way of
//! `planning::serving`, while a person waits. `cli` sees all. `tests/it/rooms.rs` reads the `crate::`
//! paths and fails on a breach.
//!
//! ## What always holds
//!
//! - A grid is a set of units of one village; its outline is derived from them, so grids can neither
//!   overlap nor leave gaps.
//! - A plan is `draft`, then `published` from a day, then `superseded`. A published plan is never
//!   changed; at most one plan of a banner holds on any day. The database refuses otherwise.
//! - The engine's answer is checked by `verify` before it is saved.
//! - No query without a [`access::Scope`]; row-level security stands behind it.
//! - Same input, same seed, same answer, whatever the number of threads. No IO, clock or randomness
//!   of its own in `domain`, `geo` or an engine.

//! ## Two walks
//!
//! `GET /api/v1/areas/{code}/grids`: request id, trace, metrics, limits -> `api::caller::Caller` finds the
//! session and its scope -> [`store::Store::begin`] opens a transaction that has set the scope -> rows ->
//! domain -> the wire form -> JSON. Any failure -> `api::problem`, which writes problem+json in the
//! request's language.
//!
//! `POST /api/v1/areas/{code}/plans`: check -> one transaction writes the job and hands it to the queue ->
//! 202 with `Location: /api/v1/jobs/{id}` -> a worker claims it, loads villages and units, runs villages side
//! by side off the async threads ([`planning::draw_village`]), tells its progress, can be cancelled -> the
//! independent check -> one transaction saves the draft with seed, engine version, policy and scores, and
//! ends the job -> a person looks at it on the map and publishes it from a day.

pub mod access;
pub mod api;
pub mod assign;
pub mod cli;
pub mod clock;
pub mod config;
pub mod coverage;
pub mod demo;
pub mod disclosure;
pub mod divide;
pub mod domain;
pub mod formats;
pub mod geo;
pub mod jobs;
pub mod planning;
pub mod store;
pub mod subsidy;
pub mod vault;
pub mod verify;
