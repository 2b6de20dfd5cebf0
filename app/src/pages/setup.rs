//! The way from a fresh machine to a registered server, in seven steps. Gone once it is done.

mod connection;
mod guid;
mod key;
use engine::exchange::Attempt;
use leptos::prelude::*;
use licensing::conf::check::ConfFinding;
use licensing::conf::diff::Diff;
use licensing::conf::view::SettingView;

use crate::components::{
    Card, Copyable, DiffView, Field, FormErrors, Glyph, Hidden, Icon, LinkButton, Main, Mark, PageHeader, Statement,
    ThemeChoice, changed_lines,
};
use crate::drawn::{Draw, Inner};
use crate::islands::live::Live;
use crate::pages::conf::FindingList;
use crate::pages::diagnostics::DiagnosticsPage;
use crate::pages::exchange::{AttemptList, Unchecked};
use crate::paths;
use crate::request::{Tone, request};
pub use connection::SetupConnectionPage;
pub use guid::SetupGuidPage;
pub use key::SetupKeyPage;

/// Whether nodes were asked over HTTPS, as far as the attempts show it.
fn over_tls(attempts: &[Attempt]) -> bool {
    attempts.iter().any(|attempt| attempt.stage == "TLS")
}

/// Asks for name and password of the first administrator.
#[component]
pub fn SetupAdministratorPage(data: SetupAdministrator) -> impl IntoView {
    view! {
        <SetupFrame step=Step::Administrator title="Your account" lead="The first administrator. There is no default account; this is the only way in.">
            <form method="post" action=paths::SETUP_ADMINISTRATOR class="stack">
                <Field name="name" label="Name" value=data.name autocomplete="username" required=true first=true hint="Used to sign in. Shown next to every change you make." />
                <Field
                    name="password" label="Password" kind="password" autocomplete="new-password" required=true
                    hint=format!("At least {} characters. A few unrelated words are easy to remember; no digits or symbols required.", data.password_min)
                />
                <Field name="password_again" label="Confirm password" kind="password" autocomplete="new-password" required=true />
                <div class="actions"><button type="submit" class="button primary large">"Continue"</button></div>
            </form>
        </SetupFrame>
    }
    .drawn()
}

/// Asks for the one-time token.
#[component]
pub fn SetupTokenPage(data: SetupToken) -> impl IntoView {
    view! {
        <SetupFrame step=Step::Token title="Claim this server" lead="A one-time token proves this machine is yours. Leasehold printed it at startup.">
            <form method="post" action=paths::SETUP class="stack">
                <Field name="token" label="Token" value=data.token mono=true required=true first=true />
                <div class="actions"><button type="submit" class="button primary large">"Continue"</button></div>
            </form>
            <aside class="note">
                <h2>"Where to find it"</h2>
                <p>"In the server's output, on the line that starts with " <code>"setup:"</code> ", and in this file, which only its owner can read:"</p>
                <p><Copyable value=data.token_file what="the path" /></p>
                <p>{format!("A token is valid for {} minutes. This command prints a new link:", data.minutes)}</p>
                <p><Copyable value=data.command what="the command" /></p>
                <h2>"Restore from a backup"</h2>
                <p>"If this server has a backup, don't set it up again. Stop it and run this command with the file, then start it:"</p>
                <p><Copyable value=data.restore_command what="the command to restore" /></p>
            </aside>
        </SetupFrame>
    }
    .drawn()
}

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
        <SetupFrame step=Step::Review title="Review and save" lead="Nothing has been written yet. You can change everything later.">
            <form method="post" action=paths::SETUP_REVIEW class="stack wide">
                <Hidden name="base" value=data.base />
                <Card title="Your choices" id="summary">
                    <dl class="facts">
                        {data.summary.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd><code class="path">{value}</code></dd></div> }).collect_view()}
                    </dl>
                </Card>
                <Card title=title id="change">
                    <p class="muted"><code class="path">{data.path}</code></p>
                    {(!data.diff.is_empty()).then(|| view! { <DiffView diff=data.diff caption="Changes to the file" /> })}
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

/// A step with its heading and its lead. Brings its own frame: no sidebar, no bars.
#[component]
pub fn SetupFrame(
    step: Step,
    #[prop(into)] title: String,
    #[prop(into)] lead: String,
    children: Inner,
) -> impl IntoView {
    let number = Step::ALL.iter().position(|other| *other == step).unwrap_or_default() + 1;
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="wizard">
            <header class="rail">
                <p class="brand"><Mark /><span>"Leasehold"</span></p>
                <nav aria-label="Steps of the setup">
                    <ol class="rail-steps">
                        {Step::ALL.into_iter().enumerate().map(|(index, other)| view! {
                            <li class=progress(other, step) aria-current=(other == step).then_some("step")>
                                <span class="rail-dot" aria-hidden="true">
                                    {if other < step || step == Step::Done {
                                        view! { <Icon glyph=Glyph::Check /> }.drawn()
                                    } else {
                                        view! { {index + 1} }.drawn()
                                    }}
                                </span>
                                <span class="rail-label">{other.label()}</span>
                                {(other < step).then(|| view! { <span class="vh">" (done)"</span> })}
                            </li>
                        }).collect_view()}
                    </ol>
                </nav>
                <div class="rail-foot">
                    // The first exchange may still be under way.
                    {(step == Step::Done).then(|| view! { <Live /> })}
                    <ThemeChoice />
                </div>
            </header>
            <Main>
                <p class="eyebrow">{format!("Step {number} of {}", Step::ALL.len())}</p>
                <PageHeader title=title lead=lead.drawn() />
                <FormErrors />
                {children.draw()}
            </Main>
        </div>
    }
    .drawn()
}

fn progress(other: Step, step: Step) -> &'static str {
    match other.cmp(&step) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "ahead",
    }
}

/// Says what was done. The wizard is gone after this page.
#[component]
pub fn SetupDonePage(data: SetupDone) -> impl IntoView {
    let file = match data.lines_changed {
        0 => "The configuration file already had these values; nothing changed.".to_owned(),
        1 => format!("1 line of the configuration file changed; saved as revision {}.", data.revision),
        lines => {
            format!("{lines} lines of the configuration file changed; saved as revision {}.", data.revision)
        }
    };
    view! {
        <SetupFrame step=Step::Done title="Ready" lead="Setup is complete, and its pages are closed.">
            <First sync=data.sync />
            <Card title="Summary" id="set-up">
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
            <Statement tone=Tone::Info sentence="This server is registered. The first sync is in progress.">
                <p>"It tries the licensing nodes one after another until one answers. You don't need to wait here."</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"Go to the overview"</LinkButton>
                    <LinkButton href=paths::SETUP_DONE look="large">"Refresh"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
        FirstSync::Synced { sentence, licenses } => view! {
            <Statement tone=Tone::Success sentence="This server is registered and connected to the vendor.">
                <p>{loaded(licenses)}" "{sentence}</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"Go to the overview"</LinkButton>
                    <LinkButton href=paths::LICENSES look="large">"Show licenses"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
        FirstSync::Failed { sentence, attempts } if attempts.iter().any(|attempt| attempt.refused.is_some()) => view! {
            <Statement tone=Tone::Danger sentence="This server is registered, but a licensing node refused the first sync.">
                <p>{sentence}</p>
                <div class="actions">
                    <LinkButton href=paths::EXCHANGE_AT_REGISTRATION look="primary large">"Correct the registration"</LinkButton>
                    <LinkButton href=paths::OVERVIEW look="large">"Go to the overview"</LinkButton>
                </div>
            </Statement>
        }
        .drawn(),
        FirstSync::Failed { sentence, attempts } => view! {
            <Statement tone=Tone::Warning sentence="This server is registered, but the first sync failed.">
                <p>{sentence}</p>
                <p>"Leasehold keeps trying. To get licenses sooner, check the connection or do an offline exchange."</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"Go to the overview"</LinkButton>
                    <LinkButton href=paths::DIAGNOSTICS look="large">"Check the connection"</LinkButton>
                    <LinkButton href=paths::EXCHANGE_HAND look="large">"Offline exchange"</LinkButton>
                </div>
            </Statement>
            {(!attempts.is_empty()).then(|| view! { <Card title="Nodes tried" id="asked"><AttemptList tls=over_tls(&attempts) attempts=attempts /></Card> })}
        }
        .drawn(),
        FirstSync::Skipped(reason) => view! {
            <Statement tone=Tone::Info sentence="This server is registered. Nothing has been sent to the nodes yet.">
                <p>{reason}</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW look="primary large">"Go to the overview"</LinkButton>
                    <LinkButton href=paths::EXCHANGE look="large">"Go to Exchange"</LinkButton>
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

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Token,
    Administrator,
    Guid,
    Connection,
    Key,
    Review,
    Done,
}

impl Step {
    pub const ALL: [Step; 7] =
        [Step::Token, Step::Administrator, Step::Guid, Step::Connection, Step::Key, Step::Review, Step::Done];

    /// The word in the list of steps.
    pub fn label(self) -> &'static str {
        match self {
            Step::Token => "Token",
            Step::Administrator => "Administrator",
            Step::Guid => "Identity",
            Step::Connection => "Connection",
            Step::Key => "Key",
            Step::Review => "Review",
            Step::Done => "Done",
        }
    }
}

/// Proves that the person may claim this server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupToken {
    /// From `?token=` of the link; shown filled in.
    pub token: String,
    /// The file that holds the token.
    pub token_file: String,
    /// The command that prints a new link.
    pub command: String,
    /// The command that restores a backup instead.
    pub restore_command: String,
    /// How long a token is good, in minutes.
    pub minutes: u32,
}

/// The first account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupAdministrator {
    pub name: String,
    /// The fewest characters of a password.
    pub password_min: usize,
}

/// The server's identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupGuid {
    /// What the file holds now, or what was typed before.
    pub guid: String,
    /// The value was found in the file.
    pub from_file: bool,
    pub path: String,
    /// Set when the form was checked: the canonical GUID.
    pub canonical: Option<String>,
    /// Set when the form was checked: which lines of the file will change.
    pub preview: Option<Diff>,
    pub file_problem: Option<String>,
    /// The registration file that was read, when there is one; its auth string is never shown.
    pub registration: Option<RegistrationSummary>,
    /// An auth string is kept already; leaving the field empty keeps it.
    pub has_auth: bool,
}

/// What a registration file says, without its auth string.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegistrationSummary {
    /// Canonical.
    pub guid: String,
    pub customer: Option<String>,
    pub context: Option<String>,
    pub nodes: Vec<String>,
    /// Of the vendor's keys in the file, in groups for comparing.
    pub fingerprints: Vec<String>,
}

/// How the nodes are reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupConnection {
    pub path: String,
    /// USE_FLEX_REPORTING_HTTPS, FLEX_REPORTING_PORT, FLEX_REPORTING_PORT_HTTPS, FLEX_NODE_LIST, FLEX_NODE_LIST_HTTPS.
    pub settings: Vec<SettingView>,
    /// Set once it was checked whether the nodes can be reached.
    pub probe: Option<DiagnosticsPage>,
}

/// The vendor's key, against which each answer is checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupKey {
    /// Grouped fingerprints that came with the registration file.
    pub pinned: Vec<String>,
    /// The keys that nodes show.
    pub offered: Vec<OfferedKey>,
    /// Why no node showed one.
    pub problem: Option<String>,
    pub nodes_asked: Vec<Attempt>,
    /// The step may be left without a key.
    pub skip_allowed: bool,
    /// Set once GUID and auth string were tried at the nodes, and none accepted them.
    pub trial: Option<SetupTrial>,
}

/// GUID and auth string that no node accepted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupTrial {
    /// As entered.
    pub guid: String,
    /// The nodes whose answer was none; none when one refused, which is said at the field.
    pub unchecked: Option<Unchecked>,
}

/// A key that a node shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfferedKey {
    /// `SHA256:` and 64 digits.
    pub fingerprint: String,
    /// The same in groups of four, for comparing.
    pub grouped: String,
    pub node: String,
}

/// Everything chosen, before it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupReview {
    pub path: String,
    pub base: String,
    pub diff: Diff,
    /// Label and value of each choice.
    pub summary: Vec<(String, String)>,
    /// The findings the new file would have.
    pub findings: Vec<ConfFinding>,
    pub comment: String,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetupDone {
    pub path: String,
    pub administrator: String,
    pub guid: String,
    pub revision: i64,
    pub lines_changed: usize,
    pub sync: FirstSync,
}

/// The first exchange with the nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FirstSync {
    #[default]
    Running,
    Synced {
        /// What changed.
        sentence: String,
        licenses: usize,
    },
    Failed {
        sentence: String,
        attempts: Vec<Attempt>,
    },
    /// Nothing was sent, and why.
    Skipped(String),
}
