//! The answer comes in: pasted, dropped or chosen, and checked before anything changes.

use super::hand::LaneTitle;
use crate::components::{Disabled, FieldProblem, Hidden, LinkButton, TextArea, described_by};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// The third lane.
#[component]
pub(super) fn Upload(
    /// An answer has just been checked and is shown above.
    was_checked: bool,
    /// A report waits for its answer: this is the next thing to do.
    expected: bool,
    why_not: Option<String>,
) -> impl IntoView {
    let context = request();
    let typed = context.typed("response", "");
    let (wrong, wrong_file) = (context.error("response"), context.error("file"));
    let disabled = why_not.is_some();
    let look = if expected { "button primary" } else { "button" };
    view! {
        <section class="card lane" id="upload" aria-labelledby="upload-title">
            <LaneTitle number=3 id="upload-title" title="Upload" />
            {if was_checked {
                view! {
                    <p>"The answer is verified. Its changes are at the top of this page."</p>
                    <div class="actions"><LinkButton href=paths::EXCHANGE_HAND>"Upload another answer"</LinkButton></div>
                }.drawn()
            } else {
                view! {
                    <p>"Upload the node's answer. Leasehold checks the vendor's signature, this server's GUID and the report it answers before anything changes."</p>
                    <form method="post" action=paths::EXCHANGE_HAND_RESPONSE enctype="multipart/form-data" class="upload">
                        <Hidden name="report" value=context.typed("report", context.query("report").unwrap_or_default()) />
                        <div class="field">
                            <label for="response">"The answer"</label>
                            <p class="hint" id="response-hint">"Paste all of it, from the first { to the last }."</p>
                            <TextArea name="response" id="response" text=typed rows=7 described_by=described_by("response", true, wrong.is_some()).unwrap_or_default() invalid=wrong.is_some() disabled=disabled autofocus=context.focuses("response") look="input mono" />
                            {wrong.map(|sentence| view! { <FieldProblem name="response".to_owned() sentence=sentence /> })}
                        </div>
                        <div class="field">
                            <label for="file">"Or upload it as a file"</label>
                            <p class="hint" id="file-hint">"Choose it, or drop it here."</p>
                            <input class="input drop" type="file" id="file" name="file" accept=".json,.txt,application/json,text/plain" aria-describedby=described_by("file", true, wrong_file.is_some()) aria-invalid=wrong_file.is_some().then_some("true") disabled=disabled autofocus=context.focuses("file") />
                            {wrong_file.map(|sentence| view! { <FieldProblem name="file".to_owned() sentence=sentence /> })}
                        </div>
                        <div class="actions">
                            <button type="submit" class=look name="intent" value="check" disabled=disabled>"Check the answer"</button>
                            {why_not.map(|reason| view! { <Disabled reason=reason /> })}
                        </div>
                    </form>
                }.drawn()
            }}
        </section>
    }
    .drawn()
}
