//! What comes back is what was put in, and an import is whole or nothing.

use super::*;

#[tokio::test]
async fn sums_hold_at_every_level_right_after_an_import() {
    let store = store().await;
    put_tiny(&store).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let units = tiny_units();
    for area in tiny_areas() {
        let row = areas::get(&mut tx, &area.code).await.unwrap().unwrap();
        let own: Vec<&Unit> = units.iter().filter(|unit| area.code.covers(&unit.village)).collect();
        let villages: BTreeSet<_> = own.iter().map(|unit| &unit.village).collect();
        assert_eq!(row.villages as usize, villages.len(), "{}", area.code);
        assert_eq!(
            row.households,
            own.iter().map(|unit| u64::from(unit.households)).sum::<u64>(),
            "{}",
            area.code
        );
        assert_eq!(row.people, own.iter().map(|unit| u64::from(unit.people)).sum::<u64>(), "{}", area.code);
    }
    let below = areas::below(&mut tx, &code("1508"), Level::Township).await.unwrap();
    assert_eq!(below.len(), 2);
    let sum: f64 = below.iter().map(|area| area.area_m2).sum();
    let banner = areas::get(&mut tx, &code("150821")).await.unwrap().unwrap();
    assert!((sum - banner.area_m2).abs() < 1.0, "{sum} of {}", banner.area_m2);
}

/// The units of the tiny banner, by village.
async fn held_units(store: &Store) -> BTreeMap<khot::domain::Code, Vec<Unit>> {
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    units::of_area(&mut tx, &code("150821")).await.unwrap()
}

#[tokio::test]
async fn units_come_back_to_the_bit() {
    let store = store().await;
    put_tiny(&store).await;
    let mut expected: BTreeMap<_, Vec<Unit>> = BTreeMap::new();
    for unit in tiny_units() {
        expected.entry(unit.village.clone()).or_default().push(unit);
    }
    expected.values_mut().for_each(|units| units.sort_by(|a, b| a.code.cmp(&b.code)));
    assert_eq!(held_units(&store).await, expected);
}

#[tokio::test]
async fn outlines_and_names_come_back_to_the_bit() {
    let store = store().await;
    // Numbers that decimal text would round, a hole, two pieces, and everything that COPY gives a meaning.
    let ring = |x: f64, y: f64, side: f64| {
        LineString::from(vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    };
    let (x, y) = (100.0 + 1.0 / 3.0, 40.0 + f64::EPSILON * 64.0);
    let outline = MultiPolygon::new(vec![
        Polygon::new(ring(x, y, 0.1), vec![ring(x + 0.03, y + 0.03, 0.01)]),
        Polygon::new(ring(x + 1.0 / 7.0, y, 0.1 + 0.2 - 0.29), vec![]),
    ]);
    for name in ["呼和浩特 ᠬᠥᠬᠡᠬᠣᠲᠠ", "tab\there\\and\nthere\r", "\\N", "\\.", "'; DROP TABLE khot.area; --"]
    {
        let area = Area {
            code: code("15"),
            name: name.to_owned(),
            area_type: None,
            kind: None,
            outline: outline.clone(),
            synthetic: false,
        };
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        imports::put_areas(&mut tx, &[area]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin(&Scope::operator()).await.unwrap();
        assert_eq!(areas::get(&mut tx, &code("15")).await.unwrap().unwrap().name, name);
        assert_eq!(areas::outline(&mut tx, &code("15")).await.unwrap().unwrap(), outline);
    }
}

#[tokio::test]
async fn a_grid_keeps_its_units_codes_whatever_script_they_are_in() {
    let store = store().await;
    put_tiny(&store).await;
    let mut plan = whole_villages(1);
    // Mongolian joins suffixes with a narrow space; the rest has a meaning in PostgreSQL's arrays.
    let codes = ["ᠬᠣᠲᠠ\u{202f}ᠶᠢᠨ", "\u{180e}", "a\"b", "a\\b", "{a,b}", "NULL", "草场 7", "it's"];
    plan.grids[0].grid.units = codes.map(str::to_owned).to_vec();
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    plans::save_draft(&mut tx, &plan).await.unwrap();
    let grid = grids::get(&mut tx, &plan.grids[0].grid.code, GridsOf::Plan(plan.id)).await.unwrap().unwrap();
    assert_eq!(grid.units, codes);
    assert_eq!(grid.outline.as_ref(), Some(&plan.grids[0].outline));
    assert_eq!(grid.reasons, plan.grids[0].grid.reasons);
}

#[tokio::test]
async fn units_of_other_villages_stay() {
    let store = store().await;
    put_tiny(&store).await;
    let (touched, before) = (code("150821100200"), held_units(&store).await);
    let mut one = before[&touched][0].clone();
    one.households = 77;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_units(&mut tx, std::slice::from_ref(&one)).await.unwrap();
    tx.commit().await.unwrap();
    let after = held_units(&store).await;
    assert_eq!(after[&touched], [one]);
    for (village, units) in before.iter().filter(|(village, _)| **village != touched) {
        assert_eq!(&after[village], units);
    }
}

#[tokio::test]
async fn a_village_with_a_new_outline_loses_its_units() {
    let store = store().await;
    put_tiny(&store).await;
    let before = held_units(&store).await;
    let mut areas = tiny_areas();
    let moved = areas.iter_mut().find(|area| area.code == code("150821101201")).unwrap();
    moved.outline = MultiPolygon::new(vec![square(108.03, 41.03, 0.02)]);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &areas).await.unwrap();
    tx.commit().await.unwrap();
    let after = held_units(&store).await;
    assert_eq!(before.len(), 4);
    assert!(!after.contains_key(&code("150821101201")));
    for village in ["150821100200", "150821100201", "150821101200"] {
        assert_eq!(after[&code(village)], before[&code(village)]);
    }
}

#[tokio::test]
async fn an_import_that_is_not_committed_leaves_nothing() {
    let store = store().await;
    put_tiny(&store).await;
    let before = held_units(&store).await;
    let mut areas = tiny_areas();
    areas[4].outline = MultiPolygon::new(vec![square(108.0, 41.0, 0.02)]);
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    imports::put_areas(&mut tx, &areas).await.unwrap();
    drop(tx);
    assert_eq!(held_units(&store).await, before);
}

#[tokio::test]
async fn what_the_database_refuses_has_its_constraints_name() {
    let store = store().await;
    put_tiny(&store).await;
    let mut tx = store.begin(&Scope::operator()).await.unwrap();
    let bow_tie = MultiPolygon::new(vec![Polygon::new(
        LineString::from(vec![(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.5), (0.0, 0.0)]),
        vec![],
    )]);
    let mut area = tiny_areas().remove(4);
    area.outline = bow_tie;
    let error = imports::put_areas(&mut tx, &[area]).await.unwrap_err();
    assert_eq!(error.constraint(), Some("area_outline_valid"), "{error}");
    let mut tx = store.begin(&Scope::job("someone", &code("150822"))).await.unwrap();
    let error = imports::put_units(&mut tx, &tiny_units()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::OutOfScope(_)) && error.to_string().contains("row-level security"),
        "{error}"
    );
}
