use std::process::{Command, Output};

use serde_json::Value;

use super::node::reporter_tool;
use super::world::ExchangePair;
use crate::harness::{stderr, stdout};

/// Runs a command as a person would paste it into a shell.
fn pasted(command: &str) -> Vec<u8> {
    let carried = Command::new("sh").args(["-c", command]).env("no_proxy", "*").output().unwrap();
    assert!(carried.status.success(), "{command}: {}", stderr(&carried));
    carried.stdout
}

#[test]
fn a_report_goes_out_with_the_printed_curl_and_its_answer_comes_in_once() {
    let world = ExchangePair::new();
    world.node.add_license(&world.registration.guid, "VAD", 5);
    let pulled = world.cli(&["exchange", "pull", "--json"]);
    assert_eq!(pulled.status.code(), Some(0), "{}", stderr(&pulled));
    let pulled: Value = serde_json::from_slice(&pulled.stdout).unwrap();
    let status_id = pulled["status_id"].as_str().unwrap();
    assert_eq!(world.entry(status_id)["state"], "open");

    let answer = pasted(pulled["curl"].as_str().unwrap());
    let file = world.folder.path().join("answer.json");
    std::fs::write(&file, &answer).unwrap();
    let pushed = world.cli(&["exchange", "push", file.to_str().unwrap()]);
    assert_eq!(pushed.status.code(), Some(0), "{}", stderr(&pushed));
    assert!(stdout(&pushed).contains("VAD: 5 concurrent licenses added."), "{}", stdout(&pushed));
    let entry = world.entry(status_id);
    assert_eq!(entry["state"], "answered");
    assert_eq!(entry["channel"], "command line");
    assert_eq!(entry["outcome"]["added"][0]["product"], "VAD");
    let listed = world.cli(&["exchange", "ledger", "--state", "answered", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["items"][0]["status_id"], status_id);

    let before = world.licenses();
    for again in
        [world.cli(&["exchange", "push", file.to_str().unwrap()]), world.cli_with(&["exchange", "push", "-"], &answer)]
    {
        assert_eq!(again.status.code(), Some(2));
        assert!(stderr(&again).contains("has already been used"), "{}", stderr(&again));
        assert!(stderr(&again).trim_end().ends_with("Nothing was changed."), "{}", stderr(&again));
    }
    assert_eq!(world.licenses(), before);
}

#[test]
fn the_report_in_a_file_is_the_report_in_the_curl_command() {
    let world = ExchangePair::new();
    let file = world.folder.path().join("report.json");
    let pulled = world.cli(&["exchange", "pull", "--json", "--out", file.to_str().unwrap()]);
    let pulled: Value = serde_json::from_slice(&pulled.stdout).unwrap();
    let report = std::fs::read_to_string(&file).unwrap();
    assert_eq!(pulled["report"], report.as_str());
    let answer = world.carry(&report);
    // A tool on the way has written it anew: indented, with CRLF, a mark at its front and its members in another order.
    let value: Value = serde_json::from_str(&answer).unwrap();
    let anew = format!("\u{feff}{value:#}\n\n").replace('\n', "\r\n");
    assert_ne!(anew.trim(), answer);
    let pushed = world.cli_with(&["exchange", "push", "-"], anew.as_bytes());
    assert_eq!(pushed.status.code(), Some(0), "{}", stderr(&pushed));
    let once = world.cli_with(&["exchange", "push", "-"], answer.as_bytes());
    assert_eq!(once.status.code(), Some(2), "it is the same answer");
}

/// The vendor's tool with the ids of this server.
fn tool(world: &ExchangePair, operation: &str, more: &[&str]) -> Output {
    let registration = &world.registration;
    reporter_tool()
        .args([
            "-operation",
            operation,
            "-deploymentId",
            &registration.deployment,
            "-operatorId",
            &registration.operator,
        ])
        .arg(format!("-reportingApiUri={}", world.server.reporting))
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn the_vendors_tool_carries_an_exchange_as_its_manual_says() {
    let world = ExchangePair::new();
    world.node.add_license(&world.registration.guid, "VAD", 5);
    let usage = tool(&world, "report", &[]);
    assert_eq!((usage.status.code(), stdout(&usage).as_str()), (Some(0), "License Usage Report: {}\n"));

    let pulled = tool(&world, "cluster-pull", &["-authString", &world.registration.auth]);
    assert_eq!(pulled.status.code(), Some(0), "{}", stderr(&pulled));
    let said = stdout(&pulled);
    let head = "## performing LicenseStatusReportPull to get license report to send to cloud from cluster...";
    assert_eq!(said.lines().next(), Some(head));
    let (_, command) =
        said.split_once("Use the following curl command (or similar) to report to LumenVox cloud...\n").unwrap();
    let answer = String::from_utf8(pasted(command)).unwrap();

    let pushed = tool(&world, "cluster-push", &["-responseJson", &answer]);
    assert_eq!(pushed.status.code(), Some(0), "{}", stderr(&pushed));
    assert!(
        stdout(&pushed).starts_with("## performing LicenseStatusReportResponsePush to send response from cloud into")
    );
    assert!(stdout(&pushed).ends_with("License Status Push Successful\n"), "{}", stdout(&pushed));
    assert!(world.licenses().contains("VAD"));
    let status_id = serde_json::from_str::<Value>(&answer).unwrap()["license-status-id"].as_str().unwrap().to_owned();
    let entry = world.entry(&status_id);
    assert_eq!((&entry["state"], &entry["channel"]), (&"answered".into(), &"reporting api".into()));
    assert_eq!(entry["answered_by"], format!("operator {}", world.registration.operator));

    let again = tool(&world, "cluster-push", &["-responseJson", &answer]);
    assert_eq!(again.status.code(), Some(1));
    assert!(!stdout(&again).contains("Successful"));
    assert!(stderr(&again).contains("has already been used"), "{}", stderr(&again));
    assert!(!stderr(&again).contains(&world.registration.auth));
}
