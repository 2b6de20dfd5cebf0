//! The license of the usage monitor: with a sync, by hand, as a key file, and from the license port of another server.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::node::{TestNode, leasehold_node};
use super::world::{ExchangePair, metric};
use crate::harness::{Server, ServerOptions, stderr, stdout};

const SPAN: [&str; 4] = ["--from", "2020-01-01", "--to", "2100-12-31"];

impl ExchangePair {
    fn add_monitor_license(&self, users: &str) -> String {
        let add = ["monitor-license", "add", "--server", &self.registration.guid, "--users", users];
        self.node.command(&[&add[..], &SPAN[..]].concat()).trim().to_owned()
    }

    fn monitor(&self) -> Value {
        self.server.get("/api/v1/monitor-license").body
    }

    /// Waits until the license stands like this; what it is then.
    fn until(&self, standing: &str) -> Value {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let monitor = self.monitor();
            if monitor["monitor"]["standing"] == standing {
                return monitor;
            }
            assert!(Instant::now() < end, "it is not {standing}: {monitor}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Where a key file lies in the data folder.
    fn key_file(&self) -> PathBuf {
        let folder = self.server.data.join("licmon.swd");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("license.key")
    }

    fn write_key_file(&self) -> PathBuf {
        let file = self.key_file();
        let server = ["monitor-license", "show", "--server", &self.registration.guid];
        self.node.command(&[&server[..], &["--out", file.to_str().unwrap()]].concat());
        file
    }
}

#[test]
fn a_monitor_license_added_at_the_node_comes_with_the_next_sync() {
    let world = ExchangePair::new();
    assert_eq!(world.monitor()["monitor"]["standing"], "not_needed");
    let status = stdout(&world.cli(&["status"]));
    assert!(!status.contains("onitor license"), "{status}");
    let id = world.add_monitor_license("50");
    assert_eq!(world.sync().status, 200);
    let monitor = world.monitor();
    assert_eq!(monitor["monitor"]["standing"], "licensed", "{monitor}");
    assert_eq!((&monitor["licenses"][0]["id"], &monitor["licenses"][0]["users"]), (&id.as_str().into(), &50.into()));
    assert_eq!(monitor["sources"][0]["name"], "exchange");
    let status = stdout(&world.cli(&["status"]));
    assert!(status.contains("Monitor license until 2100-12-31T23:59:59Z: 0 of 50 users observed."), "{status}");
    assert_eq!(metric(&world.server, "leasehold_monitor_users_licensed"), Some(50.0));
    assert_eq!(metric(&world.server, "leasehold_monitor_license_violation{violation=\"expired\"}"), Some(0.0));
    let removed = world.node.command(&["monitor-license", "remove", &id]);
    assert!(removed.starts_with(&format!("Removed {id}.")), "{removed}");
    assert_eq!(world.sync().status, 200);
    let monitor = world.until("grace");
    assert_eq!(monitor["monitor"]["violation"], "expired");
    let status = stdout(&world.cli(&["status"]));
    assert!(status.contains("The monitor license has expired (since "), "{status}");
    let listed = world.node.command(&["monitor-license", "list", "--all", "--json"]);
    assert!(listed.contains("\"removed\"") && listed.contains("2100-12-31T23:59:59.999Z"), "{listed}");
}

#[test]
fn an_answer_carried_by_hand_brings_the_monitor_license() {
    let world = ExchangePair::new();
    world.add_monitor_license("7");
    let (_, report) = world.pull();
    assert!(!report.contains("locked_keys"), "nothing is locked: {report}");
    let answer = world.carry(&report);
    assert_eq!(world.push(answer.replace("\"users\":7", "\"users\":700").as_bytes()).status, 422);
    assert_eq!(world.monitor()["monitor"]["standing"], "not_needed");
    assert_eq!(world.push(answer.as_bytes()).status, 200);
    assert_eq!(world.monitor()["monitor"]["licensed"], 7);
}

#[test]
fn a_key_file_that_is_missing_is_a_violation_until_it_is_back() {
    let world = ExchangePair::new();
    world.add_monitor_license("50");
    let file = world.write_key_file();
    let monitor = world.until("licensed");
    assert_eq!(monitor["sources"][0]["address"], file.to_str().unwrap());
    let good = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let monitor = world.until("grace");
    assert_eq!(monitor["monitor"]["violation"], "unavailable");
    let problem = monitor["sources"][0]["problem"].as_str().unwrap();
    assert!(problem.starts_with("There is no key file at "), "{problem}");
    assert_eq!(metric(&world.server, "leasehold_monitor_license_violation{violation=\"unavailable\"}"), Some(1.0));
    std::fs::write(&file, good).unwrap();
    world.until("licensed");
    let audit = stdout(&world.cli(&["audit", "export"]));
    assert!(audit.contains("Read the monitor license from the key file "), "{audit}");
}

#[test]
fn a_key_file_that_is_edited_or_from_another_vendor_is_refused_in_a_sentence() {
    let world = ExchangePair::new();
    world.add_monitor_license("50");
    let file = world.write_key_file();
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let stranger = TestNode::start(&world.folder.path().join("stranger"));
    let theirs = stranger.add_server("production");
    let add = ["monitor-license", "add", "--server", &theirs.guid, "--users", "9"];
    stranger.command(&[&add[..], &SPAN[..]].concat());
    let foreign = stranger.command(&["monitor-license", "show", "--server", &theirs.guid]);
    for (text, part) in [
        (good.replace("\"users\": 50", "\"users\": 500"), "it was changed after the vendor signed it"),
        (foreign, "which this server does not trust"),
    ] {
        // As a whole, so that no half of it is read.
        let beside = file.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, &file).unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while !world.monitor()["sources"][0]["problem"].as_str().unwrap_or_default().contains(part) {
            assert!(Instant::now() < end, "{part}: {}", world.monitor());
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(!matches!(world.monitor()["monitor"]["standing"].as_str(), Some("licensed")), "{}", world.monitor());
    }
}

#[test]
fn another_server_gets_the_monitor_license_from_the_license_port() {
    let world = ExchangePair::new();
    world.add_monitor_license("50");
    assert_eq!(world.sync().status, 200);
    let other = world.node.add_server("development");
    let how = ["--reporting", "off", "--proxy", "off", "--monitor-license-server", &world.server.clients];
    let second = Server::start_as(&world.folder.path().join("second"), &ServerOptions::from(&how[..]));
    let register = ["register", "--file", &other.file, "--data", second.data.to_str().unwrap()];
    let registered = crate::harness::run(&register);
    assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let monitor = second.get("/api/v1/monitor-license").body;
        if monitor["monitor"]["standing"] == "licensed" {
            assert_eq!(monitor["sources"][0]["name"], "server");
            break;
        }
        assert!(Instant::now() < end, "{monitor}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_node_refuses_what_cannot_be_a_monitor_license() {
    let world = ExchangePair::unregistered();
    let data = world.node.data.to_str().unwrap();
    let guid = world.registration.guid.as_str();
    for (args, part) in [
        (
            &["add", "--server", guid, "--from", "2026-05-02", "--to", "2026-05-01", "--users", "5"][..],
            "--from or --to",
        ),
        (&["add", "--server", guid, "--from", "May", "--to", "2026-05-01", "--users", "5"], "is not a date"),
        (&["add", "--server", guid, "--from", "2026-05-01", "--to", "2026-05-01", "--users", "0"], "--users 0"),
        (&["show", "--server", guid], "has never had a monitor license"),
        (&["remove", "M-ABCDEFGH"], "no active monitor license M-ABCDEFGH"),
    ] {
        let refused = leasehold_node().arg("monitor-license").args(args).args(["--data", data]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
}
