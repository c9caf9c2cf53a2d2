//! Opening personal data in full.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::super::{Store, StoreError, audit};
use super::raw;
use crate::access::{Capability, Scope};
use crate::domain::{Code, PersonalField};

/// How revealing ended.
pub enum Reveal {
    Done(BTreeMap<PersonalField, Option<String>>),
    NotFound,
    /// The record is in sight, its personal data isn't for this scope.
    Forbidden(Code),
    /// The reason quotes what is revealed, and would carry it into the trail.
    Quoted,
}

impl Store {
    /// Opens personal data of one worker in full for `scope`, and notes it: the entry is committed before
    /// anything is given back.
    pub async fn reveal(
        &self,
        scope: &Scope,
        id: Uuid,
        fields: &[PersonalField],
        reason: &str,
    ) -> Result<Reveal, StoreError> {
        let mut tx = self.begin(scope).await?;
        let Some(held) = raw(&mut tx, id, NaiveDate::default(), "").await? else {
            return Ok(Reveal::NotFound);
        };
        let area = held.area()?;
        if !scope.may(Capability::Names, &area) {
            return Ok(Reveal::Forbidden(area));
        }
        let vault = tx.vault()?.clone();
        let mut values = BTreeMap::new();
        for field in PersonalField::ALL {
            values.insert(field, held.open(&vault, field)?);
        }
        if values.values().flatten().any(|value| quotes(reason, value)) {
            return Ok(Reveal::Quoted);
        }
        values.retain(|field, _| fields.contains(field));
        let entry = audit::Entry {
            action: "worker.reveal",
            subject: &id.to_string(),
            area: &area,
            before: None,
            after: Some(json!({"fields": values.keys().collect::<Vec<_>>(), "reason": reason})),
        };
        audit::write(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(Reveal::Done(values))
    }
}

/// Whether `text` has `value` in it, whatever stands between its letters.
fn quotes(text: &str, value: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let value = plain(value);
    value.chars().count() > 1 && plain(text).contains(&value)
}
