//! A server that is registered and licensed, once; each part gets a copy of its data folder and so begins alike.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use engine::clock::{Clock, SystemClock};
use serde_json::Value;

use super::process::RunningProcess;
use super::wire::BenchConnection;

const SERVER: &str = "leasehold";
const NODE: &str = "leasehold-node";
/// The product simulated clients use.
pub const PRODUCT: &str = "SPEECH";
/// Licenses of it: more than there are clients.
const MANY: &str = "100000";
/// Licenses altogether.
pub const LICENSES: usize = 200;
const YEAR_MS: i64 = 365 * licensing::usage::DAY_MS;
/// Who looks at pages.
const USER: &str = "bench";
const PASSWORD: &str = "eleven grey gates at noon";

/// What all parts share.
#[derive(Debug)]
pub struct BenchWorld {
    folder: tempfile::TempDir,
    /// Where the programs are.
    binaries: PathBuf,
}

/// A server that serves.
#[derive(Debug)]
pub struct BenchServer {
    /// Its process.
    pub running: RunningProcess,
    /// Its license port.
    pub clients: SocketAddr,
    console: SocketAddr,
}

impl BenchWorld {
    /// Makes a node and a server registered with it, and ends the node.
    pub fn make(binaries: PathBuf) -> Result<Self> {
        let world = Self { folder: tempfile::Builder::new().prefix("leasehold-bench-").tempdir()?, binaries };
        let node_data = text(&world.folder.path().join("node"))?;
        let node_command = |words: &[&str]| world.run(NODE, &[words, &["--data", &node_data]].concat(), "");
        node_command(&["customer", "add", "Bench"])?;
        let mut command = world.command(NODE);
        command.args(["serve", "--log", "error", "--http", "127.0.0.1:0", "--data", &node_data]);
        let _node = RunningProcess::start(&mut command, &world.log("node"))?;
        let added = node_command(&["server", "add", "--customer", "Bench", "--context", "production", "--json"])?;
        let added: Value = serde_json::from_str(&added)?;
        let said = |key: &str| added[key].as_str().with_context(|| format!("the node names {key}"));
        let guid = said("guid")?;
        // With the dates and the version licenses usually have.
        let today = SystemClock.now_ms();
        let (end, maintenance) = (day(today + YEAR_MS)?, day(today + 2 * YEAR_MS)?);
        let license = |product: &str, count: &str| {
            let what = ["license", "add", "--server", guid, "--product", product, "--count", count];
            let more = ["--expires", &end, "--maintenance", &maintenance, "--version", "16.0"];
            node_command(&[&what[..], &more].concat())
        };
        license(PRODUCT, MANY)?;
        for number in 1..LICENSES {
            license(&format!("TTS3_VOICE_{number:03}"), "50")?;
        }
        let data = text(&world.template())?;
        world.run(SERVER, &["register", "--data", &data, "--file", said("registration_file")?], "")?;
        world.run(SERVER, &["user", "add", USER, "--role", "viewer", "--password-stdin", "--data", &data], PASSWORD)?;
        Ok(world)
    }

    fn template(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// A file for what a process complains about.
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// A place for data that is removed at the end.
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Copies the server's data folder.
    pub fn copy_to(&self, data: &Path) -> Result<()> {
        let done = Command::new("cp").arg("-aT").args([&self.template(), data]).status()?;
        ensure!(done.success(), "Can't copy the data folder to {}.", data.display());
        Ok(())
    }

    /// Serves a copy.
    pub fn serve(&self, name: &str) -> Result<BenchServer> {
        let data = self.place(name);
        self.copy_to(&data)?;
        self.serve_on(&data, name)
    }

    /// Serves this folder, as an administrator starts it.
    pub fn serve_on(&self, data: &Path, name: &str) -> Result<BenchServer> {
        let mut command = self.command(SERVER);
        command.args(["serve", "--console", "127.0.0.1:0", "--clients", "127.0.0.1:0", "--reporting", "off"]);
        command.args(["--proxy", "off", "--data"]).arg(data);
        let running = RunningProcess::start(&mut command, &self.log(name))?;
        Ok(BenchServer { clients: running.address("clients")?, console: running.address("console")?, running })
    }

    /// A program, without settings from the environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("LEASEHOLD_")) {
            command.env_remove(key);
        }
        command
    }

    /// Runs a command with text on its standard input; what it printed.
    fn run(&self, program: &str, words: &[&str], input: &str) -> Result<String> {
        let mut command = self.command(program);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().with_context(|| format!("{program} does not start in {}", self.binaries.display()))?;
        child.stdin.take().context("its input is at hand")?.write_all(input.as_bytes())?;
        let done = child.wait_with_output()?;
        ensure!(done.status.success(), "{words:?} failed: {}", String::from_utf8_lossy(&done.stderr));
        Ok(String::from_utf8(done.stdout)?)
    }
}

/// A day as the node's commands take it.
fn day(at_ms: i64) -> Result<String> {
    Ok(jiff::Timestamp::from_millisecond(at_ms)?.strftime("%Y-%m-%d").to_string())
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("The temporary folder has an ordinary name")?.to_owned())
}

impl BenchServer {
    /// A connection to the console.
    pub async fn console(&self) -> Result<BenchConnection> {
        BenchConnection::to(self.console, None).await
    }

    /// Where the console is.
    pub fn console_address(&self) -> SocketAddr {
        self.console
    }

    /// Signs in through the console's form; the request of a page, as a browser that is signed in sends it.
    pub async fn signed_in(&self) -> Result<impl Fn(&str) -> Vec<u8> + use<>> {
        let form = format!("name={USER}&password={}", PASSWORD.replace(' ', "+"));
        let request = format!(
            "POST /login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.console,
            form.len()
        );
        let mut wire = self.console().await?;
        let answer = wire.ask(request.as_bytes()).await?;
        ensure!(answer.status == 303, "Signing in returned status {}.", answer.status);
        let head = String::from_utf8_lossy(answer.head).into_owned();
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .and_then(|cookie| cookie.split(';').next())
            .context("Signing in brings a cookie")?
            .to_owned();
        let host = self.console;
        Ok(move |path: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n").into_bytes())
    }
}
