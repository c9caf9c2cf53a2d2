//! What is given is kept, whatever the village looks like, and a border follows a barrier.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_given_is_kept_and_the_rest_is_whole(
        seed in any::<u64>(), wide in 1..10u32, high in 1..9u32, mean in 0..60u32, number in 0..14u32,
    ) {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let input = lattice(wide, high, mean, &mut rng);
        let mut givens = some_givens(&input, wide, high, &mut rng);
        let profile = profile(120, 160, 200);
        let free = divide_given(&input, &profile, &givens, seed, &|| false).unwrap();
        check(&input, &profile, &givens, &free);
        prop_assert_eq!(&free, &divide_given(&input, &profile, &givens, seed, &|| false).unwrap());

        let (least, most) = least_grids(&input, &givens);
        prop_assert!(least <= most && most <= wide * high);
        givens.count = Some(number);
        match divide_given(&input, &profile, &givens, seed, &|| false) {
            Ok(division) => check(&input, &profile, &givens, &division),
            Err(DivideError::NotThatMany { .. }) => prop_assert!(!(least..=most).contains(&number)),
            // A single grid can't part anything.
            Err(DivideError::NotApart) => prop_assert!(number <= least + 3 && !givens.apart.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn from_an_earlier_partition_everything_holds_as_well(
        seed in any::<u64>(), wide in 2..10u32, high in 2..9u32, labels in 1..9u32, number in 1..14u32,
    ) {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let input = lattice(wide, high, 40, &mut rng);
        let mut givens = some_givens(&input, wide, high, &mut rng);
        // Nothing sensible: labels strewn over the village, and units that are new.
        givens.previous = (0..wide * high)
            .map(|_| Some(rng.next_u32() % (labels + 1)).filter(|label| *label < labels))
            .collect();
        let profile = profile(120, 160, 200);
        let division = divide_given(&input, &profile, &givens, seed, &|| false).unwrap();
        check(&input, &profile, &givens, &division);
        let (least, most) = least_grids(&input, &givens);
        if (least..=most).contains(&number) && givens.apart.is_empty() {
            givens.count = Some(number);
            let division = divide_given(&input, &profile, &givens, seed, &|| false).unwrap();
            check(&input, &profile, &givens, &division);
        }
    }
}

#[test]
fn a_grid_follows_a_barrier() {
    let profile = profile(90, 100, 110);
    let mut rng = Pcg64Mcg::seed_from_u64(2);
    let mut input = lattice(10, 4, 5, &mut rng);
    input.units.iter_mut().for_each(|unit| unit.households = 5);
    let river: Vec<Barrier> = (0..4)
        .map(|y| Barrier {
            village: input.village.clone(),
            units: [format!("004{y:03}"), format!("005{y:03}")],
            strength: 1.0,
        })
        .collect();
    let givens = Givens { barriers: river, ..Givens::default() };
    assert!(resolve(&input, &givens).is_ok());
    soften(&mut input, &givens, 0.9);
    let softened = input.edges.iter().filter(|edge| (edge.length_m - 22.0).abs() < 1e-9).count();
    assert_eq!(softened, 4);
    let parts = divide_given(&input, &profile, &VillageGivens::default(), 1, &|| false).unwrap().parts;
    let crossed = |y: u32| parts[(y * 10 + 4) as usize] == parts[(y * 10 + 5) as usize];
    assert!((0..4).all(|y| !crossed(y)), "{parts:?}");
}
