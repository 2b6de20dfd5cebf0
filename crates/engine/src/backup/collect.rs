//! What goes into a backup: a copy of the database, and the files that belong to it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use licensing::backup::{DATABASE, ManifestFile, is_left_out, is_restorable};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::archive::Source;
use super::{BackupError, Plan};

/// Where the check-outs are.
pub(super) const CHECKOUTS: &str = "checkouts";
/// The head of the audit chain.
const AUDIT_HEAD: &str = "audit.head";
/// The conf file in a data folder.
const CONF: &str = "license_server.conf";
/// Where certificate and key go that were not in the data folder.
const CERTIFICATE: [&str; 2] = ["given-certificate/cert.pem", "given-certificate/key.pem"];
/// Files up to this size are read at once, bytes, so that each is of one instant.
const SMALL: u64 = 4 * 1024 * 1024;
/// What is read of a file at once, bytes.
const MOST_AT_ONCE: u64 = 2 * SMALL;
/// Entries of the data folder that are looked at, at the most.
const MOST_ENTRIES: usize = licensing::backup::MOST_FILES;

/// All that goes into a backup.
pub(super) struct Collected {
    /// The schema of the database.
    pub schema: i64,
    /// Where the conf file was, unless it was in the data folder.
    pub conf: Option<String>,
    /// Where certificate and key were, unless they were in the data folder.
    pub certificates: Vec<String>,
    /// Paths of what is left out although it is in the data folder, or one of the files above.
    pub left_out: Vec<String>,
    /// As listed.
    pub files: Vec<ManifestFile>,
    /// In the same order.
    pub sources: Vec<Source>,
}

/// Copies the database to `work` and collects the rest; `None` if something changed meanwhile that must fit together. `is_last`: what is
/// missing then is left out.
pub(super) async fn collect(plan: &Plan, work: &Path, is_last: bool) -> Result<Option<Collected>, BackupError> {
    // Before the database is copied: a database that is ahead of its head is in order, one behind it is not.
    let head = read_small(&plan.data.join(AUDIT_HEAD))?;
    let copy = work.join(DATABASE);
    remove(&copy)?;
    let (schema, checkouts) = copy_database(&plan.data.join(DATABASE), &copy).await?;
    let mut all: BTreeMap<String, Source> = BTreeMap::new();
    let mut left_out = walk(plan, &mut all)?;
    let length = std::fs::metadata(&copy).map_err(BackupError::at(&copy))?.len();
    all.insert(DATABASE.to_owned(), Source::File { path: copy, length });
    all.remove(AUDIT_HEAD);
    all.extend(head.map(|head| (AUDIT_HEAD.to_owned(), Source::Bytes(head))));
    for (day, length) in checkouts {
        let name = crate::usage::file_name(day);
        let path = plan.data.join(CHECKOUTS).join(&name);
        let committed = u64::try_from(length).unwrap_or_default();
        let there = std::fs::metadata(&path).map_or(0, |found| found.len());
        if there < committed && !is_last {
            // Its retention ended between the copy and now.
            return Ok(None);
        }
        if there > 0 {
            all.insert(format!("{CHECKOUTS}/{name}"), Source::File { path, length: committed.min(there) });
        }
    }
    let conf = add_outside(plan, &plan.conf, CONF, &mut all, &mut left_out)?;
    let mut certificates = Vec::new();
    for (path, name) in plan.certificates.iter().zip(CERTIFICATE) {
        certificates.extend(add_outside(plan, path, name, &mut all, &mut left_out)?);
    }
    left_out.retain(|path| !all.contains_key(path));
    // The database first: whoever looks into a backup looks for it.
    let database = all.remove_entry(DATABASE);
    let (mut files, mut sources) = (Vec::new(), Vec::new());
    for (path, source) in database.into_iter().chain(all) {
        files.push(source.listed(&path).map_err(BackupError::at(&plan.data.join(&path)))?);
        sources.push(source);
    }
    Ok(Some(Collected { schema, conf, certificates, left_out, files, sources }))
}

/// Copies a database that is in use, as of one instant. Returns its schema, and days and lengths of the check-outs that belong to it.
async fn copy_database(from: &Path, to: &Path) -> Result<(i64, Vec<(i64, i64)>), sqlx::Error> {
    let options = |path: &Path| SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(30));
    let mut source = options(from).connect().await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut source).await;
    sqlx::Connection::close(source).await?;
    copied?;
    let mut copy = options(to).read_only(true).connect().await?;
    let schema: i64 = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut copy).await?;
    let files: Vec<(i64, i64)> =
        sqlx::query_as("SELECT day, committed FROM usage_files WHERE committed > 0 ORDER BY day")
            .fetch_all(&mut copy)
            .await?;
    sqlx::Connection::close(copy).await?;
    Ok((schema, files))
}

/// Adds the regular files of the data folder, without what is left out and what goes in by its own rules.
/// Returns what is left out although no rule says so: what can't be read or restored.
fn walk(plan: &Plan, all: &mut BTreeMap<String, Source>) -> Result<Vec<String>, BackupError> {
    let mut left_out = Vec::new();
    let mut folders = vec![(plan.data.clone(), String::new())];
    let mut seen = 0;
    while let Some((folder, above)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if !above.is_empty() => {
                tracing::warn!(folder = %folder.display(), %error, "a folder is left out of the backup: it can't be read");
                left_out.push(above);
                continue;
            }
            Err(error) => return Err(BackupError::at(&folder)(error)),
        };
        for entry in entries.flatten() {
            seen += 1;
            let (path, name) = (entry.path(), entry.file_name());
            let shown = name.to_string_lossy();
            let at_top = above.is_empty();
            let leave = at_top && (is_left_out(&shown) || shown == CHECKOUTS || shown == DATABASE)
                || shown.starts_with('.')
                || plan.leave_out.contains(&path);
            if leave {
                continue;
            }
            let relative = if at_top { shown.into_owned() } else { format!("{above}/{shown}") };
            if name.to_str().is_none() || !is_restorable(&relative) || seen > MOST_ENTRIES {
                left_out.push(relative);
                continue;
            }
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                folders.push((path, relative));
            } else if found.is_file() {
                all.extend(source(&path, found.len())?.map(|source| (relative, source)));
            } else {
                // A link is not followed.
                left_out.push(relative);
            }
        }
    }
    Ok(left_out)
}

/// A file of its present length; none if it is gone.
fn source(path: &Path, length: u64) -> Result<Option<Source>, BackupError> {
    if length <= SMALL {
        return Ok(read_small(path)?.map(Source::Bytes));
    }
    Ok(Some(Source::File { path: path.to_owned(), length }))
}

/// Adds a file under this name if it is not in the data folder; returns where it is then.
fn add_outside(
    plan: &Plan,
    path: &Path,
    name: &str,
    all: &mut BTreeMap<String, Source>,
    left_out: &mut Vec<String>,
) -> Result<Option<String>, BackupError> {
    let inside = path.strip_prefix(&plan.data).ok().and_then(Path::to_str);
    let name = inside.filter(|inside| is_restorable(inside)).unwrap_or(name);
    // Read through a link: what it leads to counts.
    let Some(bytes) = read_small(path)? else { return Ok(None) };
    if bytes.len() as u64 == MOST_AT_ONCE {
        // It may have no end. One in the data folder is there as a whole.
        if inside.is_none() || !all.contains_key(name) {
            tracing::warn!(path = %path.display(), "a file is left out of the backup: it is too large for what it is");
            left_out.push(path.display().to_string());
        }
        return Ok(None);
    }
    all.insert(name.to_owned(), Source::Bytes(bytes));
    Ok(inside.is_none().then(|| path.display().to_string()))
}

/// The content of a file up to a few megabytes; none if there is no such file.
fn read_small(path: &Path) -> Result<Option<Vec<u8>>, BackupError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST_AT_ONCE).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupError::at(path)(error)),
    }
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(BackupError::at(path)(error)),
        _ => Ok(()),
    }
}
