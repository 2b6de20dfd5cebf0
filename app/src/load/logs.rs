//! The log: filtered by the query of the address.

use std::sync::Arc;

use engine::Engine;
use engine::logs::{Cursor, LogItem, LogQuery, LogsError, Moment};
use licensing::log_line::Level;

use crate::pages::logs::{LogFileRow, LogRow, LogsFilter, LogsPage, Looked, Trouble};
use crate::request::{RequestContext, request};

/// Lines on one page.
const PAGE: usize = 100;
/// Lines shown before and after one.
const AROUND: usize = 30;
/// Shown of one message, characters; the files have it all.
const MESSAGE: usize = 4_000;
/// Looking through more than this is worth saying, bytes.
const WORTH_SAYING: u64 = 8 * 1024 * 1024;

/// What the address asks for.
pub fn filter(request: &RequestContext) -> LogsFilter {
    let get = |name: &str| request.query(name).unwrap_or_default().trim().to_owned();
    let every = get("every");
    LogsFilter {
        level: get("level"),
        component: get("component"),
        from: get("from"),
        to: get("to"),
        q: get("q"),
        before: get("before"),
        at: get("at"),
        every: if pace(&every).is_some() { every } else { String::new() },
    }
}

/// Seconds after which the page is looked at again; none when the word is not one that is offered.
pub fn pace(every: &str) -> Option<u32> {
    match every {
        "2" => Some(2),
        "10" => Some(10),
        "60" => Some(60),
        _ => None,
    }
}

/// The filter as the log is asked, and what could not be understood: name of the field, and a sentence.
pub fn query(filter: &LogsFilter) -> (LogQuery, Vec<(String, String)>) {
    let mut refused = Vec::new();
    let mut moment = |name: &str, text: &str, last: bool| {
        let read = (!text.is_empty()).then(|| Moment::parse(text, last))?;
        read.map_err(|error| refused.push((name.to_owned(), error.to_string()))).ok()
    };
    let (from, to) = (moment("from", &filter.from, false), moment("to", &filter.to, true));
    let level = (!filter.level.is_empty()).then(|| filter.level.parse::<Level>());
    let level =
        level.and_then(|level| level.map_err(|error| refused.push(("level".to_owned(), error.to_string()))).ok());
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let component = given(&filter.component.to_uppercase());
    (LogQuery { level, component, from, to, text: given(&filter.q) }, refused)
}

/// The page of this request.
pub async fn load(engine: &Arc<Engine>) -> Result<LogsPage, tokio::task::JoinError> {
    let filter = filter(&request());
    let (verbosity, verbosity_is_set_there) = verbosity(engine);
    let origin = super::installation_if_any().map(|of| of.origin).unwrap_or_default();
    let page = LogsPage { filter, verbosity, verbosity_is_set_there, origin, ..LogsPage::default() };
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || read(&engine, page.clone()).unwrap_or_else(|error| troubled(page, &error)))
        .await
}

fn troubled(page: LogsPage, error: &LogsError) -> LogsPage {
    let sentence = error.to_string();
    let trouble = if matches!(error, LogsError::Off) { Trouble::Off(sentence) } else { Trouble::Failed(sentence) };
    LogsPage { trouble: Some(trouble), ..page }
}

fn read(engine: &Engine, page: LogsPage) -> Result<LogsPage, LogsError> {
    let filter = &page.filter;
    if !filter.at.is_empty() {
        let Ok(at) = filter.at.parse::<Cursor>() else { return Ok(page) };
        let Some(around) = engine.logs.around(&at, AROUND)? else { return Ok(page) };
        let row = |(index, item)| LogRow { marked: index == around.marked, ..row(item) };
        return Ok(LogsPage { lines: around.items.into_iter().enumerate().map(row).collect(), ..page });
    }
    let (query, refused) = query(filter);
    let files = engine.logs.files()?;
    let files = files.into_iter().map(|file| LogFileRow {
        name: file.name,
        id: file.id.to_string(),
        size: size(file.size),
        began: file.began,
        written_ms: file.written_ms,
    });
    let files = files.collect();
    let before = (!filter.before.is_empty()).then(|| filter.before.parse::<Cursor>());
    let found = match before {
        Some(Err(_)) => return Ok(LogsPage { gone: true, files, refused, ..page }),
        Some(Ok(before)) => engine.logs.page(&query, Some(&before), PAGE)?,
        None => engine.logs.page(&query, None, PAGE)?,
    };
    let worth_saying = found.stopped || (query.filters() && found.looked >= WORTH_SAYING);
    Ok(LogsPage {
        lines: found.items.into_iter().map(row).collect(),
        older: found.next.map(|next| next.to_string()),
        looked: worth_saying.then(|| Looked { size: size(found.looked), back_to: found.back_to }),
        gone: found.gone,
        files,
        refused,
        ..page
    })
}

fn row(item: LogItem) -> LogRow {
    let at = item.at.to_string();
    let Some(parts) = item.parts else {
        let (message, cut) = shortened(&item.line);
        return LogRow { at, file: item.file, message, cut, line: item.line, ..LogRow::default() };
    };
    let (message, cut) = shortened(&parts.message);
    LogRow {
        at,
        file: item.file,
        day: day(&parts.stamp),
        time: parts.stamp.split(' ').nth(1).unwrap_or_default().to_owned(),
        machine_time: parts.stamp.replacen(' ', "T", 1),
        level: parts.level.as_str().to_owned(),
        component: parts.component,
        message,
        cut,
        line: item.line,
        marked: false,
    }
}

/// What is shown of a message, and how many characters are not.
fn shortened(message: &str) -> (String, usize) {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => (message[..end].to_owned(), message[end..].chars().count()),
        None => (message.to_owned(), 0),
    }
}

/// "Sunday, 22 November 2026"; the date as it stands when there is no such day.
fn day(stamp: &str) -> String {
    let date = stamp.split(' ').next().unwrap_or_default();
    date.parse::<jiff::civil::Date>()
        .map_or_else(|_| date.to_owned(), |date| date.strftime("%A, %-d %B %Y").to_string())
}

/// "640 bytes", "12 kB", "64 MB", "2.1 GB".
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// How much is written, and whether the conf file decides it.
fn verbosity(engine: &Engine) -> (String, bool) {
    let own = super::installation_if_any()
        .and_then(|of| of.settings.rows.into_iter().find(|row| row.name == "log" && !row.value.is_empty()));
    if let Some(own) = own {
        return (format!("What is written is set by log = {} of Leasehold's own settings.", own.value), false);
    }
    let words = match engine.conf().effective.verbosity {
        1 => "Only errors are written, and reminders of an exchange that is due.",
        2 => "Everything but debug messages is written.",
        _ => "Everything is written, debug messages too.",
    };
    (words.to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_time_or_level_is_said_and_the_rest_counts() {
        let filter = LogsFilter {
            level: "Warn".into(),
            component: "ve".into(),
            from: "yesterday".into(),
            to: "2026-11-22".into(),
            ..LogsFilter::default()
        };
        let (query, refused) = query(&filter);
        assert_eq!((query.level, query.component.as_deref()), (Some(Level::Warn), Some("VE")));
        assert_eq!(query.to.map(|to| to.as_str().to_owned()).as_deref(), Some("2026-11-22 23:59:59"));
        assert_eq!(refused.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["from"]);
    }

    #[test]
    fn sizes_and_days_read_as_people_say_them() {
        assert_eq!(
            [0, 999, 12_400, 67_108_864, 2_147_483_648].map(size),
            ["0 bytes", "999 bytes", "12 kB", "67 MB", "2.1 GB"]
        );
        assert_eq!(day("2026-11-22 07:24:16"), "Sunday, 22 November 2026");
        assert_eq!(day("2026-02-31 07:24:16"), "2026-02-31");
    }

    #[test]
    fn a_message_without_end_is_cut_and_says_so() {
        assert_eq!(shortened("short"), ("short".to_owned(), 0));
        let (shown, cut) = shortened(&"ü".repeat(MESSAGE + 7));
        assert_eq!((shown.chars().count(), cut), (MESSAGE, 7));
    }

    #[test]
    fn only_the_paces_that_are_offered_count() {
        assert_eq!(["2", "10", "60", "", "1", "0"].map(pace), [Some(2), Some(10), Some(60), None, None, None]);
    }
}
