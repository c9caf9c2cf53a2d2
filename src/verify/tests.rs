use geo::{Polygon, polygon};

use super::*;
use crate::domain::{AreaType, Code, Policy, Profile, Reason, ReasonKind, Unit};

const VILLAGE: &str = "150102001003";

fn square(x: u32, y: u32) -> Polygon<f64> {
    let (w, s) = (111.6 + 0.01 * f64::from(x), 40.8 + 0.01 * f64::from(y));
    let (e, n) = (111.6 + 0.01 * f64::from(x + 1), 40.8 + 0.01 * f64::from(y + 1));
    polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)]
}

/// Twelve squares, four wide and three high, of 100 households each.
fn units() -> Vec<Unit> {
    let unit = |x, y| Unit {
        code: format!("u{x}{y}"),
        village: VILLAGE.parse().unwrap(),
        outline: square(x, y),
        households: 100,
        people: 250,
    };
    (0..4).flat_map(|x| (0..3).map(move |y| unit(x, y))).collect()
}

/// The village's outline as an import would hold it: four corners and no more.
fn outline() -> geo::MultiPolygon<f64> {
    let (e, n) = (111.6 + 0.01 * 4.0, 40.8 + 0.01 * 3.0);
    geo::MultiPolygon(vec![polygon![(x: 111.6, y: 40.8), (x: e, y: 40.8), (x: e, y: n), (x: 111.6, y: n)]])
}

fn profile() -> Profile {
    Policy::defaults().unwrap().profile(&"15".parse().unwrap(), AreaType::Urban)
}

/// Four columns of three squares: 300 households each.
fn grids() -> Vec<GridView<'static>> {
    let grid = |x: u32| GridView {
        code: format!("{VILLAGE}{:03}", x + 1).parse().unwrap(),
        village: VILLAGE.parse().unwrap(),
        units: (0..3).map(|y| format!("u{x}{y}")).collect(),
        households: 300,
        people: 750,
        outline: Some(geo::unary_union(&[square(x, 0), square(x, 1), square(x, 2)])),
        reasons: &[],
    };
    (0..4).map(grid).collect()
}

fn check(grids: &[GridView<'_>]) -> Vec<Breach> {
    check_village(&outline(), &units(), grids, &profile())
}

fn grid(number: u32) -> String {
    format!("{VILLAGE}{number:03}")
}

#[test]
fn a_good_answer_has_no_breach() {
    assert_eq!(check(&grids()), []);
    let without: Vec<GridView> = grids().into_iter().map(|grid| GridView { outline: None, ..grid }).collect();
    assert_eq!(check(&without), []);
}

#[test]
fn a_unit_lost_doubled_or_made_up_is_named() {
    let mut answer = grids();
    answer[0].units.pop();
    let breaches = check(&answer);
    assert!(breaches.contains(&Breach::UnitMissing { unit: "u02".into() }));
    assert!(breaches.contains(&Breach::WrongHouseholds { grid: grid(1), said: 300, summed: 200 }));
    assert!(breaches.iter().any(|breach| matches!(breach, Breach::OutlineNotItsUnits { .. })));
    assert!(breaches.iter().any(|breach| matches!(breach, Breach::NoReason { .. })));

    let mut answer = grids();
    answer[1].units.push("u02".into());
    let twice = Breach::UnitTwice { unit: "u02".into(), grids: vec![grid(1), grid(2)] };
    assert!(check(&answer).contains(&twice));

    let mut answer = grids();
    answer[1].units.push("elsewhere".into());
    let unknown = Breach::UnknownUnit { grid: grid(2), unit: "elsewhere".into() };
    assert_eq!(check(&answer), [unknown]);

    let mut answer = grids();
    answer[3].units.clear();
    assert!(check(&answer).contains(&Breach::EmptyGrid { grid: grid(4) }));
}

#[test]
fn a_grid_in_pieces_is_named_with_its_pieces() {
    let mut answer = grids();
    answer[0].units = vec!["u00".into(), "u02".into(), "u11".into()];
    answer[1].units = vec!["u10".into(), "u12".into(), "u01".into()];
    for grid in &mut answer {
        grid.outline = None;
    }
    let breaches = check(&answer);
    let pieces = vec!["u00".to_owned(), "u02".to_owned(), "u11".to_owned()];
    assert_eq!(breaches[0], Breach::InPieces { grid: grid(1), pieces });
    assert_eq!(breaches[0].text().en, "grid 150102001003001 is in three pieces: u00, u02, u11");
    assert_eq!(breaches[0].text().zh, "网格 150102001003001 分成 3 块：u00、u02、u11");
    assert_eq!(breaches.len(), 2, "touching in a corner is not hanging together");
}

#[test]
fn codes_villages_and_totals_are_checked() {
    let other = "150102001004";
    let mut answer = grids();
    answer[2].village = other.parse().unwrap();
    let wrong = Breach::WrongVillage { grid: grid(3), is: other.into(), expected: VILLAGE.into() };
    assert_eq!(check(&answer), [wrong]);

    let mut answer = grids();
    answer[2].code = format!("{other}003").parse().unwrap();
    let wrong = Breach::WrongCode { grid: format!("{other}003"), village: VILLAGE.into() };
    assert_eq!(check(&answer), [wrong]);

    let mut answer = grids();
    answer[2].code = answer[1].code.clone();
    assert_eq!(check(&answer), [Breach::CodeNotUnique { grid: grid(2) }]);

    let mut answer = grids();
    answer[2].people = 751;
    assert_eq!(check(&answer), [Breach::WrongPeople { grid: grid(3), said: 751, summed: 750 }]);
}

#[test]
fn outlines_are_valid_and_those_of_the_units() {
    let mut answer = grids();
    let bow =
        polygon![(x: 111.6, y: 40.8), (x: 111.61, y: 40.83), (x: 111.61, y: 40.8), (x: 111.6, y: 40.83)];
    answer[0].outline = Some(bow.into());
    let breaches = check(&answer);
    assert!(matches!(&breaches[0], Breach::OutlineInvalid { grid: name, .. } if *name == grid(1)));
    assert!(breaches.iter().any(|breach| matches!(breach, Breach::GridsDontCover { .. })));
}

#[test]
fn units_that_overlap_stick_out_or_leave_a_gap_are_named() {
    let mut shifted = units();
    shifted[4].outline = square(1, 0);
    let breaches = check_village(&outline(), &shifted, &grids(), &profile());
    // Areas alone would have balanced: the gap is as large as the overlap, but for the latitude.
    assert!(
        breaches
            .iter()
            .any(|b| matches!(b, Breach::UnitsOverlap { one, two, .. } if one == "u10" && two == "u11"))
    );
    let mut out = units();
    out[0].outline =
        polygon![(x: 111.59, y: 40.8), (x: 111.60, y: 40.8), (x: 111.60, y: 40.81), (x: 111.59, y: 40.81)];
    let breaches = check_village(&outline(), &out, &grids(), &profile());
    assert!(breaches.iter().any(|b| matches!(b, Breach::UnitOutside { unit, .. } if unit == "u00")));
    let breaches = check_village(&outline(), &units()[1..], &grids(), &profile());
    assert!(breaches.iter().any(|breach| matches!(breach, Breach::UnitsDontCover { .. })));
    let mut foreign = units();
    foreign[5].village = "150102001004".parse::<Code>().unwrap();
    let foreign = check_village(&outline(), &foreign, &grids(), &profile());
    let breach = Breach::UnitOfAnotherVillage { unit: "u12".into(), village: VILLAGE.into() };
    assert_eq!(foreign, [breach]);
    let mut double = units();
    double[1].code = "u00".into();
    let double = check_village(&outline(), &double, &grids(), &profile());
    assert!(double.contains(&Breach::UnitNotUnique { unit: "u00".into() }));
}

#[test]
fn a_limit_that_is_broken_needs_a_reason_of_its_own() {
    let mut small = profile();
    (small.households_min, small.people_max, small.area_max_km2) = (301, Some(700), Some(2.0));
    let breaches = check_village(&outline(), &units(), &grids(), &small);
    assert_eq!(breaches.len(), 12);
    assert!(breaches[0].text().en.ends_with("300 households, outside 301 to 500"));
    let reason = |kind, number: u32| Reason {
        kind,
        village: VILLAGE.parse().unwrap(),
        grid: Some(grid(number).parse().unwrap()),
    };
    let given: Vec<Reason> = (1..=4)
        .flat_map(|number| {
            [
                reason(ReasonKind::UnevenUnits { households: 300, min: 301, max: 500 }, number),
                reason(ReasonKind::TooManyPeople { people: 750, max: 700 }, number),
                reason(ReasonKind::TooLarge { area_km2: 2.8, max_km2: 2.0 }, number),
            ]
        })
        .collect();
    let explained: Vec<GridView> =
        grids().into_iter().map(|grid| GridView { reasons: &given, ..grid }).collect();
    assert_eq!(check_village(&outline(), &units(), &explained, &small), []);
    let one: Vec<GridView> =
        grids().into_iter().map(|grid| GridView { reasons: &given[..3], ..grid }).collect();
    assert_eq!(check_village(&outline(), &units(), &one, &small).len(), 9);
}

#[test]
fn parts_without_geometry() {
    let units: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let edges = [(0, 1), (1, 2), (2, 3)];
    let parts =
        |of: &[(&str, u32)]| of.iter().map(|(unit, part)| ((*unit).to_owned(), *part)).collect::<Vec<_>>();
    assert_eq!(check_parts(&units, &edges, &parts(&[("a", 0), ("b", 0), ("c", 1), ("d", 1)])), []);
    let breaches = check_parts(&units, &edges, &parts(&[("a", 0), ("b", 1), ("c", 0), ("e", 7), ("b", 2)]));
    assert_eq!(
        breaches,
        [
            Breach::UnknownUnit { grid: "7".into(), unit: "e".into() },
            Breach::UnitTwice { unit: "b".into(), grids: vec!["1".into(), "2".into()] },
            Breach::UnitMissing { unit: "d".into() },
            Breach::InPieces { grid: "0".into(), pieces: vec!["a".into(), "c".into()] },
        ]
    );
}

#[test]
fn areas_agree_with_geodesics_and_add_up_along_a_cut_edge() {
    use geo::GeodesicArea;
    let one = square(0, 0);
    let gap = area::polygon_m2(&one) / one.geodesic_area_unsigned() - 1.0;
    assert!(gap.abs() < 1e-6, "{gap}");
    let whole: f64 = units().iter().map(|unit| area::polygon_m2(&unit.outline)).sum();
    assert!((whole - area::multi_m2(&outline())).abs() < 0.001);
}

#[test]
fn edges_that_only_overlap_in_part_hang_together() {
    // A T: two half edges against a whole one, and a gap of 20 cm.
    let low =
        polygon![(x: 111.0, y: 40.0), (x: 111.02, y: 40.0), (x: 111.02, y: 40.01), (x: 111.0, y: 40.01)];
    let high = |lat: f64| polygon![(x: 111.005, y: lat), (x: 111.015, y: lat), (x: 111.015, y: 40.02), (x: 111.005, y: 40.02)];
    assert_eq!(border::pieces(&[&low, &high(40.01)]).len(), 1);
    assert_eq!(border::pieces(&[&low, &high(40.01 + 0.2 / 111_195.0)]).len(), 1);
    assert_eq!(border::pieces(&[&low, &high(40.01 + 5.0 / 111_195.0)]).len(), 2);
}
