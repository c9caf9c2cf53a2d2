//! What a change is refused for.

use super::super::Failure;
use super::super::division::refusal;
use crate::domain::{Code, GridCode};
use crate::planning::{self, PlanningError};

pub(super) fn no_plan() -> Failure {
    Failure::refused(
        "not_found",
        "没有找到这个方案，或您无权查看：请核对代码",
        "no such plan, or not for you to see: check the code",
    )
}

pub(super) fn no_unit(unit: &str) -> Failure {
    Failure::refused(
        "unknown_unit",
        format!("本村没有单元 {unit}：请核对代码"),
        format!("the village has no unit {unit}: check its code"),
    )
}

pub(super) fn unknown_grid(grid: &GridCode) -> Failure {
    Failure::refused(
        "unknown_grid",
        format!("本村没有网格 {grid}：请核对代码"),
        format!("the village has no grid {grid}: check its code"),
    )
}

pub(super) fn locked(grid: &GridCode) -> Failure {
    Failure::refused(
        "grid_locked",
        format!("网格 {grid} 已锁定：请先解除锁定"),
        format!("grid {grid} is locked: unlock it first"),
    )
}

pub(super) fn divide_failed(village: &Code, source: planning::DivideError) -> Failure {
    refusal(&PlanningError::Divide { village: village.clone(), source }, village.as_str())
}
