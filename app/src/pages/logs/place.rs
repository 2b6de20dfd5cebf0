//! One line among its neighbours, to be shown to others.

use super::lines::Lines;
use super::model::{LogRow, LogsPage, Trouble};
use super::{LogsFilter, line_href};
use crate::components::{Card, Copyable, EmptyState, ErrorBlock, LinkButton, PageHeader};
use crate::drawn::Draw;
use crate::islands::copy_button::CopyButton;
use crate::paths;
use leptos::prelude::*;

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
