//! Reminders as the vendor writes them: one JSON object on a line with `level`, `time`, `message`, `service` and
//! `days since last sync`; ours add the state of the contact clock and what it means.

use std::fmt::Debug;
use std::io::Write;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Writes reminders to stderr.
pub struct Reminders;

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), json!(format!("{value:?}")));
    }
}

impl<S: Subscriber> Layer<S> for Reminders {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(event.metadata().level().as_str(), &time(), &fields.0);
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// Local time with milliseconds and offset, as in the seed.
fn time() -> String {
    use engine::clock::{Clock, SystemClock};
    jiff::Timestamp::from_millisecond(SystemClock.now_ms())
        .map(|now| now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%.3f%z").to_string())
        .unwrap_or_default()
}

/// One line. Written member by member: the order is the vendor's.
fn line(level: &str, time: &str, fields: &Map<String, Value>) -> String {
    let get = |name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    format!(
        "{{\"level\":{},\"time\":{},\"message\":{},\"service\":\"license\",\"days since last sync\":{},\"state\":{},\"effect\":{}}}\n",
        json!(level),
        json!(time),
        get("message"),
        get("days"),
        get("state"),
        get("effect"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_has_the_fields_of_the_vendor_first() {
        let fields =
            [("message", json!("a \"b\"")), ("days", json!(35)), ("state", json!("reminder")), ("effect", json!("x"))];
        let fields = fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let line = line("WARN", "2024-03-15T16:35:12.845-0700", &fields);
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["days since last sync"], 35);
        assert_eq!(read["service"], "license");
        assert!(
            line.starts_with(r#"{"level":"WARN","time":"2024-03-15T16:35:12.845-0700","message":"a \"b\"""#),
            "{line}"
        );
        assert!(time().len() >= "2024-03-15T16:35:12.845-0700".len());
    }
}
