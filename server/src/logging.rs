//! Logging to stderr, and to `license.log` while serving. LOGGING_VERBOSITY of the conf file decides how much, live,
//! unless `log` is set. Sync reminders are always written, in the vendor's own form.

mod file;
mod reminder;

use std::sync::Arc;

use engine::Engine;
use engine::exchange::REMINDER;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use crate::exit::Failure;

pub use file::{KEEP, LogFile, Reopener, SIZE_MB};

/// Changes how much is logged.
#[derive(Clone)]
pub struct Verbosity(Option<Handle<EnvFilter, Registry>>);

/// What the vendor's numbers mean: 1 errors, 2 all but debug, 3 everything.
fn filter(verbosity: u8) -> EnvFilter {
    EnvFilter::new(match verbosity {
        1 => "error",
        2 => "info",
        _ => "debug,hyper=info,h2=info,sqlx=info,rustls=info",
    })
}

/// Starts logging to stderr at the level of `log`, else of the conf file; and to `license.log`, where lines wait until
/// it is opened.
///
/// # Errors
/// A sentence when `log` is not a filter.
pub fn start(log: Option<&str>) -> Result<(Verbosity, LogFile), Failure> {
    let (file, log_file) = LogFile::new();
    let first = match log {
        Some(log) => EnvFilter::try_new(log).map_err(|_| {
            Failure::refused(format!("log = “{log}” is not a level (error, warn, info, debug) or a filter."))
        })?,
        None => filter(1),
    };
    let (layer, handle) = reload::Layer::new(first);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        // It would say so with a macro that panics where stderr can't be written.
        .log_internal_errors(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .and_then(file.clone())
        .with_filter(layer.and(filter_fn(|metadata| metadata.target() != REMINDER)));
    let reminders = reminder::Reminders.and_then(file).with_filter(filter_fn(|metadata| metadata.target() == REMINDER));
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(reminders).try_init();
    Ok((Verbosity(log.is_none().then_some(handle)), log_file))
}

/// Says so if `TZ` names no time zone: local times would be UTC in silence.
pub fn check_zone() {
    if let Some(name) = std::env::var_os("TZ").filter(|name| !name.is_empty())
        && jiff::tz::TimeZone::system().is_unknown()
    {
        tracing::error!(
            "TZ = “{}” names no time zone, so all local times are UTC. Use a name such as Europe/Berlin.",
            name.display()
        );
    }
}

impl Verbosity {
    /// Follows LOGGING_VERBOSITY while the engine lives; a background task.
    pub async fn follow(self, engine: Arc<Engine>) {
        let Some(handle) = self.0 else { return std::future::pending().await };
        let mut changes = engine.conf_changes();
        loop {
            let verbosity = changes.borrow_and_update().effective.verbosity;
            let _ = handle.reload(filter(verbosity));
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
