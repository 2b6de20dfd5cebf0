//! Servers of one installation: they join with a code, see one another, and notice who is silent. Real binaries.

mod clocks;
mod codes;
mod contexts;
mod fake;
mod silence;
mod wire;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::harness::{Server, ServerOptions, run, stderr, stdout, within};

/// A server in a folder of its own.
fn start(folder: &Path, name: &str, clock: Option<&str>) -> Server {
    Server::start_as(&folder.join(name), &how(folder, name, clock))
}

fn how(folder: &Path, name: &str, clock: Option<&str>) -> ServerOptions {
    let more = ["--reporting", "off", "--proxy", "off"];
    ServerOptions {
        clock: clock.map(str::to_owned),
        log: Some(folder.join(format!("{name}.log"))),
        ..ServerOptions::from(&more[..])
    }
}

/// `leasehold peer …` about this server.
fn peer(server: &Server, args: &[&str]) -> Output {
    run(&[&["peer"], args, &["--data", server.data.to_str().unwrap()]].concat())
}

/// A code, as the command prints it: alone.
fn invite(server: &Server) -> String {
    let made = peer(server, &["invite"]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let code = stdout(&made);
    assert_eq!(code.trim_end().len(), 59, "the code stands alone: {code}");
    assert!(!stderr(&made).contains(code.trim_end()), "it is shown once");
    code.trim_end().to_owned()
}

fn join(server: &Server, other: &Server, code: &str, name: &str) -> Output {
    peer(server, &["join", "--url", &other.url, "--code", code, "--name", name])
}

fn joined(server: &Server, other: &Server, name: &str) {
    let code = invite(other);
    let done = join(server, other, &code, name);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
}

/// What one server says of another; null when it does not know it.
fn seen(by: &Server, name: &str) -> Value {
    let answer = by.get("/api/v1/servers");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == name).cloned().unwrap_or(Value::Null)
}

/// What a server calls itself.
fn own(server: &Server) -> Value {
    server.get("/api/v1/servers").body["items"][0].clone()
}

fn name(server: &Server) -> String {
    own(server)["name"].as_str().unwrap().to_owned()
}

/// Waits until one server says of another that it is in this state.
fn until(by: &Server, name: &str, state: &str, ms: u64) -> Value {
    within(ms, || Some(seen(by, name)).filter(|server| server["state"] == state))
        .unwrap_or_else(|| panic!("{name} is not {state}: {}", by.get("/api/v1/servers").body))
}
