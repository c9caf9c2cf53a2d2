//! Geometry of the field: cells, dissolving, adjacency, geodesic measures, validity, coordinate systems.
//!
//! Everything here is in EPSG:4326 (degrees, lon/lat) unless a name says otherwise; lengths and areas
//! are geodesic, in metres. No IO.

pub mod adjacency;
pub mod cells;
pub mod crs;
pub mod dissolve;
pub mod measure;
mod planar;
mod rings;
pub mod validity;
