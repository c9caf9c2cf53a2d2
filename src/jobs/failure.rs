//! Why a job failed, for a person.

use serde_json::{Value, json};

use crate::domain::Text;
use crate::store::StoreError;

/// A job's end without a result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody asked it to stop.
    #[error("cancelled")]
    Cancelled,
    /// It can't be done, and trying again won't help.
    #[error("{code}: {}", text.en)]
    Refused { code: &'static str, text: Text },
    /// The store failed; the queue tries again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    pub fn refused(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Failure::Refused { code, text: Text::new(zh, en) }
    }

    /// As it is stored with the job.
    pub fn wire(&self) -> Value {
        match self {
            Failure::Refused { code, text } => json!({"code": code, "zh": text.zh, "en": text.en}),
            Failure::Cancelled => Value::Null,
            Failure::Store(_) => json!({
                "code": "store",
                "zh": "数据库出错，任务没有留下任何更改：请稍后再试",
                "en": "the database failed; the job changed nothing: try again later",
            }),
        }
    }
}
