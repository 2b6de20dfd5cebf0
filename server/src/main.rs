//! The `leasehold` binary.

/// Gives memory back to the system a second after it was freed, also what checking a password takes (`.cargo/config.toml` says how).
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    leasehold::run()
}
