use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::Server;

/// Crashes spread over the saves.
const CRASHES: u32 = 20;
/// Saves in all.
const SAVES: u32 = 200;

fn port_in(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.starts_with("port_number")).expect("the file is whole");
    assert!(
        text.ends_with("[AuthenticationLogFile]\n") || text.trim_end().ends_with("[AuthenticationLogFile]"),
        "the end is there"
    );
    line.rsplit(' ').next().unwrap().to_owned()
}

/// kill −9 at any instant of a save: the file is one whole version or the next, and history agrees with it.
#[test]
fn a_crash_leaves_one_whole_version_and_a_history_that_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let mut server = Server::start(folder.path(), &[]);
    let saved = Arc::new(AtomicU32::new(0));
    let mut acknowledged = "default".to_owned();
    for round in 0..CRASHES {
        let stop = Arc::new(AtomicBool::new(false));
        let target = (round + 1) * SAVES / CRASHES;
        let pid = server.pid();
        // Different instants of a save, from its first to its last millisecond.
        let pause = std::time::Duration::from_micros(u64::from(round * 337 % 5000));
        let killer = std::thread::spawn({
            let (saved, stop) = (saved.clone(), stop.clone());
            move || {
                while saved.load(Ordering::SeqCst) < target && !stop.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                std::thread::sleep(pause);
                std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
            }
        });
        let mut attempted = acknowledged.clone();
        loop {
            let etag = server.get("/api/v1/config").etag;
            if etag.is_empty() {
                break; // crashed
            }
            let number = saved.load(Ordering::SeqCst) + 10_000 + round;
            attempted = number.to_string();
            let answer = server.call(
                "PUT",
                "/api/v1/config",
                Some(&etag),
                Some(json!({ "changes": { "port_number": attempted } })),
            );
            match answer.status {
                200 => {
                    acknowledged.clone_from(&attempted);
                    saved.fetch_add(1, Ordering::SeqCst);
                }
                0 => break,
                status => panic!("{status}: {}", answer.body),
            }
        }
        stop.store(true, Ordering::SeqCst);
        killer.join().unwrap();
        server.crash();

        let now = port_in(&file);
        assert!(now == acknowledged || now == attempted, "{now} is neither {acknowledged} nor {attempted}");
        let leftover = std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".new"))
            .count();
        assert!(leftover <= 1 + round as usize);
        server.again(&[]);
        let history = server.get("/api/v1/config/history").body;
        let newest = &history["items"][0];
        let sum: String = Sha256::digest(std::fs::read(&file).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(newest["sha256"], sum.as_str(), "history ends with what the file holds");
        assert_ne!(newest["origin"], "outside", "a cut-off save is not taken for somebody else's edit");
        assert_eq!(server.get("/api/v1/status").body["conf"]["changed_outside"], false);
        acknowledged = now;
    }
    assert!(saved.load(Ordering::SeqCst) >= SAVES);
}
