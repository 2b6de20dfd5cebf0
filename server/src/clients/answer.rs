//! From the bytes of a request to the bytes of its answer.

use engine::Engine;
use licensing::client_protocol::{
    Fault, FaultKind, Goodbye, Hello, MOST_BYTES, MOST_RECORD_BYTES, Records, Refresh, VERSION, WRONG_VERSION,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::places::Arriving;

/// An answer, ready to be sent.
#[derive(Debug)]
pub struct PortAnswer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
}

/// The requests of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortCall {
    Hello,
    Refresh,
    Records,
    Goodbye,
    /// Another server asks for the license of the usage monitor.
    MonitorLicense,
}

impl PortCall {
    /// The call of a path.
    pub fn of(path: &str) -> Option<PortCall> {
        Some(match path {
            "/v1/hello" => PortCall::Hello,
            "/v1/refresh" => PortCall::Refresh,
            "/v1/records" => PortCall::Records,
            "/v1/goodbye" => PortCall::Goodbye,
            "/v1/monitor-license" => PortCall::MonitorLicense,
            _ => return None,
        })
    }

    /// What arrives with it.
    pub fn arriving(self) -> Arriving {
        if self == PortCall::Records { Arriving::Upload } else { Arriving::Request }
    }

    /// The most bytes its body may have.
    pub fn most(self) -> usize {
        if self == PortCall::Records { MOST_RECORD_BYTES } else { MOST_BYTES }
    }

    /// Its method.
    pub fn method(self) -> &'static str {
        if self == PortCall::MonitorLicense { "GET" } else { "POST" }
    }
}

impl PortAnswer {
    fn of<T: Serialize>(status: u16, value: &T) -> Self {
        Self { status, body: serde_json::to_vec(value).expect("strings and numbers always serialize") }
    }

    /// A fault.
    pub fn fault(fault: &Fault) -> Self {
        Self::of(fault.kind.status(), &fault.answer())
    }

    /// Not a request of this protocol.
    pub fn other(status: u16, detail: &str) -> Self {
        let fault = Fault::malformed(detail);
        Self::of(status, &licensing::client_protocol::FaultBody { status, ..fault.answer() })
    }

    /// No such path.
    pub fn not_found() -> Self {
        Self::other(
            404,
            "This is the license port: POST to /v1/hello, /v1/refresh, /v1/records or /v1/goodbye. The console has its own port.",
        )
    }

    /// A method other than that of the call.
    pub fn wrong_method(call: PortCall) -> Self {
        Self::other(405, &format!("Use {}.", call.method()))
    }

    /// A body that is too large for its call.
    pub fn too_large(call: PortCall) -> Self {
        let detail = format!("The body is larger than {} bytes.", call.most());
        Self::fault(&Fault::new(FaultKind::TooLarge, detail))
    }

    /// More bytes are under way than there is room for.
    pub fn busy() -> Self {
        let detail = "This server is receiving too much at the moment. Send it again with the next refresh.";
        Self::fault(&Fault::new(FaultKind::Unavailable, detail))
    }

    /// A request that did not arrive in time.
    pub fn late() -> Self {
        Self::other(408, "The request did not arrive within 10 seconds.")
    }

    /// The media type of the body.
    pub fn content_type(&self) -> &'static str {
        if self.status == 200 { "application/json" } else { "application/problem+json" }
    }
}

/// Answers a call that came from `address`.
pub async fn answer(engine: &Engine, call: PortCall, body: &[u8], address: &str) -> PortAnswer {
    let received = engine.received();
    let done = match call {
        PortCall::Hello => match read::<Hello>(body) {
            Ok(hello) => engine.client_hello(&hello, address).await.map(|welcome| PortAnswer::of(200, &welcome)),
            Err(fault) => Err(fault),
        },
        PortCall::Refresh => match read::<Refresh>(body) {
            Ok(said) => engine.client_refresh(said, received).await.map(|allocation| PortAnswer::of(200, &allocation)),
            Err(fault) => Err(fault),
        },
        PortCall::Records => match read::<Records>(body) {
            Ok(said) => {
                engine.client_records(said, received).await.map(|acknowledged| PortAnswer::of(200, &acknowledged))
            }
            Err(fault) => Err(fault),
        },
        PortCall::MonitorLicense => {
            let none = || PortAnswer::other(404, "This server has no monitor license.");
            let text = |text: std::sync::Arc<str>| PortAnswer { status: 200, body: text.as_bytes().to_vec() };
            Ok(engine.monitor_document().map_or_else(none, text))
        }
        PortCall::Goodbye => match read::<Goodbye>(body) {
            Ok(said) => engine.client_goodbye(said, received).await.map(|farewell| PortAnswer::of(200, &farewell)),
            Err(fault) => Err(fault),
        },
    };
    done.unwrap_or_else(|fault| PortAnswer::fault(&fault))
}

/// A body as JSON. If it doesn't fit this version, checks the version first.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    #[derive(Deserialize)]
    struct Versioned {
        protocol: u64,
    }
    serde_json::from_slice(body).map_err(|error| match serde_json::from_slice::<Versioned>(body) {
        Ok(Versioned { protocol }) if protocol != u64::from(VERSION) => Fault::new(
            FaultKind::ProtocolVersion,
            format!("{WRONG_VERSION} This side uses version {VERSION}, the other version {protocol}."),
        ),
        _ => Fault::malformed(format!("The body is not valid JSON for this call: {error}.")),
    })
}
