//! The license of a machine from request to installation, with the real commands.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::exchange::node::leasehold_node;
use crate::harness::{leasehold, stderr, stdout};

/// A machine made of files, a data folder, a vendor's node.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.write("machine/etc/machine-id", "4c4c4544004d3510804ac2c04f4e3432\n");
        world.write("machine/proc/sys/kernel/hostname", "licenses\n");
        world.cores(4);
        assert!(world.vendor(&["customer", "add", "ACME"]).status.success());
        world
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        let path = PathBuf::from(self.path(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn cores(&self, count: usize) {
        self.write("machine/proc/cpuinfo", &"processor : 0\n\n".repeat(count));
    }

    /// Neither the machine nor what is remembered outside data folders is that of whoever runs this.
    fn at_home(&self, mut command: Command) -> Command {
        command.env("LEASEHOLD_MACHINE_ROOT", self.path("machine")).env("XDG_STATE_HOME", self.path("state"));
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = self.at_home(leasehold());
        command.args(args).output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}", stderr(&done));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    fn license(&self, args: &[&str]) -> Output {
        self.run(&[&["license"], args, &["--data", &self.path("data")]].concat())
    }

    /// A command of the vendor.
    fn vendor(&self, args: &[&str]) -> Output {
        leasehold_node().args(args).args(["--data", &self.path("node")]).output().unwrap()
    }

    fn viewer(&self, args: &[&str]) -> Output {
        let mut command = self.at_home(Command::new(env!("CARGO_BIN_EXE_license_viewer")));
        command.env("LEASEHOLD_DATA", self.path("data")).args(args).output().unwrap()
    }

    /// Requests and issues; gives the file of the license and the vendor's fingerprint.
    fn issued(&self, name: &str, more: &[&str]) -> (String, String) {
        let (request, file) = (self.path("request.json"), self.path(name));
        let made = self.license(&["request", "--out", &request]);
        assert!(made.status.success(), "{}", stderr(&made));
        let common = ["ve", "issue", "--request", &request, "--customer", "ACME", "--out", &file, "--json"];
        let issued = self.vendor(&[&common, more].concat());
        assert!(issued.status.success(), "{}", stderr(&issued));
        let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
        (file.clone(), issued["vendor_key"].as_str().unwrap().to_owned())
    }

    fn standing(&self) -> Value {
        let shown = self.json(&["license", "show", "--json", "--data", &self.path("data")]);
        shown["standing"].clone()
    }
}

const HOURS: [&str; 6] =
    ["--type", "countdown", "--hours", "100", "--product", "Charon-SSP/4U,cpus=4,memory=4096,instances=2"];

#[test]
fn a_license_goes_from_request_to_installation_and_stops_on_another_machine() {
    let world = World::new();
    let (file, key) = world.issued("first.lic", &HOURS);
    let refused = world.license(&["install", &file]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains(&key), "{}", stderr(&refused));
    let done = world.license(&["install", &file, "--vendor-key", &key]);
    assert!(done.status.success() && stdout(&done).contains("is installed"), "{}", stderr(&done));
    assert_eq!(world.standing()["state"], "valid");
    // The same again is no error; a second one needs no key any more; the first does not come back.
    assert!(stdout(&world.license(&["install", &file])).contains("already installed"));
    let (second, _) = world.issued("second.lic", &HOURS);
    assert!(world.license(&["install", &second]).status.success());
    let older = world.license(&["install", &file]);
    assert_eq!(older.status.code(), Some(2));
    assert!(stderr(&older).contains("can't be installed again"), "{}", stderr(&older));
    world.cores(8);
    let standing = world.standing();
    assert_eq!(standing["state"], "void");
    assert_eq!(standing["changes"][0]["sentence"], "CPU cores 4 → 8");
    world.cores(4);
    world.write("machine/proc/sys/kernel/hostname", "renamed\n");
    assert_eq!(world.standing()["state"], "valid");
}

/// The same text by command and viewer, as a mail program quotes it and an editor of Windows saves it.
#[test]
fn a_license_out_of_a_mail_is_installed_and_viewed() {
    let world = World::new();
    let (file, key) = world.issued("mailed.lic", &HOURS);
    let quoted: String = std::fs::read_to_string(&file).unwrap().lines().map(|line| format!("> {line}\r\n")).collect();
    let mail = format!("\u{feff}Dear customer,\r\n\r\n{quoted}\r\n-- \r\nThe vendor\r\n");
    std::fs::write(&file, mail.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let viewed = world.viewer(&[&file]);
    assert!(stdout(&viewed).contains("Customer name: ACME"), "{}", stderr(&viewed));
    let done = world.license(&["install", &file, "--vendor-key", &key]);
    assert!(done.status.success(), "{}", stderr(&done));
}

#[test]
fn the_viewer_says_what_a_text_permits_and_whether_to_believe_it() {
    let world = World::new();
    let nothing = world.viewer(&[]);
    assert_eq!(nothing.status.code(), Some(2), "{}", stderr(&nothing));
    let (file, key) = world.issued("license.lic", &HOURS);
    let unknown = world.viewer(&[&file]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains(&key), "{}", stderr(&unknown));
    assert!(
        stdout(&unknown)
            .contains("License ID: 01.00000001.001.001\nKey type: COUNTDOWN\nExpiration date: 100 hour(s)\n")
    );
    assert!(world.license(&["install", &file, "--vendor-key", &key]).status.success());
    for args in [&[file.as_str()][..], &[]] {
        let good = world.viewer(args);
        assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
        assert!(stdout(&good).contains("Instances allowed: 2\nPassphrase: "));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    world.write("unsigned.lic", text.split("SIGNSEC").next().unwrap());
    let unsigned = world.viewer(&[&world.path("unsigned.lic")]);
    assert_eq!(unsigned.status.code(), Some(1));
    assert!(stderr(&unsigned).contains("not signed") && stdout(&unsigned).contains("Customer name: ACME"));
    world.write("cut.lic", &text[..text.len() / 2]);
    assert_eq!(world.viewer(&[&world.path("cut.lic")]).status.code(), Some(2));
    let installed = world.license(&["install", &world.path("unsigned.lic")]);
    assert_eq!(installed.status.code(), Some(2), "what is not signed is never installed");
}

#[test]
fn what_a_node_cannot_issue_it_refuses() {
    let world = World::new();
    let request = world.path("request.json");
    assert!(world.license(&["request", "--out", &request]).status.success());
    let issue =
        |more: &[&str]| world.vendor(&[&["ve", "issue", "--request", &request, "--customer", "ACME"], more].concat());
    for (more, words) in [
        (&["--type", "countdown", "--product", "A"][..], "--hours"),
        (&["--type", "normal", "--hours", "1", "--product", "A"], "--expires"),
        (&["--expires", "2001-01-01", "--product", "A"], "later date"),
        (&["--hours", "1000001", "--product", "A"], "enter 1 to 1000000"),
        (&["--hours", "1", "--interval", "0", "--product", "A"], "interval"),
        (&["--hours", "1", "--product", "A,cores=2"], "cores=2"),
    ] {
        let refused = issue(more);
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(words), "{}", stderr(&refused));
    }
    let text = std::fs::read_to_string(&request).unwrap().replace("\"4\"", "\"8\"");
    world.write("request.json", &text);
    let forged = issue(&["--hours", "1", "--product", "A"]);
    assert_eq!(forged.status.code(), Some(2), "{}", stderr(&forged));
}
