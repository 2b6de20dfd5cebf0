//! An answer that passed every check, before it is applied.

use super::changes::ChangeList;
use super::model::CheckedResponse;
use super::words::{changes_sentence, short};
use crate::components::{Banner, Card, LinkButton, Statement, Submit, TextArea, TimeStamp};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// What the answer says and changes, and the button that applies it.
#[component]
pub(super) fn Checked(checked: CheckedResponse, why_not: Option<String>) -> impl IntoView {
    let would = if checked.unchanged {
        "It contains the licenses already installed, so none changes. Applying it resets the contact clock.".to_owned()
    } else {
        format!("Applying it installs the licenses below: {}", changes_sentence(&checked.changes).to_lowercase())
    };
    let serial = match checked.serial_before {
        Some(before) if before != checked.serial => format!("{} (installed: {before})", checked.serial),
        Some(_) => format!("{}, as installed", checked.serial),
        None => format!("{}, the first", checked.serial),
    };
    view! {
        <Statement tone=Tone::Success sentence="The answer is valid. Nothing has changed yet.">
            <p>{would}</p>
            <form method="post" action=paths::EXCHANGE_HAND_RESPONSE enctype="multipart/form-data" class="actions">
                <div hidden><label for="apply-response">"The answer"</label><TextArea name="response" id="apply-response" text=checked.text /></div>
                <Submit look="primary" sends=Some(("intent", "apply")) why_not=why_not>"Apply the answer"</Submit>
                <LinkButton href=paths::EXCHANGE_HAND>"Don't apply"</LinkButton>
            </form>
        </Statement>
        {checked.notices.into_iter().map(|text| view! { <Banner tone=Tone::Info text=text role="note" /> }).collect_view()}
        <Card title="Changes" id="changes">
            <ChangeList changes=checked.changes />
            <dl class="facts">
                <div><dt>"Answers"</dt><dd>"report " <code title=checked.status_id.clone()>{short(&checked.status_id)}</code></dd></div>
                <div><dt>"Signed"</dt><dd><TimeStamp at_ms=checked.node_time_ms /></dd></div>
                <div><dt>"Serial"</dt><dd>{serial}</dd></div>
                <div><dt>"Context"</dt><dd>{checked.context}</dd></div>
            </dl>
        </Card>
    }
    .drawn()
}
