//! A run worked out again from its snapshot: whatever has moved on since, it gives the same bytes.

use sha2::{Digest, Sha256};

use super::lines_hash;
use crate::formats;
use crate::store::pay::{self, RunRow};
use crate::store::{StoreError, Tx};
use crate::subsidy::{self, Snapshot};

/// Works a run out again and says what isn't as it is kept; nothing where all is.
pub async fn replay(tx: &mut Tx, run: &RunRow) -> Result<Vec<String>, StoreError> {
    let Some(bytes) = pay::snapshot(tx, run.id).await? else {
        return Ok(vec![format!("run {} has no snapshot", run.id)]);
    };
    let kept = pay::lines_of_run(tx, run.id).await?;
    let run = run.clone();
    tokio::task::spawn_blocking(move || {
        let mut wrong = Vec::new();
        let mut say = |is: bool, what: String| {
            if !is {
                wrong.push(format!("run {}: {what}", run.id));
            }
        };
        say(
            Sha256::digest(&bytes)[..] == run.snapshot_hash[..],
            "its snapshot is not the one that was kept".to_owned(),
        );
        let corrupt = |why: String| StoreError::Corrupt { what: "snapshot", why };
        let mut snapshot = Snapshot::read(&bytes).map_err(|error| corrupt(error.to_string()))?;
        let again = snapshot.bytes().map_err(|error| corrupt(error.to_string()))?;
        say(again == bytes, "its snapshot is written differently today".to_owned());
        let paid = match subsidy::pay(&snapshot) {
            Ok(paid) => paid,
            Err(error) => {
                say(false, error.to_string());
                return Ok(wrong);
            }
        };
        say(lines_hash(&paid)[..] == run.lines_hash[..], "it gives other lines today".to_owned());
        let total: i64 = paid.iter().map(|paid| paid.total().0).sum();
        say(total == run.total_fen, format!("it comes to {total} fen, not to {}", run.total_fen));
        let kept = formats::payroll_csv(kept.into_iter().map(super::stored_row), true);
        say(Sha256::digest(kept)[..] == run.lines_hash[..], "the lines that are kept are others".to_owned());
        Ok(wrong)
    })
    .await
    .map_err(|error| StoreError::Queue(format!("a replay broke off: {error}")))?
}
