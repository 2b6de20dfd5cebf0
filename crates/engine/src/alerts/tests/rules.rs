//! Rules: what becomes of one that is changed, and what one tells that is tried on the past and the present.

use super::*;

#[tokio::test]
async fn a_rule_that_is_changed_or_turned_off_starts_anew_and_tells_nobody_of_it() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    let id = world.rule(&[channel]).await;
    world.peer(false);
    world.look_after(TICK).await;
    world.engine.disable_alert_rule(&Actor::system(), id).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!((http.posts().len(), world.engine.alerts.firing().len()), (1, 0));
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 30));
    let new = NewRule { rule, enabled: true, channels: vec![channel, 77] };
    world.engine.save_alert_rule(&Actor::system(), Some(id), &new).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 2);
    world.engine.remove_alert_rule(&Actor::system(), id).await.unwrap();
    world.look_after(TICK).await;
    assert!(world.engine.alert_rules().await.unwrap().is_empty());
    assert_eq!(world.engine.alert_deliveries(10).await.unwrap().len(), 2, "what was told stays");
    let audited = world.audited().await;
    for action in ["alert.add", "alert.change", "alert.disable", "alert.remove"] {
        assert!(audited.contains(action), "{action} in {audited}");
    }
    for gone in [
        world.engine.disable_alert_rule(&Actor::system(), id).await,
        world.engine.remove_alert_rule(&Actor::system(), id).await,
        world.engine.save_alert_rule(&Actor::system(), Some(id), &new).await.map(drop),
        world.engine.remove_alert_channel(&Actor::system(), 99).await,
    ] {
        assert!(matches!(gone, Err(AlertError::Gone(_))), "{gone:?}");
    }
}

#[tokio::test]
async fn the_past_is_kept_once_a_minute_when_it_differs_and_once_an_hour_in_any_case() {
    let world = World::new().await;
    let rows = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM signal_history").fetch_one(world.engine.store.read()).await.unwrap()
    };
    world.peer(true);
    for _ in 0..(60 * 6) {
        world.look_after(TICK).await;
    }
    assert_eq!(rows().await, 1, "nothing differs");
    world.look_after(TICK).await;
    assert_eq!(rows().await, 2, "an hour has passed");
    for minute in 0..10 {
        world.peer(minute % 2 == 0);
        for _ in 0..6 {
            world.look_after(TICK).await;
        }
    }
    let lists: i64 =
        sqlx::query_scalar("SELECT count(*) FROM signal_lists").fetch_one(world.engine.store.read()).await.unwrap();
    let kept = rows().await;
    assert!((9..=12).contains(&kept), "{kept}");
    assert!(lists <= kept);
    world.peer(true);
    world.look_after(91 * DAY).await;
    assert_eq!(rows().await, 1, "older than 90 days");
    let lists: i64 =
        sqlx::query_scalar("SELECT count(*) FROM signal_lists").fetch_one(world.engine.store.read()).await.unwrap();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn a_rule_tried_on_the_past_tells_what_it_would_have_told() {
    let world = World::new().await;
    let rule = RuleSettings { wait_ms: 2 * MINUTE, ..RuleSettings::new(condition(ConditionKind::PeerDown, 120)) };
    let empty = world.engine.try_rule(&rule, 30).await.unwrap();
    assert_eq!((empty.from, empty.known, empty.episodes.len()), (None, false, 0));
    world.look_after(TICK).await;
    let unknown = world.engine.try_rule(&rule, 30).await.unwrap();
    assert_eq!((unknown.from, unknown.known), (Some(START + TICK), false));
    let until_ms = START + 2 * HOUR;
    for (minutes, up) in [(30, true), (10, false), (30, true), (1, false), (30, true), (20, false)] {
        world.peer(up);
        let grace = (!up).then(|| Subject { name: "ivr".into(), at_ms: Some(until_ms) });
        world.engine.alerts.observed().grace = Some(grace.into_iter().collect());
        for _ in 0..(minutes * 6) {
            world.look_after(TICK).await;
        }
    }
    let tried = world.engine.try_rule(&rule, 30).await.unwrap();
    assert!(tried.known);
    let shape: Vec<(&str, bool)> = tried.episodes.iter().map(|e| (e.subject.as_str(), e.resolved.is_some())).collect();
    assert_eq!(shape, [("lic-02", true), ("lic-02", false)], "one minute was too short");
    let grace = world.engine.try_rule(&RuleSettings::new(condition(ConditionKind::GraceRunning, 0)), 30).await.unwrap();
    assert_eq!(grace.episodes.len(), 3);
    assert_eq!(grace.episodes[0].subject, "ivr");
    let days = world.engine.try_rule(&RuleSettings::new(condition(ConditionKind::DaysSinceSync, 2)), 30).await.unwrap();
    assert!(!days.known && days.present == PresentState::Unknown, "never in contact");
}

#[tokio::test]
async fn a_trial_reads_the_days_it_is_asked_for_and_no_others() {
    let world = World::new().await;
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 120));
    for _ in 0..3 {
        for up in [true, false, true] {
            world.peer(up);
            for _ in 0..(10 * 6) {
                world.look_after(TICK).await;
            }
        }
        world.look_after(2 * DAY).await;
    }
    let tried = async |days| world.engine.try_rule(&rule, days).await.unwrap();
    let (all, some) = (tried(30).await, tried(3).await);
    assert_eq!((all.episodes.len(), some.episodes.len()), (3, 1));
    assert!(some.from.unwrap() >= world.clock.now_ms() - 3 * DAY);
}

#[tokio::test]
async fn a_silence_of_33_seconds_fires_no_rule_of_60_in_a_trial() {
    let world = World::new().await;
    world.peer_since(None);
    for _ in 0..12 {
        world.look_after(TICK).await;
    }
    let fell_silent = world.clock.now_ms();
    for _ in 0..3 {
        world.clock.advance(TICK);
        world.peer_since(Some(fell_silent));
        world.engine.look_at_alerts().await.unwrap();
    }
    world.clock.advance(3_000);
    world.peer_since(None);
    for _ in 0..60 {
        world.look_after(TICK).await;
    }
    for rule in [
        RuleSettings::new(condition(ConditionKind::PeerDown, 60)),
        RuleSettings { wait_ms: MINUTE, ..RuleSettings::new(condition(ConditionKind::PeerDown, 10)) },
    ] {
        let tried = world.engine.try_rule(&rule, 30).await.unwrap();
        assert!(tried.known);
        assert_eq!(tried.episodes, []);
    }
    let shorter = RuleSettings::new(condition(ConditionKind::PeerDown, 20));
    let tried = world.engine.try_rule(&shorter, 30).await.unwrap();
    assert_eq!(tried.episodes.len(), 1, "it was recorded");
}

#[tokio::test]
async fn a_peer_that_flaps_does_not_fill_the_disk() {
    let world = World::new().await;
    for look in 0..(2 * 60 * 6) {
        world.peer_since((look % 2 == 0).then(|| world.clock.now_ms()));
        world.clock.advance(TICK);
        world.engine.look_at_alerts().await.unwrap();
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM signal_history").fetch_one(world.engine.store.read()).await.unwrap();
    assert!((100..=180).contains(&rows), "a row a minute, and some at once: {rows}");
}

#[tokio::test]
async fn snapshots_of_earlier_versions_say_nothing_of_what_they_did_not_record() {
    let world = World::new().await;
    world.peer(true);
    world.look_after(TICK).await;
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query("UPDATE signal_history SET levels = NULL").execute(&mut *tx).await.unwrap();
    sqlx::query(r#"UPDATE signal_lists SET text = '{"peers":[["lic-02",null]]}'"#).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let tried = async |kind| world.engine.try_rule(&RuleSettings::new(Condition::usual(kind)), 30).await.unwrap();
    assert!(tried(ConditionKind::PeerDown).await.known);
    assert!(!tried(ConditionKind::DiskLow).await.known && !tried(ConditionKind::SyncRefused).await.known);
}

#[tokio::test]
async fn a_rule_that_is_tried_says_how_things_stand_at_this_moment() {
    let world = World::new().await;
    let at_once = RuleSettings::new(condition(ConditionKind::PeerDown, 60));
    let patient = RuleSettings { wait_ms: 10 * MINUTE, ..at_once };
    let bad = |ms| vec![("lic-02".to_owned(), Evidence::of(ms))];
    let known = |firing, pending| PresentState::Known { firing, pending };
    let present = async |rule: &RuleSettings| world.engine.try_rule(rule, 30).await.unwrap().present;
    assert_eq!(present(&at_once).await, PresentState::Unknown);
    world.peer(true);
    world.look_after(TICK).await;
    assert_eq!(present(&at_once).await, known(vec![], vec![]));
    // No look and no snapshot since: what is known now counts all the same.
    world.peer(false);
    assert_eq!(present(&at_once).await, known(bad(2 * MINUTE), vec![]));
    assert_eq!(present(&patient).await, known(vec![], bad(2 * MINUTE)));
    let tried = world.engine.try_rule(&at_once, 30).await.unwrap();
    assert_eq!((tried.episodes.len(), tried.episodes[0].resolved), (1, None));
    // Ten minutes, and the one after which a change is kept.
    for _ in 0..(11 * 6) {
        world.look_after(TICK).await;
    }
    assert_eq!(present(&patient).await, known(bad(13 * MINUTE), vec![]));
    world.peer(true);
    assert_eq!(present(&patient).await, known(vec![], vec![]));
    world.engine.alerts.observed().peers = None;
    assert_eq!(present(&patient).await, PresentState::Unknown);
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM alert_deliveries").fetch_one(world.engine.store.read()).await.unwrap();
    assert_eq!(kept, 0, "a trial tells nobody");
}

#[tokio::test]
async fn numbers_out_of_their_limits_are_refused() {
    let world = World::new().await;
    for (rule, field) in [
        (RuleSettings { wait_ms: -1, ..RuleSettings::new(condition(ConditionKind::ClockMoved, 0)) }, "wait"),
        (RuleSettings { wait_ms: 25 * HOUR, ..RuleSettings::new(condition(ConditionKind::ClockMoved, 0)) }, "wait"),
        (RuleSettings { remind_ms: 8 * DAY, ..RuleSettings::new(condition(ConditionKind::ClockMoved, 0)) }, "remind"),
    ] {
        let new = NewRule { rule, enabled: true, channels: Vec::new() };
        let error = world.engine.save_alert_rule(&Actor::system(), None, &new).await.unwrap_err();
        assert_eq!(fields(error), [field]);
    }
    for _ in 0..50 {
        world.rule(&[]).await;
    }
    let one_more = NewRule {
        rule: RuleSettings::new(condition(ConditionKind::ClockMoved, 0)),
        enabled: true,
        channels: Vec::new(),
    };
    let error = world.engine.save_alert_rule(&Actor::system(), None, &one_more).await.unwrap_err();
    assert_eq!(error.to_string(), "There are already 50 rules. Remove one first.");
}
