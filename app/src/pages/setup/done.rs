//! Step 6: what was done, and what comes next.

use super::frame::SetupFrame;
use super::model::{SetupDone, Step};
use crate::components::{Copyable, LinkButton, Statement};
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// Says what was done. The wizard is gone after this page.
#[component]
pub fn SetupDonePage(data: SetupDone) -> impl IntoView {
    let file = match (data.created_file, data.lines_changed) {
        (true, _) => format!("The file was written as revision {}.", data.revision),
        (false, 0) => "The file already held these values; not a byte of it changed.".to_owned(),
        (false, 1) => format!("1 line of the file changed; it is kept as revision {}.", data.revision),
        (false, lines) => format!("{lines} lines of the file changed; they are kept as revision {}.", data.revision),
    };
    view! {
        <SetupFrame step=Step::Done title="Ready" lead="The setup is finished and its pages are gone.">
            <Statement tone=Tone::Success sentence="This server is registered in its configuration file.">
                <p>{file}</p>
            </Statement>
            <dl class="facts card">
                <div><dt>"GUID"</dt><dd><Copyable value=data.guid what="the GUID" /></dd></div>
                <div><dt>"File"</dt><dd><Copyable value=data.path what="the path" /></dd></div>
                <div><dt>"Administrator"</dt><dd>{data.administrator}</dd></div>
            </dl>
            <section class="note">
                <h2>"What comes next"</h2>
                <ul class="plain-list">
                    <li>"The overview says how things stand and what to do."</li>
                    <li>"The exchange with the licensing nodes is not part of this version; the settings for it are in place."</li>
                </ul>
            </section>
            <div class="actions"><LinkButton href=paths::OVERVIEW look="primary large">"To the overview"</LinkButton></div>
        </SetupFrame>
    }
    .into_any()
}
