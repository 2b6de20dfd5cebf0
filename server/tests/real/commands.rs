use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::VendorSecret;

use crate::exchange::node::{leasehold_node, reporter_tool};
use crate::harness::{leasehold, run, run_with_input, stderr, stdout};

/// A file with every oddity seen in the field.
const ODD: &[u8] = b"\xef\xbb\xbf# comment\r\n* a comment without its sign\r\n[global]\r\n\tPort_Number = 7569  \r\nUNKNOWN = x\xff\r\n\
    USE_FLEX_REPORTING_HTTPS=default\r\nLICENSE_SERVER_GUID =\r\n[Other]\r\nport_number = 1";

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(bytes: &[u8]) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license_server.conf");
        std::fs::write(&path, bytes).unwrap();
        (Self(folder), path.display().to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

#[test]
fn set_changes_the_value_and_nothing_else() {
    let (_folder, file) = Folder::with(ODD);
    let done = run(&["config", "set", "PORT_NUMBER", "7570", "--conf", &file]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let expected = String::from_utf8_lossy(ODD).replace("Port_Number = 7569", "Port_Number = 7570");
    assert_eq!(String::from_utf8_lossy(&std::fs::read(&file).unwrap()), expected);
    let got = run(&["config", "get", "port_number", "--conf", &file]);
    assert_eq!(stdout(&got), "7570\n");
}

#[test]
fn the_word_default_stays_and_effective_says_what_it_stands_for() {
    let (_folder, file) = Folder::with(ODD);
    assert_eq!(stdout(&run(&["config", "get", "USE_FLEX_REPORTING_HTTPS", "--conf", &file])), "default\n");
    assert_eq!(stdout(&run(&["config", "get", "USE_FLEX_REPORTING_HTTPS", "--effective", "--conf", &file])), "0\n");
    assert_eq!(run(&["config", "set", "port_number", "default", "--conf", &file]).status.code(), Some(0));
    assert_eq!(stdout(&run(&["config", "get", "port_number", "--conf", &file])), "default\n");
    assert_eq!(stdout(&run(&["config", "get", "port_number", "--effective", "--conf", &file])), "7569\n");
}

#[rstest::rstest]
#[case("port_number", "0", "65535")]
#[case("FLEX_REPORTING_PORT", "81", "24963")]
#[case("FLEX_DESIRED_SYNC_HOUR", "24", "23")]
#[case("FLEX_NODE_LIST", "a.example; b.example", "space")]
#[case("FLEX_NODE_LIST", "a.example;;b.example", "2")]
#[case("FLEX_NODE_LIST", "a_b!.example", "a_b!.example")]
#[case("LICENSE_SERVER_GUID", "$LV_LIC", "$LV_LIC")]
#[case("LICENSE_SERVER_GUID", "{00000000-0000-0000-0000-000000000000}", "zero")]
#[case("LICENSE_SERVER_GUID", "DF9960A1-7BD5-633B-F0F4-B1470BBD0B8", "31")]
#[case("LICENSE_SERVER_GUID", "GF9960A1-7BD5-633B-F0F4-B1470BBD0B8E", "position 1")]
#[case("VERSION", "17", "VERSION")]
#[case("NO_SUCH_KEY", "1", "NO_SUCH_KEY")]
#[case("port_numbr", "1", "port_number")]
fn what_is_refused_is_explained_and_the_file_untouched(#[case] key: &str, #[case] value: &str, #[case] says: &str) {
    let (_folder, file) = Folder::with(ODD);
    let refused = run(&["config", "set", key, value, "--conf", &file]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains(says), "“{}” does not say “{says}”", stderr(&refused));
    assert_eq!(stderr(&refused).trim().lines().count(), 1);
    assert_eq!(std::fs::read(&file).unwrap(), ODD);
}

#[test]
fn check_names_file_line_and_key() {
    let (_folder, file) = Folder::with(b"[GLOBAL]\nFLEX_DESIRED_SYNC_HOUR = 24\n");
    let found = run(&["config", "check", "--conf", &file]);
    assert_eq!(found.status.code(), Some(1));
    assert!(stdout(&found).starts_with(&format!("{file}:2: FLEX_DESIRED_SYNC_HOUR: ")), "{}", stdout(&found));
}

#[test]
fn the_file_our_own_writer_makes_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf").display().to_string();
    assert_eq!(run(&["config", "init", "--conf", &file]).status.code(), Some(0));
    assert_eq!(run(&["config", "check", "--conf", &file]).status.code(), Some(0));
    assert_eq!(run(&["config", "init", "--conf", &file]).status.code(), Some(2), "it is not overwritten");
    let shown: serde_json::Value =
        serde_json::from_slice(&run(&["config", "show", "--json", "--conf", &file]).stdout).unwrap();
    assert_eq!(shown["settings"].as_array().unwrap().len(), licensing::conf::setting::SETTINGS.len());
}

#[test]
fn diff_tells_by_its_exit_code() {
    let (folder, file) = Folder::with(ODD);
    let other = folder.path("other.conf").display().to_string();
    std::fs::copy(&file, &other).unwrap();
    assert_eq!(run(&["config", "diff", &file, &other]).status.code(), Some(0));
    run(&["config", "set", "port_number", "7570", "--conf", &other]);
    let differs = run(&["config", "diff", &file, &other]);
    assert_eq!(differs.status.code(), Some(1));
    assert!(stdout(&differs).contains("7570"));
}

#[test]
fn what_is_no_conf_file_is_named_for_what_it_is() {
    let (folder, file) = Folder::with(&vec![b'#'; 10 * 1024 * 1024]);
    for (path, says) in [
        (file.as_str(), "10485760"),
        (folder.path("missing.conf").to_str().unwrap(), "There is no file"),
        (folder.0.path().to_str().unwrap(), "is a folder"),
        ("/dev/null", "not a regular file"),
    ] {
        for args in [
            vec!["config", "set", "port_number", "1", "--conf", path],
            vec!["config", "get", "port_number", "--conf", path],
        ] {
            let refused = run(&args);
            assert_eq!(refused.status.code(), Some(2), "{args:?}");
            assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
        }
    }
}

#[test]
fn a_read_only_file_and_a_symbolic_link() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = Folder::with(ODD);
    let link = folder.path("link.conf");
    std::os::unix::fs::symlink("license_server.conf", &link).unwrap();
    assert_eq!(run(&["config", "set", "port_number", "7570", "--conf", link.to_str().unwrap()]).status.code(), Some(0));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("7570"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let refused = run(&["config", "set", "port_number", "7571", "--conf", &file]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("read-only"), "{}", stderr(&refused));
}

#[test]
fn users_tokens_and_registration_work_before_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let weak = run_with_input(
        &["user", "add", "ann", "--role", "administrator", "--password-stdin", "--data", &data],
        "short\n",
    );
    assert_eq!(weak.status.code(), Some(2));
    let added = run_with_input(
        &["user", "add", "ann", "--role", "administrator", "--password-stdin", "--data", &data],
        "seven green lamps hum\n",
    );
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let token = run(&["token", "create", "--name", "ops", "--data", &data]);
    assert_eq!(stdout(&token).lines().count(), 1);
    let again = run(&["token", "create", "--name", "ops", "--data", &data]);
    assert_eq!(again.status.code(), Some(2));
    let registered = run(&["register", "--guid", " df9960a17bd5633bf0f4b1470bbd0b8e", "--no-sync", "--data", &data]);
    assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
    let got = run(&["config", "get", "LICENSE_SERVER_GUID", "--data", &data]);
    assert_eq!(stdout(&got), "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}\n");
    let status = run(&["status", "--data", &data]);
    assert_eq!(status.status.code(), Some(3), "status needs a running server");
    assert_eq!(run(&["audit", "verify", "--data", &data]).status.code(), Some(0));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    assert_eq!(run(&["no-such-command"]).status.code(), Some(2));
    assert_eq!(run(&["config", "set", "port_number"]).status.code(), Some(2));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

/// The writing end of a pipe that nobody reads.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A disk without room.
fn full() -> Stdio {
    std::fs::File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn no_program_panics_where_its_output_or_its_errors_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").display().to_string();
    let viewer = || Command::new(env!("CARGO_BIN_EXE_license_viewer"));
    let cases: [(&dyn Fn() -> Command, &[&str]); 8] = [
        (&leasehold, &["status", "--data", nowhere.as_str()]),
        (&leasehold, &["--help"]),
        (&leasehold, &["no-such-command"]),
        (&viewer, &["--data", nowhere.as_str()]),
        (&viewer, &["--help"]),
        (&leasehold_node, &["server", "list", "--data", nowhere.as_str()]),
        (&reporter_tool, &["-operation", "nothing"]),
        (&reporter_tool, &["-help"]),
    ];
    for (program, arguments) in cases {
        let usual = program().args(arguments).output().unwrap().status.code();
        for place in [unread as fn() -> Stdio, full] {
            let ended = program().args(arguments).stdout(place()).stderr(place()).status().unwrap();
            assert_ne!(ended.code(), Some(101), "{arguments:?}");
            assert!(ended.code().is_some(), "{arguments:?} {ended}");
            let ended = program().args(arguments).stderr(place()).output().unwrap().status;
            assert_eq!(ended.code(), usual, "{arguments:?}");
        }
    }
}

#[test]
fn the_programs_that_unlock_records_are_leasehold_by_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").display().to_string();
    let ftlm = env!("CARGO_BIN_EXE_ftlm_deobfuscate");
    let lmmgr = env!("CARGO_BIN_EXE_lmmgr");
    let cases: [(&str, &[&str], i32); 8] = [
        (ftlm, &["-h"], 0),
        (ftlm, &["-show", "--data", &nowhere], 3),
        (ftlm, &["-do", "--data", &nowhere], 3),
        (ftlm, &["-do", "-k", &nowhere, "--data", &nowhere], 2),
        (ftlm, &["-undo"], 2),
        (lmmgr, &["deobfuscate", "--data", &nowhere], 3),
        (lmmgr, &["obfuscate"], 2),
        (lmmgr, &["--help"], 0),
    ];
    for (program, arguments, code) in cases {
        let done = Command::new(program).args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{program} {arguments:?}: {}", stderr(&done));
    }
    let help = stdout(&Command::new(ftlm).arg("-h").output().unwrap());
    for option in ["-h ", "-v ", "-do ", "-k ", "-show "] {
        assert!(help.contains(&format!("    {option}")), "{option}: {help}");
    }
}

#[test]
fn a_server_goes_on_where_its_log_on_stderr_cannot_be_written() {
    for place in [unread as fn() -> Stdio, full] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = leasehold()
            .args(["serve", "--console", "127.0.0.1:0", "--clients", "off", "--reporting", "off", "--log", "debug"])
            // There is no such folder, which is said on stderr.
            .args(["--license-log", "/nowhere/license.log", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(place())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said: Vec<String> = lines.take_while(|line| line != "ready").collect();
        let url = said.iter().find_map(|line| line.strip_prefix("console: ")).expect("it serves").to_owned();
        assert_eq!(ureq::get(format!("{url}/livez")).call().unwrap().status().as_u16(), 200);
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

/// Windows shells write text so.
#[test]
fn a_registration_file_in_utf_16_registers() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("registration.json"));
    let registration = RegistrationFile {
        guid: "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}".parse().unwrap(),
        auth_string: "aB3-secret".parse().unwrap(),
        context: None,
        deployment_id: None,
        operator_id: None,
        customer: Some("Zürich & Söhne".to_owned()),
        nodes: Vec::new(),
        nodes_https: Vec::new(),
        vendor_keys: vec![VendorSecret::from_seeds([1; 32], [2; 32]).public()],
    };
    let text = format!("\u{feff}{}", registration.to_json());
    std::fs::write(&file, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let (data, file) = (data.to_str().unwrap(), file.to_str().unwrap());
    let done = run(&["register", "--file", file, "--no-sync", "--data", data]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    assert!(stdout(&done).contains("{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}"), "{}", stdout(&done));
}
