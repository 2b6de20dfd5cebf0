//! The vendor's tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::stderr;

/// `license-reporter-tool`, beside the binary under test; built when it is missing.
pub fn reporter_tool() -> Command {
    static PATH: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let path = PATH.get_or_init(|| {
        let profile = Path::new(env!("CARGO_BIN_EXE_leasehold")).parent().unwrap();
        let path = profile.join("license-reporter-tool");
        if !path.exists() {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "-p", "leasehold-reporting", "--bin", "license-reporter-tool"]);
            build.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
            if profile.ends_with("release") {
                build.arg("--release");
            }
            let built = build.output().unwrap();
            assert!(
                path.exists(),
                "these tests need license-reporter-tool beside the binary under test; `cargo build -p leasehold-reporting` did not make it: {}",
                stderr(&built)
            );
        }
        path
    });
    Command::new(path)
}
