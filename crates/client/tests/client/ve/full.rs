//! Servers that have licenses, all of them in use.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_primary_that_has_none_left_is_waited_for_and_the_backup_left_alone() {
    let (scene, builder, heard) = scene(120);
    scene.primary.world().others = 3;
    let Err(LoginError::NoServer { servers }) = builder.clone().connect().await else { panic!("it was let in") };
    assert_eq!(
        servers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["lic1:8083: All its licenses are in use."]
    );
    pass(11_000).await;
    heard.lines();
    let client = builder.start().unwrap();
    let mut events = client.events();
    pass(30 * MINUTE).await;
    assert_eq!(heard.lines(), [TRYING, FULL, TWO_HOURS], "said once");
    let server = "lic1:8083".to_owned();
    let waits = told(&mut events);
    assert!(
        matches!(&waits[..], [VeEvent::Waiting { server: at }, VeEvent::Lost { grace_ms, .. }] if *at == server && *grace_ms == 2 * HOUR),
        "{waits:?}"
    );
    assert!(matches!(client.status().standing, VeStatus::Grace { .. }));
    let asked = scene.primary.world().refreshes.len();
    assert!(asked > 700, "it asks at every interval: {asked}");
    scene.primary.world().others = 2;
    pass(5_000).await;
    assert_eq!(heard.lines(), CONNECTED);
    assert!(matches!(&told(&mut events)[..], [VeEvent::LoggedIn { server: at, .. }] if *at == server));
    assert_eq!((scene.primary.last("VE").held, client.status().standing), (1, VeStatus::Licensed));
    assert!(scene.backup.world().hellos.is_empty(), "backups are for when the primary cannot be used");
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_instance_was_given_to_another_meanwhile_waits_at_the_primary_and_burns_no_hours() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    scene.primary.set(Mode::HalfOpen);
    pass(MINUTE).await;
    assert_eq!(scene.backup.last("VE").held, 1);
    heard.lines();
    told(&mut events);
    {
        // It has heard nothing of this client for long, and is all others' now.
        let mut primary = scene.primary.world();
        primary.lose_data();
        (primary.others, primary.mode) = (3, Mode::Good);
    }
    pass(MINUTE).await;
    assert_eq!(heard.lines(), [FULL, TWO_HOURS]);
    assert!(matches!(&told(&mut events)[..], [VeEvent::Waiting { .. }, VeEvent::Lost { .. }]));
    let left = scene.backup.last("VE");
    assert_eq!((left.held, left.want), (0, 0), "its hours stop");
    let asked = || {
        let backup = scene.backup.world();
        (backup.hellos.len(), backup.refreshes.len())
    };
    let before = asked();
    pass(HOUR).await;
    assert_eq!((heard.lines(), told(&mut events)), (vec![], vec![]));
    assert_eq!(asked(), before);
    // A primary that cannot be used is left as ever.
    scene.primary.set(Mode::HalfOpen);
    pass(15_000).await;
    assert_eq!(heard.lines(), [&[FAILED, TRYING_BACKUP], &CONNECTED_BACKUP[..]].concat());
    assert_eq!((scene.backup.last("VE").held, client.status().standing), (1, VeStatus::Licensed));
    scene.primary.set(Mode::Good);
    pass(15_000).await;
    assert_eq!(heard.lines(), [FULL, TWO_HOURS]);
    scene.primary.set(Mode::Refuses(FaultKind::LoginRefused));
    pass(2_500).await;
    let declined = "ERROR VE       License server lic1 gives no license: It was refused.";
    assert_eq!(heard.lines(), [&[declined, TRYING_BACKUP], &CONNECTED_BACKUP[..]].concat());
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn while_the_primary_is_away_a_backup_that_has_none_left_is_asked_until_it_has() {
    let (scene, builder, heard) = scene(120);
    scene.primary.set(Mode::Down);
    scene.backup.world().others = 3;
    let client = builder.start().unwrap();
    pass(10 * MINUTE).await;
    let none = "ERROR VE       License server lic2 gives no license: All its licenses are in use.";
    assert_eq!(heard.lines(), [TRYING, FAILED, TRYING_BACKUP, none, TWO_HOURS], "said once");
    assert!(scene.backup.world().refreshes.len() > 250, "it asks at every interval");
    scene.backup.world().others = 2;
    pass(2_500).await;
    assert_eq!(heard.lines(), CONNECTED_BACKUP);
    client.close().await;
}
