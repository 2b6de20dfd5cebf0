use std::time::{Duration, Instant};

use serde_json::Value;

use super::browser::Browser;
use super::installation::{BACKUP, MOVES_WITHIN, Prepared, application, machine};
use super::network::{Network, is_inside};
use super::program::Program;
use super::watch::{Watch, left_s, runs};
use crate::harness::{How, Server, leasehold_in, within};

/// A server is called silent, or up, within this time: ten seconds of silence, and the next look.
const NOTICED_MS: u64 = 14_000;

const SWITCHED: &str = r#""event":"switched""#;
const RETURNED: &str = r#""event":"returned""#;

/// Servers and clients on three machines.
struct World {
    // Ended in this order.
    servers: [Server; 2],
    /// Of both servers.
    ve: String,
    network: Network,
    _prepared: Prepared,
}

impl World {
    fn new() -> Self {
        let network = Network::new(&["primary", "backup", "clients"]);
        let prepared = Prepared::new(120);
        let start = |server: usize, name: &str| {
            let address = network.address(name);
            let (console, clients, ve) =
                (format!("{address}:8084"), format!("{address}:7569"), format!("{address}:8083"));
            let more = ["--console", &console, "--clients", &clients, "--ve", &ve];
            let how = How { network: Some(Network::namespace(name)), ..prepared.how(server, &more) };
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
}

/// What a page says after the next looks of the servers at one another.
fn reads(browser: &mut Browser, words: &[&str]) {
    let mut page = String::new();
    let found = within(8_000, || {
        page = browser.page("/servers");
        words.iter().all(|words| page.contains(words)).then_some(())
    });
    assert!(found.is_some(), "{words:?} on {page}");
}

#[test]
fn a_torn_network_makes_no_license_count_twice_and_spends_no_hour_without_a_client_on_the_backup() {
    if !is_inside(
        "failover::partition::a_torn_network_makes_no_license_count_twice_and_spends_no_hour_without_a_client_on_the_backup",
    ) {
        return;
    }
    let world = World::new();
    let network = &world.network;
    let [mut at_primary, mut at_backup] = [0, 1].map(|server| Browser::at(&world.servers[server]));
    let began = Instant::now();
    let mut machines = ["machine-1", "machine-2"].map(|name| world.machine(name));
    let mut applications = ["application-1", "application-2"].map(|name| world.application(name));
    for machine in &machines {
        machine.until(r#""event":"logged_in""#, began, MOVES_WITHIN);
    }
    for application in &applications {
        application.until("Licenses come from 10.77.1.2", began, MOVES_WITHIN);
    }
    world.both_see("up");
    let licensed = left_s(&mut at_backup);
    let watch = Watch::start(&world.servers);
    let stays = |since: Instant, at_backup: &mut Browser, left: f64| {
        for machine in &machines {
            assert_eq!(machine.when(SWITCHED, since), None, "{:?}", machine.said());
        }
        for application in &applications {
            assert_eq!(application.when("does not answer", since), None, "{:?}", application.said());
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
    let moved = machines.each_ref().map(|machine| machine.until(SWITCHED, cut, MOVES_WITHIN));
    let taken = applications
        .each_ref()
        .map(|application| application.until("does not answer. Licenses come from 10.77.2.2", cut, MOVES_WITHIN));
    within(5_000, || runs(&mut at_backup).then_some(())).expect("the hours run");
    for browser in [&mut at_primary, &mut at_backup] {
        reads(browser, &[BACKUP, "Burning 1 h an hour"]);
    }
    println!("primary: {}", at_primary.page("/servers").split("Who serves whom").next().unwrap());
    println!("backup: {}", at_backup.page("/servers").split("Who serves whom").next().unwrap());
    assert_eq!([world.state(0), world.state(1)], ["up", "up"]);
    let mended = Instant::now();
    network.mend("primary", "clients");
    let back = machines.each_ref().map(|machine| machine.until(RETURNED, mended, MOVES_WITHIN));
    let taken_back =
        applications.each_ref().map(|application| application.until("answers again", mended, MOVES_WITHIN));
    within(5_000, || (!runs(&mut at_backup)).then_some(())).expect("the hours stop");
    let left = left_s(&mut at_backup);
    let spent = licensed - left;
    let at_most = mended.elapsed() + mended.duration_since(cut);
    assert!(spent > 0.0 && spent < at_most.as_secs_f64(), "{spent} s of hours in {at_most:?}");

    // Nobody reaches the backup. Whoever comes now finds all instances taken at the primary, and no other server.
    let cut = Instant::now();
    network.cut("backup", "primary");
    network.cut("backup", "clients");
    let third = world.machine("machine-3");
    world.both_see("silent");
    stays(cut, &mut at_backup, left);
    assert_eq!(third.when(r#""event":"logged_in""#, cut), None, "{:?}", third.said());
    network.mend("backup", "primary");
    network.mend("backup", "clients");
    world.both_see("up");
    std::thread::sleep(Duration::from_secs(5));
    println!("third: {:?} runs {}", third.said(), runs(&mut at_backup));
    drop(third);

    for machine in &mut machines {
        machine.terminate();
    }
    for application in &mut applications {
        application.terminate();
    }
    let seen = watch.stop();
    assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
    println!(
        "moved {moved:.1?} {taken:.1?}, back {back:.1?} {taken_back:.1?}, {spent:.1} s of hours, {seen:?}, {:?}",
        began.elapsed()
    );
    for server in [0, 1] {
        let usage = Browser::at(&world.servers[server]).json("/api/v1/usage");
        println!("{usage}");
    }
}
