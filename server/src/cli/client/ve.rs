mod log;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use client::ve::{LoginError, VeClient, VeEvent, VeStatus};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::stop::Stop;
use crate::cli::output;
use crate::exit::{Done, Failure};
use log::{Log, described};

/// `leasehold client ve`
#[derive(Debug, Args)]
#[command(after_help = "On SIGTERM or SIGINT it logs out, which stops the hours of a countdown license.

Exit codes:
  0  stopped on request after it had its license, and logged out
  1  lost its license, and the grace period ended without another server
  2  every server refused the login (passphrase, version, processors, memory, protocol),
     or an argument is invalid
  3  got no license within two hours or before it was stopped; it waits that long for a primary
     whose instances are all in use")]
pub struct RunVe {
    /// License servers, the primary first, separated by commas: VE://HOST[:PORT]/PASSPHRASE, each with its passphrase
    /// [default port: 8083]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        required = true,
        env = "LEASEHOLD_VE_SERVERS",
        hide_env_values = true
    )]
    servers: Vec<String>,
    /// Virtual hardware, by name or code in the license, such as Charon-SSP/4U
    #[arg(long, value_name = "NAME")]
    product: String,
    /// Its version
    #[arg(long, value_name = "MAJOR.MINOR", default_value = "0.0", value_parser = version)]
    version: (u32, u32),
    /// Virtual processors
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    cpus: u32,
    /// Memory, MB
    #[arg(long, value_name = "MB", default_value_t = 1)]
    memory: u64,
    /// Name shown in the console [default: the host name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Append log lines to this file; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    log: PathBuf,
    /// Log out after this many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Certificates to trust, PEM; turns TLS on
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Print events to standard output, one JSON object per line, instead of log lines
    #[arg(long)]
    json: bool,
}

fn version(text: &str) -> Result<(u32, u32), String> {
    let number = |part: &str| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let both = text.trim().split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    both.ok_or_else(|| "write it like 5.3".to_owned())
}

impl RunVe {
    pub async fn run(self) -> Done {
        let mut stop = Stop::listen(self.seconds.map(Duration::from_secs))?;
        let client = self.client()?;
        let events = client.events();
        let seen = tokio::spawn(follow(events, self.json));
        let told = tokio::select! {
            biased;
            _ = client.stopped() => false,
            () = stop.told() => true,
        };
        let parting = client.clone().close().await;
        if told && let Some(problem) = parting.unconfirmed.first() {
            output::note(format_args!("Logging out did not finish in time. {problem}"));
        }
        let status = client.status();
        // Those who listen hear the end of it.
        drop(client);
        let ended = seen.await.map_err(|error| Failure::failed(format!("The output stopped early: {error}.")))??;
        match status.standing {
            VeStatus::Refused => Err(Failure::refused(ended.unwrap_or_else(|| "The login was refused.".to_owned()))),
            _ if status.server.is_none() && status.problems.is_empty() => {
                Err(Failure::no_server("No license server has answered."))
            }
            _ if status.server.is_none() => Err(Failure::no_server(LoginError::NoServer { servers: status.problems })),
            VeStatus::Stopped => Err(Failure::failed(
                "The license was lost and its grace period is over. Check the license servers, then start again.",
            )),
            _ => Ok(()),
        }
    }

    fn client(&self) -> Result<VeClient, Failure> {
        let log = match self.log.to_str() {
            Some("-") if self.json => Log::nowhere(),
            Some("-") => Log::stdout(),
            _ => Log::file(&self.log)?,
        };
        let mut builder = VeClient::builder()
            .servers(&self.servers)
            .product(&self.product)
            .version(self.version.0, self.version.1)
            .cpus(self.cpus)
            .memory_mb(self.memory)
            .on_line(move |line| log.write(line));
        if let Some(name) = &self.name {
            builder = builder.name(name);
        }
        if let Some(path) = &self.ca {
            let pem = std::fs::read(path)
                .map_err(|error| Failure::refused(format!("Can't read {}: {error}.", path.display())))?;
            builder = builder.tls(client::Tls::only(&pem).map_err(Failure::refused)?);
        }
        builder.start().map_err(Failure::refused)
    }
}

/// Prints what happens when that is wanted; returns why the login was refused, if it was.
async fn follow(mut events: Receiver<VeEvent>, json: bool) -> Result<Option<String>, Failure> {
    let mut refused = None;
    loop {
        match events.recv().await {
            Ok(event) => {
                if json {
                    crate::cli::output::print(format!("{}\n", described(&event)).as_bytes())?;
                }
                if matches!(event, VeEvent::Refused { .. }) {
                    refused = Some(event.to_string());
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Ok(refused),
        }
    }
}
