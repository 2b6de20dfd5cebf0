//! What the log is asked for.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use licensing::audit::ActorKind;

/// Longest text of a filter, characters; the rest is not looked for.
const MOST_TEXT: usize = 200;

/// Filter of entries.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Part of the actor's name.
    pub who: Option<String>,
    /// The kind of actor.
    pub by: Option<ActorKind>,
    /// Text in the entry: its words, its action, who, from where, or what it is about.
    pub what: Option<String>,
    /// A group of actions, an action, or the beginning of actions.
    pub action: Option<String>,
    /// Part of what it is about: of the key or the label of a setting, of a name.
    pub object: Option<String>,
    /// Only entries from then on, Unix milliseconds.
    pub from: Option<i64>,
    /// Only entries before then, Unix milliseconds.
    pub until: Option<i64>,
    /// Only entries before this one.
    pub before: Option<i64>,
    /// Maximum number.
    pub limit: i64,
}

/// A filter as it stands in an address; what is empty asks for nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditWords<'a> {
    /// Text in the entry.
    pub q: &'a str,
    /// Part of the actor's name.
    pub who: &'a str,
    /// The kind of actor.
    pub by: &'a str,
    /// A group of actions, an action, or the beginning of actions.
    pub what: &'a str,
    /// What it is about.
    pub object: &'a str,
    /// The first day, or an instant of RFC 3339.
    pub from: &'a str,
    /// The last day, or an instant; the day belongs to the period.
    pub to: &'a str,
}

impl AuditQuery {
    /// Reads a filter. Days are those of `zone`. What can't be understood asks for nothing, and is returned: the field, and a sentence.
    #[must_use]
    pub fn read(words: &AuditWords<'_>, zone: &TimeZone) -> (Self, Vec<(&'static str, String)>) {
        const NO_DAY: &str = "Not a day. Write it like 2026-03-01, in this server's time zone.";
        let given =
            |text: &str| Some(text.trim().chars().take(MOST_TEXT).collect()).filter(|text: &String| !text.is_empty());
        let mut refused = Vec::new();
        let by = given(words.by).and_then(|word| {
            word.parse().map_err(|error: licensing::audit::ActorKindError| refused.push(("by", error.to_string()))).ok()
        });
        let mut time = |field: &'static str, text: &str, last: bool| {
            let text = given(text)?;
            let at = instant(&text, zone, last);
            if at.is_none() {
                refused.push((field, NO_DAY.to_owned()));
            }
            at
        };
        let (from, until) = (time("from", words.from, false), time("to", words.to, true));
        let query = Self {
            who: given(words.who),
            by,
            what: given(words.q),
            action: given(words.what),
            object: given(words.object),
            from,
            until,
            before: None,
            limit: 0,
        };
        (query, refused)
    }
}

/// The beginning of a day, or of the day after the `last` one; an instant as it is.
fn instant(text: &str, zone: &TimeZone, last: bool) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond().saturating_add(i64::from(last)));
    }
    // A date would also be read from a time without a zone, of which the hours were then lost.
    let day: Date = text.parse().ok().filter(|_| text.len() == "2026-03-01".len())?;
    let day = if last { day.tomorrow().ok()? } else { day };
    Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_those_of_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let words = AuditWords { from: "2026-03-29", to: "2026-03-29", ..AuditWords::default() };
        let (query, refused) = AuditQuery::read(&words, &zone);
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap().as_millisecond());
        // The clocks go forward that day: it has 23 hours.
        assert_eq!((query.from, query.until), (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")));
        assert!(refused.is_empty());
        let words = AuditWords { from: "2026-03-29T10:00:00Z", to: "2026-03-29T10:00:00Z", ..AuditWords::default() };
        let (query, _) = AuditQuery::read(&words, &zone);
        assert_eq!(query.until.unwrap() - query.from.unwrap(), 1, "an instant belongs to the period");
    }

    #[test]
    fn what_cannot_be_understood_is_named_and_asks_for_nothing() {
        let words =
            AuditWords { by: "ghost", from: "March", to: "2026-03-29T10:00", q: " port ", ..AuditWords::default() };
        let (query, refused) = AuditQuery::read(&words, &TimeZone::UTC);
        assert_eq!(refused.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["by", "from", "to"]);
        assert_eq!((query.by, query.from, query.until), (None, None, None));
        assert_eq!(query.what.as_deref(), Some("port"));
    }
}
