//! Publishing a draft from a day.

use serde_json::{Value, json};

use super::PublicationParams;
use super::failure::Failure;
use crate::clock;
use crate::domain::Code;
use crate::store::Tx;
use crate::store::plans::{self, Publication};

/// Publishes in `tx`; the caller commits it together with the job's end.
pub async fn run(tx: &mut Tx, banner: &Code, params: &PublicationParams) -> Result<Value, Failure> {
    match plans::publish(tx, params.plan, params.valid_from).await? {
        Publication::Done { grids } => {
            // Another plan has other grids to be linked to outlets.
            super::queue_links(tx, banner, params.valid_from, clock::now()).await?;
            Ok(json!({"plan": params.plan, "grids": grids, "valid_from": params.valid_from}))
        }
        Publication::NotFound => {
            Err(Failure::refused("not_found", "该方案已不存在", "the plan is no longer there"))
        }
        Publication::NotADraft => {
            Err(Failure::refused("not_a_draft", "该方案已发布", "the plan is published already"))
        }
        Publication::Later { begins } => Err(later(begins)),
    }
}

/// A plan can't begin before one that was published earlier.
pub fn later(begins: chrono::NaiveDate) -> Failure {
    Failure::refused(
        "plan_overlap",
        format!("已有方案自 {begins} 起生效：新方案须晚于该日开始"),
        format!("a plan already begins on {begins}: the new one must begin after that day"),
    )
}
