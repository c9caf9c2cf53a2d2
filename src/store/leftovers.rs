//! What killed processes leave in the system's temporary folder: files and folders that are named after them.

use std::path::{Path, PathBuf};

/// A fresh name in the temporary folder that tells whose it is: `khot-<what>-<pid>-<rest>`.
pub fn temporary(what: &str, rest: &str) -> PathBuf {
    std::env::temp_dir().join(format!("khot-{what}-{}-{rest}", std::process::id()))
}

/// Takes away what processes left in `folder` that are gone; gives how many. What belongs to another user, or to a process
/// that has the same number by now, stays.
pub fn clear(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut gone = 0;
    for path in entries.map(|entry| entry.path()) {
        let Some(pid) = path.file_name().and_then(|name| owner(name.to_str()?)) else { continue };
        if Path::new("/proc").join(pid.to_string()).exists() {
            continue;
        }
        // A link is taken away itself, never what it points to.
        let is_folder = path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        let removed = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        gone += usize::from(removed.is_ok());
    }
    gone
}

/// The process in a name that [`temporary`] gave.
fn owner(name: &str) -> Option<u32> {
    let rest = ["khot-import-", "khot-output-"].iter().find_map(|what| name.strip_prefix(what))?;
    rest.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_process_left_that_is_gone_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let (gone, here) = (ended.id(), std::process::id());
        let import = folder.path().join(format!("khot-import-{gone}-1"));
        std::fs::create_dir(&import).unwrap();
        std::fs::write(import.join("areas.csv"), "x").unwrap();
        let kept = [
            format!("khot-import-{here}-1"),
            format!("khot-output-{here}-2"),
            format!("khot-other-{gone}-1"),
            "khot-import-".to_owned(),
            format!("somebody-{gone}-1"),
        ];
        for name in &kept {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::write(folder.path().join(format!("khot-output-{gone}-3")), "x").unwrap();
        assert_eq!(clear(folder.path()), 2);
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let mut expected = kept.to_vec();
        expected.sort();
        assert_eq!(left, expected);
    }
}
