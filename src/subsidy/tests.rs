use proptest::prelude::*;

use super::*;

const DEFAULTS: &str = include_str!("defaults.toml");

fn rules() -> Rules {
    Rules::defaults().unwrap()
}

fn duty(grid: &str, area_type: AreaType, days: u32) -> Duty {
    Duty {
        grid: grid.parse().unwrap(),
        area_type,
        households: 20,
        area_milli_km2: 10_000,
        language: None,
        days,
        travel_milli_km: 0,
        lead: false,
    }
}

fn month(days: u32, duties: Vec<Duty>) -> WorkerMonth {
    WorkerMonth {
        worker: "w1".to_owned(),
        employment: Employment::FullTime,
        languages: BTreeSet::new(),
        duty_days: days,
        expected_days: 22,
        score: None,
        duties,
    }
}

fn paid(lines: &[Line], component: Component) -> Vec<i64> {
    lines.iter().filter(|line| line.component == component).map(|line| line.amount.0).collect()
}

/// The whole sum written out by hand for a herding-area worker with two grids.
#[test]
fn a_herding_month_is_what_a_person_would_reckon() {
    let mut first = duty("152525100200001", AreaType::Pastoral, 20);
    first.area_milli_km2 = 150_500; // 100.5 km² above 50, at 1.20 yuan: 120.60 yuan for the whole month
    first.travel_milli_km = 420_000; // 420 km at 0.60 yuan
    first.language = Some("mn".to_owned());
    first.lead = true;
    let mut second = duty("152525100200002", AreaType::Pastoral, 10);
    second.area_milli_km2 = 400_000; // 350 km² would be 420 yuan: at most 300
    second.travel_milli_km = 1_000_000; // 600 yuan: at most 500
    let mut month = month(20, vec![first, second]);
    month.languages = ["mn".to_owned(), "zh".to_owned()].into();
    month.score = Some(72);
    let lines = lines(&rules(), &[month]).unwrap();
    // 2200 × 20/22 = 2000 yuan, of which 70% now: 1400, by 20 and 10 days of 30.
    assert_eq!(paid(&lines, Component::Base), [93_333, 46_667]);
    // 120.60 × 20/22 = 109.636…, 300 × 10/22 = 136.3636…: together 246.00, the lines by largest remainder.
    assert_eq!(paid(&lines, Component::Land), [10_964, 13_636]);
    assert_eq!(paid(&lines, Component::Travel), [25_200, 50_000]);
    assert_eq!(paid(&lines, Component::Language), [13_636]); // 150 × 20/22
    assert_eq!(paid(&lines, Component::SeveralGrids), [9_091]); // 200 × (30 − 20)/22
    assert_eq!(paid(&lines, Component::Lead), [27_273]); // 300 × 20/22
    // 600 yuan at 72 of 90 points: 480, again by days.
    assert_eq!(paid(&lines, Component::Performance), [32_000, 16_000]);
    let travel = lines.iter().find(|line| line.component == Component::Travel).unwrap();
    assert_eq!(travel.shares.levels().map(|fen| fen.0), [15_120, 5_040, 5_040, 0]);
    assert_eq!(
        (travel.clause.as_str(), travel.quantity.decimal().as_str(), travel.rate),
        ("三(2)", "420", Fen(60))
    );
    assert!(lines.iter().all(|line| line.component != Component::Cap));
}

#[test]
fn a_cap_and_a_floor_are_lines_of_their_own_carried_as_the_rest_is() {
    let mut rich = duty("150102100200001", AreaType::Urban, 22);
    (rich.households, rich.lead) = (500, true);
    let mut rich = month(22, vec![rich]);
    rich.score = Some(100);
    let text = DEFAULTS.replace("cap = \"3800.00\"", "cap = \"2600.00\"");
    let found = lines(&Rules::parse(&text).unwrap(), &[rich]).unwrap();
    assert_eq!(paid(&found, Component::Cap), [-20_000]); // 2400 + 100 + 300 − 2600
    let cap = found.last().unwrap();
    assert_eq!(cap.shares.levels().map(|fen| fen.0), [-6_000, -4_000, -8_000, -2_000]);

    let mut poor = month(11, vec![duty("150821100200001", AreaType::Agricultural, 11)]);
    poor.employment = Employment::PartTime;
    let found = lines(&rules(), &[poor]).unwrap();
    // 600 × 11/22 × 70% = 210 yuan; the floor for half a month is 250.
    assert_eq!((paid(&found, Component::Base), paid(&found, Component::Floor)), (vec![21_000], vec![4_000]));
}

#[test]
fn appraisal_pays_all_some_or_nothing() {
    for (score, fen) in [
        (None, vec![]),
        (Some(59), vec![]),
        (Some(60), vec![48_000]),
        (Some(90), vec![72_000]),
        (Some(100), vec![72_000]),
    ] {
        let mut month = month(22, vec![duty("150102100200001", AreaType::Urban, 22)]);
        month.score = score;
        assert_eq!(paid(&lines(&rules(), &[month]).unwrap(), Component::Performance), fen, "{score:?}");
    }
}

#[test]
fn an_override_replaces_a_component_below_its_area_only() {
    let text = format!(
        "{DEFAULTS}\n[[override]]\narea = \"1525\"\n[override.lead]\nclause = \"补一\"\nmonthly = 500\n\
         [[override]]\narea = \"152525\"\n[override.lead]\nclause = \"补二\"\nmonthly = 700\n"
    );
    let rules = Rules::parse(&text).unwrap();
    for (grid, fen) in [("152525100200001", 70_000), ("152501100200001", 50_000), ("150821100200001", 30_000)]
    {
        let mut duty = duty(grid, AreaType::Pastoral, 22);
        duty.lead = true;
        let found = lines(&rules, &[month(22, vec![duty])]).unwrap();
        assert_eq!(paid(&found, Component::Lead), [fen], "{grid}");
        assert!(!paid(&found, Component::Base).is_empty());
    }
    let said = explain(&rules);
    assert!(said.iter().any(|text| text.zh.contains("152525") && text.zh.contains("700.00")));
    assert!(said.iter().any(|text| text.en.contains("demo values")));
}

#[test]
fn a_month_that_cannot_be_is_an_answer() {
    let good = || month(20, vec![duty("150102100200001", AreaType::Urban, 20)]);
    let spoil = |change: fn(&mut WorkerMonth)| {
        let mut month = good();
        change(&mut month);
        lines(&rules(), &[month]).unwrap_err().to_string()
    };
    assert!(spoil(|month| month.expected_days = 0).contains("w1"));
    assert!(spoil(|month| month.duty_days = 23).contains("23 days are attested of 22"));
    assert!(spoil(|month| month.duties[0].days = 21).contains("21 days are attested of 20"));
    assert!(spoil(|month| month.score = Some(101)).contains("0 to 100"));
    assert!(spoil(|month| month.duties.push(month.duties[0].clone())).contains("twice"));
    assert!(lines(&rules(), &[month(0, vec![])]).unwrap().is_empty());
}

#[test]
fn a_bad_document_names_its_line() {
    let line = |needle: &str| DEFAULTS.lines().position(|line| line.contains(needle)).unwrap() + 1;
    for (from, to, at, said) in [
        ("monthly = \"2400.00\"", "monthly = 2400.5", Some(line("monthly = \"2400.00\"")), "yuan"),
        (
            "monthly = \"2400.00\"",
            "monthly = \"2400.005\"",
            Some(line("monthly = \"2400.00\"")),
            "two decimals",
        ),
        ("monthly = \"2400.00\"", "monthy = \"2400.00\"", None, "monthy"),
        ("township = 10", "township = 11", None, "101%"),
        ("share = 30", "share = 130", None, "percentage"),
        ("floor = \"500.00\"", "floor = \"5000.00\"", None, "above the cap"),
        ("area_types = [\"urban\"]\nmonthly", "monthly", None, "says for"),
        ("clause = \"四\"", "clause = \" \"", None, "clause"),
        ("area_types = [\"urban\"]\nabove", "area_types = [\"lunar\"]\nabove", None, "lunar"),
    ] {
        let text = DEFAULTS.replacen(from, to, 1);
        assert_ne!(text, DEFAULTS, "{from}");
        match Rules::parse(&text) {
            Err(RulesError::Line { line, why }) => {
                assert!(why.contains(said), "{why}");
                assert!(at.is_none_or(|at| at == line), "{line}: {why}");
            }
            other => panic!("{from} -> {to}: {other:?}"),
        }
    }
    let without =
        DEFAULTS.replace("employment = \"part_time\"", "employment = \"full_time\"\narea_types = []");
    assert!(Rules::parse(&without).is_err());
    for (whole, said) in [("", "valid_from"), ("area = \"15\"\n", "area"), ("title = 5", "line 1")] {
        assert!(Rules::parse(whole).unwrap_err().to_string().contains(said), "{whole}");
    }
    let unfunded = DEFAULTS.replace("clause = \"九(1)\"", "clause = \"九(1)\"\nareas = []");
    assert!(Rules::parse(&unfunded).is_err());
}

fn any_rules() -> impl Strategy<Value = Rules> {
    (0u32..=100, 0i64..900_000, 0i64..300_000, 0u32..=100, 0u32..=100, 1u32..=100).prop_map(
        |(share, cap, floor, region, league, full)| {
            let yuan = |fen: i64| Fen(fen).to_string();
            let (league, banner) = (league.min(100 - region), 100 - region - league.min(100 - region));
            let text = DEFAULTS
                .replace("share = 30", &format!("share = {share}"))
                .replace(
                    "full_score = 90\nleast_score = 60",
                    &format!("full_score = {full}\nleast_score = {}", full / 2),
                )
                .replace("cap = \"3800.00\"", &format!("cap = \"{}\"", yuan(cap + floor)))
                .replace("floor = \"500.00\"", &format!("floor = \"{}\"", yuan(floor)))
                .replace(
                    "region = 50\nleague = 20\nbanner = 30",
                    &format!("region = {region}\nleague = {league}\nbanner = {banner}"),
                );
            Rules::parse(&text).unwrap()
        },
    )
}

fn any_month() -> impl Strategy<Value = WorkerMonth> {
    let grid =
        (0usize..4, 0u32..900, 0u64..2_000_000, 0u32..=31, 0u64..3_000_000, any::<bool>(), any::<bool>());
    (
        1u32..=31,
        0u32..=31,
        proptest::option::of(0u32..=100),
        any::<bool>(),
        proptest::collection::vec(grid, 0..5),
    )
        .prop_map(|(expected_days, days, score, full_time, grids)| {
            let duty_days = days.min(expected_days);
            let duties = grids.into_iter().enumerate().map(
                |(place, (kind, households, area, days, travel, lead, mn))| Duty {
                    grid: format!("152525100200{:03}", place + 1).parse().unwrap(),
                    area_type: AreaType::ALL[kind],
                    households,
                    area_milli_km2: area,
                    language: mn.then(|| "mn".to_owned()),
                    days: days.min(duty_days),
                    travel_milli_km: travel,
                    lead,
                },
            );
            WorkerMonth {
                worker: "w".to_owned(),
                employment: if full_time { Employment::FullTime } else { Employment::PartTime },
                languages: ["mn".to_owned()].into(),
                duty_days,
                expected_days,
                score,
                duties: duties.collect(),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn shares_add_up_to_the_line_and_the_limits_hold(rules in any_rules(), month in any_month()) {
        let found = lines(&rules, std::slice::from_ref(&month)).unwrap();
        for line in &found {
            prop_assert_eq!(line.shares.levels().into_iter().sum::<Fen>(), line.amount);
            // No line is a fen or more away from its exact amount.
            let exact = line.rate.0 as f64 * line.quantity.of as f64 / line.quantity.whole as f64;
            prop_assert!((line.amount.0 as f64 - exact).abs() < 1.000_001, "{:?}", line);
        }
        let total: Fen = found.iter().map(|line| line.amount).sum();
        let limits = rules.at(&"152525".parse().unwrap()).limits().unwrap();
        prop_assert!(total <= limits.cap.unwrap());
        let worked = month.duties.iter().any(|duty| duty.days > 0);
        let part = limits.floor.unwrap().0 * i64::from(month.duty_days) / i64::from(month.expected_days);
        prop_assert!(!worked || total.0 >= part);
        prop_assert!(worked || found.is_empty());
    }

    /// A month in two like grids, one after the other, pays the same base as the month in one.
    #[test]
    fn a_change_of_grid_costs_nobody_a_fen(first in 1u32..22, rate in 1i64..500_000) {
        let text = DEFAULTS.replace("monthly = \"2200.00\"", &format!("monthly = \"{}\"", Fen(rate)));
        let rules = Rules::parse(&text).unwrap();
        let base = |duties| paid(&lines(&rules, &[month(22, duties)]).unwrap(), Component::Base).iter().sum::<i64>();
        let grid = |sequence: u32, days| duty(&format!("15252510020000{sequence}"), AreaType::Pastoral, days);
        prop_assert_eq!(base(vec![grid(1, 22)]), base(vec![grid(1, first), grid(2, 22 - first)]));
    }

    /// One worker's lines don't depend on who else is paid, and the comparison tells what the lines do.
    #[test]
    fn a_comparison_adds_up(months in proptest::collection::vec(any_month(), 0..6), other in any_rules()) {
        let all = lines(&rules(), &months).unwrap();
        let each: Vec<Line> = months.iter().flat_map(|month| lines(&rules(), std::slice::from_ref(month)).unwrap()).collect();
        prop_assert_eq!(&all, &each);
        let found = compare(&rules(), &other, &months).unwrap();
        let (before, after) = found.total();
        prop_assert_eq!(before, all.iter().map(|line| line.amount).sum::<Fen>());
        prop_assert_eq!(found.by_level.iter().map(|level| level.1).sum::<Fen>(), after);
        prop_assert_eq!(found.by_area_type.values().map(|sums| sums.0).sum::<Fen>(), before);
    }
}
