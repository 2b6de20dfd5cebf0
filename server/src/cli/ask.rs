//! A command's way to the API: a server elsewhere, the one of this machine through its control socket, or, when none
//! runs, the data folder itself under its lock.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use clap::Args;
use engine::Engine;
use engine::clock::SystemClock;
use engine::conf::file::{FileError, resolve};
use engine::store::{DataLock, LockError};
use futures::stream::{self, Stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::{Method, Request, StatusCode};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tower::ServiceExt;

use super::DataFolder;
use crate::api::{self, Api};
use crate::control::{SocketPath, socket, user_name};
use crate::exit::{Failure, code};
use crate::settings::Settings;

/// How long a command waits for the server.
const PATIENCE: Duration = Duration::from_secs(15);
/// Sent at a time of a file, bytes.
const PIECE: usize = 64 * 1024;

/// A server elsewhere.
#[derive(Debug, Clone, Default, Args)]
pub struct Remote {
    /// Console address of the server to use, such as https://lic-01.example.com:8084 [env: LEASEHOLD_SERVER]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// File with an API token for that server [env: LEASEHOLD_TOKEN, the token itself]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Certificates to trust for that server besides the system's, PEM [env: LEASEHOLD_SERVER_CA]
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
}

impl Remote {
    /// The options after the command, else before it, else from the environment. `here`: a flag for something on this
    /// machine.
    ///
    /// # Errors
    /// When flags name both.
    pub fn or(&self, before: &Self, here: Option<&str>) -> Result<Self, Failure> {
        let env = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let server = match (self.server.clone().or_else(|| before.server.clone()), here) {
            (Some(_), Some(here)) => {
                return Err(Failure::refused(format!(
                    "{here} is for this machine, --server for another. Leave one out."
                )));
            }
            (Some(server), None) => Some(server),
            (None, Some(_)) => None,
            (None, None) => env("LEASEHOLD_SERVER").map(|url| url.to_string_lossy().into_owned()),
        };
        Ok(Self {
            server,
            token_file: self.token_file.clone().or_else(|| before.token_file.clone()),
            server_ca: self
                .server_ca
                .clone()
                .or_else(|| before.server_ca.clone())
                .or_else(|| Some(env("LEASEHOLD_SERVER_CA")?.into())),
        })
    }

    fn token(&self) -> Result<String, Failure> {
        let text = match &self.token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Failure::refused(format!("{} cannot be read: {error}.", path.display())))?,
            None => std::env::var("LEASEHOLD_TOKEN").unwrap_or_default(),
        };
        let token = text.trim().to_owned();
        if token.is_empty() {
            return Err(Failure::refused(
                "A remote server needs an API token. Give a file with one as --token-file, or set LEASEHOLD_TOKEN; to create one, run `leasehold token create` on that server.",
            ));
        }
        Ok(token)
    }
}

/// One call of the API.
pub struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<(&'static str, Payload)>,
    needs: Needs,
    patience: Duration,
}

/// What a call sends.
enum Payload {
    Bytes(Vec<u8>),
    /// The rest of a file, read while it is sent.
    File(std::fs::File),
}

/// The rest of a file, piece by piece.
fn pieces(
    file: &std::fs::File,
) -> std::io::Result<impl Stream<Item = std::io::Result<Frame<Bytes>>> + Send + Sync + use<>> {
    let file = tokio::fs::File::from_std(file.try_clone()?);
    Ok(stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(Frame::data(piece.into())), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// What must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// A data folder that was used before: what only reads makes none.
    Data,
    /// A server that runs.
    Server,
}

impl Call {
    fn new(method: Method, path: impl Into<String>, needs: Needs) -> Self {
        let (query, body, patience) = (Vec::new(), None, PATIENCE);
        Self { method, path: path.into(), query, body, needs, patience }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Needs::Data)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path, Needs::Nothing)
    }

    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path, Needs::Nothing)
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path, Needs::Nothing)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, Needs::Nothing)
    }

    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().into_bytes())
    }

    pub fn bytes(self, kind: &'static str, body: Vec<u8>) -> Self {
        Self { body: Some((kind, Payload::Bytes(body))), ..self }
    }

    /// Sends a file, which may be large.
    pub fn file(self, kind: &'static str, file: std::fs::File) -> Self {
        Self { body: Some((kind, Payload::File(file))), ..self }.with_large_files()
    }

    /// What is sent or comes back may be large.
    pub fn with_large_files(self) -> Self {
        Self { patience: api::NODE_TIMEOUT, ..self }
    }

    /// It asks licensing nodes, which may take long.
    pub fn asks_nodes(self) -> Self {
        Self { patience: api::NODE_TIMEOUT, ..self }
    }

    /// Only a server that runs can answer.
    pub fn of_a_server(self) -> Self {
        Self { needs: Needs::Server, ..self }
    }

    /// It is good on a data folder that was never used, too.
    pub fn on_new_data(self) -> Self {
        Self { needs: Needs::Nothing, ..self }
    }

    fn address(&self, base: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.query.iter().map(|(name, value)| (name, value)));
        match query.finish() {
            none if none.is_empty() => format!("{base}{}", self.path),
            query => format!("{base}{}?{query}", self.path),
        }
    }
}

/// A segment of a path, escaped.
pub fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A way to the API that is open.
pub enum Connection {
    /// Over the network, or through the control socket.
    Http { client: reqwest::Client, base: String, token: Option<String>, who: String, _socket: Option<SocketPath> },
    /// On the data folder itself.
    Alone { engine: Arc<Engine>, router: Box<Router>, _lock: DataLock },
}

impl Connection {
    /// Opens the right connection; `remote` includes the options before the command.
    ///
    /// # Errors
    /// [`crate::exit::code::NO_SERVER`] when a running server is needed and none answers.
    pub async fn open(place: &DataFolder, remote: &Remote, call: &Call) -> Result<Self, Failure> {
        if let Some(url) = &remote.server {
            return elsewhere(url, remote);
        }
        let settings = place.settings()?;
        let reached = match SocketPath::of(&settings.data) {
            Ok(path) => UnixStream::connect(&path).await.map(|_| path),
            Err(error) => Err(error),
        };
        match reached {
            Ok(path) => {
                let server = here(&settings, path)?;
                match &place.conf {
                    Some(named) => server.that_uses(named, &settings).await,
                    None => Ok(server),
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Failure::no_server(format!(
                "Only the user who runs the server may use its control socket {}. Use sudo, or switch to that user.",
                socket(&settings.data).display()
            ))),
            Err(_) if call.needs == Needs::Server => Err(no_server(&settings.data)),
            Err(_) if call.needs == Needs::Data && settings.is_fresh() => Err(match settings.lost_database() {
                Some(sentence) => Failure::failed(sentence),
                None => no_server(&settings.data),
            }),
            Err(_) => {
                let missing = place.conf.as_ref().filter(|named| !named.exists());
                if let Some(named) = missing {
                    return Err(Failure::refused(FileError::Missing(named.display().to_string())));
                }
                alone(&settings).await
            }
        }
    }

    /// This way, if the server at its end keeps the conf file that the command named.
    async fn that_uses(self, named: &Path, settings: &Settings) -> Result<Self, Failure> {
        let status = self.ask(&Call::get("/api/v1/status")).await?;
        let served = PathBuf::from(status["conf"]["path"].as_str().unwrap_or_default());
        if resolve(&served) == resolve(named) {
            return Ok(self);
        }
        Err(Failure::refused(format!(
            "The server for {} uses {}, not {}. Leave --conf out, or stop that server first.",
            settings.data.display(),
            served.display(),
            named.display()
        )))
    }

    /// The answer to a call.
    ///
    /// # Errors
    /// What the API answers, with the exit code of its status.
    pub async fn ask(&self, call: &Call) -> Result<Value, Failure> {
        let mut body = Vec::new();
        let status = self
            .save(call, |piece| {
                body.extend_from_slice(piece);
                Ok(())
            })
            .await?;
        serde_json::from_slice(&body).map_err(|_| no_leasehold(status))
    }

    /// Hands the body of a good answer over piece by piece as it comes in.
    ///
    /// # Errors
    /// As [`Connection::ask`], and those of `take`.
    pub async fn save(
        &self,
        call: &Call,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<StatusCode, Failure> {
        match self {
            Self::Http { client, base, token, who, .. } => {
                let unanswered = |error| unanswered(who, &error, call.patience);
                let mut request = client.request(call.method.clone(), call.address(base)).timeout(call.patience);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some((kind, body)) = &call.body {
                    let body = match body {
                        Payload::Bytes(bytes) => bytes.clone().into(),
                        Payload::File(file) => reqwest::Body::wrap(StreamBody::new(pieces(file).map_err(unread)?)),
                    };
                    request = request.header("content-type", *kind).body(body);
                }
                let mut response = request.send().await.map_err(unanswered)?;
                let status = response.status();
                if !status.is_success() {
                    return Err(refused(status, &response.bytes().await.map_err(unanswered)?));
                }
                while let Some(piece) = response.chunk().await.map_err(unanswered)? {
                    take(&piece)?;
                }
                Ok(status)
            }
            Self::Alone { router, .. } => {
                let response = directly(router, call).await?;
                let status = response.status();
                let cut_off = |error| Failure::failed(format!("The answer was cut off: {error}."));
                let mut body = response.into_body();
                if !status.is_success() {
                    return Err(refused(status, &body.collect().await.map_err(cut_off)?.to_bytes()));
                }
                while let Some(frame) = body.frame().await {
                    if let Ok(piece) = frame.map_err(cut_off)?.into_data() {
                        take(&piece)?;
                    }
                }
                Ok(status)
            }
        }
    }

    /// The answer to a call, with the items of all pages.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn ask_all(&self, call: Call, most: usize) -> Result<Value, Failure> {
        let mut all = self.ask(&call).await?;
        let mut call = call;
        loop {
            let next = match all["next"].take() {
                Value::Null => break,
                Value::String(text) => text,
                other => other.to_string(),
            };
            if all["items"].as_array().is_none_or(|items| items.len() >= most) {
                break;
            }
            call.query.retain(|(name, _)| *name != "before");
            call = call.query("before", next);
            let mut page = self.ask(&call).await?;
            all["next"] = page["next"].take();
            if let (Some(items), Some(more)) = (all["items"].as_array_mut(), page["items"].as_array_mut()) {
                items.append(more);
            }
        }
        if let Some(fields) = all.as_object_mut() {
            fields.remove("next");
        }
        if let Some(items) = all["items"].as_array_mut() {
            items.truncate(most);
        }
        Ok(all)
    }

    pub async fn close(self) {
        if let Self::Alone { engine, .. } = self {
            engine.close().await;
        }
    }
}

fn no_server(data: &Path) -> Failure {
    Failure::no_server(format!(
        "No server is running on the data folder {}. Start one with `leasehold serve --data {0}`, or give its folder with --data.",
        data.display()
    ))
}

/// An answer that is no success.
fn refused(status: StatusCode, body: &[u8]) -> Failure {
    let problem = serde_json::from_slice(body).ok();
    problem.and_then(|problem| failure(status, &problem)).unwrap_or_else(|| no_leasehold(status))
}

fn unread(error: std::io::Error) -> Failure {
    Failure::refused(format!("Can't read the file: {error}."))
}

fn no_leasehold(status: StatusCode) -> Failure {
    Failure::failed(format!(
        "The server did not understand this command ({status}). Check that it is the same version of Leasehold."
    ))
}

/// What an answer that is no success means for the exit code, in this one place.
fn failure(status: StatusCode, problem: &Value) -> Option<Failure> {
    let code = match status.as_u16() {
        400 | 404 | 409 | 413 | 415 | 422 | 428 | 429 | 507 => code::REFUSED,
        408 | 504 => code::NO_SERVER,
        _ => code::FAILED,
    };
    let detail = problem["detail"].as_str()?;
    let Some(attempts) = problem["attempts"].as_array() else {
        return Some(Failure { code, sentence: detail.to_owned() });
    };
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let node = |of: &Value| format!("\n  {} ({}): {}", text(of, "node"), text(of, "stage"), text(of, "sentence"));
    let nodes: String = attempts.iter().map(node).collect();
    // A refusal is the same on every way to the nodes.
    let what_to_do = if attempts.iter().any(|attempt| attempt["refused"].is_string()) {
        "To correct the registration, run `leasehold register`, or open Exchange in the console."
    } else {
        "To carry a report by hand, run `leasehold exchange pull`."
    };
    let sentence = match detail.strip_suffix(" Nothing was changed.") {
        Some(detail) => format!("{detail}{nodes}\nNothing was changed. {what_to_do}"),
        None => format!("{detail}{nodes}"),
    };
    Some(Failure { code, sentence })
}

fn unanswered(who: &str, error: &reqwest::Error, patience: Duration) -> Failure {
    if error.is_timeout() {
        return Failure::no_server(format!(
            "{who} did not answer within {} s. Check its log; it may need a restart.",
            patience.as_secs()
        ));
    }
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let hint =
        if who.contains("https://") { " If it uses a certificate of its own, give that with --server-ca." } else { "" };
    Failure::no_server(format!("{who} did not answer: {cause}.{hint}"))
}

/// A TLS client that trusts the system's certificates and these.
fn tls(extra: Option<&Path>) -> Result<rustls::ClientConfig, Failure> {
    let pem = extra.map(|path| {
        std::fs::read(path).map_err(|error| Failure::refused(format!("{} cannot be read: {error}.", path.display())))
    });
    engine::exchange::tls_client(pem.transpose()?.as_deref(), "server-ca").map_err(Failure::refused)
}

fn elsewhere(url: &str, remote: &Remote) -> Result<Connection, Failure> {
    let base = url.trim().trim_end_matches('/');
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
        return Err(Failure::refused(format!(
            "“{url}” is not the address of a server. Write it like https://lic-01.example.com:8084."
        )));
    }
    let token = Some(remote.token()?);
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(remote.server_ca.as_deref())?)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("Leasehold/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Failure::failed(format!("Can't start the client for {base}: {error}.")))?;
    let who = format!("The server at {base}");
    Ok(Connection::Http { client, base: base.to_owned(), token, who, _socket: None })
}

fn here(settings: &Settings, socket: SocketPath) -> Result<Connection, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("Can't start the client for the control socket: {error}."))
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let no_tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(no_tls)
        .unix_socket(socket.as_ref())
        .build()
        .map_err(|error| cannot(&error))?;
    let who = format!("The server for {}", settings.data.display());
    Ok(Connection::Http { client, base: "http://control".to_owned(), token: None, who, _socket: Some(socket) })
}

async fn alone(settings: &Settings) -> Result<Connection, Failure> {
    let fresh = settings.is_fresh();
    let lock = DataLock::take(&settings.data).map_err(|error| match error {
        LockError::Busy(_) => Failure::no_server(format!("{error}")),
        LockError::NoLocks(_) | LockError::Io { .. } => Failure::failed(error),
    })?;
    settings.finish_restore()?;
    if let Some(sentence) = settings.lost_database() {
        return Err(Failure::failed(sentence));
    }
    if fresh {
        settings.write_first_conf()?;
    }
    let engine = Engine::open(&settings.data, &settings.conf, Arc::new(SystemClock)).await.map_err(Failure::failed)?;
    let engine = Arc::new(engine);
    engine.configure_nodes(&settings.nodes()?).map_err(Failure::refused)?;
    engine.configure_backups(settings.backups.clone()).map_err(Failure::refused)?;
    let scheme = if settings.console.ip().is_loopback() && settings.tls.is_none() { "http" } else { "https" };
    let console = format!("{scheme}://{}", settings.console).into();
    let router = api::local_router(Api { engine: engine.clone(), console, serving: false });
    Ok(Connection::Alone { engine, router: Box::new(router), _lock: lock })
}

async fn directly(router: &Router, call: &Call) -> Result<Response, Failure> {
    let mut request = Request::builder().method(call.method.clone()).uri(call.address(""));
    if let Some((kind, _)) = &call.body {
        request = request.header("content-type", *kind);
    }
    let body = match &call.body {
        None => Body::empty(),
        Some((_, Payload::Bytes(bytes))) => Body::from(bytes.clone()),
        Some((_, Payload::File(file))) => Body::new(StreamBody::new(pieces(file).map_err(unread)?)),
    };
    let mut request =
        request.body(body).map_err(|error| Failure::refused(format!("Can't send the request: {error}.")))?;
    api::as_local_user(&mut request, user_name(rustix::process::getuid().as_raw()).await);
    Ok(router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[rstest::rstest]
    #[case(422, code::REFUSED)]
    #[case(404, code::REFUSED)]
    #[case(409, code::REFUSED)]
    #[case(401, code::FAILED)]
    #[case(403, code::FAILED)]
    #[case(410, code::FAILED)]
    #[case(500, code::FAILED)]
    #[case(502, code::FAILED)]
    #[case(408, code::NO_SERVER)]
    fn a_status_has_an_exit_code(#[case] status: u16, #[case] code: u8) {
        let failed = failure(StatusCode::from_u16(status).unwrap(), &json!({ "detail": "Why." })).unwrap();
        assert_eq!((failed.code, failed.sentence.as_str()), (code, "Why."));
    }

    #[test]
    fn the_nodes_that_were_asked_stand_under_the_sentence() {
        let attempts = json!([{ "node": "a:80", "stage": "TCP", "sentence": "Nobody listens." }]);
        let problem = json!({ "detail": "No node answered. Nothing was changed.", "attempts": attempts });
        let failed = failure(StatusCode::BAD_GATEWAY, &problem).unwrap();
        assert!(
            failed.sentence.starts_with("No node answered.\n  a:80 (TCP): Nobody listens.\nNothing was changed."),
            "{failed}"
        );
    }

    #[test]
    fn a_refusal_leads_to_the_registration_and_not_to_another_way_to_the_node() {
        let refused =
            json!([{ "node": "a:80", "stage": "answer", "sentence": "The node refused: No.", "refused": "No" }]);
        let problem = json!({ "detail": "The node a:80 refused: No. Nothing was changed.", "attempts": refused });
        let failed = failure(StatusCode::BAD_GATEWAY, &problem).unwrap();
        assert!(failed.sentence.contains("`leasehold register`"), "{failed}");
        assert!(!failed.sentence.contains("exchange pull"), "{failed}");
    }

    #[test]
    fn a_name_is_one_segment_of_a_path() {
        assert_eq!(segment("a b/ü"), "a%20b%2F%C3%BC");
    }
}
