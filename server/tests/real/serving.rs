use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::{Server, leasehold, run, stderr, stdout, within};

#[test]
fn a_port_in_use_is_one_sentence_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let refused = run(&["serve", "--console", &format!("127.0.0.1:{port}"), "--data", folder.path().to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains(&format!("is using port {port}")), "{}", stderr(&refused));
    assert_eq!(stderr(&refused).lines().count(), 1);
}

#[test]
fn sigterm_ends_it_cleanly_within_five_seconds_even_with_open_streams() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let request = format!("GET /events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n", server.token);
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut first = [0; 15];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let start = Instant::now();
    let status = server.terminate();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(status.code(), Some(0));
    assert!(!folder.path().join("control.sock").exists());
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path(), &[]);
    let second = run(&["serve", "--console", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("Another Leasehold is using the data folder"), "{}", stderr(&second));
}

#[test]
fn settings_come_from_flag_environment_file_and_default_in_that_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leasehold.toml");
    std::fs::write(&file, "console = \"127.0.0.1:1111\"\nhosts = \"lic-01\"\ndata = \"from-file\"\n").unwrap();
    let output = leasehold()
        .args(["config", "sources", "--json", "--data", "from-flag", "--config"])
        .arg(&file)
        .env("LEASEHOLD_CONSOLE", "127.0.0.1:2222")
        .output()
        .unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let get = |name: &str| found["items"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    assert_eq!(get("data")["source"], "flag --data");
    assert_eq!(get("console")["source"], "environment LEASEHOLD_CONSOLE");
    assert_eq!(get("console")["value"], "127.0.0.1:2222");
    assert_eq!(get("hosts")["source"], "leasehold.toml");
    assert_eq!(get("log")["source"], "default");
}

#[test]
fn health_is_open_and_readiness_lists_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere.conf");
    let server = Server::start(&folder.path().join("data"), &["--conf", missing.to_str().unwrap()]);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    assert_eq!(agent.get(format!("{}/livez", server.url)).call().unwrap().status().as_u16(), 200);
    let mut ready = agent.get(format!("{}/readyz", server.url)).call().unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    let body: serde_json::Value = ready.body_mut().read_json().unwrap();
    assert_eq!(body["missing"].as_array().unwrap().len(), 1);
    let config = server.get("/api/v1/config");
    assert_eq!(config.status, 503);
    assert!(config.body["detail"].as_str().unwrap().contains("There is no file"), "{}", config.body);
}

#[test]
fn a_console_beyond_loopback_speaks_tls_and_names_its_certificate() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let mut child = leasehold()
        .args(["serve", "--console", "0.0.0.0:0", "--clients", "off", "--data"])
        .arg(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .take_while(|l| l != "ready")
        .collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines.iter().any(|l| l.starts_with("console: https://")), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("certificate: SHA-256 ")), "{lines:?}");
}

#[test]
fn the_setup_link_is_printed_again_until_the_server_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start(folder.path(), &[]);
    let link = stdout(&run(&["setup-link", "--data", data]));
    assert!(link.starts_with(&format!("{}/setup?token=", server.url)), "{link}");
    let added = crate::harness::run_with_input(
        &["user", "add", "ann", "--role", "administrator", "--password-stdin", "--data", data],
        "seven green lamps hum",
    );
    assert_eq!(added.status.code(), Some(0));
    let claimed = run(&["setup-link", "--data", data]);
    assert_eq!(claimed.status.code(), Some(1));
    assert!(!folder.path().join("setup-token").exists());
}

#[test]
fn a_long_data_path_stops_neither_the_server_nor_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("long".repeat(40));
    let server = Server::start(&data, &[]);
    assert!(data.join("control.sock").as_os_str().len() > 107);
    assert_eq!(run(&["status", "--data", data.to_str().unwrap()]).status.code(), Some(0));
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn a_folder_whose_database_is_gone_gets_a_new_one_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    server.terminate();
    drop(server);
    std::fs::remove_file(folder.path().join("leasehold.db")).unwrap();
    let what_to_do = format!("`leasehold serve --new-database --data {data}`");
    for command in [&["serve", "--console", "127.0.0.1:0"][..], &["setup-link"], &["user", "list"], &["demo-data"]] {
        let refused = run(&[command, &["--data", data]].concat());
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {refused:?}");
        assert!(stderr(&refused).contains(&what_to_do), "{command:?}: {}", stderr(&refused));
    }
    assert!(!folder.path().join("leasehold.db").exists());
    let _server = Server::start(folder.path(), &["--new-database"]);
}

#[test]
fn a_database_that_is_removed_while_the_server_runs_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    std::fs::remove_file(folder.path().join("leasehold.db")).unwrap();
    let told = within(15_000, || {
        let ready = server.get("/readyz");
        (ready.status == 503).then(|| ready.body["missing"].to_string())
    });
    assert!(told.unwrap().contains("was removed or replaced"));
}
