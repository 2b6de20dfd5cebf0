//! What the alert pages show: rules with their state, channels, what was told; and a rule tried on the past.

use engine::alerts::{AlertRule, Channel, ChannelSettings, DAYS_KEPT, NewRule, RuleTrial};
use engine::{DatabaseError, Engine};
use licensing::alerts::{AlertStatus, Condition, ConditionKind, Evidence, PresentState, RuleSettings, SubjectState};
use licensing::contact::DAY;
use licensing::words::span;

use app::pages::alerts::{
    AlertsPage, ChannelForm, FIRING, FiringCounts, FiringRow, RuleForm, RuleReview, RuleRow, SubjectRow,
};
use app::request::Tone;

/// Deliveries on the page.
const DELIVERIES: u32 = 30;
/// A rule is tried on this many days.
const TRIED_DAYS: u32 = 30;
/// Things that are not well, in the sentence of the review.
const SUBJECTS: usize = 3;
/// Episodes on the review.
const EPISODES: usize = 10;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The page of the alerts.
pub async fn page(engine: &Engine, page: Option<usize>, now: i64) -> Result<AlertsPage, DatabaseError> {
    let channels = engine.alert_channels().await?;
    let rules = engine.alert_rules().await?;
    // Each rule may fire for thousands: only those that are shown are put into words.
    let mut all: Vec<FiringSubject<'_>> = rules.iter().filter(|rule| rule.enabled).flat_map(firing).collect();
    let acknowledged = all.iter().filter(|(.., subject)| subject.acknowledged.is_some()).count();
    let firing_counts = FiringCounts { all: all.len(), acknowledged };
    // What nobody takes care of comes first, then the latest.
    all.sort_by_key(|(_, since, _, subject)| (subject.acknowledged.is_some(), std::cmp::Reverse(*since)));
    all.truncate(FIRING);
    let suggested = engine.suggested_alert_rules().await?;
    Ok(AlertsPage {
        firing: all.into_iter().map(|subject| firing_row(subject, now)).collect(),
        firing_counts,
        page,
        rules: rules.iter().map(|rule| rule_row(rule, &channels, now)).collect(),
        suggested: suggested.iter().map(|rule| rule.condition.kind().title().to_owned()).collect(),
        channels,
        deliveries: engine.alert_deliveries(DELIVERIES).await?,
    })
}

/// How a rule stands.
fn state(rule: &AlertRule) -> (Tone, &'static str) {
    match rule.standing() {
        "off" => (Tone::Neutral, "Off"),
        "firing" => (Tone::Danger, "Firing"),
        "unknown" => (Tone::Warning, "No data"),
        "pending" => (Tone::Info, "Pending"),
        _ => (Tone::Success, "OK"),
    }
}

/// A rule, since when it fires, and for what.
type FiringSubject<'a> = (&'a AlertRule, i64, &'a String, &'a SubjectState);

/// What fires of a rule.
fn firing(rule: &AlertRule) -> impl Iterator<Item = FiringSubject<'_>> {
    rule.state.firing_subjects().filter_map(move |(name, subject)| match subject.standing {
        AlertStatus::Firing { since, .. } => Some((rule, since, name, subject)),
        _ => None,
    })
}

fn firing_row((rule, since_ms, name, subject): FiringSubject<'_>, now: i64) -> FiringRow {
    let kind = rule.rule.condition.kind();
    FiringRow {
        rule: rule.id,
        subject: name.clone(),
        headline: kind.headline(name),
        words: kind.found(name, &subject.evidence, now),
        since_ms,
        to_do: kind.to_do(),
        cause: kind.path(),
        acknowledged: subject.acknowledged.as_ref().map(|by| (by.by.clone(), by.at)),
        silenced_until: rule.state.silenced_until.filter(|_| rule.state.is_silenced(now)),
    }
}

fn rule_row(rule: &AlertRule, channels: &[Channel], now: i64) -> RuleRow {
    let (tone, word) = state(rule);
    let pending = |(name, subject): (&String, &SubjectState)| {
        let AlertStatus::Pending { since } = subject.standing else { return None };
        Some(SubjectRow { words: rule.rule.condition.kind().found(name, &subject.evidence, now), since_ms: since })
    };
    RuleRow {
        id: rule.id,
        sentence: rule.rule.condition.sentence(),
        enabled: rule.enabled,
        tone,
        state: word.to_owned(),
        firing: if rule.enabled { rule.state.firing() } else { 0 },
        pending: rule.state.subjects.iter().filter(|_| rule.enabled).filter_map(pending).collect(),
        silenced_until: rule.state.silenced_until.filter(|_| rule.enabled && rule.state.is_silenced(now)),
        unknown_since: rule.state.unknown_since,
        last_fired: rule.last_fired,
        channels: names(&rule.channels, channels),
        pace: pace(&rule.rule),
        fields: fields(Some(rule.id), &rule.rule, &rule.channels),
    }
}

fn names(ids: &[i64], channels: &[Channel]) -> Vec<String> {
    channels.iter().filter(|channel| ids.contains(&channel.id)).map(|channel| channel.name.clone()).collect()
}

fn pace(rule: &RuleSettings) -> String {
    let wait = if rule.wait_ms == 0 { "At once".to_owned() } else { format!("After {}", span(rule.wait_ms)) };
    match rule.remind_ms {
        0 => format!("{wait}, without reminders."),
        remind => format!("{wait}, again every {}.", span(remind)),
    }
}

/// What a form about a rule carries.
fn fields(id: Option<i64>, rule: &RuleSettings, channels: &[i64]) -> Vec<(String, String)> {
    let mut fields = vec![("kind".to_owned(), rule.condition.kind().as_str().to_owned())];
    fields.extend(id.map(|id| ("id".to_owned(), id.to_string())));
    fields.extend(rule.condition.number().map(|number| ("number".to_owned(), number.to_string())));
    fields.push(("wait".to_owned(), (rule.wait_ms / MINUTE).to_string()));
    fields.push(("remind".to_owned(), (rule.remind_ms / HOUR).to_string()));
    fields.extend(channels.iter().map(|channel| ("channels".to_owned(), channel.to_string())));
    fields
}

/// The form of a rule; none when there is no such rule.
pub async fn rule_form(engine: &Engine, id: Option<i64>, kind: &str) -> Result<Option<RuleForm>, DatabaseError> {
    let channels = engine.alert_channels().await?;
    let kept = match id {
        Some(id) => match engine.alert_rule(id).await? {
            Some(rule) => Some(rule),
            None => return Ok(None),
        },
        None => None,
    };
    let (rule, chosen) = match &kept {
        Some(rule) => (Some(rule.rule.clone()), rule.channels.clone()),
        None => {
            let usual = ConditionKind::parse(kind).map(|kind| RuleSettings::new(Condition::usual(kind)));
            (usual, channels.iter().map(|channel| channel.id).collect())
        }
    };
    let number = rule.as_ref().and_then(|rule| rule.condition.number());
    let enabled = kept.as_ref().is_some_and(|rule| rule.enabled);
    let silenced_until = kept.filter(|rule| rule.state.is_silenced(engine.now_ms()));
    Ok(Some(RuleForm {
        id,
        chosen: rule.as_ref().map(|rule| rule.condition.kind()),
        number: number.map(|number| number.to_string()).unwrap_or_default(),
        wait: rule.as_ref().map(|rule| (rule.wait_ms / MINUTE).to_string()).unwrap_or_default(),
        remind: rule.as_ref().map(|rule| (rule.remind_ms / HOUR).to_string()).unwrap_or_default(),
        enabled,
        silenced_until: silenced_until.and_then(|rule| rule.state.silenced_until),
        channels: channels.into_iter().map(|c| (c.id, c.name, chosen.contains(&c.id))).collect(),
    }))
}

/// A rule before it is kept: tried on the past and on the present.
pub async fn review(engine: &Engine, id: Option<i64>, new: &NewRule) -> Result<RuleReview, DatabaseError> {
    let channels = engine.alert_channels().await?;
    let tried = engine.try_rule(&new.rule, TRIED_DAYS).await?;
    let now = engine.now_ms();
    let (tone, sentence) = verdict(&tried, now);
    let (present_tone, present) = present(&tried.present, &new.rule, now);
    let mut episodes = tried.episodes;
    episodes.reverse();
    let more = episodes.len().saturating_sub(EPISODES);
    episodes.truncate(EPISODES);
    Ok(RuleReview {
        id,
        sentence: new.rule.condition.sentence(),
        pace: pace(&new.rule),
        channels: names(&new.channels, &channels),
        tone,
        tried: sentence,
        present_tone,
        present,
        rests_on: format!(
            "Based on data kept for {DAYS_KEPT} days: recorded when something happens, and once a minute while a measurement moves. There is no data for times when the server was off."
        ),
        episodes,
        more,
        fields: fields(id, &new.rule, &new.channels),
    })
}

/// What a rule would have done, in a sentence.
fn verdict(tried: &RuleTrial, now: i64) -> (Tone, String) {
    let Some(from) = tried.from else {
        return (
            Tone::Info,
            "There is no recorded data yet, so the rule can't be tested. Try again in an hour.".to_owned(),
        );
    };
    if !tried.known {
        return (
            Tone::Warning,
            "The recorded data says nothing about this condition. Until it does, the rule neither fires nor resolves."
                .to_owned(),
        );
    }
    let known = (now - from).max(0);
    let time = if known >= i64::from(TRIED_DAYS - 1) * DAY {
        format!("In the last {TRIED_DAYS} days")
    } else {
        format!("In the last {}, which is all the data recorded,", span(known.max(MINUTE)))
    };
    match tried.episodes.len() {
        0 => (Tone::Success, format!("{time} this would never have fired.")),
        1 => (Tone::Info, format!("{time} this would have fired once.")),
        many => (Tone::Info, format!("{time} this would have fired {many} times.")),
    }
}

/// How things stand with a rule at this moment, in a sentence.
fn present(present: &PresentState, rule: &RuleSettings, now: i64) -> (Tone, String) {
    let (firing, pending) = match present {
        PresentState::Unknown => {
            return (Tone::Warning, "There is no data for this condition.".to_owned());
        }
        PresentState::Known { firing, pending } => (firing, pending),
    };
    let kind = rule.condition.kind();
    let words = |all: &[(String, Evidence)]| {
        let shown = all.iter().take(SUBJECTS).map(|(name, evidence)| kind.found(name, evidence, now));
        let more = all.len().saturating_sub(SUBJECTS);
        shown.chain((more > 0).then(|| format!("And {more} more."))).collect::<Vec<_>>().join(" ")
    };
    let told = match rule.wait_ms {
        0 => "Once on, it notifies at once.".to_owned(),
        wait => format!("Once on, it notifies after {}, if this lasts.", span(wait)),
    };
    match (firing.as_slice(), pending.as_slice()) {
        ([], []) => (Tone::Success, "It would not be firing: all is well.".to_owned()),
        ([], pending) => (Tone::Warning, format!("It would be pending: {} {told}", words(pending))),
        (firing, _) => (Tone::Danger, format!("It would be firing: {} {told}", words(firing))),
    }
}

/// The form of a channel; none when there is no such channel.
pub async fn channel_form(
    engine: &Engine,
    id: Option<i64>,
    webhook: bool,
) -> Result<Option<ChannelForm>, DatabaseError> {
    let Some(id) = id else {
        let (port, security) = ("587".to_owned(), "starttls".to_owned());
        return Ok(Some(ChannelForm { webhook, port, security, ..ChannelForm::default() }));
    };
    let Some(channel) = engine.alert_channel(id).await? else { return Ok(None) };
    let rules = engine.alert_rules().await?.iter().filter(|rule| rule.channels.contains(&id)).count();
    let form = ChannelForm {
        id: Some(id),
        name: channel.name,
        has_secret: channel.has_secret,
        rules,
        ..ChannelForm::default()
    };
    Ok(Some(match channel.settings {
        ChannelSettings::Email { host, port, security, user, from, to, ca } => ChannelForm {
            host,
            port: port.to_string(),
            security: security.as_str().to_owned(),
            user,
            from,
            to: to.join("\n"),
            ca,
            ..form
        },
        ChannelSettings::Webhook { host, ca } => ChannelForm { webhook: true, kept_address: Some(host), ca, ..form },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::alerts::Episode;

    #[test]
    fn the_past_is_told_as_far_as_it_is_known() {
        let now = 1_800_000_000_000;
        let episode = Episode { subject: String::new(), fired: now, resolved: None, reminders: 0 };
        let tried = |from, known, count| RuleTrial {
            from,
            known,
            episodes: vec![episode.clone(); count],
            present: PresentState::Unknown,
        };
        for (tried, words) in [
            (tried(None, false, 0), "no recorded data yet"),
            (tried(Some(now - 40 * DAY), false, 0), "says nothing about this condition"),
            (tried(Some(now - 40 * DAY), true, 0), "In the last 30 days this would never have fired."),
            (tried(Some(now - 40 * DAY), true, 1), "In the last 30 days this would have fired once."),
            (
                tried(Some(now - 3 * DAY), true, 4),
                "In the last 3 days, which is all the data recorded, this would have fired 4 times.",
            ),
            (tried(Some(now), true, 0), "In the last 1 min, which"),
        ] {
            let (_, sentence) = verdict(&tried, now);
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn a_rule_that_would_be_in_alarm_right_now_says_so() {
        let now = 1_800_000_000_000;
        let silent = |name: &str| (name.to_owned(), Evidence::of(2 * MINUTE));
        let known = |firing: &[&str], pending: &[&str]| PresentState::Known {
            firing: firing.iter().map(|name| silent(name)).collect(),
            pending: pending.iter().map(|name| silent(name)).collect(),
        };
        let at_once = RuleSettings::new(Condition::usual(ConditionKind::PeerDown));
        let patient = RuleSettings { wait_ms: 5 * MINUTE, ..at_once };
        for (stands, rule, tone, words) in [
            (PresentState::Unknown, &at_once, Tone::Warning, "There is no data for this condition."),
            (known(&[], &[]), &at_once, Tone::Success, "It would not be firing: all is well."),
            (
                known(&["lic-02"], &[]),
                &at_once,
                Tone::Danger,
                "It would be firing: lic-02 has not responded for 2 min. Once on, it notifies at once.",
            ),
            (
                known(&["lic-02"], &["lic-03"]),
                &patient,
                Tone::Danger,
                "It would be firing: lic-02 has not responded for 2 min. Once on, it notifies after 5 min, if this lasts.",
            ),
            (
                known(&[], &["lic-02"]),
                &patient,
                Tone::Warning,
                "It would be pending: lic-02 has not responded for 2 min. Once on, it notifies after 5 min, if this lasts.",
            ),
        ] {
            assert_eq!(present(&stands, rule, now), (tone, words.to_owned()));
        }
        let (_, many) = present(&known(&["a", "b", "c", "d", "e"], &[]), &at_once, now);
        assert!(many.contains("c has not responded for 2 min. And 2 more. Once"), "{many}");
    }

    #[test]
    fn what_a_form_carries_says_the_whole_rule() {
        let rule = RuleSettings {
            wait_ms: 5 * MINUTE,
            remind_ms: 0,
            condition: Condition::new(ConditionKind::HoursLeft, Some(12)).unwrap(),
        };
        let carried: Vec<String> =
            fields(Some(3), &rule, &[7, 8]).into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(carried.join("&"), "kind=hours_left&id=3&number=12&wait=5&remind=0&channels=7&channels=8");
        assert_eq!(pace(&rule), "After 5 min, without reminders.");
        assert_eq!(pace(&RuleSettings::new(rule.condition)), "At once, again every 4 h.");
    }
}
