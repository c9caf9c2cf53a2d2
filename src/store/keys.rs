//! Which key seals now, and sealing anew with another one.
//!
//! The database knows keys by name. Whoever seals a value holds a shared lock until the end of the
//! transaction; changing the current key takes it alone. So once a key isn't current any more, no value of
//! it can come in, and what was sealed with it can be sealed anew in batches while the service runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::Row;
use uuid::Uuid;

use super::{Store, StoreError, Tx, audit};
use crate::access::Scope;
use crate::domain::Code;
use crate::vault::{KeyId, Place, key_of};

/// Every sealed column. Rows have an `id`.
const SEALED: [(&str, &[&str]); 1] = [("worker", &["name", "phone", "bank"])];

/// The advisory lock of sealing.
const SEALING: i64 = 0x6b68_6f75;

/// A key as the database knows it.
#[derive(Debug, Clone)]
pub struct KnownKey {
    pub id: KeyId,
    pub current: bool,
    pub known_since: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
}

type RawKey = (String, bool, DateTime<Utc>, Option<DateTime<Utc>>);

fn id(text: &str) -> Result<KeyId, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt("key id", error))
}

/// The key to seal with, for the rest of this transaction.
pub(super) async fn current(tx: &mut Tx) -> Result<KeyId, StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)").bind(SEALING).execute(tx.conn()).await?;
    let current: Option<String> =
        sqlx::query_scalar("SELECT id FROM sealing_key WHERE current").fetch_optional(tx.conn()).await?;
    id(&current.ok_or(StoreError::NoKeys)?)
}

/// What can't be opened, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    pub values: u64,
    /// The first one.
    pub first: String,
}

impl Store {
    /// The keys that the database knows, oldest first.
    pub async fn keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        let rows: Vec<RawKey> = sqlx::query_as(
            "SELECT id, current, known_since, retired_at FROM sealing_key ORDER BY known_since, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(text, current, known_since, retired_at)| {
                Ok(KnownKey { id: id(&text)?, current, known_since, retired_at })
            })
            .collect()
    }

    /// How many values are sealed with which key.
    pub async fn sealed_by_key(&self) -> Result<BTreeMap<KeyId, i64>, StoreError> {
        let mut tx = self.begin(&Scope::operator()).await?;
        let mut counts = BTreeMap::new();
        for (table, columns) in SEALED {
            for column in columns {
                let sql = sqlx::AssertSqlSafe(format!(
                    "SELECT encode(substring({column} FROM 2 FOR 8), 'hex'), count(*) FROM {table}
                     WHERE {column} IS NOT NULL GROUP BY 1"
                ));
                let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(tx.conn()).await?;
                for (text, count) in rows {
                    *counts.entry(id(&text)?).or_default() += count;
                }
            }
        }
        Ok(counts)
    }

    /// The key without which this database's personal data can't be kept, if `vault` doesn't have it, and how
    /// many values it seals.
    pub async fn missing_key(
        &self,
        knows: impl Fn(KeyId) -> bool,
    ) -> Result<Option<(KeyId, i64)>, StoreError> {
        if let Some(sealed) = self.sealed_by_key().await?.into_iter().find(|(key, _)| !knows(*key)) {
            return Ok(Some(sealed));
        }
        let current = self.keys().await?.into_iter().find(|key| key.current);
        Ok(current.filter(|key| !knows(key.id)).map(|key| (key.id, 0)))
    }

    /// Makes sure that this store's keys are the database's; one that has none yet gets the key file's.
    ///
    /// # Errors
    /// When the database knows a key, or has values of one, that isn't in the key file.
    pub async fn adopt_keys(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let vault = self.vault()?.clone();
        let mut lone = self.owner.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SEALING).execute(&mut *lone).await?;
        if let Some((key, values)) = self.missing_key(|key| vault.knows(key)).await? {
            return Err(StoreError::KeyMissing { key, values, path: vault.path().to_owned() });
        }
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM khot.sealing_key WHERE current)")
            .fetch_one(&mut *lone)
            .await?;
        if !known {
            name_current(&mut lone, vault.current(), now).await?;
        }
        Ok(lone.commit().await?)
    }

    /// Makes `key` the one that seals from now on; waits for transactions that are sealing.
    pub async fn switch_key(&self, key: KeyId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut lone = self.owner.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SEALING).execute(&mut *lone).await?;
        name_current(&mut lone, key, now).await?;
        Ok(lone.commit().await?)
    }

    /// Seals up to `limit` rows anew that aren't sealed with `key` throughout; gives how many. Each call is a
    /// transaction: whatever ends the process in between loses nothing.
    pub async fn seal_anew(&self, key: KeyId, limit: i64) -> Result<u64, StoreError> {
        for (table, columns) in SEALED {
            let mut tx = self.begin(&Scope::operator()).await?;
            let sealed = seal_rows(&mut tx, table, columns, key, limit).await?;
            if sealed > 0 {
                tx.commit().await?;
                return Ok(sealed);
            }
        }
        Ok(0)
    }

    /// Notes that nothing is sealed any more with any key but `key`, and that it is done.
    pub async fn retire_keys(&self, key: KeyId, rows: u64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut lone = self.owner.begin().await?;
        let retired: Vec<String> = sqlx::query_scalar(
            "UPDATE khot.sealing_key SET retired_at = $1 WHERE NOT current AND retired_at IS NULL RETURNING id",
        )
        .bind(now)
        .fetch_all(&mut *lone)
        .await?;
        if retired.is_empty() && rows == 0 {
            return Ok(());
        }
        // Noted first: what is said to be done is done when both are there.
        let mut tx = self.begin(&Scope::operator()).await?;
        let area = super::areas::region(&mut tx).await?.map(|region| region.code);
        let area: Code = match area {
            Some(code) => code,
            None => "15".parse().map_err(|error| StoreError::corrupt("code", error))?,
        };
        let entry = audit::Entry {
            action: "keys.rotate",
            subject: &key.to_string(),
            area: &area,
            before: Some(json!({"keys": retired})),
            after: Some(json!({"key": key, "rows": rows})),
        };
        audit::write(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(lone.commit().await?)
    }

    /// Opens every sealed value; gives how many there are, and what doesn't open.
    pub async fn open_all(&self) -> Result<(u64, Option<Unopened>), StoreError> {
        use futures::TryStreamExt;
        let vault = self.vault()?.clone();
        let mut tx = self.begin(&Scope::operator()).await?;
        let (mut values, mut unopened) = (0, None::<Unopened>);
        for (table, columns) in SEALED {
            let sql = format!("SELECT id, ARRAY[{}] FROM {table} ORDER BY id", columns.join(", "));
            let mut rows =
                sqlx::query_as::<_, (Uuid, Vec<Option<Vec<u8>>>)>(sqlx::AssertSqlSafe(sql)).fetch(tx.conn());
            while let Some((row, sealed)) = rows.try_next().await? {
                for (column, value) in columns.iter().zip(sealed) {
                    let Some(value) = value else { continue };
                    values += 1;
                    if let Err(error) = vault.open_sealed(Place { table, column, row }, &value) {
                        unopened
                            .get_or_insert_with(|| Unopened { values: 0, first: error.to_string() })
                            .values += 1;
                    }
                }
            }
        }
        Ok((values, unopened))
    }
}

async fn name_current(
    lone: &mut sqlx::PgConnection,
    key: KeyId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE khot.sealing_key SET current = false WHERE current").execute(&mut *lone).await?;
    sqlx::query(
        "INSERT INTO khot.sealing_key (id, current, known_since) VALUES ($1, true, $2)
         ON CONFLICT (id) DO UPDATE SET current = true, retired_at = NULL",
    )
    .bind(key.to_string())
    .bind(now)
    .execute(lone)
    .await?;
    Ok(())
}

async fn seal_rows(
    tx: &mut Tx,
    table: &'static str,
    columns: &[&'static str],
    key: KeyId,
    limit: i64,
) -> Result<u64, StoreError> {
    let vault = tx.vault()?.clone();
    let other = columns
        .iter()
        .map(|column| format!("substring({column} FROM 2 FOR 8) <> $1"))
        .collect::<Vec<_>>()
        .join(" OR ");
    let sql = format!(
        "SELECT id, ARRAY[{}] AS sealed FROM {table} WHERE {other} ORDER BY id LIMIT $2 FOR UPDATE",
        columns.join(", ")
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(key.bytes().to_vec())
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut fresh: Vec<Vec<Option<Vec<u8>>>> = vec![Vec::with_capacity(rows.len()); columns.len()];
    for found in &rows {
        let row: Uuid = found.try_get("id")?;
        let sealed: Vec<Option<Vec<u8>>> = found.try_get("sealed")?;
        for ((column, value), fresh) in columns.iter().zip(sealed).zip(&mut fresh) {
            let place = Place { table, column, row };
            fresh.push(match value {
                Some(value) if key_of(&value) == Some(key) => Some(value),
                Some(value) => Some(vault.seal(key, place, &vault.open_sealed(place, &value)?)?),
                None => None,
            });
        }
        ids.push(row);
    }
    let set =
        columns.iter().map(|column| format!("{column} = fresh.{column}")).collect::<Vec<_>>().join(", ");
    let arrays = (2..columns.len() + 2).map(|at| format!("${at}::bytea[]")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "UPDATE {table} SET {set} FROM unnest($1::uuid[], {arrays}) AS fresh (id, {}) WHERE {table}.id = fresh.id",
        columns.join(", ")
    );
    let mut update = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ids);
    for values in fresh {
        update = update.bind(values);
    }
    Ok(update.execute(tx.conn()).await?.rows_affected())
}
