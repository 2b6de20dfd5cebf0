use std::time::{Duration, Instant};

use super::{how, joined, name, own, peer, seen, start, until};
use crate::exchange::world::text_of;
use crate::harness::{stderr, stdout, within};

#[test]
fn two_servers_see_each_other_and_notice_silence_and_return() {
    let folder = tempfile::tempdir().unwrap();
    let a = start(folder.path(), "a", None);
    let mut b = start(folder.path(), "b", None);
    assert_eq!(own(&a)["role"], "unregistered");
    joined(&b, &a, "backup-1");
    let a_name = name(&a);
    assert_eq!(until(&a, "backup-1", "up", 5_000)["role"], "backup");
    let leader = until(&b, &a_name, "up", 5_000);
    assert_eq!(
        (&leader["role"], &leader["self"], &leader["version"]),
        (&"primary".into(), &false.into(), &"0.1.0".into())
    );
    assert_eq!(leader["url"], a.url.as_str());
    assert_eq!(own(&b)["name"], "backup-1");
    assert_eq!(b.get("/api/v1/status").body["role"], "backup");
    assert_eq!(a.get("/api/v1/status").body["role"], "primary");
    let metric = || text_of(&a, "/metrics").contains("leasehold_peer_up{peer=\"backup-1\"} 1").then_some(());
    within(3_000, metric).expect("the metric says so");
    for server in [&a, &b] {
        let audit = server.get("/api/v1/audit?action=peer.join").body;
        assert!(audit["items"].as_array().unwrap().iter().any(|entry| entry["action"] == "peer.join"), "{audit}");
    }

    let seconds = |time: &serde_json::Value| time.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    let before = seconds(&seen(&a, "backup-1")["last_seen"]);
    b.crash();
    let killed = Instant::now();
    let at_rest = stdout(&peer(&b, &["list"]));
    let line = |name: &str| at_rest.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("backup-1 (this one)").ends_with(" stopped"), "{at_rest}");
    assert!(line(&a_name).contains(" unknown ") && !at_rest.contains(" up "), "{at_rest}");
    assert!(at_rest.contains("No server is running on this data folder"), "{at_rest}");
    let silent = until(&a, "backup-1", "silent", 12_000);
    assert!(killed.elapsed() > Duration::from_secs(7), "not before its time: {:?}", killed.elapsed());
    let since = seconds(&silent["since"]);
    assert!((before..=before + 3).contains(&since), "silent since its last sign of life: {since}, seen at {before}");
    let stale = within(3_000, || a.get("/api/v1/servers").body["stale_since"].as_str().map(str::to_owned));
    assert_eq!(stale.as_deref(), silent["since"].as_str(), "it hears of nobody");
    assert!(stdout(&peer(&a, &["list"])).contains("No peer has responded since"));

    b.again_as(&how(folder.path(), "b", None));
    until(&a, "backup-1", "up", 5_000);
    until(&b, &a_name, "up", 5_000);
    assert_eq!(a.get("/api/v1/servers").body["stale_since"], serde_json::Value::Null);
    // It listens at another port now, and said so.
    within(8_000, || (seen(&a, "backup-1")["url"] == b.url.as_str()).then_some(())).expect("the new address is known");
}

#[test]
fn backups_learn_one_another_from_the_server_that_leads_and_a_removed_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let a = start(folder.path(), "a", None);
    let b = start(folder.path(), "b", None);
    let c = start(folder.path(), "c", None);
    joined(&b, &a, "backup-1");
    joined(&c, &a, "backup-2");
    until(&b, "backup-2", "up", 10_000);
    until(&c, "backup-1", "up", 10_000);

    let on_backup = peer(&b, &["remove", "backup-2"]);
    assert_eq!(on_backup.status.code(), Some(2));
    assert!(stderr(&on_backup).contains("would add"), "{}", stderr(&on_backup));
    let invited = peer(&b, &["invite"]);
    assert_eq!(invited.status.code(), Some(2));
    assert!(stderr(&invited).contains("create the invitation there"), "{}", stderr(&invited));

    let removed = peer(&a, &["remove", "backup-1"]);
    assert_eq!(removed.status.code(), Some(0), "{}", stderr(&removed));
    within(6_000, || (own(&b)["role"] == "unregistered").then_some(())).expect("it knows that it was removed");
    within(6_000, || seen(&c, "backup-1").is_null().then_some(())).expect("the other backup knows too");
    until(&c, &name(&a), "up", 1_000);
    let nobody = peer(&a, &["remove", "backup-1"]);
    assert_eq!(nobody.status.code(), Some(2));

    // It may come back with a new code, also to leave by itself.
    joined(&b, &a, "backup-1");
    until(&c, "backup-1", "up", 10_000);
    assert_eq!(peer(&b, &["remove", &name(&a)]).status.code(), Some(0));
    assert_eq!(own(&b)["role"], "unregistered");
}
