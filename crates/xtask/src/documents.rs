//! The documents that are made from the code. The test compares them, and writes them for `make docs`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::CommandFactory;
use licensing::conf::setting::SETTINGS;
use licensing::contact::{
    CONFIRMED_AFTER, DAY, LONGEST_JUMP, LONGEST_OFF, LONGEST_PAUSE, Limit, Millis, PHASES, PhaseLogLevel, TOLERANCE,
};
use licensing::status_report::FIELDS;

/// Makes a document.
type Makes = fn() -> String;

/// Each document's name, and what makes it.
const DOCUMENTS: [(&str, Makes); 5] = [
    ("openapi.json", leasehold::api_description),
    ("SETTINGS.md", settings),
    ("COMMANDS.md", commands),
    ("CONTACT.md", contact),
    ("REPORT.md", report),
];

fn settings() -> String {
    let mut text = "# Settings\n\nMade from the code by `make docs`.\n\n## license_server.conf\n\nThe vendor's file. The word `default` means the built-in value and stays that word.\n".to_owned();
    for setting in SETTINGS {
        let default = if setting.default.is_empty() { "(empty)".to_owned() } else { format!("`{}`", setting.default) };
        let _ = write!(
            text,
            "\n### {}\n\n{}. {}\n\n- allowed: {}\n- default: {default}\n- a change takes effect: {}\n",
            setting.key,
            setting.label,
            setting.help,
            setting.allowed,
            if setting.effect.as_str() == "live" { "now" } else { "after a restart of Leasehold" },
        );
    }
    text.push_str("\n## Leasehold's own settings\n\nA flag overrides the environment, which overrides `leasehold.toml`, which overrides the default. `leasehold config sources` shows each value and where it comes from.\n\n| in leasehold.toml | flag | variable | what it does |\n|---|---|---|---|\n");
    for setting in leasehold::DESCRIBED {
        let _ = writeln!(
            text,
            "| `{0}` | `--{0}` | `{1}` | {2} |",
            setting.name,
            leasehold::variable(setting.name),
            setting.help
        );
    }
    text
}

fn contact() -> String {
    let limit = Limit::default();
    let mut text = format!(
        "# The contact clock\n\nMade from the code by `make docs`. Days are whole days since the last verified exchange, by measured time: setting the machine's clock does not change them. A license may extend the limit of {} days; the states from Reminder on then keep their distance to it. Nothing shortens it.\n\n| state | from day | log | what it means |\n|---|---|---|---|\n",
        limit.days()
    );
    for rule in PHASES {
        let from = rule.phase.first_day(limit).map_or_else(|| "–".to_owned(), |day| day.to_string());
        let level = match rule.report.level {
            PhaseLogLevel::Info => "info",
            PhaseLogLevel::Warn => "warn",
            PhaseLogLevel::Error => "error",
        };
        let every = match rule.report.every.map(|ms| ms / 3_600_000) {
            None => "once".to_owned(),
            Some(1) => "every hour".to_owned(),
            Some(24) => "every day".to_owned(),
            Some(hours) => format!("every {hours} h"),
        };
        let _ = writeln!(text, "| `{}` {} | {from} | {level}, {every} | {} |", rule.phase, rule.label, rule.effect);
    }
    text.push_str("\nThe same table drives the console, `GET /api/v1/status` (`contact`), `/metrics` (`license_days_since_sync`, `license_contact_state`) and the log.\n");
    let days = |ms: Millis| ms / DAY;
    let _ = write!(
        text,
        include_str!("clocks.md"),
        tolerance = TOLERANCE / 60_000,
        off = days(LONGEST_OFF),
        confirmed = days(CONFIRMED_AFTER),
        years = days(LONGEST_JUMP) / 365,
        pause = days(LONGEST_PAUSE),
    );
    text
}

fn report() -> String {
    let mut text = "# Contents of a report\n\nMade from the code by `make docs`. Only these fields leave this server; a test fails if one is added.\n\n| field | content |\n|---|---|\n".to_owned();
    for field in FIELDS {
        let _ = writeln!(text, "| `{}` | {} |", field.path, field.meaning);
    }
    text
}

fn commands() -> String {
    let mut text = "# Commands\n\nMade from the code by `make docs`. `leasehold` is the license server, `leasehold-node` the vendor's side. Exit codes: 0 done · 1 failed, or findings · 2 wrong usage or refused input · 3 the server it needs does not respond.\n".to_owned();
    for root in [leasehold::commands(), node::cli::Cli::command()] {
        let mut root = root.term_width(100);
        root.build();
        let name = root.get_name().to_owned();
        section(&mut text, &mut root, &name);
    }
    text
}

fn section(text: &mut String, command: &mut clap::Command, name: &str) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n## {name}\n\n```\n{}\n```\n", lines.join("\n").trim_end());
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        section(text, sub, &name);
    }
}

#[test]
fn the_documents_say_what_the_code_says() {
    for (name, text) in DOCUMENTS {
        let path = PathBuf::from("../../docs").join(name);
        if std::env::var_os("WRITE_DOCUMENTS").is_some() {
            std::fs::write(&path, text()).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept == text(), "docs/{name} is out of date; run `make docs`");
    }
}

/// All files with this ending under a folder, joined.
fn sources(folder: &std::path::Path, ending: &str, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default();
            if name != "target" && name != "node_modules" {
                sources(&path, ending, into);
            }
        } else if path.extension().is_some_and(|extension| extension == ending) {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_promise_of_the_threat_model_names_tests_that_exist() {
    let root = PathBuf::from("../..");
    let (mut rust, mut browser) = (String::new(), String::new());
    for folder in ["app", "crates", "server"] {
        sources(&root.join(folder), "rs", &mut rust);
    }
    sources(&root.join("end2end"), "ts", &mut browser);
    let document = std::fs::read_to_string(root.join("docs/THREAT-MODEL.md")).unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut promises = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, _, promise, tests] = cells[..] else { panic!("four cells, not {}: {row}", cells.len()) };
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test for: {promise}");
        for name in names {
            let exists = rust.contains(&format!("fn {name}(")) || browser.contains(&format!("test('{name}'"));
            assert!(exists, "no test is called {name}; it is named for: {promise}");
        }
        promises += 1;
    }
    assert!(promises > 30, "the table was found");
}
