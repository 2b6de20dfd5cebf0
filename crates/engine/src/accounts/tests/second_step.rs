//! Two-step sign-in.

use licensing::permission::Role;
use licensing::totp::{STEP, TotpSecret};

use super::*;
use crate::accounts::users::User;

/// A user with two-step sign-in, the secret of the app, and the recovery codes.
async fn set_up(engine: &Engine, name: &str) -> (User, TotpSecret, Vec<String>) {
    let actor = from("10.0.0.1");
    let user = engine.add_user(&Actor::system(), name, Role::Viewer, PASSWORD).await.unwrap();
    let secret = engine.begin_totp(&Actor::system(), user.id).await.unwrap();
    let codes = engine.confirm_totp(&actor, user.id, &secret.code_at(engine.now_ms())).await.unwrap();
    (engine.user(user.id).await.unwrap().unwrap(), secret, codes)
}

async fn second(engine: &Engine, user: &User, typed: &str) -> Result<Option<usize>, AccountError> {
    engine.second_step(&from("10.0.0.1"), user, typed, None).await
}

#[tokio::test]
async fn a_code_is_asked_for_from_its_first_one_on_and_each_works_once() {
    let (engine, clock, _folder) = engine().await;
    let ann = engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let secret = engine.begin_totp(&Actor::system(), ann.id).await.unwrap();
    assert!(!engine.user(ann.id).await.unwrap().unwrap().totp, "not before the first code");
    assert_eq!(engine.pending_totp(ann.id).await.unwrap(), Some(secret.clone()));
    let far = secret.code_at(engine.now_ms() + 10 * STEP);
    for wrong in [far.as_str(), "", "no code", "AAAA-AAAA-AAAA-AAAA"] {
        let refused = engine.confirm_totp(&from("10.0.0.1"), ann.id, wrong).await;
        assert!(matches!(refused, Err(AccountError::WrongCode)), "{wrong}");
    }
    let first = secret.code_at(engine.now_ms());
    let codes = engine.confirm_totp(&from("10.0.0.1"), ann.id, &first).await.unwrap();
    assert_eq!((codes.len(), engine.recovery_codes_left(ann.id).await.unwrap()), (10, 10));
    assert!(matches!(engine.begin_totp(&Actor::system(), ann.id).await, Err(AccountError::TotpOn)));

    let ann = engine.log_in(&from("10.0.0.1"), "ann", PASSWORD, Guesser::Stranger).await.unwrap();
    assert!(ann.totp);
    assert!(matches!(second(&engine, &ann, &first).await, Err(AccountError::UsedCode)), "it was used at the set-up");
    clock.advance(STEP);
    let next = secret.code_at(engine.now_ms());
    assert!(matches!(second(&engine, &ann, &next).await, Ok(None)));
    assert!(matches!(second(&engine, &ann, &next).await, Err(AccountError::UsedCode)));
    // The phone is 30 s ahead, then 60 s.
    clock.advance(2 * STEP);
    let ahead = secret.code_at(engine.now_ms() + 2 * STEP);
    assert!(matches!(second(&engine, &ann, &ahead).await, Err(AccountError::WrongCode)));
    assert!(second(&engine, &ann, &secret.code_at(engine.now_ms() + STEP)).await.is_ok());
    let now = secret.code_at(engine.now_ms());
    assert!(matches!(second(&engine, &ann, &now).await, Err(AccountError::UsedCode)), "older than the one before");
    let entries = refused(&engine).await;
    assert!(entries.iter().any(|entry| entry.sentence.contains("the password was right, the code was not")));
}

#[tokio::test]
async fn a_recovery_code_works_once_and_only_digests_are_kept() {
    let (engine, _clock, folder) = engine().await;
    let (ann, _, codes) = set_up(&engine, "ann").await;
    let plain = codes[0].replace('-', "");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(16).any(|part| part == plain.as_bytes()), "it is in no file");
    }
    assert!(matches!(second(&engine, &ann, &codes[0].to_lowercase()).await, Ok(Some(9))));
    assert!(matches!(second(&engine, &ann, &codes[0]).await, Err(AccountError::WrongCode)));
    let new = engine.new_recovery_codes(&from("10.0.0.1"), ann.id).await.unwrap();
    assert!(matches!(second(&engine, &ann, &codes[1]).await, Err(AccountError::WrongCode)), "they were replaced");
    assert!(matches!(second(&engine, &ann, &new[1]).await, Ok(Some(9))));
    // Those of somebody else are none.
    let (bob, _, of_bob) = set_up(&engine, "bob").await;
    assert!(matches!(second(&engine, &ann, &of_bob[0]).await, Err(AccountError::WrongCode)));
    assert!(matches!(second(&engine, &bob, &of_bob[0]).await, Ok(Some(9))));
}

#[tokio::test]
async fn who_has_lost_the_device_gets_in_with_the_password_alone_after_a_reset() {
    let (engine, clock, _folder) = engine().await;
    let (ann, secret, codes) = set_up(&engine, "ann").await;
    assert_eq!(engine.reset_totp(&Actor::system(), "Ann").await.unwrap(), "ann");
    assert!(matches!(engine.reset_totp(&Actor::system(), "ann").await, Err(AccountError::TotpOff(_))));
    assert!(!engine.log_in(&from("10.0.0.1"), "ann", PASSWORD, Guesser::Stranger).await.unwrap().totp);
    clock.advance(STEP);
    for old in [secret.code_at(engine.now_ms()), codes[0].clone()] {
        assert!(matches!(second(&engine, &ann, &old).await, Err(AccountError::WrongCode)), "neither works any more");
    }
    assert_ne!(engine.begin_totp(&Actor::system(), ann.id).await.unwrap(), secret);
    assert!(matches!(engine.end_totp(&from("10.0.0.1"), ann.id).await, Err(AccountError::TotpOff(_))));
}

#[tokio::test]
async fn wrong_codes_are_slowed_down_though_the_password_is_right_each_time() {
    let (engine, clock, _folder) = engine().await;
    let (ann, secret, _) = set_up(&engine, "ann").await;
    clock.advance(STEP);
    let wrong = secret.code_at(engine.now_ms() + 10 * STEP);
    for _ in 0..5 {
        assert!(engine.log_in(&from("10.0.0.1"), "ann", PASSWORD, Guesser::Stranger).await.is_ok());
        assert!(matches!(second(&engine, &ann, &wrong).await, Err(AccountError::WrongCode)));
    }
    let right = secret.code_at(engine.now_ms());
    assert!(matches!(second(&engine, &ann, &right).await, Err(AccountError::Wait(1))), "nothing is checked");
    let known = engine.second_step(&from("10.0.0.1"), &ann, &right, Some("1")).await;
    assert!(known.is_ok(), "a browser in which ann signed in before has attempts of its own");
}

#[tokio::test]
async fn a_set_up_that_was_left_ends_after_half_an_hour() {
    let (engine, clock, _folder) = engine().await;
    let ann = engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let first = engine.begin_totp(&Actor::system(), ann.id).await.unwrap();
    clock.advance(30 * 60_000 + 1);
    assert_eq!(engine.pending_totp(ann.id).await.unwrap(), None);
    let late = engine.confirm_totp(&from("10.0.0.1"), ann.id, &first.code_at(engine.now_ms())).await;
    assert!(matches!(late, Err(AccountError::TotpNotStarted)));
    let second = engine.begin_totp(&Actor::system(), ann.id).await.unwrap();
    assert_ne!(first, second);
    assert!(engine.confirm_totp(&from("10.0.0.1"), ann.id, &second.code_at(engine.now_ms())).await.is_ok());
}
