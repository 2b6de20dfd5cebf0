//! Where the signals come from.

use std::sync::Arc;

use licensing::monitor::{GRACE, MonitorLicense};
use licensing::peers::{PeerLiveness, PeerReport, Role, Serving};

use super::*;
use crate::monitor::ReadSources;
use crate::peers::{InstallationPicture, InstallationServer};

/// This server is a backup whose clients hold licenses, or do not; its primary is in this state, and drains or not.
fn as_backup(world: &World, holding: u32, primary: PeerLiveness, drains: bool) -> InstallationPicture {
    let mut picture = world.engine.servers();
    let own = picture.servers[0].clone();
    let report = own.report.as_deref().unwrap().clone();
    let drain = drains.then(|| serde_json::json!({ "until": START + HOUR }));
    let serving = Some(Serving { connected: holding, holding, ..Serving::default() });
    picture.servers = vec![
        InstallationServer {
            name: "lic-02".into(),
            role: Role::Backup,
            report: Some(Arc::new(PeerReport { serving, ..report.clone() })),
            ..own.clone()
        },
        InstallationServer {
            name: "lic-01".into(),
            itself: false,
            role: Role::Primary,
            state: primary,
            report: Some(Arc::new(PeerReport { serving: Some(Serving::default()), drain, ..report })),
            ..own
        },
    ];
    picture
}

#[tokio::test]
async fn a_backup_that_serves_is_a_failover_unless_clients_were_sent_to_it() {
    let world = World::new().await;
    let (silent, up) = (PeerLiveness::Silent(START), PeerLiveness::Up(START));
    let names = |picture: &InstallationPicture| -> Option<Vec<String>> {
        Some(world.engine.failed_over(picture)?.into_iter().map(|backup| backup.name).collect())
    };
    let nobody = Some(Vec::new());
    assert_eq!(names(&as_backup(&world, 5, silent, false)), Some(vec!["lic-02".to_owned()]));
    assert_eq!(names(&as_backup(&world, 5, up, false)), Some(vec!["lic-02".to_owned()]), "they have yet to return");
    assert_eq!(names(&as_backup(&world, 0, silent, false)), nobody, "no client has moved");
    assert_eq!(names(&as_backup(&world, 5, up, true)), nobody, "a drain");
    // The same seen from a primary that hears of nobody.
    let mut cut_off = as_backup(&world, 5, silent, false);
    (cut_off.servers[0].role, cut_off.servers[1].role) = (Role::Primary, Role::Backup);
    cut_off.stale_since = Some(START);
    assert_eq!(names(&cut_off), None, "what the backup does is unknown");
    assert_eq!(names(&InstallationPicture::default()), None, "before the first look");
}

#[tokio::test]
async fn a_task_that_was_restarted_and_an_edit_from_outside_are_signals() {
    let world = World::new().await;
    let signals = world.engine.signals();
    assert_eq!((signals.restarted, signals.outside), (Some(Vec::new()), Some(Vec::new())));
    world.engine.tasks.failed("peers", "a test");
    let conf = world.folder.path().join("license_server.conf");
    let text = std::fs::read_to_string(&conf).unwrap();
    std::fs::write(&conf, format!("{text}; changed\n")).unwrap();
    world.engine.look_at_conf(crate::conf::LOOK_AGAIN).await.unwrap();
    world.engine.look_at_storage().await;
    let signals = world.engine.signals();
    assert_eq!(signals.restarted.unwrap()[0].name, "peers");
    assert_eq!(signals.outside.unwrap()[0].name, "license_server.conf");
    assert_eq!(signals.audit_broken.as_deref(), Some(""));
    assert!(signals.levels.disk_free_mb.is_some() && signals.levels.denials == Some(Vec::new()));
    assert_eq!(signals.refused, None, "never synced");
}

#[tokio::test]
async fn a_violation_of_the_monitor_license_is_a_signal_and_needs_attention_once_there_was_such_a_license() {
    let world = World::new().await;
    let signals = world.engine.signals();
    assert_eq!((signals.monitor, signals.levels.locked), (None, Some(0)), "no license ever");
    let now = world.engine.now_ms();
    let license = MonitorLicense { id: "m".to_owned(), from: now - DAY, to: now - 1, users: 50 };
    let sources = ReadSources { known: 1, unreadable: 0, licenses: vec![license] };
    world.engine.monitor.watch.supplied(sources);
    let expired = Subject { name: "expired".to_owned(), at_ms: Some(now + GRACE) };
    assert_eq!(world.engine.signals().monitor, Some(vec![expired]));
    let parts = world.engine.attention();
    let issues: Vec<&str> = parts.iter().flat_map(|part| &part.issues).map(|issue| issue.path.as_str()).collect();
    assert!(issues.contains(&"/database#monitor-license"), "{issues:?}");
}
