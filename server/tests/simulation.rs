//! License servers and clients in a network that fails, crash and come back, all in simulated time and driven by one seed.
//!
//! The rules that decide grants, the leases of the engine and the client library are the real ones; the network, the disk and the
//! clocks are not. `SIMULATION_SEED=7` runs one seed and tells what happened, `SIMULATION_SEEDS=20000` runs that many.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod simulation {
    mod alarm;
    mod application;
    mod checks;
    mod clock;
    mod faults;
    mod http;
    mod log;
    mod machine;
    mod passing;
    mod random;
    mod run;
    mod sabotage;
    mod saved;
    mod seeds;
    mod server;
    mod stage;
    mod watch;
    mod wire;
}
