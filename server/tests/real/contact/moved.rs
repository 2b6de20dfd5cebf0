use serde_json::{Value, json};

use super::console::Console;
use super::{contact, restart, start, states};
use crate::exchange::world::{ExchangePair, metric};
use crate::harness::{stdout, within};

/// How far the clock is off as everybody tells it, in whole days.
fn off(world: &ExchangePair, console: &mut Console) -> Option<i64> {
    let minutes = contact(world)["clock_off_minutes"].as_i64();
    let seconds = metric(&world.server, "license_contact_clock_off_seconds").unwrap();
    let page = console.page(&world.server, "/exchange");
    let way = match minutes {
        Some(..0) => "behind the elapsed time",
        _ => "ahead of the elapsed time",
    };
    assert_eq!(page.contains(way), minutes.is_some());
    assert_eq!(stdout(&world.cli(&["status"])).contains("is ignored"), minutes.is_some());
    assert!((seconds / 60.0 - minutes.unwrap_or(0) as f64).abs() < 2.0, "{seconds} s, {minutes:?} min");
    minutes.map(|minutes| (minutes as f64 / 1440.0).round() as i64)
}

#[test]
fn a_clock_set_back_gains_nothing_and_is_shown_until_a_verified_exchange() {
    let mut world = ExchangePair::new();
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
    let mut world = ExchangePair::new();
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
    // And it stays so, as long as nobody is asked.
    world.node.stop();
    restart(&mut world, "+1d");
    assert_eq!(contact(&world)["days"], 1);
}

#[test]
fn a_clock_that_is_moved_under_a_running_server_is_flagged_either_way_and_not_followed() {
    let mut world = ExchangePair::new();
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
    let mut world = ExchangePair::new();
    world.node.stop();
    restart(&mut world, "+40d");
    assert_eq!(contact(&world)["days"], 40);
    world.server.crash();
    start(&mut world, "+0d");
    assert_eq!(contact(&world)["days"], 40, "what was known is stored soon after it is known");
}
