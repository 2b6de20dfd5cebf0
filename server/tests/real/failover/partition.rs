use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::browser::Browser;
use super::installation::{BACKUP, INSTANCES, MOVES_WITHIN, POOL, Prepared, application, machine};
use super::network::{Network, is_inside};
use super::program::Program;
use super::watch::{Watch, left_s, runs};
use crate::harness::{How, Server, leasehold_in, within};

/// A server is called silent, or up, within this time: ten seconds of silence, and the next look.
const NOTICED_MS: u64 = 14_000;

const SWITCHED: &str = r#""event":"switched""#;
const RETURNED: &str = r#""event":"returned""#;

/// Servers and clients on three machines.
struct World {
    network: Network,
    prepared: Prepared,
    servers: [Server; 2],
    /// Of both servers.
    ve: String,
}

impl World {
    fn new() -> Self {
        let network = Network::new(&["primary", "backup", "clients"]);
        let prepared = Prepared::new(120);
        let start = |server: usize, name: &str| {
            let address = network.address(name);
            let (console, clients, ve) =
                (format!("{address}:8084"), format!("{address}:7569"), format!("{address}:8083"));
            let more = ["--console", &console, "--clients", &clients, "--ve", &ve];
            let how = How { network: Some(Network::namespace(name)), ..prepared.how(server, &more) };
            prepared.start(server, &how)
        };
        let servers = [start(0, "primary"), start(1, "backup")];
        claim(&servers);
        prepared.join(&servers[0], &servers[1]);
        let ve = prepared.ve_servers([&servers[0].ve, &servers[1].ve]);
        Self { network, prepared, servers, ve }
    }

    fn machine(&self, name: &str) -> Program {
        Program::start(machine(leasehold_in(&Network::namespace("clients")), &self.ve, name))
    }

    fn application(&self, name: &str) -> Program {
        let servers = [self.servers[0].clients.as_str(), &self.servers[1].clients];
        Program::start(application(leasehold_in(&Network::namespace("clients")), &servers, name))
    }

    fn state(&self, by: usize) -> Value {
        let seen = Browser::at(&self.servers[by]).json("/api/v1/servers");
        seen["items"].as_array().unwrap().iter().find(|item| item["self"] == false).unwrap()["state"].clone()
    }

    fn both_see(&self, state: &str) {
        let found = within(NOTICED_MS, || [0, 1].iter().all(|&by| self.state(by) == state).then_some(()));
        assert!(found.is_some(), "{state}: {} {}", self.state(0), self.state(1));
    }
}
