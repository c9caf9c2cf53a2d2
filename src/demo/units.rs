//! Cuts a made village into cells and settles its households on them: compounds in towns, hamlets on
//! farmland, camps on the steppe.

use geo::Coord;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::{
    DemoError,
    frame::{Km, distance, generator, mix, normal, relief, spread},
    plan::Village,
};
use crate::{
    domain::{Area, AreaType, Policy, Profile, Unit},
    geo::cells::{CellPiece, cut},
};

/// No cell holds more than this share of a grid's target, save a few.
const HEAVY_SHARE: f64 = 0.35;
/// That few: a tower block, a big hamlet.
const HEAVIER: f64 = 0.005;

/// Demo value: people of a household.
fn household_size(area_type: AreaType) -> f64 {
    match area_type {
        AreaType::Urban => 2.45,
        AreaType::Agricultural => 2.35,
        AreaType::Mixed => 2.5,
        AreaType::Pastoral => 2.58,
    }
}

/// Somewhere that people can live: a cell of the village.
struct Place {
    at: Km,
    km2: f64,
    room: u32,
    households: u32,
}

/// The units of one village; their people add up to the village's.
pub(super) fn units(
    village: &Village,
    area: &Area,
    policy: &Policy,
    seed: u64,
) -> Result<Vec<Unit>, DemoError> {
    let profile = policy.profile(&village.code, village.area_type);
    let pieces = cut(&area.outline, profile.cell_resolution)
        .map_err(|why| DemoError::Cells { village: village.code.clone(), why })?;
    let mut generator = generator(seed, &village.code, 20);
    let mut places = places(&pieces, &profile, &mut generator);
    let size = household_size(village.area_type) + 0.05 * normal(&mut generator).clamp(-2.0, 2.0);
    let households = ((f64::from(village.people) / size).round() as u32).clamp(1, village.people.max(1));
    let total_room: u32 = places.iter().map(|place| place.room).sum();
    if f64::from(total_room) < 1.3 * f64::from(households) {
        let more = 1.3 * f64::from(households) / f64::from(total_room.max(1));
        places.iter_mut().for_each(|place| place.room = (f64::from(place.room) * more).ceil() as u32);
    }
    let terrain = mix(seed ^ mix(village.code.as_str().parse().unwrap_or(0)));
    match village.area_type {
        AreaType::Urban => compounds(&mut places, households, terrain, &mut generator),
        AreaType::Agricultural => hamlets(&mut places, households, 20.0..60.0, terrain, &mut generator),
        AreaType::Mixed => hamlets(&mut places, households, 10.0..40.0, terrain, &mut generator),
        AreaType::Pastoral => camps(&mut places, households, terrain, &mut generator),
    }
    let people = people(&places, village.people, &mut generator);
    let unit = |((piece, place), people): ((CellPiece, &Place), u32)| Unit {
        code: piece.code(),
        village: village.code.clone(),
        outline: piece.outline,
        households: place.households,
        people,
    };
    Ok(pieces.into_iter().zip(&places).zip(people).map(unit).collect())
}

fn places(pieces: &[CellPiece], profile: &Profile, generator: &mut Pcg64Mcg) -> Vec<Place> {
    let origin = pieces.first().and_then(|piece| piece.outline.exterior().0.first()).copied();
    let measured: Vec<(Km, f64)> =
        pieces.iter().map(|piece| middle_and_km2(piece, origin.unwrap_or_default())).collect();
    let whole = measured.iter().map(|piece| piece.1).fold(0.0, f64::max);
    let place = |(at, km2): (Km, f64)| {
        let share = if generator.random_bool(HEAVIER) { 2.0 * HEAVY_SHARE } else { HEAVY_SHARE };
        let room = share * f64::from(profile.households_target) * (km2 / whole).sqrt();
        Place { at, km2, room: (room as u32).max(1), households: 0 }
    };
    measured.into_iter().map(place).collect()
}

/// The piece's middle, in kilometres from `origin`, and its area; roughly.
fn middle_and_km2(piece: &CellPiece, origin: Coord<f64>) -> (Km, f64) {
    let (kx, ky) = (111.32 * origin.y.to_radians().cos(), 111.1);
    let ring: Vec<Km> = piece
        .outline
        .exterior()
        .0
        .iter()
        .map(|at| [(at.x - origin.x) * kx, (at.y - origin.y) * ky])
        .collect();
    let first = ring.first().copied().unwrap_or_default();
    let mut sum = [0.0; 3];
    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
        let (a, b) = ([a[0] - first[0], a[1] - first[1]], [b[0] - first[0], b[1] - first[1]]);
        let twice = a[0] * b[1] - b[0] * a[1];
        sum = [sum[0] + twice * (a[0] + b[0]), sum[1] + twice * (a[1] + b[1]), sum[2] + twice];
    }
    let off = |n: f64| if sum[2] > 0.0 { n / (3.0 * sum[2]) } else { 0.0 };
    ([first[0] + off(sum[0]), first[1] + off(sum[1])], 0.5 * sum[2].abs())
}

/// A town: most cells lived in, unevenly, save parks and the like.
fn compounds(places: &mut [Place], households: u32, terrain: u64, generator: &mut Pcg64Mcg) {
    let mut weights: Vec<f64> = places
        .iter()
        .map(|place| {
            let open = relief(terrain, place.at, 0.5) < 0.3;
            let weight = place.km2 * spread(generator, 0.7);
            if open && places.len() > 12 { 0.0 } else { weight }
        })
        .collect();
    // What is over a cell's room goes to the others by their weight; empty ones take some if they must.
    let mut left = households;
    while left > 0 {
        let sum: f64 =
            places.iter().zip(&weights).filter(|(p, _)| p.households < p.room).map(|(_, w)| w).sum();
        if sum <= 0.0 {
            weights = places.iter().map(|place| place.km2).collect();
            places.iter_mut().filter(|p| p.households >= p.room).for_each(|p| p.room += 1 + p.room / 5);
            continue;
        }
        let (mut carry, before) = (0.5, left);
        for (place, weight) in places.iter_mut().zip(&weights) {
            if place.households >= place.room {
                continue;
            }
            carry += f64::from(before) * weight / sum;
            let take = (carry as u32).min(place.room - place.households).min(left);
            carry -= carry.floor();
            place.households += take;
            left -= take;
        }
        if left == before {
            let largest = (0..places.len())
                .filter(|at| weights[*at] > 0.0 && places[*at].households < places[*at].room)
                .max_by(|a, b| weights[*a].total_cmp(&weights[*b]));
            if let Some(at) = largest {
                places[at].households += 1;
                left -= 1;
            }
        }
    }
}

/// Farmland: groups of houses with fields between them.
fn hamlets(
    places: &mut [Place],
    households: u32,
    size: std::ops::Range<f64>,
    terrain: u64,
    generator: &mut Pcg64Mcg,
) {
    let mut left = households;
    while left > 0 {
        let wanted = generator.random_range(size.clone()) as u32;
        let hamlet = if left < wanted + size.start as u32 / 2 { left } else { wanted };
        let start = draw(places, terrain, 2.0, generator);
        settle(places, start, hamlet);
        left -= hamlet;
    }
}

/// Steppe: a small winter settlement, and camps of one to three households near water and pasture.
fn camps(places: &mut [Place], households: u32, terrain: u64, generator: &mut Pcg64Mcg) {
    let winter = (f64::from(households) * generator.random_range(0.08..0.16)).round() as u32;
    let start = draw(places, terrain, 8.0, generator);
    settle(places, start, winter);
    let mut left = households - winter;
    while left > 0 {
        let camp = generator.random_range(1..=3).min(left);
        let start = draw(places, terrain, 8.0, generator);
        settle(places, start, camp);
        left -= camp;
    }
}

/// A cell by chance: larger pieces and hospitable ground more often.
fn draw(places: &[Place], terrain: u64, wave_km: f64, generator: &mut Pcg64Mcg) -> usize {
    let weight = |place: &Place| place.km2 * relief(terrain, place.at, wave_km).powi(4);
    let sum: f64 = places.iter().map(weight).sum();
    let mut at = generator.random::<f64>() * sum;
    for (number, place) in places.iter().enumerate() {
        at -= weight(place);
        if at <= 0.0 {
            return number;
        }
    }
    0
}

/// Puts households on a cell, and on the nearest with room as long as some are left.
fn settle(places: &mut [Place], start: usize, households: u32) {
    let mut left = households;
    let here = places[start].at;
    while left > 0 {
        let nearest = (0..places.len())
            .filter(|at| places[*at].households < places[*at].room)
            .min_by(|a, b| distance(places[*a].at, here).total_cmp(&distance(places[*b].at, here)));
        let Some(at) = nearest else {
            places[start].households += left;
            return;
        };
        let take = left.min(places[at].room - places[at].households);
        places[at].households += take;
        left -= take;
    }
}

/// At least one person a household, the rest by households, somewhat unevenly; adds up to `total`.
fn people(places: &[Place], total: u32, generator: &mut Pcg64Mcg) -> Vec<u32> {
    let weight: Vec<f64> =
        places.iter().map(|place| f64::from(place.households) * generator.random_range(0.85..1.15)).collect();
    let households: u32 = places.iter().map(|place| place.households).sum();
    let (sum, extra) = (weight.iter().sum::<f64>().max(1e-9), f64::from(total.saturating_sub(households)));
    let (mut along, mut given) = (0.0, 0);
    let last = places.iter().rposition(|place| place.households > 0);
    let share = |(at, (place, weight)): (usize, (&Place, f64))| {
        along += weight;
        let until = if Some(at) == last { extra } else { (extra * along / sum).round() } as u32;
        let more = until.max(given) - given;
        given += more;
        place.households + if place.households > 0 { more } else { 0 }
    };
    places.iter().zip(weight).enumerate().map(share).collect()
}
