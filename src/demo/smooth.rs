//! Makes borders look drawn rather than torn: ragged triangles change sides, ties are undone, and the
//! points of a border move towards their neighbours. Nothing here changes how regions hang together.

use super::{
    frame::{Micro, distance},
    mesh::{Mesh, NONE},
};

/// Lets triangles change sides where that shortens borders. `within` says which triangles belong
/// together: a triangle changes only to a region of its own group.
pub(super) fn straighten(mesh: &Mesh, region: &mut [u32], within: &[u32], passes: usize) {
    let count = region.iter().max().map_or(0, |most| *most as usize + 1);
    let mut area = vec![0.0; count];
    for (t, number) in region.iter().enumerate() {
        area[*number as usize] += mesh.area_km2[t];
    }
    let first = area.clone();
    for _ in 0..passes {
        let mut changed = false;
        for t in 0..region.len() {
            let Some(to) = better_side(mesh, region, within, t) else { continue };
            let (from, own) = (region[t] as usize, mesh.area_km2[t]);
            let fits =
                area[from] - own >= 0.7 * first[from] && area[to as usize] + own <= 1.4 * first[to as usize];
            let needle = fullness(mesh, t as u32) < 0.2;
            if (fits || needle) && arcs(mesh, region, t, from as u32) == 1 && arcs(mesh, region, t, to) == 1 {
                area[from] -= own;
                area[to as usize] += own;
                region[t] = to;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// The neighbouring region that a triangle has more border with than with its own.
fn better_side(mesh: &Mesh, region: &[u32], within: &[u32], t: usize) -> Option<u32> {
    let own = region[t];
    if mesh.across[t].iter().all(|next| *next == NONE || region[*next as usize] == own) {
        return None;
    }
    let shared = |number: u32| -> f64 {
        (0..3)
            .filter(|i| mesh.across[t][*i] != NONE && region[mesh.across[t][*i] as usize] == number)
            .map(|i| edge_km(mesh, t, i))
            .sum()
    };
    let kept = shared(own);
    mesh.across[t]
        .iter()
        .filter(|next| **next != NONE && within[**next as usize] == within[t])
        .map(|next| region[*next as usize])
        .filter(|number| *number != own)
        .map(|number| (shared(number) - kept, number))
        .filter(|gain| gain.0 > 1e-9)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|gain| gain.1)
}

fn edge_km(mesh: &Mesh, t: usize, i: usize) -> f64 {
    let [a, b] = [i, (i + 1) % 3].map(|i| mesh.frame.km(mesh.points[mesh.triangles[t][i] as usize]));
    distance(a, b)
}

/// In how many separate stretches `number` meets the rim of triangle `t`. Where both the region that
/// loses `t` and the one that gains it meet it in one, neither is torn, tied or closed into a ring.
pub(super) fn arcs(mesh: &Mesh, region: &[u32], t: usize, number: u32) -> usize {
    let mut stretches = 0;
    let mut first = None;
    let mut last = false;
    around(mesh, t, |next| {
        let is = next != NONE && region[next as usize] == number;
        first.get_or_insert(is);
        stretches += usize::from(is && !last);
        last = is;
    });
    // The walk is a circle: a stretch that runs over its end was counted twice, unless it is all.
    if first == Some(true) && last && stretches > 1 { stretches - 1 } else { stretches }
}

/// Walks once around a triangle over all triangles that touch it, `NONE` where the banner ends.
fn around(mesh: &Mesh, t: usize, mut visit: impl FnMut(u32)) {
    for i in 0..3 {
        let start = mesh.across[t][i];
        visit(start);
        let (corner, end) = (mesh.triangles[t][(i + 1) % 3], mesh.across[t][(i + 1) % 3]);
        let mut at = start;
        while at != NONE && at != end {
            at = turn(mesh, at, corner, Sense::CounterClockwise);
            if at != end {
                visit(at);
            }
        }
        // Came to the banner's edge: what lies beyond is seen from the other side.
        if at == NONE && end != NONE {
            let mut far = Vec::new();
            let mut back = turn(mesh, end, corner, Sense::Clockwise);
            while back != NONE && back != start && far.len() < 1000 {
                far.push(back);
                back = turn(mesh, back, corner, Sense::Clockwise);
            }
            far.into_iter().rev().for_each(&mut visit);
        }
    }
}

enum Sense {
    Clockwise,
    CounterClockwise,
}

/// The next triangle about a corner.
fn turn(mesh: &Mesh, t: u32, corner: u32, sense: Sense) -> u32 {
    let corners = mesh.triangles[t as usize];
    let at = (0..3).find(|i| corners[*i] == corner).unwrap_or(0);
    let edge = match sense {
        Sense::Clockwise => at,
        Sense::CounterClockwise => (at + 2) % 3,
    };
    mesh.across[t as usize][edge]
}

/// Moves the points of borders towards the middle of their neighbours on the border, where every
/// triangle about them keeps its sense. Points on the banner's rings stay.
pub(super) fn soften(mesh: &mut Mesh, region: &[u32], rounds: usize) {
    let mut beside: Vec<Vec<u32>> = vec![Vec::new(); mesh.points.len()];
    let mut about: Vec<Vec<u32>> = vec![Vec::new(); mesh.points.len()];
    for (t, corners) in mesh.triangles.iter().enumerate() {
        for i in 0..3 {
            about[corners[i] as usize].push(t as u32);
            let next = mesh.across[t][i];
            if next == NONE || region[next as usize] != region[t] {
                beside[corners[i] as usize].push(corners[(i + 1) % 3]);
            }
        }
    }
    for _ in 0..rounds {
        for point in mesh.fixed..mesh.points.len() {
            if beside[point].len() < 2 {
                continue;
            }
            let here = mesh.frame.km(mesh.points[point]);
            let near = beside[point].iter().map(|p| mesh.frame.km(mesh.points[*p as usize]));
            let sum = near.fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
            let count = beside[point].len() as f64;
            let goal = [0, 1].map(|axis| 0.5 * here[axis] + 0.5 * sum[axis] / count);
            let old = mesh.points[point];
            let before: Vec<f64> = about[point].iter().map(|t| fullness(mesh, *t)).collect();
            mesh.points[point] = mesh.frame.micro(goal);
            let stands = |(t, before): (&u32, &f64)| fullness(mesh, *t) >= before.min(0.12);
            if !about[point].iter().zip(&before).all(stands) {
                mesh.points[point] = old;
            }
        }
    }
}

/// How full a triangle is: its height over its longest side, 0 or less where it is turned over. The sense
/// is judged in whole numbers, so it is never wrong.
fn fullness(mesh: &Mesh, t: u32) -> f64 {
    let corners = mesh.triangles[t as usize].map(|p| mesh.points[p as usize]);
    if cross(corners) <= 0 {
        return f64::MIN;
    }
    let [a, b, c] = corners.map(|corner| mesh.frame.km(corner));
    let longest = distance(a, b).max(distance(b, c)).max(distance(c, a));
    ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / (longest * longest)
}

fn cross([a, b, c]: [Micro; 3]) -> i64 {
    let d = |p: Micro, q: Micro| [i64::from(q[0]) - i64::from(p[0]), i64::from(q[1]) - i64::from(p[1])];
    let (u, v) = (d(a, b), d(a, c));
    u[0] * v[1] - u[1] * v[0]
}
