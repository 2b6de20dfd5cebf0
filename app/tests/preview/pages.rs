//! Every page in its states.

use crate::samples::*;
use crate::{Preview, render};
use app::components::{BareLayout, Layout};
use app::pages::ErrorPage;
use app::pages::account::{Account, AccountPage, SessionItem};
use app::pages::account::{ConfirmPasswordPage, Login, LoginPage, SentForm};
use app::pages::audit::{AuditFilter, AuditPage, Chain};
use app::pages::conf::*;
use app::pages::settings::{OwnSetting, Settings, SettingsPage, Source};
use app::request::RequestContext;
use leptos::prelude::*;
use licensing::conf::diff::Diff;
use licensing::conf::merge::SettingConflict;
use licensing::conf::view::SettingOverride;
use licensing::permission::Role;

/// Renders a signed-in page.
pub fn inside(name: &str, context: RequestContext, page: impl FnOnce() -> AnyView + Send + 'static) -> Preview {
    render(name, context, || view! { <Layout>{page()}</Layout> }.into_any())
}

/// All previews.
pub fn all() -> Vec<Preview> {
    [
        crate::overview::pages(),
        entry_pages(),
        crate::setup::pages(),
        crate::diagnostics::pages(),
        form_pages(),
        text_pages(),
        change_pages(),
        history_pages(),
        own_pages(),
        crate::exchange_pages::all(),
        crate::usage::pages(),
        crate::clients::pages(),
        crate::database::pages(),
        crate::servers::pages(),
        crate::alerts::pages(),
        crate::logs::pages(),
        crate::locked::pages(),
        crate::sources::pages(),
        crate::users::pages(),
    ]
    .concat()
}

impl Clone for Preview {
    fn clone(&self) -> Preview {
        Preview { name: self.name.clone(), html: self.html.clone() }
    }
}

fn entry_pages() -> Vec<Preview> {
    let mut wrong = stranger("/login");
    wrong.form = refused(
        &[("name", "admin")],
        &[("", "Name and password do not fit together. Try again, or set a new password on the server.")],
    );
    let login = |name: &str, context| {
        render(name, context, || {
            view! { <BareLayout><LoginPage data=Login { next: "/configuration".into() } /></BareLayout> }.into_any()
        })
    };
    vec![
        login("login", stranger("/login")),
        login("login-error", wrong),
        inside("confirm-password", administrator("/servers"), || {
            let fields = vec![("minutes".to_owned(), "30".to_owned()), ("confirmed".to_owned(), "yes".to_owned())];
            let data = SentForm { path: "/servers/drain".into(), back: "/servers".into(), fields, minutes: 5 };
            view! { <ConfirmPasswordPage data=data /> }.into_any()
        }),
        render("error-out", stranger("/nowhere"), || {
            view! {
            <BareLayout><ErrorPage status=404 title="There is no such page" sentence="Nothing is found at this address." hint="Perhaps it was moved, or the link is incomplete." /></BareLayout>
        }.into_any()
        }),
        inside("error-500", administrator("/configuration"), || {
            view! {
            <ErrorPage status=500 title="Something went wrong here" sentence="The page could not be made. Nothing was changed." hint="Try again. If it stays, look for the request in the log of the server." />
        }.into_any()
        }),
    ]
}

fn form(text: &str) -> ConfigurationForm {
    ConfigurationForm {
        file: file_info(text),
        settings: views(text),
        findings: findings(text),
        ..ConfigurationForm::default()
    }
}

fn form_pages() -> Vec<Preview> {
    let mut wrong = administrator("/configuration");
    wrong.form = refused(
        &[("port_number", "75 69"), ("FLEX_NODE_LIST_HTTPS", "a.example;;b.example"), ("FLEX_DESIRED_SYNC_HOUR", "25")],
        &[
            ("port_number", "“75 69” is not a port. Enter a whole number from 1 to 65535."),
            ("FLEX_DESIRED_SYNC_HOUR", "“25” is not an hour. Enter a whole number from 0 to 23."),
            ("FLEX_NODE_LIST_HTTPS", "Entry 2 is empty. Remove the extra semicolon, or enter a host."),
        ],
    );
    let mut filtered = administrator("/configuration");
    filtered.query = vec![("q".into(), "https".into())];
    let mut nothing = administrator("/configuration");
    nothing.query = vec![("q".into(), "zebra".into())];
    // Nothing is saved: a default was asked for, and the page came back with what was typed.
    let mut typed = administrator("/configuration");
    typed.form = refused(&[("FLEX_REPORTING_PORT_HTTPS", "default"), ("FLEX_DESIRED_SYNC_HOUR", "4")], &[]);
    typed.query = vec![("q".into(), "port".into())];
    let mut waiting = form(&registered_text().replace("port_number = default", "port_number = 7570"));
    waiting.restart_required = vec!["Port for license clients".into()];
    let mut overridden = form(&registered_text());
    for setting in waiting.settings.iter_mut().filter(|setting| setting.key == "port_number") {
        setting.restart_required = true;
    }
    for setting in overridden.settings.iter_mut().filter(|setting| setting.key == "port_number") {
        setting.overridden = Some(SettingOverride { by: "--clients".into(), value: "127.0.0.1:7580".into() });
    }
    let sparse = "[GLOBAL]\nFLEXIBLE_LICENSING_MODE = 1\n";
    let problem = ConfigurationForm {
        file_problem: Some(
            "At this path is a folder, not a file. Remove it or start Leasehold with --conf and the path of the file."
                .into(),
        ),
        settings: views(""),
        ..form("")
    };
    vec![
        inside("configuration", administrator("/configuration"), || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-findings", administrator("/configuration"), || {
            view! { <ConfigurationPage data=form(&troubled_text()) /> }.into_any()
        }),
        inside("configuration-refused", wrong, || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-filtered", filtered, || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-nothing", nothing, || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-typed", typed, || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-restart", administrator("/configuration"), move || {
            view! { <ConfigurationPage data=waiting /> }.into_any()
        }),
        inside("configuration-overridden", administrator("/configuration"), move || {
            view! { <ConfigurationPage data=overridden /> }.into_any()
        }),
        inside("configuration-sparse", administrator("/configuration"), move || {
            view! { <ConfigurationPage data=form(sparse) /> }.into_any()
        }),
        inside("configuration-viewer", viewer("/configuration"), || {
            view! { <ConfigurationPage data=form(&registered_text()) /> }.into_any()
        }),
        inside("configuration-problem", administrator("/configuration"), || {
            view! { <ConfigurationPage data=problem /> }.into_any()
        }),
    ]
}

fn text_pages() -> Vec<Preview> {
    let text = |text: String| ConfigurationText {
        file: file_info(&text),
        findings: findings(&text),
        text,
        ..ConfigurationText::default()
    };
    let mut wrong = administrator("/configuration/text");
    wrong.form = refused(
        &[("text", "[GLOBAL]\nport_number = x\n</textarea><script>alert(1)</script>")],
        &[("text", "Line 2: “x” is not a port. Enter a whole number from 1 to 65535.")],
    );
    vec![
        inside("text", administrator("/configuration/text"), move || {
            view! { <TextPage data=text(troubled_text()) /> }.into_any()
        }),
        inside("text-refused", wrong, move || view! { <TextPage data=text(registered_text()) /> }.into_any()),
        inside("text-viewer", viewer("/configuration/text"), move || {
            view! { <TextPage data=text(registered_text()) /> }.into_any()
        }),
    ]
}

fn change_pages() -> Vec<Preview> {
    let draft = || Draft {
        mode: EditMode::Form,
        fields: vec![("FLEX_REPORTING_PORT_HTTPS".into(), "23028".into())],
        comment: "8443 is closed in DC2".into(),
    };
    let other = || Meanwhile {
        revision: 15,
        who: Some("noor".into()),
        origin: Origin::Console,
        at_ms: NOW - 2 * MINUTE,
        comment: Some("7569 is taken on this host".into()),
    };
    let review = move |diff: Diff| Review {
        overridden: vec![("Port for license clients".into(), "--clients".into())],
        meanwhile: Some(other()),
        file: file_info(&registered_text()),
        draft: draft(),
        diff,
        findings: findings(&troubled_text()),
        needs_restart: vec!["Port for license clients".into()],
        changes: vec![("FLEX_REPORTING_PORT_HTTPS".into(), "23028".into())],
        origin: "https://lic-01.example:8084".into(),
    };
    let both = |yours: Option<&str>| SettingConflict {
        key: "FLEX_REPORTING_PORT_HTTPS".into(),
        label: "HTTPS port at the nodes".into(),
        before: Some("8443".into()),
        yours: yours.map(Into::into),
        theirs: Some(String::new()),
    };
    let conflict = move |mode: EditMode| Conflict {
        overlaps: mode == EditMode::Text,
        settings: match mode {
            EditMode::Form => vec![both(Some("23028"))],
            EditMode::Text => Vec::new(),
            EditMode::Restore | EditMode::Undo => vec![both(None)],
        },
        file: FileInfo {
            revision: 15,
            saved_by: Some("noor".into()),
            saved_at_ms: Some(NOW - 2 * MINUTE),
            ..file_info(&registered_text())
        },
        draft: match mode {
            EditMode::Restore | EditMode::Undo => {
                Draft { mode, fields: vec![("revision".into(), "12".into())], ..draft() }
            }
            mode => Draft { mode, ..draft() },
        },
        other: other(),
        yours: change(),
        theirs: other_change(),
    };
    let outside = |edits: usize| Outside {
        file: file_info(&registered_text()),
        noticed_ms: NOW - 3 * MINUTE,
        edits: (0..edits)
            .map(|ago| OutsideEdit {
                item: RevisionItem {
                    number: 13 - ago as i64,
                    origin: Origin::Outside,
                    at_ms: NOW - 2 * MINUTE - ago as i64 * MINUTE,
                    ..revisions().remove(1)
                },
                previous: Some(12 - ago as i64),
                diff: other_change(),
            })
            .collect(),
        more: if edits > 1 { 3 } else { 0 },
        before: Some(11),
        file_problem: None,
        findings: Vec::new(),
    };
    let again = |settings| UndoConflict {
        file: file_info(&registered_text()),
        item: revisions().remove(1),
        previous: Some(12),
        settings,
    };
    let mut alarm = administrator("/configuration/outside");
    alarm.badge.changed_outside = true;
    vec![
        inside("review", administrator("/configuration"), move || {
            view! { <ReviewPage data=review(change()) /> }.into_any()
        }),
        inside("review-nothing", administrator("/configuration"), move || {
            view! { <ReviewPage data=review(Diff::default()) /> }.into_any()
        }),
        inside("undo", administrator("/configuration/history/12/undo"), move || {
            let draft = Draft { mode: EditMode::Undo, fields: vec![("revision".into(), "12".into())], ..draft() };
            view! { <ReviewPage data=Review { draft, meanwhile: None, ..review(change()) } /> }.into_any()
        }),
        inside("undo-set-again", administrator("/configuration/history/13/undo"), move || {
            view! { <UndoConflictPage data=again(vec![both(Some("8443"))]) /> }.into_any()
        }),
        inside("undo-same-lines", administrator("/configuration/history/13/undo"), move || {
            view! { <UndoConflictPage data=again(Vec::new()) /> }.into_any()
        }),
        inside("conflict", administrator("/configuration/save"), move || {
            view! { <ConflictPage data=conflict(EditMode::Form) /> }.into_any()
        }),
        inside("conflict-text", administrator("/configuration/save"), move || {
            view! { <ConflictPage data=conflict(EditMode::Text) /> }.into_any()
        }),
        inside("conflict-restore", administrator("/configuration/restore"), move || {
            view! { <ConflictPage data=conflict(EditMode::Restore) /> }.into_any()
        }),
        inside("outside", alarm.clone(), move || view! { <OutsidePage data=outside(1) /> }.into_any()),
        inside("outside-several", alarm, move || view! { <OutsidePage data=outside(2) /> }.into_any()),
        inside("outside-settled", administrator("/configuration/outside"), move || {
            view! { <OutsidePage data=outside(0) /> }.into_any()
        }),
    ]
}

fn history_pages() -> Vec<Preview> {
    let history = |revisions| History { file: file_info(&registered_text()), revisions, older: Some(10) };
    let revision = |previous: Option<i64>| Revision {
        file: file_info(&registered_text()),
        item: revisions().remove(1),
        previous,
        from_previous: previous.map(|_| change()),
        from_current: other_change(),
    };
    let mut restore = administrator("/configuration/history/13/restore");
    restore.form = refused(&[("comment", "Too much detail")], &[("password", "This is not your password.")]);
    vec![
        inside("history", administrator("/configuration/history"), move || {
            view! { <HistoryPage data=history(revisions()) /> }.into_any()
        }),
        inside("history-empty", administrator("/configuration/history"), move || {
            view! { <HistoryPage data=History { older: None, ..history(Vec::new()) } /> }.into_any()
        }),
        inside("revision", administrator("/configuration/history/13"), move || {
            view! { <RevisionPage data=revision(Some(12)) /> }.into_any()
        }),
        inside("restore", restore, move || view! { <RestorePage data=revision(Some(12)) /> }.into_any()),
        inside("restore-nothing", administrator("/configuration/history/13/restore"), move || {
            view! { <RestorePage data=Revision { from_current: Diff::default(), ..revision(Some(12)) } /> }.into_any()
        }),
        inside("revision-viewer", viewer("/configuration/history/1"), move || {
            view! { <RevisionPage data=revision(None) /> }.into_any()
        }),
    ]
}

fn own_pages() -> Vec<Preview> {
    let mut wrong = administrator("/account");
    wrong.form = refused(&[], &[("current", "This is not your current password.")]);
    let session = |id: &str, device: &str, ago: i64, current: bool| SessionItem {
        id: id.into(),
        device: device.into(),
        address: "10.0.0.4".into(),
        started_ms: NOW - ago - HOUR,
        last_seen_ms: NOW - ago,
        current,
    };
    let account = move || Account {
        name: "admin".into(),
        role: Role::Administrator,
        password_changed_ms: Some(NOW - 40 * DAY),
        totp: true,
        sessions: vec![session("a", "Firefox on Linux", 0, true), session("b", "Safari on iPhone", 5 * HOUR, false)],
        password_min: 15,
    };
    let setting = |name: &str, value: &str, source: Source, help: &str, default: &str, flag: &str| OwnSetting {
        name: name.into(),
        value: value.into(),
        source,
        help: help.into(),
        default: default.into(),
        variable: format!("LEASEHOLD_{}", name.to_uppercase()),
        flag: Some(flag.into()),
    };
    let settings = Settings {
        rows: vec![
            setting(
                "data",
                "/var/lib/leasehold",
                Source::Default,
                "Folder of the database, keys and logs.",
                "/var/lib/leasehold",
                "--data",
            ),
            setting("conf", PATH, Source::Flag, "The vendor's configuration file.", PATH, "--conf"),
            setting(
                "console",
                "0.0.0.0:8084",
                Source::File { line: Some(3) },
                "Where this console is served.",
                "127.0.0.1:8084",
                "--console",
            ),
            setting(
                "tls_cert",
                "",
                Source::Default,
                "Certificate of the console; one is made when none is given.",
                "",
                "--tls-cert",
            ),
            setting(
                "session_idle",
                "30 min",
                Source::Environment,
                "An unused session ends after this time.",
                "30 min",
                "--session-idle",
            ),
        ],
        file: "/etc/leasehold/leasehold.toml".into(),
        file_exists: true,
    };
    let mut broken = audit_log(entries());
    broken.chain = Chain::Broken { sentence: "The audit log was altered at entry 229, or before it.".into() };
    let mut empty = audit_log(Vec::new());
    empty.older = None;
    let mut none = empty.clone();
    none.filter = AuditFilter {
        who: "noor".into(),
        what: "configuration".into(),
        object: "port".into(),
        from: "2026-03-01".into(),
        to: "2026-03-31".into(),
        ..AuditFilter::default()
    };
    let mut refused = audit_log(entries());
    refused.filter = AuditFilter { from: "March".into(), ..AuditFilter::default() };
    refused.refused = vec![("from", "Not a day. Write it like 2026-03-01, in this server's time zone.".into())];
    vec![
        inside("audit", administrator("/audit"), || view! { <AuditPage data=audit_log(entries()) /> }.into_any()),
        inside("audit-broken", administrator("/audit"), || view! { <AuditPage data=broken /> }.into_any()),
        inside("audit-empty", administrator("/audit"), || view! { <AuditPage data=empty /> }.into_any()),
        inside("audit-nothing", administrator("/audit"), || view! { <AuditPage data=none /> }.into_any()),
        inside("audit-refused", administrator("/audit"), || view! { <AuditPage data=refused /> }.into_any()),
        inside("account", administrator("/account"), move || view! { <AccountPage data=account() /> }.into_any()),
        inside("account-error", wrong, move || view! { <AccountPage data=account() /> }.into_any()),
        inside("settings", administrator("/settings"), || view! { <SettingsPage data=settings /> }.into_any()),
    ]
}
