use serde_json::{Value, json};

use super::console::Console;
use super::{contact, restart, states};
use crate::exchange::world::{ExchangePair, metric, text_of};
use crate::harness::{stdout, within};

/// Day without contact, the state's word, its name for people, its level.
const WALK: [(u32, &str, &str, &str); 12] = [
    (0, "in_touch", "Connected", "info"),
    (1, "in_touch", "Connected", "info"),
    (2, "late", "Overdue", "info"),
    (29, "late", "Overdue", "info"),
    (30, "reminder", "Reminder", "warn"),
    (44, "reminder", "Reminder", "warn"),
    (45, "urgent", "Urgent", "error"),
    (54, "urgent", "Urgent", "error"),
    (55, "final", "Final days", "error"),
    (59, "final", "Final days", "error"),
    (60, "lapsed", "Lapsed", "error"),
    (61, "lapsed", "Lapsed", "error"),
];

/// The reminders of a log, as the vendor writes them.
fn reminders(log: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What everybody sees on this day, each in its own way.
fn agrees(world: &ExchangePair, console: &mut Console, log: &str, (day, state, label, level): (u32, &str, &str, &str)) {
    let contact = contact(world);
    assert_eq!((&contact["days"], &contact["state"], &contact["level"]), (&json!(day), &json!(state), &json!(level)));
    assert_eq!(contact["clock_off_minutes"], Value::Null, "time switched off is no clock that was moved");
    let printed = stdout(&world.cli(&["status"]));
    let ago = match day {
        0 => "less than a day ago".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    };
    assert!(printed.contains(&ago), "{printed}");

    assert_eq!(metric(&world.server, "license_days_since_sync"), Some(f64::from(day)));
    for (_, other, ..) in WALK {
        let value = metric(&world.server, &format!("license_contact_state{{state=\"{other}\"}}"));
        assert_eq!(value, Some(if other == state { 1.0 } else { 0.0 }), "day {day}: {other}");
    }

    let page = console.page(&world.server, "/exchange");
    assert!(page.contains(&format!("{label}: day {day} of 60 without contact.")), "day {day}: {page}");
    assert!(page.contains(&format!("{label}, now")), "day {day}");

    if day < 30 {
        assert_eq!(reminders(log), [Value::Null; 0], "day {day}");
    } else {
        let found = within(3_000, || reminders(log).first().cloned()).expect("a reminder is logged when it starts");
        assert_eq!(found["level"], level.to_uppercase());
        assert_eq!(found["days since last sync"], day);
        assert_eq!(found["service"], "license");
        for key in ["time", "message"] {
            assert!(found[key].as_str().is_some_and(|text| text.len() > 20), "{found}");
        }
        assert_eq!(reminders(log).len(), 1, "one a day, or one an hour");
    }

    let out = state == "lapsed";
    assert_eq!(states(world), [if out { "lapsed" } else { "active" }; 2], "day {day}");
    assert_eq!(metric(&world.server, "license_in_service"), Some(if out { 0.0 } else { 1.0 }));
    // A balancer would take away the console, which helps.
    let ready = text_of(&world.server, "/readyz");
    assert!(ready.contains("\"ready\":true"), "day {day}: {ready}");
    assert_eq!(ready.contains("No license is in service"), out, "day {day}: {ready}");
}

#[test]
fn console_api_metrics_log_and_command_agree_on_every_day_and_an_exchange_brings_licenses_back() {
    let mut world = ExchangePair::new();
    let mut console = Console::of(&world);
    world.node.stop();
    for row in WALK {
        let log = restart(&mut world, &format!("+{}d", row.0));
        agrees(&world, &mut console, &log, row);
    }
    // The reason says what to do.
    let licenses: Value = serde_json::from_str(&world.licenses()).unwrap();
    let reason = licenses["items"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("exchange"), "{reason}");

    world.node.again(Some("+61d"));
    let synced = world.sync();
    assert_eq!(synced.status, 200, "{}", synced.body);
    let contact = contact(&world);
    assert_eq!((&contact["days"], &contact["state"]), (&json!(0), &json!("in_touch")));
    assert_eq!(states(&world), ["active"; 2]);
    assert_eq!(metric(&world.server, "license_days_since_sync"), Some(0.0));
    assert!(text_of(&world.server, "/readyz").contains("\"ready\":true"));
}

#[test]
fn an_exchange_by_hand_brings_lapsed_licenses_back_too() {
    let mut world = ExchangePair::new();
    world.node.stop();
    restart(&mut world, "+70d");
    assert_eq!(states(&world), ["lapsed"; 2]);
    let tried = || (metric(&world.server, "leasehold_exchange_failed_rounds")? >= 1.0).then_some(());
    assert!(within(10_000, tried).is_some(), "the exchange is due, and found no node");
    // For half a minute from then the server asks nobody by itself.
    world.node.again(Some("+70d"));
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    assert_eq!(states(&world), ["lapsed"; 2]);
    assert_eq!(world.push(answer.as_bytes()).status, 200);
    assert_eq!(states(&world), ["active"; 2]);
    assert_eq!(contact(&world)["days"], 0);
}
