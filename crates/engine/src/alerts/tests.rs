//! Alerts with a clock moved by hand, and a mail server and a web server in the test itself.

mod sinks;
mod tls;

use std::sync::Arc;

use licensing::alert::{Condition, Evidence, GraceSignal, Kind, PeerSignal, Present, Rule};
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
        let peer = PeerSignal { name: "lic-02".into(), seen_ms_ago: if up { 0 } else { 2 * MINUTE }, up };
        self.engine.alerts.tell_peers(Some(vec![peer]));
    }

    async fn channel(&self, new: NewChannel) -> i64 {
        self.engine.save_alert_channel(&Actor::system(), None, &new).await.unwrap()
    }

    async fn rule(&self, channels: &[i64]) -> i64 {
        let rule = Rule { remind_ms: HOUR, ..Rule::new(Condition::PeerDown { seconds: 60 }) };
        let new = NewRule { rule, enabled: true, channels: channels.to_vec() };
        self.engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap()
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
    assert_eq!(world.engine.alerts.firing()[&Kind::PeerDown], 1);
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
    assert_eq!(world.engine.alerts.firing()[&Kind::PeerDown], 0);

    let mails = smtp.mails();
    assert!(
        mails[0].contains("RCPT TO:<ann@example.com>") && mails[0].contains("RCPT TO:<bob@example.com>"),
        "{}",
        mails[0]
    );
    assert!(mails[0].contains("Subject: lic-02 does not answer ("), "{}", mails[0]);
    assert!(mails[0].contains("Auto-Submitted: auto-generated") && mails[0].contains("What to do: "), "{}", mails[0]);
    assert!(mails[0].contains("Console: https://lic-01.example:8084/servers"), "{}", mails[0]);
    assert!(mails[1].contains("Subject: Still: ") && mails[2].contains("Subject: Resolved: "));
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
    world.engine.alerts.tell_peers(None);
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
    assert_eq!(delivery.outcome.as_deref(), Some("The address answered 503 Service Unavailable: later"));
    let ids: Vec<_> = http.posts().iter().map(|post| post.header("x-leasehold-delivery").unwrap()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "a repetition can be told by its id");
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

#[tokio::test]
async fn a_test_shows_exactly_what_the_other_side_said_and_no_secret() {
    let world = World::new().await;
    let actor = Actor::system();
    let smtp = SmtpSink::start("250 2.0.0 Ok: queued as 4711").await;
    let good = world.channel(mail(&smtp)).await;
    let outcome = world.engine.test_alert_channel(&actor, good).await.unwrap();
    assert_eq!(
        (outcome.delivered, outcome.said.as_str()),
        (true, "The mail server took it: 250 2.0.0 Ok: queued as 4711")
    );
    assert!(smtp.mails()[0].contains("Subject: Test of alerts"));

    let echo = SmtpSink::start("550 5.1.1 hunter2 is not welcome here").await;
    let signed_in = NewChannel { name: "B".into(), user: "ann".into(), password: "hunter2".into(), ..mail(&echo) };
    let refused = world.channel(signed_in).await;
    let outcome = world.engine.test_alert_channel(&actor, refused).await.unwrap();
    assert!(
        !outcome.delivered && outcome.said.contains("550") && outcome.said.contains("••• is not welcome"),
        "{}",
        outcome.said
    );

    let away = HttpSink::start("302 Found", "").await;
    let redirected = world.channel(NewChannel { name: "C".into(), ..hook(&away) }).await;
    let outcome = world.engine.test_alert_channel(&actor, redirected).await.unwrap();
    assert!(!outcome.delivered && outcome.said.contains("302 Found and sends us on"), "{}", outcome.said);
    assert_eq!(away.posts().len(), 1, "not followed");

    let nobody = NewChannel {
        name: "D".into(),
        webhook: true,
        url: "http://127.0.0.1:1/T0P-SECRET".into(),
        ..NewChannel::default()
    };
    let nobody = world.channel(nobody).await;
    let outcome = world.engine.test_alert_channel(&actor, nobody).await.unwrap();
    assert!(!outcome.delivered && outcome.said.contains("cannot be reached"), "{}", outcome.said);

    assert!(matches!(world.engine.test_alert_channel(&actor, 99).await, Err(AlertError::Gone(_))));
    let shown = format!("{:?} {}", world.engine.alert_channels().await.unwrap(), world.audited().await);
    let told: String = world.engine.alert_deliveries(100).await.unwrap().iter().map(|d| format!("{d:?}")).collect();
    assert!(shown.contains("alert.test") && shown.contains("alert.channel.add"), "{shown}");
    for secret in ["hunter2", "T0P-SECRET"] {
        assert!(!shown.contains(secret) && !told.contains(secret), "{shown} {told}");
    }
}

#[tokio::test]
async fn a_password_that_is_kept_goes_to_no_other_server() {
    let (smtp, other) = (SmtpSink::start("250 ok").await, SmtpSink::start("250 ok").await);
    let world = World::new().await;
    let actor = Actor::system();
    let new = NewChannel { user: "ann".into(), password: "hunter2".into(), ..mail(&smtp) };
    let id = world.channel(new.clone()).await;
    let keeping = NewChannel { password: String::new(), name: "Renamed".into(), ..new.clone() };
    world.engine.save_alert_channel(&actor, Some(id), &keeping).await.unwrap();
    assert!(world.engine.test_alert_channel(&actor, id).await.unwrap().delivered);
    assert!(smtp.mails()[0].contains("AUTH PLAIN"), "{}", smtp.mails()[0]);
    let moved = NewChannel { port: other.port.to_string(), ..keeping.clone() };
    let error = world.engine.save_alert_channel(&actor, Some(id), &moved).await.unwrap_err();
    assert_eq!(fields(error), ["password"]);
    let without = NewChannel { user: String::new(), forget: true, ..moved };
    world.engine.save_alert_channel(&actor, Some(id), &without).await.unwrap();
    assert!(!world.engine.alert_channel(id).await.unwrap().unwrap().has_secret);
    assert!(world.engine.test_alert_channel(&actor, id).await.unwrap().delivered);
    assert!(!other.mails()[0].contains("AUTH"));
}

#[rstest]
#[case::no_name("name", |c: &mut NewChannel| c.name = " ".into())]
#[case::no_host("host", |c: &mut NewChannel| c.host = "mail server".into())]
#[case::no_port("port", |c: &mut NewChannel| c.port = "0".into())]
#[case::unknown_security("security", |c: &mut NewChannel| c.security = "maybe".into())]
#[case::clear_text_elsewhere("security", |c: &mut NewChannel| c.host = "mail.example.com".into())]
#[case::clear_text_to_a_lookalike("security", |c: &mut NewChannel| c.host = "localhost.example.com".into())]
#[case::no_sender("from", |c: &mut NewChannel| c.from = "nobody".into())]
#[case::sender_with_a_second_line("from", |c: &mut NewChannel| c.from = "a@example.com\r\nBcc: x@example.com".into())]
#[case::no_recipient("to", |c: &mut NewChannel| c.to = " , ".into())]
#[case::one_bad_recipient("to", |c: &mut NewChannel| c.to = "a@example.com, b".into())]
#[case::too_many("to", |c: &mut NewChannel| c.to = "a@example.com,".repeat(21))]
#[case::user_alone("password", |c: &mut NewChannel| c.user = "ann".into())]
#[case::password_alone("password", |c: &mut NewChannel| c.password = "x".into())]
#[case::no_url("url", |c: &mut NewChannel| c.webhook = true)]
#[case::other_scheme("url", |c: &mut NewChannel| { c.webhook = true; c.url = "ftp://example.com/".into() })]
#[case::clear_text_url("url", |c: &mut NewChannel| { c.webhook = true; c.url = "http://example.com/".into() })]
#[case::user_in_url("url", |c: &mut NewChannel| { c.webhook = true; c.url = "https://a:b@example.com/".into() })]
#[case::name_that_turns_the_text("name", |c: &mut NewChannel| c.name = "call\u{202e}no".into())]
#[case::ca_without_a_path("ca", |c: &mut NewChannel| c.ca = "company-ca.pem".into())]
#[case::no_ca_file("ca", |c: &mut NewChannel| c.ca = "/nowhere/ca.pem".into())]
#[case::two_lines("key", |c: &mut NewChannel| { c.webhook = true; c.url = "https://example.com/".into(); c.key = "a\nb".into() })]
#[tokio::test]
async fn what_cannot_be_used_is_refused_with_its_field(#[case] field: &str, #[case] spoil: fn(&mut NewChannel)) {
    let world = World::new().await;
    let mut new = NewChannel {
        name: "M".into(),
        host: "localhost".into(),
        port: "25".into(),
        security: "none".into(),
        from: "a@example.com".into(),
        to: "b@example.com".into(),
        ..NewChannel::default()
    };
    let good = NewChannel { name: "good".into(), ..new.clone() };
    world.engine.save_alert_channel(&Actor::system(), None, &good).await.unwrap();
    spoil(&mut new);
    let error = world.engine.save_alert_channel(&Actor::system(), None, &new).await.unwrap_err();
    assert!(error.to_string().ends_with('.'), "{error}");
    assert_eq!(fields(error), [field]);
    assert_eq!(world.engine.alert_channels().await.unwrap().len(), 1);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_channel_is_told_at_once_each_with_its_field() {
    let world = World::new().await;
    let actor = Actor::system();
    let taken =
        NewChannel { name: "W".into(), webhook: true, url: "https://a.example/".into(), ..NewChannel::default() };
    world.channel(taken).await;
    let nothing = NewChannel::default();
    let error = world.engine.save_alert_channel(&actor, None, &nothing).await.unwrap_err();
    assert_eq!(fields(error), ["name", "host", "port", "security", "from", "to"]);
    let mail = NewChannel {
        name: "w".into(),
        host: "mail.example.com".into(),
        port: "99999".into(),
        security: "none".into(),
        user: "ann".into(),
        from: "nobody".into(),
        to: "a, b".into(),
        ca: "ca.pem".into(),
        ..nothing.clone()
    };
    let error = world.engine.save_alert_channel(&actor, None, &mail).await.unwrap_err();
    let AlertError::Fields(all) = &error else { panic!("{error}") };
    assert!(
        all.iter().all(|wrong| wrong.message.ends_with('.') && error.to_string().contains(&wrong.message)),
        "{error}"
    );
    assert_eq!(fields(error), ["ca", "port", "security", "from", "to", "password", "name"]);
    let hook = NewChannel { webhook: true, url: "ftp://x".into(), key: "a\nb".into(), ..nothing };
    let error = world.engine.save_alert_channel(&actor, None, &hook).await.unwrap_err();
    assert_eq!(fields(error), ["name", "key", "url"]);
    // What a form does not show is not held against it.
    let hidden = NewChannel { name: "V".into(), url: "https://b.example/".into(), key: String::new(), ..hook };
    let hidden = NewChannel { password: "a\nb".into(), port: "x".into(), ..hidden };
    world.channel(hidden).await;
    let rule = Rule { wait_ms: -1, remind_ms: 8 * DAY, ..Rule::new(Condition::ClockMoved) };
    let new = NewRule { rule, enabled: true, channels: Vec::new() };
    let error = world.engine.save_alert_rule(&actor, None, &new).await.unwrap_err();
    assert_eq!(fields(error), ["wait", "remind"]);
    assert_eq!(world.engine.alert_channels().await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_the_address_of_a_webhook_only_the_host_is_shown() {
    let world = World::new().await;
    let new = NewChannel {
        name: "W".into(),
        webhook: true,
        url: "https://hooks.example.com/T0P".into(),
        ..NewChannel::default()
    };
    let id = world.channel(new.clone()).await;
    let settings = world.engine.alert_channel(id).await.unwrap().unwrap().settings;
    assert_eq!(settings, ChannelSettings::Webhook { host: "https://hooks.example.com".into(), ca: String::new() });
    let kept = NewChannel { url: String::new(), ..new };
    world.engine.save_alert_channel(&Actor::system(), Some(id), &kept).await.unwrap();
    assert_eq!(world.engine.whole_channel(id).await.unwrap().unwrap().1.url, "https://hooks.example.com/T0P");
}

#[tokio::test]
async fn a_rule_that_is_changed_or_turned_off_starts_anew_and_tells_nobody_of_it() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    let id = world.rule(&[channel]).await;
    world.peer(false);
    world.look_after(TICK).await;
    world.engine.disable_alert_rule(&Actor::system(), id).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!((http.posts().len(), world.engine.alerts.firing().len()), (1, 0));
    let rule = Rule::new(Condition::PeerDown { seconds: 30 });
    let new = NewRule { rule, enabled: true, channels: vec![channel, 77] };
    world.engine.save_alert_rule(&Actor::system(), Some(id), &new).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 2);
    world.engine.remove_alert_rule(&Actor::system(), id).await.unwrap();
    world.look_after(TICK).await;
    assert!(world.engine.alert_rules().await.unwrap().is_empty());
    assert_eq!(world.engine.alert_deliveries(10).await.unwrap().len(), 2, "what was told stays");
    let audited = world.audited().await;
    for action in ["alert.add", "alert.change", "alert.disable", "alert.remove"] {
        assert!(audited.contains(action), "{action} in {audited}");
    }
    for gone in [
        world.engine.disable_alert_rule(&Actor::system(), id).await,
        world.engine.remove_alert_rule(&Actor::system(), id).await,
        world.engine.save_alert_rule(&Actor::system(), Some(id), &new).await.map(drop),
        world.engine.remove_alert_channel(&Actor::system(), 99).await,
    ] {
        assert!(matches!(gone, Err(AlertError::Gone(_))), "{gone:?}");
    }
}

#[tokio::test]
async fn the_past_is_kept_once_a_minute_when_it_differs_and_once_an_hour_in_any_case() {
    let world = World::new().await;
    let rows = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM signal_history").fetch_one(world.engine.store.read()).await.unwrap()
    };
    world.peer(true);
    for _ in 0..(60 * 6) {
        world.look_after(TICK).await;
    }
    assert_eq!(rows().await, 1, "nothing differs");
    world.look_after(TICK).await;
    assert_eq!(rows().await, 2, "an hour has passed");
    for minute in 0..10 {
        world.peer(minute % 2 == 0);
        for _ in 0..6 {
            world.look_after(TICK).await;
        }
    }
    let lists: i64 =
        sqlx::query_scalar("SELECT count(*) FROM signal_lists").fetch_one(world.engine.store.read()).await.unwrap();
    let kept = rows().await;
    assert!((9..=12).contains(&kept), "{kept}");
    assert!(lists <= kept);
    world.peer(true);
    world.look_after(91 * DAY).await;
    assert_eq!(rows().await, 1, "older than 90 days");
    let lists: i64 =
        sqlx::query_scalar("SELECT count(*) FROM signal_lists").fetch_one(world.engine.store.read()).await.unwrap();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn a_rule_tried_on_the_past_tells_what_it_would_have_told() {
    let world = World::new().await;
    let rule = Rule { wait_ms: 2 * MINUTE, ..Rule::new(Condition::PeerDown { seconds: 120 }) };
    let empty = world.engine.try_rule(&rule, 30).await.unwrap();
    assert_eq!((empty.from, empty.known, empty.episodes.len()), (None, false, 0));
    world.look_after(TICK).await;
    let unknown = world.engine.try_rule(&rule, 30).await.unwrap();
    assert_eq!((unknown.from, unknown.known), (Some(START + TICK), false));
    let until_ms = START + 2 * HOUR;
    for (minutes, up) in [(30, true), (10, false), (30, true), (1, false), (30, true), (20, false)] {
        world.peer(up);
        world.engine.alerts.tell_grace(Some(if up {
            Vec::new()
        } else {
            vec![GraceSignal { client: "ivr".into(), until_ms }]
        }));
        for _ in 0..(minutes * 6) {
            world.look_after(TICK).await;
        }
    }
    let tried = world.engine.try_rule(&rule, 30).await.unwrap();
    assert!(tried.known);
    let shape: Vec<(&str, bool)> = tried.episodes.iter().map(|e| (e.subject.as_str(), e.resolved.is_some())).collect();
    assert_eq!(shape, [("lic-02", true), ("lic-02", false)], "one minute was too short");
    let grace = world.engine.try_rule(&Rule::new(Condition::GraceRunning), 30).await.unwrap();
    assert_eq!(grace.episodes.len(), 3);
    assert_eq!(grace.episodes[0].subject, "ivr");
    let days = world.engine.try_rule(&Rule::new(Condition::DaysSinceSync { days: 2 }), 30).await.unwrap();
    assert!(!days.known && days.present == Present::Unknown, "never in contact");
}

#[tokio::test]
async fn a_rule_that_is_tried_says_how_things_stand_at_this_moment() {
    let world = World::new().await;
    let at_once = Rule::new(Condition::PeerDown { seconds: 60 });
    let patient = Rule { wait_ms: 10 * MINUTE, ..at_once };
    let bad = || vec![("lic-02".to_owned(), Evidence::Silent { ms: 2 * MINUTE })];
    let known = |firing, pending| Present::Known { firing, pending };
    let present = async |rule: &Rule| world.engine.try_rule(rule, 30).await.unwrap().present;
    assert_eq!(present(&at_once).await, Present::Unknown);
    world.peer(true);
    world.look_after(TICK).await;
    assert_eq!(present(&at_once).await, known(vec![], vec![]));
    // No look and no snapshot since: what is known now counts all the same.
    world.peer(false);
    assert_eq!(present(&at_once).await, known(bad(), vec![]));
    assert_eq!(present(&patient).await, known(vec![], bad()));
    let tried = world.engine.try_rule(&at_once, 30).await.unwrap();
    assert_eq!((tried.episodes.len(), tried.episodes[0].resolved), (1, None));
    // Ten minutes, and the one after which a change is kept.
    for _ in 0..(11 * 6) {
        world.look_after(TICK).await;
    }
    assert_eq!(present(&patient).await, known(bad(), vec![]));
    world.peer(true);
    assert_eq!(present(&patient).await, known(vec![], vec![]));
    world.engine.alerts.tell_peers(None);
    assert_eq!(present(&patient).await, Present::Unknown);
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM alert_deliveries").fetch_one(world.engine.store.read()).await.unwrap();
    assert_eq!(kept, 0, "a trial tells nobody");
}

#[tokio::test]
async fn numbers_out_of_their_limits_are_refused() {
    let world = World::new().await;
    for (rule, field) in [
        (Rule { wait_ms: -1, ..Rule::new(Condition::ClockMoved) }, "wait"),
        (Rule { wait_ms: 25 * HOUR, ..Rule::new(Condition::ClockMoved) }, "wait"),
        (Rule { remind_ms: 8 * DAY, ..Rule::new(Condition::ClockMoved) }, "remind"),
    ] {
        let new = NewRule { rule, enabled: true, channels: Vec::new() };
        let error = world.engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap_err();
        assert_eq!(fields(error), [field]);
    }
    for _ in 0..50 {
        world.rule(&[]).await;
    }
    let one_more = NewRule { rule: Rule::new(Condition::ClockMoved), enabled: true, channels: Vec::new() };
    let error = world.engine.save_alert_rule(&Actor::system(), None, &one_more).await.unwrap_err();
    assert_eq!(error.to_string(), "There are 50 rules already. Remove one first.");
}
