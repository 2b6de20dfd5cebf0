//! What a client of a virtual environment says, as lines of a log and as JSON.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use client::ve::{VeEvent, VeLogLine};
use serde_json::{Value, json};

use crate::cli::output;
use crate::exit::Failure;
use crate::time::rfc3339;

/// Where log lines go.
#[derive(Debug)]
pub struct Log(Target);

#[derive(Debug)]
enum Target {
    Nowhere,
    Stdout,
    File(File),
}

impl Log {
    /// Nowhere.
    pub fn nowhere() -> Self {
        Self(Target::Nowhere)
    }

    /// Standard output.
    pub fn stdout() -> Self {
        Self(Target::Stdout)
    }

    /// The end of a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(path: &Path) -> Result<Self, Failure> {
        let file = File::options().create(true).append(true).open(path);
        let failed = |error| Failure::refused(format!("Can't write the log {}: {error}.", path.display()));
        Ok(Self(Target::File(file.map_err(failed)?)))
    }

    /// Adds a line.
    pub fn write(&self, line: &VeLogLine) {
        let text = format!("{}\n", line.write(&stamp(line.at_ms)));
        // A log that cannot be written is no reason to stop a virtual machine.
        let written = match &self.0 {
            Target::Nowhere => Ok(()),
            Target::Stdout => output::print(text.as_bytes()).map_err(|failure| failure.to_string()),
            Target::File(file) => (&mut &*file).write_all(text.as_bytes()).map_err(|error| error.to_string()),
        };
        if let Err(error) = written {
            output::note(format_args!("Can't write a log line: {error} The line: {text}"));
        }
    }
}

/// Unix milliseconds as local date and time.
fn stamp(ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// An event as JSON.
pub fn described(event: &VeEvent) -> Value {
    let mut value = match event {
        VeEvent::LoggedIn { server, license_id, key_type } => {
            json!({ "event": "logged_in", "server": server, "license_id": license_id, "key_type": key_type })
        }
        VeEvent::Switched { from, to } => json!({ "event": "switched", "from": from, "to": to }),
        VeEvent::Returned { server } => json!({ "event": "returned", "server": server }),
        VeEvent::Regained { server } => json!({ "event": "regained", "server": server }),
        VeEvent::Waiting { server } => json!({ "event": "waiting", "server": server }),
        VeEvent::Lost { grace_ms, grace_until_ms } => {
            json!({ "event": "lost", "grace_ms": grace_ms, "grace_until": rfc3339(*grace_until_ms) })
        }
        VeEvent::Warned { left_ms } => json!({ "event": "warned", "left_ms": left_ms }),
        VeEvent::Stopped => json!({ "event": "stopped" }),
        VeEvent::Refused { servers } => {
            let servers =
                servers.iter().map(|problem| json!({ "server": problem.server, "problem": problem.sentence }));
            json!({ "event": "refused", "servers": servers.collect::<Vec<_>>() })
        }
        VeEvent::Notice { ends_in_ms, .. } => json!({ "event": "notice", "ends_in_ms": ends_in_ms }),
        VeEvent::LoggedOut => json!({ "event": "logged_out" }),
        _ => json!({ "event": "other" }),
    };
    value["sentence"] = event.to_string().into();
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::log_line::{LogLevel, LogLine};

    #[test]
    fn a_line_is_added_to_the_log_with_local_date_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        std::fs::write(&path, "before\n").unwrap();
        let line = VeLogLine { at_ms: 1_593_454_105_000, level: LogLevel::Error, message: "What happened.".to_owned() };
        Log::file(&path).unwrap().write(&line);
        let text = std::fs::read_to_string(&path).unwrap();
        let added = text.strip_prefix("before\n").unwrap();
        let read = LogLine::parse(added).unwrap();
        assert_eq!((read.level, read.component, read.message), (LogLevel::Error, "VE", "What happened."));
        assert_eq!(read.stamp, stamp(line.at_ms));
        assert!(Log::file(folder.path()).is_err(), "a folder is no log");
    }
}
