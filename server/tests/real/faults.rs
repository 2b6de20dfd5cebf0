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
