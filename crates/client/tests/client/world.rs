//! A client between two servers, the usual scene.

use std::sync::Arc;
use std::time::Duration;

use client::{Builder, Client};

use super::server::{FakeNetwork, FakeServer, TestClock};

/// Lets time pass.
pub async fn pass(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Two servers with ten licenses of SPEECH each, and how to reach them.
pub struct FakeInstallation {
    pub clock: Arc<TestClock>,
    pub primary: FakeServer,
    pub backup: FakeServer,
    pub net: Arc<FakeNetwork>,
}

impl FakeInstallation {
    pub fn new() -> Self {
        let clock = TestClock::new();
        let primary = FakeServer::with(&clock, &[("SPEECH", 10)]);
        let backup = FakeServer::with(&clock, &[("SPEECH", 10)]);
        let net = FakeNetwork::of(&[("lic1", &primary), ("lic2", &backup)]);
        Self { clock, primary, backup, net }
    }

    pub fn builder(&self) -> Builder {
        Client::builder()
            .servers(["lic1", "lic2"])
            .client_id("test-client")
            .name("IVR 1")
            .host("host1")
            .clock(self.clock.clone())
            .connector(self.net.clone())
    }

    pub async fn connect(&self) -> Client {
        self.builder().connect().await.unwrap()
    }
}
