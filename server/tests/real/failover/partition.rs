use std::time::{Duration, Instant};

use serde_json::Value;

use super::browser::Browser;
use super::installation::{BACKUP, INSTANCES, MOVES_WITHIN, POOL, PRODUCT, PreparedInstallation, application, machine};
use super::network::{Network, is_inside};
use super::program::Program;
use super::watch::{ServersWatch, left_s, runs};
use crate::harness::{Server, ServerOptions, leasehold_in, within};

/// A server is called silent, or up, within this time: ten seconds of silence, and the next look.
const NOTICED_MS: u64 = 14_000;

/// A client without a license has asked again by then.
const ASKED_AGAIN: Duration = Duration::from_secs(3);

/// The test as the harness names it.
const TEST: &str = "failover::partition::a_torn_network_makes_no_license_count_twice_and_spends_no_hour_without_a_client_on_the_backup";

/// Servers and clients on three machines.
struct World {
    // Ended in this order.
    servers: [Server; 2],
    /// Of both servers.
    ve: String,
    network: Network,
    _prepared: PreparedInstallation,
}

impl World {
    fn new() -> Self {
        let network = Network::new(&["primary", "backup", "clients"]);
        let prepared = PreparedInstallation::new(120);
        let start = |server: usize, name: &str| {
            let address = network.address(name);
            let (console, clients, ve) =
                (format!("{address}:8084"), format!("{address}:7569"), format!("{address}:8083"));
            let more = ["--console", &console, "--clients", &clients, "--ve", &ve];
            let how = ServerOptions { network: Some(Network::namespace(name)), ..prepared.how(server, &more) };
            prepared.start(server, &how)
        };
        let servers = [start(0, "primary"), start(1, "backup")];
        prepared.join(&servers[0], &servers[1]);
        let ve = prepared.ve_servers([&servers[0].ve, &servers[1].ve]);
        Self { servers, ve, network, _prepared: prepared }
    }

    fn machine(&self, name: &str) -> Program {
        Program::start(machine(leasehold_in(&Network::namespace("clients")), &self.ve, name))
    }

    fn application(&self, name: &str) -> Program {
        let servers = [self.servers[0].clients.as_str(), &self.servers[1].clients];
        Program::start(application(leasehold_in(&Network::namespace("clients")), &servers, name))
    }

    fn state(&self, by: usize) -> Value {
        let seen = Browser::at(&self.servers[by]).json("/api/v1/servers");
        seen["items"].as_array().unwrap().iter().find(|item| item["self"] == false).unwrap()["state"].clone()
    }

    fn both_see(&self, state: &str) {
        let found = within(NOTICED_MS, || [0, 1].iter().all(|&by| self.state(by) == state).then_some(()));
        assert!(found.is_some(), "{state}: {} {}", self.state(0), self.state(1));
    }

    /// Who holds a license of this server, as the machines know it themselves.
    fn holders(&self, machines: &[Program], server: usize) -> usize {
        machines.iter().filter(|machine| seat(machine).as_deref() == Some(self.servers[server].ve.as_str())).count()
    }

    /// Waits until all instances of this server run.
    fn all_taken(&self, machines: &[Program], server: usize, since: Instant) -> Duration {
        let all = INSTANCES as usize;
        let most = u64::try_from(MOVES_WITHIN.as_millis()).unwrap();
        let taken = within(most, || (self.holders(machines, server) == all).then(|| since.elapsed()));
        taken.unwrap_or_else(|| panic!("{:#?}", machines.iter().map(Program::said).collect::<Vec<_>>()))
    }
}

/// Where the license of a machine comes from after this event; none when it has none then. Other events change nothing.
fn seat_after(line: &str) -> Option<Option<String>> {
    let event: Value = serde_json::from_str(line).ok()?;
    let from = |key: &str| Some(Some(event[key].as_str()?.to_owned()));
    match event["event"].as_str()? {
        "logged_in" | "returned" | "regained" => from("server"),
        "switched" => from("to"),
        "lost" | "stopped" | "logged_out" => Some(None),
        _ => None,
    }
}

fn seat(machine: &Program) -> Option<String> {
    machine.said().iter().filter_map(|line| seat_after(line)).next_back().flatten()
}

/// The most machines that had a license of one server at once.
fn most_at_once(machines: &[Program]) -> usize {
    let mut moves: Vec<(Instant, usize, Option<String>)> = Vec::new();
    for (number, machine) in machines.iter().enumerate() {
        let told = machine.said_when().into_iter();
        moves.extend(told.filter_map(|(at, line)| Some((at, number, seat_after(&line)?))));
    }
    moves.sort();
    let mut seats = vec![None; machines.len()];
    let mut most = 0;
    for (_, number, to) in moves {
        let here = seats.iter().enumerate().filter(|(other, seat)| *other != number && to.is_some() && **seat == to);
        most = most.max(here.count() + usize::from(to.is_some()));
        seats[number] = to;
    }
    most
}

/// A machine that comes when the one server it reaches has no instance left: it waits, and nobody gives it one.
/// `event`: how it says so.
fn one_too_many(world: &World, name: &str, event: &str) {
    let came = Instant::now();
    let mut machine = world.machine(name);
    machine.until(&format!(r#""event":"{event}""#), came, MOVES_WITHIN);
    std::thread::sleep(ASKED_AGAIN);
    assert_eq!(
        machine.said().iter().filter_map(|line| seat_after(line)).flatten().next(),
        None,
        "{:?}",
        machine.said()
    );
    machine.terminate();
}

/// Two virtual machines for two instances, one too many now and then, and two applications that would like more than
/// there is.
#[test]
fn a_torn_network_makes_no_license_count_twice_and_spends_no_hour_without_a_client_on_the_backup() {
    if !is_inside(TEST) {
        return;
    }
    let world = World::new();
    let network = &world.network;
    let [mut at_primary, mut at_backup] = [0, 1].map(|server| Browser::at(&world.servers[server]));
    let began = Instant::now();
    let mut machines = ["machine-1", "machine-2"].map(|name| world.machine(name));
    let mut applications = ["application-1", "application-2"].map(|name| world.application(name));
    world.all_taken(&machines, 0, began);
    for application in &applications {
        application.until("Using 10.77.1.2", began, MOVES_WITHIN);
    }
    world.both_see("up");
    let licensed = left_s(&mut at_backup);
    let watch = ServersWatch::start(&world.servers);
    let stays = |since: Instant, at_backup: &mut Browser, left: f64| {
        assert_eq!([0, 1].map(|server| world.holders(&machines, server)), [INSTANCES as usize, 0]);
        for application in &applications {
            assert_eq!(application.when("is not responding", since), None, "{:?}", application.said());
        }
        assert_eq!((left_s(at_backup), runs(at_backup)), (left, false), "no hours");
    };

    // The servers do not hear each other; all clients see both.
    let cut = Instant::now();
    network.cut("primary", "backup");
    world.both_see("silent");
    stays(cut, &mut at_backup, licensed);
    network.mend("primary", "backup");
    world.both_see("up");

    // The clients do not reach the primary; the servers hear each other.
    let cut = Instant::now();
    network.cut("primary", "clients");
    let moved = world.all_taken(&machines, 1, cut);
    let taken = applications
        .each_ref()
        .map(|application| application.until("is not responding. Now using 10.77.2.2", cut, MOVES_WITHIN));
    within(5_000, || runs(&mut at_backup).then_some(())).expect("the hours run");
    let serves = format!("{BACKUP} is serving");
    for browser in [&mut at_primary, &mut at_backup] {
        browser.reads(&[&serves, "Backup hours last until", "Running since"], &["without a server"]);
    }
    // It has heard of both servers that they give it nothing.
    one_too_many(&world, "machine-3", "lost");
    assert_eq!(world.holders(&machines, 1), INSTANCES as usize);
    assert_eq!([world.state(0), world.state(1)], ["up", "up"]);
    let mended = Instant::now();
    network.mend("primary", "clients");
    let back = world.all_taken(&machines, 0, mended);
    let taken_back =
        applications.each_ref().map(|application| application.until("is responding again", mended, MOVES_WITHIN));
    within(5_000, || (!runs(&mut at_backup)).then_some(())).expect("the hours stop");
    let left = left_s(&mut at_backup);
    let (spent, at_most) = (licensed - left, cut.elapsed().as_secs_f64());
    assert!(spent > 0.0 && spent < at_most, "{spent} s of hours in {at_most}");

    // Nobody reaches the backup. Whoever comes now finds all instances taken at the primary.
    let cut = Instant::now();
    network.cut("backup", "primary");
    network.cut("backup", "clients");
    one_too_many(&world, "machine-4", "waiting");
    world.both_see("silent");
    stays(cut, &mut at_backup, left);
    network.mend("backup", "primary");
    network.mend("backup", "clients");
    world.both_see("up");
    assert!((world.holders(&machines, 0), left_s(&mut at_backup)) == (INSTANCES as usize, left), "nobody moved");

    for program in machines.iter_mut().chain(&mut applications) {
        program.terminate();
    }
    let seen = watch.stop();
    assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
    assert!(seen.ran > 0, "the hours were seen to run");
    assert_eq!(most_at_once(&machines), INSTANCES as usize);
    for browser in [&mut at_primary, &mut at_backup] {
        let usage = browser.json("/api/v1/usage");
        let used = usage["items"].as_array().unwrap().iter().find(|item| item["product"] == PRODUCT).unwrap().clone();
        assert_eq!(used["peak"], POOL, "all of them, and by the single records too none more: {used}");
        assert!(used["denied"].as_u64() > Some(0), "more were wanted: {used}");
        let broken = browser.metrics();
        let broken: Vec<&str> = broken.lines().filter(|line| line.starts_with("leasehold_broken_invariants")).collect();
        assert!(broken.iter().all(|line| line.ends_with(" 0")), "{broken:?}");
    }
    println!(
        "clients cut off from the primary: machines moved within {moved:.1?}, applications {taken:.1?}; back within {back:.1?} \
         and {taken_back:.1?}; {spent:.1} s of hours in {at_most:.1} s; the most that was counted: {:?}; {:.0?} in all",
        seen.most,
        began.elapsed()
    );
}
