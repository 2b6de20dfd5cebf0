//! The vendor's licensing node as a process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{at, end, program, stderr, stdout};

/// A name that occurs nowhere by accident.
pub const CUSTOMER: &str = "Quixotic Telephony";

/// The vendor's binary.
pub fn leasehold_node() -> Command {
    program("leasehold-node", "leasehold-node")
}

/// The tool that reports and carries answers by hand.
pub fn reporter_tool() -> Command {
    program("leasehold-reporting", "license-reporter-tool")
}

/// A licensing node that serves; ended when dropped.
pub struct TestNode {
    child: Option<Child>,
    pub data: PathBuf,
    /// `host:port`; the same again after a stop.
    pub address: String,
}

impl TestNode {
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
        let mut command = leasehold_node();
        if let Some(clock) = clock {
            at(&mut command, clock);
        }
        let mut child = command
            .args(["serve", "--log", "error", "--http", &self.address, "--data"])
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
            end(&mut child);
        }
    }

    /// A command of this node that must succeed.
    pub fn command(&self, args: &[&str]) -> String {
        let data = self.data.to_str().unwrap();
        let done = leasehold_node().args(args).args(["--data", data]).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{args:?}: {}", stderr(&done));
        stdout(&done)
    }

    /// A new server of the customer.
    pub fn add_server(&self, context: &str) -> TestRegistration {
        let said = self.command(&["server", "add", "--customer", CUSTOMER, "--context", context, "--json"]);
        let said: Value = serde_json::from_str(&said).unwrap();
        let text = |key: &str| said[key].as_str().unwrap_or_else(|| panic!("{key} in {said}")).to_owned();
        TestRegistration {
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

impl Drop for TestNode {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the vendor hands to a customer.
pub struct TestRegistration {
    pub guid: String,
    pub auth: String,
    pub deployment: String,
    pub operator: String,
    pub file: String,
}
