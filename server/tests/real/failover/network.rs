//! Machines in network namespaces, and a router between them that can lose what it should carry.
//!
//! The test runs itself once more in namespaces of its own, where it may do all this without being root. It is the router there, and
//! sees every machine whatever is cut.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::harness::{stderr, stdout};

/// Set in the process that runs in the namespaces.
const INSIDE: &str = "FAILOVER_TEST_IS_INSIDE";

/// Where what is named is mounted; a folder of its own in there.
const NAMED: &str = "/run/netns";

fn sh(script: &str) -> Output {
    Command::new("sh").args(["-ec", script]).output().unwrap()
}

fn must(script: &str) {
    let done = sh(script);
    assert!(done.status.success(), "{script}: {}{}", stdout(&done), stderr(&done));
}

/// Runs the test of this name in namespaces of its own. True in the process that is there already: it goes on with the test.
pub fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let apart = |program: &str, args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", program]).args(args).env(INSIDE, "1");
        command
    };
    let try_out =
        format!("{} && ip rule add from 10.77.0.1 to 10.77.0.2 blackhole && command -v nsenter", prepare("try"));
    match apart("sh", &["-ec", &try_out]).output() {
        Ok(done) if done.status.success() => {
            let itself = std::env::current_exe().unwrap();
            let ran = apart(itself.to_str().unwrap(), &["--exact", test, "--nocapture"]).status().unwrap();
            assert!(ran.success(), "see what it said above");
        }
        Ok(done) => println!("skipped: no network namespaces here: {}", stderr(&done).trim()),
        Err(error) => println!("skipped: unshare cannot be started: {error}"),
    }
    false
}

fn prepare(first: &str) -> String {
    format!(
        "mount -t tmpfs tmpfs /run && mkdir {NAMED} && ip netns add {first} && echo 1 > /proc/sys/net/ipv4/ip_forward"
    )
}

/// Machines, each behind a cable to the router.
pub struct Network {
    names: Vec<&'static str>,
}

impl Network {
    /// In the process that is inside.
    pub fn new(names: &[&'static str]) -> Self {
        must(&prepare(names[0]));
        let network = Self { names: names.to_vec() };
        must("ip link set lo up");
        for (number, name) in names.iter().enumerate() {
            let (there, here) = (network.address(name), format!("10.77.{}.1", number + 1));
            let add = if number > 0 { format!("ip netns add {name}") } else { String::new() };
            must(&format!(
                "{add}
                ip link add {name} type veth peer name cable netns {name}
                ip addr add {here}/24 dev {name}
                ip link set {name} up
                ip -n {name} addr add {there}/24 dev cable
                ip -n {name} link set lo up
                ip -n {name} link set cable up
                ip -n {name} route add default via {here}"
            ));
        }
        network
    }

    /// The address of a machine.
    pub fn address(&self, name: &str) -> String {
        format!("10.77.{}.2", self.names.iter().position(|known| *known == name).unwrap() + 1)
    }

    /// The namespace of a machine.
    pub fn namespace(name: &str) -> PathBuf {
        PathBuf::from(NAMED).join(name)
    }

    /// What these two send to one another is lost from now on, without a word.
    pub fn cut(&self, one: &str, other: &str) {
        self.rule("add", one, other);
    }

    /// It arrives again.
    pub fn mend(&self, one: &str, other: &str) {
        self.rule("del", one, other);
    }

    fn rule(&self, change: &str, one: &str, other: &str) {
        let (one, other) = (self.address(one), self.address(other));
        must(&format!(
            "ip rule {change} from {one} to {other} blackhole
            ip rule {change} from {other} to {one} blackhole"
        ));
    }
}
