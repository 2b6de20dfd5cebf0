//! The certificate of the console, the reporting API and the license port: the given one; without one, one that
//! Leasehold makes, renews, and tells the fingerprint of. All listeners show the same, and a new one without a restart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use engine::clock::{Clock, SystemClock};
use engine::file::PRIVATE;
use engine::tasks::{Cadence, Task};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::Notify;
use tower_sessions::cookie::time::OffsetDateTime;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::exit::Failure;
use crate::settings::{Clients, Settings, VePort};

/// Seconds.
const DAY: i64 = 86_400;
/// A certificate made here is valid from a day ago, because clocks differ, for this many days in all. Apple's systems
/// refuse more than 397.
const LIFE_DAYS: i64 = 396;
/// It is renewed so many days before its end: sooner than anybody is warned of it.
const RENEW_DAYS: i64 = 45;
/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// The certificate that this server shows.
#[derive(Debug)]
pub struct Certificate {
    files: Files,
    is_own: bool,
    /// What a certificate made here is for.
    names: Vec<String>,
    state: Mutex<State>,
    look: Notify,
}

#[derive(Debug, Clone)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct State {
    shown: Shown,
    /// The files that were read last.
    seen: Stamp,
    /// Files that could not be used. If they stay so until the next look, that is logged: they may be half replaced.
    failed: Option<Stamp>,
    /// Why it could not be renewed, as logged.
    trouble: Option<String>,
}

/// A certificate in memory.
#[derive(Debug, Clone)]
struct Shown {
    key: Arc<CertifiedKey>,
    validity: Validity,
    fingerprint: String,
}

/// From when until when a certificate is valid, Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Validity {
    from: i64,
    until: i64,
}

impl Validity {
    fn of(der: &CertificateDer<'_>) -> Result<Self, String> {
        let (_, parsed) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        let found = parsed.validity();
        Ok(Self { from: found.not_before.timestamp(), until: found.not_after.timestamp() })
    }

    /// Of one made at this time.
    fn made(now: i64) -> Self {
        Self { from: now - DAY, until: now + (LIFE_DAYS - 1) * DAY }
    }

    /// Whether one made here is to be replaced: it ends soon, it is not valid yet (made by a clock that was ahead), or it is
    /// valid for longer than browsers accept.
    fn is_due(self, now: i64) -> bool {
        self.until - now < RENEW_DAYS * DAY || now < self.from || self.until - self.from > LIFE_DAYS * DAY
    }
}

/// What changes when a file is replaced or written: inode, length, time. None while it can't be looked at.
type Stamp = [Option<(u64, u64, i64, i64)>; 2];

impl Files {
    fn stamp(&self) -> Stamp {
        [&self.cert, &self.key].map(|path| {
            let found = std::fs::metadata(path).ok()?;
            Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
        })
    }

    fn read(&self) -> Result<Shown, String> {
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let cert = std::fs::read(&self.cert).map_err(|error| unreadable(&self.cert, &error))?;
        let key = std::fs::read(&self.key).map_err(|error| unreadable(&self.key, &error))?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&cert)
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(&self.cert, &error))?;
        let Some(first) = chain.first() else {
            return Err(unreadable(&self.cert, &"no certificate is in it"));
        };
        let validity = Validity::of(first).map_err(|error| unreadable(&self.cert, &error))?;
        let fingerprint = engine::secret::fingerprint(first);
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unreadable(&self.key, &error))?;
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|error| error.to_string())?;
        Ok(Shown { key: Arc::new(key), validity, fingerprint })
    }
}

/// Where the certificate is, and whether Leasehold makes it.
pub fn certificate(settings: &Settings) -> (PathBuf, bool) {
    match &settings.tls {
        Some((cert, _)) => (cert.clone(), false),
        None => (settings.data.join("console.crt"), true),
    }
}

/// Whether the console speaks TLS: beyond loopback, or with a given certificate.
pub fn is_for_console(settings: &Settings, address: SocketAddr) -> bool {
    settings.tls.is_some() || !address.ip().is_loopback()
}

impl Certificate {
    /// The given certificate, else the one made here: a new one if there is none that can be used.
    ///
    /// # Errors
    /// A sentence that names the file at fault.
    pub fn open(settings: &Settings) -> Result<Arc<Self>, Failure> {
        // One provider for the whole process; a second call keeps the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (cert, is_own) = certificate(settings);
        let key = settings.tls.as_ref().map_or_else(|| settings.data.join("console.key"), |(_, key)| key.clone());
        let (files, names) = (Files { cert, key }, names(settings));
        let now = SystemClock.now_ms().div_euclid(1000);
        if is_own {
            let found = files.read().ok();
            let is_good = |found: &Shown| !found.validity.is_due(now) && is_for(&found.key, &configured(settings));
            if !found.as_ref().is_some_and(is_good)
                && let Err(why) = make(&files, &names, now)
            {
                let sentence = format!("Can't create a certificate for the console: {why}.");
                // The one before is better than none.
                if found.is_none_or(|found| now >= found.validity.until) {
                    return Err(Failure::failed(sentence));
                }
                tracing::error!("{sentence}");
            }
        }
        let seen = files.stamp();
        let shown = files.read().map_err(|why| {
            let (cert, key) = (files.cert.display(), files.key.display());
            Failure::failed(format!("Can't use the certificate {cert} with the key {key}: {why}."))
        })?;
        let state = Mutex::new(State { shown, seen, failed: None, trouble: None });
        Ok(Arc::new(Self { files, is_own, names, state, look: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SHA-256 fingerprint of a certificate made here, which people compare.
    pub fn made_here(&self) -> Option<String> {
        self.is_own.then(|| self.state().shown.fingerprint.clone())
    }

    /// What a listener shows it with.
    pub fn server_config(self: &Arc<Self>) -> Arc<rustls::ServerConfig> {
        let mut config = rustls::ServerConfig::builder().with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// The same for the console.
    pub fn console_config(self: &Arc<Self>) -> RustlsConfig {
        RustlsConfig::from_config(self.server_config())
    }

    /// Has the files looked at now.
    pub fn look_now(&self) {
        self.look.notify_one();
    }

    /// The background task that renews it and notices new files.
    pub fn task(self: &Arc<Self>) -> Task {
        let this = self.clone();
        Task::new("certificate", "Renews the certificate, or reads a new one", Cadence::Every(EVERY), move || {
            this.clone().keep()
        })
    }

    async fn keep(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.look.notified() => {}
            }
            let this = self.clone();
            let look = move || this.look(SystemClock.now_ms().div_euclid(1000));
            if let Err(error) = tokio::task::spawn_blocking(look).await {
                tracing::error!(%error, "could not look at the certificate; trying again");
            }
        }
    }

    /// Renews one made here when it is due, and shows what is in the files if that can be used.
    fn look(&self, now: i64) {
        if self.is_own && self.state().shown.validity.is_due(now) {
            let trouble = make(&self.files, &self.names, now).err();
            let mut state = self.state();
            if let Some(why) = trouble.as_ref().filter(|_| state.trouble != trouble) {
                tracing::error!("could not renew the certificate of this server: {why}");
            }
            state.trouble = trouble;
        }
        let stamp = self.files.stamp();
        if self.state().seen == stamp {
            return;
        }
        let read = self.files.read();
        let mut state = self.state();
        match read {
            Ok(shown) => {
                let (fingerprint, expires) = (&shown.fingerprint, date(shown.validity.until));
                tracing::warn!(%fingerprint, %expires, "this server now shows another certificate");
                *state = State { shown, seen: stamp, failed: None, trouble: None };
            }
            Err(why) if state.failed == Some(stamp) => {
                state.seen = stamp;
                tracing::error!("can't use the new certificate, so the previous one stays in use: {why}");
            }
            Err(_) => state.failed = Some(stamp),
        }
    }

    /// Tells in the log which certificate is shown.
    pub fn announce(&self) {
        let shown = self.state().shown.clone();
        let expires = date(shown.validity.until);
        tracing::info!(path = %self.files.cert.display(), fingerprint = %shown.fingerprint, %expires, "certificate of this server");
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.state().shown.key.clone())
    }
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}

/// Names that somebody chose. A certificate without them is made anew.
fn configured(settings: &Settings) -> Vec<String> {
    settings.hosts.iter().cloned().chain(settings.public_url.iter().map(|url| url.host().to_owned())).collect()
}

/// All that this server is called.
fn names(settings: &Settings) -> Vec<String> {
    let clients = match settings.clients {
        Clients::At(address) => Some(address),
        _ => None,
    };
    let ve = match settings.ve {
        VePort::At(address) => Some(address),
        _ => None,
    };
    let addresses = [Some(settings.console), settings.reporting, clients, ve].into_iter().flatten();
    let addresses = addresses.map(|address| address.ip()).filter(|ip| !ip.is_unspecified());
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let mut names = vec!["localhost".to_owned(), engine::host_name()];
    names.extend(loopback.into_iter().chain(addresses).map(|ip| ip.to_string()));
    names.extend(configured(settings));
    let mut known = std::collections::BTreeSet::new();
    // A name of other letters than ASCII has no form in a certificate.
    names.retain(|name| name.is_ascii() && known.insert(name.clone()));
    names
}

/// Whether a certificate is for all of these names.
fn is_for(key: &CertifiedKey, names: &[String]) -> bool {
    let Some(Ok((_, parsed))) = key.cert.first().map(|der| X509Certificate::from_der(der)) else { return false };
    let Ok(Some(found)) = parsed.subject_alternative_name() else { return names.is_empty() };
    let has = |name: &String| match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => found.value.general_names.contains(&GeneralName::IPAddress(&ip.octets())),
        Ok(IpAddr::V6(ip)) => found.value.general_names.contains(&GeneralName::IPAddress(&ip.octets())),
        Err(_) => found.value.general_names.contains(&GeneralName::DNSName(name)),
    };
    names.iter().filter(|name| name.is_ascii()).all(has)
}

/// The key of a certificate made here, and whom it names: both stay, so that who trusts an earlier certificate trusts the next one.
fn kept(files: &Files) -> Option<(KeyPair, Option<String>)> {
    let key = KeyPair::from_pem(&std::fs::read_to_string(&files.key).ok()?).ok()?;
    let named = CertificateDer::from_pem_file(&files.cert).ok().and_then(|der| {
        let (_, parsed) = X509Certificate::from_der(&der).ok()?;
        parsed.subject().iter_common_name().next()?.as_str().ok().map(str::to_owned)
    });
    Some((key, named))
}

/// Makes a certificate for these names, and a key if there is none. The key comes first: one without its certificate is
/// used at the next try.
fn make(files: &Files, names: &[String], now: i64) -> Result<(), String> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| error.to_string());
    let validity = Validity::made(now);
    let mut params = CertificateParams::new(names).map_err(|error| error.to_string())?;
    params.not_before = time(validity.from)?;
    params.not_after = time(validity.until)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A common name has at most 64 letters (RFC 5280).
    let common: String = format!("Leasehold {}", engine::host_name()).chars().take(64).collect();
    let (key, named) = match kept(files) {
        Some(kept) => kept,
        None => {
            let key = KeyPair::generate().map_err(|error| error.to_string())?;
            replace(&files.key, key.serialize_pem().as_bytes(), PRIVATE)?;
            (key, None)
        }
    };
    params.distinguished_name.push(DnType::CommonName, named.unwrap_or(common));
    let cert = params.self_signed(&key).map_err(|error| error.to_string())?;
    replace(&files.cert, cert.pem().as_bytes(), 0o644)
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    engine::file::replace(path, bytes, mode).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
