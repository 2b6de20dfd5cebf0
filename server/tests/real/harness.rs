//! One way to start the real binary and to speak with it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// The binary under test, without settings from the environment.
pub fn leasehold() -> Command {
    without_settings(Path::new(env!("CARGO_BIN_EXE_leasehold")))
}

/// A program of another package, beside the binary under test; built when it is missing, for cargo builds the programs of the
/// packages it tests and no others.
pub fn program(package: &str, name: &str) -> Command {
    static BUILDING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let profile = Path::new(env!("CARGO_BIN_EXE_leasehold")).parent().unwrap();
    let path = profile.join(name);
    let one_at_a_time = BUILDING.lock();
    if !path.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", package, "--bin", name, "--target-dir"]);
        build.arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.output().unwrap();
        assert!(path.exists(), "`cargo build -p {package}` did not make {}: {}", path.display(), stderr(&built));
    }
    drop(one_at_a_time);
    without_settings(&path)
}

fn without_settings(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("LEASEHOLD_")) {
        command.env_remove(key);
    }
    command
}

/// Runs a command and returns how it ended.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    leasehold().args(args).output().expect("the binary starts")
}

/// Runs a command with text on its standard input.
pub fn run_with_input(args: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child =
        leasehold().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    pub more: Vec<String>,
    /// Where its wall clock stands beside that of the machine; see [`leasehold_at`].
    pub clock: Option<String>,
    /// The file that takes what it logs.
    pub log: Option<PathBuf>,
    /// Further settings of its environment.
    pub env: Vec<(String, String)>,
    /// The network namespace it lives in, as a file.
    pub network: Option<PathBuf>,
}

impl From<&[&str]> for ServerOptions {
    fn from(more: &[&str]) -> Self {
        Self { more: more.iter().map(|&flag| flag.to_owned()).collect(), ..Self::default() }
    }
}

/// A serving Leasehold; killed when dropped.
pub struct Server {
    child: Child,
    pub url: String,
    /// Address of the reporting API; empty while it is off.
    pub reporting: String,
    /// Address of the license port.
    pub clients: String,
    /// Address of the port for virtual environments; empty while it is off.
    pub ve: String,
    pub data: PathBuf,
    pub token: String,
}

impl Server {
    /// Starts on a free port with this data folder and makes an administrator's token.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        Self::start_as(data, &ServerOptions::from(more))
    }

    /// The same in a way of one's own.
    pub fn start_as(data: &Path, how: &ServerOptions) -> Self {
        let (child, Said { url, reporting, clients, ve }) = spawn(data, how);
        let mut server = Self { child, url, reporting, clients, ve, data: data.to_owned(), token: String::new() };
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        // Of a folder that was restored elsewhere, the token of before is still there.
        let name = format!("t{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let made =
            run(&["token", "create", "--name", &name, "--role", "administrator", "--data", data.to_str().unwrap()]);
        server.token = stdout(&made).trim().to_owned();
        assert!(server.token.starts_with("lhk_"), "{}", stderr(&made));
        server
    }

    /// Starts again after a crash; the token of before is still good.
    pub fn again(&mut self, more: &[&str]) {
        self.again_as(&ServerOptions::from(more));
    }

    /// The same in a way of one's own.
    pub fn again_as(&mut self, how: &ServerOptions) {
        let (child, said) = spawn(&self.data, how);
        (self.child, self.url, self.reporting, self.clients) = (child, said.url, said.reporting, said.clients);
        self.ve = said.ve;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`
    pub fn crash(&mut self) {
        end(&mut self.child);
    }

    /// SIGTERM; returns the exit status.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }

    /// How it ended by itself, within `ms`.
    pub fn ended(&mut self, ms: u64) -> Option<std::process::ExitStatus> {
        within(ms, || self.child.try_wait().unwrap())
    }

    /// Status and body of a request with the token.
    pub fn call(&self, method: &str, path: &str, etag: Option<&str>, body: Option<Value>) -> ApiAnswer {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        let answer = match body {
            Some(body) => agent.run(request.header("content-type", "application/json").body(body.to_string()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        ApiAnswer::of(answer)
    }

    /// The same with bytes that are sent as they are.
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> ApiAnswer {
        self.send_by(&ureq::Agent::config_builder().http_status_as_error(false).build().into(), method, path, body)
    }

    /// The same over the connections of this agent.
    pub fn send_by(&self, agent: &ureq::Agent, method: &str, path: &str, body: &[u8]) -> ApiAnswer {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        ApiAnswer::of(agent.run(request.body(body).unwrap()))
    }

    pub fn get(&self, path: &str) -> ApiAnswer {
        self.call("GET", path, None, None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// `kill -9`. With it goes what a moved clock leaves behind in memory: the next process of that number would stumble over it.
pub fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
    for kind in ["faketime_shm", "sem.faketime_sem"] {
        let _ = std::fs::remove_file(format!("/dev/shm/{kind}_{}", child.id()));
    }
}

/// What came back; status 0 when nothing did.
pub struct ApiAnswer {
    pub status: u16,
    pub etag: String,
    pub body: Value,
}

impl ApiAnswer {
    fn of(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Self {
        match answer {
            Ok(mut answer) => Self {
                status: answer.status().as_u16(),
                etag: answer.headers().get("etag").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
                body: answer.body_mut().read_json().unwrap_or(Value::Null),
            },
            Err(_) => Self { status: 0, etag: String::new(), body: Value::Null },
        }
    }
}

/// What a server says when it starts.
struct Said {
    url: String,
    reporting: String,
    clients: String,
    ve: String,
}

fn spawn(data: &Path, how: &ServerOptions) -> (Child, Said) {
    let log = how.log.as_ref().map_or_else(Stdio::null, |path| {
        std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap().into()
    });
    let unless_given = |flag: &'static str| {
        if how.more.iter().any(|given| given == flag) { vec![] } else { vec![flag, "127.0.0.1:0"] }
    };
    let mut command = match &how.network {
        Some(network) => leasehold_in(network),
        None => how.clock.as_deref().map_or_else(leasehold, leasehold_at),
    };
    let mut child = command
        .envs(how.env.iter().map(|(name, value)| (name, value)))
        .arg("serve")
        .arg("--data")
        .arg(data)
        .args(&how.more)
        .args(unless_given("--console"))
        .args(unless_given("--clients"))
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut said = Said { url: String::new(), reporting: String::new(), clients: String::new(), ve: String::new() };
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(found) = line.strip_prefix("console: ") {
            said.url = found.to_owned();
        }
        if let Some(found) = line.strip_prefix("reporting: ") {
            said.reporting = found.to_owned();
        }
        if let Some(found) = line.strip_prefix("clients: ") {
            said.clients = found.to_owned();
        }
        if let Some(found) = line.strip_prefix("ve: ") {
            said.ve = found.to_owned();
        }
        if line == "ready" {
            return (child, said);
        }
    }
    panic!("the server ended before it was ready: {:?}", child.wait());
}

/// The binary under test with a wall clock that stands `clock` beside that of the machine: `+35d`, or the path of a file that
/// says so and may be changed. Time that passes is not touched.
pub fn leasehold_at(clock: &str) -> Command {
    let mut command = leasehold();
    at(&mut command, clock);
    command
}

/// Gives a program such a clock.
pub fn at(command: &mut Command, clock: &str) {
    command.env("LD_PRELOAD", faketime()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    if clock.starts_with('/') {
        command.env("FAKETIME_TIMESTAMP_FILE", clock).env("FAKETIME_NO_CACHE", "1");
    } else {
        command.env("FAKETIME", clock);
    }
}

/// The binary under test in a network namespace. What is started is the process itself, so it can be killed.
pub fn leasehold_in(network: &Path) -> Command {
    let mut command = Command::new("nsenter");
    let plain = leasehold();
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.arg(format!("--net={}", network.display())).arg(plain.get_program());
    command
}

/// The library of `faketime`. Its wrapper would stand between us and the process we kill.
fn faketime() -> &'static str {
    static LIBRARY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    LIBRARY.get_or_init(|| {
        let asked = Command::new("faketime").args(["-f", "+1d", "sh", "-c", "printf %s \"$LD_PRELOAD\""]).output();
        stdout(&asked.expect("these tests need the program faketime: apt-get install faketime"))
    })
}

/// Waits until `look` finds something, at most `ms`.
pub fn within<T>(ms: u64, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if start.elapsed().as_millis() > u128::from(ms) {
            return None;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
