//! The files, to carry away whole.

use super::model::LogFileRow;
use crate::components::{Card, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use leptos::prelude::*;

/// One file for each start of the server, the newest first.
#[component]
pub(super) fn Files(files: Vec<LogFileRow>) -> impl IntoView {
    view! {
        <Card title="Files" id="files">
            <p class="muted">"One for each server start. Every download hides passwords, passphrases and tokens. A redacted one also replaces hosts, addresses, users, GUIDs and ids with host-1, address-1 and so on, so you can send it to someone else. Read it before you do."</p>
            <table class="table log-files">
                <caption class="vh">"Log files, newest first"</caption>
                <thead><tr>
                    <th scope="col">"File"</th><th scope="col">"First line"</th><th scope="col">"Last written"</th>
                    <th scope="col" class="num">"Size"</th><th scope="col">"Download"</th>
                </tr></thead>
                <tbody>{files.into_iter().map(|file| view! { <Row file=file /> }).collect_view()}</tbody>
            </table>
        </Card>
    }
    .drawn()
}

#[component]
fn Row(file: LogFileRow) -> impl IntoView {
    let href = |redacted: &str| paths::with_query(paths::LOGS_TEXT, &[("file", &file.id), ("redacted", redacted)]);
    let (whole, redacted) = (href(""), href("1"));
    let label = |what: &str| format!("Download {}{what}", file.name);
    let (whole_label, redacted_label) = (label(""), label(", redacted"));
    view! {
        <tr>
            <th scope="row"><code>{file.name.clone()}</code></th>
            <td data-label="First line">{file.began.unwrap_or_else(|| "none yet".to_owned())}</td>
            <td data-label="Last written"><TimeAgo at_ms=file.written_ms /></td>
            <td data-label="Size" class="num">{file.size}</td>
            <td data-label="Download"><span class="log-carry">
                <a href=whole download="" aria-label=whole_label>"Full"</a>
                <a href=redacted download="" aria-label=redacted_label>"Redacted"</a>
            </span></td>
        </tr>
    }
    .drawn()
}
