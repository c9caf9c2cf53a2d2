mod bad;
mod bad_files;
mod fuzz;
mod gathering;
mod good;
mod in_and_out;
mod memory;
mod mutate;
mod samples;
mod workbooks;

use std::{ops::ControlFlow, path::Path};

use super::*;
use crate::domain::Area;

/// All areas of a file and what was found, the check of areas together included.
fn areas(path: &Path, options: ReadOptions) -> (Vec<(u64, Area)>, Vec<Finding>) {
    let mut areas = Vec::new();
    let options = AreaOptions { read: options, synthetic: false };
    let mut findings = read_areas(path, &options, &mut |row, area| {
        areas.push((row, area));
        ControlFlow::Continue(())
    });
    findings.extend(check_areas(&areas, &|_| None));
    (areas, findings)
}

fn units(path: &Path, options: ReadOptions) -> (Vec<(u64, UnitInput)>, Vec<Finding>) {
    let mut units = Vec::new();
    let findings = read_units(path, &options, &mut |row, unit| {
        units.push((row, unit));
        ControlFlow::Continue(())
    });
    (units, findings)
}

fn rows(path: &Path, options: ReadOptions) -> (Vec<RawRow>, Vec<Finding>) {
    let (mut rows, mut findings) = (Vec::new(), Vec::new());
    read_rows(path, &options, &mut |item| {
        match item {
            Item::Row(row) => rows.push(row),
            Item::Finding(finding) => findings.push(finding),
        }
        ControlFlow::Continue(())
    });
    (rows, findings)
}
