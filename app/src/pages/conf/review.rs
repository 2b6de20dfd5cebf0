//! A change before it is saved: what changes, what the check would say, why.

use super::model::{EditMode, Review};
use super::{DraftFields, FileLine, FindingList, counted, crumbs, history_crumbs, how};
use crate::components::{
    Banner, Card, DiffView, EmptyState, FormErrors, LinkButton, PageHeader, ShowAsCurl, changed_lines,
};
use crate::drawn::Draw;
use crate::pages::overview::findings_words;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::list;

/// The answer to either editor.
#[component]
pub fn ReviewPage(data: Review) -> impl IntoView {
    let context = request();
    let changed = changed_lines(&data.diff);
    let why_not = context.why_not(Permission::EditConfiguration);
    let undone = data.draft.undone();
    let back = match data.draft.mode {
        EditMode::Text => paths::CONFIGURATION_TEXT,
        EditMode::Form | EditMode::Restore | EditMode::Undo => paths::CONFIGURATION,
    };
    let crumbs = match undone {
        Some(number) => [history_crumbs(), vec![(format!("Revision {number}"), paths::revision(number))]].concat(),
        None => crumbs(),
    };
    let title = undone.map(|number| format!("Undo revision {number}"));
    let comment = context.typed("comment", &data.draft.comment);
    let (errors, warnings) = counted(&data.findings);
    let command = curl(&data);
    let file = data.file.clone();
    if data.diff.is_empty() {
        let (why, href, words) = match undone {
            Some(number) => {
                ("The file no longer has what this revision changed.", paths::revision(number), "Back to the revision")
            }
            None => ("Your version is identical to the file.", back.to_owned(), "Back to editing"),
        };
        return view! {
            <PageHeader title=title.unwrap_or_else(|| "Review".to_owned()) crumbs=crumbs lead=view! { <FileLine file=file /> }.drawn() />
            <FormErrors />
            <Card title="Nothing changes" id="nothing">
                <EmptyState title="No changes" why=why>
                    <LinkButton href=href>{words}</LinkButton>
                </EmptyState>
            </Card>
        }
        .drawn();
    }
    view! {
        <PageHeader title=title.clone().unwrap_or_else(|| "Review before saving".to_owned()) crumbs=crumbs lead=view! { <FileLine file=file.clone() /> }.drawn() />
        <FormErrors />
        {data.meanwhile.map(|other| {
            let text = format!("{} while you were editing. Neither change touches the other: yours is on top of it.", how(&other));
            view! { <Banner tone=Tone::Info text=text><a href=paths::revision(other.revision) target="_blank">"Show that change"<span class="vh">" (in a new tab)"</span></a></Banner> }
        })}
        <form method="post" action=paths::CONFIGURATION_SAVE class="stack wide">
            <DraftFields draft=data.draft base=file.base />
            <Card title=lines_change(changed, file.lines) id="change">
                <DiffView diff=data.diff caption="Your changes" />
                <p class="muted">
                    {undone.map(|number| format!("Only what revision {number} changed goes back; later changes stay. "))}
                    "Every other byte of the file stays the same. The previous version stays in the history and can be restored."
                </p>
                {data.overridden.into_iter().map(|(label, by)| {
                    let text = format!("{label} has no effect while {by} overrides it.");
                    view! { <Banner tone=Tone::Info text=text role="note" /> }
                }).collect_view()}
                {needs_restart(&data.needs_restart).map(|text| view! { <Banner tone=Tone::Info text=text role="note" /> })}
            </Card>
            {(!data.findings.is_empty()).then(|| view! {
                <Card title=format!("The new file would have {}", findings_words(errors, warnings)) id="findings">
                    <FindingList findings=data.findings />
                    <p class="muted">"You can save anyway; the findings stay on the configuration page."</p>
                </Card>
            })}
            <div class="card">
                <div class="field">
                    <label for="comment">"Why this change?"</label>
                    <p class="hint" id="comment-hint">"Optional. Saved in the history."</p>
                    <input class="input" type="text" id="comment" name="comment" value=comment maxlength="500" autocomplete="off" aria-describedby="comment-hint" />
                </div>
                <div class="actions">
                    <button type="submit" class="button primary" disabled=why_not.is_some()>{title.unwrap_or_else(|| "Save the change".to_owned())}</button>
                    {match undone {
                        Some(number) => view! { <LinkButton href=paths::revision(number)>"Cancel"</LinkButton> }.drawn(),
                        None => view! { <button type="submit" class="button" formaction=back name="intent" value="edit" formnovalidate=true>"Back to editing"</button> }.drawn(),
                    }}
                </div>
                {why_not.map(|reason| view! { <crate::components::Disabled reason=reason /> })}
            </div>
        </form>
        <ShowAsCurl command=command note="Replace $TOKEN with an API token. If-Match makes the server refuse the change if the file has changed by then." />
    }
    .drawn()
}

/// "2 lines of 118 change".
fn lines_change(changed: usize, total: usize) -> String {
    if changed == 1 { format!("1 line of {total} changes") } else { format!("{changed} lines of {total} change") }
}

/// Which of the changes take effect only after a restart.
fn needs_restart(labels: &[String]) -> Option<String> {
    let verb = if labels.len() == 1 { "takes" } else { "take" };
    (!labels.is_empty())
        .then(|| format!("{} {verb} effect after a restart. Everything else takes effect now.", list(labels)))
}

/// The same change as a command for scripts.
fn curl(data: &Review) -> String {
    let head = [
        format!("curl -X PUT {}{} \\", data.origin, paths::API_CONFIG),
        "  -H \"Authorization: Bearer $TOKEN\" \\".to_owned(),
        format!("  -H {} \\", shell_quoted(&format!("If-Match: \"{}\"", data.file.base))),
        "  -H 'Content-Type: application/json' \\".to_owned(),
    ]
    .join("\n");
    let comment = json(&data.draft.comment);
    if let Some(number) = data.draft.undone() {
        let head = head.replacen("PUT", "POST", 1).replacen(paths::API_CONFIG, paths::API_CONFIG_UNDO, 1);
        let body = format!("{{\"revision\":{number},\"comment\":{comment}}}");
        return format!("{head}\n  --data {}", shell_quoted(&body));
    }
    if data.changes.is_empty() {
        let program = shell_quoted(&format!("{{text: ., comment: {comment}}}"));
        return format!("jq -Rs {program} license_server.conf |\n{head}\n  --data-binary @-");
    }
    let changes: Vec<String> =
        data.changes.iter().map(|(key, value)| format!("{}:{}", json(key), json(value))).collect();
    let body = format!("{{\"changes\":{{{}}},\"comment\":{comment}}}", changes.join(","));
    format!("{head}\n  --data {}", shell_quoted(&body))
}

/// A JSON string.
fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A word of a POSIX shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_survives_quotes_in_what_was_typed() {
        let mut review = Review { origin: "http://127.0.0.1:8084".into(), ..Review::default() };
        review.file.base = "abc".into();
        review.changes = vec![("FLEX_NODE_LIST".into(), "a'b\"c".into())];
        let command = curl(&review);
        assert!(command.contains("If-Match: \"abc\""), "{command}");
        assert!(command.contains(r#""FLEX_NODE_LIST":"a'\''b\"c""#), "{command}");
    }

    #[test]
    fn counts_read_as_sentences() {
        assert_eq!(lines_change(1, 118), "1 line of 118 changes");
        assert_eq!(lines_change(2, 118), "2 lines of 118 change");
        assert_eq!(
            needs_restart(&["A".into(), "B".into()]).as_deref(),
            Some("A and B take effect after a restart. Everything else takes effect now.")
        );
    }
}
