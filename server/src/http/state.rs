//! What all handlers share.

use std::sync::Arc;

use app::pages::settings::{OwnSetting, Settings as SettingsPage, Source};
use app::request::Installation;
use engine::Engine;
use ipnet::IpNet;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_sessions::cookie::Key;

use super::downloads;
use crate::api::Api;
use crate::exit::Failure;
use crate::settings::{DESCRIBED, SettingDescription, Settings};

/// The server, shared by all handlers. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// See [`App`].
pub struct AppState {
    pub engine: Arc<Engine>,
    /// The console is served over TLS.
    pub secure: bool,
    /// Browsers are told to use only TLS for this host name.
    pub hsts: bool,
    /// Host names a browser may ask for, lower case, without port; addresses are always fine.
    pub hosts: Vec<String>,
    /// What browsers call the console besides its address: their forms are its own.
    pub own_origins: Vec<String>,
    /// Its port on this machine.
    pub port: u16,
    /// Proxies whose headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// This machine may read metrics without a token.
    pub metrics_are_local: bool,
    /// Administrators must have set up two-step sign-in.
    pub require_totp: bool,
    /// Name of this machine.
    pub server_name: String,
    pub installation: Installation,
    /// Signs session cookies.
    pub cookie_key: Key,
    /// Places for downloads.
    pub downloads: Arc<Semaphore>,
    /// Name of the session cookie. Browsers share cookies between the ports of a host, so it names the instance; over
    /// TLS, with the prefix that binds it to this host.
    session_cookie: String,
    /// Ends open streams when the server stops.
    pub stop: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}

impl App {
    /// What the operations of the REST API are carried out on.
    pub fn api(&self) -> Api {
        Api { engine: self.engine.clone(), console: self.installation.origin.as_str().into(), serving: true }
    }

    /// Name of the session cookie.
    pub fn cookie_name(&self) -> &str {
        &self.session_cookie
    }
}

impl App {
    /// The state of a server that answers at `origin`.
    ///
    /// # Errors
    /// A sentence when the cookie key cannot be kept in the data folder.
    pub fn new(
        engine: Arc<Engine>,
        settings: &Settings,
        origin: &str,
        secure: bool,
        stop: CancellationToken,
    ) -> Result<Self, Failure> {
        let server_name = engine::host_name();
        let mut hosts = vec!["localhost".to_owned(), server_name.to_lowercase()];
        hosts.extend(settings.hosts.iter().cloned());
        hosts.extend(settings.public_url.iter().map(|url| url.host().to_owned()));
        let port = origin.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(settings.console.port());
        let installation = Installation {
            origin: settings.public_origin(origin),
            token_file: settings.data.join("setup-token").display().to_string(),
            setup_command: format!("leasehold setup-link --data {}", settings.data.display()),
            restore_command: format!("leasehold restore FILE --replace --data {}", settings.data.display()),
            settings: settings_page(settings),
        };
        let cookie_key = cookie_key(engine.folder())?;
        Ok(Self(Arc::new(AppState {
            engine,
            secure,
            hsts: secure && settings.hsts && settings.tls.is_some(),
            hosts,
            own_origins: own_origins(settings, secure, port),
            port,
            trusted_proxies: settings.trusted_proxies.clone(),
            metrics_are_local: settings.metrics_are_local,
            require_totp: settings.require_totp,
            server_name,
            installation,
            downloads: Arc::new(Semaphore::new(downloads::MOST)),
            session_cookie: cookie_name(&cookie_key, secure),
            cookie_key,
            stop,
        })))
    }
}

/// The console under each of its names: at its own port, and at the usual one of a proxy in front of it.
fn own_origins(settings: &Settings, secure: bool, port: u16) -> Vec<String> {
    let scheme = if secure { "https" } else { "http" };
    let named =
        |name: &String| [format!("https://{name}"), format!("{scheme}://{name}"), format!("{scheme}://{name}:{port}")];
    let public = settings.public_url.iter().map(ToString::to_string);
    settings.hosts.iter().flat_map(named).chain(public).collect()
}

/// Each data folder has a key of its own, and with it a name.
fn cookie_name(key: &Key, secure: bool) -> String {
    let digest = engine::secret::digest_hex(&[b"name of the cookie".as_slice(), key.master()].concat());
    let instance: String = digest.chars().take(8).collect();
    format!("{}leasehold-{instance}", if secure { "__Host-" } else { "" })
}

/// The key in `DIR/cookie.key` (mode 0600), created on first use.
fn cookie_key(folder: &std::path::Path) -> Result<Key, Failure> {
    let path = folder.join("cookie.key");
    let failed = |error: std::io::Error| {
        Failure::failed(format!("Can't store the key of the session cookies, {}: {error}.", path.display()))
    };
    match std::fs::read(&path) {
        Ok(bytes) if bytes.len() >= 64 => return Ok(Key::from(&bytes)),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let bytes: [u8; 64] = engine::secret::random();
    engine::file::replace(&path, &bytes, engine::file::PRIVATE).map_err(failed)?;
    Ok(Key::from(&bytes))
}

fn settings_page(settings: &Settings) -> SettingsPage {
    let file = settings.sources.iter().find_map(|s| s.file.clone());
    let described = |name: &str| DESCRIBED.iter().find(|described| described.name == name);
    let rows = settings.sources.iter().map(|setting| OwnSetting {
        name: setting.name.clone(),
        value: setting.value.clone(),
        source: match setting.source.split(' ').next() {
            Some("flag") => Source::Flag,
            Some("environment") => Source::Environment,
            Some("leasehold.toml") => Source::File { line: None },
            _ => Source::Default,
        },
        help: setting.help.clone(),
        default: described(&setting.name).map(SettingDescription::default_words).unwrap_or_default(),
        variable: crate::settings::variable(&setting.name),
        flag: Some(format!("--{}", setting.name)),
    });
    SettingsPage {
        rows: rows.collect(),
        file_exists: file.is_some(),
        file: file.unwrap_or_else(|| "leasehold.toml".to_owned()),
    }
}
