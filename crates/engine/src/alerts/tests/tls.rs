//! Mail and posts over TLS: who is trusted, and what is said when nobody vouches for the other side.

use rcgen::{CertificateParams, date_time_ymd};

use super::sinks::{CompanyAuthority, MailEncryption};
use super::*;

fn over(security: &str, sink: &SmtpSink, ca: String) -> NewChannel {
    let signed_in = NewChannel { user: "ann".into(), password: "hunter2".into(), ..mail(sink) };
    NewChannel { security: security.into(), ca, ..signed_in }
}

fn https(sink: &HttpSink, ca: String) -> NewChannel {
    NewChannel { url: format!("https://127.0.0.1:{}/T0P-SECRET", sink.port), ca, ..hook_named("Chat") }
}

fn hook_named(name: &str) -> NewChannel {
    NewChannel { name: name.into(), webhook: true, ..NewChannel::default() }
}

impl World {
    /// Whether a test over the channel was delivered, and what came of it.
    async fn tried(&self, new: NewChannel) -> (bool, String) {
        let id = self.channel(new).await;
        let outcome = self.engine.test_alert_channel(&Actor::system(), id).await.unwrap();
        self.engine.remove_alert_channel(&Actor::system(), id).await.unwrap();
        (outcome.delivered, outcome.said)
    }
}

#[tokio::test]
async fn mail_goes_over_starttls_and_over_tls_to_a_server_a_company_vouches_for() {
    let world = World::new().await;
    let company = CompanyAuthority::new(&["127.0.0.1"], |_| {});
    for (security, dress, way) in
        [("starttls", MailEncryption::starttls(&company), "STARTTLS"), ("tls", MailEncryption::tls(&company), "TLS")]
    {
        let sink = SmtpSink::dressed(dress, "250 2.0.0 Ok: queued as 4711").await;
        let (delivered, said) = world.tried(over(security, &sink, company.path())).await;
        assert_eq!((delivered, said.as_str()), (true, "The mail server accepted it: 250 2.0.0 Ok: queued as 4711"));
        let [mail] = &sink.mails()[..] else { panic!("{:?}", sink.mails()) };
        assert!(mail.starts_with(&format!("{way}\nEHLO ")), "{mail}");
        assert!(mail.contains("AUTH PLAIN") && mail.contains("Subject: Test of alerts"), "{mail}");
    }
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_gets_no_mail_and_no_password() {
    let world = World::new().await;
    let (company, other) =
        (CompanyAuthority::new(&["127.0.0.1"], |_| {}), CompanyAuthority::new(&["127.0.0.1"], |_| {}));
    for (security, dress) in [("starttls", MailEncryption::starttls(&company)), ("tls", MailEncryption::tls(&company))]
    {
        let sink = SmtpSink::dressed(dress, "250 ok").await;
        let target = format!("127.0.0.1:{}", sink.port);
        for (ca, words) in [
            (String::new(), "is from an issuer this machine does not trust. If that is your company's own CA, enter its CA file in the channel.".to_owned()),
            (other.path(), format!("is from an issuer that neither this machine nor the CA file {} trusts. Add the issuer's certificate to that file.", other.path())),
        ] {
            let (delivered, said) = world.tried(over(security, &sink, ca)).await;
            assert_eq!((delivered, said), (false, format!("The certificate of {target} {words}")));
        }
        assert_eq!(sink.mails(), [] as [String; 0]);
    }
}

#[rstest]
#[case::another_name(&["mail.example.com"], |_: &mut CertificateParams| {}, "is for another name")]
#[case::ended(&["127.0.0.1"], |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 2, 3), "has expired")]
#[case::not_yet(&["127.0.0.1"], |params: &mut CertificateParams| params.not_before = date_time_ymd(2999, 1, 1), "is not valid yet")]
#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused_and_says_why(
    #[case] names: &[&str],
    #[case] change: fn(&mut CertificateParams),
    #[case] words: &str,
) {
    let world = World::new().await;
    let company = CompanyAuthority::new(names, change);
    let smtp = SmtpSink::dressed(MailEncryption::tls(&company), "250 ok").await;
    let http = HttpSink::start_tls(&company).await;
    for new in [over("tls", &smtp, company.path()), https(&http, company.path())] {
        let (delivered, said) = world.tried(new).await;
        assert!(!delivered && said.starts_with("The certificate of 127.0.0.1") && said.contains(words), "{said}");
    }
    assert_eq!((smtp.mails().len(), http.posts().len()), (0, 0));
}

#[tokio::test]
async fn a_mail_server_without_starttls_gets_nothing_where_starttls_is_chosen() {
    let world = World::new().await;
    let plain = SmtpSink::start("250 ok").await;
    let (delivered, said) = world.tried(over("starttls", &plain, String::new())).await;
    assert!(!delivered && said.contains("STARTTLS"), "{said}");
    assert_eq!(plain.mails(), [] as [String; 0]);
}

#[tokio::test]
async fn posts_go_over_tls_to_a_server_a_company_vouches_for_and_to_no_other() {
    let world = World::new().await;
    let (company, other) =
        (CompanyAuthority::new(&["127.0.0.1"], |_| {}), CompanyAuthority::new(&["127.0.0.1"], |_| {}));
    let sink = HttpSink::start_tls(&company).await;
    for (ca, words) in [
        (String::new(), "The certificate of 127.0.0.1 is from an issuer this machine does not trust."),
        (other.path(), "The certificate of 127.0.0.1 is from an issuer that neither this machine nor the CA file /"),
    ] {
        let (delivered, said) = world.tried(https(&sink, ca)).await;
        assert!(!delivered && said.starts_with(words) && !said.contains("T0P"), "{said}");
    }
    assert_eq!(sink.posts().len(), 0);
    assert_eq!(world.tried(https(&sink, company.path())).await, (true, "The server returned 200 OK.".to_owned()));
    assert_eq!(sink.posts().len(), 1);
}

#[tokio::test]
async fn a_ca_file_is_read_at_each_delivery() {
    let world = World::new().await;
    let (company, other) =
        (CompanyAuthority::new(&["127.0.0.1"], |_| {}), CompanyAuthority::new(&["127.0.0.1"], |_| {}));
    let (smtp, http) =
        (SmtpSink::dressed(MailEncryption::tls(&company), "250 ok").await, HttpSink::start_tls(&company).await);
    let path = other.path();
    let channels =
        [world.channel(over("tls", &smtp, path.clone())).await, world.channel(https(&http, path.clone())).await];
    for (written, delivered) in [(None, false), (Some(company.path()), true), (Some("/dev/null".to_owned()), false)] {
        if let Some(from) = written {
            std::fs::write(&path, std::fs::read(from).unwrap()).unwrap();
        }
        for id in channels {
            let outcome = world.engine.test_alert_channel(&Actor::system(), id).await.unwrap();
            assert_eq!(outcome.delivered, delivered, "{}", outcome.said);
            assert!(outcome.said.contains(&path) != delivered, "{}", outcome.said);
        }
    }
}

#[tokio::test]
async fn what_is_kept_secret_goes_to_nobody_another_authority_vouches_for() {
    let world = World::new().await;
    let actor = Actor::system();
    let (company, other) =
        (CompanyAuthority::new(&["127.0.0.1"], |_| {}), CompanyAuthority::new(&["127.0.0.1"], |_| {}));
    let (smtp, http) =
        (SmtpSink::dressed(MailEncryption::tls(&company), "250 ok").await, HttpSink::start_tls(&company).await);
    let (mail, post) = (over("tls", &smtp, company.path()), https(&http, company.path()));
    for (new, field) in [(mail, "password"), (post, "url")] {
        let id = world.channel(new.clone()).await;
        let kept = NewChannel { password: String::new(), url: String::new(), ..new };
        world.engine.save_alert_channel(&actor, Some(id), &kept).await.unwrap();
        for ca in [other.path(), String::new()] {
            let moved = NewChannel { ca, ..kept.clone() };
            assert_eq!(fields(world.engine.save_alert_channel(&actor, Some(id), &moved).await.unwrap_err()), [field]);
        }
        assert!(world.engine.test_alert_channel(&actor, id).await.unwrap().delivered);
        let settings = world.engine.alert_channel(id).await.unwrap().unwrap().settings;
        assert_eq!(settings.ca(), company.path());
    }
    assert!(world.audited().await.contains(&format!("trusting the CA file {}.", company.path())));
}

#[test]
fn a_channel_kept_before_there_were_ca_files_trusts_this_machine_alone() {
    let kept = r#"{"kind":"webhook","host":"https://hooks.example.com"}"#;
    let settings: ChannelSettings = serde_json::from_str(kept).unwrap();
    assert_eq!(settings.ca(), "");
}
