//! Talks to one node: a sealed report out, its answer in; with limits, and without following redirects.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use licensing::conf::effective::Effective;
use licensing::sealed::{self, SealedAnswer, SealedPlain};
use licensing::status_response::MAX_RESPONSE;
use licensing::vendor_key::{KeyList, VendorKey};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Proxy, Response, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::round::Attempt;
use crate::{https, secret};

/// Timeout of a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Timeout of a whole exchange with one node, even if it answers slowly.
const WHOLE: Duration = Duration::from_secs(20);
/// Maximum overhead of sealing, bytes.
const SEAL_ROOM: usize = 8 * 1024;
/// Maximum size of a list of keys, bytes.
const MAX_KEYS: usize = 64 * 1024;

/// How the nodes are reached, besides what license_server.conf says.
#[derive(Debug, Clone, Default)]
pub struct NodeSettings {
    /// `http://host:port`; `off`: none, also not the one of the environment.
    pub proxy: Option<String>,
    /// Certificates to trust besides the system's, PEM.
    pub ca: Option<Vec<u8>>,
}

/// Builds clients for the nodes.
#[derive(Debug)]
pub(crate) struct NodeClient {
    http: Client,
    /// The proxy in use, for people; without its password.
    pub proxy: Option<String>,
}

/// One node and its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeAddress {
    /// `host:port`, as people see it.
    pub name: String,
    pub url: String,
}

/// Why a node gave no readable answer.
#[derive(Debug)]
pub(super) struct NoAnswer {
    /// `connect`, `TLS`, `HTTP`, `answer`.
    pub stage: &'static str,
    pub sentence: String,
    /// Nothing was sent.
    pub stayed: bool,
}

/// What a node answered: authentic, but not checked yet.
pub(super) struct NodeReply {
    /// The HTTP status it sealed with the response.
    pub status: u16,
    /// The text of the response.
    pub body: String,
}

impl NoAnswer {
    pub(super) fn sent(stage: &'static str, sentence: impl Into<String>) -> Self {
        Self { stage, sentence: sentence.into(), stayed: false }
    }
}

/// The nodes in use, in the order of the file.
pub(crate) fn nodes(effective: &Effective) -> Vec<NodeAddress> {
    let scheme = if effective.https { "https" } else { "http" };
    let node = |node: &licensing::conf::setting::NodeHost| {
        let host = if node.host.contains(':') && !node.host.starts_with('[') {
            format!("[{}]", node.host)
        } else {
            node.host.clone()
        };
        let name = format!("{host}:{}", node.port.unwrap_or_else(|| effective.node_port()));
        NodeAddress { url: format!("{scheme}://{name}/"), name }
    };
    effective.nodes().iter().map(node).collect()
}

impl NodeClient {
    /// # Errors
    /// A sentence that names the invalid setting.
    pub(crate) fn new(settings: &NodeSettings) -> Result<Self, String> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls_client(settings.ca.as_deref(), "node-ca")?)
            .dns_resolver(Arc::new(https::SystemNames))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("Leasehold/", env!("CARGO_PKG_VERSION")));
        let mut shown = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        match settings.proxy.as_deref() {
            None | Some("") => {}
            Some("off") => {
                builder = builder.no_proxy();
                shown = None;
            }
            Some(proxy) => {
                let used = Proxy::all(proxy).map_err(|_| {
                    format!(
                        "proxy = “{}” is not a proxy address. Write it like http://proxy.example:3128.",
                        without_password(proxy)
                    )
                })?;
                builder = builder.no_proxy().proxy(used);
                shown = Some(proxy.to_owned());
            }
        }
        let http =
            builder.build().map_err(|error| format!("Can't start the client for the licensing nodes: {error}."))?;
        Ok(Self { http, proxy: shown.map(|proxy| without_password(&proxy)) })
    }

    /// Sends a sealed report and opens the answer.
    pub(super) async fn send(
        &self,
        node: &NodeAddress,
        key: &VendorKey,
        auth: &str,
        report: &str,
    ) -> Result<NodeReply, NoAnswer> {
        let plain = SealedPlain { auth_string: auth.to_owned(), report: report.to_owned() };
        let (body, opener) = sealed::seal_request(key, &plain.to_bytes(), secret::random());
        let request = self.http.post(&node.url).header(CONTENT_TYPE, sealed::CONTENT_TYPE).body(body);
        let response = request.send().await.map_err(|error| self.not_reached(&error))?;
        let is_sealed = content_type(&response) == sealed::CONTENT_TYPE;
        let status = response.status();
        look(&response)?;
        let bytes = limited(response, MAX_RESPONSE + SEAL_ROOM).await?;
        if !is_sealed {
            return Err(unsealed(status, &bytes));
        }
        let plain = opener.open(&bytes).map_err(|_| {
            NoAnswer::sent(
                "answer",
                "Can't open its answer: it was cut off or altered on the way, or is not from the vendor's node.",
            )
        })?;
        let answer = SealedAnswer::parse(&plain)
            .map_err(|_| NoAnswer::sent("answer", "Its answer is sealed correctly but contains no response."))?;
        Ok(NodeReply { status: answer.status, body: answer.body })
    }

    /// As [`not_reached`]; with a proxy, it may be the one that can't be reached.
    fn not_reached(&self, error: &reqwest::Error) -> NoAnswer {
        let mut no = not_reached(error);
        if let Some(proxy) = self.proxy.as_ref().filter(|_| matches!(no.stage, "DNS" | "TCP")) {
            no.sentence =
                format!("{} The connection goes through the proxy {proxy}, which may be the cause.", no.sentence);
        }
        no
    }

    /// Asks a node for the vendor's keys. Nothing about this server is sent.
    pub(super) async fn keys(&self, node: &NodeAddress) -> Result<KeyList, NoAnswer> {
        let response =
            self.http.get(format!("{}keys", node.url)).send().await.map_err(|error| self.not_reached(&error))?;
        let status = response.status();
        look(&response)?;
        let bytes = limited(response, MAX_KEYS).await?;
        if looks_like_html(&bytes) {
            return Err(unsealed(status, &bytes));
        }
        serde_json::from_slice(&bytes).map_err(|_| {
            NoAnswer::sent(
                "answer",
                format!("It returned {status} without a list of keys. Check that it is a licensing node."),
            )
        })
    }
}

/// Trusts the authorities of this machine, and those of a setting: PEM.
///
/// # Errors
/// A sentence that names the setting.
pub fn tls_client(ca: Option<&[u8]>, named: &str) -> Result<rustls::ClientConfig, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(ca.unwrap_or_default()).collect();
    match found {
        Ok(found) if found.is_empty() && ca.is_some() => Err(format!("{named} holds no PEM certificate.")),
        Ok(found) => https::tls(&found),
        Err(_) => Err(format!("{named} is not a file of PEM certificates.")),
    }
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Errors before the body is read.
fn look(response: &Response) -> Result<(), NoAnswer> {
    if response.status().is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("another address");
        let to: String = to.chars().filter(|c| !c.is_control()).take(120).collect();
        return Err(NoAnswer::sent(
            "HTTP",
            format!(
                "It redirects to {to}, which Leasehold doesn't follow. A proxy or login page may respond in its place."
            ),
        ));
    }
    Ok(())
}

async fn limited(mut response: Response, most: usize) -> Result<Vec<u8>, NoAnswer> {
    let too_large = || NoAnswer::sent("answer", format!("Its answer is larger than {} kB.", most / 1024));
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > most => return Err(too_large()),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) if error.is_timeout() => {
                return Err(NoAnswer::sent(
                    "answer",
                    format!("Its answer did not finish within {} s.", WHOLE.as_secs()),
                ));
            }
            Err(_) => return Err(NoAnswer::sent("answer", "The connection was lost during its answer.")),
        }
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head")
}

/// An answer that is not sealed, guessed from its content. Nothing in it is trusted.
fn unsealed(status: StatusCode, bytes: &[u8]) -> NoAnswer {
    if looks_like_html(bytes) {
        return NoAnswer::sent(
            "HTTP",
            format!(
                "It returned {status} with a web page instead of a sealed response: a proxy or login page responds in its place."
            ),
        );
    }
    let says = serde_json::from_slice::<serde_json::Value>(bytes)
        .ok()
        .and_then(|value| value["response-message"].as_str().map(str::to_owned))
        .map(|text| {
            format!(" It says, unsigned: “{}”.", text.chars().filter(|c| !c.is_control()).take(200).collect::<String>())
        })
        .unwrap_or_default();
    NoAnswer::sent(
        "HTTP",
        format!("It returned {status} without a sealed response.{says} Check that it is a licensing node."),
    )
}

/// No answer at all.
fn not_reached(error: &reqwest::Error) -> NoAnswer {
    use rustls::CertificateError as E;
    let cause = https::root_cause(error);
    let refused =
        || https::cause(error).is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused);
    let (stage, sentence) = if error.is_timeout() && error.is_connect() {
        ("TCP", format!("It did not respond within {} s. A firewall may drop the connection.", CONNECT.as_secs()))
    } else if error.is_timeout() {
        ("HTTP", format!("It received the report but did not answer within {} s.", WHOLE.as_secs()))
    } else if let Some(tls) = https::cause(error) {
        let why = match tls {
            rustls::Error::InvalidCertificate(E::Expired | E::ExpiredContext { .. }) => "has expired",
            rustls::Error::InvalidCertificate(E::UnknownIssuer) => "is from an issuer this machine does not trust",
            rustls::Error::InvalidCertificate(E::NotValidForName | E::NotValidForNameContext { .. }) => {
                "is for another name"
            }
            rustls::Error::InvalidCertificate(_) => "is not trusted",
            other => {
                let sentence = format!("The TLS handshake failed ({other}).");
                return NoAnswer { stage: "TLS", sentence, stayed: error.is_connect() };
            }
        };
        ("TLS", format!("Its certificate {why}. See Diagnostics; to trust certificates of your own, set node-ca."))
    } else if https::cause::<https::Unresolved>(error).is_some() {
        ("DNS", "Its name can't be resolved.".to_owned())
    } else if refused() {
        ("TCP", "The connection was refused: nothing is listening there.".to_owned())
    } else if error.is_connect() {
        ("TCP", format!("The connection failed ({cause})."))
    } else {
        ("HTTP", format!("The connection was lost before an answer arrived ({cause})."))
    };
    NoAnswer { stage, sentence, stayed: error.is_connect() }
}

/// A proxy address without `user:password@`.
fn without_password(proxy: &str) -> String {
    match (proxy.find("://"), proxy.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &proxy[..scheme + 3], &proxy[at..]),
        (None, Some(at)) => format!("…{}", &proxy[at..]),
        _ => proxy.to_owned(),
    }
}

/// Names an attempt that failed.
pub(super) fn failed(node: &NodeAddress, no: &NoAnswer, since: Instant) -> Attempt {
    Attempt {
        node: node.name.clone(),
        ok: false,
        stage: no.stage.to_owned(),
        sentence: no.sentence.clone(),
        ms: elapsed(since),
        refused: None,
    }
}

/// Milliseconds since then.
pub(super) fn elapsed(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}
