use std::collections::{BTreeMap, BTreeSet};

use geo::{Coord, CoordsIter, MultiPolygon, Validation};

use super::*;
use crate::{
    domain::{AreaType, Level, VillageKind},
    geo::{dissolve::dissolve, measure::multi_area_m2},
};

type Point = (u64, u64);

fn codes() -> Vec<Code> {
    DEMO_BANNERS.iter().map(|code| code.parse().unwrap()).collect()
}

fn made(code: &Code, seed: u64) -> MadeBanner {
    make_banner(&Sources::embedded().unwrap(), code, &Policy::defaults().unwrap(), seed).unwrap()
}

fn at(level: Level, areas: &[Area]) -> impl Iterator<Item = &Area> {
    areas.iter().filter(move |area| area.code.level() == level)
}

fn point(at: Coord<f64>) -> Point {
    (at.x.to_bits(), at.y.to_bits())
}

/// How often each undirected edge is used.
fn edges<'a>(outlines: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> BTreeMap<(Point, Point), u32> {
    let mut uses = BTreeMap::new();
    for polygon in outlines.into_iter().flatten() {
        for line in
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).flat_map(|ring| ring.lines())
        {
            let (a, b) = (point(line.start), point(line.end));
            *uses.entry((a.min(b), a.max(b))).or_insert(0) += 1;
        }
    }
    uses
}

/// Every name once, each in one piece, and no gap, overlap or foreign point along any border.
fn check_areas(sources: &Sources, banner: &Code, areas: &[Area]) {
    let codes: Vec<&Code> = areas.iter().map(|area| &area.code).collect();
    let mut wanted = vec![banner];
    for (township, _) in sources.below(banner) {
        wanted.push(township);
        wanted.extend(sources.below(township).map(|(village, _)| village));
    }
    assert_eq!(codes, wanted, "{banner}");
    assert!(areas.iter().all(|area| sources.name(&area.code) == Some(&area.name)));
    assert!(areas.iter().all(|area| area.synthetic == (area.code != *banner)));
    assert!(areas.iter().all(|area| area.kind.is_some() == (area.code.level() == Level::Village)));
    for level in [Level::Village, Level::Township] {
        let uses = edges(at(level, areas).map(|area| &area.outline));
        let once: BTreeSet<_> = uses.iter().filter(|edge| *edge.1 == 1).map(|edge| *edge.0).collect();
        assert!(uses.values().all(|count| *count <= 2), "{banner}");
        let ring: BTreeSet<_> = edges([&areas[0].outline]).into_keys().collect();
        assert!(once == ring, "{banner}: the outer edges of {level:?} are the banner's ring");
    }
    for village in at(Level::Village, areas) {
        assert_eq!(village.outline.0.len(), 1, "{} is in one piece", village.code);
    }
}

#[test]
fn the_embedded_parts_fit_together() {
    let sources = Sources::embedded().unwrap();
    assert_eq!((sources.banners().len(), sources.leagues().len()), (103, 12));
    assert!(codes().iter().all(|code| sources.banners().contains(code)));
    assert!(sources.banners().iter().all(|code| sources.below(code).next().is_some()));
    let types: Vec<AreaType> = codes().iter().map(|c| sources.banner(c).unwrap().area_type).collect();
    assert_eq!(types, [AreaType::Urban, AreaType::Agricultural, AreaType::Pastoral, AreaType::Mixed]);
    let unknown = "150172".parse().unwrap();
    assert_eq!(make_areas(&sources, &unknown, 1), Err(DemoError::UnknownBanner(unknown)));
}

#[test]
fn names_say_what_a_place_is() {
    for (name, kind) in [
        ("额尔德木腾社区居委会", VillageKind::Community),
        ("斯布扣嘎查村委员会", VillageKind::Gacha),
        ("哈达合少村委", VillageKind::Village),
        ("苏吐水库村生活区", VillageKind::Farm),
        ("第五生产队", VillageKind::Farm),
    ] {
        assert_eq!(kinds::kind(name), kind, "{name}");
    }
    assert_eq!(kinds::stem("保康街道办事处"), kinds::stem("保康镇"));
}

#[test]
fn outlines_share_their_borders_exactly_and_are_valid() {
    let sources = Sources::embedded().unwrap();
    for banner in codes() {
        let areas = make_areas(&sources, &banner, 7).unwrap();
        check_areas(&sources, &banner, &areas);
        for area in &areas {
            assert!(area.outline.is_valid(), "{}: {:?}", area.code, area.outline.validation_errors());
        }
        for township in at(Level::Township, &areas) {
            let within = at(Level::Village, &areas).filter(|village| township.code.covers(&village.code));
            assert_eq!(dissolve(within.flat_map(|village| &village.outline)), township.outline);
            assert_eq!(township.outline.0.len(), 1, "{}", township.code);
        }
        let townships = dissolve(at(Level::Township, &areas).flat_map(|township| &township.outline));
        assert_eq!(townships, dissolve(&areas[0].outline), "{banner}");
    }
}

#[test]
fn all_banners_can_be_made_and_the_region_has_its_people() {
    let sources = Sources::embedded().unwrap();
    let people: u64 = sources
        .banners()
        .par_iter()
        .map(|banner| {
            let sketch = sketch(&sources, banner, 1).unwrap();
            check_areas(&sources, banner, &areas(&sources, banner, &sketch).unwrap());
            let villages = sketch.plan.townships.iter().flat_map(|township| &township.villages);
            villages.map(|village| u64::from(village.people)).sum::<u64>()
        })
        .sum();
    let census = 24_050_000.0;
    assert!((people as f64 / census - 1.0).abs() < 0.03, "{people} people");
}

#[test]
fn areas_add_up_at_every_level_to_a_square_metre() {
    let sources = Sources::embedded().unwrap();
    for banner in codes() {
        let made = made(&banner, 1);
        check_areas(&sources, &banner, &made.areas);
        let real: BTreeSet<Point> =
            sources.banner(&banner).unwrap().outline.coords_iter().map(point).collect();
        let kept: BTreeSet<Point> = made.areas[0].outline.coords_iter().map(point).collect();
        assert!(real.is_subset(&kept), "{banner}: the real outline with further points on it");
        let mut of_units: BTreeMap<&Code, f64> = BTreeMap::new();
        for unit in &made.units {
            *of_units.entry(&unit.village).or_default() += crate::geo::measure::area_m2(&unit.outline);
        }
        for area in &made.areas {
            let own = multi_area_m2(&area.outline);
            let below: f64 = match area.code.level().below() {
                None => of_units[&area.code],
                Some(level) => at(level, &made.areas)
                    .filter(|part| area.code.covers(&part.code))
                    .map(|part| multi_area_m2(&part.outline))
                    .sum(),
            };
            assert!((own - below).abs() < 1.0, "{}: {own} m², its parts {below} m²", area.code);
            assert!(area.outline.is_valid(), "{}", area.code);
        }
    }
}

#[test]
fn same_seed_same_banner_on_any_number_of_threads() {
    let banner = &codes()[1];
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let made_alone = one.install(|| made(banner, 3));
    assert!(made_alone == made(banner, 3));
    let other = made(banner, 4);
    assert!(made_alone.areas[1].outline != other.areas[1].outline);
}

/// Approximate figures of the 2020 census, 10,000 people.
#[test]
fn people_look_like_the_place() {
    let policy = Policy::defaults().unwrap();
    for (code, fewest, most) in [("150102", 60, 80), ("150821", 18, 24), ("152525", 5, 9), ("150521", 34, 44)]
    {
        let made = made(&code.parse().unwrap(), 1);
        let people: u32 = made.units.iter().map(|unit| unit.people).sum();
        assert!((fewest * 10_000..=most * 10_000).contains(&people), "{code}: {people}");
        let types: BTreeMap<&Code, AreaType> =
            made.areas.iter().filter_map(|area| area.area_type.map(|t| (&area.code, t))).collect();
        let mut settled: BTreeMap<AreaType, [f64; 3]> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for unit in &made.units {
            let area_type = types[&unit.village];
            let profile = policy.profile(&unit.village, area_type);
            assert!(unit.people >= unit.households && (unit.people > 0) == (unit.households > 0));
            assert!(unit.households <= profile.households_max, "{}: {}", unit.code, unit.households);
            assert!(names.insert((&unit.village, &unit.code)));
            let heavy = f64::from(unit.households) > 0.36 * f64::from(profile.households_target);
            let sum = settled.entry(area_type).or_default();
            sum[0] += 1.0;
            sum[1] += f64::from(u8::from(unit.households > 0));
            sum[2] += f64::from(u8::from(heavy));
        }
        for (area_type, [cells, lived_in, heavy]) in settled {
            assert!(heavy <= 0.01 * cells, "{code} {area_type:?}: {heavy} of {cells} are heavy");
            let share = lived_in / cells;
            match area_type {
                AreaType::Urban => assert!(share > 0.75, "{code}: {share}"),
                AreaType::Mixed => assert!(share < 0.5, "{code}: {share}"),
                AreaType::Pastoral => assert!(share < 0.4, "{code}: {share}"),
                AreaType::Agricultural => assert!(share < 0.2, "{code}: {share}"),
            }
        }
        let lived_in: BTreeSet<&Code> =
            made.units.iter().filter(|unit| unit.households > 0).map(|unit| &unit.village).collect();
        assert_eq!(lived_in.len(), types.len(), "every village has people");
    }
}

#[test]
fn leagues_and_the_region_are_their_banners_together() {
    let sources = Sources::embedded().unwrap();
    let upper = upper_areas(&sources);
    assert_eq!((upper.len(), upper[0].name.as_str()), (13, "内蒙古自治区"));
    let banners: f64 = sources.banners().iter().map(|b| multi_area_m2(sources.outline(b).unwrap())).sum();
    let leagues: f64 = upper[1..].iter().map(|area| multi_area_m2(&area.outline)).sum();
    for total in [leagues, multi_area_m2(&upper[0].outline)] {
        assert!((total / banners - 1.0).abs() < 1e-9);
    }
    assert!(upper.iter().all(|area| area.outline.is_valid() && !area.synthetic));
}
