//! The client against servers in memory that speak the protocol and misbehave. Time is paused: nothing here sleeps.

#[cfg(test)]
mod client {
    mod failover;
    mod leases;
    mod server;
    mod world;
}
