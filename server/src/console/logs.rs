//! The log: a page, and its lines as a file.

use std::sync::Arc;

use app::drawn::Draw;
use app::pages::logs::{LogFileRow, LogRow, LogsFilter, LogsPage, LogsView, Looked, Trouble};
use app::paths;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::leases::ClientView;
use engine::logs::{Cursor, Lines, LogItem, LogQuery, LogsError};
use leptos::prelude::*;
use licensing::log_line::{RedactedKind, Redactor};
use licensing::words::bytes;

use super::{Console, Page, PageError, attachment};

/// Lines on one page.
const PAGE: usize = 100;
/// Lines shown before and after one.
const AROUND: usize = 30;
/// Shown of one message, characters; the files have it all.
const MESSAGE: usize = 4_000;
/// Looking through more than this is worth saying, bytes.
const WORTH_SAYING: u64 = 8 * 1024 * 1024;
/// Sent at a time, bytes.
const CHUNK: usize = 64 * 1024;

/// `GET /logs`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = load(&console, filter(&console)).await.map_err(PageError::internal)?;
    Ok(Page::new("Logs", || view! { <LogsView data=data /> }.drawn()))
}

/// `GET /logs.txt`: the lines that match, oldest first; with `file=` a whole file; with `redacted=1` without what tells who and where.
pub async fn text(console: Console, uri: axum::http::Uri) -> Result<Response, PageError> {
    let (query, refused) = query(&filter(&console));
    let file = Some(console.query("file")).filter(|file| !file.is_empty()).map(str::parse);
    if !refused.is_empty() || matches!(file, Some(Err(_))) {
        let page = uri.query().map_or_else(|| paths::LOGS.to_owned(), |query| format!("{}?{query}", paths::LOGS));
        return Ok(Page::to(page).into_response());
    }
    let redacted = !console.query("redacted").is_empty();
    let file = file.and_then(Result::ok);
    let name = match (file, redacted) {
        (None, false) => "leasehold-log.txt",
        (None, true) => "leasehold-log-redacted.txt",
        (Some(_), false) => "leasehold-log-file.txt",
        (Some(_), true) => "leasehold-log-file-redacted.txt",
    };
    let query = if file.is_some() { LogQuery::default() } else { query };
    let lines = match console.engine.logs.lines(query, file) {
        Ok(lines) => lines,
        Err(LogsError::Off) => return Ok(Page::to(paths::LOGS).into_response()),
        Err(failed) => return Err(PageError::internal(failed)),
    };
    let redactor = if redacted { Some(Redactor::new(known(&console).await)) } else { None };
    Ok(attachment("text/plain; charset=utf-8", name, streamed(lines, redactor)))
}

/// What the address asks for.
fn filter(console: &Console) -> LogsFilter {
    let get = |name: &str| console.query(name).to_owned();
    LogsFilter {
        level: get("level"),
        component: get("component"),
        from: get("from"),
        to: get("to"),
        q: get("q"),
        before: get("before"),
        at: get("at"),
    }
}

/// The filter as the log is asked, and what could not be understood: name of the field, and a sentence.
pub fn query(filter: &LogsFilter) -> (LogQuery, Vec<(String, String)>) {
    let (query, refused) = LogQuery::read(&filter.level, &filter.component, &filter.from, &filter.to, &filter.q);
    (query, refused.into_iter().map(|(field, sentence)| (field.to_owned(), sentence)).collect())
}

async fn load(console: &Console, filter: LogsFilter) -> Result<LogsPage, tokio::task::JoinError> {
    let engine: &Arc<Engine> = &console.engine;
    let (verbosity, verbosity_is_set_there) = verbosity(console);
    let origin = console.installation.origin.clone();
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
        size: bytes(file.size),
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
        looked: worth_saying.then(|| Looked { size: bytes(found.looked), back_to: found.back_to }),
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

/// How much is written, and whether the conf file decides it.
fn verbosity(console: &Console) -> (String, bool) {
    let own = console.installation.settings.rows.iter().find(|row| row.name == "log" && !row.value.is_empty());
    if let Some(own) = own {
        return (format!("Leasehold's own setting log = {} decides what is logged.", own.value), false);
    }
    let words = match console.engine.conf().effective.verbosity {
        1 => "Only errors and sync reminders are logged.",
        2 => "Everything except debug messages is logged.",
        _ => "Everything is logged, including debug messages.",
    };
    (words.to_owned(), true)
}

/// The lines as they are taken: the largest file is never in memory, and between two pieces no thread waits.
fn streamed(lines: Lines, redactor: Option<Redactor>) -> Body {
    let reading = Some(Reading { lines, redactor });
    let pieces = futures::stream::try_unfold(reading, |reading| async move {
        let Some(reading) = reading else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || reading.piece()).await.map_err(std::io::Error::other)?;
        read.map(Some).inspect_err(|failed| tracing::error!(error = %failed, "could not read the log to its end"))
    });
    Body::from_stream(futures::StreamExt::fuse(pieces))
}

/// A log that is being read.
struct Reading {
    lines: Lines,
    redactor: Option<Redactor>,
}

impl Reading {
    /// The next piece, and what is left after it.
    fn piece(mut self) -> std::io::Result<(Bytes, Option<Self>)> {
        let mut piece = String::with_capacity(CHUNK);
        while piece.len() < CHUNK {
            let Some(item) = self.lines.next() else { return Ok((Bytes::from(piece), None)) };
            let line = item?.line;
            match &mut self.redactor {
                Some(redactor) => piece.push_str(&redactor.redact(&line)),
                None => piece.push_str(&line),
            }
            piece.push('\n');
        }
        Ok((Bytes::from(piece), Some(self)))
    }
}

/// Names that are known to be names: of this machine, of clients and their hosts, of the people of the console.
async fn known(console: &Console) -> Vec<(RedactedKind, String)> {
    let mut known = vec![(RedactedKind::Host, console.server_name.clone())];
    for ClientView { name, host, .. } in console.engine.clients() {
        known.push((RedactedKind::Host, name));
        known.push((RedactedKind::Host, host));
    }
    // Without the database, names are still found by how they are written.
    known.extend(
        console.engine.users().await.unwrap_or_default().into_iter().map(|user| (RedactedKind::User, user.name)),
    );
    known.extend(
        console.engine.audit.people().await.unwrap_or_default().into_iter().map(|name| (RedactedKind::User, name)),
    );
    known.retain(|(_, name)| !name.eq_ignore_ascii_case("leasehold") && !name.eq_ignore_ascii_case("localhost"));
    known
}

#[cfg(test)]
mod tests {
    use licensing::log_line::LogLevel;

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
        assert_eq!((query.level, query.component.as_deref()), (Some(LogLevel::Warn), Some("VE")));
        assert_eq!(query.to.map(|to| to.as_str().to_owned()).as_deref(), Some("2026-11-22 23:59:59"));
        assert_eq!(refused.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["from"]);
    }

    #[test]
    fn days_read_as_people_say_them() {
        assert_eq!(day("2026-11-22 07:24:16"), "Sunday, 22 November 2026");
        assert_eq!(day("2026-02-31 07:24:16"), "2026-02-31");
    }

    #[test]
    fn downloads_that_stand_still_hold_no_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        std::fs::write(&path, "2020-06-29 18:08:25 INFO  MAIN a line of the log\n".repeat(20_000)).unwrap();
        let logs = engine::logs::Logs::default();
        logs.configure(Some(path));
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let mut stalled = Vec::new();
            for _ in 0..10 {
                let mut body = streamed(logs.lines(LogQuery::default(), None).unwrap(), None).into_data_stream();
                let first = futures::StreamExt::next(&mut body);
                let first = tokio::time::timeout(std::time::Duration::from_secs(20), first).await;
                assert!(first.expect("a thread is free").unwrap().is_ok());
                stalled.push(body);
            }
            let whole = streamed(logs.lines(LogQuery::default(), None).unwrap(), None);
            let bytes = axum::body::to_bytes(whole, usize::MAX).await.unwrap();
            assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 20_000);
        });
    }

    #[test]
    fn a_message_without_end_is_cut_and_says_so() {
        assert_eq!(shortened("short"), ("short".to_owned(), 0));
        let (shown, cut) = shortened(&"ü".repeat(MESSAGE + 7));
        assert_eq!((shown.chars().count(), cut), (MESSAGE, 7));
    }
}
