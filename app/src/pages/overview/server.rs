//! The server itself: its identity, its configuration file, the program.

use super::{FileState, Overview, Registration};
use crate::components::{Card, Copyable, EmptyState, LinkButton, Pill, TimeAgo};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// GUID and deployment id, ready to copy.
#[component]
pub(super) fn Identity(registration: Registration) -> impl IntoView {
    let body = match registration {
        Registration::Registered { guid, deployment } => view! {
            <dl class="facts stacked">
                <div><dt>"GUID"</dt><dd><Copyable value=guid what="the GUID" /></dd></div>
                <div><dt>"Deployment id"</dt><dd><Copyable value=deployment what="the deployment id" /></dd></div>
            </dl>
        }
        .drawn(),
        Registration::NotRegistered { guid: Some(guid), .. } => view! {
            <dl class="facts stacked"><div><dt>"GUID (not in use)"</dt><dd><Copyable value=guid what="the GUID" /></dd></div></dl>
        }
        .drawn(),
        Registration::NotRegistered { guid: None, .. } => view! {
            <EmptyState title="No GUID" why="The configuration file has no GUID.">
                <LinkButton href=paths::setting("LICENSE_SERVER_GUID")>"Enter the GUID"</LinkButton>
            </EmptyState>
        }
        .drawn(),
    };
    view! { <Card title="Identity" id="identity">{body}</Card> }
}

/// The configuration file: where it is, its revision, what the check found.
#[component]
pub(super) fn File(file: FileState) -> impl IntoView {
    let findings = findings_words(file.errors, file.warnings);
    let tone = match (file.errors, file.warnings) {
        (0, 0) => Tone::Success,
        (0, _) => Tone::Warning,
        _ => Tone::Danger,
    };
    view! {
        <Card title="Configuration file" id="file" aside=view! { <a href=paths::CONFIGURATION_HISTORY>"History"</a> }.drawn()>
            <dl class="facts">
                <div class="whole"><dt>"Path"</dt><dd><code class="path">{file.path}</code></dd></div>
                {file.problem.is_none().then(|| view! {
                    <div>
                        <dt>"Revision"</dt>
                        <dd>
                            <a href=paths::revision(file.revision)>{file.revision}</a>
                            {file.changed_at_ms.map(|at| view! { <span class="muted">", " <TimeAgo at_ms=at /></span> })}
                            {file.changed_by.map(|who| view! { <span class="muted">{format!(" by {who}")}</span> })}
                        </dd>
                    </div>
                    <div><dt>"Check"</dt><dd><a class="plain" href=paths::findings()><Pill tone=tone text=findings /></a></dd></div>
                })}
                {file.changed_outside_ms.map(|at| view! {
                    <div>
                        <dt>"Outside"</dt>
                        <dd><a href=paths::CONFIGURATION_OUTSIDE>"Changed outside Leasehold"</a>", " <TimeAgo at_ms=at /></dd>
                    </div>
                })}
            </dl>
        </Card>
    }
    .drawn()
}

/// "2 errors, 1 warning"; "Nothing found" when there is nothing.
pub(crate) fn findings_words(errors: usize, warnings: usize) -> String {
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        more => Some(format!("{more} {word}s")),
    };
    let parts: Vec<String> = [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { "Nothing found".to_owned() } else { parts.join(", ") }
}

/// The program itself.
#[component]
pub(super) fn Server(data: Overview) -> impl IntoView {
    let places = match data.own_sessions {
        0 | 1 => "This is your only session".to_owned(),
        more => format!("You have {more} active sessions"),
    };
    view! {
        <Card title="Server" id="server">
            <dl class="facts">
                <div><dt>"Leasehold"</dt><dd>{format!("version {}", data.version)}</dd></div>
                <div><dt>"Started"</dt><dd><TimeAgo at_ms=data.started_at_ms /></dd></div>
            </dl>
            <p><a href=paths::ACCOUNT_AT_SESSIONS>{places}</a></p>
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_in_words() {
        assert_eq!(findings_words(0, 0), "Nothing found");
        assert_eq!(findings_words(2, 1), "2 errors, 1 warning");
        assert_eq!(findings_words(0, 3), "3 warnings");
    }
}
