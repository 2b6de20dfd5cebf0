use clap::Args;
use serde_json::Value;

use super::Common;
use super::ask::{Call, Remote};
use super::output::text;
use crate::exit::Done;

/// `leasehold status`
#[derive(Debug, Args)]
pub struct StatusCommand {
    #[command(flatten)]
    common: Common,
}

impl StatusCommand {
    pub async fn run(self, remote: &Remote) -> Done {
        self.common.perform(remote, Call::get("/api/v1/status").of_a_server(), plain).await
    }
}

fn plain(value: &Value) -> String {
    let conf = &value["conf"];
    let known = if conf["problem"].is_null() { "" } else { "As last known: " };
    let registered = if value["registered"] == true {
        format!("{known}registered as {}.", text(value, "guid"))
    } else {
        format!("{known}not registered; license_server.conf has no GUID, or flexible licensing is off.")
    };
    let file = match conf["problem"].as_str() {
        Some(problem) => problem.to_owned(),
        None if conf["changed_outside"] == true => {
            format!(
                "{} was changed outside Leasehold (revision {}); review the change in the console.",
                text(conf, "path"),
                conf["revision"]
            )
        }
        None => format!("{} is at revision {}.", text(conf, "path"), conf["revision"]),
    };
    let contact = contact(&value["contact"], value["registered"] == true);
    let sync = sync(&value["attention"]);
    let service = service(&value["service"]);
    let monitor = monitor(&value["monitor"]);
    format!(
        "{service}{registered}\n{contact}{sync}{monitor}{file}\nLeasehold {}, serving since {}.\n",
        text(value, "version"),
        text(value, "started_at")
    )
}

/// Who serves, what happens next, and what to do.
fn service(service: &Value) -> String {
    let Some(sentence) = service["sentence"].as_str() else { return String::new() };
    let mut lines = vec![sentence.to_owned()];
    lines.extend(service["next"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    for step in service["steps"].as_array().into_iter().flatten() {
        lines.push(format!("To do: {}", text(step, "text")));
        lines.extend(step["command"].as_str().map(|command| format!("  {command}")));
    }
    lines.join("\n") + "\n"
}

/// Why the last sync failed, in the words of the overview; empty when it did not.
fn sync(attention: &Value) -> String {
    let parts = attention.as_array().into_iter().flatten().filter(|part| part["part"] == "sync");
    let issues = parts.flat_map(|part| part["issues"].as_array().into_iter().flatten());
    let failed = issues.filter(|issue| ["Refused", "Failing"].iter().any(|state| issue["state"] == *state));
    failed.map(|issue| text(issue, "sentence") + "\n").collect()
}

/// The license of the usage monitor; empty where none was ever installed.
fn monitor(monitor: &Value) -> String {
    let violation = match text(monitor, "violation").as_str() {
        "unavailable" => "can't be read",
        "too-many-users" => "is for fewer users than were observed",
        _ => "has expired",
    };
    let (users, licensed) = (text(monitor, "users"), text(monitor, "licensed"));
    let (since, ends) = (text(monitor, "since"), text(monitor, "ends"));
    match text(monitor, "standing").as_str() {
        "licensed" => format!("Monitor license until {ends}: {users} of {licensed} users observed.\n"),
        "grace" => format!("The monitor license {violation} (since {since}). Usage records are locked from {ends}.\n"),
        "locking" => format!("The monitor license {violation} (since {since}). Usage records are being locked.\n"),
        _ => String::new(),
    }
}

fn contact(contact: &Value, registered: bool) -> String {
    if !registered {
        return String::new();
    }
    let Some(days) = contact["days"].as_u64() else {
        return "Never synced: there are no licenses yet.\n".to_owned();
    };
    let ago = match days {
        0 => "less than a day ago".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    };
    let clock = match contact["clock_off_minutes"].as_i64() {
        Some(minutes) => {
            let (days, hours) = (minutes.unsigned_abs() / 1440, minutes.unsigned_abs() / 60 % 24);
            let way = if minutes > 0 { "ahead of" } else { "behind" };
            format!(
                " This machine's clock is {days} d {hours} h {} min {way} the measured time and is ignored.",
                minutes.unsigned_abs() % 60
            )
        }
        None => String::new(),
    };
    format!(
        "Last synced {ago}: {} {}{clock}\n",
        match text(contact, "state").as_str() {
            "in_touch" => "connected.".to_owned(),
            other => other.replace('_', " ") + ".",
        },
        text(contact, "effect")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refused_sync_is_told_in_the_words_of_the_overview() {
        let issue = |state: &str, sentence: &str| json!({ "state": state, "sentence": sentence });
        let refused = issue("Refused", "The last sync failed. The node a:80 refused: No.");
        let attention = json!([
            { "part": "service", "issues": [issue("Failing", "Something else.")] },
            { "part": "sync", "issues": [refused, issue("Overdue", "The sync is overdue.")] },
        ]);
        assert_eq!(sync(&attention), "The last sync failed. The node a:80 refused: No.\n");
        assert_eq!(sync(&json!([])), "");
    }

    #[test]
    fn the_monitor_license_is_told_where_there_ever_was_one() {
        let of = |standing: &str, violation: Option<&str>| {
            monitor(
                &json!({ "standing": standing, "violation": violation, "since": "S", "ends": "E", "users": 56, "licensed": 50 }),
            )
        };
        assert_eq!(of("not_needed", None), "");
        assert_eq!(of("licensed", None), "Monitor license until E: 56 of 50 users observed.\n");
        assert_eq!(
            of("grace", Some("unavailable")),
            "The monitor license can't be read (since S). Usage records are locked from E.\n"
        );
        assert_eq!(
            of("locking", Some("expired")),
            "The monitor license has expired (since S). Usage records are being locked.\n"
        );
    }
}
