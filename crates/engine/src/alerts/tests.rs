//! Alerts with a clock moved by hand, and a mail server and a web server in the test itself.

mod channels;
mod respond;
mod rules;
mod signals;
mod sinks;
mod tls;

use std::sync::Arc;

use licensing::alerts::{Condition, ConditionKind, Evidence, PresentState, RuleSettings, Subject};
use licensing::contact::{DAY, Millis};
use rstest::rstest;
use sinks::{HttpSink, SmtpSink};

use super::{AlertError, ChannelSettings, NewChannel, NewRule, Progress};
use crate::Engine;
use crate::actor::Actor;
use crate::clock::{Clock, ManualClock};

const START: i64 = 1_800_000_000_000;
const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const TICK: Millis = 10_000;

fn condition(kind: ConditionKind, number: u32) -> Condition {
    Condition::new(kind, Some(number)).unwrap()
}

struct World {
    engine: Arc<Engine>,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Engine::write_new_conf(&folder.path().join("license_server.conf")).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let engine = open(folder.path(), &clock).await;
        Self { engine, clock, folder }
    }

    /// The process ends at once and starts again.
    async fn crashed(mut self) -> Self {
        self.engine.close().await;
        self.engine = open(self.folder.path(), &self.clock).await;
        self
    }

    fn peer(&self, up: bool) {
        let at_ms = (!up).then_some(self.clock.now_ms() - 2 * MINUTE);
        self.engine.alerts.observed().peers = Some(vec![Subject { name: "lic-02".into(), at_ms }]);
    }

    async fn channel(&self, new: NewChannel) -> i64 {
        self.engine.save_alert_channel(&Actor::system(), None, &new).await.unwrap()
    }

    async fn rule(&self, channels: &[i64]) -> i64 {
        let rule = RuleSettings { remind_ms: HOUR, ..RuleSettings::new(condition(ConditionKind::PeerDown, 60)) };
        let new = NewRule { rule, enabled: true, channels: channels.to_vec() };
        self.engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap()
    }

    /// The peer is silent since then, or responds.
    fn peer_since(&self, since: Option<Millis>) {
        self.engine.alerts.observed().peers = Some(vec![Subject { name: "lic-02".into(), at_ms: since }]);
    }

    /// One look after `ms`, and what it tells delivered.
    async fn look_after(&self, ms: Millis) {
        self.clock.advance(ms);
        self.engine.look_at_alerts().await.unwrap();
        self.engine.deliver_alerts().await.unwrap();
    }

    /// What was told, the oldest first: kind and progress.
    async fn told(&self) -> Vec<(String, Progress)> {
        let mut all = self.engine.alert_deliveries(1_000).await.unwrap();
        all.reverse();
        all.into_iter().map(|delivery| (delivery.kind, delivery.progress)).collect()
    }

    async fn audited(&self) -> String {
        let query = crate::audit::AuditQuery { limit: 100, ..Default::default() };
        let items = self.engine.audit.list(&query).await.unwrap();
        items.into_iter().map(|item| format!("{} {}\n", item.action, item.sentence)).collect()
    }
}

async fn open(folder: &std::path::Path, clock: &Arc<ManualClock>) -> Arc<Engine> {
    Arc::new(Engine::open(folder, &folder.join("license_server.conf"), clock.clone()).await.unwrap())
}

/// Which fields were refused.
fn fields(error: AlertError) -> Vec<&'static str> {
    let AlertError::Fields(all) = error else { panic!("{error}") };
    all.into_iter().map(|wrong| wrong.field).collect()
}

fn mail(sink: &SmtpSink) -> NewChannel {
    NewChannel {
        name: "On call".into(),
        host: "127.0.0.1".into(),
        port: sink.port.to_string(),
        security: "none".into(),
        from: "Leasehold <leasehold@example.com>".into(),
        to: "ann@example.com\nbob@example.com".into(),
        ..NewChannel::default()
    }
}

fn hook(sink: &HttpSink) -> NewChannel {
    NewChannel {
        name: "Chat".into(),
        webhook: true,
        url: format!("http://127.0.0.1:{}/services/T0P-SECRET", sink.port),
        ..NewChannel::default()
    }
}

#[tokio::test]
async fn what_waits_by_a_clock_that_ran_ahead_waits_no_longer_once_it_is_right() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    world.peer(false);
    world.engine.look_at_alerts().await.unwrap();
    // As one left it that believed itself two years later.
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query("UPDATE alert_deliveries SET next_at = next_at + ?").bind(730 * DAY).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    world.look_after(TICK).await;
    assert_eq!(world.told().await, [("fired".to_owned(), Progress::Delivered)]);
    assert_eq!(http.posts().len(), 1);
}

#[tokio::test]
async fn a_clock_years_ahead_forgets_no_alert_and_makes_nothing_wait() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    world.peer(false);
    world.look_after(TICK).await;
    let count = || async {
        let found = sqlx::query_scalar("SELECT count(*) FROM signal_history WHERE at <= ?").bind(START + TICK);
        let count: i64 = found.fetch_one(world.engine.store.read()).await.unwrap();
        count
    };
    let before = count().await;
    assert!(before > 0);
    world.clock.set_off(2 * 365 * DAY);
    world.look_after(2 * HOUR).await;
    assert_eq!(count().await, before, "the history stays");
    world.clock.set_off(-2 * 365 * DAY);
    let told = world.told().await.len();
    world.look_after(HOUR).await;
    assert_eq!(world.told().await.len(), told + 1, "the reminder comes in its hour");
}

#[tokio::test]
async fn what_fires_is_told_by_mail_and_post_then_again_then_that_all_is_well() {
    let (smtp, http) = (SmtpSink::start("250 2.0.0 Ok: queued as 4711").await, HttpSink::start("200 OK", "").await);
    let world = World::new().await;
    world.engine.alerts.link_to("https://lic-01.example:8084/");
    let channels =
        [world.channel(mail(&smtp)).await, world.channel(NewChannel { key: "k3y".into(), ..hook(&http) }).await];
    world.rule(&channels).await;
    world.peer(true);
    world.look_after(TICK).await;
    assert_eq!(world.told().await, []);
    world.peer(false);
    for _ in 0..3 {
        world.look_after(TICK).await;
    }
    assert_eq!((smtp.mails().len(), http.posts().len()), (1, 1), "told once");
    assert_eq!(world.engine.alerts.firing()[&ConditionKind::PeerDown], 1);
    world.look_after(HOUR).await;
    world.peer(true);
    world.look_after(TICK).await;
    let kinds: Vec<String> = world
        .told()
        .await
        .into_iter()
        .map(|(kind, progress)| {
            assert_eq!(progress, Progress::Delivered);
            kind
        })
        .collect();
    assert_eq!(kinds, ["fired", "fired", "reminder", "reminder", "resolved", "resolved"]);
    assert_eq!(world.engine.alerts.firing()[&ConditionKind::PeerDown], 0);

    let mails = smtp.mails();
    assert!(
        mails[0].contains("RCPT TO:<ann@example.com>") && mails[0].contains("RCPT TO:<bob@example.com>"),
        "{}",
        mails[0]
    );
    assert!(mails[0].contains("Subject: lic-02 is not responding ("), "{}", mails[0]);
    assert!(mails[0].contains("Auto-Submitted: auto-generated") && mails[0].contains("What to do: "), "{}", mails[0]);
    assert!(mails[0].contains("Console: https://lic-01.example:8084/servers"), "{}", mails[0]);
    assert!(mails[1].contains("Subject: Still firing: ") && mails[2].contains("Subject: Resolved: "));
    let post = &http.posts()[0];
    let body: serde_json::Value = serde_json::from_str(&post.body).unwrap();
    assert_eq!((&body["kind"], &body["link"]), (&"fired".into(), &"https://lic-01.example:8084/servers".into()));
    assert_eq!(post.header("x-leasehold-delivery").unwrap(), body["delivery"].as_str().unwrap());
    // openssl dgst -sha256 -hmac k3y says the same of the same bytes.
    let signed = super::webhook::signature(b"k3y", post.body.as_bytes());
    assert_eq!(post.header("x-leasehold-signature").unwrap(), format!("sha256={signed}"));
    let rule = &world.engine.alert_rules().await.unwrap()[0];
    assert_eq!(rule.last_fired, Some(START + 2 * TICK));
}

#[tokio::test]
async fn a_signal_that_is_lost_neither_resolves_nor_fires() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    world.look_after(TICK).await;
    assert!(world.engine.alert_rules().await.unwrap()[0].state.unknown_since.is_some());
    world.peer(false);
    world.look_after(TICK).await;
    world.engine.alerts.observed().peers = None;
    world.look_after(TICK).await;
    let rule = &world.engine.alert_rules().await.unwrap()[0];
    assert_eq!((rule.state.firing(), rule.state.unknown_since), (1, Some(START + 3 * TICK)));
    assert_eq!(http.posts().len(), 1);
}

#[tokio::test]
async fn a_crash_neither_loses_what_is_to_be_told_nor_tells_it_twice() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    world.peer(false);
    world.engine.look_at_alerts().await.unwrap();
    let world = world.crashed().await;
    assert_eq!(http.posts().len(), 0);
    world.peer(false);
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 1, "what was queued before the crash, and nothing else");
    let world = world.crashed().await;
    world.peer(false);
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 1);
    world.peer(true);
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 2, "a crash does not forget that it fires");
}

#[tokio::test]
async fn what_cannot_be_delivered_is_tried_again_and_given_up_after_a_day() {
    let http = HttpSink::start("503 Service Unavailable", "later").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    world.peer(false);
    world.look_after(TICK).await;
    world.engine.disable_alert_rule(&Actor::system(), 1).await.unwrap();
    let (mut pauses, mut last) = (Vec::new(), world.clock.now_ms());
    for _ in 0..(25 * 60) {
        let before = http.posts().len();
        world.clock.advance(MINUTE);
        world.engine.deliver_alerts().await.unwrap();
        if http.posts().len() > before {
            pauses.push(world.clock.now_ms() - last);
            last = world.clock.now_ms();
        }
    }
    assert!(pauses[0] <= 2 * MINUTE && pauses.iter().all(|pause| *pause <= HOUR + MINUTE), "{pauses:?}");
    assert!(pauses.len() > 20, "{pauses:?}");
    let delivery = &world.engine.alert_deliveries(1).await.unwrap()[0];
    assert_eq!(delivery.progress, Progress::GivenUp);
    assert_eq!(delivery.outcome.as_deref(), Some("The server returned 503 Service Unavailable: later"));
    let ids: Vec<_> = http.posts().iter().map(|post| post.header("x-leasehold-delivery").unwrap()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "a repetition can be told by its id");
}

#[tokio::test]
async fn a_channel_that_never_answers_delays_no_other() {
    let (dead, http) =
        (tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), HttpSink::start("200 OK", "").await);
    let world = World::new().await;
    let url = format!("http://{}/", dead.local_addr().unwrap());
    let first = world.channel(NewChannel { name: "A".into(), url, ..hook(&http) }).await;
    let second = world.channel(NewChannel { name: "B".into(), ..hook(&http) }).await;
    world.rule(&[first, second]).await;
    let mut deliveries = super::deliver::Deliveries::default();
    for (up, told) in [(false, 1), (true, 2)] {
        world.peer(up);
        world.clock.advance(TICK);
        world.engine.look_at_alerts().await.unwrap();
        world.engine.start_deliveries(&mut deliveries).await.unwrap();
        // The first that is done is not the dead one, which still waits for its answer.
        deliveries.next().await.unwrap();
        assert_eq!(http.posts().len(), told);
    }
}

#[tokio::test]
async fn many_at_once_become_one_digest_for_each_channel() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    for _ in 0..5 {
        world.rule(&[channel]).await;
    }
    world.peer(false);
    world.look_after(TICK).await;
    let posts = http.posts();
    assert_eq!(posts.len(), 1);
    let body: serde_json::Value = serde_json::from_str(&posts[0].body).unwrap();
    assert_eq!((&body["kind"], body["delivery"].as_str().unwrap().len()), (&"digest".into(), 32));
    assert!(body["title"].as_str().unwrap().starts_with("5 notifications ("), "{body}");
    assert!(world.told().await.iter().all(|(_, progress)| *progress == Progress::Delivered));
}

#[tokio::test]
async fn messages_name_the_server_as_its_peers_know_it() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[channel]).await;
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query("INSERT INTO peer_self (id, name, joined_as) VALUES (1, 'lic-backup-7', 'backup')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let world = world.crashed().await;
    world.peer(false);
    world.look_after(TICK).await;
    let body: serde_json::Value = serde_json::from_str(&http.posts()[0].body).unwrap();
    assert_eq!(body["server"], "lic-backup-7");
    assert_eq!(body["title"], "lic-02 is not responding (lic-backup-7)");
}

#[tokio::test]
async fn one_channel_that_fails_does_not_hold_up_another() {
    let (dead, http) =
        (HttpSink::start("500 Internal Server Error", "").await, HttpSink::start("204 No Content", "").await);
    let world = World::new().await;
    let first = world.channel(NewChannel { name: "A".into(), ..hook(&dead) }).await;
    let second = world.channel(NewChannel { name: "B".into(), ..hook(&http) }).await;
    world.rule(&[first, second]).await;
    world.peer(false);
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 1);
    world.engine.remove_alert_channel(&Actor::system(), first).await.unwrap();
    let progress: Vec<Progress> = world.told().await.into_iter().map(|(_, progress)| progress).collect();
    assert!(progress.contains(&Progress::Delivered) && progress.contains(&Progress::GivenUp), "{progress:?}");
    assert_eq!(world.engine.alert_rules().await.unwrap()[0].channels, [second]);
}
