//! The exchange with the vendor's licensing nodes: over the network, by hand, what was exchanged, and other clusters.

mod carry;
mod clusters;
mod contact;
mod hand;
mod ledger;
mod network;
mod registration;

pub use carry::{FieldMeaning, ReportModel};
pub use clusters::{ClusterPage, ClusterView, ClustersPage, ClustersView};
pub(crate) use contact::contact_sentence;
pub use contact::{ContactClock, ContactModel, ContactStep, ContactTrack, StepState};
pub use hand::{Checked, HandPage, HandView};
pub use ledger::{LEDGER_LISTED, LEDGER_SORTED, LedgerPage, LedgerView, Receipt, ReceiptView};
pub use network::{AttemptList, ExchangePage, ExchangeView};
pub use registration::{CORRECTION, RegistrationCard, Unchecked};

use crate::components::{
    Copyable, Disabled, Field, FieldProblem, FormErrors, Glyph, Icon, LinkButton, Pill, Statement, described_by,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::Readiness;
use leptos::prelude::*;
use licensing::bundle::LicenseChanges;
use licensing::permission::Permission;

/// A call of the API as a command, with what follows it.
pub(crate) fn curl(method: &str, path: &str, rest: &str) -> String {
    let origin =
        Some(request().origin.clone()).filter(|origin| !origin.is_empty()).unwrap_or_else(|| "$CONSOLE".to_owned());
    let method = if method == "GET" { String::new() } else { format!("-X {method} ") };
    format!("curl {method}{origin}{path} \\\n  -H \"Authorization: Bearer $TOKEN\"{rest}")
}

/// The four views, in their order.
const TABS: [(&str, &str); 4] = [
    ("Online", paths::EXCHANGE),
    ("Offline", paths::EXCHANGE_HAND),
    ("Ledger", paths::EXCHANGE_LEDGER),
    ("Other clusters", paths::EXCHANGE_CLUSTERS),
];

/// Links to the views; the one shown is marked.
#[component]
fn Tabs() -> impl IntoView {
    let path = request().path.clone();
    view! {
        <nav class="tabs" aria-label="Exchange">
            {TABS.into_iter().map(|(label, href)| {
                let current = (path == href || (href == paths::EXCHANGE_HAND && path.starts_with(paths::EXCHANGE_HAND))).then_some("page");
                view! { <a href=href aria-current=current>{label}</a> }
            }).collect_view()}
        </nav>
    }
    .drawn()
}

/// Tone and word of a state of the ledger.
fn look(state: &str) -> (Tone, &'static str) {
    match state {
        "answered" => (Tone::Success, "Answered"),
        "open" => (Tone::Info, "Waiting for answer"),
        _ => (Tone::Warning, "No answer"),
    }
}

/// The state as a pill.
#[component]
fn ReportState(#[prop(into)] state: String) -> impl IntoView {
    let (tone, word) = look(&state);
    view! { <Pill tone=tone text=word /> }
}

/// How it was carried: "online", "offline, in the console".
fn way(channel: &str) -> String {
    match channel {
        "online" => "online".to_owned(),
        "console" => "offline, in the console".to_owned(),
        "api" => "offline, over the API".to_owned(),
        "command line" => "offline, with a command".to_owned(),
        "reporting api" => "over the reporting API".to_owned(),
        other => other.to_owned(),
    }
}

/// The changes under their headings; one line when there is none.
#[component]
pub fn ChangeList(
    changes: LicenseChanges,
    /// At most so many under each heading; the ledger has them all.
    #[prop(default = usize::MAX)]
    most: usize,
) -> impl IntoView {
    let groups = [
        ("Added", "plus", Glyph::Plus, changes.added),
        ("Extended", "plus", Glyph::Arrow, changes.extended),
        ("Changed", "other", Glyph::Restart, changes.changed),
        ("Removed", "minus", Glyph::Dash, changes.removed),
    ];
    if groups.iter().all(|(.., changes)| changes.is_empty()) {
        return view! { <p class="muted">"No license changes."</p> }.drawn();
    }
    view! {
        <dl class="changes">
            {groups.into_iter().filter(|(.., changes)| !changes.is_empty()).map(|(word, class, glyph, changes)| {
                let more = changes.len().saturating_sub(most);
                view! {
                    <div class=class>
                        <dt><Icon glyph=glyph />{word}</dt>
                        <dd><ul>
                            {changes.into_iter().take(most).map(|change| view! { <li>{change.sentence}</li> }).collect_view()}
                            {(more > 0).then(|| view! { <li class="muted">{format!("and {more} more")}</li> })}
                        </ul></dd>
                    </div>
                }
            }).collect_view()}
        </dl>
    }
    .drawn()
}

/// Registers with the file the vendor hands out.
const REGISTER: &str = "leasehold register --file REGISTRATION";

/// The statement a page opens with while nothing can be exchanged; nothing otherwise.
#[component]
pub fn NotReady(readiness: Readiness) -> impl IntoView {
    match readiness {
        Readiness::Ready => ().drawn(),
        Readiness::Unregistered => view! {
            <Statement tone=Tone::Warning sentence="This server is not registered yet.">
                <p>"An unregistered server can't sync. The vendor supplies a registration file with the license; it contains the GUID, the auth string and the vendor's key."</p>
                <RegisterForm by_hand=false />
                <Command why="Or on the server:" command=REGISTER />
            </Statement>
        }
        .drawn(),
        Readiness::NoKey => view! {
            <Statement tone=Tone::Warning sentence="Nothing is sent until the vendor's key is confirmed.">
                <p>"Every answer is signed. Without the vendor's key Leasehold can't verify it."</p>
                <RegisterForm by_hand=true />
            </Statement>
        }
        .drawn(),
        Readiness::NoAuth => view! {
            <Statement tone=Tone::Warning sentence="This server's auth string is missing.">
                <p>"The nodes require it. It comes with the GUID; the registration file contains both."</p>
                <RegisterForm by_hand=true />
            </Statement>
        }
        .drawn(),
        Readiness::OtherGuid { file, registered } => view! {
            <Statement tone=Tone::Danger sentence="The GUID in the configuration file is not the registered one.">
                <p>"In the file: " <code>{file.to_string()}</code> ". Registered: " <code>{registered.to_string()}</code> ". Leasehold doesn't sync while they differ."</p>
                <p>"Put the registered GUID back, or register the new one with its own registration file."</p>
                <RegisterForm by_hand=true />
                <div class="actions"><LinkButton href=paths::setting("LICENSE_SERVER_GUID")>"Edit the GUID"</LinkButton></div>
            </Statement>
        }
        .drawn(),
        Readiness::Unreadable(problem) => view! {
            <Statement tone=Tone::Danger sentence="The configuration file cannot be read, so Leasehold can't sync.">
                <p>{problem}</p>
                <div class="actions"><LinkButton href=paths::CONFIGURATION>"Show the details"</LinkButton></div>
            </Statement>
        }
        .drawn(),
    }
    .drawn()
}

/// A command to type on the server, or why this role may not register.
#[component]
fn Command(why: &'static str, command: &'static str) -> impl IntoView {
    let why_not = request().why_not(Permission::Register);
    view! {
        <p>{why}" "<Copyable value=command what="the command" /></p>
        {why_not.map(|reason| view! { <p class="muted">{reason}</p> })}
    }
    .drawn()
}

/// The form. `by_hand`: the GUID is known, so its auth string and the vendor's fingerprint can be typed as well.
#[component]
fn RegisterForm(by_hand: bool) -> impl IntoView {
    let context = request();
    let why_not = context.why_not(Permission::Register);
    let disabled = why_not.is_some();
    let wrong = context.error("registration_file");
    let elsewhere = registration::is_correction(&context);
    view! {
        <form method="post" action=paths::EXCHANGE_REGISTRATION enctype="multipart/form-data" class="stack" id="register">
            {(!elsewhere).then(|| view! { <FormErrors /> })}
            <div class="field">
                <label for="registration_file">"Registration file"</label>
                <p class="hint" id="registration_file-hint">"It contains the GUID, the auth string and the vendor's key."</p>
                <input class="input file" type="file" id="registration_file" name="registration_file" accept=".json,application/json" disabled=disabled aria-describedby=described_by("registration_file", true, wrong.is_some()) aria-invalid=wrong.is_some().then_some("true") autofocus=context.focuses("registration_file") />
                {wrong.map(|sentence| view! { <FieldProblem name="registration_file".to_owned() sentence=sentence /> })}
            </div>
            {by_hand.then(|| view! {
                <p class="muted">"Or, without a file:"</p>
                <Field name="auth" label="Auth string" hint="Leave empty to keep the saved one." mono=true disabled=disabled />
                <Field name="typed" label="Fingerprint of the vendor's key" hint="The one you received through another channel than this network. Leasehold fetches the key from a node and compares." mono=true disabled=disabled />
            })}
            {(!disabled).then(|| view! {
                <Field name="register_password" label="Password of your account" kind="password" autocomplete="current-password" hint="Asked again before the server's identity changes." />
            })}
            <div class="actions">
                <button type="submit" class="button primary" disabled=disabled>"Register"</button>
                {why_not.map(|reason| view! { <Disabled reason=reason /> })}
            </div>
        </form>
    }
    .drawn()
}

/// Why no exchange is possible, in a few words for a disabled button; none when it is possible.
fn blocked(readiness: &Readiness) -> Option<&'static str> {
    match readiness {
        Readiness::Ready => None,
        Readiness::Unregistered => Some("Register this server first."),
        Readiness::NoKey => Some("Confirm the vendor's key first."),
        Readiness::NoAuth | Readiness::OtherGuid { .. } => Some("Register this server again first."),
        Readiness::Unreadable(_) => Some("Make the configuration file readable first."),
    }
}

/// The beginning of a status id: enough to tell it from the others in a list.
fn short(status_id: &str) -> String {
    match status_id.split_once('-') {
        Some((first, _)) => format!("{first}…"),
        None => status_id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::contact::{ContactModel, DAY, contact_sentence, next_in, next_sentence};
    use super::*;
    use licensing::guid::Guid;
    use licensing::words::Zone;

    const NOW: i64 = 1_795_270_200_000;

    #[test]
    fn the_counted_days_win_over_a_clock_that_was_moved() {
        let contact = |days, elapsed| ContactModel {
            label: "Reminder".into(),
            days: Some(days),
            last_ms: Some(NOW - elapsed),
            ..ContactModel::default()
        };
        for (days, elapsed, words) in [
            (31, 31 * DAY + 5, "31 days"),
            (31, 2 * DAY, "31 days"),
            (31, -DAY, "31 days"),
            (0, 3 * DAY / 24, "3 h"),
            (0, -DAY, "less than a day"),
            (1, DAY, "1 day"),
        ] {
            let expected = format!("Reminder: last synced {words} ago.");
            assert_eq!(contact_sentence(&contact(days, elapsed), NOW), expected);
        }
        assert_eq!(contact_sentence(&ContactModel::default(), NOW), "Never synced.");
    }

    #[test]
    fn a_try_after_failures_is_named_a_try() {
        let next = |hours: i64, first, failed| next_in(NOW + hours * DAY / 24, first, failed, NOW, &Zone::utc());
        assert_eq!(next(21, false, 0), "Next sync Sun 22 Nov, 11:10 UTC.");
        assert_eq!(next(1, true, 3), "Next attempt Sat 21 Nov, 15:10 UTC.");
        assert_eq!(next(-2, false, 0), "Next sync is due now.");
        assert_eq!(next(-2, true, 0), "First sync is due now.");
        assert_eq!(next_sentence(None, false, 0, NOW), None);
    }

    #[test]
    fn only_a_registered_server_with_key_and_auth_string_can_exchange() {
        let guid = Guid::from_bytes([7; 16]).expect("it is one");
        let other = Readiness::OtherGuid { file: guid, registered: guid };
        for blocking in
            [Readiness::Unregistered, Readiness::NoKey, Readiness::NoAuth, other, Readiness::Unreadable(String::new())]
        {
            assert!(blocked(&blocking).is_some(), "{blocking:?}");
        }
        assert_eq!(blocked(&Readiness::Ready), None);
    }
}
