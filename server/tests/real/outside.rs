use serde_json::json;

use crate::harness::{Server, run, stdout, within};

#[test]
fn an_edit_made_outside_is_noticed_within_two_seconds_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let server = Server::start(folder.path(), &[]);
    let before = server.get("/api/v1/config").etag;

    // As vi writes: a new file renamed over the old one.
    let edited =
        std::fs::read_to_string(&file).unwrap().replace("LOGGING_VERBOSITY = default", "LOGGING_VERBOSITY = 3");
    let other = folder.path().join("4913");
    std::fs::write(&other, &edited).unwrap();
    std::fs::rename(&other, &file).unwrap();

    // A save that comes before it was noticed is refused too.
    let answer =
        server.call("PUT", "/api/v1/config", Some(&before), Some(json!({ "changes": { "port_number": "7570" } })));
    assert_eq!(answer.status, 412);
    assert!(answer.body["yours"]["diff"].as_str().unwrap().contains("7570"));
    assert!(answer.body["theirs"]["diff"].as_str().unwrap().contains("LOGGING_VERBOSITY = 3"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), edited);

    let noticed = within(2000, || (server.get("/api/v1/status").body["conf"]["changed_outside"] == true).then_some(()));
    assert!(noticed.is_some(), "noticed within 2 s");
    let history = server.get("/api/v1/config/history").body;
    assert_eq!(history["items"][0]["origin"], "outside");
}

#[test]
fn it_is_noticed_without_any_save() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let server = Server::start(folder.path(), &[]);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend_from_slice(b"# a colleague was here\n");
    std::fs::write(&file, &bytes).unwrap();
    assert!(
        within(2000, || (server.get("/api/v1/status").body["conf"]["changed_outside"] == true).then_some(())).is_some()
    );
}

#[test]
fn of_two_writers_one_wins_and_the_other_gets_both_changes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let etag = server.get("/api/v1/config").etag;
    let answers: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let (server, etag) = (&server, &etag);
                scope.spawn(move || {
                    server.call(
                        "PUT",
                        "/api/v1/config",
                        Some(etag),
                        Some(json!({ "changes": { "port_number": 8000 + n } })),
                    )
                })
            })
            .collect();
        writers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|a| a.status == 412).count(), 7);
    let lost = answers.iter().find(|a| a.status == 412).unwrap();
    assert!(lost.body["yours"]["diff"].as_str().unwrap().contains("+port_number = 80"), "{}", lost.body);
    assert!(!lost.body["current_etag"].as_str().unwrap().is_empty());
}

#[test]
fn the_command_line_and_the_server_share_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("license_server.conf").display().to_string();
    assert_eq!(run(&["config", "init", "--conf", &file]).status.code(), Some(0));
    let server = Server::start(folder.path(), &["--conf", &file]);
    let data = folder.path().to_str().unwrap();
    let done =
        run(&["config", "set", "port_number", "7571", "--conf", &file, "--data", data, "--comment", "from a script"]);
    assert_eq!(done.status.code(), Some(0));
    let newest = &server.get("/api/v1/config/history").body["items"][0];
    assert_eq!(newest["origin"], "command line");
    assert_eq!(newest["comment"], "from a script");
    assert_eq!(server.get("/api/v1/status").body["conf"]["changed_outside"], false);
    assert_eq!(stdout(&run(&["config", "get", "port_number", "--data", data])), "7571\n");
    let back = run(&["config", "restore", "1", "--data", data]);
    assert_eq!(back.status.code(), Some(0));
    assert_eq!(stdout(&run(&["config", "get", "port_number", "--data", data])), "default\n");
}

#[test]
fn a_text_sent_back_as_it_came_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.conf");
    let bytes = b"\xef\xbb\xbf[GLOBAL]\r\nport_number = 7569\r\n# \xff\r\nlast";
    std::fs::write(&file, bytes).unwrap();
    let server = Server::start(&folder.path().join("data"), &["--conf", file.to_str().unwrap()]);
    let config = server.get("/api/v1/config");
    let text = config.body["text"].as_str().unwrap().to_owned();
    let put = |text: &str| server.call("PUT", "/api/v1/config", Some(&config.etag), Some(json!({ "text": text })));
    assert_eq!(put(&text).status, 200);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    assert_eq!(put(&text.replace("7569", "7570")).status, 200);
    let expected = String::from_utf8_lossy(bytes).replace("7569", "7570");
    assert_eq!(String::from_utf8_lossy(&std::fs::read(&file).unwrap()), expected);
    let quoted = server.call("PUT", "/api/v1/config", Some("\"*\""), Some(json!({ "text": "gone\n" })));
    assert_eq!(quoted.status, 428);
}

#[test]
fn a_caller_that_hangs_up_leaves_no_half_done_save() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    for n in 0..40_u64 {
        let etag = server.get("/api/v1/config").etag;
        let body = json!({ "changes": { "port_number": 9000 + n } }).to_string();
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let head = format!(
            "PUT /api/v1/config HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nIf-Match: {etag}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            server.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_micros(n * 400));
        drop(stream);
    }
    // The watch has looked at least once more by then.
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let history = server.get("/api/v1/config/history").body;
    for item in history["items"].as_array().unwrap() {
        assert_ne!(item["origin"], "outside", "an own save is not taken for somebody else's edit");
    }
    assert_eq!(server.get("/api/v1/status").body["conf"]["changed_outside"], false);
}

#[test]
fn the_alarm_stays_until_somebody_has_looked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let server = Server::start(folder.path(), &[]);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend_from_slice(b"# a colleague was here\n");
    std::fs::write(&file, &bytes).unwrap();
    let alarm = || server.get("/api/v1/status").body["conf"]["changed_outside"] == true;
    assert!(within(2000, || alarm().then_some(())).is_some());
    let data = folder.path().to_str().unwrap();
    assert_eq!(run(&["config", "set", "port_number", "7999", "--data", data]).status.code(), Some(0));
    assert!(alarm(), "a script has not looked at it");
}

#[test]
fn a_lost_file_is_not_replaced_by_an_empty_one_and_can_be_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let data = folder.path().to_str().unwrap();
    let guid = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    assert_eq!(run(&["register", "--guid", guid, "--no-sync", "--data", data]).status.code(), Some(0));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run(&["config", "history", "--data", data]).status.code(), Some(0));
    let server = Server::start(folder.path(), &[]);
    assert!(!file.exists());
    assert!(server.get("/api/v1/status").body["conf"]["problem"].as_str().unwrap().contains("There is no file"));
    assert_eq!(run(&["config", "restore", "2", "--data", data]).status.code(), Some(0));
    assert!(std::fs::read_to_string(&file).unwrap().contains(guid));
}

#[test]
fn a_mistyped_data_folder_is_not_made_by_a_command_that_reads() {
    let folder = tempfile::tempdir().unwrap();
    let typo = folder.path().join("typo");
    let listed = run(&["user", "list", "--data", typo.to_str().unwrap()]);
    assert_eq!(listed.status.code(), Some(3));
    assert!(!typo.exists());
}

#[test]
fn an_empty_file_moves_nothing_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf");
    let server = Server::start(folder.path(), &[]);
    let before = std::fs::read(&file).unwrap();
    std::fs::write(&file, "").unwrap();
    let problem = within(3000, || server.get("/api/v1/status").body["conf"]["problem"].as_str().map(str::to_owned));
    assert!(problem.unwrap().contains("is empty"));
    assert_eq!(server.get("/api/v1/config/history").body["items"].as_array().unwrap().len(), 1);
    std::fs::write(&file, &before).unwrap();
    assert!(within(3000, || server.get("/api/v1/status").body["conf"]["problem"].is_null().then_some(())).is_some());
}

#[test]
fn a_registration_goes_to_the_file_that_is_named_and_a_missing_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere.conf"));
    let (data, file) = (data.to_str().unwrap(), elsewhere.to_str().unwrap());
    let guid = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";
    let register = ["register", "--guid", guid, "--no-sync", "--data", data, "--conf", file];
    for missing in [&register[..], &["sync", "--data", data, "--conf", file]] {
        let refused = run(missing);
        assert_eq!(refused.status.code(), Some(2));
        assert!(crate::harness::stderr(&refused).contains(&format!("There is no file {file}")), "{refused:?}");
    }
    assert_eq!(run(&["config", "init", "--conf", file]).status.code(), Some(0));
    assert_eq!(run(&register).status.code(), Some(0));
    assert!(std::fs::read_to_string(&elsewhere).unwrap().contains(guid));
    let server = Server::start(folder.path().join("data").as_path(), &[]);
    let other = run(&register);
    assert_eq!(other.status.code(), Some(2));
    assert!(crate::harness::stderr(&other).contains("Leave --conf out"), "{other:?}");
    drop(server);
}
