//! Why a job failed, for a person.

use serde_json::{Value, json};

use crate::domain::{Finding, Text};
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
    /// A file can't be used; what is wrong with it, row by row.
    #[error("the file can't be used: {} findings", findings.len())]
    Unusable { findings: Vec<Finding> },
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
            Failure::Unusable { findings } => {
                let errors = findings.iter().filter(|finding| finding.kind.is_error()).count();
                json!({
                    "code": "unusable",
                    "zh": format!("文件无法使用，有 {errors} 处错误；库中没有任何更改"),
                    "en": format!("the file can't be used: {errors} errors; nothing was changed"),
                    "findings": findings_wire(findings),
                })
            }
            Failure::Store(error) if error.lasts() => json!({
                "code": "refused",
                "zh": format!("数据库不接受这些数据{}，没有留下任何更改", rule(error, "（规则 ", "）")),
                "en": format!("the database refused the data{}; nothing was changed", rule(error, " (rule ", ")")),
            }),
            Failure::Store(_) => json!({
                "code": "store",
                "zh": "数据库出错，任务没有留下任何更改：请稍后再试",
                "en": "the database failed; the job changed nothing: try again later",
            }),
        }
    }
}

/// The rule of the database that refused, by its name. The database's own words quote its statements: they are for
/// the log.
fn rule(error: &StoreError, before: &str, after: &str) -> String {
    error.constraint().map(|name| format!("{before}{name}{after}")).unwrap_or_default()
}

/// Findings with their sentences in both languages.
pub fn findings_wire(findings: &[Finding]) -> Vec<Value> {
    findings
        .iter()
        .map(|finding| {
            let mut value = serde_json::to_value(finding).unwrap_or_default();
            let text = finding.kind.text();
            value["error"] = json!(finding.kind.is_error());
            value["zh"] = json!(text.zh);
            value["en"] = json!(text.en);
            value
        })
        .collect()
}
