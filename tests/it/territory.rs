//! A worker's own first page as it is in the field: several grids with outlines of thousands of corners, each with a
//! lead and outlets of every kind, and a month that is paid.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use khot::access::{Role, Scope};
use khot::store::plans;
use reqwest::Method;
use serde_json::json;

use crate::harness::*;
use crate::pay::office::{Office, assign};

/// One document is all that the page asks for. On the slowest network that a herding area has (EDGE, some 20 kB/s) it is
/// there in about a second: it goes out compressed, to a third or so of this.
const BYTES: usize = 40_000;
const CORNERS: usize = 1_500;

/// The way from one corner to the next along a ragged border, the same for both who share it.
fn ragged(from: Coord<f64>, to: Coord<f64>) -> Vec<Coord<f64>> {
    let turned = (from.x, from.y) > (to.x, to.y);
    let (a, b) = if turned { (to, from) } else { (from, to) };
    let at = |step: usize| {
        let part = step as f64 / CORNERS as f64;
        // Broad bends and small teeth, neither near the ends, where other borders begin.
        let inside = (part * std::f64::consts::PI).sin();
        let aside = inside * (0.0015 * (part * 40.0).sin() + 0.00002 * (step % 7) as f64);
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let long = dx.hypot(dy);
        Coord { x: a.x + dx * part - dy / long * aside, y: a.y + dy * part + dx / long * aside }
    };
    let mut way: Vec<Coord<f64>> = (0..=CORNERS).map(at).collect();
    if turned {
        way.reverse();
    }
    way.pop();
    way
}

fn in_the_field(outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let ring = outline.0[0].exterior();
    let mut corners: Vec<Coord<f64>> = ring.lines().flat_map(|line| ragged(line.start, line.end)).collect();
    corners.push(corners[0]);
    MultiPolygon(vec![Polygon::new(LineString(corners), vec![])])
}

#[tokio::test]
async fn it_is_one_small_document() {
    let app = TestApp::start().await;
    let mut plan = whole_villages(1);
    for drawn in &mut plan.grids {
        drawn.outline = in_the_field(&drawn.outline);
    }
    let mut tx = app.store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &plan).await.unwrap();
    let done = plans::publish(&mut tx, plan.id, day("2026-01-01")).await.unwrap();
    assert_eq!(done, plans::Publication::Done { grids: 4 });
    tx.commit().await.unwrap();
    let office = Office::of(app).await;
    let app = &office.app;
    let planner = app.with_token(&app.token_of("keeper", Role::Planner, "150821").await);
    for kind in ["centre", "station", "agent_point", "mobile_stop", "enforcement_bureau", "approval_seal"] {
        let mut new = json!({"name": format!("塔尔湖镇巴彦嘎查示例网点{kind}"), "kind": kind, "point": [108.04, 41.04],
                             "from": "2026-01-01"});
        if kind == "mobile_stop" {
            new["calendar"] = json!("We[1,3] 10:00-15:00");
        }
        let (status, answer) = planner.post("/api/v1/areas/150821101201/outlets", new).await;
        assert_eq!(status, 201, "{answer}");
    }
    app.run_pending_jobs().await;
    let workers = put_workers(&app.store, "150821100", 2).await;
    let own = app.with_token(&app.token_of("herder", Role::Worker, "150821").await);
    let path = format!("/api/v1/workers/{}", workers[0]);
    let (status, answer) =
        office.officer.call(Method::PATCH, &path, Some(json!({"username": "herder"}))).await;
    assert_eq!(status, 200, "{answer}");
    for village in ["150821100200", "150821100201", "150821101200", "150821101201"] {
        let grid = format!("{village}001");
        assign(app, workers[0], &grid, "worker", "2026-01-01", None).await;
        assign(app, workers[1], &grid, "lead", "2026-01-01", None).await;
    }
    crate::pay::attested(&office.officer, "2026-10", &[(workers[0], 22, None)]).await;
    office.locked("150821", "2026-10").await;

    let territory = own.get("/api/v1/me/territory").await;
    let grids = territory["grids"].as_array().unwrap();
    assert_eq!(grids.len(), 4);
    for grid in grids {
        assert_eq!(grid["outlets"].as_array().unwrap().len(), 6, "{grid}");
        assert_eq!(grid["lead"]["name"], "王**");
        let outline = grid["geometry"].to_string().len();
        assert!((300..9_000).contains(&outline), "{outline} bytes");
    }
    assert_eq!(territory["statement"]["month"], "2026-10");
    let size = territory.to_string().len();
    assert!(size < BYTES, "{size} bytes");
    // Of the whole that the grids' own pages would send, it is a small part.
    let mut whole = 0;
    for grid in grids {
        let path = format!("/api/v1/grids/{}", grid["code"].as_str().unwrap());
        whole += office.officer.get(&path).await.to_string().len();
    }
    assert!(whole > 10 * size, "{whole} and {size} bytes");
}
