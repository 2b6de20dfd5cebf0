//! A vendor's node, a primary and a backup: registered, licensed, joined, and clients that know both.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use super::browser::PASSWORD;
use super::program::Program;
use crate::exchange::node::{CUSTOMER, TestNode};
use crate::harness::{Server, ServerOptions, leasehold, stderr, stdout};

/// What applications take.
pub const PRODUCT: &str = "TTS3_QUIXOTIC";

/// So many of it each server has.
pub const POOL: u32 = 4;

/// Virtual hardware that may run, and so many instances of it at each server.
pub const HARDWARE: &str = "Charon-SSP/4U";
pub const INSTANCES: u32 = 2;

/// Hours of the backup.
pub const HOURS: f64 = 100.0;

/// A client that loses its server has another within this time, either way.
pub const MOVES_WITHIN: Duration = Duration::from_secs(15);

/// What the backup is called; the primary has the name of its machine.
pub const BACKUP: &str = "backup-1";

/// The data of both servers, before they serve.
pub struct PreparedInstallation {
    pub folder: tempfile::TempDir,
    /// By server, the primary first.
    passphrases: [String; 2],
    pub node: TestNode,
}

/// The same with the servers serving.
pub struct Installation {
    // Ended in this order.
    pub primary: Server,
    pub backup: Server,
    pub prepared: PreparedInstallation,
}

const NAMES: [&str; 2] = ["production", "backup"];

impl PreparedInstallation {
    /// Registers and licenses both. `grace_min`: how long virtual machines go on without a license, minutes.
    pub fn new(grace_min: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let node = TestNode::start(&folder.path().join("node"));
        let registrations = NAMES.map(|context| node.add_server(context));
        let passphrases = [0, 1].map(|number| {
            let (context, registration) = (NAMES[number], &registrations[number]);
            let count = POOL.to_string();
            let license = ["license", "add", "--server", &registration.guid, "--product", PRODUCT, "--count", &count];
            node.command(&[&license[..], &["--context", context]].concat());
            let data = folder.path().join(context);
            let cli = |args: &[&str], input: &str| {
                let done = told(command(folder.path(), context).args(args).arg("--data").arg(&data), input);
                assert_eq!(done.status.code(), Some(0), "{args:?}: {}", stderr(&done));
            };
            cli(&["user", "add", "ann", "--role", "administrator", "--password-stdin"], PASSWORD);
            cli(&["register", "--file", &registration.file], "");
            let file = |end: &str| folder.path().join(format!("{context}.{end}")).display().to_string();
            let (request, text) = (file("request"), file("lic"));
            cli(&["license", "request", "--out", &request], "");
            let (grace, hours) = (grace_min.to_string(), HOURS.to_string());
            let kind = if number == 0 { ["--expires", "2099-12-31"] } else { ["--hours", &hours] };
            let product = format!("{HARDWARE},cpus=4,memory=4096,instances={INSTANCES},version=5.3");
            let issue = ["ve", "issue", "--request", &request, "--customer", CUSTOMER, "--product", &product];
            node.command(&[&issue[..], &kind, &["--grace", &grace, "--out", &text]].concat());
            cli(&["license", "install", &text], "");
            let text = std::fs::read_to_string(text).unwrap();
            let passphrase = text.lines().find_map(|line| line.trim().strip_prefix("P_PASSPHRASE=")).unwrap();
            passphrase.to_owned()
        });
        Self { folder, passphrases, node }
    }

    /// How a server is started: 0 is the primary, 1 the backup.
    pub fn how(&self, server: usize, more: &[&str]) -> ServerOptions {
        let name = NAMES[server];
        let common = ["--reporting", "off", "--proxy", "off"];
        ServerOptions {
            log: Some(self.folder.path().join(format!("{name}.log"))),
            env: vec![anchors(self.folder.path(), name)],
            ..ServerOptions::from(&[&common[..], more].concat()[..])
        }
    }

    pub fn start(&self, server: usize, how: &ServerOptions) -> Server {
        Server::start_as(&self.folder.path().join(NAMES[server]), how)
    }

    /// The backup joins with a code.
    pub fn join(&self, primary: &Server, backup: &Server) {
        self.join_at(primary, &primary.url, backup);
    }

    /// The same by another address of the primary.
    pub fn join_at(&self, primary: &Server, url: &str, backup: &Server) {
        let cli = |server: &Server, args: &[&str]| {
            let done = told(leasehold().arg("peer").args(args).arg("--data").arg(&server.data), "");
            assert_eq!(done.status.code(), Some(0), "{args:?}: {}", stderr(&done));
            stdout(&done).trim_end().to_owned()
        };
        let code = cli(primary, &["invite"]);
        cli(backup, &["join", "--url", url, "--code", &code, "--name", BACKUP]);
    }

    /// VE addresses of these ports, in the order of the servers.
    pub fn ve_servers(&self, ports: [&str; 2]) -> String {
        [0, 1].map(|number| format!("VE://{}/{}", ports[number], self.passphrases[number])).join(",")
    }

    /// What the server has logged; nothing when it was never started.
    pub fn log(&self, server: usize) -> String {
        let log = std::fs::read(self.folder.path().join(format!("{}.log", NAMES[server]))).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Installation {
    /// On this machine's loopback address, each port where it is again after a crash.
    pub fn new(grace_min: u32) -> Self {
        let prepared = PreparedInstallation::new(grace_min);
        let [primary, backup] =
            [0, 1].map(|server| prepared.start(server, &prepared.how(server, &["--ve", "127.0.0.1:0"])));
        prepared.join(&primary, &backup);
        Self { primary, backup, prepared }
    }

    /// Starts the killed primary, or backup, at its ports of before.
    pub fn again(&mut self, server: usize) {
        let killed = if server == 0 { &mut self.primary } else { &mut self.backup };
        let console = killed.url.rsplit('/').next().unwrap().to_owned();
        let more = ["--console", &console, "--clients", &killed.clients.clone(), "--ve", &killed.ve.clone()];
        killed.again_as(&self.prepared.how(server, &more));
    }

    /// A virtual machine that logs in at both.
    pub fn machine(&self, name: &str) -> Program {
        let servers = self.prepared.ve_servers([&self.primary.ve, &self.backup.ve]);
        Program::start(machine(leasehold(), &servers, name))
    }

    /// An application that takes licenses of both.
    pub fn application(&self, name: &str) -> Program {
        Program::start(application(leasehold(), &[&self.primary.clients, &self.backup.clients], name))
    }
}

impl Drop for PreparedInstallation {
    fn drop(&mut self) {
        let panicked = [0, 1].into_iter().find(|&server| self.log(server).contains("panicked"));
        assert!(panicked.is_none() || std::thread::panicking(), "a server panicked: {}", self.log(panicked.unwrap()));
    }
}

/// `leasehold client ve`, telling what happens as JSON.
pub fn machine(mut command: Command, servers: &str, name: &str) -> Command {
    command.args(["client", "ve", "--servers", servers, "--product", HARDWARE, "--version", "5.3", "--name", name]);
    command.args(["--cpus", "4", "--memory", "4096", "--json"]);
    command
}

/// `leasehold client run` that would like more licenses than there are.
pub fn application(mut command: Command, servers: &[&str], name: &str) -> Command {
    command.args(["client", "run", "--servers", &servers.join(","), "--product", PRODUCT, "--name", name]);
    command.args(["--rate", "5", "--hold", "700"]);
    command
}

/// Neither server remembers anything outside the folder of the test, nor where the other one does.
fn anchors(folder: &Path, name: &str) -> (String, String) {
    ("LEASEHOLD_ANCHORS".to_owned(), folder.join("anchors").join(name).display().to_string())
}

fn command(folder: &Path, name: &str) -> Command {
    let mut command = leasehold();
    command.envs([anchors(folder, name)]);
    command
}

fn told(command: &mut Command, input: &str) -> Output {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that reads nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}
