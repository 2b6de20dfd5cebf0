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
    format!(
        "{service}{registered}\n{contact}{sync}{file}\nLeasehold {}, serving since {}.\n",
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
}
