//! One constrained Delaunay triangulation of a banner. Its rings are edges exactly as given, and no point
//! is ever put on them, so whatever is built of its triangles shares its borders to the last digit, also
//! with the neighbouring banner.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use spade::{ConstrainedDelaunayTriangulation, HasPosition, Point2, Triangulation};

use super::{
    DemoError,
    frame::{Frame, Km, Micro, to_micro},
};
use crate::domain::Code;

/// No triangle: beyond the banner's ring.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Mesh {
    pub frame: Frame,
    pub points: Vec<Micro>,
    /// Points below this number lie on the banner's rings and never move.
    pub fixed: usize,
    /// Counter-clockwise.
    pub triangles: Vec<[u32; 3]>,
    /// The triangle across the edge from corner i to corner i + 1.
    pub across: Vec<[u32; 3]>,
    pub centre: Vec<Km>,
    pub area_km2: Vec<f64>,
}

/// The banner's rings in micro-degrees, open (the first point isn't repeated).
#[derive(Debug, Clone)]
pub(super) struct Rings {
    pub frame: Frame,
    pub rings: Vec<Vec<Micro>>,
}

impl Rings {
    pub fn new(banner: &Code, outline: &MultiPolygon<f64>) -> Result<Self, DemoError> {
        let rings: Vec<Vec<Micro>> = outline
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .map(|ring| ring.0.iter().skip(1).map(|c| to_micro(c.x, c.y)).collect())
            .collect();
        let mut low = [i32::MAX; 2];
        let mut high = [i32::MIN; 2];
        for point in rings.iter().flatten() {
            low = [low[0].min(point[0]), low[1].min(point[1])];
            high = [high[0].max(point[0]), high[1].max(point[1])];
        }
        if rings.iter().any(|ring| ring.len() < 3) || low[0] > high[0] {
            return Err(DemoError::Outline(banner.clone()));
        }
        Ok(Self { frame: Frame::around(low, high), rings })
    }

    pub fn edges(&self) -> impl Iterator<Item = (Micro, Micro)> {
        self.rings.iter().flat_map(|ring| {
            ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (*a, *b)).take(ring.len())
        })
    }
}

struct Vertex {
    at: Point2<f64>,
}

impl HasPosition for Vertex {
    type Scalar = f64;
    fn position(&self) -> Point2<f64> {
        self.at
    }
}

impl Mesh {
    /// Triangulates the rings with `inner` points, none of which may lie on a ring.
    pub fn new(banner: &Code, rings: &Rings, inner: Vec<Micro>) -> Result<Self, DemoError> {
        let failed = || DemoError::Outline(banner.clone());
        let frame = rings.frame.clone();
        let mut index: BTreeMap<Micro, usize> = BTreeMap::new();
        let mut points: Vec<Micro> = Vec::new();
        let mut number = |point: Micro, points: &mut Vec<Micro>| {
            *index.entry(point).or_insert_with(|| {
                points.push(point);
                points.len() - 1
            })
        };
        let mut constraints = Vec::new();
        for (a, b) in rings.edges() {
            constraints.push([number(a, &mut points), number(b, &mut points)]);
        }
        let fixed = points.len();
        for point in inner {
            number(point, &mut points);
        }
        let vertices = points
            .iter()
            .map(|point| {
                let [x, y] = frame.square(*point);
                Vertex { at: Point2::new(x, y) }
            })
            .collect();
        let mut crossing = false;
        let cdt: ConstrainedDelaunayTriangulation<Vertex> =
            ConstrainedDelaunayTriangulation::try_bulk_load_cdt(vertices, constraints, |_| crossing = true)
                .map_err(|_| failed())?;
        if crossing || cdt.num_vertices() != points.len() {
            return Err(failed());
        }
        let inside = inside(&cdt);
        // Numbered from west to east, so that the numbering doesn't hang on the triangulation's inner order.
        let mut faces: Vec<(Km, usize, [u32; 3])> = cdt
            .inner_faces()
            .filter(|face| inside[face.fix().index()])
            .map(|face| {
                let corners = face.vertices().map(|v| v.fix().index() as u32);
                let km = corners.map(|v| frame.km(points[v as usize]));
                let centre = [0, 1].map(|axis| (km[0][axis] + km[1][axis] + km[2][axis]) / 3.0);
                (centre, face.fix().index(), corners)
            })
            .collect();
        faces.sort_by(|a, b| a.0[0].total_cmp(&b.0[0]).then(a.0[1].total_cmp(&b.0[1])).then(a.2.cmp(&b.2)));
        let mut number_of = vec![NONE; cdt.num_all_faces()];
        for (number, face) in faces.iter().enumerate() {
            number_of[face.1] = number as u32;
        }
        let mut across = vec![[NONE; 3]; faces.len()];
        for face in cdt.inner_faces().filter(|face| inside[face.fix().index()]) {
            let number = number_of[face.fix().index()] as usize;
            // Edges come in the order of their first corners.
            for (i, edge) in face.adjacent_edges().into_iter().enumerate() {
                if !edge.as_undirected().is_constraint_edge() {
                    across[number][i] = number_of[edge.rev().face().fix().index()];
                }
            }
        }
        let area_km2 =
            faces.iter().map(|face| area_km2(&frame, face.2.map(|v| points[v as usize]))).collect();
        Ok(Self {
            centre: faces.iter().map(|face| face.0).collect(),
            triangles: faces.iter().map(|face| face.2).collect(),
            frame,
            points,
            fixed,
            across,
            area_km2,
        })
    }
}

fn area_km2(frame: &Frame, corners: [Micro; 3]) -> f64 {
    let [a, b, c] = corners.map(|corner| frame.km(corner));
    0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
}

/// Which faces lie within the rings: every constraint edge that is crossed on the way in from outside
/// changes the answer.
fn inside(cdt: &ConstrainedDelaunayTriangulation<Vertex>) -> Vec<bool> {
    let outer = cdt.outer_face().fix().index();
    let mut inside = vec![false; cdt.num_all_faces()];
    let mut seen = vec![false; cdt.num_all_faces()];
    seen[outer] = true;
    let mut open = Vec::new();
    for edge in cdt.convex_hull() {
        for side in [edge, edge.rev()] {
            let face = side.face().fix().index();
            if let Some(inner) = side.face().as_inner().filter(|_| !seen[face]) {
                seen[face] = true;
                inside[face] = edge.as_undirected().is_constraint_edge();
                open.push(inner);
            }
        }
    }
    while let Some(face) = open.pop() {
        for edge in face.adjacent_edges() {
            let next = edge.rev().face();
            if let Some(inner) = next.as_inner().filter(|_| !seen[next.fix().index()]) {
                let crossed = edge.as_undirected().is_constraint_edge();
                seen[next.fix().index()] = true;
                inside[next.fix().index()] = inside[face.fix().index()] ^ crossed;
                open.push(inner);
            }
        }
    }
    inside
}
