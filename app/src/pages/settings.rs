//! Leasehold's own settings: what counts, and where it came from.

use leptos::prelude::*;

use crate::components::{Card, Copyable, LinkButton, PageHeader, Tag};
use crate::drawn::Draw;
use crate::paths;

/// Our own settings, read only.
#[component]
pub fn SettingsPage(data: Settings) -> impl IntoView {
    let note =
        if data.file_exists { "Read at startup from " } else { "Not found; every default applies. Expected at " };
    let alerts = view! { <LinkButton href=paths::ALERTS>"Alerts"</LinkButton> }.drawn();
    view! {
        <PageHeader title="Settings" actions=alerts lead=view! { "How Leasehold itself runs. Set in a file, by environment variable or by flag; changes take effect after a restart." }.drawn() />
        <Card title="Sources" id="where">
            <p>{note}<Copyable value=data.file what="the path" /></p>
            <p class="muted">"A flag overrides the environment, the environment overrides the file, and the file overrides the default."</p>
        </Card>
        <Card title="Values in effect" id="values">
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

/// Leasehold's own settings, read only.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub rows: Vec<OwnSetting>,
    /// Path of `leasehold.toml`, the one read or the one that would be.
    pub file: String,
    pub file_exists: bool,
}

/// One of our own settings.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSetting {
    /// As it is written in `leasehold.toml`.
    pub name: String,
    /// What counts now; secrets are never put here.
    pub value: String,
    pub source: Source,
    /// What it does, in a sentence.
    pub help: String,
    pub default: String,
    /// The variable that would set it: `LEASEHOLD_DATA`.
    pub variable: String,
    /// The flag that would set it: `--data`.
    pub flag: Option<String>,
}

/// Where a value came from; the later one wins.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Default,
    File { line: Option<usize> },
    Environment,
    Flag,
}
