//! The reporting API of the real binary, asked by a client that knows nothing of it, and by the vendor's tool.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::exchange::node::reporter_tool;
use crate::exchange::world::ExchangePair;
use crate::harness::{stderr, stdout};

/// Whether the packages of the Python client were installed before.
fn is_installed() -> bool {
    let cache = std::env::var_os("LEASEHOLD_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/leasehold")));
    cache.is_some_and(|cache| cache.join("tools/reporting-venv/installed").exists())
}

/// Asks with the Python client; its exit code and what it printed.
fn python(world: &ExchangePair, tls: bool, args: &[&str]) -> (Option<i32>, Value) {
    let registration = &world.registration;
    let mut run = Command::new("../end2end/reporting/run");
    run.args([&world.server.reporting, &registration.deployment, &registration.operator]);
    if tls {
        run.arg("--tls").arg(world.server.data.join("console.crt"));
    }
    let done = run.args(args).output().unwrap();
    let printed = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{args:?}: {}", stderr(&done)));
    (done.status.code(), printed)
}

/// Everything that client can ask, in clear or over TLS.
fn everything(tls: bool) {
    let world = ExchangePair::new();
    let (code, usage) = python(&world, tls, &["report"]);
    assert_eq!((code, &usage["session_ms"], &usage["license_usage"]), (Some(0), &json!(0), &json!({})), "{usage}");

    world.node.add_license(&world.registration.guid, "VAD", 5);
    let (code, pulled) = python(&world, tls, &["pull"]);
    assert_eq!(code, Some(0), "{pulled}");
    let id = pulled["license_status_id"].as_str().unwrap();
    let report = pulled["license_status_report_json"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(report).unwrap()["status_id"], id);
    assert_eq!(pulled["metadata"]["x-licensing-url"], format!("http://{}/", world.node.address));
    let answer = world.carry(report);
    let file = world.folder.path().join("answer.json");
    let push = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let (code, said) = python(&world, tls, &["push", file.to_str().unwrap()]);
        (code, said["status"]["code"].as_i64().unwrap_or_default(), said["status"]["message"].to_string())
    };
    // Refused inside an answer of gRPC that is OK: 3 invalid, 9 too late.
    let (code, refused, why) = push(&answer.replace("\"count\":50", "\"count\":51"));
    assert_eq!((code, refused), (Some(0), 3), "{why}");
    assert!(why.contains("signature is invalid"), "{why}");
    assert_eq!(push(&answer).1, 0);
    let (_, refused, why) = push(&answer);
    assert_eq!(refused, 9, "{why}");
    assert!(why.contains("already been used"), "{why}");
    assert!(world.licenses().contains("VAD"));

    let (_, snapshots) = python(&world, tls, &["snapshot"]);
    let snapshots = snapshots["snapshot_data"].as_array().unwrap();
    assert!(snapshots.iter().any(|snapshot| snapshot["snapshot_uuid"] == id), "{snapshots:?}");
    let (_, diagnostics) = python(&world, tls, &["diagnostics"]);
    assert_eq!(diagnostics["errorMessage"], "");
    assert!(diagnostics["versionString"].as_str().unwrap().contains("SQLite"), "{diagnostics}");
    let (code, errors) = python(&world, tls, &["errors"]);
    assert_eq!(code, Some(0), "{errors:#}");
}

#[rstest::rstest]
fn a_client_made_from_the_vendors_interface_finds_all_it_knows(#[values(false, true)] tls: bool) {
    if is_installed() {
        everything(tls);
    } else {
        println!("the packages of the client are not installed: nothing was checked");
    }
}

#[rstest::rstest]
#[ignore = "needs the Python registry; run by scripts/test"]
fn a_client_that_is_installed_now_finds_all_it_knows(#[values(false, true)] tls: bool) {
    everything(tls);
}

/// The vendor's tool, told where the API is.
fn tool(world: &ExchangePair, args: &[&str]) -> Output {
    let mut call = reporter_tool();
    call.args(["-reportingApiUri", &world.server.reporting, "-operatorId", &world.registration.operator]);
    call.args(args).output().unwrap()
}

#[test]
fn the_vendors_tool_speaks_in_clear_and_over_tls_on_one_port() {
    let world = ExchangePair::new();
    let certificate = world.server.data.join("console.crt").display().to_string();
    let deployment = world.registration.deployment.as_str();
    let report = ["-operation", "report", "-deploymentId", deployment];
    let empty = "License Usage Report: {}\n";
    assert_eq!(stdout(&tool(&world, &report)), empty);
    let over_tls = tool(&world, &[&report[..], &["-enableTls=true", "-caFile", &certificate]].concat());
    assert_eq!(stdout(&over_tls), empty, "{}", stderr(&over_tls));
    let stranger = tool(&world, &[&report[..], &["-enableTls=true"]].concat());
    assert_eq!(
        stranger.status.code(),
        Some(3),
        "a certificate nobody vouches for is not trusted: {}",
        stdout(&stranger)
    );
    assert!(stderr(&stranger).contains("-caFile"), "{}", stderr(&stranger));
    let unknown = tool(&world, &["-operation", "report", "-deploymentId", "11111111-2222-3333-4444-555555555555"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("-deploymentId"), "{}", stderr(&unknown));
}

#[test]
fn an_unregistered_server_has_no_report_and_says_so() {
    let world = ExchangePair::unregistered();
    let deployment = world.registration.deployment.as_str();
    let pulled = tool(&world, &["-operation", "cluster-pull", "-deploymentId", deployment, "-authString", "A"]);
    assert_eq!(pulled.status.code(), Some(1));
    assert!(!stdout(&pulled).contains("curl "), "{}", stdout(&pulled));
    assert!(!stderr(&pulled).is_empty());
}

#[test]
fn the_port_can_be_off_and_one_that_was_named_must_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let server = crate::harness::Server::start(folder.path(), &["--reporting", "off"]);
    assert_eq!(server.reporting, "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let other = tempfile::tempdir().unwrap();
    let data = other.path().to_str().unwrap();
    let refused = crate::harness::run(&["serve", "--console", "127.0.0.1:0", "--reporting", &address, "--data", data]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--reporting"), "{}", stderr(&refused));
}
