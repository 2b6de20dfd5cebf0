//! Step 7: what was done, how the first exchange went, and what comes next.

use super::frame::SetupFrame;
use super::model::{FirstSync, SetupDone, Step};
use super::over_tls;
use crate::components::{Card, Copyable, LinkButton, Statement};
use crate::drawn::Draw;
use crate::pages::exchange::AttemptList;
use crate::paths;
use crate::request::Tone;
use leptos::prelude::*;

/// Says what was done. The wizard is gone after this page.
#[component]
pub fn SetupDonePage(data: SetupDone) -> impl IntoView {
    let file = match data.lines_changed {
        0 => "The configuration file already held these values; not a byte of it changed.".to_owned(),
        1 => format!("1 line of the configuration file changed; it is kept as revision {}.", data.revision),
        lines => {
            format!("{lines} lines of the configuration file changed; they are kept as revision {}.", data.revision)
        }
    };
    view! {
        <SetupFrame step=Step::Done title="Ready" lead="The setup is finished and its pages are gone.">
            <First sync=data.sync />
            <Card title="What was set up" id="set-up">
                <p class="muted">{file}</p>
                <dl class="facts">
                    <div><dt>"GUID"</dt><dd><Copyable value=data.guid what="the GUID" /></dd></div>
                    <div><dt>"File"</dt><dd><Copyable value=data.path what="the path" /></dd></div>
                    <div><dt>"Administrator"</dt><dd>{data.administrator}</dd></div>
                </dl>
            </Card>
        </SetupFrame>
    }
    .drawn()
}

/// The first exchange, and where to go from here.
#[component]
fn First(sync: FirstSync) -> impl IntoView {
    match sync {
        FirstSync::Running => view! {
            <Statement tone=Tone::Info sentence="This server is registered. The first exchange is under way.">
                <p>"It asks the licensing nodes one after the other until one answers. You need not wait here: it goes on by itself."</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"To the overview"</LinkButton>
                    <LinkButton href=paths::SETUP_DONE look="large">"Look again"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
        FirstSync::Synced { sentence, licenses } => view! {
            <Statement tone=Tone::Success sentence="This server is registered and in touch with the vendor.">
                <p>{loaded(licenses)}" "{sentence}</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"To the overview"</LinkButton>
                    <LinkButton href=paths::LICENSES look="large">"Show the licenses"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
        FirstSync::Failed { sentence, attempts } => view! {
            <Statement tone=Tone::Warning sentence="This server is registered, but the first exchange did not succeed.">
                <p>{sentence}</p>
                <p>"It is tried again by itself. To get licenses sooner, find out what stands in the way, or carry the exchange by hand."</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"To the overview"</LinkButton>
                    <LinkButton href=paths::DIAGNOSTICS look="large">"Check the connection"</LinkButton>
                    <LinkButton href=paths::EXCHANGE_HAND look="large">"Exchange by hand"</LinkButton>
                </div>
            </Statement>
            {(!attempts.is_empty()).then(|| view! { <Card title="The nodes that were asked" id="asked"><AttemptList tls=over_tls(&attempts) attempts=attempts /></Card> })}
        }
        .drawn(),
        FirstSync::Skipped(reason) => view! {
            <Statement tone=Tone::Info sentence="This server is registered. Nothing was sent to the nodes yet.">
                <p>{reason}</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"To the overview"</LinkButton>
                    <LinkButton href=paths::EXCHANGE look="large">"To the exchange"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
    }
}

/// "3 licenses are loaded."
fn loaded(licenses: usize) -> String {
    match licenses {
        0 => "No license is loaded yet.".to_owned(),
        1 => "1 license is loaded.".to_owned(),
        more => format!("{more} licenses are loaded."),
    }
}
