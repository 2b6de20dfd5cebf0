//! The client against servers in memory that speak the protocol and misbehave. Time is paused: nothing here sleeps.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client {
    mod failover;
    mod leases;
    mod server;
    mod ve;
    mod world;
}
