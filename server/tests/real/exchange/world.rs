//! A vendor's node, a server registered with it, and the ways between them.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::node::{TestNode, TestRegistration};
use crate::harness::{ApiAnswer, Server, ServerOptions, run, run_with_input, stderr, stdout};

/// A node, and a server in its data folder.
pub struct ExchangePair {
    // Ended in this order.
    pub server: Server,
    pub node: TestNode,
    pub registration: TestRegistration,
    pub folder: tempfile::TempDir,
}

impl ExchangePair {
    /// In step with its node: two licenses.
    pub fn new() -> Self {
        let world = Self::unregistered();
        let registered = world.cli(&["register", "--file", &world.registration.file]);
        assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
        world
    }

    /// The same in another folder than the usual one for what is temporary.
    pub fn new_in(parent: &Path) -> Self {
        let world = Self::unregistered_in(tempfile::tempdir_in(parent).unwrap());
        let registered = world.cli(&["register", "--file", &world.registration.file]);
        assert_eq!(registered.status.code(), Some(0), "{}", stderr(&registered));
        world
    }

    /// The server does not know yet who it is.
    pub fn unregistered() -> Self {
        Self::unregistered_in(tempfile::tempdir().unwrap())
    }

    fn unregistered_in(folder: tempfile::TempDir) -> Self {
        let node = TestNode::start(&folder.path().join("node"));
        let registration = node.add_server("production");
        node.add_license(&registration.guid, "TTS3_QUIXOTIC", 50);
        node.add_license(&registration.guid, "ASR_ENUS", 20);
        let server = Server::start_as(&folder.path().join("server"), &how(folder.path()));
        Self { server, node, registration, folder }
    }

    /// How the server is started, with the machine's clock.
    pub fn how(&self) -> ServerOptions {
        how(self.folder.path())
    }

    /// Starts the killed or ended server again.
    pub fn again(&mut self) {
        self.server.again_as(&how(self.folder.path()));
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("server.log")).unwrap()).into_owned()
    }

    /// A command about this server.
    pub fn cli(&self, args: &[&str]) -> Output {
        run(&[args, &["--data", self.data()]].concat())
    }

    /// A command about this server that takes text in.
    pub fn cli_with(&self, args: &[&str], input: &[u8]) -> Output {
        run_with_input(&[args, &["--data", self.data()]].concat(), input)
    }

    fn data(&self) -> &str {
        self.server.data.to_str().unwrap()
    }

    /// The whole of `leasehold licenses --json`.
    pub fn licenses(&self) -> String {
        let shown = self.cli(&["licenses", "--json"]);
        assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
        stdout(&shown)
    }

    /// Names the nodes this server asks.
    pub fn set_nodes(&self, nodes: &[&str]) {
        let set = self.cli(&["config", "set", "FLEX_NODE_LIST", &nodes.join(";")]);
        assert_eq!(set.status.code(), Some(0), "{}", stderr(&set));
    }

    pub fn sync(&self) -> ApiAnswer {
        self.server.call("POST", "/api/v1/exchange/sync", None, None)
    }

    /// Makes a report: its status id and its text.
    pub fn pull(&self) -> (String, String) {
        let made = self.server.call("POST", "/api/v1/exchange/report", None, None);
        assert_eq!(made.status, 200, "{}", made.body);
        let text = |key: &str| made.body[key].as_str().unwrap().to_owned();
        (text("status_id"), text("report"))
    }

    /// Carries a report to the node; its answer.
    pub fn carry(&self, report: &str) -> String {
        let (status, answer) = self.node.post(&self.registration.auth, report);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Hands in an answer over the API.
    pub fn push(&self, answer: &[u8]) -> ApiAnswer {
        self.server.send("POST", "/api/v1/exchange/response", answer)
    }

    /// The ledger's entry of a status id.
    pub fn entry(&self, status_id: &str) -> Value {
        let ledger = self.server.get("/api/v1/exchange/ledger").body;
        let items = ledger["items"].as_array().unwrap();
        items.iter().find(|entry| entry["status_id"] == status_id).cloned().unwrap_or(Value::Null)
    }
}

impl Drop for ExchangePair {
    fn drop(&mut self) {
        let panicked = self.log().contains("panicked");
        assert!(!panicked || std::thread::panicking(), "the server panicked: {}", self.log());
    }
}

/// Ports of its own, no proxy of the machine, and a log.
fn how(folder: &Path) -> ServerOptions {
    let more = ["--reporting", "127.0.0.1:0", "--proxy", "off"];
    ServerOptions { log: Some(folder.join("server.log")), ..ServerOptions::from(&more[..]) }
}

/// Addresses of this machine where nothing can listen by accident: ports that are handed to nobody.
pub fn dead(number: usize) -> Vec<String> {
    (1..=number).map(|port| format!("127.0.0.1:{port}")).collect()
}

/// A figure out of `/metrics`, by its name with its labels.
pub fn metric(server: &Server, name: &str) -> Option<f64> {
    let text = text_of(server, "/metrics");
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// The text at a path that is open.
pub fn text_of(server: &Server, path: &str) -> String {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    agent.get(format!("{}{path}", server.url)).call().unwrap().body_mut().read_to_string().unwrap()
}
