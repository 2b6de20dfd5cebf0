use std::collections::BTreeSet;

use serde_json::Value;

/// One field of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its path: `[]` for every item of a list, `*` for every name of a map.
    pub path: &'static str,
    /// Its meaning.
    pub meaning: &'static str,
}

/// The map whose names are data.
const NAMED: &str = "deployments[].speech_usage.license_usage";

/// Optional, and not in the seed.
const SIMULTANEOUS: &str = "simultaneous_use_ms";

/// All fields of a report, in order. Nothing else ever leaves the server.
pub const FIELDS: &[Field] = &[
    Field { path: "cluster_guid", meaning: "The GUID of this server, as registered with the vendor." },
    Field {
        path: "instance_uuid",
        meaning: "A random id from this server's set-up. It lets the vendor notice two servers with one GUID.",
    },
    Field { path: "status_id", meaning: "The random id of this report. It accepts one answer." },
    Field { path: "instance_created", meaning: "When this server was set up." },
    Field { path: "installation_type", meaning: "The kind of installation, one word." },
    Field { path: "report_timestamp", meaning: "When this report was made, in seconds since 1970." },
    Field { path: "images", meaning: "Always empty." },
    Field { path: "deployments[].license_guid", meaning: "The id of a deployment (tenant) of this server." },
    Field { path: "deployments[].bio_engine_usage", meaning: "Always empty." },
    Field { path: "deployments[].speech_usage.session_ms", meaning: "Total time of open sessions, milliseconds." },
    Field {
        path: "deployments[].speech_usage.session_audio_ms",
        meaning: "Total audio processed, milliseconds. The audio itself is not sent.",
    },
    Field {
        path: "deployments[].speech_usage.license_usage.*.usage_count",
        meaning: "Number of check-outs under this name.",
    },
    Field {
        path: "deployments[].speech_usage.license_usage.*.usage_ms",
        meaning: "Total time licenses of this name were in use, milliseconds.",
    },
    Field {
        path: SIMULTANEOUS,
        meaning: "Total time in which this server and a peer had licenses in use at once, milliseconds. Left out if there was none.",
    },
    Field {
        path: "locked_keys[].id",
        meaning: "The random id of a key that locked records of use. Keys are left out if no locked record lacks one; the records themselves are never sent.",
    },
    Field { path: "locked_keys[].day", meaning: "The day of those records, counted from 1970-01-01." },
    Field { path: "locked_keys[].vendor_key_id", meaning: "The vendor's key to which that key is sealed." },
    Field { path: "locked_keys[].sealed", meaning: "That key, sealed so that only the vendor can open it." },
];

/// The paths of all values, in the notation of [`FIELDS`]. An empty list or object counts as a value, unless
/// [`FIELDS`] has something inside it.
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
