//! How things stand, in one sentence, and what to do next.

mod model;
mod steps;

use crate::components::{
    Card, Copyable, EmptyState, LinkButton, PageHeader, Pill, Statement, TimeAgo, absolute, duration_words,
};
use crate::pages::audit::AuditList;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;
pub use model::{FileState, Overview, Registration};
use steps::next_steps;

/// The first page.
#[component]
pub fn OverviewPage(data: Overview) -> impl IntoView {
    let steps = next_steps(&data);
    view! {
        <PageHeader title="Overview" />
        <Standing data=data.clone() />
        <div class="columns">
            <div>
                {(!steps.is_empty()).then(|| view! {
                    <Card title="What to do next" id="next">
                        <ol class="steps-list">
                            {steps.into_iter().map(|step| view! {
                                <li>
                                    <div><p class="strong">{step.title}</p><p class="muted">{step.why}</p></div>
                                    <LinkButton href=step.href>{step.action}</LinkButton>
                                </li>
                            }).collect_view()}
                        </ol>
                    </Card>
                })}
                <File file=data.file.clone() />
                <Changes data=data.clone() />
            </div>
            <div>
                <Identity registration=data.registration.clone() />
                <Server data=data />
            </div>
        </div>
    }
    .into_any()
}

/// The sentence. It claims only what is true of this version.
#[component]
fn Standing(data: Overview) -> impl IntoView {
    if let Some(problem) = data.file.problem {
        return view! {
            <Statement tone=Tone::Danger sentence="The configuration file cannot be read.">
                <p>{problem}</p>
                <p class="muted">"Until it can be read again, nothing can be said about the registration."</p>
            </Statement>
        }
        .into_any();
    }
    match data.registration {
        Registration::NotRegistered { guid: None, .. } => view! {
            <Statement tone=Tone::Warning sentence="This server is not registered yet.">
                <p>"It has no GUID. The vendor hands one out with the license; enter it in the configuration."</p>
            </Statement>
        }
        .into_any(),
        Registration::NotRegistered { guid: Some(_), .. } => view! {
            <Statement tone=Tone::Warning sentence="This server has a GUID, but is not registered.">
                <p>"Flexible licensing is off, so the GUID is not used. Turn it on in the configuration."</p>
            </Statement>
        }
        .into_any(),
        Registration::Registered { .. } => view! {
            <Statement tone=Tone::Success sentence="This server is registered.">
                <p>"Its identity is in the configuration file. It has not exchanged anything with the vendor yet."</p>
                <p class="muted">"The exchange with the licensing nodes is not part of this version."</p>
            </Statement>
        }
        .into_any(),
    }
    .into_any()
}

#[component]
fn Identity(registration: Registration) -> impl IntoView {
    let body = match registration {
        Registration::Registered { guid, deployment } => view! {
            <dl class="facts stacked">
                <div><dt>"GUID"</dt><dd><Copyable value=guid what="the GUID" /></dd></div>
                <div><dt>"Deployment id"</dt><dd><Copyable value=deployment what="the deployment id" /></dd></div>
            </dl>
        }
        .into_any(),
        Registration::NotRegistered { guid: Some(guid), .. } => view! {
            <dl class="facts stacked"><div><dt>"GUID, not in use"</dt><dd><Copyable value=guid what="the GUID" /></dd></div></dl>
        }
        .into_any(),
        Registration::NotRegistered { guid: None, .. } => view! {
            <EmptyState title="No GUID" why="The file holds no GUID, so there is nothing to show.">
                <LinkButton href=paths::setting("LICENSE_SERVER_GUID")>"Enter the GUID"</LinkButton>
            </EmptyState>
        }
        .into_any(),
    };
    view! { <Card title="Identity" id="identity">{body}</Card> }
}

#[component]
fn File(file: FileState) -> impl IntoView {
    let findings = findings_words(file.errors, file.warnings);
    let tone = match (file.errors, file.warnings) {
        (0, 0) => Tone::Success,
        (0, _) => Tone::Warning,
        _ => Tone::Danger,
    };
    view! {
        <Card title="Configuration file" id="file" aside=view! { <a href=paths::CONFIGURATION_HISTORY>"History"</a> }.into_any()>
            <dl class="facts">
                <div><dt>"Path"</dt><dd><code class="path">{file.path}</code></dd></div>
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
    .into_any()
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

#[component]
fn Server(data: Overview) -> impl IntoView {
    let sessions = match data.sessions {
        1 => "1 session".to_owned(),
        more => format!("{more} sessions"),
    };
    let up = duration_words(request().now_ms - data.started_at_ms);
    view! {
        <Card title="Server" id="server">
            <dl class="facts">
                <div><dt>"Leasehold"</dt><dd>{format!("version {}", data.version)}</dd></div>
                <div><dt>"Running for"</dt><dd><span title=absolute(data.started_at_ms)>{up}</span></dd></div>
                <div><dt>"Signed in"</dt><dd><a href=paths::ACCOUNT_AT_SESSIONS>{sessions}</a></dd></div>
            </dl>
        </Card>
    }
    .into_any()
}

#[component]
fn Changes(data: Overview) -> impl IntoView {
    let refused = request().why_not(Permission::ViewAudit);
    let aside = refused.is_none().then(|| view! { <a href=paths::AUDIT>"Audit"</a> }.into_any());
    let body = match (refused, data.changes.is_empty()) {
        (Some(reason), _) => view! { <EmptyState title="Not shown to this role" why=reason /> }.into_any(),
        (None, true) => view! { <EmptyState title="Nothing yet" why="What people change is listed here, with who did it and when." /> }.into_any(),
        (None, false) => view! { <AuditList items=data.changes compact=true /> }.into_any(),
    };
    view! { <section class="card" id="changes" aria-labelledby="changes-title">
        <header><h2 id="changes-title">"Latest changes"</h2>{aside.map(|aside| view! { <div class="aside">{aside}</div> })}</header>
        {body}
    </section> }
}
