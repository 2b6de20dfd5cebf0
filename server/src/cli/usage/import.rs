use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::Args;
use engine::usage::import::{MOST_BYTES, MOST_REASONS};
use serde_json::{Value, json};

use super::super::Common;
use super::super::ask::{Call, Connection, Remote};
use super::super::output::text;
use crate::api::USAGE_IMPORT;
use crate::exit::{Done, Failure};

/// Folders within folders that are looked into.
const MOST_DEEP: usize = 16;

/// `leasehold usage import`
#[derive(Debug, Args)]
pub struct Import {
    /// A file of check-outs (13 tab-separated fields) or denials (7); a folder of such files; - reads standard input
    #[arg(value_name = "DIR|FILE")]
    path: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// What became of the files so far.
#[derive(Debug, Default)]
struct Sum {
    files: usize,
    imported: u64,
    known: u64,
    refused: u64,
    reasons: Vec<Value>,
}

impl Import {
    pub async fn run(self, remote: &Remote) -> Done {
        let files = files(&self.path)?;
        let connection = self.common.target.open(remote, &Call::post(USAGE_IMPORT)).await?;
        let mut sum = Sum::default();
        let mut outcome = Ok(());
        for (name, path) in &files {
            outcome = sum.add(&connection, name, path).await;
            if outcome.is_err() {
                break;
            }
        }
        connection.close().await;
        if let Err(failure) = outcome {
            let sentence = match sum.files {
                0 => failure.sentence,
                done => format!(
                    "{} {done} of {} files were imported before; run the command again to go on.",
                    failure.sentence,
                    files.len()
                ),
            };
            return Err(Failure { sentence, ..failure });
        }
        self.common.format.print(&sum.value(), |_| sum.plain())?;
        sum.done()
    }
}

impl Sum {
    async fn add(&mut self, connection: &Connection, name: &str, path: &Path) -> Result<(), Failure> {
        let unread = |error: io::Error| Failure::refused(format!("Can't read {name}: {error}."));
        let file = if path == Path::new("-") {
            File::from(io::stdin().as_fd().try_clone_to_owned().map_err(unread)?)
        } else {
            File::open(path).map_err(unread)?
        };
        if file.metadata().is_ok_and(|found| found.len() > MOST_BYTES) {
            let most = MOST_BYTES / 1024 / 1024;
            return Err(Failure::refused(format!(
                "{name} is larger than {most} MB. Import it in parts of whole days."
            )));
        }
        let call = Call::post(USAGE_IMPORT).query("name", name).file("text/tab-separated-values", file);
        let told = connection
            .ask(&call)
            .await
            .map_err(|failure| Failure { sentence: format!("{name}: {}", failure.sentence), ..failure })?;
        let count = |key: &str| told[key].as_u64().unwrap_or(0);
        self.files += 1;
        self.imported += count("imported");
        self.known += count("known");
        self.refused += count("refused_count");
        let room = MOST_REASONS.saturating_sub(self.reasons.len());
        self.reasons.extend(told["refused"].as_array().into_iter().flatten().take(room).cloned());
        Ok(())
    }

    fn value(&self) -> Value {
        let Self { files, imported, known, refused, reasons } = self;
        json!({ "files": files, "imported": imported, "known": known, "refused_count": refused, "refused": reasons })
    }

    fn plain(&self) -> String {
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        let Self { imported, known, refused, .. } = self;
        let mut said = format!("Imported {files}. New: {imported}, already known: {known}, refused: {refused}.\n");
        for of in &self.reasons {
            said.push_str(&format!("{}:{}: {}\n", text(of, "file"), text(of, "line"), text(of, "reason")));
        }
        let more = refused.saturating_sub(self.reasons.len() as u64);
        if more > 0 {
            said.push_str(&format!("… and {more} more\n"));
        }
        said
    }

    /// Lines that were refused are findings; if there was nothing else, the input was refused.
    fn done(&self) -> Done {
        let lines = if self.refused == 1 { "1 line was".to_owned() } else { format!("{} lines were", self.refused) };
        match (self.refused, self.imported + self.known) {
            (0, _) => Ok(()),
            (_, 0) => Err(Failure::refused(format!("{lines} refused, and nothing was imported."))),
            _ => Err(Failure::failed(format!("{lines} refused; the others are imported."))),
        }
    }
}

/// The files to import, each with the name it is called by.
fn files(path: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    if path == Path::new("-") {
        return Ok(vec![("standard input".to_owned(), path.to_owned())]);
    }
    let unread = |path: &Path, error: io::Error| Failure::refused(format!("Can't read {}: {error}.", path.display()));
    if !std::fs::metadata(path).map_err(|error| unread(path, error))?.is_dir() {
        return Ok(vec![(path.display().to_string(), path.to_owned())]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, deep)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unread(&folder, error))? {
            let entry = entry.map_err(|error| unread(&folder, error))?;
            // Hidden files are being written, or not meant.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let at = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if deep < MOST_DEEP {
                    folders.push((at, deep + 1));
                }
            } else if std::fs::metadata(&at).is_ok_and(|found| found.is_file()) {
                let name = at.strip_prefix(path).unwrap_or(&at).display().to_string();
                found.push((name, at));
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::refused(format!("No files in {}.", path.display())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_with_those_in_it_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        assert!(files(folder.path()).unwrap_err().sentence.starts_with("No files in"));
        for name in ["2026.11.23", "denials/2026.11.22", "2026.11.22", ".2026.11.24.new", "MGC/2026.11.22"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names: Vec<String> = files(folder.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["2026.11.22", "2026.11.23", "MGC/2026.11.22", "denials/2026.11.22"]);
    }

    #[test]
    fn refused_lines_are_findings_unless_nothing_else_was_in_the_file() {
        let code = |imported, refused| Sum { imported, refused, ..Sum::default() }.done().map_err(|of| of.code);
        assert_eq!((code(3, 0), code(0, 0), code(3, 1), code(0, 1)), (Ok(()), Ok(()), Err(1), Err(2)));
    }
}
