//! One harness for all tests: a node in a folder of its own, served on a port of its own.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::extract::connect_info::MockConnectInfo;
use licensing::bundle::{Bundle, LicenseKind};
use licensing::context::Context;
use licensing::status_report::{DeploymentReport, ReportedUsage, SpeechUsage, StatusId, StatusReport};
use licensing::status_response::{SignedResponse, read};
use licensing::vendor_key::VendorKey;
use node::Node;
use node::clock::ManualClock;
use node::http::{Listen, router, serve};
use node::licenses::{NewLicense, StoredLicense};
use node::servers::{IssuedRegistration, NewServer};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// 2026-11-22T00:41:42Z.
pub const NOW: i64 = 1_795_308_102_000;
pub const DAY: i64 = 86_400_000;

/// A node that is served.
pub struct RunningNode {
    pub node: Arc<Node>,
    pub clock: Arc<ManualClock>,
    pub url: String,
    pub folder: Arc<TempDir>,
    _stop: DropGuard,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub kind: String,
    pub body: Vec<u8>,
}

impl RunningNode {
    pub async fn start() -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), Arc::new(ManualClock::at(NOW))).await
    }

    /// One more process, as it were, on the same folder.
    pub async fn another(&self) -> Self {
        Self::start_in(self.folder.clone(), self.clock.clone()).await
    }

    async fn start_in(folder: Arc<TempDir>, clock: Arc<ManualClock>) -> Self {
        let node = Arc::new(Node::open(folder.path(), clock.clone()).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(serve(node.clone(), vec![Listen { listener, tls: None }], stop.clone()));
        Self { node, clock, url, folder, _stop: stop.drop_guard() }
    }

    /// The same node for callers that seem to come from `peer`; gives its address.
    pub async fn seen_from(&self, peer: &str, secure: bool) -> String {
        let peer: SocketAddr = peer.parse().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(self.node.clone(), secure).layer(MockConnectInfo(peer));
        tokio::spawn(axum::serve(listener, router).into_future());
        url
    }

    pub fn key(&self) -> VendorKey {
        self.node.key()
    }

    pub async fn server(&self, context: Context) -> IssuedRegistration {
        if self.node.customers().await.unwrap().is_empty() {
            self.node.add_customer("ACME").await.unwrap();
        }
        let new = NewServer { customer: "ACME".to_owned(), context, contact_days: 60 };
        self.node.add_server(&new, None).await.unwrap()
    }

    pub async fn license(
        &self,
        server: &IssuedRegistration,
        product: &str,
        change: impl FnOnce(&mut NewLicense),
    ) -> StoredLicense {
        let mut new = NewLicense {
            guid: server.guid,
            product: product.parse().unwrap(),
            kind: LicenseKind::Concurrent,
            count: 50,
            expires: None,
            maintenance: None,
            version: None,
            context: None,
        };
        change(&mut new);
        self.node.add_license(&new).await.unwrap()
    }

    pub async fn post(&self, auth: &str, body: impl Into<Vec<u8>>) -> Reply {
        post(&self.url, Some(auth), "application/json", body).await
    }

    /// Reports number `id` of the first instance; the answer must be good.
    pub async fn exchange(&self, server: &IssuedRegistration, id: u128) -> (SignedResponse, Bundle) {
        let reply = self.post(&server.auth_string, report(server, id).to_json()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let signed = reply.signed(&self.key());
        let bundle = signed.response().bundle.as_ref().unwrap().verify(&[self.key()]).unwrap();
        (signed, bundle)
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The response, whose signature must be good.
    pub fn signed(&self, key: &VendorKey) -> SignedResponse {
        assert_eq!(self.kind, "application/json");
        read(&self.body, &[*key]).unwrap_or_else(|refusal| panic!("{refusal}: {}", self.text()))
    }

    /// The reason of a signed refusal with this status.
    pub fn refusal(&self, status: u16, key: &VendorKey) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let response = self.signed(key).into_response();
        assert!(response.error && response.bundle.is_none(), "{}", self.text());
        response.message
    }
}

/// One request; every status is an answer.
pub async fn post(url: &str, auth: Option<&str>, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
    let (url, auth, kind, body) = (url.to_owned(), auth.map(str::to_owned), kind.to_owned(), body.into());
    let send = move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut request = agent.post(&url);
        if !kind.is_empty() {
            request = request.header("Content-Type", kind);
        }
        if let Some(auth) = auth {
            request = request.header("x-auth-string", auth);
        }
        answered(request.send(&body[..]).unwrap())
    };
    tokio::task::spawn_blocking(send).await.unwrap()
}

pub async fn get(url: String) -> Reply {
    let send = move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        answered(agent.get(&url).call().unwrap())
    };
    tokio::task::spawn_blocking(send).await.unwrap()
}

fn answered(mut response: ureq::http::Response<ureq::Body>) -> Reply {
    let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
    Reply {
        status: response.status().as_u16(),
        kind: kind.unwrap_or_default(),
        body: response.body_mut().read_to_vec().unwrap(),
    }
}

/// A report of the first instance.
pub fn report(server: &IssuedRegistration, id: u128) -> StatusReport {
    report_from(server, id, 0xA11CE << 100)
}

pub fn report_from(server: &IssuedRegistration, id: u128, instance: u128) -> StatusReport {
    let usage = ReportedUsage { usage_count: 3, usage_ms: 187_618 };
    StatusReport {
        cluster_guid: server.guid.compact(),
        instance_uuid: Uuid::from_u128(instance).to_string(),
        status_id: StatusId::new(Uuid::from_u128(id)),
        instance_created: "2026-08-29T17:44:27.334-07:00".to_owned(),
        installation_type: "Undefined".to_owned(),
        report_timestamp: "1795308102".to_owned(),
        images: None,
        simultaneous_use_ms: None,
        locked_keys: Vec::new(),
        deployments: vec![DeploymentReport {
            license_guid: server.guid.compact(),
            bio_engine_usage: None,
            speech_usage: SpeechUsage {
                session_ms: 615_524,
                session_audio_ms: 192_877,
                license_usage: BTreeMap::from([("TRAN_ENUS".to_owned(), usage)]),
            },
        }],
    }
}
