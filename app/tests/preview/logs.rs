//! The pages of the log in their states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{MINUTE, NOW, administrator};
use app::pages::logs::*;
use leptos::prelude::*;

fn row(number: usize, level: &str, component: &str, message: &str) -> LogRow {
    LogRow {
        at: format!("1.2.{number}"),
        day: "Sunday, 22 November 2026".into(),
        time: format!("08:{number:02}:00"),
        machine_time: format!("2026-11-22T08:{number:02}:00"),
        level: level.into(),
        component: component.into(),
        message: message.into(),
        line: format!("2026-11-22 08:{number:02}:00 {level} {component} {message}"),
        ..LogRow::default()
    }
}

fn lines() -> Vec<LogRow> {
    vec![
        row(40, "FATAL", "VE", "\\u{1b}[31m</pre><script>alert(1)</script> VE://10.1.1.1:8083/[hidden]"),
        row(39, "ERROR", "LEASES", "the database did not respond to a client request error=\"database is locked\""),
        row(38, "WARN", "EXCHANGE", "no answer from a licensing node: nothing listens at this port."),
        row(37, "INFO", "SERVER", &"a-word-that-never-ends".repeat(40)),
        LogRow { level: String::new(), component: String::new(), ..row(36, "", "", "no form at all") },
    ]
}

fn loaded() -> LogsPage {
    let file = |name: &str, began: Option<&str>| LogFileRow {
        name: name.into(),
        id: "1".into(),
        size: "20 kB".into(),
        began: began.map(str::to_owned),
        written_ms: NOW - MINUTE,
    };
    LogsPage {
        lines: lines(),
        older: Some("/logs?before=1.2.36".into()),
        looked: Some(Looked { size: "64 MB".into(), back_to: Some("2026-11-20 10:00:00".into()) }),
        files: vec![file("license.log", None), file("license.log.1", Some("2026-11-19 00:00:00"))],
        verbosity: "Only errors and sync reminders are logged.".into(),
        ..LogsPage::default()
    }
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let shown = |name: &str, data: LogsPage| {
        inside(name, administrator("/logs"), move || view! { <LogsView data=data /> }.into_any())
    };
    let filter = |q: &str| LogsFilter { q: q.into(), level: "warn".into(), ..LogsFilter::default() };
    let empty = || LogsPage { lines: Vec::new(), older: None, looked: None, ..loaded() };
    let mut place = lines();
    place[2].marked = true;
    vec![
        shown("logs", loaded()),
        shown("logs-empty", empty()),
        shown("logs-filtered", LogsPage { filter: filter("node"), ..loaded() }),
        shown("logs-nothing", LogsPage { filter: filter("zebra"), ..empty() }),
        shown("logs-gone", LogsPage { gone: true, ..empty() }),
        shown(
            "logs-place",
            LogsPage { filter: LogsFilter { at: "1.2.38".into(), ..LogsFilter::default() }, lines: place, ..loaded() },
        ),
        shown(
            "logs-refused",
            LogsPage {
                filter: LogsFilter { from: "yesterday".into(), ..LogsFilter::default() },
                refused: vec![("from".into(), "Not a time.".into())],
                ..empty()
            },
        ),
        shown(
            "logs-off",
            LogsPage {
                trouble: Some(Trouble::Off("The log file is turned off (license_log = off).".into())),
                files: Vec::new(),
                ..empty()
            },
        ),
    ]
}
