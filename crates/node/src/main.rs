//! The `leasehold-node` binary.

fn main() -> std::process::ExitCode {
    commands::run(node::cli::Cli::run)
}
