//! Where a key file may lie, and reading it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use licensing::monitor::{MonitorDocument, SignedMonitorDocument};

use super::MonitorSettings;
use super::sources::{Ground, Source};

/// Maximum size of a key file, bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What was found of the key file.
#[derive(Debug)]
pub(super) enum KeyFile {
    /// None at any of these places.
    Absent(Vec<PathBuf>),
    /// One, with its text or why it can't be read, as a sentence.
    At(PathBuf, Result<String, String>),
}

/// The places where a key file is looked for, the first one first (the monitor's documentation).
pub(super) fn places(settings: &MonitorSettings, folder: &Path) -> Vec<PathBuf> {
    if let Some(named) = &settings.key_file {
        return vec![named.clone()];
    }
    let folder = folder.join("licmon.swd");
    let mut places = vec![folder.join("license.lm.key"), folder.join("license.key")];
    places.extend(settings.vovdir.as_ref().map(|vovdir| vovdir.join("local/license.lm.key")));
    places
}

/// Reads the first one that is there. Blocks.
pub(super) fn look(places: Vec<PathBuf>) -> KeyFile {
    for path in &places {
        match read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let sentence = format!(
                    "Can't read the key file {}: {error}. Make it readable for the user who runs Leasehold.",
                    path.display()
                );
                return KeyFile::At(path.clone(), Err(sentence));
            }
            Ok(bytes) => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| refused(path, "It is not a text file. Get it from the vendor again."));
                return KeyFile::At(path.clone(), text);
            }
        }
    }
    KeyFile::Absent(places)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024)));
    }
    Ok(bytes)
}

/// A sentence that names the file.
fn refused(path: &Path, why: &str) -> String {
    format!("The key file {} can't be used. {why}", path.display())
}

/// The document of a key file for this server.
///
/// # Errors
/// A sentence that names the file.
pub(super) fn document(
    path: &Path,
    text: &str,
    ground: &Ground,
) -> Result<(SignedMonitorDocument, MonitorDocument), String> {
    ground.check(Source::KeyFile, text).map_err(|why| refused(path, &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_file_of_the_search_order_is_read_and_a_named_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        };
        let mut settings = MonitorSettings { vovdir: Some(folder.path().join("vov")), ..MonitorSettings::default() };
        let found = |settings: &MonitorSettings| match look(places(settings, folder.path())) {
            KeyFile::At(_, text) => text.unwrap(),
            KeyFile::Absent(places) => format!("none of {}", places.len()),
        };
        assert_eq!(found(&settings), "none of 3");
        for name in ["vov/local/license.lm.key", "licmon.swd/license.key", "licmon.swd/license.lm.key"] {
            put(name);
            assert_eq!(found(&settings), name);
        }
        settings.key_file = Some(folder.path().join("other.key"));
        assert_eq!(found(&settings), "none of 1");
    }

    #[test]
    fn what_is_no_file_or_too_large_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let KeyFile::At(_, Err(sentence)) = look(vec![folder.path().to_owned()]) else { panic!("it was read") };
        assert!(sentence.contains("it is not a regular file"), "{sentence}");
        let large = folder.path().join("large");
        File::create(&large).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let KeyFile::At(_, Err(sentence)) = look(vec![large]) else { panic!("it was read") };
        assert!(sentence.contains("larger than 4 MiB"), "{sentence}");
    }
}
