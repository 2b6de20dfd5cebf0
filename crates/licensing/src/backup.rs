//! Backups: what the file of one says of itself, how it is named, and which ones are kept. Pure: reading and writing them is the engine's.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::contact::{DAY, Millis};

/// What a manifest calls itself.
const FORMAT: &str = "leasehold-backup";
/// The newest form of a manifest that is read.
const VERSION: u32 = 1;
/// The first entry of a backup.
pub const MANIFEST: &str = "manifest.json";
/// Longest manifest, bytes.
pub const MOST_MANIFEST: u64 = 32 * 1024 * 1024;
/// Files of a backup at the most.
pub const MOST_FILES: usize = 100_000;
/// All files together at the most, bytes: more than any installation has.
pub const MOST_BYTES: u64 = 16 * 1_000_000_000_000;
/// Longest path of a file, bytes.
const MOST_PATH: usize = 200;
/// The database of a data folder, without which there is nothing to restore.
pub const DATABASE: &str = "leasehold.db";
/// How a backup's name begins.
const PREFIX: &str = "leasehold-backup-";
/// How it ends.
const SUFFIX: &str = ".tar.zst";
/// And when it is encrypted.
const SUFFIX_ENCRYPTED: &str = ".tar.zst.age";
/// What a manifest names of what was left out.
const MOST_LEFT_OUT: usize = 1_000;
/// Longest host name in it, characters.
const MOST_HOST: usize = 60;

/// The first entry of a backup: what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    format: String,
    /// Of this form.
    version: u32,
    /// The version of Leasehold that made it.
    pub made_by: String,
    /// The schema of the database.
    pub schema: i64,
    /// GUID of the server, if it was registered.
    pub guid: Option<String>,
    /// Name of the machine.
    pub host: String,
    /// Unix milliseconds.
    pub made_at: Millis,
    /// Where the conf file was, unless it was in the data folder.
    pub conf: Option<String>,
    /// Where certificate and key were, unless they were in the data folder.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// What was in the data folder and is not in the backup although no rule says so: the first of it.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The files, in the order of the entries. Paths are relative to the data folder.
    pub files: Vec<ManifestFile>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Relative to the data folder, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// What a manifest says, without its form.
#[derive(Debug, Clone)]
pub struct Made {
    /// The schema of the database.
    pub schema: i64,
    /// GUID of the server.
    pub guid: Option<String>,
    /// Name of the machine.
    pub host: String,
    /// Unix milliseconds.
    pub at: Millis,
    /// Where the conf file was, unless it was in the data folder.
    pub conf: Option<String>,
    /// Where certificate and key were, unless they were in the data folder.
    pub certificates: Vec<String>,
    /// What was left out.
    pub left_out: Vec<String>,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Something else.
    #[error("This file is no backup of Leasehold.")]
    NotOurs,
    /// Its form is unknown.
    #[error("A newer Leasehold ({0}) made this backup. Install that version, then restore.")]
    NewerForm(String),
    /// Its database is unknown.
    #[error(
        "A newer Leasehold ({made_by}) made this backup: its database has schema {found}, this version reads up to {known}. Install that version, then restore."
    )]
    NewerSchema {
        /// Who made it.
        made_by: String,
        /// Its schema.
        found: i64,
        /// The newest this program has.
        known: i64,
    },
    /// A path that leads elsewhere, or to what is not restored.
    #[error("The backup names the file “{0}”, which no backup of a data folder has. It was altered; use another one.")]
    Path(String),
    /// Two files of one name, or no database.
    #[error("The list of files in this backup is damaged: {0}. Use another one.")]
    Files(&'static str),
    /// More than any installation has.
    #[error("The backup says that it holds more than any installation has. It was altered; use another one.")]
    Absurd,
}

impl Manifest {
    /// The manifest of a new backup.
    #[must_use]
    pub fn new(made: Made, made_by: &str, files: Vec<ManifestFile>) -> Self {
        let Made { schema, guid, host, at, conf, certificates, mut left_out } = made;
        left_out.truncate(MOST_LEFT_OUT);
        let (format, made_by) = (FORMAT.to_owned(), made_by.to_owned());
        let version = VERSION;
        Self { format, version, made_by, schema, guid, host, made_at: at, conf, certificates, left_out, files }
    }

    /// As it is written.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("strings and integers always serialize")
    }

    /// Reads and judges one; `known` is the newest schema this program has.
    ///
    /// # Errors
    /// [`ManifestError`]: nothing of the backup may be used then.
    pub fn read(bytes: &[u8], known: i64) -> Result<Self, ManifestError> {
        /// What even a newer one has.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
            made_by: String,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|_| ManifestError::NotOurs)?;
        if head.format != FORMAT {
            return Err(ManifestError::NotOurs);
        }
        if head.version > VERSION {
            return Err(ManifestError::NewerForm(crate::plain_text::one_line(&head.made_by, MOST_HOST)));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| ManifestError::Files("it can't be read"))?;
        if manifest.schema > known {
            let made_by = crate::plain_text::one_line(&manifest.made_by, MOST_HOST);
            return Err(ManifestError::NewerSchema { made_by, found: manifest.schema, known });
        }
        manifest.judge()?;
        Ok(manifest)
    }

    /// Bytes of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size))
    }

    fn judge(&self) -> Result<(), ManifestError> {
        if self.files.len() > MOST_FILES || self.bytes() > MOST_BYTES {
            return Err(ManifestError::Absurd);
        }
        let mut seen = BTreeSet::new();
        for file in &self.files {
            if !is_restorable(&file.path) {
                return Err(ManifestError::Path(crate::plain_text::one_line(&file.path, MOST_PATH)));
            }
            if !seen.insert(&file.path) {
                return Err(ManifestError::Files("a file is there twice"));
            }
            if file.sha256.len() != 64 || !file.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(ManifestError::Files("a checksum is none"));
            }
        }
        if self.files.iter().all(|file| file.path != DATABASE) {
            return Err(ManifestError::Files("it has no database"));
        }
        Ok(())
    }
}

/// Whether a backup may hold a file of this path: below the data folder, and none of those that belong to a running server or to a
/// restore. Hidden files are neither backed up nor restored.
#[must_use]
pub fn is_restorable(path: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.');
    let first = path.split('/').next().unwrap_or_default();
    !path.is_empty()
        && path.len() <= MOST_PATH
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(is_plain)
        && !is_left_out(first)
}

/// Files and folders of a data folder that a backup leaves out: what belongs to the running process, logs, and other copies.
#[must_use]
pub fn is_left_out(name: &str) -> bool {
    // `lost+found` is the file system's, where the data folder is a mount point.
    const NAMES: [&str; 6] =
        ["lock", "control.sock", "setup-token", "leasehold.db-wal", "leasehold.db-shm", LOST_AND_FOUND];
    name.starts_with('.')
        || NAMES.contains(&name)
        || name.starts_with("license.log")
        || name.starts_with("leasehold-before-")
        || name.starts_with(BEFORE_RESTORE)
        || name == FOLDER
}

/// The folder that a file system has at its root, which is nobody else's.
pub const LOST_AND_FOUND: &str = "lost+found";
/// The folder of backups in a data folder, unless another is set.
pub const FOLDER: &str = "backups";
/// How the folder begins that keeps what a restore replaced.
pub const BEFORE_RESTORE: &str = "before-restore-";

/// What the name of a backup says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupName {
    /// When it was made, UTC: `20261130T024403Z`.
    pub stamp: String,
    /// The machine.
    pub host: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

impl BackupName {
    /// The name of a backup made at `stamp` on this machine.
    #[must_use]
    pub fn new(stamp: &str, host: &str, encrypted: bool) -> Self {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        let host: String = host.chars().take(MOST_HOST).map(allowed).collect();
        let host = if host.is_empty() { "server".to_owned() } else { host };
        Self { stamp: stamp.to_owned(), host, encrypted }
    }

    /// Reads a file name; `None` for anything but the name of a backup.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(PREFIX)?;
        let (rest, encrypted) = match rest.strip_suffix(SUFFIX_ENCRYPTED) {
            Some(rest) => (rest, true),
            None => (rest.strip_suffix(SUFFIX)?, false),
        };
        let (stamp, host) = rest.split_once('-')?;
        let is_stamp = stamp.len() == 16
            && stamp.bytes().enumerate().all(|(at, byte)| match at {
                8 => byte == b'T',
                15 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        let parsed = Self::new(stamp, host, encrypted);
        (is_stamp && parsed.host == host).then_some(parsed)
    }
}

impl std::fmt::Display for BackupName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let suffix = if self.encrypted { SUFFIX_ENCRYPTED } else { SUFFIX };
        write!(f, "{PREFIX}{}-{}{suffix}", self.stamp, self.host)
    }
}

/// How many backups are kept, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// The newest so many.
    pub count: usize,
    /// Those not older than so many days; 0: of any age.
    pub days: u32,
}

/// A backup that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its file.
    pub name: String,
    /// When it was made.
    pub at: Millis,
    /// It was verified after writing.
    pub is_good: bool,
}

/// The backups that are no longer kept: those beyond the count, and those past their days. The newest good one stays, however old.
#[must_use]
pub fn expired(all: &[Candidate], keeping: Keeping, now: Millis) -> Vec<String> {
    let mut newest: Vec<&Candidate> = all.iter().collect();
    newest.sort_by_key(|backup| std::cmp::Reverse(backup.at));
    let kept = newest.iter().position(|backup| backup.is_good);
    let is_old =
        |backup: &Candidate| keeping.days > 0 && now.saturating_sub(backup.at) > Millis::from(keeping.days) * DAY;
    let goes = |(index, backup): &(usize, &Candidate)| {
        Some(*index) != kept && (*index >= keeping.count.max(1) || is_old(backup))
    };
    newest.into_iter().enumerate().filter(goes).map(|(_, backup)| backup.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Made {
        let host = "lic-01".to_owned();
        let (certificates, left_out) = (Vec::new(), Vec::new());
        Made { schema: 25, guid: None, host, at: 1_800_000_000_000, conf: None, certificates, left_out }
    }

    fn file(path: &str) -> ManifestFile {
        ManifestFile { path: path.to_owned(), size: 3, sha256: "ab".repeat(32) }
    }

    fn read(files: Vec<ManifestFile>) -> Result<Manifest, ManifestError> {
        Manifest::read(&Manifest::new(made(), "0.1.0", files).to_json(), 25)
    }

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        let manifest = Manifest::new(made(), "0.1.0", vec![file(DATABASE), file("checkouts/2026.11.30")]);
        assert_eq!(Manifest::read(&manifest.to_json(), 25), Ok(manifest.clone()));
        assert_eq!(manifest.bytes(), 6);
    }

    #[test]
    fn a_foreign_or_newer_manifest_is_refused() {
        for foreign in ["", "{}", "[1]", r#"{"format":"other","version":1,"made_by":"x"}"#] {
            assert_eq!(Manifest::read(foreign.as_bytes(), 25), Err(ManifestError::NotOurs), "{foreign}");
        }
        let newer = r#"{"format":"leasehold-backup","version":2,"made_by":"9.0.0"}"#;
        assert_eq!(Manifest::read(newer.as_bytes(), 25), Err(ManifestError::NewerForm("9.0.0".to_owned())));
        let bytes = Manifest::new(made(), "0.1.0", vec![file(DATABASE)]).to_json();
        let refused = Manifest::read(&bytes, 24).unwrap_err();
        assert!(matches!(refused, ManifestError::NewerSchema { found: 25, known: 24, .. }), "{refused}");
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_or_into_a_running_server_is_refused() {
        for path in [
            "../x",
            "/etc/passwd",
            "a/../b",
            "a//b",
            "",
            ".",
            "a/.",
            ".hidden",
            "checkouts/.x",
            "lock",
            "control.sock",
            "a\\b",
            "a\nb",
            "backups/x",
            "before-restore-1/x",
            "leasehold.db-wal",
            "license.log.1",
            "lost+found/x",
        ] {
            let refused = read(vec![file(DATABASE), file(path)]);
            assert!(matches!(refused, Err(ManifestError::Path(_))), "{path:?}: {refused:?}");
        }
        assert!(read(vec![file(DATABASE), file("checkouts/2026.11.30"), file("server.key")]).is_ok());
    }

    #[test]
    fn a_list_of_files_that_cannot_be_is_refused() {
        assert!(matches!(read(vec![file("audit.head")]), Err(ManifestError::Files(_))), "no database");
        assert!(matches!(read(vec![file(DATABASE), file(DATABASE)]), Err(ManifestError::Files(_))), "twice");
        let no_sum = ManifestFile { sha256: "x".to_owned(), ..file(DATABASE) };
        assert!(matches!(read(vec![no_sum]), Err(ManifestError::Files(_))));
        let huge = ManifestFile { size: u64::MAX, ..file("x") };
        assert_eq!(read(vec![file(DATABASE), huge]), Err(ManifestError::Absurd));
    }

    #[test]
    fn a_name_says_when_and_where_and_nothing_else_is_one() {
        let name = BackupName::new("20261130T024403Z", "lic 01.example", false);
        assert_eq!(name.to_string(), "leasehold-backup-20261130T024403Z-lic-01-example.tar.zst");
        for name in [name, BackupName::new("20261130T024403Z", "", true)] {
            assert_eq!(BackupName::parse(&name.to_string()), Some(name));
        }
        for other in [
            "leasehold-backup-20261130T024403Z-a.tar.zst.new",
            "leasehold-backup-2026-a.tar.zst",
            "x.tar.zst",
            "leasehold-backup-20261130T024403Z-../a.tar.zst",
            "leasehold-backup-20261130T024403Z.tar.zst",
        ] {
            assert_eq!(BackupName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn backups_go_by_number_and_by_age_and_the_newest_good_one_stays() {
        let now = 100 * DAY;
        let backup = |days: i64, is_good| Candidate { name: days.to_string(), at: now - days * DAY, is_good };
        let all: Vec<Candidate> = (0..5).map(|days| backup(days, true)).collect();
        let goes = |all: &[Candidate], count, days| expired(all, Keeping { count, days }, now);
        assert_eq!(goes(&all, 3, 0), ["3", "4"]);
        assert_eq!(goes(&all, 9, 2), ["3", "4"], "older than two days");
        assert_eq!(goes(&all, 0, 0), ["1", "2", "3", "4"], "one is always kept");
        let late = [backup(30, true), backup(31, true)];
        assert_eq!(goes(&late, 9, 7), ["31"], "the newest good one is kept, however old");
        let bad = [backup(0, false), backup(1, false), backup(5, true)];
        assert_eq!(goes(&bad, 1, 0), ["1"], "what was never verified replaces no good one");
    }
}
