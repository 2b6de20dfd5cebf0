//! The contact clock of the real binary, with its wall clock moved by `faketime`.

use serde_json::{Value, json};

use crate::exchange::world::{World, metric, text_of};
use crate::harness::{How, stderr, stdout, within};

mod console;

use console::Console;

/// Day without contact, the state's word, its name for people, its level.
const WALK: [(u32, &str, &str, &str); 12] = [
    (0, "in_touch", "In touch", "info"),
    (1, "in_touch", "In touch", "info"),
    (2, "late", "Late", "info"),
    (29, "late", "Late", "info"),
    (30, "reminder", "Reminder", "warn"),
    (44, "reminder", "Reminder", "warn"),
    (45, "urgent", "Urgent", "error"),
    (54, "urgent", "Urgent", "error"),
    (55, "final", "Final days", "error"),
    (59, "final", "Final days", "error"),
    (60, "lapsed", "Lapsed", "error"),
    (61, "lapsed", "Lapsed", "error"),
];

/// Stops the server and starts it with its clock moved, and with a log of its own.
fn restart(world: &mut World, clock: &str) -> String {
    assert_eq!(world.server.terminate().code(), Some(0));
    start(world, clock)
}

fn start(world: &mut World, clock: &str) -> String {
    let log = world.folder.path().join(format!("log{clock}.txt").replace('/', "-"));
    let _ = std::fs::remove_file(&log);
    let log = Some(log);
    world.server.again_as(&How { clock: Some(clock.to_owned()), log: log.clone(), ..world.how() });
    log.unwrap().display().to_string()
}

/// `contact` as API and command tell it; both must be the same.
fn contact(world: &World) -> Value {
    let api = world.server.get("/api/v1/status").body;
    let command = world.cli(&["status", "--json"]);
    let command: Value = serde_json::from_slice(&command.stdout).unwrap_or_else(|_| panic!("{}", stderr(&command)));
    assert_eq!(api["contact"], command["contact"]);
    assert_eq!(api["in_service"], command["in_service"]);
    command["contact"].clone()
}

fn states(world: &World) -> Vec<String> {
    let licenses: Value = serde_json::from_str(&world.licenses()).unwrap();
    let items = licenses["items"].as_array().unwrap().iter();
    items.map(|item| item["state"].as_str().unwrap().to_owned()).collect()
}

/// The reminders of a log, as the vendor writes them.
fn reminders(log: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What everybody sees on this day, each in its own way.
fn agrees(world: &World, console: &mut Console, log: &str, (day, state, label, level): (u32, &str, &str, &str)) {
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
    assert_eq!(text_of(&world.server, "/readyz").contains("\"ready\":true"), !out, "day {day}");
}

#[test]
fn console_api_metrics_log_and_command_agree_on_every_day_and_an_exchange_brings_licenses_back() {
    let mut world = World::new();
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
    let mut world = World::new();
    world.node.stop();
    restart(&mut world, "+70d");
    assert_eq!(states(&world), ["lapsed"; 2]);
    world.node.again(Some("+70d"));
    // The server asks nobody by itself for the next half minute: its first try found no node.
    let (_, report) = world.pull();
    let answer = world.carry(&report);
    assert_eq!(states(&world), ["lapsed"; 2]);
    assert_eq!(world.push(answer.as_bytes()).status, 200);
    assert_eq!(states(&world), ["active"; 2]);
    assert_eq!(contact(&world)["days"], 0);
}

/// How far the clock is off as everybody tells it, in whole days.
fn off(world: &World, console: &mut Console) -> Option<i64> {
    let minutes = contact(world)["clock_off_minutes"].as_i64();
    let seconds = metric(&world.server, "license_contact_clock_off_seconds").unwrap();
    let page = console.page(&world.server, "/exchange");
    let way = match minutes {
        Some(..0) => "behind the time known to have passed",
        _ => "ahead of the time known to have passed",
    };
    assert_eq!(page.contains(way), minutes.is_some());
    assert_eq!(stdout(&world.cli(&["status"])).contains("is not followed"), minutes.is_some());
    assert!((seconds / 60.0 - minutes.unwrap_or(0) as f64).abs() < 2.0, "{seconds} s, {minutes:?} min");
    minutes.map(|minutes| (minutes as f64 / 1440.0).round() as i64)
}

#[test]
fn a_clock_set_back_gains_nothing_and_is_shown_until_a_verified_exchange() {
    let mut world = World::new();
    let mut console = Console::of(&world);
    world.node.stop();
    restart(&mut world, "+20d");
    assert_eq!((contact(&world)["days"].clone(), off(&world, &mut console)), (json!(20), None));
    restart(&mut world, "+10d");
    assert_eq!((contact(&world)["days"].clone(), off(&world, &mut console)), (json!(20), Some(-10)));
    restart(&mut world, "-400d");
    assert_eq!(contact(&world)["days"], 20);
    restart(&mut world, "+20d");
    assert_eq!(contact(&world)["days"], 20);
    assert!(contact(&world)["clock_off_minutes"].is_i64(), "that it was moved is shown still");
    world.node.again(Some("+20d"));
    assert_eq!(world.sync().status, 200);
    assert_eq!((contact(&world)["days"].clone(), off(&world, &mut console)), (json!(0), None));
}

#[test]
fn a_clock_that_ran_ahead_lapses_the_licenses_and_a_verified_exchange_undoes_it() {
    let mut world = World::new();
    let mut console = Console::of(&world);
    world.node.stop();
    restart(&mut world, "+89d");
    assert_eq!((contact(&world)["days"].clone(), states(&world)), (json!(89), vec!["lapsed".to_owned(); 2]));
    restart(&mut world, "+0d");
    assert_eq!((contact(&world)["days"].clone(), states(&world)), (json!(89), vec!["lapsed".to_owned(); 2]));
    assert_eq!(off(&world, &mut console), Some(-89));
    world.node.again(None);
    let synced = world.sync();
    assert_eq!(synced.status, 200, "{}", synced.body);
    assert_eq!((contact(&world)["days"].clone(), states(&world)), (json!(0), vec!["active".to_owned(); 2]));
    assert_eq!(off(&world, &mut console), None);
    // And it stays so.
    restart(&mut world, "+1d");
    assert_eq!(contact(&world)["days"], 1);
}

#[test]
fn a_clock_that_is_moved_under_a_running_server_is_flagged_either_way_and_not_followed() {
    let mut world = World::new();
    let clock = world.folder.path().join("clock");
    std::fs::write(&clock, "+0d\n").unwrap();
    restart(&mut world, clock.to_str().unwrap());
    assert_eq!(contact(&world)["clock_off_minutes"], Value::Null);
    for days in [70_i64, -3] {
        std::fs::write(&clock, format!("{days:+}d\n")).unwrap();
        let seen = within(5_000, || {
            let minutes = contact(&world)["clock_off_minutes"].as_i64()?;
            (minutes.abs_diff(days * 1440) < 5).then_some(())
        });
        assert!(seen.is_some(), "{days}: {}", contact(&world));
        assert_eq!(contact(&world)["days"], 0, "{days}");
        assert_eq!(states(&world), ["active"; 2], "{days}");
    }
}

#[test]
fn a_crash_loses_no_more_than_a_minute_of_the_time_known_to_have_passed() {
    let mut world = World::new();
    world.node.stop();
    restart(&mut world, "+40d");
    assert_eq!(contact(&world)["days"], 40);
    world.server.crash();
    start(&mut world, "+0d");
    assert_eq!(contact(&world)["days"], 40, "what was known is stored soon after it is known");
}
