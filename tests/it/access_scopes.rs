//! Scope holds on every way out: accounts, grants and requests at random, each answer compared row by row with a
//! plain model; then the same with handlers that don't look at capabilities at all, where row-level security
//! stands alone.

mod answers;
mod expected;
mod model;
mod pool;
mod ways;
pub mod world;
mod writes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::TimeDelta;
use khot::access::{Grant, Role};
use khot::api::{self, AppState};
use khot::store::Store;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnectOptions;
use tower::ServiceExt;

use self::answers::read;
use self::expected::{Answer, Expected};
use self::model::{TODAY, Who};
use self::ways::{Way, some_way};
use self::world::{World, put_world};
use crate::harness::*;

const SEED: u64 = 20_261_123;
const ACCOUNTS: usize = 800;
const REQUESTS_EACH: usize = 25;
/// Requests under way at once.
const SIDE_BY_SIDE: usize = 8;

/// An account with what it will ask.
struct Draw {
    who: Who,
    token: Option<String>,
    ways: Vec<Way>,
}

struct Place {
    router: Router,
    store: Store,
    database: PgConnectOptions,
    world: World,
}

impl Place {
    async fn new(checks: bool) -> Self {
        let database = database().await;
        Self::on(Store::open(database.clone()).await.unwrap(), database, checks).await
    }

    /// On a store that is empty yet.
    async fn on(store: Store, database: PgConnectOptions, checks: bool) -> Self {
        let store = with_keys(store).await;
        let world = put_world(&store).await;
        let state = AppState::with_limits(store.clone(), noon, unhindered()).with_public_map(true);
        let state = if checks { state } else { state.without_checks() };
        Self { router: api::router(state), store, database, world }
    }

    /// Sends a request of this way, or of a further page.
    async fn send(&self, token: Option<&str>, way: &Way, address: &str) -> (u16, Vec<u8>) {
        let (method, _, body) = way.request();
        let mut request = Request::builder().method(method).uri(address);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if way.wants_geojson() {
            request = request.header("accept", "application/geo+json");
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    /// Asks and reads the answer, and what comes on further pages.
    async fn ask(&self, token: Option<&str>, way: &Way) -> Answer {
        let (_, mut address, _) = way.request();
        let mut rows = BTreeSet::new();
        loop {
            let (status, bytes) = self.send(token, way, &address).await;
            let (answer, next) = read(way, status, &bytes);
            match (answer, next) {
                (Answer::Rows(more), next) => {
                    rows.extend(more);
                    match next {
                        Some(next) => address = next,
                        None => return Answer::Rows(rows),
                    }
                }
                (other, _) => return other,
            }
        }
    }
}

/// Grants at random within a home area, some of them over already, some not yet begun.
fn some_grants(world: &World, home: &str, draw: &mut Pcg64Mcg) -> Vec<Grant> {
    let areas: Vec<&String> = world.areas.keys().filter(|code| code.starts_with(home)).collect();
    let count = *[0, 1, 1, 1, 2, 2, 3, 4].choose(draw).unwrap();
    let some_grant = |draw: &mut Pcg64Mcg| {
        let from = day(TODAY) + TimeDelta::days(*[-400, -30, -30, -1, 0, 1, 30].choose(draw).unwrap());
        let until = *[None, None, None, Some(-10), Some(0), Some(1), Some(60)].choose(draw).unwrap();
        let until = until.map(|days| day(TODAY) + TimeDelta::days(days)).filter(|until| *until > from);
        Grant { role: *Role::ALL.choose(draw).unwrap(), area: code(areas.choose(draw).unwrap()), from, until }
    };
    (0..count).map(|_| some_grant(draw)).collect()
}

fn some_home(world: &World, draw: &mut Pcg64Mcg) -> String {
    let digits = *[2, 2, 4, 6, 6, 6, 9, 9, 12].choose(draw).unwrap();
    let homes: Vec<&String> = world.of_level(digits).collect();
    (*homes.choose(draw).unwrap()).clone()
}

/// Makes the accounts, and draws what they will ask.
async fn draws(place: &mut Place, draw: &mut Pcg64Mcg) -> Vec<Draw> {
    let mut draws = Vec::new();
    let mut owner = as_owner(&place.database).await;
    for number in 0..ACCOUNTS {
        // One in twenty is nobody, on the public map.
        if number % 20 == 19 {
            draws.push(Draw {
                who: Who { username: None, grants: Vec::new() },
                token: None,
                ways: Vec::new(),
            });
            continue;
        }
        let home = some_home(&place.world, draw);
        let grants = some_grants(&place.world, &home, draw);
        let username = format!("account-{number:03}");
        let token = put_account(&place.store, &mut owner, &username, &home, &grants).await;
        draws.push(Draw {
            who: Who { username: Some(username), grants },
            token: Some(token),
            ways: Vec::new(),
        });
    }
    let names: Vec<String> = draws.iter().filter_map(|draw| draw.who.username.clone()).collect();
    place.world.settle(&place.database, &names).await;
    for one in &mut draws {
        one.ways = (0..REQUESTS_EACH).map(|_| some_way(&place.world, &one.who, draw)).collect();
    }
    draws
}

/// What is wrong with an answer, if anything is. Where no handler looks, a request that would be refused may show
/// the rows that are the caller's own anyway.
fn wrong(got: &Answer, expected: &Expected, checks: bool) -> Option<String> {
    let right = match (got, &expected.answer, &expected.at_most) {
        (got, answer, _) if got == answer => true,
        (Answer::Refused(_), Answer::Refused(_), _) => !checks,
        (Answer::Rows(rows), Answer::Refused(_), Answer::Rows(most)) => !checks && rows.is_subset(most),
        (Answer::Counted(count), Answer::Refused(_), Answer::Counted(most)) => !checks && count <= most,
        _ => false,
    };
    let told = match (got, &expected.answer) {
        _ if right => return None,
        (Answer::Rows(rows), Answer::Rows(most)) => {
            let many: Vec<_> = rows.difference(most).collect();
            let few: Vec<_> = most.difference(rows).collect();
            format!("too many: {many:?}\ntoo few: {few:?}")
        }
        _ => format!("got: {got:?}\nexpected: {:?}", expected.answer),
    };
    Some(told)
}

/// The fewest of the grants with which the answer is still wrong.
async fn smallest(place: &mut Place, mut who: Who, way: &Way, checks: bool) -> String {
    let mut attempt = 0;
    let mut owner = as_owner(&place.database).await;
    let mut told = String::new();
    let mut left_out = 0;
    while who.username.is_some() && left_out < who.grants.len() {
        let mut fewer = who.clone();
        fewer.grants.remove(left_out);
        attempt += 1;
        let username = format!("smaller-{attempt}");
        let token = put_account(&place.store, &mut owner, &username, "15", &fewer.grants).await;
        place.world.settle(&place.database, &[]).await;
        fewer.username = Some(username);
        let got = place.ask(Some(&token), way).await;
        match wrong(&got, &way.expected(&place.world, &fewer), checks) {
            Some(why) => (who, told) = (fewer, why),
            None => left_out += 1,
        }
    }
    let (method, address, _) = way.request();
    let grants: Vec<String> = who
        .grants
        .iter()
        .map(|grant| {
            format!("{} in {} from {} until {:?}", grant.role.as_str(), grant.area, grant.from, grant.until)
        })
        .collect();
    let who = who.username.map_or("nobody, on the public map".to_owned(), |_| format!("with {grants:#?}"));
    format!("{method} {address}\n{who}\n{told}")
}

/// Every row of every table but those of the sessions, in one digest a table.
async fn fingerprint(database: &PgConnectOptions) -> Vec<(String, i64, String)> {
    let mut owner = as_owner(database).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'khot'::regnamespace AND relkind IN ('r', 'p')
           AND relname NOT IN ('session', 'token') ORDER BY relname",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let mut prints = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM khot.{table} t"
        );
        let (rows, digest) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut owner).await.unwrap();
        prints.push((table, rows, digest));
    }
    prints
}

async fn holds(checks: bool) {
    let mut draw = Pcg64Mcg::seed_from_u64(SEED);
    let mut place = Place::new(checks).await;
    let draws = Arc::new(draws(&mut place, &mut draw).await);
    let before = fingerprint(&place.database).await;
    let place = Arc::new(place);
    let (next, counted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let runners: Vec<_> = (0..SIDE_BY_SIDE)
        .map(|_| {
            let (place, draws, next, counted) = (place.clone(), draws.clone(), next.clone(), counted.clone());
            tokio::spawn(async move {
                let mut failures: Vec<(usize, usize, String)> = Vec::new();
                while let Some((number, one)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    draws.get(number).map(|one| (number, one))
                } {
                    for (index, way) in one.ways.iter().enumerate() {
                        let got = place.ask(one.token.as_deref(), way).await;
                        counted.fetch_add(1, Ordering::Relaxed);
                        let why = wrong(&got, &way.expected(&place.world, &one.who), checks);
                        failures.extend(why.map(|why| (number, index, why)));
                    }
                }
                failures
            })
        })
        .collect();
    let mut failures = Vec::new();
    for runner in runners {
        failures.extend(runner.await.unwrap());
    }
    failures.sort_by_key(|failure| (draws[failure.0].who.grants.len(), failure.0, failure.1));
    let total = failures.len();
    if let Some((number, index, why)) = failures.into_iter().next() {
        let mut place = Arc::into_inner(place).unwrap();
        let one = &draws[number];
        let smaller = smallest(&mut place, one.who.clone(), &one.ways[index], checks).await;
        panic!(
            "seed {SEED}: {total} answers are wrong; account {number}, request {index}:\n{smaller}\nat first {why}"
        );
    }
    assert_eq!(counted.load(Ordering::Relaxed), ACCOUNTS * REQUESTS_EACH);
    assert_eq!(fingerprint(&place.database).await, before, "a change that should have been refused was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_row_too_many_and_none_too_few() {
    holds(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn row_level_security_holds_where_no_handler_looks() {
    holds(false).await;
}

/// The way round the handlers' checks is for these tests alone.
#[test]
fn nothing_in_the_program_runs_without_checks() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    crate::rooms::files(&source, &mut files);
    let uses: usize = files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap().matches("without_checks").count())
        .sum();
    assert_eq!(uses, 1, "only its definition in src/api/mod.rs");
}
