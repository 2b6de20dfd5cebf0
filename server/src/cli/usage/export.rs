use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use engine::file::StagedFile;
use jiff::civil::Date;
use licensing::plain_text::one_line;
use serde_json::{Value, json};

use super::super::Common;
use super::super::ask::{Call, Connection, Remote};
use super::super::output::{note, text};
use crate::exit::{Done, Failure};

/// Folder of the denials within that of the check-outs.
const DENIALS: &str = "denials";

/// `leasehold usage export`
#[derive(Debug, Args)]
pub struct Export {
    /// checkouts: 13 tab-separated fields; denials, in the folder `denials`, have 7
    #[arg(long, value_enum, default_value_t = Format::Checkouts)]
    format: Format,
    /// First UTC day, such as 2026-11-01 [default: the first on record]
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// Last UTC day, included [default: the last on record]
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Date>,
    /// Folder for the files; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Checkouts,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day like 2026-11-22".to_owned())
}

impl Export {
    pub async fn run(self, remote: &Remote) -> Done {
        let Format::Checkouts = self.format;
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            return Err(Failure::refused(format!("The last day, {to}, is before the first, {from}.")));
        }
        let mut call = Call::get("/api/v1/usage/days");
        for (name, day) in [("from", self.from), ("to", self.to)] {
            if let Some(day) = day {
                call = call.query(name, day);
            }
        }
        let connection = self.common.target.open(remote, &call).await?;
        let written = self.write(&connection, &call).await;
        connection.close().await;
        self.common.format.print(&written?, |value| plain(value, &self.out))
    }

    async fn write(&self, connection: &Connection, days: &Call) -> Result<Value, Failure> {
        let days = connection.ask(days).await?;
        let (mut files, mut removed, mut locked) = (Vec::new(), Vec::new(), 0);
        for day in days["items"].as_array().into_iter().flatten() {
            let name = file_name(&text(day, "day"))?;
            locked += day["locked"].as_u64().unwrap_or_default();
            if day["removed"] == json!(true) {
                removed.push(name.clone());
            }
            for (records, folder) in [("checkouts", self.out.clone()), (DENIALS, self.out.join(DENIALS))] {
                let call = Call::get(format!("/api/v1/usage/{records}")).query("day", text(day, "day"));
                let path = folder.join(&name);
                if save(connection, &call.with_large_files(), &path).await? {
                    files.push(path.display().to_string());
                }
            }
        }
        if locked > 0 {
            let are =
                if locked == 1 { "1 locked record is".to_owned() } else { format!("{locked} locked records are") };
            note(format_args!("{are} not in these files. See: leasehold locked list"));
        }
        Ok(json!({ "files": files, "removed": removed, "locked": locked }))
    }
}

/// The name of a day's file. Made here: what a server answers never becomes a path.
fn file_name(day: &str) -> Result<String, Failure> {
    let date: Date = day.parse().map_err(|_| {
        Failure::failed(format!(
            "The server named “{}”, which is not a day. Nothing more is written.",
            one_line(day, 40)
        ))
    })?;
    Ok(date.strftime("%Y.%m.%d").to_string())
}

/// Saves an answer as a file, unless it is empty: whether it was saved.
async fn save(connection: &Connection, call: &Call, path: &Path) -> Result<bool, Failure> {
    let unwritten = |error: std::io::Error| Failure::failed(format!("Can't write {}: {error}.", path.display()));
    let mut file: Option<StagedFile> = None;
    let take = |piece: &[u8]| -> Result<(), Failure> {
        let open = match file.take() {
            Some(open) => open,
            None => {
                std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(unwritten)?;
                StagedFile::beside(path, 0o644).map_err(unwritten)?
            }
        };
        file.insert(open).write_all(piece).map_err(unwritten)
    };
    connection.save(call, take).await?;
    let Some(file) = file else { return Ok(false) };
    file.publish().map_err(unwritten)?;
    Ok(true)
}

fn plain(value: &Value, out: &Path) -> String {
    let count = |key: &str| value[key].as_array().map_or(0, Vec::len);
    let mut said = match count("files") {
        0 => "No check-outs or denials are on record in this period, so no file was written.\n".to_owned(),
        1 => format!("Wrote 1 file to {}.\n", out.display()),
        files => format!("Wrote {files} files to {}.\n", out.display()),
    };
    let removed: Vec<&str> = value["removed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let (Some(first), Some(last)) = (removed.first(), removed.last()) {
        let days = if removed.len() == 1 { "1 day is".to_owned() } else { format!("{} days are", removed.len()) };
        said.push_str(&format!(
            "{days} incomplete or missing, from {first} to {last}: data files are removed for their age.\n"
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_a_day_and_never_after_what_a_server_likes() {
        assert_eq!(file_name("2026-11-22").ok().as_deref(), Some("2026.11.22"));
        for name in ["../../etc/cron.d/x", "/etc/passwd", "2026-11-22/../x", "2026.11.22", ""] {
            assert!(file_name(name).is_err(), "{name}");
        }
    }
}
