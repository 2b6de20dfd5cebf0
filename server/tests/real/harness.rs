//! One way to start the real binary and to speak with it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The binary under test, without settings from the environment.
pub fn leasehold() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leasehold"));
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
pub fn run_with_input(args: &[&str], input: &str) -> Output {
    let mut child =
        leasehold().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A serving Leasehold; killed when dropped.
pub struct Server {
    child: Child,
    pub url: String,
    pub data: PathBuf,
    pub token: String,
}

impl Server {
    /// Starts on a free port with this data folder and makes an administrator's token.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let (child, url) = spawn(data, more);
        let mut server = Self { child, url, data: data.to_owned(), token: String::new() };
        let name = format!("t{}", std::process::id());
        let made =
            run(&["token", "create", "--name", &name, "--role", "administrator", "--data", data.to_str().unwrap()]);
        server.token = stdout(&made).trim().to_owned();
        assert!(server.token.starts_with("lhk_"), "{}", stderr(&made));
        server
    }

    /// Starts again after a crash; the token of before is still good.
    pub fn again(&mut self, more: &[&str]) {
        let (child, url) = spawn(&self.data, more);
        self.child = child;
        self.url = url;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`
    pub fn crash(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns the exit status.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }

    /// Status and body of a request with the token.
    pub fn call(&self, method: &str, path: &str, etag: Option<&str>, body: Option<Value>) -> Answer {
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
        match answer {
            Ok(mut answer) => Answer {
                status: answer.status().as_u16(),
                etag: answer.headers().get("etag").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
                body: answer.body_mut().read_json().unwrap_or(Value::Null),
            },
            Err(_) => Answer { status: 0, etag: String::new(), body: Value::Null },
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back; status 0 when nothing did.
pub struct Answer {
    pub status: u16,
    pub etag: String,
    pub body: Value,
}

fn spawn(data: &Path, more: &[&str]) -> (Child, String) {
    let mut child = leasehold()
        .args(["serve", "--console", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(found) = line.strip_prefix("console: ") {
            url = found.to_owned();
        }
        if line == "ready" {
            return (child, url);
        }
    }
    panic!("the server ended before it was ready: {:?}", child.wait());
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
