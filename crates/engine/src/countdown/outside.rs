//! The folder outside the data folder where the second anchor is.

use std::path::{Path, PathBuf};

use super::{StoredBalance, anchor};

/// Maximum number of other anchors searched for a license used before.
const MOST: usize = 1_000;

/// `$LEASEHOLD_ANCHORS`, else the user's state folder; `None` if that is inside the data folder, because it would be
/// copied and restored with it.
pub(crate) fn choose(folder: &Path) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state =
        || Some(variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")))?.join("leasehold"));
    let chosen = variable("LEASEHOLD_ANCHORS").or_else(state).filter(|path| path.is_absolute())?;
    (!is_inside(&chosen, folder)).then_some(chosen)
}

/// Whether `path`, which may not exist yet, is in `folder`.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let Ok(folder) = std::fs::canonicalize(folder) else { return false };
    let there = path.ancestors().find_map(|ancestor| std::fs::canonicalize(ancestor).ok());
    there.is_some_and(|there| there.starts_with(folder))
}

/// The last known balance of a license in this folder, for any data folder.
pub(super) fn find(folder: &Path, license: &str, serial: u64) -> Option<StoredBalance> {
    if license.is_empty() {
        return None;
    }
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let anchors = names.filter(|path| path.to_str().is_some_and(|path| path.ends_with(anchor::NAME))).take(MOST);
    let same = |saved: &StoredBalance| saved.license == license && saved.balance.serial == serial;
    anchors.filter_map(|path| anchor::read(&path)).filter(same).min_by_key(|saved| saved.balance.balance_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_inside_the_data_folder_is_not_outside() {
        let data = tempfile::tempdir().unwrap();
        let link = data.path().with_extension("link");
        std::os::unix::fs::symlink(data.path(), &link).unwrap();
        assert!(is_inside(&data.path().join("not/there/yet"), data.path()));
        assert!(is_inside(&link.join("state"), data.path()));
        assert!(!is_inside(&data.path().with_extension("other"), data.path()));
        std::fs::remove_file(link).unwrap();
    }
}
