//! From an outline to checked grids: cut, count, divide, number, dissolve, verify.

use std::collections::BTreeSet;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use khot::{
    divide::{Division, VillageInput, divide_village, number},
    domain::{AreaType, Code, GridCode, Policy, Profile, Reason, Unit},
    geo::{cells, dissolve::dissolve, measure::multi_area_m2},
    verify::{GridView, check_parts, check_village},
};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

fn draw(rng: &mut Pcg64Mcg) -> f64 {
    f64::from(rng.next_u32()) / 4_294_967_296.0
}

/// A ragged village of a size that is usual for its type, somewhere in Inner Mongolia.
fn outline(area_type: AreaType, rng: &mut Pcg64Mcg) -> MultiPolygon<f64> {
    let radius = match area_type {
        AreaType::Urban => 0.008,
        AreaType::Agricultural => 0.03,
        AreaType::Mixed => 0.08,
        AreaType::Pastoral => 0.18,
    };
    let (lon, lat) = (97.0 + 29.0 * draw(rng), 37.0 + 16.0 * draw(rng));
    let point = |index: i32| {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(index) / 40.0).sin_cos();
        let share = 0.6 + 0.4 * draw(rng);
        Coord { x: lon + radius * share * cos / lat.to_radians().cos(), y: lat + radius * share * sin }
    };
    MultiPolygon(vec![Polygon::new(LineString((0..40).map(point).collect()), Vec::new())])
}

/// Half of the cells empty, the others heavy-tailed.
fn units(village: &Code, outline: &MultiPolygon<f64>, profile: &Profile, rng: &mut Pcg64Mcg) -> Vec<Unit> {
    let pieces = cells::cut(outline, profile.cell_resolution).unwrap();
    let mut weight = || if draw(rng) < 0.5 { 0.0 } else { (1.0 - draw(rng)).powf(-0.6) };
    let weights: Vec<f64> = pieces.iter().map(|_| weight()).collect();
    let total = f64::from(profile.households_target) * (0.6 + 7.0 * draw(rng));
    let per_weight = total / weights.iter().sum::<f64>().max(1.0);
    let unit = |(piece, weight): (&cells::CellPiece, &f64)| {
        let households = (weight * per_weight).round() as u32;
        let (code, outline) = (piece.code(), piece.outline.clone());
        Unit { code, village: village.clone(), outline, households, people: households * 5 / 2 }
    };
    pieces.iter().zip(&weights).map(unit).collect()
}

fn views<'a>(
    village: &Code,
    units: &[Unit],
    division: &Division,
    sequences: &[u16],
    reasons: &'a [Reason],
) -> Vec<GridView<'a>> {
    let view = |part: u32| {
        let members: Vec<&Unit> =
            units.iter().zip(&division.parts).filter(|(_, of)| **of == part).map(|(unit, _)| unit).collect();
        GridView {
            code: GridCode::new(village, sequences[part as usize]).unwrap(),
            village: village.clone(),
            units: members.iter().map(|unit| unit.code.clone()).collect(),
            households: members.iter().map(|unit| unit.households).sum(),
            people: members.iter().map(|unit| unit.people).sum(),
            outline: Some(dissolve(members.iter().map(|unit| &unit.outline))),
            reasons,
        }
    };
    (0..division.count()).map(view).collect()
}

#[test]
fn what_the_engine_answers_the_check_accepts() {
    let policy = Policy::defaults().unwrap();
    let village: Code = "150102001003".parse().unwrap();
    let mut rng = Pcg64Mcg::seed_from_u64(11);
    let (mut grids, mut in_band) = (0, 0);
    for seed in 0..40 {
        let profile = policy.profile(&village, AreaType::ALL[seed as usize % 4]);
        let imported = outline(AreaType::ALL[seed as usize % 4], &mut rng);
        let units = units(&village, &imported, &profile, &mut rng);
        let input = VillageInput::from_units(&units).unwrap();
        let division = divide_village(&input, &profile, seed, &|| false).unwrap();
        let sequences = number(&division.parts, &input.units, &[], &BTreeSet::new()).unwrap();
        let reason = |found: &khot::divide::PartReason| Reason {
            kind: found.kind.clone(),
            village: village.clone(),
            grid: found.part.map(|part| GridCode::new(&village, sequences[part as usize]).unwrap()),
        };
        let reasons: Vec<Reason> = division.reasons.iter().map(reason).collect();
        let views = views(&village, &units, &division, &sequences, &reasons);

        // Both the outline as it was imported and the one with the cut points.
        let cut = dissolve(units.iter().map(|unit| &unit.outline));
        for outline in [&imported, &cut] {
            let breaches = check_village(outline, &units, &views, &profile);
            let lines: Vec<String> = breaches.iter().map(|breach| breach.text().en).collect();
            assert!(lines.is_empty(), "seed {seed}: {lines:?}");
        }
        let sum: f64 = views.iter().filter_map(|view| view.outline.as_ref()).map(multi_area_m2).sum();
        assert!((sum - multi_area_m2(&cut)).abs() < 0.01);

        let names: Vec<String> = units.iter().map(|unit| unit.code.clone()).collect();
        let edges: Vec<(u32, u32)> = input.edges.iter().map(|edge| (edge.a, edge.b)).collect();
        let parts: Vec<(String, u32)> = names.iter().cloned().zip(division.parts.iter().copied()).collect();
        assert_eq!(check_parts(&names, &edges, &parts), []);

        let band = profile.households_min..=profile.households_max;
        grids += views.len();
        in_band += views.iter().filter(|view| band.contains(&view.households)).count();
    }
    assert!(in_band * 100 >= grids * 85, "{in_band} of {grids} in band");
}
