use crate::domain::{Finding, FindingKind};

const MOST_ERRORS: usize = 5_000;
const MOST_REMARKS: usize = 1_000;

/// Findings as they come, cut at a length that a person could still read; what is cut is counted.
///
/// Errors and remarks are counted apart, so that a file with many remarks never loses its first error.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    errors: usize,
    more: u64,
}

impl Findings {
    /// Takes it in, or counts it where the list is full.
    pub fn push(&mut self, finding: Finding) {
        let error = finding.kind.is_error();
        let full = match error {
            true => self.errors >= MOST_ERRORS,
            false => self.list.len() - self.errors >= MOST_REMARKS,
        };
        if full {
            self.more += 1;
        } else {
            self.errors += usize::from(error);
            self.list.push(finding);
        }
    }

    /// About one row.
    pub fn row(&mut self, row: u64, subject: Option<&str>, kind: FindingKind) {
        self.push(Finding::row(row, subject, kind));
    }

    /// Whether one of them keeps the file from being loaded.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// All of them in the order of rows, those about the whole file first.
    pub fn into_vec(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|finding| finding.row);
        if self.more > 0 {
            self.list.push(Finding::file(FindingKind::MoreFindings { more: self.more }));
        }
        self.list
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }
}
