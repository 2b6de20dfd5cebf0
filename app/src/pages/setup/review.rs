//! Step 6: everything chosen, before it is written.

use super::frame::SetupFrame;
use super::model::{SetupReview, Step};
use crate::components::{Card, DiffView, Hidden, LinkButton, changed_lines};
use crate::drawn::Draw;
use crate::pages::configuration::FindingList;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;

/// Shows what will be written where.
#[component]
pub fn SetupReviewPage(data: SetupReview) -> impl IntoView {
    let changed = changed_lines(&data.diff);
    let (title, button) = match (data.diff.is_empty(), changed) {
        (true, _) => ("The file stays as it is".to_owned(), "Finish"),
        (false, 1) => ("1 line of the file will change".to_owned(), "Save the change and finish"),
        (false, more) => (format!("{more} lines of the file will change"), "Save the changes and finish"),
    };
    let comment = request().typed("comment", &data.comment);
    view! {
        <SetupFrame step=Step::Review title="Look once, then save" lead="Nothing has been written so far. Everything can be changed and taken back later.">
            <form method="post" action=paths::SETUP_REVIEW class="stack wide">
                <Hidden name="base" value=data.base />
                <Card title="What you chose" id="summary">
                    <dl class="facts">
                        {data.summary.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd><code class="path">{value}</code></dd></div> }).collect_view()}
                    </dl>
                </Card>
                <Card title=title id="change">
                    <p class="muted"><code class="path">{data.path}</code></p>
                    {(!data.diff.is_empty()).then(|| view! { <DiffView diff=data.diff caption="What will be written" /> })}
                    {(!data.findings.is_empty()).then(|| view! { <FindingList findings=data.findings /> })}
                </Card>
                <div class="field">
                    <label for="comment">"Note for the history"</label>
                    <input class="input" type="text" id="comment" name="comment" value=comment maxlength="500" autocomplete="off" />
                </div>
                <div class="actions">
                    <button type="submit" class="button primary large">{button}</button>
                    <LinkButton href=paths::SETUP_KEY look="large">"Back"</LinkButton>
                </div>
            </form>
        </SetupFrame>
    }
    .drawn()
}
