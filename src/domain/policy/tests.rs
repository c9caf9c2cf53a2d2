use super::*;

#[test]
fn the_shipped_defaults_are_the_fields_figures() {
    let policy = Policy::defaults().unwrap();
    let code: Code = "150102".parse().unwrap();
    let urban = policy.profile(&code, AreaType::Urban);
    assert_eq!((urban.households_min, urban.households_target, urban.households_max), (300, 400, 500));
    assert_eq!(urban.people_max, Some(2500));
    let pastoral = policy.profile(&code, AreaType::Pastoral);
    assert_eq!((pastoral.households_min, pastoral.households_max), (10, 40));
    assert_eq!((pastoral.travel_max_min, pastoral.area_max_km2), (Some(90.0), Some(400.0)));
    assert!(pastoral.demo && !urban.demo);
    let most = AreaType::ALL.map(|area_type| policy.profile(&code, area_type).grids_max);
    assert_eq!(most, [1, 1, 3, 2]);
    assert_eq!(policy.staff(), StaffRules::default());
}

#[test]
fn the_nearest_ancestor_wins_field_by_field() {
    let text = format!(
        "{DEFAULTS}\n[[override]]\narea = \"1508\"\n[override.urban]\npeople_max = 2000\n\
         [[override]]\narea = \"150821100\"\n[override.urban]\nhouseholds = {{ min = 1, target = 2, max = 3 }}\n"
    );
    let policy = Policy::parse(&text).unwrap();
    let inside = policy.profile(&"150821100200".parse().unwrap(), AreaType::Urban);
    assert_eq!((inside.households_max, inside.people_max), (3, Some(2000)));
    let beside = policy.profile(&"150821101200".parse().unwrap(), AreaType::Urban);
    assert_eq!((beside.households_max, beside.people_max), (500, Some(2000)));
    let elsewhere = policy.profile(&"150102".parse().unwrap(), AreaType::Urban);
    assert_eq!(elsewhere.people_max, Some(2500));
}

#[test]
fn numbers_and_weights_are_read() {
    let text = format!(
        "{DEFAULTS}\n[ceilings]\n150821100 = 40\n[counts]\n150821100200 = 3\n[[override]]\narea = \"150821\"\n\
         [override.urban.weights]\nstability = 4.0\n"
    );
    let policy = Policy::parse(&text).unwrap();
    let (township, village): (Code, Code) = ("150821100".parse().unwrap(), "150821100200".parse().unwrap());
    assert_eq!(policy.numbers().ceilings[&township], 40);
    assert_eq!(policy.numbers().counts[&village], 3);
    let inside = policy.profile(&village, AreaType::Urban).weights;
    assert_eq!(inside, Weights { stability: 4.0, ..Weights::default() });
    let more = GridNumbers { ceilings: [(township.clone(), 41)].into(), ..GridNumbers::default() };
    let both = more.over(policy.numbers());
    assert_eq!((both.ceilings[&township], both.counts[&village]), (41, 3));
}

#[test]
fn bad_documents_are_answers() {
    let swapped = DEFAULTS.replace("min = 300, target = 400", "min = 400, target = 300");
    assert!(matches!(Policy::parse(&swapped), Err(PolicyError::Value { .. })));
    let unknown = format!("{DEFAULTS}\n[lunar]\n");
    assert!(matches!(Policy::parse(&unknown), Err(PolicyError::Syntax(_))));
    for wrong in [
        "[urban.weights]\nbarrier = 2\n",
        "[urban.weights]\nbalance = 0\n",
        "[urban.weights]\nspeed = 1\n",
        "[ceilings]\n150821100200 = 4\n",
        "[counts]\n150821100 = 4\n",
        "[counts]\n150821100200 = 0\n",
    ] {
        let text = DEFAULTS.replace("[urban.weights]\nbalance = 1.0\n", wrong);
        let text = if text == DEFAULTS { format!("{DEFAULTS}\n{wrong}") } else { text };
        assert!(Policy::parse(&text).is_err(), "{wrong}");
    }
    for (said, wrong) in [
        ("days_a_month = 22", "days_a_month = 0"),
        ("load_km = 3", "load_km = -1"),
        ("grids_max = 3", "grids_max = 0"),
    ] {
        assert!(
            matches!(Policy::parse(&DEFAULTS.replace(said, wrong)), Err(PolicyError::Value { .. })),
            "{wrong}"
        );
    }
    assert!(Policy::parse("").is_err());
    assert!(Policy::parse(&DEFAULTS.replace("speed_kmh = 5", "speed_kmh = nan")).is_err());
}
