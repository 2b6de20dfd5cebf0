//! Processes that are started here, watched, and ended by their id.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(6);

/// Ticks of utime and stime a second (USER_HZ, the same on every machine Linux runs on here).
const TICKS: u64 = 100;

/// A process that said `ready`; ended when dropped.
#[derive(Debug)]
pub struct RunningProcess {
    child: Child,
    said: HashMap<String, String>,
}

impl RunningProcess {
    /// Starts it and reads what it says, `name: value` by line, up to `ready`. What it complains about goes to `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let errors = File::create(log)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn();
        let child = child.with_context(|| format!("{} does not start", command.get_program().display()))?;
        let mut running = Self { child, said: HashMap::new() };
        let output = running.child.stdout.take().context("its output is at hand")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line == "ready" {
                return Ok(running);
            }
            if let Some((name, value)) = line.split_once(": ") {
                running.said.insert(name.to_owned(), value.to_owned());
            }
        }
        bail!("{} ended before it was ready:\n{}", command.get_program().display(), fs::read_to_string(log)?)
    }

    /// Starts something that runs until it is done.
    pub fn start_quietly(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.with_context(|| format!("{} does not start", command.get_program().display()))?;
        Ok(Self { child, said: HashMap::new() })
    }

    /// Waits until it is done.
    pub async fn done(&mut self) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "A program that was started failed ({status}).");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An address it named.
    pub fn address(&self, name: &str) -> Result<SocketAddr> {
        let value = self.said.get(name).with_context(|| format!("It did not print the address of its {name}"))?;
        value.trim_start_matches("http://").parse().with_context(|| format!("{value} is not an address"))
    }

    /// Its resident memory, bytes (`VmRSS`, proc(5)).
    pub fn memory(&self) -> Result<u64> {
        resident(&self.child.id().to_string())
    }

    /// Time it has had of the processors so far (utime and stime, proc(5)).
    pub fn processor(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, is the second field and may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok());
        let (user, system) = (ticks(14).context("Linux says utime")?, ticks(15).context("Linux says stime")?);
        Ok(Duration::from_millis((user + system) * 1000 / TICKS))
    }
}

/// The resident memory of a process, bytes.
pub fn resident(process: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("Linux says how much memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
