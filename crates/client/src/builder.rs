use std::sync::Arc;
use std::time::Duration;

use licensing::client_protocol::{Hello, VERSION, VeLogin};
use tokio::runtime::Handle;

use crate::address::Address;
use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::connection::{Connector, ServerLink, Tcp, Tls};
use crate::driver::{ClientIdentity, Driver, LicenseKeeper};
use crate::error::ConnectError;
use crate::guard::ClientGuard;
use crate::journal::DEFAULT_ROOM;
use crate::secret::ClientRandom;
use crate::shared::{Contact, SharedClient};

/// The default wait for a license.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// Sets up a [`Client`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing before `connect` or `start`"]
pub struct Builder {
    servers: Vec<String>,
    client_id: Option<String>,
    name: Option<String>,
    host: Option<String>,
    user: Option<String>,
    software: String,
    deployment: Option<String>,
    wait: Duration,
    room: usize,
    tls: Option<Tls>,
    clock: Arc<dyn Clock>,
    connector: Arc<dyn Connector>,
    seed: Option<u64>,
    logins: Vec<VeLogin>,
    keeper: Option<LicenseKeeper>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            servers: Vec::new(),
            client_id: None,
            name: None,
            host: None,
            user: None,
            software: String::new(),
            deployment: None,
            wait: DEFAULT_WAIT,
            room: DEFAULT_ROOM,
            tls: None,
            clock: Arc::new(SystemClock::default()),
            connector: Arc::new(Tcp),
            seed: None,
            logins: Vec::new(),
            keeper: None,
        }
    }

    /// The servers, the primary first and then its backups in order: `lic1`, `lic1:7569` or `https://lic1:7569`. The
    /// default port is 7569.
    pub fn servers<S: AsRef<str>>(mut self, servers: impl IntoIterator<Item = S>) -> Self {
        self.servers = servers.into_iter().map(|server| server.as_ref().to_owned()).collect();
        self
    }

    /// Uses TLS with all servers, with these certificates to trust. Without this, servers written with `https://` use
    /// this machine's trusted certificates.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The client's display name, under which its usage is shown [default: the host name].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The host name [default: detected].
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The user of requests without one.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The application and its version.
    pub fn software(mut self, software: impl Into<String>) -> Self {
        self.software = software.into();
        self
    }

    /// The client id: 1 to 64 letters, digits and `_ . -`. A new run with the same id replaces the previous one once that has
    /// been silent for 10 seconds. Random by default; two applications must not share one.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// The deployment id of its usage [default: the server's first].
    pub fn deployment(mut self, deployment: impl Into<String>) -> Self {
        self.deployment = Some(deployment.into());
        self
    }

    /// How long a request waits for a license [default: 10 seconds].
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Maximum number of single records kept until a server has stored them [default: 100,000]. Beyond it they are
    /// dropped and counted; totals are always reported.
    pub fn records(mut self, most: usize) -> Self {
        self.room = most;
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Randomness from this number instead of the operating system's, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Another way to reach the servers, for tests.
    pub fn connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connector = connector;
        self
    }

    /// The login for each server.
    pub(crate) fn logins(mut self, logins: Vec<VeLogin>) -> Self {
        self.logins = logins;
        self
    }

    /// The keeper of one license, which receives events.
    pub(crate) fn keeper(mut self, keeper: LicenseKeeper) -> Self {
        self.keeper = Some(keeper);
        self
    }

    pub(crate) fn time(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Starts the client and returns when a server has responded.
    ///
    /// # Errors
    /// [`ConnectError::NoServer`] if none has, with the reason for each: at once if all refuse, after 10 seconds for
    /// each silent one. Others for invalid settings.
    pub async fn connect(self) -> Result<Client, ConnectError> {
        let client = self.start()?;
        let mut contact = client.alive.shared.contact.subscribe();
        let found = contact.wait_for(|contact| *contact != Contact::Asking).await.map(|contact| *contact);
        if matches!(found, Ok(Contact::Found)) {
            return Ok(client);
        }
        Err(ConnectError::NoServer { servers: client.alive.shared.problems() })
    }

    /// Starts the client and returns at once. It keeps asking servers until one responds, and denies requests
    /// meanwhile.
    ///
    /// # Errors
    /// For invalid settings, or without a tokio runtime.
    pub fn start(self) -> Result<Client, ConnectError> {
        let runtime = Handle::try_current().map_err(|_| ConnectError::NoRuntime)?;
        let addresses = self.addresses()?;
        let links = self.links(&addresses)?;
        let host = self.host.clone().unwrap_or_else(host_name);
        let mut random = ClientRandom::new(self.seed);
        let hello = self.hello(&host, &mut random)?;
        let names = addresses.iter().map(ToString::to_string).collect();
        let shared = Arc::new(SharedClient::new(self.clock, names, self.room));
        let user = self.user.unwrap_or_default();
        let identity = ClientIdentity::new(hello, user, self.logins, &*shared.clock);
        let driver = Driver::new(shared.clone(), links, identity, self.keeper, random);
        let task = runtime.spawn(driver.run());
        Ok(Client::new(ClientGuard::new(shared, task), self.wait))
    }

    fn addresses(&self) -> Result<Vec<Address>, ConnectError> {
        let addresses: Vec<Address> = self.servers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        if addresses.is_empty() {
            return Err(ConnectError::NoServers);
        }
        let all_tls = self.tls.is_some();
        Ok(addresses.into_iter().map(|address| if all_tls { address.with_tls() } else { address }).collect())
    }

    fn links(&self, addresses: &[Address]) -> Result<Vec<ServerLink>, ConnectError> {
        let tls = if addresses.iter().any(Address::is_tls) {
            Some(self.tls.clone().unwrap_or_default().config()?)
        } else {
            None
        };
        let link = |address: &Address| {
            let tls = tls.clone().filter(|_| address.is_tls());
            ServerLink::new(address.clone(), self.connector.clone(), tls)
        };
        Ok(addresses.iter().map(link).collect())
    }

    fn hello(&self, host: &str, random: &mut ClientRandom) -> Result<Hello, ConnectError> {
        let named = if host.is_empty() { "license client" } else { host };
        let hello = Hello {
            protocol: VERSION,
            client: self.client_id.clone().unwrap_or_else(|| random.id()),
            run: random.id(),
            replaces: None,
            name: self.name.clone().unwrap_or_else(|| named.chars().take(128).collect()),
            host: host.to_owned(),
            software: self.software.clone(),
            deployment: self.deployment.clone(),
            ve: None,
            observed: None,
        };
        // Each server gets its own login.
        let heard = self.logins.iter().map(|login| Hello { ve: Some(login.clone()), ..hello.clone() });
        for hello in heard.chain([hello.clone()]) {
            hello.check().map_err(|fault| ConnectError::Identity(fault.detail))?;
        }
        Ok(hello)
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().chars().filter(|c| !c.is_control()).take(255).collect()
}
