use std::path::Path;
use std::time::{Duration, Instant};

use super::installation::{Installation, MOVES_WITHIN, machine};
use super::program::Program;
use crate::harness::leasehold_at;

/// Grace of the license: the shortest that shows all the lines.
const GRACE: Duration = Duration::from_secs(120);

/// Sets the wall clock of those who follow this file.
fn set(clock: &Path, beside: &str) {
    std::fs::write(clock, format!("{beside}\n")).unwrap();
}

/// Elapsed time decides; the wall clock of the machine is set back and forward meanwhile.
#[test]
fn a_virtual_machine_without_any_server_goes_on_for_its_grace_and_then_stops() {
    let mut world = Installation::new(2);
    let folder = world.prepared.folder.path().to_owned();
    let (clock, log) = (folder.join("clock"), folder.join("machine.log"));
    set(&clock, "+0");
    let servers = world.prepared.ve_servers([&world.primary.ve, &world.backup.ve]);
    let mut command = machine(leasehold_at(clock.to_str().unwrap()), &servers, "machine");
    command.arg("--log").arg(&log);
    let began = Instant::now();
    let mut machine = Program::start(command);
    machine.until(r#""event":"logged_in""#, began, MOVES_WITHIN);

    world.backup.crash();
    world.primary.crash();
    let killed = Instant::now();
    let noticed = machine.until(r#""event":"lost""#, killed, MOVES_WITHIN);
    set(&clock, "-3d");
    let lost = killed + noticed;
    let warned = machine.until(r#""event":"warned""#, lost, GRACE);
    set(&clock, "+40d");
    let stopped = machine.until(r#""event":"stopped""#, lost, GRACE + Duration::from_secs(3));
    assert_eq!(machine.exit_code(), Some(1), "{:?}", machine.said());
    for (took, planned) in [(warned, GRACE - Duration::from_secs(60)), (stopped, GRACE)] {
        let off = took.as_secs_f64() - planned.as_secs_f64();
        assert!((-0.5..1.5).contains(&off), "after {took:?}, planned after {planned:?}");
    }
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.get(20..).unwrap_or(line)).collect();
    let host = "127.0.0.1";
    let expected = [
        format!("INFO  VE       Trying to login to license server: {host}"),
        format!("INFO  VE       Connected with license server: {host}"),
        "INFO  VE       Found available license ID: 01.00000001.001.001.".to_owned(),
        "ERROR VE       Failed to connect with the license server!".to_owned(),
        format!("INFO  VE       Trying to login to license server: {host}"),
        "ERROR VE       Failed to connect with the license server!".to_owned(),
        "WARN  VE       Charon will be terminated within 2 minutes!".to_owned(),
        "WARN  VE       Charon will be terminated within 1 minute!".to_owned(),
        "FATAL VE       License server is unavailable!".to_owned(),
    ];
    assert_eq!(lines, expected, "{text}");
    println!(
        "both killed: grace began after {noticed:.1?}, the last minute {warned:.1?} later, the end {stopped:.1?} later"
    );
}
