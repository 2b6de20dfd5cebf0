//! The pages of the alerts in their states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, viewer};
use app::pages::alerts::*;
use app::request::Tone;
use engine::alerts::{Channel, ChannelSettings, Delivery, Progress, Security};
use leptos::prelude::*;
use licensing::alerts::{ConditionKind, Episode};

fn rule(id: i64, sentence: &str, tone: Tone, state: &str) -> RuleRow {
    RuleRow {
        id,
        sentence: sentence.into(),
        enabled: state != "Off",
        tone,
        state: state.into(),
        channels: vec!["On call".into(), "<b>Operations</b> chat".into()],
        pace: "At once, again every 4 h.".into(),
        fields: vec![
            ("kind".into(), "hours_left".into()),
            ("channels".into(), "1".into()),
            ("channels".into(), "2".into()),
        ],
        ..RuleRow::default()
    }
}

fn delivery(title: &str, progress: Progress, outcome: &str) -> Delivery {
    Delivery {
        id: "0198f2c4".into(),
        kind: "fired".into(),
        channel: "On call".into(),
        title: title.into(),
        made_at: NOW - 5 * MINUTE,
        attempts: 2,
        progress,
        outcome: Some(outcome.into()),
    }
}

fn loaded() -> AlertsPage {
    let firing = FiringRow {
        rule: 1,
        subject: "lic-02".into(),
        headline: "lic-02 is not responding".into(),
        words: "lic-02 has not responded for 12 min.".into(),
        since_ms: NOW - 12 * MINUTE,
        to_do: ConditionKind::PeerDown.to_do(),
        cause: ConditionKind::PeerDown.path(),
        ..FiringRow::default()
    };
    let acknowledged = FiringRow {
        rule: 5,
        subject: "TTS3".into(),
        headline: "Use of TTS3 is high".into(),
        words: "96 % of TTS3 is in use.".into(),
        since_ms: NOW - 3 * HOUR,
        to_do: ConditionKind::UseAbove.to_do(),
        cause: ConditionKind::UseAbove.path(),
        acknowledged: Some(("<b>noor</b>".into(), NOW - HOUR)),
        silenced_until: Some(NOW + 2 * HOUR),
    };
    let pending = SubjectRow { words: "A license for ASR is not loaded.".into(), since_ms: NOW - MINUTE };
    AlertsPage {
        firing: vec![firing, acknowledged],
        firing_counts: FiringCounts { all: 2, acknowledged: 1 },
        page: None,
        suggested: vec!["Disk space low".into(), "Audit chain broken".into()],
        rules: vec![
            RuleRow {
                firing: 1,
                last_fired: Some(NOW - 11 * MINUTE),
                ..rule(1, "A peer has not responded for 60 s.", Tone::Danger, "Firing")
            },
            RuleRow {
                unknown_since: Some(NOW - HOUR),
                ..rule(2, "Fewer than 24 h of countdown are left.", Tone::Warning, "Not known")
            },
            rule(3, "A license expires within 30 days.", Tone::Success, "OK"),
            RuleRow {
                firing: 1,
                last_fired: Some(NOW - 3 * HOUR),
                silenced_until: Some(NOW + 2 * HOUR),
                ..rule(5, "At least 90 % of a product is in use.", Tone::Danger, "Firing")
            },
            RuleRow { pending: vec![pending], ..rule(6, "A license is not loaded.", Tone::Info, "Pending") },
            RuleRow { channels: Vec::new(), ..rule(4, "This machine's clock was moved.", Tone::Neutral, "Off") },
        ],
        channels: vec![
            Channel {
                id: 1,
                name: "On call".into(),
                settings: ChannelSettings::Email {
                    host: "mail.example.com".into(),
                    port: 587,
                    security: Security::StartTls,
                    user: "leasehold".into(),
                    from: "leasehold@example.com".into(),
                    to: vec!["oncall@example.com".into()],
                    ca: String::new(),
                },
                has_secret: true,
            },
            Channel {
                id: 2,
                name: "<b>Operations</b> chat".into(),
                settings: ChannelSettings::Webhook { host: "https://hooks.example.com".into(), ca: String::new() },
                has_secret: false,
            },
        ],
        deliveries: vec![
            delivery("lic-02 is not responding (lic-01)", Progress::Delivered, "The mail server took it: 250 2.0.0 Ok"),
            delivery(
                "lic-02 is not responding (lic-01)",
                Progress::Waiting { next: NOW + MINUTE },
                "The server returned 500 Internal Server Error.",
            ),
        ],
    }
}

fn form(id: Option<i64>) -> RuleForm {
    RuleForm {
        id,
        chosen: Some(ConditionKind::HoursLeft),
        number: "24".into(),
        wait: "0".into(),
        remind: "4".into(),
        channels: vec![(1, "On call".into(), true), (2, "<b>Operations</b> chat".into(), false)],
        enabled: id.is_some(),
        silenced_until: None,
    }
}

fn review(episodes: Vec<Episode>) -> RuleReview {
    RuleReview {
        sentence: "A peer has not responded for 60 s.".into(),
        pace: "At once, again every 4 h.".into(),
        channels: vec!["On call".into()],
        tone: Tone::Info,
        tried: "In the last 7 days this would have fired twice.".into(),
        present_tone: Tone::Danger,
        present: "Right now it would be firing: lic-02 has not responded for 2 min. Once on, it notifies at once."
            .into(),
        rests_on: "Based on recorded data.".into(),
        more: 3 * usize::from(!episodes.is_empty()),
        episodes,
        ..RuleReview::default()
    }
}

/// All of them.
pub fn pages() -> Vec<Preview> {
    let (at, new) = ("/alerts", "/alerts/rules/new");
    let channel = "/alerts/channels/new";
    let mut wrong_rule = administrator(new);
    wrong_rule.form = refused(
        &[("number", "many"), ("wait", "0"), ("remind", "4")],
        &[("number", "Enter a whole number of hours, 1 to 100000.")],
    );
    let mut wrong_channel = administrator(channel);
    wrong_channel.form = refused(
        &[("name", "On call"), ("host", "mail.example.com"), ("security", "none")],
        &[
            (
                "security",
                "Without TLS, Leasehold sends mail only to this machine (localhost). For any other, choose STARTTLS or TLS.",
            ),
            ("from", "Enter one address, such as leasehold@example.com."),
            ("ca", "The CA file /etc/leasehold/ca.pem cannot be read: no such file or directory."),
        ],
    );
    let mail = || ChannelForm { port: "587".into(), security: "starttls".into(), ..ChannelForm::default() };
    let kept = ChannelForm {
        id: Some(2),
        webhook: true,
        name: "<b>Operations</b> chat".into(),
        kept_address: Some("https://hooks.example.com".into()),
        has_secret: true,
        rules: 2,
        ..ChannelForm::default()
    };
    let episodes = vec![
        Episode { subject: "lic-02".into(), fired: NOW - DAY, resolved: Some(NOW - DAY + HOUR), reminders: 0 },
        Episode { subject: "lic-02".into(), fired: NOW - HOUR, resolved: None, reminders: 1 },
    ];
    let list = |name: &str, context, data: AlertsPage| {
        inside(name, context, move || view! { <AlertsView data=data /> }.into_any())
    };
    let rule_form = |name: &str, context, data: RuleForm| {
        inside(name, context, move || view! { <RuleFormView data=data /> }.into_any())
    };
    let channel_form = |name: &str, context, data: ChannelForm| {
        inside(name, context, move || view! { <ChannelFormView data=data /> }.into_any())
    };
    let tried = |name: &str, data: RuleReview| {
        inside(name, administrator(new), move || view! { <RuleReviewView data=data /> }.into_any())
    };
    vec![
        list("alerts", administrator(at), loaded()),
        list(
            "alerts-empty",
            administrator(at),
            AlertsPage { suggested: vec!["Failover".into(), "Disk space low".into()], ..AlertsPage::default() },
        ),
        list("alerts-viewer", viewer(at), loaded()),
        rule_form("alert-kinds", administrator(new), RuleForm { chosen: None, ..form(None) }),
        rule_form("alert-rule", administrator(new), form(Some(1))),
        rule_form(
            "alert-rule-silenced",
            administrator(new),
            RuleForm { silenced_until: Some(NOW + 4 * HOUR), ..form(Some(1)) },
        ),
        rule_form("alert-rule-refused", wrong_rule, form(None)),
        rule_form("alert-rule-viewer", viewer(new), form(Some(1))),
        tried("alert-review", review(episodes)),
        tried(
            "alert-review-nothing",
            RuleReview {
                channels: Vec::new(),
                present_tone: Tone::Success,
                present: "Right now it would not be firing: all is well.".into(),
                ..review(Vec::new())
            },
        ),
        channel_form("alert-mail", administrator(channel), mail()),
        channel_form("alert-mail-refused", wrong_channel, mail()),
        channel_form("alert-webhook", administrator(channel), kept),
    ]
}
