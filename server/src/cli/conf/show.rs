//! Reading: `get`, `check`, `show`.

use clap::Args;
use serde_json::json;

use super::super::ask::Remote;
use super::super::output::{Format, print, table};
use super::{ConfTarget, file};
use crate::exit::{Done, Failure, code};

#[derive(Debug, Args)]
pub struct Get {
    /// The setting, in any case
    key: String,
    /// Print the effective value: the built-in one for `default` and for a setting missing from the file
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    which: ConfTarget,
    #[command(flatten)]
    format: Format,
}

impl Get {
    pub async fn run(self, remote: &Remote) -> Done {
        let setting = file::known(&self.key)?;
        let read = self.which.read(remote).await?;
        let view = read.setting(setting);
        if self.format.json {
            return self.format.print(&json!(view), |_| String::new());
        }
        if self.effective {
            return print(format!("{}\n", view.effective).as_bytes());
        }
        // As written, byte for byte.
        let mut value = read.written(setting);
        value.push(b'\n');
        print(&value)
    }
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    which: ConfTarget,
    #[command(flatten)]
    format: Format,
}

impl Check {
    pub async fn run(self, remote: &Remote) -> Done {
        let file::ReadConf { path, findings, .. } = self.which.read(remote).await?;
        self.format.print(&json!({ "path": path, "findings": findings }), |_| {
            findings
                .iter()
                .map(|f| {
                    let line = f.line.unwrap_or(1);
                    format!("{}:{line}: {}: {}\n", path.display(), f.key.as_deref().unwrap_or("file"), f.sentence)
                })
                .collect()
        })?;
        // The findings are the answer; no further sentence.
        if findings.is_empty() { Ok(()) } else { Err(Failure { code: code::FAILED, sentence: String::new() }) }
    }
}

#[derive(Debug, Args)]
pub struct ShowConf {
    #[command(flatten)]
    which: ConfTarget,
    #[command(flatten)]
    format: Format,
}

impl ShowConf {
    pub async fn run(self, remote: &Remote) -> Done {
        let file::ReadConf { path, settings, .. } = self.which.read(remote).await?;
        self.format.print(&json!({ "path": path, "settings": settings }), |_| {
            let rows: Vec<_> = settings
                .iter()
                .map(|s| {
                    let written = match &s.value {
                        None => "(not in the file)".to_owned(),
                        Some(value) if value.is_empty() => "(empty)".to_owned(),
                        Some(value) => shorten(value),
                    };
                    let kind = match (&s.value, s.is_default) {
                        (None, _) => "default",
                        (Some(_), true) => "default",
                        (Some(_), false) => "explicit",
                    };
                    let active = if s.active {
                        "active".to_owned()
                    } else {
                        format!("inactive: {}", s.why_inactive.as_deref().unwrap_or_default())
                    };
                    let line = s.line.map_or_else(|| "–".to_owned(), |line| line.to_string());
                    vec![
                        s.key.clone(),
                        written,
                        kind.to_owned(),
                        shorten(&s.effective),
                        line,
                        s.error.clone().unwrap_or(active),
                    ]
                })
                .collect();
            table(&["SETTING", "AS WRITTEN", "", "EFFECTIVE", "LINE", "STATE"], &rows)
        })
    }
}

/// Node lists are long; `--json` and `get` print them whole.
fn shorten(value: &str) -> String {
    if value.chars().count() <= 48 {
        value.to_owned()
    } else {
        format!("{}…", value.chars().take(47).collect::<String>())
    }
}
