//! What people do about alerts: acknowledge, silence, add the suggested rules.

use licensing::attention::{Part, PartState};

use super::*;

impl World {
    fn alerts_part(&self) -> PartState {
        self.engine.attention().into_iter().find(|state| state.part == Part::Alerts).unwrap()
    }
}

#[tokio::test]
async fn an_acknowledged_alert_is_not_reminded_of_and_no_longer_urgent() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    let id = world.rule(&[channel]).await;
    let ann = Actor { name: "ann".into(), ..Actor::system() };
    let nothing = world.engine.acknowledge_alert(&ann, id, None).await;
    assert!(matches!(nothing, Err(AlertError::NothingFires)), "{nothing:?}");
    world.peer(false);
    world.look_after(TICK).await;
    assert_eq!((http.posts().len(), world.alerts_part().urgent()), (1, 1));
    let words = world.engine.acknowledge_alert(&ann, id, Some("lic-02")).await.unwrap();
    assert_eq!(words, ["lic-02 is not responding"]);
    let part = world.alerts_part();
    assert_eq!((part.urgent(), part.state.as_str()), (0, "1 acknowledged"), "at once");
    let world = world.crashed().await;
    world.peer(false);
    world.look_after(3 * HOUR).await;
    assert_eq!(http.posts().len(), 1, "a restart forgets nobody's word");
    let rule = &world.engine.alert_rules().await.unwrap()[0];
    let by = rule.state.subjects["lic-02"].acknowledged.as_ref().map(|by| (by.by.as_str(), by.at));
    assert_eq!(by, Some(("ann", START + TICK)));
    world.peer(true);
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 2, "its end is notified");
    assert!(world.audited().await.contains("alert.acknowledge Acknowledged an alert of rule 1: lic-02 is not"));
}

#[tokio::test]
async fn a_silenced_rule_sends_nothing_until_its_silence_ends_by_itself() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    let id = world.rule(&[channel]).await;
    for wrong in [START, START + 40 * DAY] {
        let error = world.engine.silence_alert(&Actor::system(), id, Some(wrong)).await.unwrap_err();
        assert_eq!(fields(error), ["until"]);
    }
    world.engine.silence_alert(&Actor::system(), id, Some(START + 2 * HOUR)).await.unwrap();
    world.peer(false);
    world.look_after(TICK).await;
    world.look_after(HOUR).await;
    assert_eq!(
        (http.posts().len(), world.engine.alerts.firing()[&ConditionKind::PeerDown]),
        (0, 1),
        "its state goes on"
    );
    let world = world.crashed().await;
    world.peer(false);
    world.look_after(HOUR).await;
    assert_eq!(http.posts().len(), 1, "it still fires, and is notified now");
    assert_eq!(world.engine.alert_rules().await.unwrap()[0].state.silenced_until, None);

    world.engine.silence_alert(&Actor::system(), id, Some(world.clock.now_ms() + DAY)).await.unwrap();
    let rule = RuleSettings::new(condition(ConditionKind::PeerDown, 30));
    let new = NewRule { rule, enabled: true, channels: vec![channel] };
    world.engine.save_alert_rule(&Actor::system(), Some(id), &new).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 1, "a change does not end a silence");
    world.engine.silence_alert(&Actor::system(), id, None).await.unwrap();
    world.look_after(TICK).await;
    assert_eq!(http.posts().len(), 2);
    let audited = world.audited().await;
    assert!(audited.contains("alert.silence Silenced alert rule 1 until 2027-01-15 10:00 UTC: "), "{audited}");
    assert!(audited.contains("Ended the silence of alert rule 1"), "{audited}");
}

#[tokio::test]
async fn the_suggested_rules_are_added_once_with_all_channels_and_one_audit_entry() {
    let http = HttpSink::start("200 OK", "").await;
    let world = World::new().await;
    let channel = world.channel(hook(&http)).await;
    world.rule(&[]).await;
    let ids = world.engine.add_suggested_rules(&Actor::system()).await.unwrap();
    // There is a rule for peers, there are no hours, nothing is known of backups yet, and there never was a monitor
    // license, which two rules are about.
    assert_eq!(ids.len(), ConditionKind::ALL.len() - 5);
    let rules = world.engine.alert_rules().await.unwrap();
    assert!(rules[1..].iter().all(|rule| rule.enabled && rule.channels == [channel]));
    let expiry = rules.iter().find(|rule| rule.rule.condition.kind() == ConditionKind::LicenseExpires).unwrap();
    assert_eq!(expiry.rule.remind_ms, DAY);
    assert_eq!(world.engine.add_suggested_rules(&Actor::system()).await.unwrap(), Vec::<i64>::new());
    assert_eq!(world.engine.alert_rules().await.unwrap().len(), rules.len());
    assert_eq!(world.audited().await.matches("suggested alert rules").count(), 1);
}
