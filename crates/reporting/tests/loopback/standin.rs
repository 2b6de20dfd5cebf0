//! A server without an engine: what it answers is fixed, what it was asked is kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reporting::client::{Address, CallerIdentity, ReportingClient, TlsChoice};
use reporting::listen::{self, Limits, StandardServices};
use reporting::service::{CallRefusal, Caller, DatabaseCheck, OpenedReport, ReportingSource, SourceError};
use reporting::wire::lumenvox::api::{ComponentLicenseUsage, SnapshotData, UsageReportResponse};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const DEPLOYMENT: &str = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e";
pub const OPERATOR: &str = "6f1d6b1e-bddb-4979-8284-531641b16eda";
pub const STATUS_ID: &str = "0d1f2a3b-fc38-43a5-a10c-0e7dfd45da47";
/// With everything a shell could trip over.
pub const REPORT: &str =
    r#"{"status_id":"0d1f2a3b-fc38-43a5-a10c-0e7dfd45da47", "note":"it's `id` $HOME \\ \" ü","images":null}"#;

/// What a push is answered with, by a word in the pushed response.
pub const REFUSALS: [(&str, &str); 2] =
    [("tampered", "The signature is wrong. Nothing was changed."), ("used", "This id was used. Nothing was changed.")];

#[derive(Debug, Default)]
pub struct Standin {
    pub registered: bool,
    pub database_down: bool,
    pub licensing_url: Option<String>,
    pub report: Option<String>,
    pub pushed: Mutex<Vec<(Caller, String)>>,
    pub spans: Mutex<Vec<(Option<i64>, Option<i64>)>>,
}

impl Standin {
    pub fn registered() -> Self {
        Self { registered: true, ..Self::default() }
    }
}

#[async_trait::async_trait]
impl ReportingSource for Standin {
    async fn deployments(&self) -> Result<Vec<String>, SourceError> {
        Ok(if self.registered { vec![DEPLOYMENT.to_owned()] } else { Vec::new() })
    }

    async fn usage_report(&self, _: &str, component: &str) -> Result<UsageReportResponse, SourceError> {
        match component {
            "panic" => panic!("as asked"),
            "slow" => std::future::pending().await,
            "fail" => return Err(SourceError::Failed("disk /dev/secret is gone".into())),
            _ => {}
        }
        let all = [("VAD", 2, 66_900), ("ASR_ENUS", 1, u64::MAX), ("SESSION_USAGE", 4, 615_524)];
        let license_usage = all
            .into_iter()
            .filter(|(name, ..)| component.is_empty() || component == *name)
            .map(|(name, usage_count, usage_ms)| (name.to_owned(), ComponentLicenseUsage { usage_count, usage_ms }))
            .collect::<BTreeMap<_, _>>();
        Ok(UsageReportResponse { session_ms: 615_524, session_audio_ms: 192_877, license_usage })
    }

    async fn usage_snapshots(
        &self,
        deployment: &str,
        _: &str,
        start: Option<i64>,
        end: Option<i64>,
    ) -> Result<Vec<SnapshotData>, SourceError> {
        self.spans.lock().unwrap().push((start, end));
        Ok(vec![SnapshotData {
            deployment_id: deployment.to_owned(),
            snapshot_uuid: STATUS_ID.to_owned(),
            created_date: 1_693_954_219,
            component_license_usage: vec![ComponentLicenseUsage { usage_count: 1, usage_ms: 2800 }],
        }])
    }

    async fn open_report(&self, _: &Caller) -> Result<OpenedReport, SourceError> {
        if !self.registered {
            return Err(CallRefusal::conflict("This server is not registered.").into());
        }
        Ok(OpenedReport {
            status_id: STATUS_ID.to_owned(),
            report: self.report.clone().unwrap_or_else(|| REPORT.to_owned()),
            licensing_url: self.licensing_url.clone(),
        })
    }

    async fn push_response(&self, caller: &Caller, response: &[u8]) -> Result<(), SourceError> {
        let text = String::from_utf8(response.to_vec()).unwrap();
        for (word, sentence) in REFUSALS {
            if text.contains(word) {
                let refusal =
                    if word == "used" { CallRefusal::conflict(sentence) } else { CallRefusal::invalid(sentence) };
                return Err(refusal.into());
            }
        }
        self.pushed.lock().unwrap().push((caller.clone(), text));
        Ok(())
    }

    async fn database_check(&self) -> Result<DatabaseCheck, SourceError> {
        if self.database_down {
            return Err(SourceError::Failed("disk I/O error".into()));
        }
        Ok(DatabaseCheck { version: "SQLite 3.51.3".into(), latency_ms: 7 })
    }
}

/// A running server; it ends with the test.
pub struct RunningStandin {
    pub source: Arc<Standin>,
    pub address: SocketAddr,
    /// PEM of its certificate.
    pub certificate: String,
    pub stop: CancellationToken,
    pub ended: JoinHandle<std::io::Result<()>>,
}

impl Drop for RunningStandin {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub async fn start(source: Standin) -> RunningStandin {
    start_with(source, Limits::default(), true).await
}

/// Short times, for tests that wait for them.
pub fn short() -> Limits {
    Limits { handshake: Duration::from_secs(1), call: Duration::from_secs(1), ..Limits::default() }
}

pub async fn start_with(source: Standin, limits: Limits, tls: bool) -> RunningStandin {
    start_offering(source, StandardServices::default(), limits, tls).await
}

pub async fn start_offering(source: Standin, services: StandardServices, limits: Limits, tls: bool) -> RunningStandin {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (source, stop) = (Arc::new(source), CancellationToken::new());
    let serving =
        listen::serve(listener, source.clone(), tls.then(|| Arc::new(config)), services, limits, stop.clone());
    RunningStandin { source, address, certificate: made.cert.pem(), stop, ended: tokio::spawn(serving) }
}

impl RunningStandin {
    pub fn at(&self, host: &str) -> Address {
        format!("{host}:{}", self.address.port()).parse().unwrap()
    }

    pub fn trusted(&self) -> TlsChoice {
        TlsChoice::On { ca: Some(self.certificate.clone().into_bytes()) }
    }

    pub async fn client(&self) -> ReportingClient {
        ReportingClient::connect(self.at("127.0.0.1"), TlsChoice::Off).await.unwrap()
    }
}

pub fn who() -> CallerIdentity {
    CallerIdentity { deployment: DEPLOYMENT.parse().unwrap(), operator: OPERATOR.parse().unwrap() }
}
