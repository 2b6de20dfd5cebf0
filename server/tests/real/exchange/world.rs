//! A vendor's node, a server registered with it, and the ways between them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::harness::{Answer, How, Server, leasehold, leasehold_at, run, run_with_input, stderr, stdout};

/// A name that occurs nowhere by accident.
pub const CUSTOMER: &str = "Quixotic Telephony";

/// A licensing node that serves; ended when dropped.
pub struct Node {
    child: Option<Child>,
    pub data: PathBuf,
    /// `host:port`; the same again after a stop.
    pub address: String,
}

impl Node {
    /// A node with keys of its own and one customer, on a free port.
    pub fn start(data: &Path) -> Self {
        let mut node = Self { child: None, data: data.to_owned(), address: "127.0.0.1:0".to_owned() };
        node.command(&["customer", "add", CUSTOMER]);
        node.again(None);
        node
    }

    /// Starts to serve at the address of before, with the machine's clock or one that stands beside it.
    pub fn again(&mut self, clock: Option<&str>) {
        assert!(self.child.is_none(), "it serves already");
        let mut child = clock
            .map_or_else(leasehold, leasehold_at)
            .args(["node", "serve", "--log", "error", "--http", &self.address, "--data"])
            .arg(&self.data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let said: Vec<String> = lines.map_while(Result::ok).take_while(|line| line != "ready").collect();
        self.child = Some(child);
        let found = said.iter().find_map(|line| line.strip_prefix("node: http://"));
        self.address = found.unwrap_or_else(|| panic!("the node says where it is: {said:?}")).to_owned();
    }

    /// Ends it; nothing listens at its address then.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// A command of this node that must succeed.
    pub fn command(&self, args: &[&str]) -> String {
        let data = self.data.to_str().unwrap();
        let done = run(&[&["node"], args, &["--data", data]].concat());
        assert_eq!(done.status.code(), Some(0), "{args:?}: {}", stderr(&done));
        stdout(&done)
    }

    /// A new server of the customer.
    pub fn add_server(&self, context: &str) -> Registration {
        let said = self.command(&["server", "add", "--customer", CUSTOMER, "--context", context, "--json"]);
        let said: Value = serde_json::from_str(&said).unwrap();
        let text = |key: &str| said[key].as_str().unwrap_or_else(|| panic!("{key} in {said}")).to_owned();
        Registration {
            guid: text("guid"),
            auth: text("auth_string"),
            deployment: text("deployment_id"),
            operator: text("operator_id"),
            file: text("registration_file"),
        }
    }

    /// Gives a server a license; its id.
    pub fn add_license(&self, guid: &str, product: &str, count: u32) -> String {
        let count = count.to_string();
        let said = self.command(&["license", "add", "--server", guid, "--product", product, "--count", &count]);
        said.trim().to_owned()
    }

    /// What `curl` does: a report in clear. Status and body of the answer.
    pub fn post(&self, auth: &str, report: &str) -> (u16, String) {
        post_to(&self.address, auth, report)
    }
}

/// A report in clear to any address.
pub fn post_to(address: &str, auth: &str, report: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let mut answer = agent
        .post(format!("http://{address}/"))
        .header("x-auth-string", auth)
        .header("content-type", "application/json")
        .send(report)
        .unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the vendor hands to a customer.
pub struct Registration {
    pub guid: String,
    pub auth: String,
    pub deployment: String,
    pub operator: String,
    pub file: String,
}

/// A node, and a server in its data folder.
pub struct World {
    // Ended in this order.
    pub server: Server,
    pub node: Node,
    pub registration: Registration,
    pub folder: tempfile::TempDir,
}

impl World {
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
        let node = Node::start(&folder.path().join("node"));
        let registration = node.add_server("production");
        node.add_license(&registration.guid, "TTS3_QUIXOTIC", 50);
        node.add_license(&registration.guid, "ASR_ENUS", 20);
        let server = Server::start_as(&folder.path().join("server"), &how(folder.path()));
        Self { server, node, registration, folder }
    }

    /// How the server is started, with the machine's clock.
    pub fn how(&self) -> How {
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

    pub fn sync(&self) -> Answer {
        self.server.call("POST", "/api/v1/exchange/sync", None, None)
    }

    /// Makes a report: its status id and its text.
    pub fn pull(&self) -> (String, String) {
        let made = self.server.get("/api/v1/exchange/report");
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
    pub fn push(&self, answer: &[u8]) -> Answer {
        self.server.send("POST", "/api/v1/exchange/response", answer)
    }

    /// The ledger's entry of a status id.
    pub fn entry(&self, status_id: &str) -> Value {
        let ledger = self.server.get("/api/v1/exchange/ledger").body;
        let items = ledger["items"].as_array().unwrap();
        items.iter().find(|entry| entry["status_id"] == status_id).cloned().unwrap_or(Value::Null)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let panicked = self.log().contains("panicked");
        assert!(!panicked || std::thread::panicking(), "the server panicked: {}", self.log());
    }
}

/// Ports of its own, no proxy of the machine, and a log.
fn how(folder: &Path) -> How {
    let more = ["--reporting", "127.0.0.1:0", "--proxy", "off"];
    How { log: Some(folder.join("server.log")), ..How::from(&more[..]) }
}

/// Addresses of this machine where nothing can listen by accident: ports that are handed to nobody.
pub fn dead(number: usize) -> Vec<String> {
    (1..=number).map(|port| format!("127.0.0.1:{port}")).collect()
}

/// `license-reporter-tool`, beside the binary under test; built when it is missing.
pub fn reporter_tool() -> Command {
    static PATH: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let path = PATH.get_or_init(|| {
        let profile = Path::new(env!("CARGO_BIN_EXE_leasehold")).parent().unwrap();
        let path = profile.join("license-reporter-tool");
        if !path.exists() {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "-p", "leasehold-reporting", "--bin", "license-reporter-tool"]);
            build.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
            if profile.ends_with("release") {
                build.arg("--release");
            }
            let built = build.output().unwrap();
            assert!(
                path.exists(),
                "these tests need license-reporter-tool beside the binary under test; `cargo build -p leasehold-reporting` did not make it: {}",
                stderr(&built)
            );
        }
        path
    });
    Command::new(path)
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
