//! A backup of a server that is being written to, and what a server says that was restored from it elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::Value;

use crate::exchange::world::ExchangePair;
use crate::harness::{Server, run, run_with_input, stderr, stdout};

/// Some use: the examples of the document, which end with a record.
fn use_licenses(port: &str) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let document = include_str!("../../../docs/CLIENT-PROTOCOL.md");
    let examples = document
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| serde_json::from_str::<Value>(rest.split("```").next()?).ok())
        .filter(|example| example.get("client").is_some());
    for (call, example) in ["hello", "refresh", "records", "goodbye"].into_iter().zip(examples) {
        let body = example.to_string().replace("SPEECH", "TTS3_QUIXOTIC");
        let answer = agent.post(format!("http://{port}/v1/{call}")).send(body).unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{call}");
    }
}

fn usage(server: &Server) -> Value {
    let mut answer = server.get("/api/v1/usage?from=2020-01-01&to=2040-01-01").body;
    answer["items"].take()
}

fn names(server: &Server) -> Vec<String> {
    let users = server.get("/api/v1/users").body;
    users["items"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_server_restored_elsewhere_tells_the_same_as_the_one_that_was_backed_up_at_work() {
    let world = ExchangePair::new();
    use_licenses(&world.server.clients);
    let used = usage(&world.server);
    assert!(used.as_array().is_some_and(|items| !items.is_empty()), "{used}");
    let (done, made) = (AtomicBool::new(false), AtomicU32::new(0));
    let file = world.folder.path().join("copy.tar.zst");
    let data = world.server.data.to_str().unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let name = format!("u{}", made.load(Ordering::SeqCst));
                let args = ["user", "add", &name, "--password-stdin", "--data", data];
                let added = run_with_input(&args, "seven green lamps hum");
                assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
                made.fetch_add(1, Ordering::SeqCst);
            }
        });
        let backed_up = world.cli(&["backup", "--out", file.to_str().unwrap()]);
        done.store(true, Ordering::SeqCst);
        assert_eq!(backed_up.status.code(), Some(0), "{}", stderr(&backed_up));
        assert!(stdout(&backed_up).starts_with("Made and verified the backup "), "{}", stdout(&backed_up));
    });

    // A running server is left alone.
    let refused = world.cli(&["restore", file.to_str().unwrap(), "--replace"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
    assert!(stderr(&refused).contains("Stop it, then restore."), "{}", stderr(&refused));

    let other = world.folder.path().join("other");
    let args = ["restore", file.to_str().unwrap(), "--data", other.to_str().unwrap()];
    let restored = run(&args);
    assert_eq!(restored.status.code(), Some(0), "{}", stderr(&restored));
    let again = run(&args);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--replace"), "{}", stderr(&again));

    let server = Server::start(&other, &["--reporting", "off"]);
    assert_eq!(usage(&server), used);
    let users = names(&server);
    assert!(users.len() <= made.load(Ordering::SeqCst) as usize, "{users:?}");
    assert!(names(&world.server).starts_with(&users) || users.iter().all(|name| names(&world.server).contains(name)));
    let verified = run(&["audit", "verify", "--data", other.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    let entries = server.get("/api/v1/audit?what=backup.restore").body;
    let told = entries["items"][0]["sentence"].as_str().unwrap_or_default().to_owned();
    assert!(told.starts_with("Restored the backup copy.tar.zst"), "{entries}");
    let licenses = |server: &Server| server.get("/api/v1/licenses").body["items"].as_array().map(Vec::len);
    assert_eq!(licenses(&server), licenses(&world.server));
}

#[test]
fn a_damaged_file_is_refused_and_no_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let data = data.to_str().unwrap();
    let made = run(&["config", "set", "port_number", "7580", "--data", data]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let file = folder.path().join("b.tar.zst");
    let backed_up = run(&["backup", "--out", file.to_str().unwrap(), "--data", data, "--json"]);
    assert_eq!(backed_up.status.code(), Some(0), "{}", stderr(&backed_up));
    let told: Value = serde_json::from_slice(&backed_up.stdout).unwrap();
    assert_eq!((told["verified"].as_bool(), told["copy"].as_str()), (Some(true), file.to_str()));
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let refused = run(&["restore", file.to_str().unwrap(), "--data", other.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("damaged") && !other.exists(), "{}", stderr(&refused));
}
