//! Users, tokens, two-step sign-in and one-time links in their states.

use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, refused, stranger, viewer};
use crate::{Preview, render};
use app::components::BareLayout;
use app::pages::account::{
    InvitePage, Invited, InvitedFor, LoginCodePage, SessionItem, TwoStep, TwoStepPage, TwoStepView,
};
use app::pages::users::*;
use leptos::prelude::*;
use licensing::permission::{Permission, Role};

const HOSTILE: &str = "</script><script>alert(1)</script>\u{202e}";

fn user(id: i64, name: &str, role: Role) -> UserRow {
    UserRow {
        id,
        name: name.into(),
        role,
        created_ms: NOW - 90 * DAY,
        password_ms: NOW - 40 * DAY,
        signed_in_ms: Some(NOW - 5 * MINUTE),
        disabled_ms: None,
        totp: role == Role::Administrator,
        sessions: 1,
        is_own: id == 1,
    }
}

fn session(id: &str, current: bool) -> SessionItem {
    SessionItem {
        id: id.into(),
        device: "Firefox on Linux".into(),
        address: "10.0.0.4".into(),
        started_ms: NOW - 2 * HOUR,
        last_seen_ms: NOW - MINUTE,
        current,
    }
}

fn link() -> Option<NewLink> {
    Some(NewLink {
        title: "Invitation as operator".into(),
        what: "Send this link to the invited person over a channel you trust.".into(),
        url: format!("https://lic-01.example:8084/invite/{}", "0123456789abcdef".repeat(4)),
        until_ms: NOW + 3 * DAY,
    })
}

fn few() -> UsersPage {
    UsersPage {
        users: vec![UserRow { totp: false, ..user(1, "admin", Role::Administrator) }],
        sessions: vec![OwnedSession { user_id: 1, user: "admin".into(), session: session("a", true) }],
        ..UsersPage::default()
    }
}

fn many() -> UsersPage {
    let long = "a-name-of-sixty-four-characters-which-is-the-longest-there-can-be";
    let gone = UserRow {
        signed_in_ms: None,
        disabled_ms: Some(NOW - 3 * DAY),
        sessions: 0,
        ..user(4, "lin@example.com", Role::Viewer)
    };
    UsersPage {
        users: vec![
            user(1, "admin", Role::Administrator),
            user(2, "noor", Role::Operator),
            UserRow { totp: false, ..user(3, &long[..64], Role::Administrator) },
            gone,
        ],
        invitations: vec![
            InvitationRow {
                id: 7,
                role: Role::Operator,
                invitee: HOSTILE.into(),
                by: "admin".into(),
                until_ms: NOW + 2 * DAY,
            },
            InvitationRow {
                id: 8,
                role: Role::Viewer,
                invitee: String::new(),
                by: "admin".into(),
                until_ms: NOW + HOUR,
            },
        ],
        sessions: vec![
            OwnedSession { user_id: 1, user: "admin".into(), session: session("a", true) },
            OwnedSession { user_id: 2, user: "noor".into(), session: session("b", false) },
        ],
        link: link(),
        requires_totp: true,
    }
}

fn one(user: UserRow, is_last: bool) -> UserPage {
    let sessions = if user.sessions > 0 { vec![session("b", false)] } else { Vec::new() };
    UserPage { user, sessions, link: None, is_last }
}

fn token(id: i64, name: &str) -> TokenRow {
    TokenRow {
        id,
        name: name.into(),
        role: Role::Operator,
        only: Some(vec![Permission::View, Permission::Exchange]),
        by: "admin".into(),
        until_ms: NOW + 20 * DAY,
        used_ms: Some(NOW - HOUR),
        used_from: Some("10.0.0.9".into()),
        revoked_ms: None,
    }
}

pub fn pages() -> Vec<Preview> {
    let mut wrong = administrator("/users");
    wrong.form = refused(
        &[("role", "king"), ("invitee", "Grace")],
        &[("role", "Unknown role. Use viewer, operator or administrator.")],
    );
    let mut beyond = administrator("/users/tokens");
    beyond.form = refused(
        &[("name", "sync"), ("role", "viewer"), ("only", "exchange"), ("days", "900")],
        &[
            (
                "only",
                "The role viewer does not have the permission exchange. Leave it out, or choose the role operator.",
            ),
            ("days", "A token can be valid for 1 to 366 days."),
        ],
    );
    let tokens = || TokensPage {
        tokens: vec![
            token(1, "sync"),
            TokenRow { only: None, used_ms: None, used_from: None, ..token(2, "backup-job") },
            TokenRow { until_ms: NOW - DAY, ..token(3, "old") },
            TokenRow { revoked_ms: Some(NOW - HOUR), ..token(4, "leaked") },
        ],
        created: None,
        most_days: 366,
    };
    let created = Some(CreatedToken { name: "sync".into(), token: format!("lhk_{}", "x".repeat(49)) });
    let mut bad_code = administrator("/account/two-step");
    bad_code.form = refused(
        &[],
        &[("code", "Wrong code. Enter the code your authenticator app shows now, or one of your recovery codes.")],
    );
    let waiting = || TwoStepPage {
        state: TwoStep::Waiting {
            secret: Some("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into()),
            qr_svg: Some("<svg viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1H0z\"/></svg>".into()),
        },
        ..TwoStepPage::default()
    };
    let codes: Vec<String> = (0..10).map(|n| format!("JBSW-Y3DP-EHPK-3P{n}P")).collect();
    let mut code = stranger("/login/code");
    code.form = refused(&[("name", "admin")], &[("code", "This code was already used. Wait for the next one.")]);
    let invite = |purpose| Invited { purpose, password_min: 15 };
    let bare = |name: &str, context, data| {
        render(name, context, || view! { <BareLayout><InvitePage data=data /></BareLayout> }.into_any())
    };
    let mut differ = stranger("/invite/x");
    differ.form = refused(&[("name", "grace")], &[("password_again", "The passwords do not match.")]);
    vec![
        inside("users", administrator("/users"), || view! { <UsersView data=many() /> }.into_any()),
        inside("users-alone", administrator("/users"), || view! { <UsersView data=few() /> }.into_any()),
        inside("users-refused", wrong, || view! { <UsersView data=few() /> }.into_any()),
        inside("user", administrator("/users/2"), || {
            let data = UserPage { link: link(), ..one(user(2, "noor", Role::Operator), false) };
            view! { <UserView data=data /> }.into_any()
        }),
        inside("user-last", administrator("/users/1"), || {
            view! { <UserView data=one(user(1, "admin", Role::Administrator), true) /> }.into_any()
        }),
        inside("user-disabled", administrator("/users/4"), || {
            let gone = UserRow { disabled_ms: Some(NOW - DAY), sessions: 0, ..user(4, "lin", Role::Viewer) };
            view! { <UserView data=one(gone, false) /> }.into_any()
        }),
        inside("tokens", administrator("/users/tokens"), move || {
            view! { <TokensView data=TokensPage { created, ..tokens() } /> }.into_any()
        }),
        inside("tokens-empty", administrator("/users/tokens"), || {
            view! { <TokensView data=TokensPage { most_days: 366, ..TokensPage::default() } /> }.into_any()
        }),
        inside("tokens-refused", beyond, move || view! { <TokensView data=tokens() /> }.into_any()),
        inside("two-step", viewer("/account/two-step"), || {
            view! { <TwoStepView data=TwoStepPage::default() /> }.into_any()
        }),
        inside("two-step-required", administrator("/account/two-step"), || {
            view! { <TwoStepView data=TwoStepPage { required: true, ..TwoStepPage::default() } /> }.into_any()
        }),
        inside("two-step-waiting", administrator("/account/two-step"), move || {
            view! { <TwoStepView data=waiting() /> }.into_any()
        }),
        inside("two-step-wrong", bad_code, move || view! { <TwoStepView data=waiting() /> }.into_any()),
        inside("two-step-codes", administrator("/account/two-step"), move || {
            let data = TwoStepPage { state: TwoStep::On { left: 10 }, codes, ..TwoStepPage::default() };
            view! { <TwoStepView data=data /> }.into_any()
        }),
        inside("two-step-on", administrator("/account/two-step"), || {
            let data = TwoStepPage { state: TwoStep::On { left: 1 }, required: true, ..TwoStepPage::default() };
            view! { <TwoStepView data=data /> }.into_any()
        }),
        render("login-code", code, || {
            view! { <BareLayout><LoginCodePage next="/".to_owned() /></BareLayout> }.into_any()
        }),
        bare("invite", stranger("/invite/x"), invite(InvitedFor::Join(Role::Operator))),
        bare("invite-refused", differ, invite(InvitedFor::Join(Role::Viewer))),
        bare("invite-password", stranger("/invite/x"), invite(InvitedFor::Password("noor".into()))),
    ]
}
