//! Against trying everything on small instances, and what must never happen on many random ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::propose::{Person, Spot, Weighing, propose};

const ALWAYS: &dyn Fn() -> bool = &|| false;
const BY: Weighing =
    Weighing { threshold_mm: 5_000_000, load_mm: 3_000_000, language: true, capacity: true, ceilings: true };

fn languages(bits: u8) -> BTreeSet<String> {
    ["mn", "zh"]
        .iter()
        .enumerate()
        .filter(|(at, _)| bits & (1 << at) != 0)
        .map(|(_, code)| (*code).to_owned())
        .collect()
}

fn point() -> impl Strategy<Value = (f64, f64)> {
    (0..2000_u32, 0..2000_u32).prop_map(|(x, y)| (116.0 + f64::from(x) / 1e4, 45.0 + f64::from(y) / 1e4))
}

type Instance = (Vec<Person>, Vec<Spot>, Vec<Option<u32>>);

/// People of two groups, grids of every kind; whoever holds grids now keeps within every rule.
fn instance(people: usize, spots: usize) -> impl Strategy<Value = Instance> {
    let person = (point(), 0..4_u8, 0..2_usize).prop_map(|(home, bits, group)| Person {
        home,
        languages: languages(bits),
        group,
    });
    let spot = (point(), 0..4_usize, 1..4_u32, 0..8_usize).prop_map(|(at, language, most, held)| {
        (
            Spot {
                at,
                language: ["mn", "zh"].get(language).map(|code| (*code).to_owned()),
                most,
                held_by: None,
            },
            held,
        )
    });
    let posts = proptest::collection::vec(proptest::option::of(0..4_u32), 2);
    (proptest::collection::vec(person, 0..=people), proptest::collection::vec(spot, 0..=spots), posts)
        .prop_map(|(people, drawn, posts)| {
            let mut spots: Vec<Spot> = drawn.iter().map(|(spot, _)| spot.clone()).collect();
            for (index, (_, held)) in drawn.iter().enumerate() {
                if *held < people.len() {
                    spots[index].held_by = Some(*held);
                    let now: Vec<Option<usize>> = spots.iter().map(|spot| spot.held_by).collect();
                    if breach(&people, &spots, &posts, &now).is_some() {
                        spots[index].held_by = None;
                    }
                }
            }
            (people, spots, posts)
        })
}

/// What of the rules isn't kept.
fn breach(
    people: &[Person],
    spots: &[Spot],
    posts: &[Option<u32>],
    held: &[Option<usize>],
) -> Option<&'static str> {
    let mut grids: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (spot, who) in spots.iter().zip(held) {
        let Some(who) = who else { continue };
        grids.entry(*who).or_default().push(spot.most);
        let speaks = spot.language.as_ref().is_none_or(|code| people[*who].languages.contains(code));
        if !speaks && spot.held_by != Some(*who) {
            return Some("language");
        }
    }
    for own in grids.values() {
        if own.iter().any(|most| own.iter().filter(|other| *other <= most).count() > *most as usize) {
            return Some("capacity");
        }
    }
    for (group, most) in posts.iter().enumerate() {
        let used = grids.keys().filter(|who| people[**who].group == group).count();
        if most.is_some_and(|most| used > most as usize) {
            return Some("ceiling");
        }
    }
    None
}

/// Grids filled, and what it costs: ways, changes and load.
fn worth(people: &[Person], spots: &[Spot], held: &[Option<usize>], by: Weighing) -> (usize, i128) {
    let ways = super::propose::ways(people, spots);
    let mut grids: BTreeMap<usize, i128> = BTreeMap::new();
    let mut cost = 0;
    for (index, (spot, who)) in spots.iter().zip(held).enumerate() {
        let Some(who) = who else { continue };
        cost += i128::from(ways.mm(*who, index));
        cost += if spot.held_by == Some(*who) { 0 } else { i128::from(by.threshold_mm) };
        let own = grids.entry(*who).or_default();
        cost += *own * i128::from(by.load_mm);
        *own += 1;
    }
    (held.iter().flatten().count(), cost)
}

fn best(
    people: &[Person],
    spots: &[Spot],
    posts: &[Option<u32>],
    held: &mut Vec<Option<usize>>,
) -> Option<(usize, i128)> {
    if held.len() == spots.len() {
        return breach(people, spots, posts, held).is_none().then(|| worth(people, spots, held, BY));
    }
    let mut found: Option<(usize, i128)> = None;
    for who in (0..people.len()).map(Some).chain([None]) {
        held.push(who);
        let one = best(people, spots, posts, held);
        held.pop();
        let better = |one: &(usize, i128)| {
            found.is_none_or(|best| one.0 > best.0 || (one.0 == best.0 && one.1 < best.1))
        };
        found = one.filter(better).or(found);
    }
    found
}

fn who(found: &[Option<(usize, u64)>]) -> Vec<Option<usize>> {
    found.iter().map(|held| held.map(|held| held.0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn without_ceilings_nothing_is_better((people, spots, _) in instance(4, 5)) {
        let free = [None, None];
        let found = who(&propose(&people, &spots, &free, BY, ALWAYS).unwrap());
        prop_assert_eq!(breach(&people, &spots, &free, &found), None);
        let best = best(&people, &spots, &free, &mut Vec::new()).unwrap();
        prop_assert_eq!(worth(&people, &spots, &found, BY), best);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_ceiling_capacity_or_language_is_ever_passed((people, spots, posts) in instance(7, 10)) {
        let found = who(&propose(&people, &spots, &posts, BY, ALWAYS).unwrap());
        prop_assert_eq!(breach(&people, &spots, &posts, &found), None);
        let now: Vec<Option<usize>> = spots.iter().map(|spot| spot.held_by).collect();
        let filled = |held: &[Option<usize>]| held.iter().flatten().count();
        prop_assert!(filled(&found) >= filled(&now), "fewer grids are filled than now");
        // Whatever changed is worth more than it counts as: else it would have been left as it is.
        if filled(&found) == filled(&now) {
            prop_assert!(worth(&people, &spots, &found, BY).1 <= worth(&people, &spots, &now, BY).1);
        }
    }
}

#[test]
fn nobody_moves_for_less_than_the_threshold() {
    let person = |lon| Person { home: (lon, 45.0), languages: BTreeSet::new(), group: 0 };
    let spot = |lon, held_by| Spot { at: (lon, 45.0), language: None, most: 1, held_by };
    // Each would save about 3.1 km by changing places: 6.3 km against two changes of 5 km.
    let people = [person(116.04), person(116.0)];
    let near = [spot(116.0, Some(0)), spot(116.04, Some(1))];
    assert_eq!(who(&propose(&people, &near, &[None], BY, ALWAYS).unwrap()), [Some(0), Some(1)]);
    let far = [spot(115.9, Some(0)), spot(116.14, Some(1))];
    assert_eq!(who(&propose(&people, &far, &[None], BY, ALWAYS).unwrap()), [Some(0), Some(1)]);
    let free = Weighing { threshold_mm: 1_000_000, ..BY };
    assert_eq!(who(&propose(&people, &near, &[None], free, ALWAYS).unwrap()), [Some(1), Some(0)]);
}

#[test]
fn load_is_shared_where_it_costs_little() {
    let person = |lon| Person { home: (lon, 45.0), languages: BTreeSet::new(), group: 0 };
    let spot = |lon| Spot { at: (lon, 45.0), language: None, most: 3, held_by: None };
    // Both grids are nearer to the first, the second of them by 0.8 km.
    let (people, spots) = ([person(116.0), person(116.03)], [spot(116.0), spot(116.01)]);
    assert_eq!(who(&propose(&people, &spots, &[None], BY, ALWAYS).unwrap()), [Some(0), Some(1)]);
    let unshared = Weighing { load_mm: 0, ..BY };
    assert_eq!(who(&propose(&people, &spots, &[None], unshared, ALWAYS).unwrap()), [Some(0), Some(0)]);
    let unlimited = Weighing { capacity: false, ..unshared };
    assert_eq!(
        who(&propose(&people[..1], &[spots.to_vec(), spots.to_vec()].concat(), &[None], unlimited, ALWAYS)
            .unwrap()),
        [Some(0); 4]
    );
}

#[test]
fn bad_input_is_an_answer() {
    let person = Person { home: (116.0, 95.0), languages: BTreeSet::new(), group: 0 };
    assert!(propose(std::slice::from_ref(&person), &[], &[None], BY, ALWAYS).is_err());
    let spot = Spot { at: (f64::NAN, 45.0), language: None, most: 1, held_by: None };
    assert!(propose(&[], std::slice::from_ref(&spot), &[None], BY, ALWAYS).is_err());
    assert_eq!(propose(&[], &[], &[], BY, ALWAYS).unwrap(), []);
    let many = vec![Spot { at: (116.0, 45.0), most: 20, ..spot }; 2000];
    let people = vec![Person { home: (116.0, 45.0), ..person }; 2000];
    assert!(propose(&people, &many, &[None], BY, ALWAYS).is_err());
}
