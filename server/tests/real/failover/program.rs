//! A client as a process, and what it says while it runs.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{end, within};

type Lines = Arc<Mutex<Vec<(Instant, String)>>>;

/// A client; killed when dropped.
pub struct Program {
    child: Child,
    lines: Lines,
}

impl Program {
    /// Starts it and listens to what it prints.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Lines::default();
        listen(child.stdout.take().unwrap(), &lines);
        listen(child.stderr.take().unwrap(), &lines);
        Self { child, lines }
    }

    /// All it has said so far.
    pub fn said(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// The same with the instants.
    pub fn said_when(&self) -> Vec<(Instant, String)> {
        self.lines.lock().unwrap().clone()
    }

    /// When it first said this after `since`.
    pub fn when(&self, words: &str, since: Instant) -> Option<Instant> {
        let lines = self.lines.lock().unwrap();
        lines.iter().find(|(at, line)| *at >= since && line.contains(words)).map(|(at, _)| *at)
    }

    /// How long after `since` it says this; fails when that takes longer than `most`.
    pub fn until(&self, words: &str, since: Instant, most: Duration) -> Duration {
        let left = most.saturating_sub(since.elapsed());
        let at = within(u64::try_from(left.as_millis()).unwrap() + 100, || self.when(words, since));
        let took = at.map(|at| at - since);
        match took {
            Some(took) if took <= most => took,
            _ => panic!("`{words}` within {most:?}, took {took:?}; it said {:#?}", self.said()),
        }
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(&mut self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.exit_code();
    }

    /// Waits for its end.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn listen(stream: impl Read + Send + 'static, lines: &Lines) {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lines.lock().unwrap().push((Instant::now(), line));
        }
    });
}
