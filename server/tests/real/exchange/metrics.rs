use std::io::Write;
use std::process::{Command, Stdio};

use super::world::{ExchangePair, dead, metric, text_of};

#[test]
fn metrics_of_an_exchange_tell_what_console_and_api_tell() {
    let world = ExchangePair::new();
    world.node.add_license(&world.registration.guid, "VAD", 7);
    assert_eq!(world.sync().status, 200);
    world.set_nodes(&[&dead(1)[0]]);
    assert_eq!(world.sync().status, 502);
    let value = |name: &str| metric(&world.server, name).unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(value("license_days_since_sync"), 0.0);
    assert_eq!(value("license_contact_state{state=\"in_touch\"}"), 1.0);
    assert_eq!(value("license_contact_state{state=\"lapsed\"}"), 0.0);
    assert_eq!(value("license_in_service"), 1.0);
    assert_eq!(value("leasehold_exchange_failed_rounds"), 1.0);
    let serial = world.server.get("/api/v1/licenses").body["serial"].as_f64().unwrap();
    assert_eq!(value("license_serial"), serial);
    assert_eq!(value("license_licensed{product=\"VAD\",kind=\"concurrent\",state=\"active\"}"), 7.0);
    let text = text_of(&world.server, "/metrics");
    assert!(text.contains("# HELP license_days_since_sync Number of days since last valid license synchronization\n"));
    assert!(text.contains("# TYPE license_days_since_sync gauge\n"));
    assert!(!text.contains(&world.registration.auth));
}

#[test]
fn promtool_finds_nothing_but_the_unit_of_the_vendors_own_metric() {
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("promtool is not installed: nothing was checked");
        return;
    }
    let world = ExchangePair::new();
    assert_eq!(world.sync().status, 200);
    world.push(b"{}");
    world.set_nodes(&[&dead(1)[0]]);
    assert_eq!(world.sync().status, 502);
    let mut check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(text_of(&world.server, "/metrics").as_bytes()).unwrap();
    let said = check.wait_with_output().unwrap();
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // The name is the vendor's; others scrape it.
    let others: Vec<&str> =
        said.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("license_days_since_sync ")).collect();
    assert_eq!(others, [""; 0]);
}
