use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use licensing::client_protocol::{FaultBody, FaultKind, Limit, PATIENCE_MS, Shortage, VERSION, WRONG_VERSION};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connection::ServerLink;
use crate::lease_pool::printable;

const ALL_IN_USE: &str = "All its licenses are in use.";

/// Why a request had no usable answer.
///
/// What says that the server itself will not serve this client: see [`Problem::declines`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What the server says is wrong, if it says so.
    pub kind: Option<FaultKind>,
    /// The same as a sentence.
    pub sentence: String,
    /// It has licenses, and all are in use: one may become free at any time.
    pub is_full: bool,
}

impl Problem {
    /// A problem that no server named.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { kind: None, sentence: sentence.into(), is_full: false }
    }

    /// The server gives no license although it was asked for one.
    pub fn none_given(limit: Option<&Limit>) -> Self {
        let said = limit.and_then(|limit| limit.sentence.as_deref()).map(printable);
        let why = limit.and_then(|limit| limit.why);
        let otherwise = match why {
            Some(Shortage::AllInUse | Shortage::OverLimit) => ALL_IN_USE,
            Some(Shortage::OutOfService) => "Its licenses are out of service. Check that server's console.",
            Some(Shortage::Released) => "An administrator has just released this license.",
            Some(Shortage::NotLicensed) | None => "It has no license for this product.",
        };
        Self {
            kind: Some(FaultKind::LoginRefused),
            sentence: said.unwrap_or_else(|| otherwise.to_owned()),
            is_full: why == Some(Shortage::AllInUse),
        }
    }

    /// All licenses of the server are in use.
    pub fn full() -> Self {
        Self { kind: None, sentence: ALL_IN_USE.to_owned(), is_full: true }
    }

    /// Whether the server said that it does not serve this client now: there is nothing to wait for.
    pub fn declines(&self) -> bool {
        matches!(self.kind, Some(FaultKind::LoginRefused | FaultKind::HoursUsedUp | FaultKind::Drained))
    }

    /// Whether the other side speaks another version.
    pub fn is_version(&self) -> bool {
        self.kind == Some(FaultKind::ProtocolVersion)
    }

    /// Whether it stays so until somebody changes something, here or there.
    pub fn is_lasting(&self) -> bool {
        let is_refusal = matches!(
            self.kind,
            Some(
                FaultKind::LoginRefused
                    | FaultKind::ProtocolVersion
                    | FaultKind::Malformed
                    | FaultKind::Superseded
                    | FaultKind::IdInUse
            )
        );
        is_refusal && !self.is_full
    }

    fn version(spoken: Option<u32>) -> Self {
        let theirs = spoken.map_or("a different one".to_owned(), |version| format!("version {version}"));
        let sentence =
            format!("{WRONG_VERSION} This client uses version {VERSION}, the server {theirs}. Update the older one.");
        Self { kind: Some(FaultKind::ProtocolVersion), sentence, is_full: false }
    }

    fn not_ours() -> Self {
        Self::new("The server there is not a license server. Check the port.")
    }
}

#[derive(Deserialize)]
struct Spoken {
    protocol: u32,
}

/// A request as it goes over the wire.
pub fn body(request: &impl Serialize) -> Bytes {
    // Numbers, strings and maps with string keys: serializing them cannot fail; an empty body would be refused by name.
    serde_json::to_vec(request).unwrap_or_default().into()
}

/// Asks and waits for a usable answer, as long as a client waits.
///
/// # Errors
/// [`Problem`].
pub async fn ask<T: DeserializeOwned>(link: &ServerLink, path: &'static str, body: Bytes) -> Result<T, Problem> {
    let answer = match tokio::time::timeout(Duration::from_millis(PATIENCE_MS), link.post(path, body)).await {
        Err(_) => return Err(Problem::new(format!("It did not respond within {} seconds.", PATIENCE_MS / 1_000))),
        Ok(Err(error)) => return Err(Problem::new(error.to_string())),
        Ok(Ok(answer)) => answer,
    };
    if answer.status != StatusCode::OK {
        return Err(match serde_json::from_slice::<FaultBody>(&answer.body) {
            Ok(refused) if refused.kind == FaultKind::ProtocolVersion => Problem::version(None),
            Ok(refused) => Problem { kind: Some(refused.kind), sentence: printable(&refused.detail), is_full: false },
            Err(_) if answer.status.is_server_error() => {
                Problem::new(format!("It returned status {}.", answer.status.as_u16()))
            }
            Err(_) => Problem::not_ours(),
        });
    }
    match serde_json::from_slice::<Spoken>(&answer.body) {
        Ok(Spoken { protocol }) if protocol != VERSION => return Err(Problem::version(Some(protocol))),
        Ok(_) => {}
        Err(_) => return Err(Problem::not_ours()),
    }
    serde_json::from_slice(&answer.body).map_err(|_| Problem::not_ours())
}
