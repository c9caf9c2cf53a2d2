//! Who may do what with what, as a table for auditors: `tests/snapshots/access.txt`. Every cell is what a real request
//! got; whoever adds an endpoint, a tile layer or an export says here how it is asked, or the test fails with its name.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use khot::access::{Grant, Role};
use khot::api::{self, AppState};
use khot::domain::{GridRole, RoadClass, RoadKind};
use khot::store::Store;
use khot::store::accounts::{NewAccount, manage};
use khot::store::assignments::{self, NewAssignment};
use khot::store::jobs;
use khot::store::proposals::{self, NewProposal};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tower::ServiceExt;
use uuid::Uuid;

use self::cases::{Case, Content, cases};
use crate::access_scopes::world::{World, point, put_draft_of, put_world, tile_at};
use crate::harness::*;
use crate::openapi::operations;
use crate::public_map::figures;
use crate::tiles::layers;

/// The banner that each role is granted in, and another one.
const OWN: &str = "150821";
const OTHER: &str = "150822";

/// What a column's requests are about: a banner and one of everything in it, made for this column alone where a
/// request may use it up.
struct Target {
    banner: &'static str,
    village: String,
    /// A grid in force.
    grid: String,
    published: Uuid,
    draft: Uuid,
    draft_to_publish: Uuid,
    worker: Uuid,
    /// A station that offers item D002.
    outlet: Uuid,
    /// With one site, in that village.
    placement: Uuid,
    /// Of that worker, for that grid, from next year on.
    assignment: Uuid,
    proposal: Uuid,
    job: Uuid,
    /// Of subsidies, of the banner.
    rules: Uuid,
    run: Uuid,
    run_to_discard: Uuid,
    comparison: Uuid,
    /// An account whose home it is, and its grant.
    account: String,
    grant: Uuid,
}

impl Target {
    async fn new(store: &Store, owner: &mut PgConnection, world: &World, banner: &'static str) -> Self {
        let village = format!("{banner}100200");
        let published =
            world.plans.iter().find(|plan| plan.banner == banner && plan.numbers[0] == 3).unwrap().id;
        let worker = world.workers.iter().find(|worker| worker.area == village).unwrap().id;
        let job = Uuid::now_v7();
        let mut tx = store.begin(&khot::access::Scope::operator()).await.unwrap();
        jobs::add(&mut tx, job, "division", &code(banner), &json!({}), noon()).await.unwrap();
        let (account, home) = (format!("held-{job}"), code(banner));
        let new = NewAccount { username: &account, name: "x", password_hash: "-", area: &home };
        let planner = Grant { role: Role::Planner, area: home.clone(), from: day("2026-01-01"), until: None };
        manage::create(&mut tx, new, false, &[planner], noon()).await.unwrap();
        let assignment = Uuid::now_v7();
        let helper = NewAssignment {
            id: assignment,
            grid: format!("{village}003").parse().unwrap(),
            worker,
            role: GridRole::Helper,
            from: day("2027-01-01"),
            until: Some(day("2027-02-01")),
            grids_max: 1,
        };
        sqlx::query("DELETE FROM assignment").execute(owner).await.unwrap();
        assignments::add(&mut tx, &home, &[helper], noon()).await.unwrap();
        let new_proposal = NewProposal {
            id: Uuid::now_v7(),
            area: home.clone(),
            on: day("2026-11-23"),
            params: json!({}),
            totals: json!({"grids": 1, "filled": 1, "filled_before": 0, "vacant": 0, "moved": 0,
                           "km_month_before": 0.0, "km_month_after": 1.0}),
            costs: json!([]),
            lines: Vec::new(),
        };
        proposals::save(&mut tx, &new_proposal, noon()).await.unwrap();
        let grant = manage::get(&mut tx, &account, noon()).await.unwrap().unwrap().grants[0].id;
        let rules = crate::pay::put_rules(&mut tx, banner, &format!("of {job}")).await;
        let run = crate::pay::put_run(&mut tx, banner, "2026-06", &[worker]).await;
        let run_to_discard = crate::pay::put_run(&mut tx, banner, "2026-07", &[worker]).await;
        let comparison = crate::pay::put_comparison(&mut tx, banner).await;
        tx.commit().await.unwrap();
        let outlet = put_outlet(store, &village, point(&village, false)).await;
        let placement = crate::serving::put_placement(store, banner, &village, point(&village, true)).await;
        let ends = [point(&village, false), point(&village, true)];
        put_road(store, banner, RoadKind::Road(RoadClass::Second), &ends).await;
        Self {
            rules,
            run,
            run_to_discard,
            comparison,
            account,
            grant,
            banner,
            grid: format!("{village}003"),
            village,
            published,
            draft: put_draft_of(store, banner).await,
            draft_to_publish: put_draft_of(store, banner).await,
            worker,
            outlet,
            placement,
            assignment,
            proposal: new_proposal.id,
            job,
        }
    }
}

/// Who asks, and about which banner.
struct Column {
    head: [String; 2],
    role: Option<Role>,
    public_map: bool,
    banner: &'static str,
}

fn columns() -> Vec<Column> {
    let nobody = |head: &str, public_map| Column {
        head: [head.to_owned(), String::new()],
        role: None,
        public_map,
        banner: OWN,
    };
    let roles = Role::ALL.into_iter().flat_map(|role| {
        [("own area", OWN), ("other area", OTHER)].map(|(place, banner)| Column {
            head: [role.as_str().to_owned(), place.to_owned()],
            role: Some(role),
            public_map: false,
            banner,
        })
    });
    [nobody("nobody", false), nobody("public map", true)].into_iter().chain(roles).collect()
}

async fn answer(router: &Router, case: &Case, target: &Target, token: Option<&str>) -> String {
    let ask = (case.ask)(target);
    // Tiles within the banner that is meant.
    let [west, east] = [false, true].map(|east| point(&target.village, east));
    let village = tile_at(((west.0 + east.0) / 2.0, west.1), 16);
    let address = ask.address.replace("{tile}", &tile_at(west, 16)).replace("{village}", &village);
    let mut request = Request::builder().method(ask.method).uri(address);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Content::Type(kind) = case.content {
        request = request.header("accept", kind);
    }
    let body = match ask.body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    assert!(status < 500, "{}: {status}", case.name());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    if status >= 400 {
        return status.to_string();
    }
    match content(case, &bytes) {
        "" => status.to_string(),
        what => format!("{status} {what}"),
    }
}

/// What an answer holds, in a word.
fn content(case: &Case, bytes: &[u8]) -> &'static str {
    let some = |empty: bool| if empty { "empty" } else { "rows" };
    if let Content::Layer(layer) = case.content {
        let layers = layers(bytes);
        let features = layers.get(layer).map_or(&[][..], |layer| &layer.features[..]);
        let told = features
            .iter()
            .any(|feature| feature.contains_key("households") || feature.contains_key("households_class"));
        return if case.figures && !features.is_empty() && !told {
            "outline"
        } else {
            some(features.is_empty())
        };
    }
    if let Content::Lines(head) = case.content {
        return some(bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() <= head);
    }
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return "" };
    let lists = [
        "items",
        "features",
        "accounts",
        "sessions",
        "tokens",
        "moves",
        "entries",
        "areas",
        "assignments",
        "vacancies",
        "rules",
        "rows",
        "adjustments",
        "runs",
        "lines",
        "outlets",
        "services",
        "cells",
        "links",
        "townships",
        "villages",
    ];
    let list = lists.iter().find_map(|name| body[name].as_array());
    if list.is_some_and(Vec::is_empty) {
        return "empty";
    }
    let mut found = Vec::new();
    figures(&body, &mut found);
    match list {
        _ if case.figures && found.is_empty() => "outline",
        Some(_) => "rows",
        None => "",
    }
}

/// The whole table.
async fn table() -> String {
    let database = database().await;
    let store = with_keys(Store::open(database.clone()).await.unwrap()).await;
    put_administrator(&store).await;
    let world = put_world(&store).await;
    let state = AppState::with_limits(store.clone(), noon, unhindered());
    let routers = [api::router(state.clone()), api::router(state.with_public_map(true))];
    let cases = cases();
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, column) in columns().iter().enumerate() {
        let target = Target::new(&store, &mut as_owner(&database).await, &world, column.banner).await;
        let account = async |name: String| match column.role {
            Some(role) => {
                let mut owner = as_owner(&database).await;
                let grant = Grant { role, area: code(OWN), from: day("2026-01-01"), until: None };
                Some(put_account(&store, &mut owner, &name, OWN, &[grant]).await)
            }
            None => None,
        };
        let token = account(format!("column-{number}")).await;
        for (index, case) in cases.iter().enumerate() {
            // What ends a session or changes the account itself is done by an account of its own.
            let own = if case.alone { account(format!("column-{number}-{index}")).await } else { None };
            let token = own.as_deref().or(token.as_deref());
            let cell = answer(&routers[usize::from(column.public_map)], case, &target, token).await;
            rows.entry(case.name()).or_default().push(cell);
        }
    }
    written(&rows)
}

fn written(rows: &BTreeMap<String, Vec<String>>) -> String {
    let columns = columns();
    let first = rows.keys().map(String::len).max().unwrap_or(0);
    let width = |index: usize| {
        let cells = rows.values().map(|cells| cells[index].len());
        cells.chain(columns[index].head.iter().map(String::len)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::from(INTRODUCTION);
    let mut line = |name: &str, cells: &mut dyn Iterator<Item = &str>| {
        let mut line = format!("{name:first$}");
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(line, "  {cell:width$}");
        }
        text += line.trim_end();
        text += "\n";
    };
    for part in 0..2 {
        line("", &mut columns.iter().map(|column| column.head[part].as_str()));
    }
    // By path, so that what may be done with one thing stands together.
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|(name, _)| name.split(' ').skip(1).chain(name.split(' ').take(1)).collect::<Vec<_>>());
    for (name, cells) in rows {
        line(name, &mut cells.iter().map(String::as_str));
    }
    text
}

const INTRODUCTION: &str = "\
# Who may do what: what every operation answered, asked by an account with one role in banner 150821 about that
# banner (own area) and about banner 150822 (other area), and by nobody: with the public map shut, and open.
#
#   200 rows     there is something to see          401  sign in first
#   200 outline  the same without any figure        403  the role doesn't reach this
#   200 empty, 204 empty  nothing of it is theirs   404  not there, or not for them to know of
#   200, 201, 202, 204    done                      4xx  otherwise: allowed, but not as it was asked
#
# Passwords are wrong ones on purpose (401, 403), and ids below /me are nobody's (404): these are about whoever asks.
#
# Made by tests/it/access_matrix.rs from real requests. After a change that is meant: UPDATE_SNAPSHOTS=1.

";

/// What stands in quotation marks after `before`, wherever it does in the sources of a folder.
fn quoted(folder: &str, before: &str) -> BTreeSet<String> {
    let mut files: Vec<PathBuf> = Vec::new();
    crate::rooms::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let found = |text: String| -> Vec<String> {
        let after = text.split(before).skip(1).filter_map(|rest| rest.trim_start().strip_prefix(['"', '\'']));
        after.filter_map(|rest| rest.split(['"', '\'']).next().map(str::to_owned)).collect()
    };
    texts.flat_map(found).collect()
}

/// Every operation of the document, by type of content where it gives several; and the routes beside it.
fn operations_there_are() -> BTreeSet<String> {
    let mut there = BTreeSet::new();
    for (method, path, operation) in operations(&api::document()) {
        let name = format!("{method} {path}");
        let kinds: Vec<String> = operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2'))
            .flat_map(|(_, response)| {
                response["content"].as_object().into_iter().flatten().map(|(kind, _)| kind.clone())
            })
            .collect();
        match kinds.len() {
            0 | 1 => there.extend([name]),
            _ => there.extend(kinds.iter().map(|kind| format!("{name} as {kind}"))),
        }
    }
    there.extend(quoted("src/api", ".route(").into_iter().map(|path| format!("GET {path}")));
    there
}

#[test]
fn everything_that_can_be_asked_has_a_row() {
    let cases = cases();
    let asked: BTreeSet<String> = cases.iter().map(Case::asked).collect();
    let there = operations_there_are();
    let missing: Vec<_> = there.difference(&asked).collect();
    assert!(missing.is_empty(), "say in tests/it/access_matrix/cases how these are asked: {missing:#?}");
    let gone: Vec<_> = asked.difference(&there).collect();
    assert!(gone.is_empty(), "no longer there: {gone:#?}");

    let layers: BTreeSet<String> = cases
        .iter()
        .filter_map(|case| match case.content {
            Content::Layer(layer) => Some(layer.to_owned()),
            _ => None,
        })
        .collect();
    let made = quoted("src/store", "ST_AsMVT(t,");
    assert_eq!(layers, made, "every layer of a tile has a row, and no other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/access.txt");
    let table = table().await;
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let (made, kept): (BTreeSet<&str>, BTreeSet<&str>) =
        (table.lines().collect(), reviewed.lines().collect());
    assert!(
        table == reviewed,
        "who may do what has changed:\nnow    {:#?}\nbefore {:#?}\nif that is meant, run the test with UPDATE_SNAPSHOTS=1",
        made.difference(&kept).collect::<Vec<_>>(),
        kept.difference(&made).collect::<Vec<_>>()
    );
}
