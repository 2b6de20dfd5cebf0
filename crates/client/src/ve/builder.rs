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

/// Events kept for a listener that is slow.
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
        // The addresses hold passphrases.
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

    /// The servers, the primary first and then its backups in order: `VE://host[:port]/passphrase`, each with its own passphrase. The
    /// port is 8083 unless another is named.
    pub fn servers<S: AsRef<str>>(mut self, servers: impl IntoIterator<Item = S>) -> Self {
        self.servers = servers.into_iter().map(|server| server.as_ref().to_owned()).collect();
        self
    }

    /// The virtual hardware this is, by a name or a code of the license: `Charon-SSP/4U`.
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

    /// What people call this virtual machine; the host's name unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.client = self.client.name(name);
        self
    }

    /// The machine this runs on. Found out unless set.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.client = self.client.host(host);
        self
    }

    /// What the program calls itself in log lines. Unless set, `Charon` for products that begin so, and the product's name for others.
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Called one minute before the end of the grace, and at its end. Runs in a thread of its own and may take its time.
    pub fn on_stop(mut self, call: impl Fn(StopWarning) + Send + Sync + 'static) -> Self {
        self.on_stop = Arc::new(call);
        self
    }

    /// Called with each line for the log, in order. Must not take long.
    pub fn on_line(mut self, call: impl Fn(&VeLogLine) + Send + Sync + 'static) -> Self {
        self.on_line = Arc::new(call);
        self
    }

    /// Speaks TLS with all servers, and whose certificates to trust.
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

    /// Logs in and returns when a server has given the license.
    ///
    /// # Errors
    /// [`LoginError::Refused`] when every server refuses, [`LoginError::NoServer`] when none gives a license for any other reason, each
    /// with what is wrong at which server. Others when something is set that cannot be used.
    pub async fn connect(self) -> Result<VeClient, LoginError> {
        self.start()?.logged_in().await
    }

    /// Begins to log in and returns at once. Servers that do not answer are asked until they do, or until a grace of two hours is over; when
    /// all refuse before any has given a license, the client ends.
    ///
    /// # Errors
    /// When something is set that cannot be used, or there is no tokio runtime here.
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

/// Where a server listens, as clients write it.
fn place(address: &VeAddress) -> String {
    if address.host.contains(':') {
        format!("[{}]:{}", address.host, address.port)
    } else {
        format!("{}:{}", address.host, address.port)
    }
}
