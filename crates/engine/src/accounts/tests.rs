//! Accounts against a real database.

mod people;
mod second_step;

use std::sync::Arc;

use licensing::permission::Role;

use super::throttle::Guesser;
use super::users::AccountError;
use crate::Engine;
use crate::actor::{Actor, Origin};
use crate::audit::{AuditItem, AuditQuery};
use crate::clock::ManualClock;

const PASSWORD: &str = "seven green lamps hum";

async fn engine() -> (Engine, Arc<ManualClock>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let engine = Engine::open(folder.path(), &folder.path().join("a.conf"), clock.clone()).await.unwrap();
    (engine, clock, folder)
}

async fn refused(engine: &Engine) -> Vec<AuditItem> {
    let query = AuditQuery { action: Some("session.login".to_owned()), limit: 1_000, ..AuditQuery::default() };
    engine.audit.list(&query).await.unwrap()
}

fn from(address: &str) -> Actor {
    Actor { name: "nobody".to_owned(), origin: Origin::Console, address: Some(address.to_owned()) }
}

#[tokio::test]
async fn refused_sign_ins_are_summed_and_a_name_that_nobody_has_is_not_written() {
    let (engine, clock, _folder) = engine().await;
    engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let guess = async |name: &str, address: &str| {
        engine.log_in(&from(address), name, "wrong", Guesser::Stranger).await.unwrap_err()
    };
    // One machine may use any address of its network.
    for n in 0..5 {
        assert!(matches!(guess("ann", &format!("2001:db8::{n}")).await, AccountError::Wrong));
    }
    for _ in 0..40 {
        assert!(matches!(guess("ANN", "2001:db8::ffff").await, AccountError::Wait(_)));
    }
    for _ in 0..3 {
        assert!(matches!(guess("My secret passphrase", "10.0.0.1").await, AccountError::Wrong));
    }
    let sentences = |items: &[AuditItem]| items.iter().map(|item| item.sentence.clone()).collect::<Vec<_>>();
    let at_once = refused(&engine).await;
    assert_eq!(sentences(&at_once), ["Failed sign-in with an unknown user name.", "Failed sign-in for “ann”."]);
    clock.advance(60_000);
    engine.write_refused_logins(false).await;
    let all = refused(&engine).await;
    let mut sums = sentences(&all[..all.len() - 2]);
    sums.sort_unstable();
    assert_eq!(
        sums,
        [
            "2 more failed sign-ins with an unknown user name within a minute.",
            "4 more failed sign-ins for “ann” within a minute.",
            "Refused 40 sign-ins within a minute, after too many wrong passwords.",
        ]
    );
    assert!(all.iter().all(|item| !format!("{item:?}").contains("passphrase")), "{all:?}");
    let of_ann = all.iter().find(|item| item.sentence.starts_with("4 more")).unwrap();
    assert_eq!((of_ann.address.as_deref(), of_ann.object.as_deref()), (Some("2001:db8::/64"), Some("ann")));
}

#[tokio::test]
async fn when_too_many_wait_a_password_is_not_checked_and_not_counted() {
    let (engine, _clock, _folder) = engine().await;
    engine.add_user(&Actor::system(), "ann", Role::Viewer, PASSWORD).await.unwrap();
    let mut places = Vec::new();
    while let Some(place) = engine.password_checks.place() {
        places.push(place);
    }
    for _ in 0..20 {
        let refused = engine.log_in(&from("10.0.0.1"), "ann", PASSWORD, Guesser::Stranger).await;
        assert!(matches!(refused, Err(AccountError::Busy)));
    }
    places.clear();
    assert!(engine.log_in(&from("10.0.0.1"), "ann", PASSWORD, Guesser::Stranger).await.is_ok());
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let (engine, _clock, _folder) = engine().await;
    let (ann, bob) = (from("127.0.0.1"), from("127.0.0.1"));
    let (first, second) = tokio::join!(engine.claim(&ann, "ann", PASSWORD), engine.claim(&bob, "bob", PASSWORD));
    let claimed = [&first, &second].iter().filter(|made| matches!(made, Err(AccountError::Claimed))).count();
    assert_eq!((claimed, engine.users().await.unwrap().len()), (1, 1));
    assert!(engine.add_user(&Actor::system(), "eve", Role::Administrator, PASSWORD).await.is_ok());
}
