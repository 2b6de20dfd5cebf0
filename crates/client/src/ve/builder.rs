use std::fmt;
use std::sync::{Arc, Mutex};

use licensing::client_protocol::{VE_PRODUCT, VeLogin};
use licensing::ve::VeAddress;
use tokio::sync::{broadcast, mpsc, watch};

use super::keeper::VeKeeper;
use super::line::program_of;
use super::output::VeOutput;
use super::{Inner, LoginError, Status, StopWarning, VeClient, VeLogLine, VeStatus};
use crate::clock::Clock;
use crate::connection::{Connector, Tls};
use crate::driver;
use crate::{Client, ConnectError};

/// Events kept for a slow listener.
const EVENTS: usize = 256;

/// Sets up a [`VeClient`].
#[derive(Clone)]
#[must_use = "a builder does nothing before `connect` or `start`"]
pub struct Builder {
    client: crate::Builder,
    servers: Vec<String>,
    product: String,
    program: Option<String>,
    version: (u32, u32),
    cpus: u32,
    memory_mb: u64,
    on_stop: Arc<dyn Fn(StopWarning) + Send + Sync>,
    on_line: Arc<dyn Fn(&VeLogLine) + Send + Sync>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The addresses contain passphrases.
        f.debug_struct("Builder").field("product", &self.product).finish_non_exhaustive()
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            client: Client::builder(),
            servers: Vec::new(),
            product: String::new(),
            program: None,
            version: (0, 0),
            cpus: 1,
            memory_mb: 1,
            on_stop: Arc::new(|_| {}),
            on_line: Arc::new(|_| {}),
        }
    }

    /// The servers, the primary first and then its backups in order: `VE://host[:port]/passphrase`, each with its own
    /// passphrase. The default port is 8083.
    pub fn servers<S: AsRef<str>>(mut self, servers: impl IntoIterator<Item = S>) -> Self {
        self.servers = servers.into_iter().map(|server| server.as_ref().to_owned()).collect();
        self
    }

    /// The virtual hardware, by name or code in the license: `Charon-SSP/4U`.
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = product.into();
        self
    }

    /// Its version, 0.0 unless set.
    pub fn version(mut self, major: u32, minor: u32) -> Self {
        self.version = (major, minor);
        self
    }

    /// Virtual processors, 1 unless set.
    pub fn cpus(mut self, cpus: u32) -> Self {
        self.cpus = cpus;
        self
    }

    /// Memory, MB; 1 unless set.
    pub fn memory_mb(mut self, memory_mb: u64) -> Self {
        self.memory_mb = memory_mb;
        self
    }

    /// The display name of this virtual machine [default: the host name].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.client = self.client.name(name);
        self
    }

    /// The host name [default: detected].
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.client = self.client.host(host);
        self
    }

    /// The program's name in log lines [default: `Charon` for products that begin so, else the product's name].
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Called one minute before the end of the grace period, and at its end. Runs in its own thread and may take long.
    pub fn on_stop(mut self, call: impl Fn(StopWarning) + Send + Sync + 'static) -> Self {
        self.on_stop = Arc::new(call);
        self
    }

    /// Called with each line for the log, in order. Must not take long.
    pub fn on_line(mut self, call: impl Fn(&VeLogLine) + Send + Sync + 'static) -> Self {
        self.on_line = Arc::new(call);
        self
    }

    /// Uses TLS with all servers, with these certificates to trust.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.client = self.client.tls(tls);
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.client = self.client.clock(clock);
        self
    }

    /// Randomness from this number instead of the operating system's, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.client = self.client.seed(seed);
        self
    }

    /// Another way to reach the servers, for tests.
    pub fn connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.client = self.client.connector(connector);
        self
    }

    /// Logs in and returns when it has the license.
    ///
    /// # Errors
    /// [`LoginError::Refused`] if every server refuses, [`LoginError::NoServer`] if none provides a license for any
    /// other reason, each with the problem of each server. Others for invalid settings.
    pub async fn connect(self) -> Result<VeClient, LoginError> {
        self.start()?.logged_in().await
    }

    /// Starts to log in and returns at once. It keeps asking servers until one responds, or a grace period of two
    /// hours is over; if all refuse before it had a license, the client stops.
    ///
    /// # Errors
    /// For invalid settings, or without a tokio runtime.
    pub fn start(self) -> Result<VeClient, LoginError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(ConnectError::NoRuntime.into());
        }
        let addresses = self.addresses()?;
        let (moments, told) = mpsc::unbounded_channel();
        let product: licensing::product::ProductCode =
            VE_PRODUCT.parse().map_err(|error: crate::ProductCodeError| ConnectError::Identity(error.to_string()))?;
        let clock = self.client.time();
        let client = self
            .client
            .servers(addresses.iter().map(place))
            .software(format!("{} {}.{}", self.product, self.version.0, self.version.1))
            .logins(
                addresses
                    .iter()
                    .map(|address| VeLogin {
                        passphrase: address.passphrase.to_string(),
                        product: self.product.clone(),
                        major: self.version.0,
                        minor: self.version.1,
                        cpus: self.cpus,
                        memory_mb: self.memory_mb,
                    })
                    .collect(),
            )
            .keeper(driver::LicenseKeeper { product: product.clone(), moments })
            .start()?;
        let status = Status {
            standing: VeStatus::LoggingIn,
            server: None,
            license_id: None,
            key_type: None,
            problems: Vec::new(),
        };
        let (status, seen) = watch::channel(status);
        let (events, first) = broadcast::channel(EVENTS);
        let closing = watch::Sender::new(false);
        let voice = VeOutput {
            program: self.program.unwrap_or_else(|| program_of(&self.product).to_owned()),
            clock,
            on_line: self.on_line,
            on_stop: self.on_stop,
            events: events.clone(),
            status,
        };
        let hosts = addresses.into_iter().map(|address| address.host).collect();
        let keeper = VeKeeper::new(client, &product, hosts, voice)?;
        let (ending, ended) = (closing.subscribe(), watch::Sender::new(false));
        let task = tokio::spawn({
            let ended = ended.clone();
            async move {
                let parting = keeper.run(told, ending).await;
                ended.send_replace(true);
                parting
            }
        });
        Ok(VeClient(Arc::new(Inner {
            status: seen,
            events,
            first: Mutex::new(Some(first)),
            closing,
            ended,
            task: Mutex::new(Some(task)),
        })))
    }

    fn addresses(&self) -> Result<Vec<VeAddress>, LoginError> {
        if self.servers.is_empty() {
            return Err(LoginError::NoServers);
        }
        if self.product.trim().is_empty() {
            return Err(LoginError::NoProduct);
        }
        let read = |(index, text): (usize, &String)| {
            text.parse().map_err(|error| LoginError::Address { number: index + 1, error })
        };
        self.servers.iter().enumerate().map(read).collect()
    }
}

/// A server's address in the clients' notation.
fn place(address: &VeAddress) -> String {
    if address.host.contains(':') {
        format!("[{}]:{}", address.host, address.port)
    } else {
        format!("{}:{}", address.host, address.port)
    }
}
