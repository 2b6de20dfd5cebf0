//! Leasehold's own settings: what counts, and where it came from.

mod model;

use crate::components::{Card, Copyable, PageHeader, Tag};
use crate::drawn::Draw;
use crate::pages::alerts::SettingsTabs;
use leptos::prelude::*;
pub use model::{OwnSetting, Settings, Source};

/// Our own settings, read only.
#[component]
pub fn SettingsPage(data: Settings) -> impl IntoView {
    let note = if data.file_exists {
        "Read at the start from "
    } else {
        "Not there; every default applies. It would be read from "
    };
    view! {
        <PageHeader title="Settings" lead=view! { "How Leasehold itself runs. Set in a file, by environment or by flag; a change counts after a restart." }.drawn() />
        <SettingsTabs />
        <Card title="Where they are set" id="where">
            <p>{note}<Copyable value=data.file what="the path" /></p>
            <p class="muted">"A flag wins over the environment, the environment over the file, the file over the default."</p>
        </Card>
        <Card title="What counts now" id="values">
            <ul class="own-settings">
                {data.rows.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}
            </ul>
        </Card>
    }
    .drawn()
}

#[component]
fn Row(row: OwnSetting) -> impl IntoView {
    let (look, words) = match row.source {
        Source::Default => ("", "default".to_owned()),
        Source::File { line: Some(line) } => ("set", format!("leasehold.toml, line {line}")),
        Source::File { line: None } => ("set", "leasehold.toml".to_owned()),
        Source::Environment => ("set", format!("environment {}", row.variable)),
        Source::Flag => ("set", format!("flag {}", row.flag.clone().unwrap_or_default())),
    };
    let differs = row.source != Source::Default && row.default != row.value;
    view! {
        <li>
            <div class="own-name"><code>{row.name}</code><p class="muted">{row.help}</p></div>
            <div class="own-value">
                {if row.value.is_empty() {
                    view! { <span class="muted">"not set"</span> }.drawn()
                } else {
                    view! { <code class="path">{row.value}</code> }.drawn()
                }}
                {(differs && !row.default.is_empty()).then(|| view! { <p class="fine">"default " <code>{row.default}</code></p> })}
            </div>
            <div class="own-source"><Tag text=words look=look /></div>
        </li>
    }
    .drawn()
}
