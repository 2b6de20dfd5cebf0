//! Notices in words: who serves clients, what, since when, what happens next, what to do, and where.

use serde::{Deserialize, Serialize};

use super::{AlertNotice, ConditionKind, NoticeKind, RuleSettings, at};
use crate::service::Judgement;

/// Number of subjects listed by name; the rest are only counted.
const NAMED: usize = 20;

/// How the paragraph about who serves clients begins.
const SERVICE: &str = "Service: ";

/// One message about one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The line above.
    pub title: String,
    /// Paragraphs, separated by empty lines.
    pub body: String,
    /// The page of the console to go to.
    pub path: String,
}

/// Combines notices of one kind and rule into one message; `None` if there are none.
///
/// `server` is the name of this server, `service` who serves clients now.
#[must_use]
pub fn message(rule: &RuleSettings, server: &str, notices: &[AlertNotice], service: &Judgement) -> Option<Message> {
    let first = notices.first()?;
    let kind = rule.condition.kind();
    let more = match notices.len() {
        1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let start = match first.kind {
        NoticeKind::Fired => "",
        NoticeKind::Reminder => "Still firing: ",
        NoticeKind::Resolved => "Resolved: ",
    };
    let title = format!("{start}{}{more} ({server})", kind.headline(&first.subject));
    let mut lines: Vec<String> = notices.iter().take(NAMED).map(|notice| line(kind, notice)).collect();
    if notices.len() > NAMED {
        lines.push(format!("And {} more.", notices.len() - NAMED));
    }
    let told = lines.join("\n");
    // Whether to get up at night depends on who serves clients, and until when: that comes first.
    let served =
        (kind.is_about_service() && !service.sentence.is_empty()).then(|| format!("{SERVICE}{}", service.sentence));
    let mut paragraphs: Vec<String> = match first.kind {
        NoticeKind::Resolved => [Some(told), served].into_iter().flatten().collect(),
        NoticeKind::Fired | NoticeKind::Reminder => [served, Some(told)].into_iter().flatten().collect(),
    };
    if first.kind == NoticeKind::Resolved {
        paragraphs.push("Nothing more to do.".to_owned());
    } else {
        paragraphs.push(format!("What happens next: {}", kind.next(&first.evidence, first.at)));
        paragraphs.push(format!("What to do: {}", kind.to_do()));
    }
    Some(Message { title, body: paragraphs.join("\n\n"), path: kind.path().to_owned() })
}

/// Many messages for one channel as one, oldest first. `path`: the page of the alerts.
#[must_use]
pub fn digest(server: &str, messages: &[Message], path: &str) -> Message {
    let served = messages.iter().rev().find_map(|message| {
        message.body.split("\n\n").find(|paragraph| paragraph.starts_with(SERVICE)).map(str::to_owned)
    });
    let mut lines: Vec<String> = messages.iter().take(NAMED).map(|message| format!("- {}", message.title)).collect();
    if messages.len() > NAMED {
        lines.push(format!("And {} more.", messages.len() - NAMED));
    }
    let to_do = "What to do: open the alerts page; it lists what fires now first.".to_owned();
    let body: Vec<String> = served.into_iter().chain([lines.join("\n"), to_do]).collect();
    let title = format!("{} notifications ({server})", messages.len());
    Message { title, body: body.join("\n\n"), path: path.to_owned() }
}

/// What, and since when.
fn line(kind: ConditionKind, notice: &AlertNotice) -> String {
    let AlertNotice { subject, since, at: now, evidence, unknown_since, .. } = notice;
    let since = at(*since, *now);
    if notice.kind == NoticeKind::Resolved {
        return format!("{}, as of {}. It started {since}.", kind.resolved(subject), at(*now, *now));
    }
    let known = match unknown_since {
        Some(unknown) => format!(" No newer data since {}.", at(*unknown, *now)),
        None => String::new(),
    };
    format!("{} Since {since}.{known}", kind.found(subject, evidence, *now))
}
