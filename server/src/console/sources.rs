//! Other license daemons: listed, added, looked at, fed with a text, removed.

use std::future::Future;
use std::time::Duration;

use app::drawn::Draw;
use app::pages::sources::{SourcePage, SourceView, SourcesFilter, SourcesPage, SourcesView};
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::extract::Path;
use engine::sources::{NewSource, SourceError, SourceInput, SourceRead};
use leptos::prelude::*;
use licensing::source::SourceKind;
use licensing::words::{count, list as listed};

use super::form::{Form, wrong};
use super::{Console, Page, PageError};

/// A look that takes longer is followed on the page.
const WAIT: Duration = Duration::from_secs(10);

/// `GET /sources`
pub async fn page(console: Console) -> Result<Page, PageError> {
    list(&console).await
}

async fn list(console: &Console) -> Result<Page, PageError> {
    let items = console.engine.listed_sources().await?;
    let data = SourcesPage { items, page: console.filter::<SourcesFilter>().page };
    Ok(Page::new("Sources", || view! { <SourcesView data=data /> }.drawn()))
}

/// `GET /sources/TAG`
pub async fn one(console: Console, Path(tag): Path<String>) -> Result<Page, PageError> {
    show(&console, &tag).await
}

async fn show(console: &Console, tag: &str) -> Result<Page, PageError> {
    let source = console.engine.source(tag).await.map_err(failed)?;
    let data = SourcePage { source, filter: console.filter() };
    Ok(Page::new(tag.to_owned(), || view! { <SourceView data=data /> }.drawn()))
}

/// A source that is not there, or a failure.
fn failed(error: SourceError) -> PageError {
    match error {
        SourceError::Unknown(_) => PageError::gone(error.to_string()),
        other => PageError::internal(other),
    }
}

/// `POST /sources`: a program runs as the user of this server, so the password is asked for.
pub async fn add(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::SOURCES).await? {
        return Ok(page);
    }
    let new = match new_source(&form) {
        Ok(new) => new,
        Err(errors) => return form.refuse(paths::SOURCES, errors, list(&form)).await,
    };
    match form.engine.add_source(&form.actor(), &new).await {
        Ok(()) => Ok(form.done(format!("The source {} was added.", new.tag), paths::source(&new.tag)).await),
        Err(refused) => form.refused(&refused, paths::SOURCES, list(&form)).await,
    }
}

/// What the form says, or all that is wrong with it before the engine looks at it.
fn new_source(form: &Form) -> Result<NewSource, Vec<FieldError>> {
    let text = |name: &str| form.value(name).trim().to_owned();
    let mut errors = Vec::new();
    let kind: Result<SourceKind, _> = form.value("kind").parse();
    if kind.is_err() {
        errors.push(wrong(Some("kind"), "Choose what the text is."));
    }
    let command: Vec<String> =
        form.value("command").lines().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let path = text("path");
    if !command.is_empty() && !path.is_empty() {
        errors.push(wrong(Some("path"), "Give a program or a file, not both."));
    }
    let input = match (command.is_empty(), path.is_empty()) {
        (false, _) => SourceInput::Command(command),
        (true, false) => SourceInput::File(path),
        (true, true) => SourceInput::Pushed,
    };
    match kind {
        Ok(kind) if errors.is_empty() => {
            // What is no number is refused by the engine, with its limits.
            let every_s = text("every").parse().unwrap_or(0);
            Ok(NewSource { tag: text("tag"), kind, input, every_s, zone: text("zone") })
        }
        _ => Err(errors),
    }
}

/// `POST /sources/TAG/look`
pub async fn look(Path(tag): Path<String>, form: Form) -> Result<Page, PageError> {
    let (engine, actor, of) = (form.engine.clone(), form.actor(), tag.clone());
    follow(&form, &tag, async move { engine.try_source(&actor, &of).await }).await
}

/// `POST /sources/TAG/text`
pub async fn push(Path(tag): Path<String>, form: Form) -> Result<Page, PageError> {
    if form.value("text").trim().is_empty() {
        let errors = vec![wrong(Some("text"), "Paste the text first.")];
        return form.refuse(paths::source(&tag), errors, show(&form, &tag)).await;
    }
    let (engine, actor, of) = (form.engine.clone(), form.actor(), tag.clone());
    let text = form.value("text").as_bytes().to_vec();
    follow(&form, &tag, async move { engine.push_source(&actor, &of, text).await }).await
}

/// Waits until a text is read. What takes longer goes on, whatever becomes of the request, and the page shows the result.
async fn follow(
    form: &Form,
    tag: &str,
    reading: impl Future<Output = Result<SourceRead, SourceError>> + Send + 'static,
) -> Result<Page, PageError> {
    let (kind, text) = match tokio::time::timeout(WAIT, tokio::spawn(reading)).await {
        Ok(Ok(Ok(read))) => told(&read),
        Ok(Ok(Err(error @ SourceError::Fetch(_)))) => (FlashKind::Danger, error.to_string()),
        Ok(Ok(Err(error))) => return Err(failed(error)),
        Ok(Err(_)) => return Err(PageError::internal("reading a source was aborted")),
        Err(_) => (FlashKind::Info, "Reading goes on. This page shows the result.".to_owned()),
    };
    Ok(form.tell(kind, text, paths::source(tag)).await)
}

/// What a text told, in sentences.
fn told(read: &SourceRead) -> (FlashKind, String) {
    if let Some(problem) = &read.picture.problem {
        return (FlashKind::Warning, format!("The text reports only a problem: {problem}"));
    }
    let counts = read.counts;
    let parts = [
        (counts.features, "feature", "features"),
        (counts.checkouts, "check-out", "check-outs"),
        (counts.denials, "denial", "denials"),
        (counts.reservations, "reservation", "reservations"),
        (counts.queued, "queued request", "queued requests"),
    ];
    let parts = parts.into_iter().enumerate().filter(|(at, (number, ..))| *at == 0 || *number > 0);
    let read_words = listed(parts.map(|(_, (number, one, many))| count(number, one, many)));
    let recorded = (read.recorded > 0).then(|| {
        format!(
            " {} new in the usage records.",
            count(read.recorded, "check-out or denial is", "check-outs and denials are")
        )
    });
    let unread = (read.unread.count > 0)
        .then(|| format!(" {} could not be read; see below.", count(read.unread.count, "line", "lines")));
    let kind = if read.unread.count > 0 { FlashKind::Warning } else { FlashKind::Success };
    (kind, format!("Read {read_words}.{}{}", recorded.unwrap_or_default(), unread.unwrap_or_default()))
}

/// `POST /sources/TAG/remove`
pub async fn remove(Path(tag): Path<String>, form: Form) -> Result<Page, PageError> {
    match form.engine.remove_source(&form.actor(), &tag).await {
        Ok(()) => Ok(form.done(format!("The source {tag} was removed."), paths::SOURCES).await),
        Err(SourceError::Unknown(_)) => Ok(Page::to(paths::SOURCES)),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use licensing::source::{Picture, ReadCounts, UnreadLines};

    use super::*;

    fn read(counts: ReadCounts, recorded: u64, unread: usize, problem: Option<&str>) -> SourceRead {
        let picture = Picture { problem: problem.map(str::to_owned), ..Picture::default() };
        SourceRead { counts, unread: UnreadLines { lines: Vec::new(), count: unread }, recorded, picture }
    }

    #[test]
    fn what_a_text_told_is_said_with_what_could_not_be_read() {
        let counts = ReadCounts { features: 1, checkouts: 2, queued: 1, ..ReadCounts::default() };
        for (read, kind, text) in [
            (read(ReadCounts::default(), 0, 0, None), FlashKind::Success, "Read 0 features."),
            (
                read(counts, 3, 1, None),
                FlashKind::Warning,
                "Read 1 feature, 2 check-outs and 1 queued request. 3 check-outs and denials are new in the usage records. 1 line could not be read; see below.",
            ),
            (
                read(counts, 0, 0, Some("Cannot connect to license server system. (-15,570)")),
                FlashKind::Warning,
                "The text reports only a problem: Cannot connect to license server system. (-15,570)",
            ),
        ] {
            assert_eq!(told(&read), (kind, text.to_owned()));
        }
    }
}
