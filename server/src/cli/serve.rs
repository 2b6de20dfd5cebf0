use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use engine::Engine;
use engine::clock::SystemClock;
use engine::store::{DataLock, LockError};
use engine::tasks::{Cadence, Task};
use licensing::self_check::PortState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::api::{Api, setup_url};
use crate::exit::{Done, Failure};
use crate::http::tls::{self, Certificate};
use crate::http::{self, App};
use crate::places::PortPlaces;
use crate::settings::{self, Flags, Settings};
use crate::{clients, control, logging, reporting};

/// How long open requests may take to end after SIGTERM; the process is gone within 5 s.
const GRACE: Duration = Duration::from_secs(3);

/// `leasehold serve`: every option is also a variable LEASEHOLD_… and a line of leasehold.toml; `leasehold config
/// sources` shows which one applies.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    flags: Flags,
    /// File with these settings, a leasehold.toml [env: LEASEHOLD_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Start with an empty database although the data folder shows that there was one
    #[arg(long)]
    new_database: bool,
}

impl Serve {
    pub async fn run(self) -> Done {
        let settings = settings::resolve(&self.flags, self.config.as_deref())?;
        // Dropped last: what is logged at the very end is still written.
        let (verbosity, mut license_log) = logging::start(settings.log.as_deref())?;
        logging::check_zone();
        // From here on, a hang-up reopens and reloads, and ends nothing.
        let hang_ups = signal(SignalKind::hangup())
            .map_err(|error| Failure::failed(format!("Can't listen for signals: {error}. Try again.")))?;
        let _lock = DataLock::take(&settings.data).map_err(|error: LockError| Failure::failed(error))?;
        settings.finish_restore()?;
        if let Some(sentence) = settings.lost_database() {
            if !self.new_database {
                return Err(Failure::failed(sentence));
            }
            engine::backup::restore::unsettle(&settings.data).map_err(|error| {
                Failure::failed(format!("Can't write to the data folder {}: {error}.", settings.data.display()))
            })?;
        }
        if settings.is_fresh() {
            settings.write_first_conf()?;
        }
        let listener = bind(settings.console, "console")?;
        let address = listener
            .local_addr()
            .map_err(|e| Failure::failed(format!("Can't determine the console's address: {e}.")))?;
        let certificate = Certificate::open(&settings)?;
        let speaks_tls = tls::is_for_console(&settings, address);
        let engine = Arc::new(
            Engine::open(&settings.data, &settings.conf, Arc::new(SystemClock)).await.map_err(Failure::failed)?,
        );
        engine.configure_backups(settings.backups.clone()).map_err(Failure::refused)?;
        engine.logs.configure(settings.license_log.clone());
        engine.configure_monitor(settings.monitor.clone());
        let origin = format!("{}://{}", if speaks_tls { "https" } else { "http" }, shown(address));
        let public = settings.public_origin(&origin);
        http::metrics::start();
        let tasks = &engine.tasks;
        #[cfg(debug_assertions)]
        if let Ok(plan) = std::env::var("LEASEHOLD_TEST_PANICS") {
            tasks.sabotage(&plan);
        }
        if let Some(path) = &settings.license_log {
            license_log.open(path, settings.license_log_keep, settings.license_log_size, tasks);
        }
        let api = Api { engine: engine.clone(), console: origin.as_str().into(), serving: true };
        tasks.start(control::listen(&settings.data, api)?);
        engine.configure_nodes(&settings.nodes()?).map_err(Failure::refused)?;
        let reporting = reporting::bind(&settings, &certificate).await?.map(Arc::new);
        engine.settle_leases().await;
        let places = PortPlaces::of_this_process();
        let clients = clients::bind(&settings, &engine, &certificate, places.clients.clone()).await?.map(Arc::new);
        let ve = clients::ve::bind(&settings, &certificate, places.clients).await?.map(Arc::new);
        let addresses = [
            ("clients", clients.as_ref().and_then(|port| port.address())),
            ("ve", ve.as_ref().and_then(|port| port.address())),
            ("reporting", reporting.as_ref().and_then(|port| port.address())),
        ];
        engine.alerts.link_to(&public);
        engine.override_settings(settings.overrides());
        engine.peers.answers_at(&public);
        let off = |flag: &str| PortState::Off(format!("It is turned off with --{flag}."));
        let state = off("clients");
        match &clients {
            Some(port) => engine.watch_port("License port", true, {
                let port = port.clone();
                move || port.state()
            }),
            None => engine.watch_port("License port", true, move || state.clone()),
        }
        engine.watch_port("Console", true, move || PortState::Listening(address));
        let state = off("ve");
        match &ve {
            Some(port) => engine.watch_port("VE port", false, {
                let port = port.clone();
                move || port.state()
            }),
            None => engine.watch_port("VE port", false, move || state.clone()),
        }
        let state = off("reporting");
        match &reporting {
            Some(port) => engine.watch_port("Reporting API", false, {
                let port = port.clone();
                move || port.state()
            }),
            None => engine.watch_port("Reporting API", false, move || state.clone()),
        }
        let (shown, is_own) = tls::certificate(&settings);
        match (speaks_tls, clients.is_some()) {
            (true, _) => engine.watch_certificate("the console", shown, is_own),
            (false, true) => engine.watch_certificate("the license port", shown, is_own),
            (false, false) => {}
        }
        let stop = tasks.stop().clone();
        let app = App::new(engine.clone(), &settings, &origin, speaks_tls, stop.clone())?;
        macro_rules! serving {
            ($port:expr, $name:literal, $does:literal) => {
                $port.map(|port| {
                    let (engine, stop) = (engine.clone(), stop.clone());
                    Task::new($name, $does, Cadence::OnDemand, move || port.clone().serve(engine.clone(), stop.clone()))
                })
            };
        }
        let ports = [
            serving!(clients, "license-port", "Serves applications"),
            serving!(ve, "ve-port", "Serves VE clients"),
            serving!(reporting, "reporting-api", "Serves the reporting API").map(Task::finishing),
        ];
        let log_level = Task::new("log-level", "Follows LOGGING_VERBOSITY", Cadence::OnChange, {
            let engine = engine.clone();
            move || verbosity.clone().follow(engine.clone())
        });
        let own = [log_level, certificate.task()];
        for task in engine.background_tasks().into_iter().chain(own).chain(ports.into_iter().flatten()) {
            tasks.start(task);
        }
        certificate.announce();
        let made_here = certificate.made_here().filter(|_| speaks_tls);
        announce(&engine, &settings, &origin, made_here, addresses).await?;
        tokio::spawn(on_hang_up(hang_ups, license_log.reopener(), certificate.clone()));
        let handle = axum_server::Handle::new();
        tokio::spawn({
            let (handle, stop, console) = (handle.clone(), stop.clone(), places.console.clone());
            async move {
                tokio::select! {
                    () = wait_for_signal() => stop.cancel(),
                    // A background task keeps failing.
                    () = stop.cancelled() => {}
                }
                console.send_silent_away();
                handle.graceful_shutdown(Some(GRACE));
            }
        });
        let tls = speaks_tls.then(|| certificate.console_config());
        // Console and API have threads of their own: however long a page computes, applications are answered.
        let apart = http::apart().map_err(|error| Failure::failed(format!("Can't start the console: {error}.")))?;
        let served = apart.spawn(http::serve(listener, app, tls, handle, places.console)).await;
        let served = served.unwrap_or_else(|ended| Err(std::io::Error::other(ended)));
        tasks.finish().await;
        if let Err(error) = engine.leases.commit(true).await {
            tracing::error!(%error, "could not store usage at shutdown; clients will report it again");
        }
        if let Err(error) = engine.store_contact().await {
            tracing::error!(%error, "could not store the contact clock at shutdown");
        }
        engine.close().await;
        apart.shutdown_background();
        if let Some(sentence) = tasks.given_up() {
            return Err(Failure::failed(sentence));
        }
        served.map_err(|error| Failure::failed(format!("The console stopped: {error}.")))
    }
}

/// Where a browser on this machine finds an address that means "all".
fn shown(address: SocketAddr) -> String {
    match (address.ip().is_unspecified(), address.is_ipv6()) {
        (true, true) => format!("[::1]:{}", address.port()),
        (true, false) => format!("127.0.0.1:{}", address.port()),
        _ => address.to_string(),
    }
}

/// Listens at an address that the setting `flag` named.
///
/// # Errors
/// A sentence that says why not, and names the flag to change it with.
pub fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::failed(format!(
            "Another program is using port {} on {}. Stop it, or choose another port with --{flag}.",
            address.port(),
            address.ip()
        )),
        std::io::ErrorKind::PermissionDenied => Failure::failed(format!(
            "This user may not listen on port {}. Choose one above 1023 with --{flag}.",
            address.port()
        )),
        std::io::ErrorKind::AddrNotAvailable => Failure::failed(format!(
            "This machine has no address {}. Choose one of its own with --{flag}.",
            address.ip()
        )),
        _ => Failure::failed(format!("Can't listen on {address} (--{flag}): {error}.")),
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

async fn announce(
    engine: &Engine,
    settings: &Settings,
    origin: &str,
    made_here: Option<String>,
    addresses: [(&str, Option<SocketAddr>); 3],
) -> Done {
    use std::fmt::Write as _;
    let mut text = format!("console: {origin}\n");
    let claimed =
        engine.setup().await.map_err(|e| Failure::failed(format!("The database did not respond: {e}.")))?.claimed;
    if !claimed {
        let token = engine.setup_token().await.map_err(Failure::failed)?;
        let _ = writeln!(text, "setup: {}", setup_url(origin, &token));
    }
    if let Some(fingerprint) = made_here {
        let _ = writeln!(text, "certificate: SHA-256 {fingerprint}");
    }
    for (name, address) in addresses {
        if let Some(address) = address {
            let _ = writeln!(text, "{name}: {address}");
        }
    }
    if let Some(problem) = engine.conf().problem {
        super::output::note(problem);
    }
    if let Some(restored) = engine.restored() {
        super::output::note(restored);
        for sentence in engine.after_restore().await {
            tracing::warn!("after the restore: {sentence}");
            super::output::note(sentence);
        }
    }
    tracing::info!(data = %settings.data.display(), conf = %settings.conf.display(), console = origin, "serving");
    text.push_str("ready\n");
    super::output::print(text.as_bytes())
}

/// SIGHUP, as logrotate and certificate tools send it.
async fn on_hang_up(mut hang_ups: Signal, log: logging::Reopener, certificate: Arc<Certificate>) {
    while hang_ups.recv().await.is_some() {
        log.reopen();
        certificate.look_now();
        tracing::info!("hang-up: the log file was reopened and the certificate is looked at");
    }
}

async fn wait_for_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
