//! Lines of the log, newest first, day by day. The time of each leads to it in its place.

use super::{LogRow, LogsFilter, LogsPage, Trouble, line_href};
use crate::components::{Card, Copyable, EmptyState, ErrorBlock, LinkButton, PageHeader};
use crate::drawn::{Draw, Drawn};
use crate::islands::CopyButton;
use crate::paths;
use leptos::prelude::*;

/// The lines under their days.
#[component]
pub(super) fn Lines(
    lines: Vec<LogRow>,
    /// What was looked for: it is marked.
    wanted: String,
) -> impl IntoView {
    let mut days: Vec<(String, Vec<LogRow>)> = Vec::new();
    for line in lines {
        // A line without a time belongs to the day of the one above it.
        match days.last_mut() {
            Some((day, rows)) if *day == line.day || line.day.is_empty() || day.is_empty() => {
                if day.is_empty() {
                    day.clone_from(&line.day);
                }
                rows.push(line);
            }
            _ => days.push((line.day.clone(), vec![line])),
        }
    }
    days.into_iter()
        .map(|(day, rows)| {
            let wanted = wanted.clone();
            view! {
                <div class="log-day">
                    {(!day.is_empty()).then(|| view! { <h3>{day}</h3> })}
                    <ol class="log">{rows.into_iter().map(|row| view! { <Line row=row wanted=wanted.clone() /> }).collect_view()}</ol>
                </div>
            }
        })
        .collect_view()
        .drawn()
}

#[component]
fn Line(row: LogRow, wanted: String) -> impl IntoView {
    let look = format!("{}{}", row.tone().class(), if row.marked { " marked" } else { "" });
    let time = if row.time.is_empty() { "no time".to_owned() } else { row.time.clone() };
    let href = line_href(&row.at);
    let title = row.machine_time.replacen('T', " ", 1);
    let machine = (!row.machine_time.is_empty()).then_some(row.machine_time);
    view! {
        <li class=look id=row.marked.then_some("line") aria-current=row.marked.then_some("true")>
            <a class="log-time" href=href title=title>
                {match machine {
                    Some(machine) => view! { <time datetime=machine>{time}</time> }.drawn(),
                    None => view! { <span>{time}</span> }.drawn(),
                }}
            </a>
            <span class="log-level">{row.level}</span>
            <span class="log-part">{row.component}</span>
            <span class="log-text">
                {highlighted(&row.message, &wanted)}
                {(row.cut > 0).then(|| view! { <span class="muted">{format!(" … {} characters more in the file", row.cut)}</span> })}
            </span>
        </li>
    }
    .drawn()
}

/// The text with what was looked for marked; the case of A to Z does not matter.
fn highlighted(text: &str, wanted: &str) -> Drawn {
    if wanted.is_empty() {
        return view! { {text.to_owned()} }.drawn();
    }
    pieces(text, wanted)
        .into_iter()
        .map(|(piece, found)| if found { view! { <mark>{piece}</mark> }.drawn() } else { view! { {piece} }.drawn() })
        .collect_view()
        .drawn()
}

/// The text in pieces, and which of them are what was looked for.
fn pieces(text: &str, wanted: &str) -> Vec<(String, bool)> {
    let (mut pieces, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        match text.get(at..at + wanted.len()).filter(|found| found.eq_ignore_ascii_case(wanted)) {
            Some(found) => {
                if begin < at {
                    pieces.push((text[begin..at].to_owned(), false));
                }
                pieces.push((found.to_owned(), true));
                at += wanted.len();
                begin = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if begin < text.len() {
        pieces.push((text[begin..].to_owned(), false));
    }
    pieces
}

/// One line among its neighbours, to be shown to others.
#[component]
pub(super) fn Place(data: LogsPage) -> impl IntoView {
    let marked = data.lines.iter().find(|line| line.marked).cloned();
    let failed = match data.trouble {
        Some(Trouble::Off(sentence) | Trouble::Failed(sentence)) => Some(sentence),
        None => None,
    };
    let body = match (marked, failed) {
        (_, Some(sentence)) => view! {
            <Card title="Line" id="lines"><ErrorBlock sentence=sentence /></Card>
        }
        .drawn(),
        (Some(line), None) => view! {
            <Marked line=line origin=data.origin />
            <Card title="Context" id="lines" aside=view! { <span class="muted">"Newest first"</span> }.drawn()>
                <Lines lines=data.lines wanted=String::new() />
            </Card>
        }
        .drawn(),
        (None, None) => view! {
            <Card title="Line" id="lines">
                <EmptyState title="Line not found" why="Its file was removed, or the link is incomplete.">
                    <LinkButton href=paths::LOGS>"Newest lines"</LinkButton>
                </EmptyState>
            </Card>
        }
        .drawn(),
    };
    let crumbs = vec![("Logs".to_owned(), LogsFilter::default().href())];
    view! {
        <PageHeader title="Log line" crumbs=crumbs lead=view! { "With the lines before and after it." }.drawn() />
        {body}
    }
    .drawn()
}

/// The line itself, and a link to it that stays good.
#[component]
fn Marked(line: LogRow, origin: String) -> impl IntoView {
    let link = format!("{origin}{}", line_href(&line.at));
    view! {
        <Card title="Line" id="marked" aside=view! { <code>{line.file.clone()}</code> }.drawn()>
            <div class="command">
                <pre tabindex="0" role="group" aria-label="Line"><code>{line.line.clone()}</code></pre>
                <CopyButton text=line.line what="the line".to_owned() />
            </div>
            <p class="fine">"Link to it: "<Copyable value=link what="the link" /></p>
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_in_any_case_and_nothing_is_lost() {
        let marked = |text: &str, wanted: &str| {
            pieces(text, wanted)
                .into_iter()
                .map(|(piece, found)| if found { format!("[{piece}]") } else { piece })
                .collect::<String>()
        };
        assert_eq!(marked("Node node", "NODE"), "[Node] [node]");
        assert_eq!(marked("aaa", "aa"), "[aa]a");
        assert_eq!(marked("Größe groß", "GRÖSSE"), "Größe groß");
        assert_eq!(marked("größe", "ö"), "gr[ö]ße");
        assert_eq!(marked("", "x"), "");
    }
}
