//! `/metrics` in Prometheus' text format, from this machine or with a token. Gauges are computed on request, so they
//! always agree with console and API; one that has nothing to tell any more disappears.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use licensing::contact::PHASES;
use licensing::monitor::Violation;
use licensing::peers::PeerLiveness;
use licensing::permission::Permission;
use licensing::service::Situation;
use licensing::ve::VeLicenseStatus;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;

use super::caller::Caller;
use super::forwarded;
use super::problem::Problem;
use super::state::App;

/// Content type of Prometheus' text format.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Seconds: from a cached page to a request close to its timeout.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder. A second call in one process keeps the first.
pub fn start() {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), BUCKETS)
            .expect("the list of buckets is not empty")
            // A gauge that was not set for a request is not in its answer.
            .idle_timeout(MetricKindMask::GAUGE, Some(Duration::ZERO));
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    });
}

fn describe() {
    // The vendor's own name and text.
    describe_gauge!("license_days_since_sync", "Number of days since last valid license synchronization");
    describe_gauge!("license_contact_state", "State of the contact clock: 1 for the current state, 0 for the others");
    describe_gauge!("license_contact_limit_seconds", "Time without a sync after which licenses leave service");
    describe_gauge!(
        "license_contact_clock_off_seconds",
        "Difference between this machine's clock and the measured time"
    );
    describe_gauge!("license_in_service", "1 while any license is in service");
    describe_gauge!("license_licensed", "Number of licenses by product, kind and state");
    describe_gauge!("license_in_use", "Licenses in use by product");
    describe_gauge!("license_granted", "Licenses that clients may use: in use or reserved, by product");
    describe_gauge!("license_wanted", "Licenses requested by clients, by product");
    describe_gauge!("license_over_committed", "1 while clients may use more licenses than there are, by product");
    describe_gauge!("leasehold_clients", "Clients of the license port, by state");
    describe_gauge!("leasehold_clients_over_limit", "Clients that use more than their limit");
    describe_gauge!("countdown_seconds_left", "Hours left of the countdown license, in seconds");
    describe_gauge!("countdown_running", "1 while countdown hours are running");
    describe_gauge!(
        "leasehold_service_active",
        "Whether this server serves clients: 1 active, 0 on standby or draining"
    );
    describe_gauge!(
        "leasehold_service_situation",
        "Situation of the installation: 1 for the current one, 0 for the others"
    );
    describe_gauge!(
        "leasehold_service_until_timestamp_seconds",
        "Until when clients can be served in the current situation, if that ends"
    );
    describe_gauge!("leasehold_ve_license_in_force", "1 while the license of this machine is valid");
    describe_gauge!("leasehold_peer_up", "1 while a peer is responding");
    describe_gauge!("leasehold_monitor_license_violation", "1 while the monitor license is in violation, by kind");
    describe_gauge!("leasehold_monitor_users", "Users observed in the current window");
    describe_gauge!("leasehold_monitor_users_licensed", "Users that the monitor license allows to be observed");
    describe_gauge!("leasehold_locked_records", "Usage records that are locked");
    describe_gauge!("alerts_firing", "Firing alerts, by condition");
    describe_gauge!("license_expiry_timestamp_seconds", "When the first license of a product expires");
    describe_gauge!("license_serial", "Serial of the installed licenses");
    describe_gauge!("leasehold_exchange_failed_rounds", "Failed syncs since the last successful one");
    describe_gauge!("leasehold_exchange_running", "1 while a sync is in progress");
    describe_gauge!("leasehold_exchange_next_timestamp_seconds", "When the next sync is due");
    describe_counter!("leasehold_exchange_attempts_total", "Requests to licensing nodes, by result");
    describe_counter!(
        "leasehold_exchange_responses_total",
        "Answers of licensing nodes checked, by channel and result"
    );
    describe_counter!(
        "leasehold_broken_invariants_total",
        "State changes rejected because they would have broken an invariant"
    );
    describe_counter!("leasehold_refused_connections_total", "Connections to the license port that had no place");
    describe_counter!("leasehold_misdated_records_total", "Check-outs dated outside the run of their client, not kept");
    describe_counter!("leasehold_task_restarts_total", "Restarts of background tasks after a failure");
    describe_gauge!("leasehold_audit_breaks", "Breaks of the audit chain that were ever found");
    describe_gauge!(
        "leasehold_backup_last_success_timestamp_seconds",
        "When the newest verified backup was made that is still there"
    );
    describe_gauge!("leasehold_registered", "1 if this server is registered");
    describe_gauge!("leasehold_conf_revision", "Newest revision of license_server.conf");
    describe_gauge!("leasehold_conf_changed_outside", "1 while a change made outside Leasehold waits for review");
    describe_gauge!("leasehold_build_info", "Version of this server");
    describe_gauge!("process_start_time_seconds", "When this process started");
    describe_counter!("leasehold_http_requests_total", "HTTP requests by method, route and status");
    describe_histogram!("leasehold_http_request_duration_seconds", "Time to answer an HTTP request, by route");
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn number(value: impl TryInto<i64>) -> f64 {
    value.try_into().map_or(f64::INFINITY, |value: i64| value as f64)
}

fn seconds(ms: i64) -> f64 {
    number(ms) / 1000.0
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn read(app: &App) {
    let engine = &app.engine;
    let contact = engine.contact();
    if let Some(days) = contact.days() {
        gauge!("license_days_since_sync").set(f64::from(days));
    }
    for rule in PHASES {
        gauge!("license_contact_state", "state" => rule.phase.as_str()).set(truth(rule.phase == contact.phase()));
    }
    gauge!("license_contact_limit_seconds").set(f64::from(contact.limit.days()) * 86_400.0);
    gauge!("license_contact_clock_off_seconds").set(seconds(contact.flagged.unwrap_or(0)));
    gauge!("license_in_service").set(truth(engine.in_service()));
    licenses(app);
    leases(app);
    alerts(app);
    service(app);
    monitor(app);
    let sync = engine.sync_state();
    gauge!("leasehold_exchange_failed_rounds").set(f64::from(sync.failed_rounds));
    gauge!("leasehold_exchange_running").set(truth(sync.running));
    if let Some(next_ms) = sync.next_ms {
        gauge!("leasehold_exchange_next_timestamp_seconds").set(seconds(next_ms));
    }
    let conf = engine.conf();
    let effective = &conf.effective;
    gauge!("leasehold_audit_breaks").set(number(engine.audit.breaks()));
    if let Some(at) = engine.backup_state().last_good {
        gauge!("leasehold_backup_last_success_timestamp_seconds").set(seconds(at));
    }
    gauge!("leasehold_registered").set(truth(effective.registered()));
    gauge!("leasehold_conf_revision").set(number(conf.number()));
    gauge!("leasehold_conf_changed_outside").set(truth(conf.outside.is_some()));
    gauge!("leasehold_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("process_start_time_seconds").set(seconds(engine.started_at));
}

/// Who serves, and until when.
fn service(app: &App) {
    let picture = app.engine.servers();
    let judged = app.engine.judge_service(&picture);
    let is_active = picture.servers.first().is_some_and(|own| judged.active.contains(&own.name));
    gauge!("leasehold_service_active").set(truth(is_active));
    for situation in Situation::ALL {
        gauge!("leasehold_service_situation", "situation" => situation.as_str())
            .set(truth(*situation == judged.situation));
    }
    if let Some(until) = judged.until {
        gauge!("leasehold_service_until_timestamp_seconds").set(seconds(until));
    }
    for peer in picture.others() {
        let is_up = matches!(peer.state, PeerLiveness::Up(_));
        gauge!("leasehold_peer_up", "peer" => peer.name.clone()).set(truth(is_up));
    }
    let standing = app.engine.ve.standing();
    if standing != VeLicenseStatus::None {
        gauge!("leasehold_ve_license_in_force").set(truth(standing.in_force()));
    }
}

/// The license of the usage monitor, where there ever was one, and what is locked.
fn monitor(app: &App) {
    let view = app.engine.monitor();
    if view.sources.is_empty() {
        return;
    }
    for violation in Violation::ALL {
        gauge!("leasehold_monitor_license_violation", "violation" => violation.word())
            .set(truth(view.state.since(*violation).is_some()));
    }
    gauge!("leasehold_monitor_users").set(number(view.users));
    if let Some(licensed) = view.licensed {
        gauge!("leasehold_monitor_users_licensed").set(number(licensed));
    }
    gauge!("leasehold_locked_records").set(number(app.engine.locked_records()));
}

/// Firing alerts, by condition.
fn alerts(app: &App) {
    let firing = app.engine.alerts.firing();
    for &kind in licensing::alerts::ConditionKind::ALL {
        let count = firing.get(&kind).copied().unwrap_or(0);
        gauge!("alerts_firing", "condition" => kind.as_str()).set(number(i64::try_from(count).unwrap_or(i64::MAX)));
    }
}

/// Clients of the license port and what they have.
fn leases(app: &App) {
    let count = |count: usize| number(i64::try_from(count).unwrap_or(i64::MAX));
    let clients = app.engine.client_counts();
    for (state, clients) in
        [("connected", clients.connected), ("moved", clients.moved), ("silent", clients.silent), ("gone", clients.gone)]
    {
        gauge!("leasehold_clients", "state" => state).set(count(clients));
    }
    gauge!("leasehold_clients_over_limit").set(count(clients.over_limit));
    for pool in app.engine.pools() {
        gauge!("license_granted", "product" => pool.product.clone()).set(f64::from(pool.counted));
        gauge!("license_wanted", "product" => pool.product.clone()).set(f64::from(pool.wanted));
        gauge!("license_over_committed", "product" => pool.product).set(truth(pool.over_committed));
    }
}

/// The installed licenses, by product.
fn licenses(app: &App) {
    let Some(all) = app.engine.licenses() else { return };
    gauge!("license_serial").set(number(all.serial));
    let mut licensed: BTreeMap<(String, &str, &str), f64> = BTreeMap::new();
    let mut in_use: BTreeMap<String, f64> = BTreeMap::new();
    let mut ends: BTreeMap<String, f64> = BTreeMap::new();
    for item in &all.items {
        let product = item.license.product.to_string();
        let key = (product.clone(), item.license.kind.as_str(), item.verdict.standing.as_str());
        *licensed.entry(key).or_default() += number(item.license.count);
        *in_use.entry(product.clone()).or_default() += number(item.in_use);
        if let Some(end) = item.license.expires {
            let first = ends.entry(product).or_insert(f64::INFINITY);
            *first = first.min(seconds(end));
        }
    }
    for ((product, kind, state), count) in licensed {
        gauge!("license_licensed", "product" => product, "kind" => kind, "state" => state).set(count);
    }
    for (product, count) in in_use {
        gauge!("license_in_use", "product" => product).set(count);
    }
    for (product, end) in ends {
        gauge!("license_expiry_timestamp_seconds", "product" => product).set(end);
    }
}

/// All metrics as text. One request at a time: what one has just set, another must not take for set by itself.
fn render(app: &App) -> String {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // Running hours are computed to this instant, not as of the last tick.
    app.engine.countdown.publish();
    read(app);
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// `GET /metrics`
pub async fn get(State(app): State<App>, request: Request) -> Response {
    let local = app.metrics_are_local && forwarded::is_direct_and_local(request.extensions());
    let may = request
        .extensions()
        .get::<Caller>()
        .and_then(|caller| caller.known.as_ref())
        .is_some_and(|known| known.why_not(Permission::View).is_none());
    if !local && !may {
        return Problem::unauthorized(
            "Metrics are available with an API token, and from this machine unless a proxy is in between or `metrics = nobody` is set. Create a token with `leasehold token create`.",
        )
        .into_response();
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], render(&app)).into_response()
}

/// Counts and times every request, by its route: addresses are not labels.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "PUT" | "HEAD" | "DELETE" | "PATCH" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    histogram!("leasehold_http_request_duration_seconds", "route" => route.clone())
        .record(began.elapsed().as_secs_f64());
    counter!("leasehold_http_requests_total", "method" => method, "route" => route, "status" => status).increment(1);
    response
}
