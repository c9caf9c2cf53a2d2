//! Going through the chain. What the database's trigger hashed is worked out here again, by other code, so
//! that a trigger that was tampered with is found too.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::super::{StoreError, Tx};
use crate::domain::Text;

/// What going through the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Entries in the chain, as its head says.
    pub entries: i64,
    /// Of them looked at.
    pub checked: i64,
    /// The hash of the newest entry, in hexadecimal. Noted elsewhere, it shows later that the whole chain
    /// wasn't written anew.
    pub head: String,
    /// The first break of the chain, and the first entry that was put in past it.
    pub breaks: Vec<Break>,
}

/// Where the trail is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub kind: BreakKind,
    /// The place in the chain; none for an entry that has none.
    pub seq: Option<i64>,
    /// The entry's id, where it is known.
    pub entry: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind {
    /// The entry isn't what it was when it was written, or its link isn't.
    Changed,
    /// The entry, or its link, is gone.
    Missing,
    /// The entry was put in past the chain.
    Inserted,
}

impl Break {
    pub fn text(&self) -> Text {
        let place = |zh: &str, en: &str| match (self.seq, self.entry) {
            (Some(seq), Some(entry)) => {
                (format!("{zh}第 {seq} 条（编号 {entry}）"), format!("{en} {seq} (id {entry})"))
            }
            (Some(seq), None) => (format!("{zh}第 {seq} 条"), format!("{en} {seq}")),
            (None, entry) => {
                let id = entry.unwrap_or_default();
                (format!("{zh}编号 {id} 的记录"), format!("{en} id {id}"))
            }
        };
        match self.kind {
            BreakKind::Changed => {
                let (zh, en) = place("审计记录", "audit entry");
                Text::new(format!("{zh}被改动过"), format!("{en} was changed"))
            }
            BreakKind::Missing => {
                let (zh, en) = place("审计记录", "audit entry");
                Text::new(format!("{zh}缺失"), format!("{en} is missing"))
            }
            BreakKind::Inserted => {
                let (zh, en) = place("审计", "audit entry");
                Text::new(format!("{zh}是绕过链条插入的"), format!("{en} was inserted past the chain"))
            }
        }
    }
}

#[derive(FromRow)]
struct Link {
    seq: i64,
    entry: i64,
    prev: Vec<u8>,
    hash: Vec<u8>,
    id: Option<i64>,
    at: Option<DateTime<Utc>>,
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    area: Option<String>,
    before: Option<String>,
    after: Option<String>,
    request_id: Option<String>,
}

const FIRST: [u8; 32] = [0; 32];

/// Goes through the whole chain, or its `newest` entries (what stands before them is then taken as given).
/// Needs the whole trail in its scope: what it may not see would look missing.
pub async fn verify(tx: &mut Tx, newest: Option<i64>) -> Result<ChainReport, StoreError> {
    // In one statement, so that no entry can come in between.
    let (entries, head, last): (i64, Vec<u8>, i64) =
        sqlx::query_as("SELECT seq, hash, (SELECT coalesce(max(seq), 0) FROM audit_link) FROM audit_head")
            .fetch_optional(tx.conn())
            .await?
            .ok_or_else(|| StoreError::corrupt("audit trail", "the head of its chain is gone"))?;
    let begin = newest.map_or(0, |newest| (entries - newest).max(0));
    let mut report = ChainReport { entries, checked: 0, head: hex(&head), breaks: Vec::new() };
    let held = match begin {
        0 => Some(FIRST.to_vec()),
        _ => {
            sqlx::query_scalar("SELECT hash FROM audit_link WHERE seq = $1")
                .bind(begin)
                .fetch_optional(tx.conn())
                .await?
        }
    };
    let broken = |kind, seq, entry| Break { kind, seq: Some(seq), entry };
    match held {
        None => report.breaks.push(broken(BreakKind::Missing, begin, None)),
        Some(held) => {
            let (found, ended, reached) = walk(tx, begin, held, entries, &mut report.checked).await?;
            report.breaks.extend(found);
            if report.breaks.is_empty() {
                if reached < entries {
                    report.breaks.push(broken(BreakKind::Missing, reached + 1, None));
                } else if ended != head {
                    report.breaks.push(broken(BreakKind::Changed, entries, None));
                } else if last > entries {
                    report.breaks.push(broken(BreakKind::Inserted, entries + 1, None));
                }
            }
        }
    }
    let loose: Option<i64> = sqlx::query_scalar(
        "SELECT min(id) FROM audit WHERE NOT EXISTS (SELECT FROM audit_link WHERE entry = audit.id)",
    )
    .fetch_one(tx.conn())
    .await?;
    report.breaks.extend(loose.map(|id| Break { kind: BreakKind::Inserted, seq: None, entry: Some(id) }));
    Ok(report)
}

/// The hash that the link at this place holds, in hexadecimal.
pub async fn hash_at(tx: &mut Tx, seq: i64) -> Result<Option<String>, StoreError> {
    let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit_link WHERE seq = $1")
        .bind(seq)
        .fetch_optional(tx.conn())
        .await?;
    Ok(hash.as_deref().map(hex))
}

/// From the link after `begin` to the link `end`: the first break, the hash and the number it got to.
async fn walk(
    tx: &mut Tx,
    begin: i64,
    mut held: Vec<u8>,
    end: i64,
    checked: &mut i64,
) -> Result<(Option<Break>, Vec<u8>, i64), StoreError> {
    let mut links = sqlx::query_as::<_, Link>(
        "SELECT link.seq, link.entry, link.prev, link.hash, audit.id, audit.at, audit.actor, audit.action, audit.subject,
                audit.area, audit.before::text AS before, audit.after::text AS after, audit.request_id
         FROM audit_link link LEFT JOIN audit ON audit.id = link.entry
         WHERE link.seq > $1 AND link.seq <= $2 ORDER BY link.seq",
    )
    .bind(begin)
    .bind(end)
    .fetch(tx.conn());
    let mut reached = begin;
    while let Some(link) = links.try_next().await? {
        let expected = reached + 1;
        let kind = if link.seq != expected || link.id.is_none() {
            Some(BreakKind::Missing)
        } else if link.prev != held || hash(&link) != link.hash {
            Some(BreakKind::Changed)
        } else {
            None
        };
        if let Some(kind) = kind {
            let entry = (link.seq == expected).then_some(link.entry);
            return Ok((Some(Break { kind, seq: Some(expected), entry }), held, reached));
        }
        held = link.hash;
        reached = expected;
        *checked += 1;
    }
    Ok((None, held, reached))
}

/// SHA-256 over the fields, each with its length before it (`5:hello,`; `-,` for none). The same as
/// `khot.audit_hash` of the database, and as `docs/audit.md` tells auditors.
fn hash(link: &Link) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let mut field = |value: Option<&str>| match value {
        Some(value) => {
            hasher.update(format!("{}:", value.len()));
            hasher.update(value);
            hasher.update(",");
        }
        None => hasher.update("-,"),
    };
    let at = link.at.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
    field(Some(&hex(&link.prev)));
    field(Some(&link.seq.to_string()));
    field(Some(&link.entry.to_string()));
    field(at.as_deref());
    for value in
        [&link.actor, &link.action, &link.subject, &link.area, &link.before, &link.after, &link.request_id]
    {
        field(value.as_deref());
    }
    hasher.finalize().to_vec()
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
