//! Check-outs carried from server to server as files.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Server, run, run_with_input, stderr, stdout};

/// All files under a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|(of, text)| (format!("{name}/{of}"), text)));
        } else {
            found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

/// What the Usage page is made of, but for the licenses.
fn usage(server: &Server) -> Vec<String> {
    let items = server.get("/api/v1/usage?zone=UTC&range=90d").body["items"].take();
    let keys = ["product", "usage_count", "usage_ms", "denied", "peak", "peak_at"];
    let used = |of: &&Value| of["usage_count"] != 0 || of["denied"] != 0;
    let line = |of: &Value| keys.map(|key| of[key].to_string()).join(" ");
    items.as_array().unwrap().iter().filter(used).map(line).collect()
}

#[test]
fn an_export_makes_the_same_usage_and_the_same_files_on_another_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (a, b, first, second) = (path("a"), path("b"), path("first"), path("second"));
    let done = |args: &[&str]| {
        let done = run(args);
        assert_eq!(done.status.code(), Some(0), "{args:?}: {}{}", stdout(&done), stderr(&done));
        stdout(&done)
    };
    done(&["demo-data", "--data", &a, "--days", "5", "--checkouts-per-day", "200"]);
    // Without a server, and then with one.
    done(&["usage", "export", "--out", &first, "--data", &a]);
    let exported = files(Path::new(&first));
    assert!(exported.len() >= 5 && exported.keys().any(|name| name.starts_with("denials/")), "{:?}", exported.keys());
    assert!(exported.values().any(|text| text.starts_with("#TAG\t")));
    let told: Value = serde_json::from_str(&done(&["usage", "import", &first, "--json", "--data", &a])).unwrap();
    assert_eq!((&told["imported"], &told["refused"]), (&0.into(), &Value::Array(Vec::new())), "{told}");

    let there = Server::start(Path::new(&a), &["--reporting", "off"]);
    let here = Server::start(Path::new(&b), &["--reporting", "off"]);
    let lines: usize = exported.values().map(|text| text.lines().filter(|line| !line.starts_with('#')).count()).sum();
    let told: Value = serde_json::from_str(&done(&["usage", "import", &first, "--json", "--data", &b])).unwrap();
    assert_eq!((told["imported"].as_u64(), told["known"].as_u64()), (Some(lines as u64), Some(0)), "{told}");
    done(&["usage", "export", "--format", "checkouts", "--out", &second, "--data", &b]);
    assert_eq!(files(Path::new(&second)), exported);
    assert_eq!(usage(&here), usage(&there));
    assert!(!usage(&here).is_empty());

    let token = path("token");
    std::fs::write(&token, &here.token).unwrap();
    let remote = ["--server", &here.url, "--token-file", &token];
    let again = run(&[&["usage", "import", first.as_str(), "--json"][..], &remote].concat());
    let told: Value = serde_json::from_str(&stdout(&again)).unwrap();
    assert_eq!((told["imported"].as_u64(), told["known"].as_u64()), (Some(0), Some(lines as u64)), "{told}");
    let third = path("third");
    done(&[&["usage", "export", "--out", third.as_str()][..], &remote].concat());
    assert_eq!(files(Path::new(&third)), exported);
}

#[test]
fn bad_lines_are_named_and_decide_how_the_command_ends() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let import = |text: &str, more: &[&str]| {
        run_with_input(&[&["usage", "import", "-", "--data", data.as_str()], more].concat(), text)
    };
    let good = "LAN\tF\t\tann\tws\t1\t\t1.0\t2\t\t1795305600\t1795305600\t1795305660\n";
    let mixed = import(&format!("{good}rubbish\n"), &[]);
    assert_eq!(mixed.status.code(), Some(1), "{}", stderr(&mixed));
    assert!(stdout(&mixed).contains("New: 1, already known: 0, refused: 1."), "{}", stdout(&mixed));
    assert!(stdout(&mixed).contains("standard input:2: Fields separated by tabs: 1;"), "{}", stdout(&mixed));
    let bad = import("rubbish\n", &["--json"]);
    assert_eq!(bad.status.code(), Some(2), "{}", stderr(&bad));
    assert!(stdout(&bad).contains("\"refused_count\": 1"), "{}", stdout(&bad));
    let known = import(good, &[]);
    assert_eq!(known.status.code(), Some(0), "{}", stderr(&known));
    let missing = run(&["usage", "import", "/no/such/file", "--data", &data]);
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
}
