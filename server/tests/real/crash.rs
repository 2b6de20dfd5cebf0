use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::{Server, run, stderr};

/// Saves, each hit by a `kill -9`.
const SAVES: u64 = 200;

/// The port in the file; fails when the file is not whole.
fn port_in(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.trim_end().ends_with("[AuthenticationLogFile]"), "the end is there");
    let line = text.lines().find(|line| line.starts_with("port_number")).expect("the setting is there");
    line.rsplit(' ').next().unwrap().to_owned()
}

/// kill −9 at any instant of a save: the file is one whole version or the next, and history agrees with it.
#[test]
fn a_crash_leaves_one_whole_version_and_a_history_that_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let mut server = Server::start(folder.path(), &[]);
    let mut before = "default".to_owned();
    let (mut old, mut new) = (0, 0);
    for round in 0..SAVES {
        let etag = server.get("/api/v1/config").etag;
        let after = (10_000 + round).to_string();
        let pid = server.pid().to_string();
        // From the first to the last moment of a save, in no order.
        let pause = Duration::from_micros(round * 1_337 % 16_000);
        let status = std::thread::scope(|scope| {
            let change = json!({ "changes": { "port_number": after } });
            let save = scope.spawn(|| server.call("PUT", "/api/v1/config", Some(&etag), Some(change)).status);
            std::thread::sleep(pause);
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            save.join().unwrap()
        });
        server.crash();

        let now = port_in(&file);
        assert!(now == before || now == after, "{now} is neither {before} nor {after}");
        assert!(status != 200 || now == after, "an acknowledged save is durable");
        if now == after {
            new += 1
        } else {
            old += 1
        }
        server.again(&[]);
        let newest = &server.get("/api/v1/config/history").body["items"][0];
        let sum: String = Sha256::digest(std::fs::read(&file).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(newest["sha256"], sum.as_str(), "history ends with what the file holds");
        assert_ne!(newest["origin"], "outside", "a cut-off save is not taken for somebody else's edit");
        assert_eq!(server.get("/api/v1/status").body["conf"]["changed_outside"], false);
        let litter = std::fs::read_dir(folder.path()).unwrap();
        let litter = litter.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".new")).count();
        assert_eq!(litter, 0, "a temporary file of a cut-off save is removed at the next start");
        before = now;
    }
    println!("{SAVES} saves, each hit by kill -9: {old} left the old version, {new} the new one");
    assert!(old > 0 && new > 0, "the crashes fell on both sides of the rename");
}

/// Registrations, each hit by a `kill -9`.
const REGISTRATIONS: u64 = 40;

/// kill −9 at any instant of a registration: the GUID is in the file and what belongs to it is known, or neither.
#[test]
fn a_crash_leaves_a_whole_registration_or_none() {
    let (mut whole, mut none) = (0, 0);
    for round in 0..REGISTRATIONS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let mut server = Server::start(folder.path(), &[]);
        let pid = server.pid().to_string();
        // From the start of the command to its end, in no order.
        let pause = Duration::from_micros(round * 7_337 % 60_000);
        let status = std::thread::scope(|scope| {
            let guid = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
            let register = scope
                .spawn(|| run(&["register", "--guid", guid, "--auth", "s3cret", "--no-sync", "--data", data]).status);
            std::thread::sleep(pause);
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            register.join().unwrap()
        });
        server.crash();
        server.again(&[]);
        let registered = server.get("/api/v1/status").body["registered"] == true;
        assert!(!status.success() || registered, "an acknowledged registration is durable");
        // Without a trusted key nothing is sent: what is missing is said.
        let said = stderr(&run(&["sync", "--data", data]));
        let missing = if registered { "This server trusts no vendor key yet" } else { "This server is not registered" };
        assert!(said.contains(missing), "{said}");
        if registered { whole += 1 } else { none += 1 }
    }
    println!("{REGISTRATIONS} registrations, each hit by kill -9: {none} left nothing, {whole} are whole");
    assert!(whole > 0 && none > 0, "the crashes fell on both sides of the registration");
}
