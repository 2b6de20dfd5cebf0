//! How a server and its surroundings are: ports, clocks, disk, database, certificates, names, versions. What is wrong, and what to do.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::attention::{DISK_FULL, DISK_LOW, ENDS_NOW, ENDS_SOON};
use crate::contact::Millis;
use crate::service::Urgency;
use crate::words::{about, bytes, count};

/// A clock that is off by more is worth setting, milliseconds. Less may come from the network, or from the whole seconds in which nodes
/// tell the time.
pub const CLOCK_OFF: Millis = 30_000;
/// One that is off by more confuses certificates, sync and records, milliseconds.
pub const CLOCK_WRONG: Millis = 5 * 60_000;
/// A committed row older than this means that nothing can be stored, milliseconds.
pub const STORED_WITHIN: Millis = 20_000;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Subject {
    Ports,
    Clocks,
    Disk,
    Database,
    Certificates,
    Names,
    Nodes,
    Versions,
}

/// A port of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortFacts {
    /// "License port".
    pub name: String,
    pub state: PortState,
    /// Without it applications get no licenses.
    pub is_vital: bool,
}

/// What a port does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortState {
    /// It listens there.
    Listening(SocketAddr),
    /// It is turned off, or isn't needed: in a sentence.
    Off(String),
    /// It should listen and can't: in a sentence.
    Closed(String),
}

/// Another machine's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockFacts {
    /// Whose.
    pub name: String,
    /// How far it is ahead of this machine's, milliseconds; negative if behind.
    pub off: Millis,
    /// When that was measured.
    pub at: Millis,
}

/// The file system that holds the data folder, bytes; none where it doesn't say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskFacts {
    pub free: Option<u64>,
    pub total: Option<u64>,
    /// What the data folder takes.
    pub data: Option<u64>,
}

/// The database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// "SQLite 3.50.4"; none if it doesn't answer.
    pub version: Option<String>,
    /// Bytes, its log included.
    pub size: Option<u64>,
    /// When a row was last committed.
    pub stored: Option<Millis>,
    /// When its pages were last checked, and what is wrong with them; none since startup.
    pub integrity: Option<(Millis, Option<String>)>,
    /// What is wrong with the audit chain.
    pub audit: Option<String>,
}

/// A certificate that this server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// What it is for.
    pub name: String,
    /// Where it is.
    pub path: String,
    /// When it ends, or why it can't be read.
    pub until: Result<Millis, String>,
    /// SHA-256 of it, as browsers show it; none while it can't be read.
    pub fingerprint: Option<String>,
    /// Leasehold made it.
    pub is_own: bool,
}

/// A name that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFacts {
    pub name: String,
    /// It names a licensing node, else a peer.
    pub is_node: bool,
    /// What it resolves to, or why it doesn't.
    pub addresses: Result<Vec<IpAddr>, String>,
}

/// What another machine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFacts {
    /// Whose.
    pub name: String,
    pub version: String,
    /// A peer, which should run the same; else a node.
    pub is_peer: bool,
}

/// What a server knows of itself and its surroundings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub ports: Vec<PortFacts>,
    pub clocks: Vec<ClockFacts>,
    pub disk: DiskFacts,
    pub database: DatabaseFacts,
    pub certificates: Vec<CertificateFacts>,
    pub names: Vec<NameFacts>,
    /// Nodes that were reached as configured, and nodes that were asked so.
    pub nodes: Option<(usize, usize)>,
    /// When names were looked up and nodes were asked; none since startup.
    pub checked: Option<Millis>,
    /// Of this server.
    pub version: String,
    pub versions: Vec<VersionFacts>,
    pub now: Millis,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub subject: Subject,
    pub level: Urgency,
    /// What is wrong, and what to do.
    pub sentence: String,
}

impl Facts {
    /// What is wrong, the most urgent first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        self.ports(&mut found);
        self.clocks(&mut found);
        self.disk(&mut found);
        self.database(&mut found);
        self.certificates(&mut found);
        self.names(&mut found);
        if let Some((0, 1..)) = self.nodes {
            let sentence =
                "No licensing node can be reached as configured. Use a port that works, or send the firewall request.";
            found.add(Subject::Nodes, Urgency::Warning, sentence);
        }
        self.versions(&mut found);
        // The order in which they were found stays among equals.
        found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        found
    }

    fn ports(&self, found: &mut Vec<Finding>) {
        for port in &self.ports {
            if let PortState::Closed(why) = &port.state {
                let level = if port.is_vital { Urgency::Critical } else { Urgency::Warning };
                found.add(Subject::Ports, level, format!("{} is closed. {why}", port.name));
            }
        }
    }

    fn clocks(&self, found: &mut Vec<Finding>) {
        let off = |clock: &&ClockFacts| clock.off.saturating_abs() >= CLOCK_OFF;
        let far: Vec<&ClockFacts> = self.clocks.iter().filter(off).collect();
        // Where most clocks agree with one another and not with this one, this one is wrong.
        let together = far.len() > 1 && far.len() * 2 > self.clocks.len() && {
            let least = far.iter().map(|clock| clock.off).min().unwrap_or(0);
            let most = far.iter().map(|clock| clock.off).max().unwrap_or(0);
            most - least < CLOCK_OFF
        };
        let level =
            |off: Millis| if off.saturating_abs() >= CLOCK_WRONG { Urgency::Critical } else { Urgency::Warning };
        if let (true, Some(first)) = (together, far.first()) {
            let way = if first.off > 0 { "behind" } else { "ahead of" };
            let sentence = format!(
                "This machine's clock is {} {way} the clocks of {} others. Set it, with NTP if possible.",
                about(first.off.saturating_abs()),
                far.len()
            );
            return found.add(Subject::Clocks, level(first.off), sentence);
        }
        for clock in far {
            let way = if clock.off > 0 { "ahead of" } else { "behind" };
            let sentence = format!(
                "The clock of {} is {} {way} this machine's. Set the one that is wrong, with NTP if possible.",
                clock.name,
                about(clock.off.saturating_abs())
            );
            found.add(Subject::Clocks, level(clock.off), sentence);
        }
    }

    fn disk(&self, found: &mut Vec<Finding>) {
        let Some(free) = self.disk.free.filter(|free| *free < DISK_LOW) else { return };
        let level = if free < DISK_FULL { Urgency::Critical } else { Urgency::Warning };
        let sentence =
            format!("Only {} are free where the data is. Free some space, or move the data folder.", bytes(free));
        found.add(Subject::Disk, level, sentence);
    }

    fn database(&self, found: &mut Vec<Finding>) {
        let database = &self.database;
        if database.version.is_none() {
            let sentence = "The database does not respond. The server's log has the reason.";
            return found.add(Subject::Database, Urgency::Critical, sentence);
        }
        let age = database.stored.map(|at| self.now.saturating_sub(at));
        if let Some(age) = age.filter(|age| *age >= STORED_WITHIN) {
            let sentence = format!(
                "Nothing was stored for {}. Check that the disk isn't full and the data folder is writable.",
                about(age)
            );
            found.add(Subject::Database, Urgency::Critical, sentence);
        }
        if let Some((_, Some(wrong))) = &database.integrity {
            let sentence =
                format!("The database is damaged: {wrong}. Stop the server and restore the data folder from a backup.");
            found.add(Subject::Database, Urgency::Critical, sentence);
        }
        if let Some(wrong) = &database.audit {
            found.add(Subject::Database, Urgency::Critical, wrong.clone());
        }
    }

    fn certificates(&self, found: &mut Vec<Finding>) {
        for CertificateFacts { name, path, until, is_own, .. } in &self.certificates {
            let renew = if *is_own {
                "Leasehold could not renew it; its log says why."
            } else {
                "Replace it and its key; Leasehold uses the new ones within seconds."
            };
            match until {
                Err(why) => {
                    let sentence = format!("The certificate of {name}, {path}, can't be read: {why}.");
                    found.add(Subject::Certificates, Urgency::Warning, sentence);
                }
                Ok(until) if *until <= self.now => {
                    let sentence = format!("The certificate of {name} has expired. {renew}");
                    found.add(Subject::Certificates, Urgency::Critical, sentence);
                }
                Ok(until) if *until - self.now <= ENDS_SOON => {
                    let left = *until - self.now;
                    let level = if left <= ENDS_NOW { Urgency::Critical } else { Urgency::Warning };
                    let sentence = format!("The certificate of {name} expires in {}. {renew}", about(left));
                    found.add(Subject::Certificates, level, sentence);
                }
                Ok(_) => {}
            }
        }
    }

    fn names(&self, found: &mut Vec<Finding>) {
        let nodes = self.names.iter().filter(|name| name.is_node);
        let lost = nodes.clone().filter(|name| name.addresses.is_err()).count();
        if lost > 0 && lost == nodes.count() {
            let sentence = "None of the licensing nodes' names can be resolved. Check this machine's DNS server.";
            found.add(Subject::Names, Urgency::Critical, sentence);
        } else if lost > 0 {
            let names = count(lost, "name of a licensing node", "names of licensing nodes");
            // One node is enough.
            found.add(Subject::Names, Urgency::Info, format!("{names} can't be resolved."));
        }
        for name in self.names.iter().filter(|name| !name.is_node) {
            if let Err(why) = &name.addresses {
                found.add(Subject::Names, Urgency::Warning, format!("The peer {} can't be found. {why}", name.name));
            }
        }
    }

    fn versions(&self, found: &mut Vec<Finding>) {
        for other in self.versions.iter().filter(|other| other.is_peer && other.version != self.version) {
            let sentence = format!(
                "{} runs Leasehold {}, this server {}. Update the older one.",
                other.name, other.version, self.version
            );
            found.add(Subject::Versions, Urgency::Info, sentence);
        }
    }
}

/// How all is, in a sentence, and how urgent that is. `findings` as of [`Facts::findings`].
#[must_use]
pub fn summary(findings: &[Finding]) -> (Urgency, String) {
    let acts = findings.iter().filter(|finding| finding.level >= Urgency::Warning).count();
    let level = findings.first().map_or(Urgency::Ok, |finding| finding.level);
    let sentence = match (findings.first(), acts) {
        (None, _) => "This server, its storage, clock and certificates are in order.".to_owned(),
        (Some(_), 0) => "Nothing to do; see the notes below.".to_owned(),
        (Some(worst), 1) => worst.sentence.clone(),
        (Some(worst), more) => format!("{more} things need attention. {}", worst.sentence),
    };
    (level, sentence)
}

trait Found {
    fn add(&mut self, subject: Subject, level: Urgency, sentence: impl Into<String>);
}

impl Found for Vec<Finding> {
    fn add(&mut self, subject: Subject, level: Urgency, sentence: impl Into<String>) {
        self.push(Finding { subject, level, sentence: sentence.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::DAY;

    const NOW: Millis = 1_800_000_000_000;

    fn well() -> Facts {
        Facts {
            ports: vec![PortFacts {
                name: "License port".into(),
                state: PortState::Listening("0.0.0.0:7569".parse().unwrap()),
                is_vital: true,
            }],
            clocks: vec![ClockFacts { name: "node.example".into(), off: 900, at: NOW }],
            disk: DiskFacts { free: Some(40 * DISK_LOW), total: Some(100 * DISK_LOW), data: Some(1) },
            database: DatabaseFacts {
                version: Some("SQLite 3".into()),
                stored: Some(NOW - 3_000),
                integrity: Some((NOW, None)),
                ..DatabaseFacts::default()
            },
            certificates: vec![CertificateFacts {
                name: "the console".into(),
                path: "console.crt".into(),
                until: Ok(NOW + 90 * DAY),
                fingerprint: None,
                is_own: true,
            }],
            names: vec![NameFacts { name: "node.example".into(), is_node: true, addresses: Ok(Vec::new()) }],
            nodes: Some((1, 3)),
            checked: Some(NOW),
            version: "1.0.0".into(),
            versions: vec![VersionFacts { name: "lic-02".into(), version: "1.0.0".into(), is_peer: true }],
            now: NOW,
        }
    }

    fn found(change: impl FnOnce(&mut Facts)) -> Vec<(Subject, Urgency, String)> {
        let mut facts = well();
        change(&mut facts);
        facts.findings().into_iter().map(|of| (of.subject, of.level, of.sentence)).collect()
    }

    fn clock(name: &str, off: Millis) -> ClockFacts {
        ClockFacts { name: name.into(), off, at: NOW }
    }

    #[test]
    fn nothing_is_said_where_all_is_well() {
        assert_eq!(found(|_| {}), []);
        assert_eq!(summary(&[]).0, Urgency::Ok);
    }

    #[test]
    fn each_fault_is_found_with_its_urgency() {
        type Change = fn(&mut Facts);
        let name = |is_node, ok| NameFacts {
            name: "x.example".into(),
            is_node,
            addresses: if ok { Ok(Vec::new()) } else { Err("No entry.".into()) },
        };
        let cases: [(Change, Subject, Urgency, &str); 17] = [
            (
                |f| f.ports[0].state = PortState::Closed("In use.".into()),
                Subject::Ports,
                Urgency::Critical,
                "License port is closed. In use.",
            ),
            (
                |f| {
                    f.ports[0].state = PortState::Closed("In use.".into());
                    f.ports[0].is_vital = false;
                },
                Subject::Ports,
                Urgency::Warning,
                "is closed",
            ),
            (
                |f| f.clocks = vec![clock("a", CLOCK_OFF)],
                Subject::Clocks,
                Urgency::Warning,
                "The clock of a is 30 s ahead of",
            ),
            (|f| f.clocks = vec![clock("a", -CLOCK_WRONG)], Subject::Clocks, Urgency::Critical, "5 min behind"),
            (
                |f| f.clocks = vec![clock("a", 60_000), clock("b", 62_000), clock("c", 61_000)],
                Subject::Clocks,
                Urgency::Warning,
                "This machine's clock is 1 min behind the clocks of 3 others",
            ),
            (|f| f.disk.free = Some(DISK_LOW - 1), Subject::Disk, Urgency::Warning, "Only"),
            (|f| f.disk.free = Some(DISK_FULL - 1), Subject::Disk, Urgency::Critical, "Only"),
            (|f| f.database.version = None, Subject::Database, Urgency::Critical, "does not respond"),
            (
                |f| f.database.stored = Some(NOW - STORED_WITHIN),
                Subject::Database,
                Urgency::Critical,
                "Nothing was stored for 20 s",
            ),
            (
                |f| f.database.integrity = Some((NOW, Some("page 3".into()))),
                Subject::Database,
                Urgency::Critical,
                "damaged: page 3",
            ),
            (|f| f.certificates[0].until = Ok(NOW), Subject::Certificates, Urgency::Critical, "has expired"),
            (
                |f| f.certificates[0].until = Ok(NOW + 29 * DAY),
                Subject::Certificates,
                Urgency::Warning,
                "expires in 29",
            ),
            (|f| f.certificates[0].until = Ok(NOW + 6 * DAY), Subject::Certificates, Urgency::Critical, "expires in 6"),
            (
                |f| f.certificates[0].until = Err("no PEM".into()),
                Subject::Certificates,
                Urgency::Warning,
                "can't be read: no PEM",
            ),
            (
                |f| f.versions[0].version = "0.9.0".into(),
                Subject::Versions,
                Urgency::Info,
                "lic-02 runs Leasehold 0.9.0",
            ),
            (|f| f.database.audit = Some("Altered.".into()), Subject::Database, Urgency::Critical, "Altered."),
            (|f| f.nodes = Some((0, 3)), Subject::Nodes, Urgency::Warning, "No licensing node can be reached"),
        ];
        for (change, subject, level, words) in cases {
            let found = found(change);
            assert_eq!(found.len(), 1, "{words}: {found:?}");
            assert_eq!((found[0].0, found[0].1), (subject, level), "{words}");
            assert!(found[0].2.contains(words), "{words}: {found:?}");
        }
        for (names, level) in [
            (vec![name(true, false)], Some(Urgency::Critical)),
            (vec![name(true, false), name(true, true)], Some(Urgency::Info)),
            (vec![name(true, true), name(false, false)], Some(Urgency::Warning)),
            (vec![name(true, true)], None),
        ] {
            assert_eq!(found(|facts| facts.names = names).first().map(|finding| finding.1), level);
        }
    }

    #[test]
    fn two_clocks_that_are_off_in_different_ways_are_named_each() {
        let found = found(|facts| facts.clocks = vec![clock("a", 60_000), clock("b", -600_000)]);
        assert_eq!(found.len(), 2);
        assert!(found[0].2.contains("clock of b") && found[0].1 == Urgency::Critical, "the worst first: {found:?}");
    }

    #[test]
    fn the_summary_says_the_worst_and_how_many_more() {
        let finding = |level, sentence: &str| Finding { subject: Subject::Disk, level, sentence: sentence.into() };
        let (critical, warning) = (finding(Urgency::Critical, "Full."), finding(Urgency::Warning, "Low."));
        assert_eq!(summary(std::slice::from_ref(&warning)), (Urgency::Warning, "Low.".into()));
        let both = [critical, warning];
        assert_eq!(summary(&both), (Urgency::Critical, "2 things need attention. Full.".into()));
        let note = [finding(Urgency::Info, "Older.")];
        assert_eq!(summary(&note), (Urgency::Info, "Nothing to do; see the notes below.".into()));
    }
}
