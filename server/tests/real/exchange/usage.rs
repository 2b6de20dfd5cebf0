use std::process::Output;

use super::node::{CUSTOMER, leasehold_node, reporter_tool};
use super::world::ExchangePair;
use crate::harness::{run, run_with_input, stderr, stdout};

/// A UUID nothing here has.
const NOBODY: &str = "11111111-2222-3333-4444-555555555555";

/// Says no: with this code, nothing on stdout, and words a person can act on.
fn says(done: &Output, code: i32, words: &str, what: &[&str]) {
    let said = stderr(done);
    assert_eq!(done.status.code(), Some(code), "{what:?}: {said}");
    assert!(said.contains(words), "{what:?} does not say “{words}”: {said}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{what:?}: {said}");
    assert_eq!(stdout(done), "", "{what:?}");
}

#[test]
fn the_nodes_commands_say_what_is_missing_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    let data = data.to_str().unwrap();
    let on = |args: &[&str]| leasehold_node().args(args).args(["--data", data]).output().unwrap();
    says(&on(&["customer", "list"]), 2, "There is no licensing node in", &["before there is one"]);
    assert!(!std::path::Path::new(data).exists(), "a mistyped folder does not become a node");
    assert_eq!(on(&["customer", "add", CUSTOMER]).status.code(), Some(0));
    let made = on(&["server", "add", "--customer", CUSTOMER, "--context", "backup", "--json"]);
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let guid = made["guid"].as_str().unwrap();
    let license = ["license", "add", "--server", guid, "--product", "TTS3", "--count", "1"];
    let cases: &[(&[&str], &str)] = &[
        (&["serve"], "--http"),
        (&["serve", "--http", "nonsense"], "127.0.0.1:4711"),
        (&["serve", "--https", "127.0.0.1:0"], "--cert and --key"),
        (&["serve", "--http", "127.0.0.1:0", "--cert", "x"], "--https"),
        (&["serve", "--https", "127.0.0.1:0", "--cert", "/none", "--key", "/none"], "/none"),
        (&["serve", "--http", "127.0.0.1:0", "--advertise", "here"], "host with a port"),
        (&["serve", "--http", "127.0.0.1:0", "--log", "=="], "level"),
        (&["customer"], "Usage"),
        (&["customer", "add"], "<NAME>"),
        (&["customer", "add", " "], "1 to 100 characters"),
        (&["customer", "add", CUSTOMER], "already a customer"),
        (&["server", "add"], "--customer"),
        (&["server", "add", "--customer", CUSTOMER], "--context"),
        (&["server", "add", "--customer", "Nobody", "--context", "backup"], "leasehold-node customer add \"Nobody\""),
        (&["server", "add", "--customer", CUSTOMER, "--context", "test"], "production, backup or development"),
        (&["server", "add", "--customer", CUSTOMER, "--context", "backup", "--contact-days", "59"], "60 to"),
        (&["server", "show"], "GUID"),
        (&["server", "show", "nonsense"], "hexadecimal"),
        (&["server", "show", NOBODY], "leasehold-node server list"),
        (&["server", "reissue", NOBODY], "leasehold-node server list"),
        (&["server", "rebind", NOBODY], "leasehold-node server list"),
        (&["deployment", "add", "--server", NOBODY], "leasehold-node server list"),
        (&["license", "add"], "--product"),
        (&license[..6], "--count"),
        (&["license", "add", "--server", NOBODY, "--product", "TTS3", "--count", "1"], "leasehold-node server list"),
        (&["license", "add", "--server", guid, "--product", "a b", "--count", "1"], "product code"),
        (&["license", "add", "--server", guid, "--product", "TTS3", "--count", "0"], "--count"),
        (&["license", "add", "--server", guid, "--product", "TTS3", "--count", "many"], "--count"),
        (&[&license[..], &["--kind", "countdown"]].concat(), "ve issue --type countdown --hours"),
        (&[&license[..], &["--kind", "countdown", "--hours", "5"]].concat(), "ve issue --type countdown --hours"),
        (&[&license[..], &["--hours", "5"]].concat(), "leave out --hours"),
        (&[&license[..], &["--kind", "eternal"]].concat(), "concurrent, countdown or metered"),
        (&[&license[..], &["--expires", "2020-01-01"]].concat(), "later date"),
        (&[&license[..], &["--expires", "soon"]].concat(), "2027-12-31"),
        (&[&license[..], &["--version", "one"]].concat(), "one"),
        (&[&license[..], &["--context", "test"]].concat(), "production, backup or development"),
        (&["license", "move", "L-NOPE"], "--to"),
        (&["license", "move", "L-NOPE", "--to", NOBODY], "leasehold-node"),
        (&["license", "remove"], "--server and --product"),
        (&["license", "remove", "L-NOPE"], "leasehold-node license list"),
        (&["license", "extend", "L-NOPE"], "--expires or --maintenance"),
        (&["license", "extend", "--server", guid, "--expires", "never"], "--product"),
        (&["report", "list"], "--server"),
        (&["report", "list", "--server", NOBODY], "leasehold-node server list"),
        (&["report", "show", "x"], "status id"),
        (&["report", "show", NOBODY], "leasehold-node report list"),
    ];
    for (args, words) in cases {
        says(&on(args), 2, words, args);
    }
    let listed = on(&["license", "list", "--json"]);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&listed.stdout).unwrap()["items"], serde_json::json!([]));
}

#[test]
fn the_servers_binary_names_the_one_of_the_node() {
    for words in [&["node"][..], &["node", "--help"], &["node", "license", "add", "--version", "1"]] {
        says(&run(words), 2, "leasehold-node", words);
    }
}

#[test]
fn the_exchanges_commands_say_what_is_missing_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("server");
    let data = data.to_str().unwrap();
    let on = |args: &[&str]| run(&[args, &["--data", data]].concat());
    let not_yet = "leasehold register";
    let list = folder.path().join("list.json");
    std::fs::write(&list, "[]").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["sync"], not_yet),
        (&["exchange", "pull"], not_yet),
        (&["exchange", "push", list.to_str().unwrap()], not_yet),
        (&["exchange", "push"], "<FILE>"),
        (&["exchange", "push", "/none"], "Can't read /none"),
        (&["exchange", "ledger", "--state", "gone"], "open, answered, lost"),
        (&["exchange", "ledger", "--limit", "0"], "1..=10000"),
        (&["register"], "--file"),
        (&["register", "--file", "/none"], "Can't read /none"),
        (&["register", "--file", list.to_str().unwrap()], "registration file"),
        (&["register", "--file", "x", "--guid", NOBODY], "cannot be used with"),
        (&["register", "--guid", "nonsense"], "hexadecimal"),
        (&["register", "--guid", NOBODY, "--auth", "A", "--vendor-key", "SHA256:12"], "fingerprint"),
    ];
    for (args, words) in cases {
        says(&on(args), 2, words, args);
    }
    says(&on(&["status"]), 3, "leasehold serve", &["status"]);
    // Registered, with one thing after the other still missing.
    assert_eq!(on(&["register", "--guid", NOBODY, "--no-sync"]).status.code(), Some(0));
    says(&on(&["sync"]), 2, "has no auth string", &["sync"]);
    assert_eq!(on(&["register", "--guid", NOBODY, "--auth", "A", "--no-sync"]).status.code(), Some(0));
    for args in [&["sync"][..], &["exchange", "pull"]] {
        says(&on(args), 2, "--vendor-key", args);
    }
    let empty = run_with_input(&["exchange", "push", "-", "--data", data], "{}");
    says(&empty, 2, "--vendor-key", &["exchange", "push", "-"]);
    let other = NOBODY.replace('1', "2");
    says(&on(&["register", "--guid", &other, "--no-sync"]), 2, "registered as", &["register"]);
}

#[test]
fn the_vendors_tool_says_what_is_missing_or_wrong() {
    let call = |args: &[&str]| reporter_tool().args(args).output().unwrap();
    let ids = ["-deploymentId", NOBODY, "-operatorId", NOBODY];
    let with = |args: &[&'static str]| [&ids[..], args].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["-nonsense"], "-nonsense"),
        (vec!["-operation"], "-operation needs a value"),
        (vec!["-operation", "nonsense"], "report, cluster-pull or cluster-push"),
        (vec!["-operation", "report"], "-deploymentId and -operatorId"),
        (vec!["-operation", "report", "-deploymentId", "x", "-operatorId", "y"], "-deploymentId is not a UUID"),
        (ids.to_vec(), "-operation is missing"),
        (with(&["-operation", "cluster-pull"]), "-authString"),
        (with(&["-operation", "cluster-push"]), "-responseJson"),
        (with(&["-operation", "cluster-push", "-responseJson", "[]"]), "no license-status-id"),
        (with(&["-operation", "cluster-push", "-responseJson", "<html>"]), "web page"),
        (with(&["-operation", "cluster-push", "-responseFile", "/none"]), "Can't read the file /none"),
        (with(&["-operation", "report", "-enableTls", "true"]), "-enableTls=true"),
        (with(&["-operation", "report", "-caFile", "/none"]), "-enableTls"),
        (with(&["-operation", "report", "-reportingApiUri=here"]), "-reportingApiUri"),
    ];
    for (args, words) in &cases {
        says(&call(args), 2, words, args);
    }
    let unreachable = with(&["-operation", "report", "-reportingApiUri=127.0.0.1:1"]);
    says(&call(&unreachable), 3, "Can't reach the reporting API at 127.0.0.1:1", &unreachable);
    let usage = call(&[]);
    assert_eq!(usage.status.code(), Some(0));
    for flag in
        ["-operation", "-deploymentId", "-operatorId", "-authString", "-responseJson", "-enableTls", "-reportingApiUri"]
    {
        assert!(stdout(&usage).contains(flag), "{flag}");
    }
}

#[test]
fn a_secret_stands_in_no_message() {
    let world = ExchangePair::new();
    let registration = &world.registration;
    let auth = registration.auth.as_str();
    let mut call = reporter_tool();
    call.args(["-operation", "cluster-pull", "-deploymentId", NOBODY, "-operatorId", &registration.operator]);
    let refused = call.args(["-authString", auth, "-reportingApiUri", &world.server.reporting]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(!stderr(&refused).contains(auth) && !stdout(&refused).contains(auth), "{refused:?}");
    world.set_nodes(&["127.0.0.1:1"]);
    let failed = world.cli(&["sync"]);
    let again = world.cli(&["register", "--file", &registration.file]);
    let shown = [&failed, &again].map(|done| stdout(done) + &stderr(done)).concat();
    let audit = stdout(&world.cli(&["audit", "export", "--json"]));
    for text in [shown, world.log(), audit, world.cli(&["config", "show"]).stdout.escape_ascii().to_string()] {
        assert!(!text.contains(auth), "{text}");
    }
}
