//! Notices in words: what is so, since when, what happens next, what to do, and where.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::Evidence;
use super::{HOUR, Kind, MINUTE, Notice, NoticeKind, Rule};
use crate::contact::{DAY, Limit, Millis};

/// Subjects that are named one by one; of more, the number is told.
const NAMED: usize = 20;

/// One message about one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The line above.
    pub title: String,
    /// Paragraphs, divided by empty lines.
    pub body: String,
    /// The page of the console to go to.
    pub path: String,
}

/// Puts notices of one kind and one rule into one message; none when there are none.
///
/// `server` is the name of this server.
#[must_use]
pub fn message(rule: &Rule, server: &str, notices: &[Notice]) -> Option<Message> {
    let first = notices.first()?;
    let kind = rule.condition.kind();
    let more = match notices.len() {
        1 => String::new(),
        2 => " and 1 more".to_owned(),
        many => format!(" and {} more", many - 1),
    };
    let start = match first.kind {
        NoticeKind::Fired => "",
        NoticeKind::Reminder => "Still: ",
        NoticeKind::Resolved => "Resolved: ",
    };
    let title = format!("{start}{}{more} ({server})", headline(kind, &first.subject));
    let mut lines: Vec<String> = notices.iter().take(NAMED).map(|notice| line(kind, notice)).collect();
    if notices.len() > NAMED {
        lines.push(format!("And {} more.", notices.len() - NAMED));
    }
    let mut paragraphs = vec![lines.join("\n")];
    if first.kind == NoticeKind::Resolved {
        paragraphs.push("Nothing more is to be done.".to_owned());
    } else {
        paragraphs.push(format!("What happens next: {}", what_next(first)));
        paragraphs.push(format!("What to do: {}", what_to_do(kind)));
    }
    Some(Message { title, body: paragraphs.join("\n\n"), path: path(kind).to_owned() })
}

fn headline(kind: Kind, subject: &str) -> String {
    match kind {
        Kind::PeerDown => format!("{subject} does not answer"),
        Kind::GraceRunning => format!("{subject} runs in grace"),
        Kind::LicenseExpires => format!("{subject} ends soon"),
        other => other.title().to_owned(),
    }
}

/// What is so, and since when.
fn line(kind: Kind, notice: &Notice) -> String {
    let Notice { subject, since, at, evidence, unknown_since, .. } = notice;
    if notice.kind == NoticeKind::Resolved {
        let well = match kind {
            Kind::HoursLeft => "Enough countdown hours are left again".to_owned(),
            Kind::PeerDown => format!("{subject} answers again"),
            Kind::GraceRunning => format!("{subject} no longer runs in grace"),
            Kind::DaysSinceSync => "The licensing nodes have been heard of again".to_owned(),
            Kind::LicenseExpires => format!("{subject} no longer ends soon"),
            Kind::ClockMoved => "The clock agrees with the time known to have passed again".to_owned(),
        };
        return format!("{well}, as seen {}. It began {}.", utc_words(*at), utc_words(*since));
    }
    let what = finding_words(subject, *evidence, *at);
    let known = match unknown_since {
        Some(unknown) => format!(" Nothing more is known since {}.", utc_words(*unknown)),
        None => String::new(),
    };
    format!("{what} Since {}.{known}", utc_words(*since))
}

/// What was found, in a sentence, as seen at `at`.
#[must_use]
pub fn finding_words(subject: &str, evidence: Evidence, at: Millis) -> String {
    match evidence {
        Evidence::HoursLeft { ms, running: Some(true) } => {
            format!("{} of countdown are left, and it runs.", span_words(ms))
        }
        Evidence::HoursLeft { ms, running: Some(false) } => {
            format!("{} of countdown are left; it does not run now.", span_words(ms))
        }
        Evidence::HoursLeft { ms, running: None } => format!("{} of countdown are left.", span_words(ms)),
        Evidence::Silent { ms } => format!("{subject} has not answered for {}.", span_words(ms)),
        Evidence::Grace { until_ms } => {
            format!("{subject} has lost its server; its grace ends {}.", utc_words(until_ms))
        }
        Evidence::Days { days: 1 } => "The last verified exchange was 1 day ago.".to_owned(),
        Evidence::Days { days } => format!("The last verified exchange was {days} days ago."),
        Evidence::Ends { at_ms } if at_ms <= at => format!("A license of {subject} ended {}.", utc_words(at_ms)),
        Evidence::Ends { at_ms } => {
            format!("A license of {subject} ends {}, in {}.", utc_words(at_ms), span_words(at_ms - at))
        }
        Evidence::Clock => {
            "The clock of this machine departs from the time known to have passed by more than 5 minutes.".to_owned()
        }
    }
}

fn what_next(notice: &Notice) -> String {
    match notice.evidence {
        Evidence::HoursLeft { ms, running: Some(true) } => {
            format!(
                "while clients are logged in, the hours end {}. Then clients are refused.",
                utc_words(notice.at.saturating_add(ms))
            )
        }
        Evidence::HoursLeft { .. } => {
            "the hours are charged while a client is logged in. When none is left, clients are refused.".to_owned()
        }
        Evidence::Silent { .. } => "as long as it is away, clients have one server less to turn to.".to_owned(),
        Evidence::Grace { .. } => {
            "at the end of its grace an application stops, unless it finds a server before.".to_owned()
        }
        Evidence::Days { .. } => format!(
            "this server goes on trying. Without contact, licenses leave service after {} days or more, and come back with it.",
            Limit::LEAST.days()
        ),
        Evidence::Ends { .. } => "at its end the license leaves service.".to_owned(),
        Evidence::Clock => {
            "licenses and deadlines go by the time known to have passed; the next verified exchange settles it."
                .to_owned()
        }
    }
}

fn what_to_do(kind: Kind) -> &'static str {
    match kind {
        Kind::HoursLeft => "bring the primary server back, or ask the vendor for more hours.",
        Kind::PeerDown => "see whether that machine runs, and whether the network between the two lets them through.",
        Kind::GraceRunning => "see whether the application can reach one of its servers.",
        Kind::DaysSinceSync => {
            "exchange now, or carry a report by hand. The diagnostics say where the way to the nodes ends."
        }
        Kind::LicenseExpires => "ask the vendor to extend it, then exchange.",
        Kind::ClockMoved => "set the clock of this machine right, then exchange.",
    }
}

fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::HoursLeft | Kind::PeerDown => "/servers",
        Kind::GraceRunning => "/clients",
        Kind::DaysSinceSync | Kind::ClockMoved => "/exchange",
        Kind::LicenseExpires => "/licenses",
    }
}

/// "on 21 Nov 2026 at 14:10 UTC".
#[must_use]
pub fn utc_words(at_ms: Millis) -> String {
    Timestamp::from_millisecond(at_ms)
        .map_or_else(|_| "at an unknown time".to_owned(), |at| at.strftime("on %-d %b %Y at %H:%M UTC").to_string())
}

/// "45 s", "12 min", "3 h 5 min", "12 days".
#[must_use]
pub fn span_words(ms: Millis) -> String {
    let ms = ms.max(0);
    match ms {
        ..MINUTE => format!("{} s", ms / 1_000),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        _ if ms < 3 * DAY && ms % HOUR < MINUTE => format!("{} h", ms / HOUR),
        _ if ms < 3 * DAY => format!("{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
        _ => format!("{} days", ms / DAY),
    }
}
