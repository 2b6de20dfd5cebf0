use super::*;
use crate::peers::{CountdownReport, PeerLiveness, Role};
use crate::words::Zone;

/// Sun 29 Nov 2026, 11:34 UTC.
const NOW: Millis = 1_795_952_040_000;
const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const LEFT: Millis = 71 * HOUR + 12 * MINUTE;
const START: &str = "sudo systemctl restart leasehold";

fn server(name: &str, role: Role) -> ServerFacts {
    let state = PeerLiveness::Up(NOW - HOUR);
    ServerFacts { name: name.into(), role, state, connected: Some(0), holding: 0, hours: None, drain: None }
}

fn primary(clients: u32) -> ServerFacts {
    ServerFacts { connected: Some(clients), holding: clients, ..server("lic-01", Role::Primary) }
}

fn backup(clients: u32) -> ServerFacts {
    ServerFacts { connected: Some(clients), holding: clients, ..server("lic-02", Role::Backup) }
}

fn silent(server: ServerFacts) -> ServerFacts {
    ServerFacts { state: PeerLiveness::Silent(NOW - 12 * MINUTE), ..server }
}

fn drained(server: ServerFacts, is_drill: bool) -> ServerFacts {
    ServerFacts { drain: Some(Drain { until: Some(NOW + 20 * MINUTE), is_drill }), ..server }
}

/// With hours that have run for `ms`, for so many clients; with 0, that do not run.
fn with_hours(server: ServerFacts, ran_ms: Millis, clients: u32) -> ServerFacts {
    let running_since_ms = (ran_ms > 0).then(|| NOW - ran_ms);
    let hours = Hours {
        server: server.name.clone(),
        left_ms: LEFT,
        granted_ms: 100 * HOUR,
        running_since_ms,
        empty_at_ms: running_since_ms.map(|_| NOW + LEFT),
        clients: Some(clients),
        reported_ms_ago: None,
    };
    ServerFacts { hours: Some(hours), ..server }
}

fn without_hours_left(server: ServerFacts) -> ServerFacts {
    let hours = Hours { server: server.name.clone(), granted_ms: 100 * HOUR, ..Hours::default() };
    ServerFacts { hours: Some(hours), ..server }
}

fn facts<'a>(own: &'a ServerFacts, peers: &'a [ServerFacts]) -> Facts<'a> {
    Facts {
        own,
        peers,
        stale_since: None,
        conflict: None,
        license: None,
        grace_min: None,
        in_grace: 0,
        now: NOW,
        zone: &|_| Zone::utc(),
    }
}

const RUN_OUT: &str = "When they run out, clients that use them are denied; each keeps running for the grace period of its license, then stops.";

#[test]
#[rustfmt::skip]
fn every_situation_says_who_serves_until_when_and_what_to_do() {
    use {Urgency::*, Situation::*};
    let until = Some(NOW + LEFT);
    let drain_ends = Some(NOW + 20 * MINUTE);
    type Row<'a> = (&'a str, ServerFacts, Vec<ServerFacts>, Situation, Urgency, &'a str, Vec<&'a str>, Vec<&'a str>, Vec<&'a str>, Option<Millis>);
    let table: Vec<Row<'_>> = vec![
        (
            "alone", server("lic-01", Role::Alone), vec![], Alone, Info,
            "lic-01 is serving 0 clients. It has no backup.",
            vec!["If it fails, its clients have no server."],
            vec!["Add a backup, so that clients have a server to fail over to."],
            vec!["lic-01"], None,
        ),
        (
            "alone, and its hours run", with_hours(ServerFacts { connected: Some(1), ..server("lic-01", Role::Alone) }, HOUR, 1), vec![], Alone, Warning,
            "lic-01 is serving 1 client. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec![RUN_OUT], vec![], vec!["lic-01"], until,
        ),
        (
            "backups among themselves", backup(0), vec![ServerFacts { name: "lic-03".into(), ..backup(0) }], NoPrimary, Warning,
            "No primary is known to this server.",
            vec!["Backups stand in for one production or development server; none has joined."],
            vec![], vec![], None,
        ),
        (
            "all is well", primary(5), vec![backup(0)], Normal, Ok,
            "lic-01 is serving 5 clients. lic-02 is on standby.",
            vec![], vec![], vec!["lic-01"], None,
        ),
        (
            "all is well, seen from the backup, which has hours", with_hours(backup(0), 0, 0), vec![primary(1)], Normal, Ok,
            "lic-01 is serving 1 client. lic-02 is on standby.",
            vec!["71 h 12 min of backup hours left, not running."], vec![], vec!["lic-01"], None,
        ),
        (
            "the backup has no hours left", primary(5), vec![without_hours_left(backup(0))], Normal, Warning,
            "lic-01 is serving 5 clients. lic-02 is on standby.",
            vec!["lic-02 has no backup hours left: it can't serve anyone. Ask the vendor for more."], vec![], vec!["lic-01"], None,
        ),
        (
            "the backup is silent", primary(5), vec![silent(backup(0))], NoBackup, Warning,
            "lic-01 is serving 5 clients. No backup is responding.",
            vec!["If it fails now, clients have no server: licenses already granted stay valid for 2 minutes, then grace periods begin."],
            vec!["On lic-02: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-01"], None,
        ),
        (
            "another backup is there", primary(5), vec![silent(backup(0)), ServerFacts { name: "lic-03".into(), ..backup(0) }], Normal, Ok,
            "lic-01 is serving 5 clients. lic-03 is on standby.",
            vec![], vec![], vec!["lic-01"], None,
        ),
        (
            "failover to a backup without hours", backup(5), vec![silent(primary(5))], Failover, Warning,
            "lic-02 is serving 5 clients.",
            vec!["lic-01 has not responded for 12 min."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-02"], None,
        ),
        (
            "failover with hours that run", with_hours(backup(5), 11 * MINUTE, 5), vec![silent(primary(5))], Failover, Warning,
            "lic-02 is serving 5 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["lic-01 has not responded for 12 min.", RUN_OUT],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-02"], until,
        ),
        (
            "some of the clients use hours", with_hours(backup(5), 11 * MINUTE, 2), vec![silent(primary(5))], Failover, Warning,
            "lic-02 is serving 5 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["lic-01 has not responded for 12 min.", "2 of 5 clients use backup hours.", RUN_OUT],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-02"], until,
        ),
        (
            "the primary is back, and clients return", primary(0), vec![with_hours(backup(3), 20_000, 3)], Failback, Info,
            "lic-02 is serving 3 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["lic-01 is responding; clients return to it within seconds.", RUN_OUT],
            vec![], vec!["lic-01", "lic-02"], until,
        ),
        (
            "the primary is back, but clients stay", primary(0), vec![with_hours(backup(3), 31_000, 3)], Unreachable, Warning,
            "lic-02 is serving 3 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["lic-01 is responding, but its clients stay on lic-02: they can't reach it.", RUN_OUT],
            vec!["Check the network between the clients and lic-01: addresses, firewall, license client port."],
            vec!["lic-01", "lic-02"], until,
        ),
        (
            "both serve", primary(4), vec![backup(1)], Overlap, Warning,
            "lic-01 and lic-02 are both serving: 4 clients and 1 client.",
            vec!["Clients return to lic-01 as soon as it responds to them. Overlapping use is measured and reported."],
            vec![], vec!["lic-01", "lic-02"], None,
        ),
        (
            "a drain begins", drained(primary(4), false), vec![backup(0)], Drain, Info,
            "lic-01 is draining to lic-02. No client has moved yet.",
            vec!["Clients move within seconds of their next refresh.", "lic-01 takes its clients back at Sun 29 Nov, 11:54 UTC, or earlier on request."],
            vec![], vec![], drain_ends,
        ),
        (
            "a drain", drained(primary(0), false), vec![with_hours(backup(4), MINUTE, 4)], Drain, Info,
            "lic-02 is serving 4 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["Planned maintenance. lic-01 takes its clients back at Sun 29 Nov, 11:54 UTC, or earlier on request.", RUN_OUT],
            vec![], vec!["lic-02"], until,
        ),
        (
            "a drain while some have not moved", drained(primary(2), false), vec![backup(4)], Drain, Info,
            "lic-02 is serving 4 clients.",
            vec!["Planned maintenance. lic-01 takes its clients back at Sun 29 Nov, 11:54 UTC, or earlier on request."],
            vec![], vec!["lic-02"], drain_ends,
        ),
        (
            "a drain, and the backup fails", drained(primary(0), false), vec![silent(backup(4))], Drain, Critical,
            "lic-01 is draining, and no backup is responding.",
            vec!["Clients have no server until the drain ends.", "lic-01 takes its clients back at Sun 29 Nov, 11:54 UTC, or earlier on request."],
            vec!["On lic-01: take the clients back."], vec![], drain_ends,
        ),
        (
            "a drill", with_hours(backup(1), MINUTE, 1), vec![drained(primary(4), true)], Drill, Info,
            "Failover drill: lic-02 is serving 1 client, lic-01 is serving 4 clients. Backup hours last until Wed 2 Dec, 10:46 UTC.",
            vec!["The clients in the drill return to lic-01 when it ends. Overlapping use is measured and reported."],
            vec![], vec!["lic-02", "lic-01"], until,
        ),
        (
            "a drill with all clients", drained(primary(0), true), vec![backup(1)], Drill, Info,
            "lic-02 is serving 1 client.",
            vec!["A failover drill is in progress. lic-01 takes its clients back at Sun 29 Nov, 11:54 UTC, or earlier on request."],
            vec![], vec!["lic-01", "lic-02"], drain_ends,
        ),
        (
            "a drill that has not begun to move clients", drained(primary(4), true), vec![backup(0)], Normal, Ok,
            "lic-01 is serving 4 clients. lic-02 is on standby.",
            vec![], vec![], vec!["lic-01"], None,
        ),
        (
            "the primary fails during a drain", backup(4), vec![silent(drained(primary(0), false))], Failover, Warning,
            "lic-02 is serving 4 clients.",
            vec!["lic-01 has not responded for 12 min."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-02"], None,
        ),
        (
            "the primary is silent, and nobody has come", with_hours(backup(0), 0, 0), vec![silent(primary(5))], Unserved, Critical,
            "lic-01 is not responding. lic-02 is on standby.",
            vec!["lic-01 has not responded for 12 min.", "No client has reached the backup yet. Clients fail over within 15 seconds if they can't reach the primary either."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec![], None,
        ),
        (
            "the primary is silent, and no hours are left", without_hours_left(backup(0)), vec![silent(primary(5))], Unserved, Critical,
            "No server is active: lic-02 has no backup hours left.",
            vec!["lic-01 has not responded for 12 min."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec![], None,
        ),
        (
            "nobody responds", server("lic-09", Role::Alone), vec![silent(primary(5)), silent(backup(2))], Unserved, Critical,
            "lic-01 is not responding, and no backup is.",
            vec!["lic-01 has not responded for 12 min."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec!["lic-09"], None,
        ),
        (
            "the primary was never heard of", backup(0), vec![ServerFacts { state: PeerLiveness::Never, ..primary(0) }], Unserved, Critical,
            "lic-01 is not responding. lic-02 is on standby.",
            vec!["lic-01 has never responded.", "No client has reached the backup yet. Clients fail over within 15 seconds if they can't reach the primary either."],
            vec!["On lic-01: restart the service, or restore its network. Clients return within 15 seconds."],
            vec![], None,
        ),
    ];
    for (what, own, peers, situation, level, sentence, next, steps, active, until) in table {
        let judged = facts(&own, &peers).judge();
        assert_eq!((judged.situation, judged.level), (situation, level), "{what}");
        assert_eq!(judged.sentence, sentence, "{what}");
        assert_eq!(judged.next, next, "{what}");
        assert_eq!(judged.steps.iter().map(|step| &*step.text).collect::<Vec<_>>(), steps, "{what}");
        assert_eq!(judged.active, active, "{what}");
        assert_eq!(judged.until, until, "{what}");
    }
}

#[test]
fn a_step_says_the_command_and_where_the_console_does_it() {
    let alone = facts(&server("lic-01", Role::Alone), &[]).judge();
    assert_eq!((alone.steps[0].area, alone.steps[0].command.as_deref()), (Some(Area::Join), None));
    let own = backup(5);
    let failover = facts(&own, &[silent(primary(0))]).judge();
    assert_eq!((failover.steps[0].area, failover.steps[0].command.as_deref()), (None, Some(START)));
    let (own, peers) = (drained(primary(0), false), [silent(backup(1))]);
    assert_eq!(facts(&own, &peers).judge().steps[0].area, Some(Area::Drain));
    let (own, peers) = (backup(0), [drained(primary(0), false)]);
    assert!(facts(&own, &peers).judge().steps.is_empty());
}

#[test]
fn what_leaves_clients_without_a_license_is_critical_whoever_serves() {
    let (own, peers) = (primary(5), [backup(0)]);
    let judge = |facts: Facts<'_>| {
        let judged = facts.judge();
        assert_eq!(judged.sentence, "lic-01 is serving 5 clients. lic-02 is on standby.");
        (judged.level, judged.next, judged.steps.len())
    };
    let void = "The license of this machine is void: CPU.";
    let conflict = "An installation has one production server, and here are 2.";
    for (facts, next, steps) in [
        (Facts { license: Some(void), ..facts(&own, &peers) }, void, 1),
        (Facts { conflict: Some(conflict), ..facts(&own, &peers) }, conflict, 0),
        (
            Facts { in_grace: 1, ..facts(&own, &peers) },
            "1 client has no server: it keeps running until its grace period ends.",
            0,
        ),
        (
            Facts { in_grace: 2, ..facts(&own, &peers) },
            "2 clients have no server: each keeps running until its grace period ends.",
            0,
        ),
    ] {
        assert_eq!(judge(facts), (Urgency::Critical, vec![next.to_owned()], steps));
    }
    assert_eq!(facts(&own, &peers).judge().level, Urgency::Ok);
}

#[test]
fn a_server_that_hears_no_peer_and_serves_nobody_may_be_the_one_that_is_cut_off() {
    let peers = [silent(primary(5))];
    let hint =
        "No peer has responded for 12 min. If clients can't reach this server either, check its network.".to_owned();
    let stale_since = Some(NOW - 12 * MINUTE);
    let says = |own: &ServerFacts| Facts { stale_since, ..facts(own, &peers) }.judge().next.contains(&hint);
    assert_eq!((says(&backup(0)), says(&backup(2))), (true, false));
}

#[test]
fn the_grace_of_the_license_is_named() {
    let own = with_hours(backup(1), MINUTE, 1);
    let judged = Facts { grace_min: Some(150), ..facts(&own, &[silent(primary(0))]) }.judge();
    assert!(judged.next[1].ends_with("each keeps running for 2 h 30 min of grace, then stops."), "{judged:?}");
}

#[test]
fn hours_of_a_peer_go_on_running_while_it_is_silent() {
    let report =
        |running_since| CountdownReport { serial: 1, balance_ms: HOUR, granted_ms: 0, running_since, clients: Some(2) };
    let run = Hours::reported("b", report(Some(NOW - HOUR)), 15 * MINUTE, NOW);
    assert_eq!((run.left_ms, run.empty_at_ms, run.granted_ms), (45 * MINUTE, Some(NOW + 45 * MINUTE), HOUR));
    let rest = Hours::reported("b", report(None), 15 * MINUTE, NOW);
    assert_eq!((rest.left_ms, rest.empty_at_ms, rest.reported_ms_ago), (HOUR, None, Some(15 * MINUTE)));
    assert_eq!(Hours::reported("b", report(Some(NOW)), 2 * HOUR, NOW).left_ms, 0);
    assert_eq!(Hours::reported("b", report(Some(NOW)), -5, NOW).left_ms, HOUR, "a clock that was set back");
}

#[test]
fn a_server_is_active_on_standby_draining_or_away() {
    for (server, level, label) in [
        (primary(3), Urgency::Ok, "Active"),
        (primary(0), Urgency::Ok, "Active"),
        (drained(primary(3), false), Urgency::Info, "Draining"),
        (drained(primary(3), true), Urgency::Ok, "Active"),
        (backup(2), Urgency::Warning, "Active"),
        (backup(0), Urgency::Ok, "Standby"),
        (silent(backup(2)), Urgency::Critical, "Not responding"),
        (ServerFacts { state: PeerLiveness::Never, ..backup(0) }, Urgency::Warning, "Never responded"),
    ] {
        let (found, duty) = server.duty();
        assert_eq!((found, duty.label()), (level, label));
    }
}
