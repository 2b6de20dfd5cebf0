//! Step 3: the server's identity, from a registration file or by hand.

use super::SetupFrame;
use super::{RegistrationSummary, SetupGuid, Step};
use crate::components::{
    Banner, Card, DiffView, Field, FieldProblem, Fingerprint, Glyph, Icon, Statement, TextArea, changed_lines,
};
use crate::drawn::Draw;
use crate::islands::guid_field::GuidField;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::conf::diff::Diff;

/// The fields of the two ways, in their order.
const FIELDS: [&str; 4] = ["file", "registration", "guid", "auth"];

/// Asks for the registration file, or for GUID and auth string, and shows which lines of the file would change.
#[component]
pub fn SetupGuidPage(data: SetupGuid) -> impl IntoView {
    let context = request();
    let blocked = data.file_problem.is_some();
    let found = data.from_file && context.form.is_none() && data.registration.is_none();
    let wrong = FIELDS.into_iter().any(|field| context.error(field).is_some());
    let kept = data.registration.is_some();
    let ways = view! { <Ways guid=data.guid.clone() has_auth=data.has_auth registration=kept /> };
    view! {
        <SetupFrame step=Step::Guid title="The server's GUID" lead="The vendor sent it with the license. It tells the licensing nodes which server this is.">
            {data.file_problem.map(|problem| view! {
                <Statement tone=Tone::Danger sentence="The configuration file cannot be used yet."><p>{problem}</p></Statement>
            })}
            {found.then(|| view! {
                <Banner tone=Tone::Info text="This GUID was found in the file. Continue if it is correct." />
            })}
            <form method="post" action=paths::SETUP_GUID enctype="multipart/form-data" class="stack wide">
                {match data.registration {
                    Some(registration) => view! {
                        <Kept registration=registration />
                        <details class="disclosure ways-folded" open=wrong>
                            <summary>"Use another file, or type it in"</summary>
                            {ways}
                        </details>
                    }.drawn(),
                    None => ways.drawn(),
                }}
                {data.canonical.map(|guid| view! { <p class="good"><Icon glyph=Glyph::Check /><span>"Will be written as " <code>{guid}</code></span></p> })}
                {data.preview.map(|diff| view! { <Preview diff=diff path=data.path.clone() /> })}
                <div class="actions">
                    <button type="submit" class="button primary large" name="intent" value="next" disabled=blocked>"Continue"</button>
                    <button type="submit" class="button large" name="intent" value="check" disabled=blocked>"Check"</button>
                </div>
            </form>
            {(!kept).then(|| view! {
                <aside class="note">
                    <h2>"Have neither?"</h2>
                    <p>"Ask the vendor's license desk for this server's registration file. You can close this page; setup resumes here."</p>
                </aside>
            })}
        </SetupFrame>
    }
    .drawn()
}

/// The two ways, one below the other; the first that is filled in counts.
#[component]
fn Ways(guid: String, has_auth: bool, registration: bool) -> impl IntoView {
    let hint = if has_auth {
        "Entered, and not shown. Leave this empty to keep it; the nodes check it in the step Key."
    } else {
        "Also from the vendor. It proves to the nodes that reports come from you; without it this server can't sync."
    };
    view! {
        <Card title="From the registration file" id="way-file">
            <FileWay />
        </Card>
        <p class="or"><span>"or"</span></p>
        <Card title="Manual entry" id="way-hand">
            <Guid guid=guid required_by_hand=!registration />
            <Field name="auth" label="Auth string" mono=true hint=hint />
        </Card>
    }
    .drawn()
}

/// The file, or its text.
#[component]
fn FileWay() -> impl IntoView {
    let context = request();
    let wrong_file = context.error("file");
    let wrong_text = context.error("registration");
    // The text holds the auth string: it is shown again only when it has to be put right.
    let text = if wrong_text.is_some() { context.typed("registration", "") } else { String::new() };
    let invalid = wrong_text.is_some();
    view! {
        <div class="field">
            <label for="file">"Registration file"</label>
            <p class="hint" id="file-hint">"It contains everything: GUID, auth string, nodes and the vendor's key."</p>
            <input
                class="input file" type="file" id="file" name="file" accept=".json,application/json"
                aria-describedby=if wrong_file.is_some() { "file-error file-hint" } else { "file-hint" }
                aria-invalid=wrong_file.is_some().then_some("true") autofocus=context.focuses("file")
            />
            {wrong_file.map(|sentence| view! { <FieldProblem name="file".to_owned() sentence=sentence /> })}
        </div>
        <details class="disclosure" open=invalid>
            <summary>"Paste its text instead"</summary>
            <div class="field">
                <label for="registration">"Text of the registration file"</label>
                <p class="hint" id="registration-hint">"All of it, from the first brace to the last."</p>
                <TextArea
                    name="registration" id="registration" text=text rows=6 look="input mono" invalid=invalid
                    described_by=if invalid { "registration-error registration-hint" } else { "registration-hint" }
                    autofocus=context.focuses("registration")
                />
                {wrong_text.map(|sentence| view! { <FieldProblem name="registration".to_owned() sentence=sentence /> })}
            </div>
        </details>
    }
    .drawn()
}

/// The field for the GUID.
#[component]
fn Guid(guid: String, required_by_hand: bool) -> impl IntoView {
    let context = request();
    let typed = context.typed("guid", &guid);
    let error = context.error("guid");
    let described = if error.is_some() { "guid-error guid-hint" } else { "guid-hint" };
    let focus = context.focuses("guid") || (required_by_hand && context.form.is_none() && !guid.is_empty());
    view! {
        <div class="field">
            <label for="guid">"GUID"</label>
            <p class="hint" id="guid-hint">"Paste it as you received it: braces, hyphens, quotes and spaces are cleaned up."</p>
            <GuidField name="guid".to_owned() value=typed described=described.to_owned() invalid=error.is_some() focus=focus />
            {error.map(|sentence| view! { <FieldProblem name="guid".to_owned() sentence=sentence /> })}
        </div>
    }
    .drawn()
}

/// What the registration file said.
#[component]
fn Kept(registration: RegistrationSummary) -> impl IntoView {
    let keys = registration.fingerprints.len();
    view! {
        <Card title="Read from the registration file" id="kept">
            <dl class="facts">
                <div><dt>"GUID"</dt><dd><code>{registration.guid}</code></dd></div>
                {registration.customer.map(|customer| view! { <div><dt>"Customer"</dt><dd>{customer}</dd></div> })}
                {registration.context.map(|context| view! { <div><dt>"Context"</dt><dd>{context}</dd></div> })}
                {(!registration.nodes.is_empty()).then(|| view! {
                    <div><dt>{if registration.nodes.len() == 1 { "Node" } else { "Nodes" }}</dt><dd><ul class="lines">{registration.nodes.into_iter().map(|node| view! { <li><code>{node}</code></li> }).collect_view()}</ul></dd></div>
                })}
                {(keys > 0).then(|| view! {
                    <div><dt>{if keys == 1 { "Vendor key" } else { "Vendor keys" }}</dt><dd class="fingerprints">{registration.fingerprints.into_iter().map(|grouped| view! { <Fingerprint grouped=grouped /> }).collect_view()}</dd></div>
                })}
                <div><dt>"Auth string"</dt><dd class="muted">"Saved, not shown"</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}

/// The lines of the file that would change.
#[component]
fn Preview(diff: Diff, path: String) -> impl IntoView {
    let changed = changed_lines(&diff);
    if diff.is_empty() {
        return view! { <Banner tone=Tone::Success text="The file already has this GUID. Nothing will change." /> }
            .drawn();
    }
    let title = if changed == 1 {
        "1 line of the file will change".to_owned()
    } else {
        format!("{changed} lines of the file will change")
    };
    view! {
        <Card title=title id="preview">
            <DiffView diff=diff caption="Changes to the file" />
            <p class="fine">"Nothing is written until the last step. " <code class="path">{path}</code></p>
        </Card>
    }
    .drawn()
}
