//! Step 3: the server's identity.

use super::frame::SetupFrame;
use super::model::{SetupGuid, Step};
use crate::components::{Banner, Card, DiffView, Glyph, Icon, Statement, changed_lines};
use crate::islands::guid_field::GuidField;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;

/// Asks for the GUID and shows which lines of the file would change.
#[component]
pub fn SetupGuidPage(data: SetupGuid) -> impl IntoView {
    let context = request();
    let typed = context.typed("guid", &data.guid);
    let error = context.error("guid");
    let described = if error.is_some() { "guid-error guid-hint" } else { "guid-hint" };
    let blocked = data.file_problem.is_some();
    view! {
        <SetupFrame step=Step::Guid title="The server's GUID" lead="The vendor sent it with the license. It tells the licensing nodes which server this is.">
            {data.file_problem.map(|problem| view! {
                <Statement tone=Tone::Danger sentence="The configuration file cannot be used yet."><p>{problem}</p></Statement>
            })}
            {(data.from_file && context.form.is_none()).then(|| view! {
                <Banner tone=Tone::Info text="This GUID was found in the file. Continue when it is the right one." />
            })}
            <form method="post" action=paths::SETUP_GUID class="stack">
                <div class="field">
                    <label for="guid">"GUID"</label>
                    <p class="hint" id="guid-hint">"Paste it as you got it: braces, hyphens, quotes and blanks are put right."</p>
                    <GuidField name="guid".to_owned() value=typed described=described.to_owned() invalid=error.is_some() focus=true />
                    {error.map(|error| view! {
                        <p class="field-error" id="guid-error"><Icon glyph=Glyph::Danger /><span>{error}</span></p>
                    })}
                </div>
                {data.canonical.map(|guid| view! { <p class="good"><Icon glyph=Glyph::Check /><span>"Will be written as " <code>{guid}</code></span></p> })}
                {data.preview.map(|diff| {
                    let changed = changed_lines(&diff);
                    if diff.is_empty() {
                        view! { <Banner tone=Tone::Success text="The file holds this GUID already. Nothing changes in it." /> }.into_any()
                    } else {
                        let title = if changed == 1 { "1 line of the file will change".to_owned() } else { format!("{changed} lines of the file will change") };
                        view! {
                            <Card title=title id="preview">
                                <DiffView diff=diff caption="What will change in the file" />
                                <p class="fine">"Nothing is written before the last step. " <code class="path">{data.path.clone()}</code></p>
                            </Card>
                        }.into_any()
                    }
                })}
                <div class="actions">
                    <button type="submit" class="button primary large" name="intent" value="next" disabled=blocked>"Continue"</button>
                    <button type="submit" class="button large" name="intent" value="check" disabled=blocked>"Check"</button>
                </div>
            </form>
            <aside class="note">
                <h2>"No GUID at hand?"</h2>
                <p>"Ask the vendor's license desk for the GUID of this server. You can close this page: the setup continues here when you come back."</p>
            </aside>
        </SetupFrame>
    }
    .into_any()
}
