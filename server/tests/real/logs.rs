//! `license.log`: rotation, form, how much is written; reading it over the API.

use std::path::Path;
use std::time::Instant;

use licensing::log_line::LogLine;
use serde_json::{Value, json};

use crate::harness::{Server, ServerOptions, leasehold, run, stderr, stdout, within};

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn messages(answer: &Value) -> Vec<String> {
    answer["items"].as_array().unwrap().iter().map(|item| item["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_start_begins_a_new_file_and_the_kept_count_of_old_ones_stays() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--log", "info", "--license-log-keep", "2"];
    let mut server = Server::start(folder.path(), &flags);
    for start in 1..=4 {
        // It answers, so it also hears the signal. What was logged is in the file when the process is gone.
        assert_eq!(server.get("/api/v1/status").status, 200);
        assert_eq!(server.terminate().code(), Some(0));
        assert!(text(&folder.path().join("license.log")).contains("SERVER   serving "), "start {start}");
        server.again(&flags);
    }
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("license.log"))
        .collect();
    names.sort();
    assert_eq!(names, ["license.log", "license.log.1", "license.log.2"]);
    // Made by the first start; that file is gone by now.
    assert!(names.iter().all(|name| !text(&folder.path().join(name)).contains("token.create")));
}

#[test]
fn every_line_has_the_vendors_form_and_no_secret_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--log", "debug"]);
    let missing = server.get("/api/v1/nothing?token=swordfish");
    assert_eq!(missing.status, 404);
    let path = folder.path().join("license.log");
    within(3_000, || text(&path).contains("answered").then_some(())).expect("the answer is logged");
    let written = text(&path);
    for line in written.lines() {
        let parts = LogLine::parse(line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(parts.write(), line, "it is written as it is read");
        assert!(!parts.component.is_empty() && !parts.message.is_empty(), "{line}");
    }
    for component in ["SERVER", "AUDIT", "CONSOLE"] {
        assert!(
            written.lines().any(|line| LogLine::parse(line).is_some_and(|l| l.component == component)),
            "{component}"
        );
    }
    assert!(written.contains(" request="), "a line names the request it belongs to");
    for secret in [&server.token, "swordfish"] {
        assert!(!written.contains(secret), "{secret}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn a_time_zone_needs_no_files_of_the_system_and_one_that_names_none_is_an_error_in_the_log() {
    for (zone, is_known) in [("America/St_Johns", true), ("Europ/Berlin", false), ("", true)] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("said");
        // A folder without zones, as in a slim container.
        let env = [("TZ", zone), ("TZDIR", "/nowhere")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let how = ServerOptions { log: Some(log.clone()), env: env.to_vec(), ..ServerOptions::default() };
        let _server = Server::start_as(&folder.path().join("data"), &how);
        assert_eq!(text(&log).matches("names no time zone").count(), usize::from(!is_known), "{zone}: {}", text(&log));
    }
}

#[test]
fn the_file_follows_logging_verbosity_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let path = folder.path().join("license.log");
    assert_eq!(text(&path), "", "errors only, and there was none");
    let etag = server.get("/api/v1/config").etag;
    let changed = json!({ "changes": { "LOGGING_VERBOSITY": "2" } });
    assert_eq!(server.call("PUT", "/api/v1/config", Some(&etag), Some(changed)).status, 200);
    // The change counts from the moment it is noticed: what follows is written.
    within(5_000, || {
        run(&["token", "create", "--name", "later", "--role", "viewer", "--data", folder.path().to_str().unwrap()]);
        text(&path).contains("AUDIT").then_some(())
    })
    .expect("INFO is written now");
}

#[test]
fn a_refused_second_start_leaves_the_log_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path(), &["--log", "info"]);
    let second = run(&["serve", "--console", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(!folder.path().join("license.log.1").exists());
}

#[test]
fn without_a_log_file_the_server_runs_and_says_why_once() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    std::fs::write(&precious, "not a log").unwrap();
    let link = folder.path().join("link.log");
    std::os::unix::fs::symlink(&precious, &link).unwrap();
    let missing = folder.path().join("no/such/license.log");
    let cases = [
        (link.to_str().unwrap(), "is a symbolic link"),
        (precious.to_str().unwrap(), "is not a log file"),
        (missing.to_str().unwrap(), "Can't write"),
    ];
    for (path, said) in cases {
        let log = tempfile::NamedTempFile::new().unwrap();
        let data = tempfile::tempdir().unwrap();
        let more = ["--license-log", path, "--log", "info"].map(str::to_owned).to_vec();
        let server = Server::start_as(
            data.path(),
            &ServerOptions { more, log: Some(log.path().to_owned()), ..ServerOptions::default() },
        );
        assert_eq!(server.get("/api/v1/status").status, 200);
        let logged = text(log.path());
        assert_eq!(logged.matches(said).count(), 1, "{logged}");
        assert_eq!(text(&precious), "not a log");
    }
    let off = Server::start(&folder.path().join("off"), &["--license-log", "off"]);
    assert!(!folder.path().join("off/license.log").exists());
    let answer = off.get("/api/v1/logs");
    assert_eq!(answer.status, 404);
    assert!(answer.body["detail"].as_str().unwrap().contains("license_log = off"), "{}", answer.body);
    let wrong = leasehold().args(["serve", "--license-log-keep", "0", "--data"]).arg(folder.path()).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("from 1 to 1000"), "{}", stderr(&wrong));
}

#[test]
fn the_api_pages_filters_and_refuses_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..1_200)
        .map(|n| {
            format!(
                "2026-11-{:02} 10:00:00 {} VE       line {n}\n",
                1 + n / 100,
                if n % 3 == 0 { "WARN " } else { "INFO " }
            )
        })
        .collect();
    let hostile =
        "2026-11-20 10:00:00 ERROR VE       \u{1b}[31m</pre><script>alert(1)</script> VE://h:8083/1111-2222\n";
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/license.log"), format!("{lines}{hostile}")).unwrap();
    let server = Server::start(&folder.path().join("data"), &[]);
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/api/v1/logs?component=VE&before={next}"));
        assert_eq!(page.status, 200, "{}", page.body);
        found.extend(messages(&page.body));
        let Some(more) = page.body["next"].as_str() else { break };
        next = more.to_owned();
    }
    assert_eq!(found.len(), 1_201);
    assert_eq!(found[0], "\\u{1b}[31m</pre><script>alert(1)</script> VE://h:8083/[hidden]");
    assert_eq!((found[1].as_str(), found[1_200].as_str()), ("line 1199", "line 0"));
    let one = server.get("/api/v1/logs?level=warn&from=2026-11-03&to=2026-11-03T23:00&q=LINE+2&component=ve");
    assert_eq!(messages(&one.body).len(), 33, "{}", one.body);
    assert_eq!(one.body["items"][0]["file"], "license.log.1");
    assert!(one.body["items"][0]["time"].as_str().unwrap().ends_with('Z'));
    let wrong = server.get("/api/v1/logs?level=loud&from=yesterday&before=x");
    assert_eq!((wrong.status, wrong.body["errors"].as_array().map(Vec::len)), (400, Some(3)));
    assert_eq!(server.get("/api/v1/logs?before=1.2.3").status, 410);

    let made = run(&["token", "create", "--name", "v", "--role", "viewer", "--data", server.data.to_str().unwrap()]);
    let mut server = server;
    server.token = stdout(&made).trim().to_owned();
    let refused = server.get("/api/v1/logs");
    assert_eq!(refused.status, 403);
    assert!(refused.body["detail"].as_str().unwrap().contains("operator or administrator"), "{}", refused.body);
}

#[test]
fn the_first_page_of_two_gigabytes_is_there_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("license.log");
    let stamp = "2026-11-22 07:24:16";
    std::fs::write(&path, format!("{stamp} INFO  SERVER   first\n")).unwrap();
    let file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    // All holes: it takes no room.
    file.set_len(2 << 30).unwrap();
    let lines: String = (0..2_000).map(|n| format!("{stamp} INFO  SERVER   line {n}\n")).collect();
    std::io::Write::write_all(&mut &file, format!("\n{lines}").as_bytes()).unwrap();
    let server = Server::start(folder.path(), &[]);
    server.get("/api/v1/logs");
    let begun = Instant::now();
    let answer = server.get("/api/v1/logs");
    let took = begun.elapsed();
    assert_eq!(messages(&answer.body)[0], "line 1999");
    assert!(answer.body["looked"].as_u64().unwrap() < 1 << 20);
    // 200 ms is asked of the release build; this machine may be busy.
    assert!(took.as_millis() < 1_000, "{took:?}");
}
