//! From the bytes of a request to the bytes of its answer.

use std::sync::Arc;

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

    /// Something in this server broke while it answered.
    pub fn failed() -> Self {
        Self::fault(&Fault::new(
            FaultKind::Unavailable,
            "This server could not answer. Send it again with the next refresh.",
        ))
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

/// Answers a call that came from `address`. What it changes goes on to its end in a task of its own, also when the connection ends
/// meanwhile.
pub async fn answer(engine: &Arc<Engine>, call: PortCall, body: &[u8], address: &str) -> PortAnswer {
    let received = engine.received();
    let engine = engine.clone();
    let answered =
        match call {
            PortCall::Hello => read::<Hello>(body).map(|hello| {
                let address = address.to_owned();
                carried_out(async move { engine.client_hello(&hello, &address).await })
            }),
            PortCall::Refresh => read::<Refresh>(body)
                .map(|said| carried_out(async move { engine.client_refresh(said, received).await })),
            PortCall::Records => read::<Records>(body)
                .map(|said| carried_out(async move { engine.client_records(said, received).await })),
            PortCall::MonitorLicense => {
                let none = || PortAnswer::other(404, "This server has no monitor license.");
                let text = |text: std::sync::Arc<str>| PortAnswer { status: 200, body: text.as_bytes().to_vec() };
                return engine.monitor_document().map_or_else(none, text);
            }
            PortCall::Goodbye => read::<Goodbye>(body)
                .map(|said| carried_out(async move { engine.client_goodbye(said, received).await })),
        };
    match answered {
        Ok(running) => running.await.unwrap_or_else(|_| PortAnswer::failed()),
        Err(fault) => PortAnswer::fault(&fault),
    }
}

fn carried_out<T: Serialize>(
    change: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> tokio::task::JoinHandle<PortAnswer> {
    tokio::spawn(async move {
        change.await.map_or_else(|fault| PortAnswer::fault(&fault), |done| PortAnswer::of(200, &done))
    })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::clock::ManualClock;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_call_is_carried_out_to_its_end_though_its_connection_has_ended() {
        const BEGAN: i64 = 1_800_000_000_000;
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("license_server.conf");
        Engine::write_new_conf(&conf).unwrap();
        let clock = Arc::new(ManualClock::at(BEGAN));
        let engine = Arc::new(Engine::open(folder.path(), &conf, clock).await.unwrap());
        tokio::spawn(engine.clone().store_leases());
        let body = |more: serde_json::Value| {
            let mut body = json!({ "protocol": 1, "client": "a", "run": "a-run" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body.to_string().into_bytes()
        };
        let hello = answer(&engine, PortCall::Hello, &body(json!({ "name": "a" })), "10.0.0.7").await;
        assert_eq!(hello.status, 200);
        let open = json!({ "product": "SPEECH", "from": BEGAN, "outcome": "open" });
        let records = body(json!({ "epoch": 1, "first": 1, "records": [open] }));
        assert_eq!(answer(&engine, PortCall::Records, &records, "10.0.0.7").await.status, 200);
        let goodbye = body(json!({ "epoch": 1, "sequence": 1 }));
        // It waits for the disk when the connection ends; what follows after that is done, too.
        let cut = answer(&engine, PortCall::Goodbye, &goodbye, "10.0.0.7");
        assert!(tokio::time::timeout(Duration::ZERO, cut).await.is_err(), "it takes longer than that");
        let ended = async {
            let files = || std::fs::read_dir(folder.path().join("checkouts")).into_iter().flatten().flatten();
            let has_ended = || files().any(|file| std::fs::read_to_string(file.path()).unwrap().contains("\tlost\t"));
            while !has_ended() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    }
}
