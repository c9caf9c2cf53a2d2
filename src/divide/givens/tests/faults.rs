//! Givens that can't be are refused, each with its own fault.

use super::*;

#[test]
fn everything_that_is_wrong_with_givens_is_found() {
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let input = lattice(6, 5, 10, &mut rng);
    let (village, grid) = (input.village.clone(), GridCode::new(&input.village, 3).unwrap());
    let lock =
        |units: &[&str]| Lock { grid: grid.clone(), units: units.iter().map(|u| (*u).to_owned()).collect() };
    let market = |name: &str, units: &[&str]| Dedicated {
        village: village.clone(),
        name: name.to_owned(),
        units: units.iter().map(|u| (*u).to_owned()).collect(),
    };
    let pair = |a: &str, b: &str| UnitPair { village: village.clone(), units: [a.to_owned(), b.to_owned()] };
    let faults = |givens: Givens| resolve(&input, &givens).unwrap_err();
    let code = |fault: &GivenFault| serde_json::to_value(fault).unwrap()["code"].as_str().unwrap().to_owned();
    let cases: Vec<(&str, Givens)> = vec![
        ("unknown_unit", Givens { locks: vec![lock(&["999999"])], ..Givens::default() }),
        ("empty", Givens { locks: vec![lock(&[])], ..Givens::default() }),
        ("bad_name", Givens { dedicated: vec![market(" ", &["000000"])], ..Givens::default() }),
        (
            "unit_in_two",
            Givens {
                locks: vec![lock(&["000000", "001000"])],
                dedicated: vec![market("公园", &["001000"])],
                ..Givens::default()
            },
        ),
        ("in_pieces", Givens { dedicated: vec![market("公园", &["000000", "005004"])], ..Givens::default() }),
        ("tied_not_connected", Givens { together: vec![pair("000000", "002000")], ..Givens::default() }),
        (
            "tied_to_given",
            Givens {
                locks: vec![lock(&["000000"])],
                together: vec![pair("000000", "001000")],
                ..Givens::default()
            },
        ),
        (
            "tied_and_apart",
            Givens {
                together: vec![pair("000000", "001000"), pair("001000", "002000")],
                apart: vec![pair("000000", "002000")],
                ..Givens::default()
            },
        ),
        (
            "apart_in_given",
            Givens {
                locks: vec![lock(&["000000", "001000"])],
                apart: vec![pair("000000", "001000")],
                ..Givens::default()
            },
        ),
        (
            "bad_barrier",
            Givens {
                barriers: vec![Barrier {
                    village: village.clone(),
                    units: ["000000".to_owned(), "003000".to_owned()],
                    strength: 1.0,
                }],
                ..Givens::default()
            },
        ),
    ];
    for (expected, givens) in cases {
        let found = faults(givens);
        assert_eq!(found.iter().map(code).collect::<Vec<_>>(), [expected]);
        let text = found[0].text();
        assert!(!text.zh.is_empty() && text.en.len() > 20, "{text:?}");
    }
    // A grid that is dedicated and locked is one grid.
    let both = Givens {
        locks: vec![lock(&["000000", "001000"])],
        dedicated: vec![market("公园", &["001000", "000000"])],
        ..Givens::default()
    };
    let resolved = resolve(&input, &both).unwrap();
    assert_eq!(resolved.fixed.len(), 1);
    assert!(resolved.fixed[0].code.is_some() && resolved.fixed[0].name.is_some());
}
