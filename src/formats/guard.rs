use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::Text;

/// Runs what may panic on hostile input: third-party parsers and geometry. A panic becomes an answer,
/// so that one bad row never takes a worker down. What `work` held is dropped with it: nothing that it
/// left half-done may be used afterwards.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Text> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        super::because("读取时出现内部错误", "an internal error while reading it", &said)
    })
}
