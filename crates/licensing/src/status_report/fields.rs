use std::collections::BTreeSet;

use serde_json::Value;

/// One field of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Where it stands: `[]` for every item of a list, `*` for every name of a map.
    pub path: &'static str,
    /// What it is, in plain words.
    pub meaning: &'static str,
}

/// The map whose names are data.
const NAMED: &str = "deployments[].speech_usage.license_usage";

/// Only there when there is something to tell; the seed does not have it.
const SIMULTANEOUS: &str = "simultaneous_use_ms";

/// All a report may carry, in its order. What is not here never leaves the server.
pub const FIELDS: &[Field] = &[
    Field { path: "cluster_guid", meaning: "The GUID of this server, as registered with the vendor." },
    Field {
        path: "instance_uuid",
        meaning: "A random number made when this server was set up. It shows the vendor when two servers use one GUID.",
    },
    Field { path: "status_id", meaning: "A random number of this report. The answer names it, and counts once." },
    Field { path: "instance_created", meaning: "When this server was set up." },
    Field { path: "installation_type", meaning: "The kind of installation, one word." },
    Field { path: "report_timestamp", meaning: "When this report was made, in seconds since 1970." },
    Field { path: "images", meaning: "Always empty here." },
    Field { path: "deployments[].license_guid", meaning: "The id of a deployment (tenant) of this server." },
    Field { path: "deployments[].bio_engine_usage", meaning: "Always empty here." },
    Field {
        path: "deployments[].speech_usage.session_ms",
        meaning: "For how long sessions were open, in milliseconds, all together.",
    },
    Field {
        path: "deployments[].speech_usage.session_audio_ms",
        meaning: "How much audio was processed, in milliseconds, all together. The audio itself is not sent.",
    },
    Field {
        path: "deployments[].speech_usage.license_usage.*.usage_count",
        meaning: "How many licenses of this name were taken.",
    },
    Field {
        path: "deployments[].speech_usage.license_usage.*.usage_ms",
        meaning: "For how long licenses of this name were held, in milliseconds, all together.",
    },
    Field {
        path: SIMULTANEOUS,
        meaning: "For how long this server and another of its installation had licenses in use at once, in milliseconds. Only there when they had.",
    },
];

/// Every path at whose end a value stands, in the notation of [`FIELDS`]. A list or object with nothing in it counts as
/// a value, unless [`FIELDS`] has something inside it.
#[must_use]
pub fn paths(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let name = if path == NAMED { "*" } else { name };
                let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                collect(member, &inner, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let inner = format!("{path}[]");
            items.iter().for_each(|item| collect(item, &inner, found));
        }
        Value::Object(_) => empty(path.to_owned(), '.', found),
        Value::Array(_) => empty(format!("{path}[]"), '.', found),
        _ => {
            found.insert(path.to_owned());
        }
    }
}

fn empty(path: String, then: char, found: &mut BTreeSet<String>) {
    let known = |field: &Field| field.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(then));
    if !path.is_empty() && !FIELDS.iter().any(known) {
        found.insert(path);
    }
}
