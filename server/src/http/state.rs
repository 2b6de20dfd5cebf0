//! What all handlers share.

use std::sync::Arc;

use app::pages::settings::{OwnSetting, Settings as SettingsPage, Source};
use app::request::Installation;
use engine::Engine;
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
    /// Host names a browser may ask for, lower case, without port; addresses are always fine.
    pub hosts: Vec<String>,
    /// Name of this machine.
    pub server_name: String,
    pub installation: Installation,
    /// Signs session cookies.
    pub cookie_key: Key,
    /// Places for downloads.
    pub downloads: Arc<Semaphore>,
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

    /// Name of the session cookie; over TLS, with the prefix that binds it to this host.
    pub fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-leasehold" } else { "leasehold" }
    }
}

/// Name of this machine; `localhost` when it has none.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_str().ok().filter(|n| !n.is_empty()).unwrap_or("localhost").to_owned()
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
        let server_name = host_name();
        let mut hosts = vec!["localhost".to_owned(), server_name.to_lowercase()];
        hosts.extend(settings.hosts.iter().cloned());
        let installation = Installation {
            origin: origin.to_owned(),
            token_file: settings.data.join("setup-token").display().to_string(),
            setup_command: format!("leasehold setup-link --data {}", settings.data.display()),
            settings: settings_page(settings),
        };
        let cookie_key = cookie_key(engine.folder())?;
        let downloads = Arc::new(Semaphore::new(downloads::MOST));
        Ok(Self(Arc::new(AppState { engine, secure, hosts, server_name, installation, cookie_key, downloads, stop })))
    }
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
