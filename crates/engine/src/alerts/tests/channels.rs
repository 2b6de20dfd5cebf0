//! Channels: what may be kept, what is shown of it, and what is said when one is tried.

use super::*;

#[tokio::test]
async fn a_test_shows_exactly_what_the_other_side_said_and_no_secret() {
    let world = World::new().await;
    let actor = Actor::system();
    let smtp = SmtpSink::start("250 2.0.0 Ok: queued as 4711").await;
    let good = world.channel(mail(&smtp)).await;
    let outcome = world.engine.test_alert_channel(&actor, good).await.unwrap();
    assert_eq!(
        (outcome.delivered, outcome.said.as_str()),
        (true, "The mail server accepted it: 250 2.0.0 Ok: queued as 4711")
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
    assert!(!outcome.delivered && outcome.said.contains("302 Found and redirects"), "{}", outcome.said);
    assert_eq!(away.posts().len(), 1, "not followed");

    let nobody = NewChannel {
        name: "D".into(),
        webhook: true,
        url: "http://127.0.0.1:1/T0P-SECRET".into(),
        ..NewChannel::default()
    };
    let nobody = world.channel(nobody).await;
    let outcome = world.engine.test_alert_channel(&actor, nobody).await.unwrap();
    assert!(!outcome.delivered && outcome.said.contains("Can't reach the address"), "{}", outcome.said);

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
    let rule =
        RuleSettings { wait_ms: -1, remind_ms: 8 * DAY, ..RuleSettings::new(condition(ConditionKind::ClockMoved, 0)) };
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
