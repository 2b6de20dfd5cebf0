//! What a server knows of itself and its surroundings, judged by `licensing::self_check`.
//!
//! What is at hand is read when it is asked for. Names, other clocks and the pages of the database are looked at by the check of the nodes,
//! which a person starts.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use licensing::peers::PeerUrl;
use licensing::self_check::{
    CertificateFacts, ClockFacts, DatabaseFacts, DiskFacts, Facts, NameFacts, PortFacts, PortState, VersionFacts,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::Engine;
use crate::diagnostics::{Probe, ProbeStage};

/// Files of the data folder that are counted at the most.
const MOST_FILES: usize = 100_000;
/// A check of the database's pages is given up after this time.
const INTEGRITY_WITHIN: Duration = Duration::from_secs(60);

/// Tells what a port does now.
type Look = Box<dyn Fn() -> PortState + Send + Sync>;

/// What the parts that serve have told of themselves, and the last check of the database.
#[derive(Default)]
pub(crate) struct SelfCheck {
    ports: Mutex<Vec<(&'static str, bool, Look)>>,
    certificates: Mutex<Vec<(&'static str, PathBuf, bool)>>,
    /// When the pages of the database were checked, and what is wrong with them.
    integrity: Mutex<Option<(i64, Option<String>)>>,
}

impl std::fmt::Debug for SelfCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelfCheck").finish_non_exhaustive()
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Adds a port of this server to what is looked at. `is_vital`: without it applications get no licenses.
    pub fn watch_port(&self, name: &'static str, is_vital: bool, look: impl Fn() -> PortState + Send + Sync + 'static) {
        locked(&self.self_check.ports).push((name, is_vital, Box::new(look)));
    }

    /// Adds a certificate that this server shows. `is_own`: Leasehold made it.
    pub fn watch_certificate(&self, name: &'static str, path: PathBuf, is_own: bool) {
        locked(&self.self_check.certificates).push((name, path, is_own));
    }

    /// What this server knows of itself and its surroundings.
    pub async fn self_check(&self) -> Facts {
        let now = self.clock.now_ms();
        let ports = locked(&self.self_check.ports)
            .iter()
            .map(|(name, is_vital, look)| PortFacts { name: (*name).to_owned(), state: look(), is_vital: *is_vital })
            .collect();
        let shown = locked(&self.self_check.certificates).clone();
        let folder = self.folder.clone();
        let (disk, size, certificates) = tokio::task::spawn_blocking(move || {
            let certificates: Vec<CertificateFacts> = shown.into_iter().map(certificate).collect();
            (disk(&folder), database_size(&folder), certificates)
        })
        .await
        .unwrap_or_default();
        let mut facts = Facts {
            ports,
            disk,
            database: self.database_facts(now, size).await,
            certificates,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now,
            ..Facts::default()
        };
        self.add_nodes(&mut facts);
        self.add_peers(&mut facts);
        facts
    }

    async fn database_facts(&self, now: i64, size: Option<u64>) -> DatabaseFacts {
        let stored = sqlx::query_scalar("SELECT at FROM storage_check").fetch_optional(self.store.read()).await;
        let version = self.database_check().await.ok().map(|(version, _)| version);
        let audit = match self.audit.verdict(now).await {
            Ok((verdict, _)) => verdict.sentence(),
            Err(_) => Some("The audit log can't be read.".to_owned()),
        };
        let integrity = locked(&self.self_check.integrity).clone();
        DatabaseFacts { version, size, stored: stored.ok().flatten(), integrity, audit }
    }

    /// What the last check found at the nodes.
    fn add_nodes(&self, facts: &mut Facts) {
        let state = self.reachability();
        let Some(matrix) = state.matrix else { return };
        facts.checked = Some(matrix.at_ms);
        let effective = self.conf().effective;
        // A node that names its own port is reached there, whatever the configured port is.
        let as_configured = |probe: &&Probe| {
            probe.target.https == effective.https
                && effective.nodes().iter().any(|node| {
                    node.host == probe.target.host
                        && node.port.unwrap_or_else(|| effective.node_port()) == probe.target.port
                })
        };
        let asked: Vec<&Probe> = matrix.probes.iter().filter(as_configured).collect();
        facts.nodes = Some((asked.iter().filter(|probe| probe.ok).count(), asked.len()));
        for probe in &matrix.probes {
            let host = &probe.target.host;
            if facts.names.iter().any(|known| known.is_node && known.name == *host) {
                continue;
            }
            facts.names.push(NameFacts { name: host.clone(), is_node: true, addresses: addresses(probe) });
        }
        facts.names.extend(state.peers.into_iter().map(|(name, addresses)| NameFacts {
            name,
            is_node: false,
            addresses,
        }));
        facts.clocks.extend(state.clocks.into_iter().map(|(name, off)| ClockFacts { name, off, at: matrix.at_ms }));
        let mut versions: Vec<VersionFacts> = Vec::new();
        for probe in &matrix.probes {
            let name = &probe.target.host;
            if let Some(version) = probe.software.clone().filter(|_| versions.iter().all(|known| known.name != *name)) {
                versions.push(VersionFacts { name: name.clone(), version, is_peer: false });
            }
        }
        facts.versions.extend(versions);
    }

    /// What peers say of themselves, every two seconds.
    fn add_peers(&self, facts: &mut Facts) {
        for server in self.peers.picture().others() {
            let name = server.name.clone();
            if let (Some(off), Some(at)) = (server.clock_off_ms, server.last_seen_ms) {
                facts.clocks.push(ClockFacts { name: name.clone(), off, at });
            }
            if let Some(report) = &server.report {
                facts.versions.push(VersionFacts { name, version: report.version.clone(), is_peer: true });
            }
        }
    }

    /// Hosts of the peers' addresses.
    pub(crate) fn peer_hosts(&self) -> Vec<String> {
        let picture = self.peers.picture();
        let urls = picture.others().filter_map(|server| server.url.as_deref()?.parse::<PeerUrl>().ok());
        let mut hosts: Vec<String> = Vec::new();
        for url in urls {
            if hosts.iter().all(|known| known != url.host()) {
                hosts.push(url.host().to_owned());
            }
        }
        hosts
    }

    /// Notes what a check of the pages of the database found.
    pub(crate) fn note_integrity(&self, at: i64, wrong: Option<String>) {
        *locked(&self.self_check.integrity) = Some((at, wrong));
    }

    /// Checks the pages of the database.
    pub(crate) async fn check_integrity(&self) {
        let check = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(self.store.read());
        let wrong = match tokio::time::timeout(INTEGRITY_WITHIN, check).await {
            Ok(Ok(word)) if word == "ok" => None,
            Ok(Ok(wrong)) => Some(wrong),
            Ok(Err(error)) => Some(error.to_string()),
            // A large database on a slow disk: nothing is known.
            Err(_) => return,
        };
        self.note_integrity(self.clock.now_ms(), wrong);
    }
}

/// What the name of a node resolves to.
fn addresses(probe: &Probe) -> Result<Vec<std::net::IpAddr>, String> {
    if probe.stage == ProbeStage::Dns && !probe.ok { Err(probe.sentence.clone()) } else { Ok(probe.addresses.clone()) }
}

fn disk(folder: &Path) -> DiskFacts {
    let found = rustix::fs::statvfs(folder).ok();
    DiskFacts {
        free: found.as_ref().map(|found| found.f_bavail.saturating_mul(found.f_frsize)),
        total: found.as_ref().map(|found| found.f_blocks.saturating_mul(found.f_frsize)),
        data: size_of(folder),
    }
}

/// What the files of a folder take, bytes; none where it can't be read or has too many.
fn size_of(folder: &Path) -> Option<u64> {
    let (mut folders, mut size, mut files) = (vec![folder.to_owned()], 0_u64, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            files += 1;
            if files > MOST_FILES {
                return None;
            }
            // A link is not followed.
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                folders.push(entry.path());
            } else {
                size = size.saturating_add(found.len());
            }
        }
    }
    Some(size)
}

/// The database with its log, bytes.
fn database_size(folder: &Path) -> Option<u64> {
    let size = |name: &str| std::fs::metadata(folder.join(name)).map(|found| found.len()).ok();
    Some(size("leasehold.db")? + size("leasehold.db-wal").unwrap_or(0))
}

fn certificate((name, path, is_own): (&'static str, PathBuf, bool)) -> CertificateFacts {
    let found = CertificateDer::from_pem_file(&path).map_err(|error| error.to_string());
    let fingerprint = found.as_ref().ok().map(|der| crate::secret::fingerprint(der));
    let until = found.and_then(|der| {
        let (_, read) = X509Certificate::from_der(&der).map_err(|error| error.to_string())?;
        Ok(read.validity().not_after.timestamp().saturating_mul(1_000))
    });
    CertificateFacts { name: name.to_owned(), path: path.display().to_string(), until, fingerprint, is_own }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use licensing::self_check::{Subject, summary};
    use licensing::service::Urgency;

    use super::*;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn a_server_tells_of_itself_what_there_is_to_tell() {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(1_800_000_000_000));
        let engine = Engine::open(folder.path(), &conf, clock.clone()).await.unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (good, bad) = (folder.path().join("good.crt"), folder.path().join("bad.crt"));
        std::fs::write(&good, made.cert.pem()).unwrap();
        std::fs::write(&bad, "nothing").unwrap();
        engine.watch_port("License port", true, || PortState::Listening("127.0.0.1:7569".parse().unwrap()));
        engine.watch_certificate("the console", good, true);
        engine.look_at_storage().await;
        engine.check_integrity().await;

        let facts = engine.self_check().await;
        assert_eq!(facts.ports.len(), 1);
        assert!(facts.certificates[0].until.as_ref().is_ok_and(|until| *until > clock_now(&clock)), "{facts:?}");
        let fingerprint = facts.certificates[0].fingerprint.clone().unwrap();
        assert_eq!((fingerprint.len(), fingerprint.matches(':').count()), (95, 31), "{fingerprint}");
        assert!(facts.disk.free.is_some() && facts.disk.data.is_some_and(|size| size > 10_000), "{facts:?}");
        assert_eq!(facts.database.stored, Some(clock_now(&clock)));
        assert!(matches!(facts.database.integrity, Some((_, None))), "{facts:?}");
        assert_eq!(facts.version, env!("CARGO_PKG_VERSION"));
        let findings = facts.findings();
        assert!(findings.iter().all(|finding| finding.subject == Subject::Disk), "{findings:?}");

        engine.watch_certificate("the license port", bad, false);
        engine.watch_port("Console", true, || PortState::Closed("Another program is using port 8084.".to_owned()));
        clock.advance(60_000);
        let findings = engine.self_check().await.findings();
        for subject in [Subject::Ports, Subject::Certificates, Subject::Database] {
            assert!(findings.iter().any(|finding| finding.subject == subject), "{subject:?}: {findings:?}");
        }
        assert_eq!(summary(&findings).0, Urgency::Critical);
    }

    fn clock_now(clock: &ManualClock) -> i64 {
        crate::clock::Clock::now_ms(clock)
    }
}
