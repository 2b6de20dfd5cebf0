use serde_json::Value;

use super::world::ExchangePair;
use crate::contact::console::{Console, PASSWORD};
use crate::harness::{stderr, stdout, within};

/// The words of the node about an auth string that is not this server's.
const WRONG_AUTH: &str = "The auth string doesn't belong to this GUID.";

/// A server that was registered with this GUID and this auth string by hand: its node refused the first sync.
fn refused_as(world: &ExchangePair, guid: &str, auth: &str) -> String {
    world.set_nodes(&[&world.node.address]);
    let keys: Value = serde_json::from_str(&world.node.command(&["keys", "show", "--json"])).unwrap();
    let fingerprint = keys["fingerprint"].as_str().unwrap();
    let registered = world.cli(&["register", "--guid", guid, "--auth", auth, "--vendor-key", fingerprint]);
    assert_eq!(registered.status.code(), Some(1), "{}", stdout(&registered));
    stderr(&registered)
}

/// Sends the correction of the console.
fn correct(console: &mut Console, world: &ExchangePair, more: &[(&str, &str)]) -> (u16, String) {
    let same = [("form", "correct"), ("new_guid", &world.registration.deployment), ("password", PASSWORD)];
    console.send(&world.server, "/exchange/registration/correct", &[&same[..], more].concat())
}

fn ledger(world: &ExchangePair) -> usize {
    world.server.get("/api/v1/exchange/ledger").body["items"].as_array().unwrap().len()
}

#[test]
fn a_refusal_is_told_in_the_nodes_words_everywhere_and_a_wrong_auth_string_is_corrected_in_the_console() {
    let world = ExchangePair::unregistered();
    let mut console = Console::of(&world);
    let said = refused_as(&world, &world.registration.guid, "MISTYPED");
    let refusal = format!("The node {} refused: {WRONG_AUTH}", world.node.address);
    assert!(said.contains(&refusal) && !said.contains("valid answer"), "{said}");

    let synced = world.cli(&["sync"]);
    let said = stderr(&synced);
    assert!(said.contains(&refusal) && said.contains("`leasehold register`"), "{said}");
    let over_api = world.sync();
    assert_eq!(over_api.status, 502);
    assert!(over_api.body["detail"].as_str().unwrap().starts_with(&refusal), "{}", over_api.body);
    assert!(over_api.body["attempts"][0]["refused"].as_str().unwrap().starts_with(WRONG_AUTH), "{}", over_api.body);
    let status = stdout(&world.cli(&["status"]));
    assert!(status.contains(&format!("The last sync failed. {refusal}")), "{status}");
    let page = console.page(&world.server, "/exchange");
    for words in [&world.node.address, "refused", "The auth string doesn", "href=\"/exchange#registration\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("valid answer") && !page.contains("MISTYPED"), "{page}");

    // The node is asked before anything is kept, and its refusal stands at the field.
    let entries = ledger(&world);
    let (status, page) = correct(&mut console, &world, &[("new_auth", "MISTYPED-AGAIN")]);
    assert_eq!(status, 422, "{page}");
    assert!(page.contains("id=\"new_auth-error\"") && page.contains("The auth string doesn"), "{page}");
    let other_context = [("new_auth", world.registration.auth.as_str()), ("new_context", "backup")];
    let (status, page) = correct(&mut console, &world, &other_context);
    assert_eq!(status, 422);
    assert!(page.contains("are for a production server"), "{page}");
    assert_eq!(ledger(&world), entries, "a try is no exchange");
    assert_eq!(world.sync().status, 502, "nothing was kept");

    let (status, page) = correct(&mut console, &world, &[("new_auth", &world.registration.auth)]);
    assert_eq!(status, 303, "{page}");
    let page = console.page(&world.server, "/exchange");
    assert!(page.contains("Registration corrected. Synced: 2 added."), "{page}");
    assert!(world.licenses().contains("TTS3_QUIXOTIC"));
    let audit = stdout(&world.cli(&["audit", "export", "--json"]));
    let told =
        format!("Corrected the registration: auth string. The licensing node {} accepted it.", world.node.address);
    assert!(audit.contains(&told), "{audit}");
    for secret in ["MISTYPED", &world.registration.auth] {
        assert!(!audit.contains(secret) && !page.contains(secret) && !world.log().contains(secret), "{secret}");
    }
}

#[test]
fn a_mistyped_guid_is_corrected_and_the_auth_string_need_not_be_typed_again() {
    let world = ExchangePair::unregistered();
    let mut console = Console::of(&world);
    let said = refused_as(&world, "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}", &world.registration.auth);
    assert!(said.contains("refused: This node has no server {DF9960A1"), "{said}");
    let (status, page) = correct(&mut console, &world, &[("new_context", "production")]);
    assert_eq!(status, 303, "{page}");
    assert!(within(5_000, || world.licenses().contains("TTS3_QUIXOTIC").then_some(())).is_some());
    let status = world.server.get("/api/v1/status").body;
    assert_eq!(
        (&status["guid"], &status["context"]),
        (&Value::from(world.registration.guid.as_str()), &Value::from("production"))
    );
}

#[test]
fn while_nothing_is_reachable_a_correction_is_kept_only_on_demand() {
    let mut world = ExchangePair::unregistered();
    let mut console = Console::of(&world);
    refused_as(&world, &world.registration.guid, "MISTYPED");
    world.node.stop();
    let auth = world.registration.auth.clone();
    let began = std::time::Instant::now();
    let (status, page) = correct(&mut console, &world, &[("new_auth", &auth)]);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("No licensing node could be reached.") && page.contains("Keep without the check"), "{page}");
    assert!(!page.contains(&auth), "{page}");
    assert!(began.elapsed().as_secs() < 12, "a try has an end");
    let (status, page) = correct(&mut console, &world, &[("auth_kept", "yes"), ("intent", "keep")]);
    assert_eq!(status, 303, "{page}");
    world.node.again(None);
    assert_eq!(world.sync().status, 200, "the auth string that was typed once is the one in use");
}

#[test]
fn a_try_does_not_wait_for_a_sync_under_way_and_does_not_disturb_it() {
    let world = ExchangePair::new();
    let mut console = Console::of(&world);
    let before = world.licenses();
    let entries = ledger(&world);
    std::thread::scope(|scope| {
        let syncs: Vec<_> = (0..4).map(|_| scope.spawn(|| world.sync().status)).collect();
        let (status, page) = correct(&mut console, &world, &[("new_auth", "NOT-IT"), ("new_context", "production")]);
        assert_eq!(status, 422, "{page}");
        for sync in syncs {
            assert_eq!(sync.join().unwrap(), 200);
        }
    });
    assert_eq!(world.licenses(), before);
    let listed = world.server.get("/api/v1/exchange/ledger").body;
    let all = listed["items"].as_array().unwrap();
    assert!(all.len() > entries && all.iter().all(|entry| entry["state"] == "answered"), "{listed}");
}
