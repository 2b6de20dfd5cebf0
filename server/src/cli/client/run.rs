mod load;

use std::time::Duration;

use clap::Args;
use client::{Client, ClientEvent, ClientTotals, ConnectError, Denied, ProductCode};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::stop::Stop;
use crate::cli::output;
use crate::exit::{Done, Failure};
use load::{Load, Pace};

/// The most licenses a second: beyond it the pause between two is shorter than timers are exact.
const MOST_RATE: f64 = 1_000_000.0;

/// The most records all clients of this process keep together.
const RECORDS: usize = 1_000_000;

/// The fewest records each of them keeps.
const FEWEST_RECORDS: usize = 1_000;

#[derive(Debug, Args)]
pub struct RunClients {
    /// License servers, the primary first, separated by commas: HOST, HOST:PORT or https://HOST:PORT [default port:
    /// 7569]
    #[arg(long, value_name = "A,B", value_delimiter = ',', required = true)]
    servers: Vec<String>,
    /// Product to check out; repeat for more products, used in turn
    #[arg(long = "product", value_name = "CODE", required = true)]
    products: Vec<ProductCode>,
    /// User to check out licenses for
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Time to hold each license, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    hold: u64,
    /// Check-outs per second and client
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = rate)]
    rate: f64,
    /// Stop after this many requests per client
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Number of clients in this process
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,
    /// Name of the client in the console; several clients are numbered [default: the host name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Stop after this many seconds
    #[arg(long, value_name = "S")]
    duration: Option<u64>,
    /// Certificates to trust for the servers instead of the system's, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "enter a number, such as 1 or 0.5".to_owned())?;
    if rate.is_finite() && rate > 0.0 && rate <= MOST_RATE {
        Ok(rate)
    } else {
        Err(format!("enter a number above 0, up to {MOST_RATE}"))
    }
}

impl RunClients {
    pub async fn run(self) -> Done {
        let stop = watch::Sender::new(false);
        let mut told = Stop::listen(self.duration.map(Duration::from_secs))?;
        tokio::spawn({
            let stop = stop.clone();
            async move {
                told.told().await;
                stop.send_replace(true);
            }
        });
        let mut clients = Vec::new();
        for number in 1..=self.clients {
            clients.push(self.client(number)?);
        }
        let events = clients.first().map(Client::events);
        if let Some(mut events) = events {
            tokio::spawn(async move {
                loop {
                    match events.recv().await {
                        // Limits come and go with every request; the rest is for people.
                        Ok(ClientEvent::Allocation { .. }) | Err(RecvError::Lagged(_)) => {}
                        Ok(event) => output::note(event),
                        Err(RecvError::Closed) => return,
                    }
                }
            });
        }
        let mut loads = JoinSet::new();
        for client in clients.clone() {
            loads.spawn(self.load(&client)?.run(stop.subscribe()));
        }
        let mut answered = false;
        while let Some(ended) = loads.join_next().await {
            match ended {
                Ok(has_answered) => answered |= has_answered,
                Err(error) => output::note(format_args!("A client stopped early: {error}.")),
            }
        }
        let sum = close(clients).await;
        let line = json!({
            "acquired": sum.acquired,
            "released": sum.acquired,
            "denied": sum.denied,
            "usage_ms": sum.usage_ms,
            "dropped_records": sum.dropped_records,
        });
        output::print(format!("{line}\n").as_bytes())?;
        if answered { Ok(()) } else { Err(Failure::no_server("No license server has answered.")) }
    }

    fn client(&self, number: u32) -> Result<Client, Failure> {
        let room = (RECORDS / self.clients as usize).clamp(FEWEST_RECORDS, client::DEFAULT_ROOM);
        let mut builder = Client::builder()
            .servers(&self.servers)
            .software(concat!("leasehold client ", env!("CARGO_PKG_VERSION")))
            .records(room);
        if let Some(name) = &self.name {
            builder = builder.name(if self.clients > 1 { format!("{name} {number}") } else { name.clone() });
        }
        if let Some(user) = &self.user {
            builder = builder.user(user);
        }
        if let Some(path) = &self.ca {
            let pem = std::fs::read(path)
                .map_err(|error| Failure::refused(format!("Can't read {}: {error}.", path.display())))?;
            builder = builder.tls(client::Tls::only(&pem).map_err(Failure::refused)?);
        }
        builder.start().map_err(|error| match error {
            ConnectError::NoRuntime | ConnectError::Runtime(_) => Failure::failed(error),
            other => Failure::refused(other),
        })
    }

    fn load(&self, client: &Client) -> Result<Load, Failure> {
        let products: Result<Vec<_>, Denied> =
            self.products.iter().map(|product| client.product(product.as_str())).collect();
        let pace = Pace { every: Duration::from_secs_f64(1.0 / self.rate), hold: Duration::from_millis(self.hold) };
        Ok(Load::new(client.clone(), products.map_err(Failure::refused)?, pace, self.count))
    }
}

/// Says goodbye for all at once. Everything that was used is counted by then, so the sum is what the servers were told.
async fn close(clients: Vec<Client>) -> ClientTotals {
    let mut closing = JoinSet::new();
    for client in clients {
        closing.spawn(async move {
            let parting = client.clone().close().await;
            (client.totals(), parting)
        });
    }
    let mut sum = ClientTotals::default();
    let mut told = false;
    while let Some(ended) = closing.join_next().await {
        let Ok((totals, parting)) = ended else { continue };
        sum.acquired += totals.acquired;
        sum.denied += totals.denied;
        sum.usage_ms += totals.usage_ms;
        sum.dropped_records += totals.dropped_records;
        for problem in parting.unconfirmed.iter().filter(|_| !told) {
            output::note(format_args!("The client could not report all its usage in time. {problem}"));
        }
        told |= !parting.unconfirmed.is_empty();
    }
    sum
}
