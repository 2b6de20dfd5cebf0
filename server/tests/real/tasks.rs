//! Background tasks that panic, by a variable that only debug builds look at.

use std::collections::BTreeMap;
use std::net::TcpStream;

use serde_json::json;

use crate::harness::{Server, ServerOptions, run, within};

/// The names of all background tasks, from the table of docs/OPERATING.md.
fn documented() -> Vec<String> {
    let text = include_str!("../../../docs/OPERATING.md");
    let section = text.split("### Background tasks").nth(1).expect("the section is there");
    let rows = section.split("\n#").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect()
}

fn restarts(server: &Server) -> BTreeMap<String, u64> {
    let text = ureq::get(format!("{}/metrics", server.url)).call().unwrap().body_mut().read_to_string().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("leasehold_task_restarts_total{task=\""));
    lines.filter_map(|line| line.split_once("\"} ")).map(|(name, n)| (name.to_owned(), n.parse().unwrap())).collect()
}

fn panicking(folder: &std::path::Path, plan: &str) -> (Server, std::path::PathBuf) {
    let log = folder.join("stderr");
    let how = ServerOptions {
        more: ["--ve", "127.0.0.1:0", "--reporting", "127.0.0.1:0"].map(str::to_owned).into(),
        log: Some(log.clone()),
        env: vec![("LEASEHOLD_TEST_PANICS".to_owned(), plan.to_owned())],
        ..ServerOptions::default()
    };
    (Server::start_as(&folder.join("data"), &how), log)
}

#[test]
fn every_background_task_that_panics_is_restarted_counted_and_logged_once_and_the_service_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (server, log) = panicking(folder.path(), "*=1");
    let once: BTreeMap<String, u64> = documented().into_iter().map(|name| (name, 1)).collect();
    assert!(once.len() >= 12, "{once:?}");
    let counted = within(10_000, || Some(restarts(&server)).filter(|counted| *counted == once));
    assert!(counted.is_some(), "expected {once:?}, found {:?}", restarts(&server));

    let log = std::fs::read_to_string(log).unwrap();
    for name in once.keys() {
        let said = log.lines().filter(|line| line.contains("ERROR") && line.contains(&format!("task=\"{name}\"")));
        assert_eq!(said.count(), 1, "{name}\n{log}");
    }
    assert_eq!(server.get("/readyz").status, 200);
    assert!(restarts(&server).contains_key("leases"));

    let conf = server.data.join("license_server.conf");
    let text = std::fs::read_to_string(&conf).unwrap();
    std::fs::write(&conf, format!("{text}\n# edited\n")).unwrap();
    let noticed =
        within(5_000, || (server.get("/api/v1/status").body["conf"]["changed_outside"] == true).then_some(()));
    assert!(noticed.is_some(), "an edit is noticed");
    let hello = json!({"protocol":1,"client":"a","run":"a-run","name":"a"}).to_string();
    let welcome = ureq::post(format!("http://{}/v1/hello", server.clients)).send(hello).unwrap();
    assert_eq!(welcome.status().as_u16(), 200, "what a client is granted is stored");
    for address in [&server.ve, &server.reporting] {
        TcpStream::connect(address).unwrap();
    }
    assert_eq!(run(&["status", "--data", server.data.to_str().unwrap()]).status.code(), Some(0));
    let written = within(2_000, || {
        let text = std::fs::read_to_string(server.data.join("license.log")).unwrap();
        text.contains("license-log was told to").then_some(())
    });
    assert!(written.is_some(), "license.log is written");
}

#[test]
fn a_task_that_keeps_failing_makes_the_server_unready_and_ends_it_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, log) = panicking(folder.path(), "leases=99");
    let missing = within(20_000, || {
        let ready = server.get("/readyz");
        (ready.status == 503).then(|| ready.body["missing"].to_string())
    });
    let missing = missing.expect("it is not ready after five failures");
    assert!(missing.contains("The background task leases keeps failing"), "{missing}");
    let ended = server.ended(60_000).expect("it ends after eight");
    assert_eq!(ended.code(), Some(1));
    let log = std::fs::read_to_string(log).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("The background task leases failed 8 times in 5 minutes"), "{log}");
    assert!(!server.data.join("control.sock").exists(), "it ended in order");
}
