//! Every command says the same of a server elsewhere, asked with a token, as on the server's own machine.

use std::collections::BTreeSet;
use std::process::Output;

use super::{PASSWORD, at};
use crate::exchange::world::ExchangePair;
use crate::harness::{Server, leasehold, run, run_with_input, stderr, stdout};

/// Commands with what they read from standard input. `{n}` is another one each time; FILE the registration file.
const COMMANDS: &[(&str, &str)] = &[
    ("status", ""),
    ("status --json", ""),
    ("licenses", ""),
    ("licenses --json", ""),
    ("sync", ""),
    ("register --file FILE", ""),
    ("register --guid {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}", ""),
    ("register --guid 17 --no-sync", ""),
    ("register --guid {DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E} --auth x-auth-string:A --no-sync", ""),
    ("exchange pull", ""),
    ("exchange push -", "{\"status\":\"ok\"}"),
    ("exchange ledger", ""),
    ("exchange ledger --state answered --limit 1 --json", ""),
    ("license request", ""),
    ("license install -", "no license"),
    ("license show", ""),
    ("config get PORT_NUMBER", ""),
    ("config get port_number --effective", ""),
    ("config get port_number --json", ""),
    ("config get port_numbr", ""),
    ("config set PORT_NUMBER 7{n}70 --comment why", ""),
    ("config set PORT_NUMBER 70000", ""),
    ("config check", ""),
    ("config show", ""),
    ("config show --json", ""),
    ("config history", ""),
    ("config restore 1", ""),
    ("config restore 999", ""),
    ("config undo 999", ""),
    (
        "usage import -",
        "T\tF\t\tann\tws\t1\t\t1.0\t1\t\t1795305600\t1795305600\t1795305660\n1795305600\tT\tF\t\tann\tws\t1\n",
    ),
    ("usage import - --json", "no record\n"),
    ("usage export --out FILE-out{n}", ""),
    ("usage export --from 2026-01-02 --to 2026-01-01 --out FILE-out{n}", ""),
    ("locked list", ""),
    ("locked list --json", ""),
    ("locked unlock --dry-run", ""),
    ("source add s{n} --kind lmstat", ""),
    ("source add s{n} --kind lmstat", ""),
    ("source add s{n} --kind nothing", ""),
    ("source push s{n} -", "Users of f:  (Uncounted, node-locked)\nwhat\n"),
    ("source show s{n}", ""),
    ("source show nobody --json", ""),
    ("source try s{n}", ""),
    ("source list", ""),
    ("source remove s{n}", ""),
    ("source list --json", ""),
    ("peer invite", ""),
    ("peer join --url https://127.0.0.1:9 --code no-code", ""),
    ("peer list", ""),
    ("peer list --json", ""),
    ("peer remove nobody", ""),
    ("user invite --role king", ""),
    ("user invitations", ""),
    ("user withdraw {n}", ""),
    ("user withdraw 99", ""),
    ("user disable u{n}", ""),
    ("user disable nobody", ""),
    ("user sessions", ""),
    ("user sign-out u{n}", ""),
    ("user list", ""),
    ("user list --json", ""),
    ("user remove u{n}", ""),
    ("token revoke nothing", ""),
    ("token revoke t{n}", ""),
    ("token list", ""),
    ("backup", ""),
    ("backup list", ""),
    ("backup list --json", ""),
    ("audit verify", ""),
    ("audit export", ""),
    ("audit export --json", ""),
];

/// Names and numbers that differ between two calls, and the width of columns, are no difference.
fn alike(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let word = |word: &str| if word.contains(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() };
    let parts = |line: &str| {
        line.split([' ', '"', ',', '\'']).filter(|part| !part.is_empty()).map(word).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(parts).collect()
}

#[test]
fn every_command_says_the_same_of_a_server_elsewhere() {
    let world = ExchangePair::new();
    for token in ["t1", "t2"] {
        assert_eq!(world.cli(&["token", "create", "--name", token]).status.code(), Some(0));
    }
    for name in ["u1", "u2"] {
        let added = world.cli_with(&["user", "add", name, "--password-stdin"], PASSWORD.as_bytes());
        assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
        assert_eq!(world.cli(&["user", "invite", "--role", "operator", "--for", "Grace"]).status.code(), Some(0));
    }
    let mut seen = BTreeSet::new();
    for (command, input) in COMMANDS {
        let args = |n: &str| -> Vec<String> {
            let text = command.replace("{n}", n);
            text.split(' ').map(|arg| arg.replace("FILE", &world.registration.file)).collect()
        };
        let (first, second) = (args("1"), args("2"));
        let (first, second): (Vec<&str>, Vec<&str>) =
            (first.iter().map(String::as_str).collect(), second.iter().map(String::as_str).collect());
        let here = world.cli_with(&first, input.as_bytes());
        let elsewhere = at(&world, &second, input);
        let told = |of: &Output| (of.status.code(), alike(&of.stdout), alike(&of.stderr));
        assert_eq!(told(&here), told(&elsewhere), "{command}");
        seen.insert(
            first
                .iter()
                .take_while(|word| !word.starts_with('-') && word.chars().all(|c| c.is_alphabetic() || c == '-'))
                .take(2)
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
    // What only a person may do, or somebody at the machine itself.
    let person = "API tokens may not do this";
    let mut refused = vec![String::new(), "config init".to_owned()];
    for (command, input, says) in [
        ("token create --name more", "", person),
        ("user add more --password-stdin", PASSWORD, person),
        ("user reset more --password-stdin", "nine blue kettles sing", person),
        ("user invite", "", person),
        ("user reset-link more", "", person),
        ("user role more operator", "", person),
        ("user enable more", "", person),
        ("user totp-reset more", "", person),
        ("setup-link", "", "on the server itself"),
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        let elsewhere = at(&world, &args, input);
        assert_eq!(elsewhere.status.code(), Some(1), "{command}: {}", stdout(&elsewhere));
        assert!(stderr(&elsewhere).contains(says), "{command}: {}", stderr(&elsewhere));
        let here = world.cli_with(&args, input.as_bytes());
        if command.starts_with("user totp-reset") {
            assert!(stderr(&here).contains("Two-step sign-in is not on for more."), "{}", stderr(&here));
        } else {
            assert_eq!(here.status.code(), Some(0), "{command}: {}", stderr(&here));
        }
        refused.push(args[..args.len().min(2)].join(" "));
    }
    let takes_servers =
        include_str!("../../../../docs/COMMANDS.md").split("\n## leasehold").filter(|of| of.contains("--token-file"));
    for section in takes_servers {
        let name = section.lines().next().unwrap().trim();
        let checked = seen.contains(name) || seen.iter().any(|seen| seen.split(' ').next() == Some(name));
        assert!(checked || refused.iter().any(|refused| refused == name), "{name} is not in the table");
    }
}

#[test]
fn the_server_is_named_before_or_behind_the_command_or_by_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &["--reporting", "off"]);
    let token = folder.path().join("token");
    std::fs::write(&token, &server.token).unwrap();
    let flags = ["--server", &server.url, "--token-file", token.to_str().unwrap()];
    assert_eq!(run(&[&flags[..], &["status"]].concat()).status.code(), Some(0));
    assert_eq!(run(&[&["status"], &flags[..]].concat()).status.code(), Some(0));
    let by_environment = |token: &str, more: &[&str]| {
        let mut command = leasehold();
        command
            .args(["status"])
            .args(more)
            .env("LEASEHOLD_SERVER", &server.url)
            .env("LEASEHOLD_TOKEN", token)
            .output()
            .unwrap()
    };
    assert_eq!(by_environment(&server.token, &[]).status.code(), Some(0));
    let bad = by_environment("lhk_nothing", &[]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(stderr(&bad).contains("This token is unknown"), "{}", stderr(&bad));
    let nowhere = folder.path().join("nowhere");
    let here = by_environment(&server.token, &["--data", nowhere.to_str().unwrap()]);
    assert_eq!(here.status.code(), Some(3), "a data folder that is named wins over the environment");
    for (args, code) in [
        (vec!["status", "--server", &server.url, "--data", "x"], 2),
        (vec!["status", "--server", &server.url], 2),
        (vec!["status", "--server", "lic-01", "--token-file", token.to_str().unwrap()], 2),
        (vec!["status", "--server", "http://127.0.0.1:9", "--token-file", token.to_str().unwrap()], 3),
        (vec!["config", "get", "port_number", "--server", &server.url, "--conf", "x"], 2),
    ] {
        let refused = run(&args);
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {}", stderr(&refused));
        assert_eq!(stderr(&refused).trim().lines().count(), 1, "{}", stderr(&refused));
    }
}

#[test]
fn over_tls_a_server_elsewhere_is_believed_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--console", "0.0.0.0:0", "--reporting", "off"]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let token = folder.path().join("token");
    std::fs::write(&token, &server.token).unwrap();
    let ask = |more: &[&str]| {
        run(&[&["status", "--server", &server.url, "--token-file", token.to_str().unwrap()], more].concat())
    };
    let trusted = ask(&["--server-ca", data.join("console.crt").to_str().unwrap()]);
    assert_eq!(trusted.status.code(), Some(0), "{}", stderr(&trusted));
    let unknown = ask(&[]);
    assert_eq!(unknown.status.code(), Some(3), "{}", stdout(&unknown));
    assert!(stderr(&unknown).contains("--server-ca"), "{}", stderr(&unknown));
    assert_eq!(ask(&["--server-ca", token.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn a_command_without_a_server_does_the_same_on_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let cli = |args: &[&str], input: &str| run_with_input(&[args, &["--data", &data]].concat(), input);
    assert_eq!(cli(&["user", "list"], "").status.code(), Some(3), "what only reads makes no data folder");
    assert_eq!(cli(&["user", "add", "ann", "--password-stdin"], "seven green lamps hum").status.code(), Some(0));
    assert!(stdout(&cli(&["user", "list"], "")).contains("ann"));
    let taken = cli(&["user", "add", "ann", "--password-stdin"], "seven green lamps hum");
    assert_eq!((taken.status.code(), stderr(&taken).contains("already a user")), (Some(2), true));
    let listed = cli(&["peer", "list", "--json"], "");
    assert!(stdout(&listed).contains("\"server_runs\": false"), "{}", stdout(&listed));
    assert!(stdout(&cli(&["audit", "export"], "")).contains("command line"));
}
