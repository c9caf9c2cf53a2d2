use super::*;

/// Four grids of two units each: north-west, north-east, south-west, south-east.
fn village() -> (Vec<u32>, Vec<EngineUnit>) {
    let places = [(0.0, 1.0), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0)];
    let unit = |part: usize, which: usize| EngineUnit {
        code: format!("u{part}{which}"),
        centre: Some((110.0 + places[part].0 + 0.1 * which as f64, 40.0 + places[part].1)),
        households: 10,
        people: 25,
        area_m2: 1e6,
    };
    let order = [3, 1, 0, 2];
    let units = order.iter().flat_map(|part| [unit(*part, 0), unit(*part, 1)]).collect();
    (order.iter().flat_map(|part| [*part as u32; 2]).collect(), units)
}

fn previous(sequence: u16, units: &[&str]) -> PreviousGrid {
    PreviousGrid { sequence, units: units.iter().map(|unit| (*unit).to_owned()).collect() }
}

#[test]
fn rows_run_from_north_to_south_and_each_from_west_to_east() {
    let (parts, units) = village();
    assert_eq!(number(&parts, &units, &[], &BTreeSet::new()), Ok(vec![1, 2, 3, 4]));
    let without: Vec<EngineUnit> =
        units.iter().cloned().map(|unit| EngineUnit { centre: None, ..unit }).collect();
    assert_eq!(number(&parts, &without, &[], &BTreeSet::new()), Ok(vec![1, 2, 3, 4]), "by code");
    assert_eq!(number(&[], &[], &[], &BTreeSet::new()), Ok(vec![]));
}

#[test]
fn a_grid_that_keeps_most_of_its_households_keeps_its_number() {
    let (parts, mut units) = village();
    // 7 had the north-west and a little more, 5 is gone: its households are spread evenly.
    let before = [previous(7, &["u00", "u01", "u10"]), previous(5, &["u11", "u20", "gone"])];
    assert_eq!(number(&parts, &units, &before, &BTreeSet::new()), Ok(vec![7, 1, 2, 3]));
    // Voided numbers never come back, and neither does one that an earlier grid had.
    let voided = BTreeSet::from([1, 2]);
    assert_eq!(number(&parts, &units, &before, &voided), Ok(vec![7, 3, 4, 6]));
    // Two earlier grids in one part: the one it has more households from.
    let merged = [previous(8, &["u20"]), previous(9, &["u21"])];
    for unit in &mut units {
        unit.households += u32::from(unit.code == "u21");
    }
    assert_eq!(number(&parts, &units, &merged, &BTreeSet::new()), Ok(vec![1, 2, 9, 3]));
    let all: BTreeSet<u16> = (1..=996).collect();
    assert_eq!(number(&parts, &units, &[], &all), Err(DivideError::TooManyGrids));
}
