use std::path::{Path, PathBuf};
use std::process::Command;

use super::cable::Cable;
use crate::failover::installation::{PreparedInstallation, machine};
use crate::failover::program::Program;
use crate::harness::{Server, ServerOptions, leasehold, within};

/// A server that takes this long to start is a finding of its own, milliseconds.
const STARTS_WITHIN: u64 = 60_000;

/// The programs, what is between them, and what was done to them.
pub struct World {
    pub servers: [Server; 2],
    /// To the license port of each.
    pub cables: [Cable; 2],
    /// From the backup to the primary's console.
    pub peers: Cable,
    pub prepared: PreparedInstallation,
    /// How each is started at its ports.
    again: [ServerOptions; 2],
    alive: [bool; 2],
    /// Starts so far.
    pub starts: [u32; 2],
    node_is_up: bool,
    _machine: Program,
}

impl World {
    pub fn new() -> Self {
        let prepared = PreparedInstallation::new(120);
        let folder = prepared.folder.path().to_owned();
        let how = |server: usize, more: &[&str]| {
            let clock = clock(&folder, server);
            std::fs::write(&clock, "+0").unwrap();
            ServerOptions { clock: Some(clock.display().to_string()), ..prepared.how(server, more) }
        };
        let servers = [0, 1].map(|server| prepared.start(server, &how(server, &["--ve", "127.0.0.1:0"])));
        let again = [0, 1].map(|number| {
            let server = &servers[number];
            let console = server.url.rsplit('/').next().unwrap();
            how(number, &["--console", console, "--clients", &server.clients, "--ve", &server.ve])
        });
        let cables = [0, 1].map(|server: usize| Cable::to(&servers[server].clients));
        let peers = Cable::to(servers[0].url.rsplit('/').next().unwrap());
        prepared.join_at(&servers[0], &format!("http://{}", peers.address), &servers[1]);
        let virtual_machine = machine(leasehold(), &prepared.ve_servers([&servers[0].ve, &servers[1].ve]), "machine");
        Self {
            cables,
            peers,
            again,
            alive: [true; 2],
            starts: [1; 2],
            node_is_up: true,
            _machine: Program::start(virtual_machine),
            prepared,
            servers,
        }
    }

    /// `kill -9`, if it runs.
    pub fn kill(&mut self, server: usize) {
        if self.alive[server] {
            self.servers[server].crash();
            self.alive[server] = false;
        }
    }

    /// Starts it where it was.
    pub fn start(&mut self, server: usize) {
        if !self.alive[server] {
            self.servers[server].again_as(&self.again[server]);
            self.alive[server] = true;
            self.starts[server] += 1;
        }
    }

    /// Sends a signal by name.
    pub fn signal(&self, server: usize, name: &str) {
        if self.alive[server] {
            let _ = Command::new("kill").args([&format!("-{name}"), &self.servers[server].pid().to_string()]).status();
        }
    }

    /// Puts the wall clock of a server so many seconds beside that of the machine.
    pub fn set_clock(&self, server: usize, off_s: i64) {
        let file = clock(self.prepared.folder.path(), server);
        let new = file.with_extension("new");
        std::fs::write(&new, format!("{off_s:+}")).unwrap();
        std::fs::rename(&new, &file).unwrap();
    }

    pub fn conf(&self, server: usize) -> PathBuf {
        self.servers[server].data.join("license_server.conf")
    }

    pub fn stop_node(&mut self) {
        if std::mem::take(&mut self.node_is_up) {
            self.prepared.node.stop();
        }
    }

    pub fn start_node(&mut self) {
        if !self.node_is_up {
            self.prepared.node.again(None);
            self.node_is_up = true;
        }
    }

    /// A file that takes all the room of the disk, where that disk is there for it.
    pub fn filler(&self) -> Option<PathBuf> {
        std::env::var_os("CHAOS_DISK").map(|disk| Path::new(&disk).join("filler"))
    }

    /// Everything runs, is connected, has room and the right time.
    pub fn repair(&mut self) {
        if let Some(filler) = self.filler() {
            let _ = std::fs::remove_file(filler);
        }
        self.start_node();
        for server in [0, 1] {
            self.cables[server].mend();
            self.set_clock(server, 0);
            self.signal(server, "CONT");
            self.start(server);
        }
        self.peers.mend();
    }

    /// Ends a server as an administrator does, so that its files are whole.
    pub fn end(&mut self, server: usize) -> Result<(), String> {
        let _ = Command::new("kill").args(["-TERM", &self.servers[server].pid().to_string()]).status();
        match self.servers[server].ended(STARTS_WITHIN) {
            Some(status) if status.success() => Ok(()),
            ended => Err(format!("server {server} did not end well: {ended:?}")),
        }
    }

    /// The folder stays for whoever looks into a breach.
    pub fn keep(mut self) -> PathBuf {
        for server in [0, 1] {
            self.kill(server);
        }
        self.prepared.folder.disable_cleanup(true);
        self.prepared.folder.path().to_owned()
    }

    /// Waits until it answers.
    pub fn wait_for(&self, server: usize) -> bool {
        within(STARTS_WITHIN, || (self.servers[server].get("/livez").status == 200).then_some(())).is_some()
    }
}

fn clock(folder: &Path, server: usize) -> PathBuf {
    folder.join(format!("clock-{server}"))
}
