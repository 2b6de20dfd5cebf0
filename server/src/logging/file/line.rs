//! An event as one line: its message, then its fields as `key=value`, then the request it belongs to. No secret gets this far.

use std::fmt::{Debug, Write};

use engine::clock::{Clock, SystemClock};
use licensing::log_line::{LogLevel, LogLine, without_secrets};
use tracing::Event;
use tracing::field::{Field, Visit};

use super::component;

/// The line of this event, now.
pub fn of(event: &Event<'_>) -> String {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let request = crate::http::request_id();
    if !request.is_empty() {
        fields.add("request", &request);
    }
    let target = fields.target.as_deref().unwrap_or(event.metadata().target());
    let component = fields.component.as_deref().map_or_else(|| component::of(target), component::named);
    let text = match (fields.message.is_empty(), fields.rest.is_empty()) {
        (true, _) => fields.rest,
        (false, true) => fields.message,
        (false, false) => format!("{} {}", fields.message, fields.rest),
    };
    written(level(*event.metadata().level()), &component, &text)
}

/// A line with the local time of now.
pub fn written(level: LogLevel, component: &str, text: &str) -> String {
    let stamp = jiff::Timestamp::from_millisecond(SystemClock.now_ms())
        .map(|now| now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default();
    LogLine { stamp: &stamp, level, component, message: &without_secrets(text) }.write()
}

fn level(level: tracing::Level) -> LogLevel {
    match level {
        tracing::Level::ERROR => LogLevel::Error,
        tracing::Level::WARN => LogLevel::Warn,
        tracing::Level::INFO => LogLevel::Info,
        tracing::Level::DEBUG => LogLevel::Debug,
        tracing::Level::TRACE => LogLevel::Trace,
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    component: Option<String>,
    /// Where a line of the `log` crate came from.
    target: Option<String>,
    rest: String,
}

impl Fields {
    fn add(&mut self, name: &str, value: &str) {
        match name {
            "message" => value.clone_into(&mut self.message),
            "component" => self.component = Some(value.to_owned()),
            "log.target" => self.target = Some(value.to_owned()),
            _ if name.starts_with("log.") => {}
            _ => {
                let blank = if self.rest.is_empty() { "" } else { " " };
                let plain = !value.is_empty() && !value.contains([' ', '"', '=']) && !value.contains(char::is_control);
                // Writing to a String cannot fail.
                let _ = if plain {
                    write!(self.rest, "{blank}{name}={value}")
                } else {
                    write!(self.rest, "{blank}{name}=\"{}\"", value.replace('"', "'"))
                };
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_alone_and_secrets_do_not_get_into_the_file() {
        let mut fields = Fields::default();
        for (name, value) in [
            ("message", "a node gave no answer"),
            ("node", "a.example:80"),
            ("error", "it said \"no\"\nand left"),
            ("password", "hunter2"),
            ("log.file", "src/x.rs"),
            ("component", "ve"),
        ] {
            fields.add(name, value);
        }
        assert_eq!(fields.component.as_deref(), Some("ve"));
        let line = written(LogLevel::Warn, "VE", &format!("{} {}", fields.message, fields.rest));
        assert_eq!(
            &line[licensing::log_line::STAMP..],
            " WARN  VE       a node gave no answer node=a.example:80 error=\"it said 'no'\\nand left\" password=[hidden]"
        );
        assert!(LogLine::parse(&line).is_some());
    }
}
