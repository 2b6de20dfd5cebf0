//! The newest license, recorded outside the database, so that restoring older data brings back no older license.

use std::fs::DirBuilder;
use std::io::Result;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use licensing::canonical::sha256_hex;
use licensing::ve::LicenseText;
use licensing::vendor_key::VendorKey;
use storage::file::PRIVATE;

/// The file.
const FILE: &str = "ve.anchor";

/// What is hashed before the key and the fingerprint.
const DOMAIN: &str = "leasehold ve anchor 1";

/// In the data folder, and in the user's state folder.
pub(super) fn paths(folder: &Path) -> Vec<PathBuf> {
    let outside = crate::countdown::anchors_outside(folder).map(|state| state.join(FILE));
    std::iter::once(folder.join(FILE)).chain(outside).collect()
}

/// An opaque id of vendor, machine and data folder. Two servers on one machine have their own licenses; a copied data
/// folder has the same id as the original.
pub(super) fn name(key: &VendorKey, fingerprint: &str, installation: &str) -> String {
    sha256_hex(format!("{DOMAIN}\0{}\0{fingerprint}\0{installation}", key.fingerprint()).as_bytes())
}

/// An installed license.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NewestLicense {
    /// Its serial; 0 when there was none.
    pub(super) serial: u64,
    /// SHA-256 of its text, hexadecimal.
    pub(super) sha256: String,
}

impl NewestLicense {
    pub(super) fn of(text: &LicenseText) -> Self {
        Self { serial: text.license.serial, sha256: sha256_hex(text.to_text().as_bytes()) }
    }

    /// Whether this one may follow `before`: newer, or the same.
    pub(super) fn may_follow(&self, before: &Self) -> bool {
        self.serial > before.serial || self == before
    }
}

/// The newest license any of the files has for this name.
pub(super) fn newest(paths: &[PathBuf], name: &str) -> NewestLicense {
    let of =
        |path: &PathBuf| lines(path).into_iter().filter(|(other, _)| other == name).map(|(_, newest)| newest).max();
    paths.iter().filter_map(of).max().unwrap_or_default()
}

/// An unreadable file counts as empty.
fn lines(path: &Path) -> Vec<(String, NewestLicense)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, serial, sha256) = (words.next()?, words.next()?, words.next()?);
        Some((name.to_owned(), NewestLicense { serial: serial.parse().ok()?, sha256: sha256.to_owned() }))
    };
    text.lines().filter_map(line).collect()
}

/// Records a license in both places. A failure outside the data folder is only logged, once.
pub(super) fn remember(paths: &[PathBuf], name: &str, newest: &NewestLicense) {
    for (index, path) in paths.iter().enumerate() {
        match raise(path, name, newest) {
            Ok(()) => {}
            Err(error) if index == 0 => {
                tracing::error!(path = %path.display(), %error, "could not write the license's serial to its file");
            }
            Err(error) => {
                tracing::info!(path = %path.display(), %error, "could not write the license's serial outside the data folder");
            }
        }
    }
}

/// Before older data in `restored` replaces that in `present`: what was installed since is remembered.
pub(crate) fn keep_newest(present: &Path, restored: &Path) -> Result<()> {
    for (name, newest) in lines(&present.join(FILE)) {
        raise(&restored.join(FILE), &name, &newest)?;
    }
    Ok(())
}

fn raise(path: &Path, name: &str, newest: &NewestLicense) -> Result<()> {
    let mut all = lines(path);
    if all.iter().any(|(other, highest)| other == name && highest.serial >= newest.serial) {
        return Ok(());
    }
    all.retain(|(other, _)| other != name);
    all.push((name.to_owned(), newest.clone()));
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let line = |(name, newest): &(String, NewestLicense)| format!("{name} {} {}\n", newest.serial, newest.sha256);
    let text: String = all.iter().map(line).collect();
    storage::file::replace(path, text.as_bytes(), PRIVATE)
}
