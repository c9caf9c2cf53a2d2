//! The comparison against a plain computation from the list of grids.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::*;

/// Smallest, quartiles, largest and mean, by the definition: interpolated between the ranks.
fn spread(mut values: Vec<f64>) -> [f64; 6] {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = share * (values.len() - 1) as f64;
        let (below, above) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
        below + (above - below) * rank.fract()
    };
    [at(0.0), at(0.25), at(0.5), at(0.75), at(1.0), values.iter().sum::<f64>() / values.len() as f64]
}

fn told(spread: &Value) -> [f64; 6] {
    ["min", "q1", "median", "q3", "max", "mean"].map(|name| spread[name].as_f64().unwrap())
}

fn close(one: [f64; 6], other: [f64; 6]) -> bool {
    one.iter().zip(other).all(|(one, other)| (one - other).abs() <= 1e-9 * other.abs().max(1.0))
}

#[tokio::test]
async fn area_types_compare_as_their_grids_do() {
    let app = TestApp::start().await.signed_in().await;
    let plan = app.divide(7).await;
    let list = app.get(&format!("/api/v1/areas/150821/grids?plan={plan}")).await;
    let grids = list["items"].as_array().unwrap();
    let compared = app.get(&format!("/api/v1/comparison?area=150821&by=area_type&plan={plan}")).await;
    let items = compared["items"].as_array().unwrap();
    let types: Vec<&str> = items.iter().map(|item| item["area_type"].as_str().unwrap()).collect();
    assert_eq!(types, ["agricultural", "pastoral"]);
    for item in items {
        let own: Vec<&Value> = grids.iter().filter(|grid| grid["area_type"] == item["area_type"]).collect();
        assert!(own.len() > 1);
        let figures = |name: &str| own.iter().map(|grid| grid[name].as_f64().unwrap()).collect::<Vec<f64>>();
        assert_eq!(item["grids"], own.len());
        assert_eq!(
            item["villages"],
            own.iter().map(|grid| grid["village"].as_str().unwrap()).collect::<BTreeSet<_>>().len()
        );
        for name in ["households", "people", "area_m2"] {
            let sum: f64 = figures(name).iter().sum();
            assert!((item[name].as_f64().unwrap() / sum - 1.0).abs() < 1e-12, "{name}");
        }
        let in_band = own.iter().filter(|grid| grid["in_band"] == true).count();
        assert_eq!(item["in_band_share"], in_band as f64 / own.len() as f64);
        assert!(close(told(&item["households_per_grid"]), spread(figures("households"))), "{item}");
        assert!(close(told(&item["compactness"]), spread(figures("compactness"))), "{item}");
        let km2 = figures("area_m2").into_iter().map(|area| area / 1e6).collect();
        assert!(close(told(&item["area_km2_per_grid"]), spread(km2)), "{item}");
    }
    let none = app.get("/api/v1/comparison?area=150821&by=area_type").await;
    assert_eq!(none["items"], serde_json::json!([]), "nothing is published");
    let part = app.get(&format!("/api/v1/comparison?area=150821101201&by=area_type&plan={plan}")).await;
    assert_eq!(part["items"][0]["villages"], 1);
    assert_eq!(part["items"].as_array().unwrap().len(), 1);
}
