//! Sentences and numbers of the exchange.

use super::model::{ChangesModel, ContactModel, Registered};
use licensing::words::{about, count};

/// 24 hours, milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Anything more recent reads "just now", milliseconds.
const JUST_NOW: i64 = 60_000;

/// Anything due sooner reads "due now", milliseconds.
const NOW_ISH: i64 = 5_000;

/// "Connected: last synced 3 h ago."
pub(crate) fn contact_sentence(contact: &ContactModel, now_ms: i64) -> String {
    match (contact.last_ms, contact.days) {
        (Some(last), Some(days)) => {
            match now_ms - last {
                // Clocks of server and node may differ by a little, either way.
                elapsed if elapsed.abs() < JUST_NOW && days == 0 => {
                    format!("{}: last synced just now.", contact.label)
                }
                elapsed => format!("{}: last synced {} ago.", contact.label, since(elapsed, days)),
            }
        }
        _ => "Never synced.".to_owned(),
    }
}

/// The time since the last exchange. The counted days win over a clock that was moved.
fn since(elapsed_ms: i64, days: u32) -> String {
    if elapsed_ms.div_euclid(DAY) == i64::from(days) {
        return about(elapsed_ms);
    }
    match days {
        0 => "less than a day".to_owned(),
        more => count(more, "day", "days"),
    }
}

/// What the time since the last exchange means; before the first one, what that brings.
pub(super) fn effect(contact: &ContactModel) -> String {
    if contact.last_ms.is_none() { "The first sync brings the licenses.".to_owned() } else { contact.effect.clone() }
}

/// "Next sync in 21 h."
pub(super) fn next_sentence(next_ms: Option<i64>, first: bool, failed_rounds: u32, now_ms: i64) -> Option<String> {
    let left = next_ms? - now_ms;
    let what = match (failed_rounds, first) {
        (0, true) => "First sync",
        (0, false) => "Next sync",
        _ => "Next attempt",
    };
    Some(if left < NOW_ISH { format!("{what} is due now.") } else { format!("{what} in {}.", about(left)) })
}

/// Why no exchange is possible, in a few words for a disabled button; none when it is possible.
pub(super) fn blocked(registered: &Registered) -> Option<&'static str> {
    match registered {
        Registered::Yes => None,
        Registered::No => Some("Register this server first."),
        Registered::NoKey => Some("Confirm the vendor's key first."),
        Registered::NoAuth | Registered::OtherGuid { .. } => Some("Register this server again first."),
        Registered::Unreadable(_) => Some("Make the configuration file readable first."),
    }
}

/// "2 added, 1 removed."; "Nothing changed." when nothing did.
pub(super) fn changes_sentence(changes: &ChangesModel) -> String {
    let parts: Vec<String> = [
        (changes.added.len(), "added"),
        (changes.removed.len(), "removed"),
        (changes.extended.len(), "extended"),
        (changes.changed.len(), "changed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if parts.is_empty() { "Nothing changed.".to_owned() } else { format!("{}.", parts.join(", ")) }
}

/// The beginning of a status id: enough to tell it from the others in a list.
pub(super) fn short(status_id: &str) -> String {
    match status_id.split_once('-') {
        Some((first, _)) => format!("{first}…"),
        None => status_id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_270_200_000;

    #[test]
    fn the_counted_days_win_over_a_clock_that_was_moved() {
        let contact = |days, elapsed| ContactModel {
            label: "Reminder".into(),
            days: Some(days),
            last_ms: Some(NOW - elapsed),
            ..ContactModel::default()
        };
        for (days, elapsed, words) in [
            (31, 31 * DAY + 5, "31 days"),
            (31, 2 * DAY, "31 days"),
            (31, -DAY, "31 days"),
            (0, 3 * DAY / 24, "3 h"),
            (0, -DAY, "less than a day"),
            (1, DAY, "1 day"),
        ] {
            let expected = format!("Reminder: last synced {words} ago.");
            assert_eq!(contact_sentence(&contact(days, elapsed), NOW), expected);
        }
        assert_eq!(contact_sentence(&ContactModel::default(), NOW), "Never synced.");
    }

    #[test]
    fn a_try_after_failures_is_named_a_try() {
        let hours = |hours: i64| Some(NOW + hours * DAY / 24);
        assert_eq!(next_sentence(hours(21), false, 0, NOW).as_deref(), Some("Next sync in 21 h."));
        assert_eq!(next_sentence(hours(1), true, 3, NOW).as_deref(), Some("Next attempt in 1 h."));
        assert_eq!(next_sentence(hours(-2), false, 0, NOW).as_deref(), Some("Next sync is due now."));
        assert_eq!(next_sentence(hours(-2), true, 0, NOW).as_deref(), Some("First sync is due now."));
        assert_eq!(next_sentence(None, false, 0, NOW), None);
    }

    #[test]
    fn changes_name_only_what_happened() {
        let changes =
            ChangesModel { added: vec!["a".into(), "b".into()], extended: vec!["c".into()], ..ChangesModel::default() };
        assert_eq!(changes_sentence(&changes), "2 added, 1 extended.");
        assert_eq!(changes_sentence(&ChangesModel::default()), "Nothing changed.");
    }

    #[test]
    fn only_a_registered_server_with_key_and_auth_string_can_exchange() {
        let other = Registered::OtherGuid { file: String::new(), registered: String::new() };
        for blocking in
            [Registered::No, Registered::NoKey, Registered::NoAuth, other, Registered::Unreadable(String::new())]
        {
            assert!(blocked(&blocking).is_some(), "{blocking:?}");
        }
        assert_eq!(blocked(&Registered::Yes), None);
    }
}
