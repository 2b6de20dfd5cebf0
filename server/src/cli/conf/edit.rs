//! Changing: `set`, `init`.

use std::path::Path;

use clap::Args;
use engine::Engine;
use engine::conf::file::{self as conf_file, FolderLock, ReplaceError};
use engine::conf::set_values;
use licensing::conf::diff;
use serde_json::json;

use super::super::ask::{Call, Remote};
use super::super::output::{Format, text};
use super::{ConfTarget, file};
use crate::exit::{Done, Failure};

#[derive(Debug, Args)]
pub struct Set {
    /// The setting, in any case
    key: String,
    /// The new value; `default` means the built-in value and is kept as written
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Reason for the change, kept in the history
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    which: ConfTarget,
    #[command(flatten)]
    format: Format,
}

impl Set {
    pub async fn run(self, remote: &Remote) -> Done {
        let setting = file::known(&self.key)?;
        let value = match self.which.nobodys(remote).await? {
            Some(path) => directly(path, setting.key, self.value)?,
            None => {
                let body = json!({ "changes": { (setting.key): self.value }, "comment": self.comment });
                let answer = self.which.target.ask(remote, Call::patch("/api/v1/config").json(&body)).await?;
                let mut value =
                    json!({ "path": answer["path"], "revision": answer["revision"], "diff": answer["diff"] });
                if !answer["note"].is_null() {
                    value["note"] = answer["note"].clone();
                }
                value
            }
        };
        self.format.print(&value, |v| {
            let note = v["note"].as_str().map(|note| format!("{note}\n")).unwrap_or_default();
            match v["revision"].as_i64() {
                Some(revision) => {
                    format!("Set {}; {} is now at revision {revision}.\n{note}", setting.key, text(v, "path"))
                }
                None => format!("Set {} in {}.\n{note}", setting.key, text(v, "path")),
            }
        })
    }
}

/// Edits a file on its own, under the same lock as the server.
fn directly(path: &Path, key: &str, value: String) -> Result<serde_json::Value, Failure> {
    let lock = FolderLock::take(path).map_err(Failure::refused)?;
    let before = conf_file::read(path).map_err(Failure::refused)?;
    let after = set_values(&before, &[(key.to_owned(), value)]).map_err(Failure::refused)?;
    let mut done = json!({ "path": path, "diff": diff::lines(&before, &after) });
    if after != before {
        // No data folder is at hand for the copy of a file that can only be written in place.
        let kept = std::env::temp_dir().join(format!("license_server.conf.kept.{}", std::process::id()));
        match conf_file::replace(path, &before, &after, &kept, &lock) {
            Ok(written) => {
                if let Some(note) = written.note {
                    done["note"] = json!(note);
                }
            }
            Err(ReplaceError::File(error)) => return Err(Failure::refused(error)),
            Err(ReplaceError::Changed(_)) => {
                return Err(Failure::refused(format!(
                    "Another program changed {} at this moment, so nothing was set. Try again.",
                    path.display()
                )));
            }
        }
    }
    Ok(done)
}

#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    which: ConfTarget,
}

impl Init {
    pub async fn run(self, remote: &Remote) -> Done {
        let path = self.which.path(remote).await?;
        if path.exists() {
            return Err(Failure::refused(format!("{} already exists; nothing was changed.", path.display())));
        }
        Engine::write_new_conf(&path).map_err(Failure::refused)?;
        super::super::output::print(format!("Wrote {}.\n", path.display()).as_bytes())
    }
}
