//! Disks that are full or broken. Needs a mount of its own (`unshare -rm`); where the machine does not allow that, the file
//! size limit stands in for the full disk.

use std::process::Command;

use crate::harness::{run, stdout};

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("license_server.conf").display().to_string();
    assert_eq!(run(&["config", "init", "--conf", &file]).status.code(), Some(0));
    let before = std::fs::read(&file).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=16k tmpfs '{0}' && cd '{0}' && printf '[GLOBAL]\\nport_number = 1\\n' > c.conf && \
         head -c 100000 /dev/zero > fill 2>/dev/null; '{1}' config set port_number 7570 --conf c.conf; echo \"code $?\"; cat c.conf; ls -A",
        folder.path().display(),
        env!("CARGO_BIN_EXE_leasehold")
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).output().unwrap();
    let text = stdout(&output);
    if text.contains("code") {
        assert!(text.contains("code 2"), "{text}");
        assert!(text.contains("port_number = 1\n"), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("full"), "{output:?}");
        assert!(!text.contains(".new"), "no temporary file is left: {text}");
    } else {
        let limited = format!(
            "trap '' XFSZ; ulimit -f 0; exec '{}' config set port_number 7570 --conf '{file}'",
            env!("CARGO_BIN_EXE_leasehold")
        );
        let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

/// After the disk with the data folder was full and has room again, everything works as before, without a restart.
#[test]
fn a_full_data_disk_is_told_and_recovered_from() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "set -e; mount -t tmpfs -o size=2m tmpfs '{0}'; cd '{0}'
         '{1}' serve --data d --console 127.0.0.1:0 > out & server=$!
         for i in $(seq 100); do grep -q ^ready out && break; sleep 0.1; done
         '{1}' token create --name a --data d > /dev/null
         head -c 9000000 /dev/zero > fill 2>/dev/null || true
         '{1}' token create --name b --data d || true; '{1}' token create --name c --data d || true
         rm fill
         '{1}' token create --name e --data d > /dev/null && echo recovered
         kill $server",
        folder.path().display(),
        env!("CARGO_BIN_EXE_leasehold")
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).output().unwrap();
    let refused = String::from_utf8_lossy(&output.stderr);
    if refused.contains("unshare") || refused.contains("mount:") {
        return; // this machine allows no mounts of one's own
    }
    assert!(stdout(&output).contains("recovered"), "{output:?}");
}
