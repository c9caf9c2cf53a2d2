use geo::{LineString, MultiPolygon, Point, Polygon};
use h3o::{CellIndex, LatLng, Resolution};

use super::{samples::rectangle, *};
use crate::{
    domain::{AreaType, Code, Policy, Unit},
    geo::{cells, measure},
};

fn outline(rings: &[Vec<(f64, f64)>]) -> MultiPolygon<f64> {
    MultiPolygon(rings.iter().map(|ring| Polygon::new(LineString::from(ring.clone()), vec![])).collect())
}

fn village(code: &str, area_type: AreaType, rings: &[Vec<(f64, f64)>]) -> VillageOutline {
    VillageOutline { code: code.parse().unwrap(), area_type, outline: outline(rings) }
}

fn two_villages() -> Vec<VillageOutline> {
    vec![
        village("150821100201", AreaType::Pastoral, &[rectangle(108.0, 41.0, 108.1, 41.2)]),
        village("150821100202", AreaType::Mixed, &[rectangle(108.1, 41.0, 108.2, 41.2)]),
    ]
}

fn at(lon: f64, lat: f64, households: u32) -> UnitInput {
    UnitInput::Point { at: Point::new(lon, lat), village: None, households, people: households * 3 }
}

fn cell_at(lon: f64, lat: f64, resolution: Resolution) -> CellIndex {
    LatLng::new(lat, lon).unwrap().to_cell(resolution)
}

fn cell(cell: CellIndex, households: u32) -> UnitInput {
    UnitInput::Cell { cell, village: None, households, people: 0 }
}

fn run(inputs: Vec<UnitInput>, villages: &[VillageOutline]) -> (Vec<Unit>, Vec<Finding>) {
    gather((1..).zip(inputs), villages, &Policy::defaults().unwrap())
}

fn of<'a>(units: &'a [Unit], code: &str) -> Vec<&'a Unit> {
    units.iter().filter(|unit| unit.village.as_str() == code).collect()
}

#[test]
fn points_become_cells_that_cover_their_village() {
    let villages = two_villages();
    let mut inputs = Vec::new();
    for i in 0..200 {
        // Well within, and on the very border of the two.
        let (x, y) = (f64::from(i % 20) * 0.01 + 0.003, f64::from(i / 20) * 0.02 + 0.001);
        inputs.push(at(108.0 + x, 41.0 + y, 1 + i as u32 % 3));
    }
    inputs.push(at(108.1, 41.1, 7));
    inputs.push(at(108.2, 41.2, 5));
    inputs.push(at(109.0, 41.1, 9));
    let counted: u32 = inputs[..202]
        .iter()
        .map(|input| match input {
            UnitInput::Point { households, .. } => *households,
            _ => 0,
        })
        .sum();
    let (units, findings) = run(inputs, &villages);
    assert_eq!(findings, vec![Finding::row(203, None, FindingKind::OutsideVillage)]);
    assert_eq!(units.iter().map(|unit| unit.households).sum::<u32>(), counted);
    assert_eq!(units.iter().map(|unit| unit.people).sum::<u32>(), counted * 3);
    for (village, resolution) in villages.iter().zip([7, 8]) {
        let here = of(&units, village.code.as_str());
        let pieces = cells::cut(&village.outline, resolution).unwrap();
        assert_eq!(here.len(), pieces.len(), "every piece of the village is a unit");
        assert!(here.iter().any(|unit| unit.households == 0));
        let area: f64 = here.iter().map(|unit| measure::area_m2(&unit.outline)).sum();
        let whole = measure::multi_area_m2(&cells::outline(&pieces));
        assert!((area - whole).abs() < 1.0, "{area} {whole}");
        for unit in here {
            let index: CellIndex = unit.code.split('-').next().unwrap().parse().unwrap();
            assert_eq!(u8::from(index.resolution()), resolution);
        }
    }
    assert!(
        units.windows(2).all(|pair| (&pair[0].village, &pair[0].code) < (&pair[1].village, &pair[1].code))
    );
}

#[test]
fn a_point_goes_to_the_piece_it_lies_in_and_a_cell_to_the_largest() {
    // Both squares in one cell: the village has two pieces of it.
    let seven = cell_at(108.05, 41.1, Resolution::Seven);
    let centre = LatLng::from(seven);
    let (x, y) = (centre.lng(), centre.lat());
    let small = rectangle(x - 0.006, y - 0.002, x - 0.004, y + 0.002);
    let large = rectangle(x + 0.002, y - 0.002, x + 0.006, y + 0.002);
    let villages = [village("150821100201", AreaType::Pastoral, &[small, large])];
    let inputs = vec![at(x - 0.005, y, 3), at(x + 0.004, y, 4), cell(seven, 10)];
    let (units, findings) = run(inputs, &villages);
    assert_eq!(findings, vec![]);
    let found: Vec<(String, u32)> = units.iter().map(|unit| (unit.code.clone(), unit.households)).collect();
    assert_eq!(found, [(format!("{seven}-1"), 3), (format!("{seven}-2"), 14)]);
}

#[test]
fn cells_of_one_village_have_one_resolution() {
    let villages = two_villages();
    let fine = cell_at(108.05, 41.1, Resolution::Ten);
    let (units, findings) =
        run(vec![cell(fine, 6), cell(cell_at(108.05, 41.1, Resolution::Nine), 1)], &villages);
    let bad = cell_at(108.05, 41.1, Resolution::Nine).to_string();
    assert_eq!(findings, vec![Finding::row(2, None, FindingKind::BadCell { cell: bad })]);
    let seven = fine.parent(Resolution::Seven).unwrap().to_string();
    assert_eq!(units.iter().find(|unit| unit.code.starts_with(&seven)).unwrap().households, 6);
    // Coarser than the profile: counts can't be told apart, so the cell stays what it is.
    let coarse = cell_at(108.15, 41.1, Resolution::Six);
    let (units, findings) = run(vec![cell(coarse, 6)], &villages);
    assert_eq!(findings, vec![]);
    assert!(units.iter().all(|unit| unit.village.as_str() == "150821100202"));
    assert_eq!(units.iter().map(|unit| unit.households).sum::<u32>(), 6);
}

#[test]
fn a_named_village_is_held_against_the_place() {
    let villages = two_villages();
    let named = |code: &str| UnitInput::Point {
        at: Point::new(108.05, 41.1),
        village: Some(code.parse().unwrap()),
        households: 1,
        people: 0,
    };
    let inputs = vec![named("150821100201"), named("150821100202"), named("150821100299")];
    let (_, findings) = run(inputs, &villages);
    assert_eq!(findings, [2, 3].map(|row| Finding::row(row, None, FindingKind::OutsideVillage)).to_vec());
}

fn polygon(code: &str, ring: Vec<(f64, f64)>) -> UnitInput {
    let outline = Polygon::new(LineString::from(ring), vec![]);
    UnitInput::Polygon { code: code.into(), village: None, outline, households: 10, people: 30 }
}

#[test]
fn polygons_stay_as_they_are_and_must_cover_their_village() {
    let villages = two_villages();
    let (west, east) = (rectangle(108.0, 41.0, 108.1, 41.1), rectangle(108.0, 41.1, 108.1, 41.2));
    let (units, findings) = run(vec![polygon("南", west.clone()), polygon("北", east.clone())], &villages);
    assert_eq!(findings, vec![]);
    assert_eq!(units.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>(), ["北", "南"]);
    assert_eq!(units[0].village, "150821100201".parse::<Code>().unwrap());

    let over = rectangle(108.0, 41.09, 108.1, 41.2);
    let (_, findings) = run(vec![polygon("南", west.clone()), polygon("北", over)], &villages);
    assert!(
        matches!(&findings[0], Finding { row: Some(2), subject: Some(code), kind: FindingKind::Overlap { other, overlap_m2 } }
        if code == "北" && other == "南" && (9_000_000..9_500_000).contains(overlap_m2)),
        "{findings:?}"
    );

    let (_, findings) = run(vec![polygon("南", west.clone()), polygon("南", east)], &villages);
    assert_eq!(findings[1], Finding::row(2, Some("南"), FindingKind::DuplicateCode { first_row: 1 }));
    assert!(
        matches!(&findings[0].kind, FindingKind::Gap { village, gap_m2 } if village == "150821100201" && *gap_m2 > 90_000_000)
    );

    let beyond = rectangle(108.0, 41.1, 108.12, 41.2);
    let (_, findings) = run(vec![polygon("南", west.clone()), polygon("北", beyond)], &villages);
    assert!(
        matches!(&findings[0].kind, FindingKind::OutsideParent { parent, .. } if parent == "150821100201")
    );

    let (_, findings) = run(vec![polygon("南", west), at(108.05, 41.15, 1)], &villages);
    assert_eq!(findings[1].row, Some(2));
    assert!(findings[1].kind.text().en.contains("points or cells as well"));
}

#[test]
fn all_villages_can_be_covered() {
    let villages = two_villages();
    let policy = Policy::defaults().unwrap();
    let mut gatherer = Gatherer::new(&villages, &policy);
    gatherer.add(1, at(108.05, 41.1, 4));
    let (units, findings) = gatherer.finish(Cover::All);
    assert_eq!(findings, vec![]);
    let east = of(&units, "150821100202");
    assert!(!east.is_empty() && east.iter().all(|unit| unit.households == 0));
}
