//! Other people's accounts, one-time links, limited tokens.

use licensing::permission::{Permission, Role};
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::SessionStore;

use super::*;
use crate::accounts::links::LinkPurpose;
use crate::accounts::session_store::{SessionUser, WHO};
use crate::accounts::tokens::TokenError;
use crate::accounts::users::User;

const HOUR: i64 = 3_600_000;

fn ada() -> Actor {
    Actor { name: "ada".to_owned(), origin: Origin::Console, address: Some("10.0.0.1".to_owned()) }
}

/// Signs a user in with a browser; its handle.
async fn open_session(engine: &Engine, user: &User, handle: &str) -> Id {
    let who = SessionUser { user_id: user.id, handle: handle.to_owned(), address: None, agent: None };
    let expiry_date = OffsetDateTime::from_unix_timestamp(2_000_000_000).unwrap();
    let mut record = Record { id: Id::default(), data: [].into(), expiry_date };
    record.data.insert(WHO.to_owned(), serde_json::to_value(who).unwrap());
    engine.session_store().create(&mut record).await.unwrap();
    record.id
}

async fn newest(engine: &Engine) -> AuditItem {
    engine.audit.list(&AuditQuery { limit: 1, ..AuditQuery::default() }).await.unwrap().remove(0)
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_is_neither_removed_demoted_nor_disabled() {
    let (engine, _clock, _folder) = engine().await;
    for name in ["ada", "bob"] {
        engine.add_user(&Actor::system(), name, Role::Administrator, PASSWORD).await.unwrap();
    }
    engine.disable_user(&ada(), "bob").await.unwrap();
    let last = |error| matches!(error, AccountError::LastAdministrator(name) if name == "ada");
    assert!(last(engine.set_role(&ada(), "Ada", Role::Operator).await.unwrap_err()));
    assert!(last(engine.disable_user(&ada(), "ada").await.unwrap_err()));
    assert!(last(engine.remove_user(&ada(), "ada").await.unwrap_err()));
    assert_eq!(engine.set_role(&ada(), "ada", Role::Administrator).await.unwrap().role, Role::Administrator);
    // Somebody else can: now she may go.
    engine.enable_user(&ada(), "BOB").await.unwrap();
    engine.remove_user(&ada(), "ada").await.unwrap();
    assert!(last_of(&engine).await);
    assert!(matches!(engine.remove_user(&ada(), "nobody").await, Err(AccountError::Unknown(_))));
}

/// Whether bob alone is left, as administrator.
async fn last_of(engine: &Engine) -> bool {
    let users = engine.users().await.unwrap();
    users.len() == 1 && users[0].name == "bob" && users[0].role == Role::Administrator
}

#[tokio::test]
async fn another_role_disabling_and_removal_end_the_sessions_and_say_who_did_what_to_whom() {
    let (engine, _clock, _folder) = engine().await;
    engine.add_user(&Actor::system(), "ada", Role::Administrator, PASSWORD).await.unwrap();
    let ann = engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let told = async |action: &str, sentence: &str| {
        let entry = newest(&engine).await;
        assert_eq!(
            (entry.who.as_str(), entry.action.as_str(), entry.object.as_deref(), entry.sentence.as_str()),
            ("ada", action, Some("ann"), sentence)
        );
    };
    let id = open_session(&engine, &ann, "first").await;
    engine.set_role(&ada(), "ann", Role::Viewer).await.unwrap();
    assert_eq!(engine.all_sessions().await.unwrap().len(), 1, "nothing changed");
    assert_eq!(engine.set_role(&ada(), "ann", Role::Operator).await.unwrap().role, Role::Operator);
    assert!(engine.session_store().load(&id).await.unwrap().is_none());
    told("user.role", "Changed the role of ann from viewer to operator and ended that user's sessions.").await;

    open_session(&engine, &ann, "second").await;
    engine.disable_user(&ada(), "ann").await.unwrap();
    assert!(engine.all_sessions().await.unwrap().is_empty());
    told("user.disable", "Disabled ann and ended that user's sessions.").await;
    let refused_for = async |password: &str| engine.log_in(&from("10.0.0.2"), "ann", password, Guesser::Stranger).await;
    assert!(matches!(refused_for(PASSWORD).await, Err(AccountError::Disabled)));
    assert!(matches!(refused_for("wrong").await, Err(AccountError::Wrong)), "only who knows the password hears of it");
    assert!(refused(&engine).await.iter().any(|entry| entry.sentence.contains("account is disabled")));
    engine.enable_user(&ada(), "ann").await.unwrap();
    assert!(refused_for(PASSWORD).await.is_ok());

    for handle in ["third", "fourth"] {
        open_session(&engine, &ann, handle).await;
    }
    let all = engine.all_sessions().await.unwrap();
    assert_eq!((all.len(), all[0].user.as_str(), all[0].user_id), (2, "ann", ann.id));
    assert_eq!(engine.end_sessions_of(&ada(), "ann", Some("third")).await.unwrap(), 1);
    assert_eq!(engine.end_sessions_of(&ada(), "ann", Some("third")).await.unwrap(), 0);
    assert_eq!(engine.end_sessions_of(&ada(), "ann", None).await.unwrap(), 1);
    told("session.end", "Ended 1 session of ann.").await;
    open_session(&engine, &ann, "fifth").await;
    engine.remove_user(&ada(), "Ann").await.unwrap();
    told("user.remove", "Removed user ann, operator.").await;
    assert!(engine.all_sessions().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_invitation_is_good_once_and_for_72_hours_and_only_its_digest_is_kept() {
    let (engine, clock, folder) = engine().await;
    let invited = engine.invite_user(&ada(), Role::Operator, " Grace ").await.unwrap();
    assert_eq!(newest(&engine).await.sentence, "Invited Grace as operator, with a link that is valid for 72 h.");
    let waiting = engine.invitations().await.unwrap();
    assert_eq!((waiting.len(), waiting[0].invitee.as_str(), waiting[0].role), (1, "Grace", Role::Operator));
    let kept = std::fs::read_dir(folder.path()).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        bytes.windows(invited.token.len()).any(|part| part == invited.token.as_bytes())
    });
    assert!(!kept, "the token is in no file");

    let accept = async |token: &str, name: &str, password: &str| {
        engine.accept_invitation(&from("10.0.0.2"), token, name, password).await
    };
    clock.advance(72 * HOUR - 1);
    assert_eq!(engine.link_purpose(&invited.token).await.unwrap(), Some(LinkPurpose::Invitation(Role::Operator)));
    assert!(matches!(accept(&invited.token, "grace", "short").await, Err(AccountError::Password(_))));
    assert!(matches!(accept("made-up", "grace", PASSWORD).await, Err(AccountError::Link)));
    let (one, two) =
        tokio::join!(accept(&invited.token, "grace", PASSWORD), accept(&invited.token, "hopper", PASSWORD));
    assert_eq!([&one, &two].iter().filter(|made| made.is_ok()).count(), 1, "of two with the link, one comes in");
    assert_eq!(one.or(two).unwrap().role, Role::Operator);
    assert_eq!(engine.users().await.unwrap().len(), 1);
    assert_eq!(engine.link_purpose(&invited.token).await.unwrap(), None);
    assert!(newest(&engine).await.sentence.ends_with("as operator, invited by ada."));

    let late = engine.invite_user(&ada(), Role::Viewer, "").await.unwrap();
    clock.advance(72 * HOUR);
    assert!(matches!(accept(&late.token, "late", PASSWORD).await, Err(AccountError::Link)));
    assert!(engine.invitations().await.unwrap().is_empty());
    let withdrawn = engine.invite_user(&ada(), Role::Viewer, "").await.unwrap();
    engine.withdraw_invitation(&ada(), withdrawn.id).await.unwrap();
    assert!(matches!(accept(&withdrawn.token, "gone", PASSWORD).await, Err(AccountError::Link)));
    assert!(matches!(engine.withdraw_invitation(&ada(), withdrawn.id).await, Err(AccountError::NoInvitation)));
    assert!(matches!(engine.invite_user(&ada(), Role::Viewer, "two\nlines").await, Err(AccountError::Invitee)));
}

#[tokio::test]
async fn a_password_link_works_once_and_ends_with_the_next_one_and_with_another_password() {
    let (engine, clock, _folder) = engine().await;
    let ann = engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let first = engine.password_link(&ada(), "ANN").await.unwrap();
    let second = engine.password_link(&ada(), "ann").await.unwrap();
    let use_link =
        async |token: &str, password: &str| engine.use_password_link(&from("10.0.0.2"), token, password).await;
    const NEW: &str = "nine blue kettles sing";
    assert!(matches!(use_link(&first.token, NEW).await, Err(AccountError::Link)), "the next one took its place");
    assert!(engine.log_in(&from("10.0.0.2"), "ann", PASSWORD, Guesser::Stranger).await.is_ok(), "it still works");
    open_session(&engine, &ann, "first").await;
    assert_eq!(use_link(&second.token, NEW).await.unwrap(), "ann");
    assert!(engine.all_sessions().await.unwrap().is_empty());
    assert!(engine.log_in(&from("10.0.0.2"), "ann", NEW, Guesser::Stranger).await.is_ok());
    assert!(matches!(use_link(&second.token, PASSWORD).await, Err(AccountError::Link)), "it is spent");
    let third = engine.password_link(&ada(), "ann").await.unwrap();
    engine.set_password(&ada(), "ann", "eleven brass keys in snow", None).await.unwrap();
    assert!(matches!(use_link(&third.token, NEW).await, Err(AccountError::Link)));
    let fourth = engine.password_link(&ada(), "ann").await.unwrap();
    // An invitation is no such link, nor the other way round.
    assert!(matches!(
        engine.accept_invitation(&from("10.0.0.2"), &fourth.token, "eve", PASSWORD).await,
        Err(AccountError::Link)
    ));
    clock.advance(24 * HOUR);
    assert!(matches!(use_link(&fourth.token, NEW).await, Err(AccountError::Link)));
    assert!(matches!(engine.password_link(&ada(), "nobody").await, Err(AccountError::Unknown(_))));
}

#[tokio::test]
async fn who_is_demoted_disabled_or_removed_does_not_come_back_through_a_link_of_her_own() {
    let (engine, _clock, _folder) = engine().await;
    engine.add_user(&Actor::system(), "bob", Role::Administrator, PASSWORD).await.unwrap();
    let bob = Actor { name: "bob".to_owned(), ..ada() };
    for (how, sentence) in [
        (0, "Changed the role of ada from administrator to operator and ended that user's sessions. Ended"),
        (1, "Disabled ada and ended that user's sessions. Ended"),
        (2, "Removed user ada, administrator. Ended"),
    ] {
        engine.add_user(&Actor::system(), "ada", Role::Administrator, PASSWORD).await.unwrap();
        let invited = engine.invite_user(&ada(), Role::Administrator, "").await.unwrap();
        let password = engine.password_link(&ada(), "bob").await.unwrap();
        let of_bob = engine.invite_user(&bob, Role::Viewer, "").await.unwrap();
        // A command of a system user who happens to have the same name.
        let command = Actor { origin: Origin::CommandLine, ..ada() };
        let of_command = engine.invite_user(&command, Role::Viewer, "").await.unwrap();
        match how {
            0 => drop(engine.set_role(&bob, "ada", Role::Operator).await.unwrap()),
            1 => drop(engine.disable_user(&bob, "ada").await.unwrap()),
            _ => drop(engine.remove_user(&bob, "ada").await.unwrap()),
        }
        assert_eq!(newest(&engine).await.sentence, format!("{sentence} 2 one-time links that ada had created."));
        for (link, stays) in [(&invited, false), (&password, false), (&of_bob, true), (&of_command, true)] {
            assert_eq!(engine.link_purpose(&link.token).await.unwrap().is_some(), stays, "{sentence}");
        }
        if how < 2 {
            engine.remove_user(&bob, "ada").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_link_may_be_tried_ten_times_and_waits_for_its_turn_as_a_sign_in_does() {
    let (engine, _clock, _folder) = engine().await;
    engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let link = engine.invite_user(&ada(), Role::Viewer, "").await.unwrap();
    let accept = async |name: &str, password: &str| engine.accept_invitation(&ada(), &link.token, name, password).await;
    let mut places = Vec::new();
    while let Some(place) = engine.password_checks.place() {
        places.push(place);
    }
    assert!(matches!(accept("ann", PASSWORD).await, Err(AccountError::Busy)));
    let reset = engine.password_link(&ada(), "ann").await.unwrap();
    let set = engine.use_password_link(&ada(), &reset.token, "nine blue kettles sing").await;
    assert!(matches!(set, Err(AccountError::Busy)));
    drop(places);
    assert!(engine.use_password_link(&ada(), &reset.token, "nine blue kettles sing").await.is_ok());
    // What is refused before anything is hashed costs nothing.
    for _ in 0..20 {
        assert!(matches!(accept("bob", "short").await, Err(AccountError::Password(_))));
    }
    for _ in 0..10 {
        assert!(engine.link_purpose(&link.token).await.unwrap().is_some());
        assert!(matches!(accept("ann", PASSWORD).await, Err(AccountError::Taken(_))));
    }
    assert!(matches!(accept("bob", PASSWORD).await, Err(AccountError::Link)), "a free name, too late");
    assert_eq!(engine.link_purpose(&link.token).await.unwrap(), None);
    assert!(engine.invitations().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_limited_token_keeps_its_limit_and_tells_from_where_it_was_used() {
    let (engine, _clock, _folder) = engine().await;
    let only = [Permission::Exchange];
    let beyond = engine.create_token(&ada(), "sync", Role::Viewer, &only, 30).await;
    assert!(matches!(beyond, Err(TokenError::Beyond(_))));
    let token = engine.create_token(&ada(), "sync", Role::Operator, &only, 1).await.unwrap();
    assert_eq!(
        newest(&engine).await.sentence,
        "Created the API token sync as operator, limited to view and exchange, valid for 1 day."
    );
    let (name, rights) = engine.token(&token, Some("10.0.0.7")).await.unwrap().unwrap();
    assert_eq!(name, "sync");
    assert!(rights.allows(Permission::Exchange) && rights.allows(Permission::View));
    assert!(!rights.allows(Permission::Drain) && !rights.allows(Permission::ManageUsers));
    let listed = engine.tokens().await.unwrap().remove(0);
    assert_eq!(listed.only, Some(vec![Permission::View, Permission::Exchange]));
    assert_eq!((listed.last_used_from.as_deref(), listed.last_used_at.is_some()), (Some("10.0.0.7"), true));
}
