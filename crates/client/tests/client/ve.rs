//! A virtual environment and its license: two servers, a grace of two hours, and lines as operators know them.

mod full;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::ve::{Builder, LoginError, StopWarning, VeClient, VeEvent, VeLogLine, VeStatus};
use licensing::client_protocol::{ExpiryNotice, FaultKind, VeTerms};
use tokio::sync::broadcast::Receiver;

use super::server::{Mode, WALL_MS};
use super::world::{FakeInstallation, pass};

const FIRST: &str = "1111-2222-3333-4444";
const SECOND: &str = "5555-6666-7777-8888";
const LICENSE: &str = "01.00000001.002.045";
const HOUR: u64 = 3_600_000;
const MINUTE: u64 = 60_000;

type Shared<T> = Arc<Mutex<Vec<T>>>;

/// What a virtual environment said.
#[derive(Clone, Default)]
struct Heard {
    lines: Shared<VeLogLine>,
    calls: Shared<StopWarning>,
}

impl Heard {
    /// The lines since the last look: seconds since `from_ms` of the test, level and message.
    fn lines(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        lines.into_iter().map(|line| line.write("").trim().to_owned()).collect()
    }

    fn calls(&self) -> Vec<StopWarning> {
        self.calls.lock().unwrap().clone()
    }
}

fn terms(grace_min: u32) -> VeTerms {
    VeTerms { license_id: LICENSE.to_owned(), key_type: "COUNTDOWN".to_owned(), grace_min, interval_min: 60 }
}

fn scene(grace_min: u32) -> (FakeInstallation, Builder, Heard) {
    let scene = FakeInstallation::new();
    for (fake, opens) in [(&scene.primary, FIRST), (&scene.backup, SECOND)] {
        let mut world = fake.world();
        world.licensed.insert("VE".to_owned(), 3);
        world.ve = Some((opens.to_owned(), terms(grace_min)));
    }
    let heard = Heard::default();
    let (lines, calls) = (heard.lines.clone(), heard.calls.clone());
    let builder = VeClient::builder()
        .servers([format!("VE://lic1/{FIRST}"), format!("VE://lic2/{SECOND}")])
        .product("Charon-SSP/4U")
        .version(5, 3)
        .cpus(2)
        .memory_mb(2_048)
        .name("vm-1")
        .seed(7)
        .on_line(move |line| lines.lock().unwrap().push(line.clone()))
        .on_stop(move |when| calls.lock().unwrap().push(when))
        .clock(scene.clock.clone())
        .connector(scene.net.clone());
    (scene, builder, heard)
}

fn told(events: &mut Receiver<VeEvent>) -> Vec<VeEvent> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

const CONNECTED: [&str; 2] = [
    "INFO  VE       Connected with license server: lic1",
    "INFO  VE       Found available license ID: 01.00000001.002.045.",
];
const CONNECTED_BACKUP: [&str; 2] = [
    "INFO  VE       Connected with license server: lic2",
    "INFO  VE       Found available license ID: 01.00000001.002.045.",
];
const FAILED: &str = "ERROR VE       Failed to connect with the license server!";
const TRYING: &str = "INFO  VE       Trying to login to license server: lic1";
const TRYING_BACKUP: &str = "INFO  VE       Trying to login to license server: lic2";
const TWO_HOURS: &str = "WARN  VE       Charon will be terminated within 2 hours!";
const ONE_MINUTE: &str = "WARN  VE       Charon will be terminated within 1 minute!";
const FULL: &str = "WARN  VE       All licenses of license server lic1 are in use. Waiting for one.";
const UNAVAILABLE: &str = "FATAL VE       License server is unavailable!";

#[tokio::test(start_paused = true)]
async fn it_logs_in_with_the_passphrase_of_each_address_and_holds_one_license_as_long_as_it_runs() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    assert_eq!(heard.lines(), [&[TRYING], &CONNECTED[..]].concat());
    let first = VeEvent::LoggedIn {
        server: "lic1:8083".to_owned(),
        license_id: LICENSE.to_owned(),
        key_type: "COUNTDOWN".to_owned(),
    };
    assert_eq!(told(&mut events), [first], "the first listener hears it from the start");
    pass(20 * MINUTE).await;
    let used = scene.primary.last("VE");
    assert_eq!((used.held, used.want), (1, 1), "one, and none to spare");
    let login = scene.primary.world().hellos[0].ve.clone().unwrap();
    assert_eq!((login.passphrase.as_str(), login.product.as_str()), (FIRST, "Charon-SSP/4U"));
    assert_eq!((login.major, login.minor, login.cpus, login.memory_mb), (5, 3, 2, 2_048));
    assert!(scene.backup.world().hellos.is_empty());
    let status = client.status();
    assert_eq!((status.standing, status.license_id.as_deref()), (VeStatus::Licensed, Some(LICENSE)));
    assert_eq!(heard.lines(), [""; 0]);
    client.clone().close().await;
    assert_eq!(scene.primary.world().goodbyes.len(), 1);
    assert_eq!((client.status().standing, told(&mut events)), (VeStatus::LoggedOut, vec![VeEvent::LoggedOut]));
    assert_eq!(heard.lines(), ["INFO  VE       Logged out from license server: lic1"]);
    assert_eq!(heard.calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_silent_primary_is_left_within_15_seconds_and_returned_to_and_the_backup_is_told_once_each_time() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    heard.lines();
    for times in 1..=2 {
        pass(MINUTE).await;
        told(&mut events);
        scene.primary.set(Mode::HalfOpen);
        pass(15_000).await;
        assert_eq!(scene.backup.last("VE").held, 1);
        assert_eq!(heard.lines(), [&[FAILED, TRYING_BACKUP], &CONNECTED_BACKUP[..]].concat());
        pass(MINUTE).await;
        let seen: Vec<_> = scene.backup.world().hellos.iter().filter_map(|hello| hello.observed.clone()).collect();
        assert_eq!(seen.len(), times, "each move is told once: {seen:?}");
        let last = &seen[times - 1];
        assert_eq!(
            (last.server.as_str(), last.problem.as_str()),
            ("lic1:8083", "It did not respond within 10 seconds.")
        );
        assert!((10_000..=14_000).contains(&last.silent_ms), "{last:?}");
        scene.primary.set(Mode::Good);
        pass(14_000).await;
        assert_eq!(scene.primary.last("VE").held, 1);
        assert_eq!((scene.backup.last("VE").held, scene.backup.last("VE").want), (0, 0), "its hours stop");
        assert_eq!(heard.lines(), CONNECTED);
        let (one, two) = ("lic1:8083".to_owned(), "lic2:8083".to_owned());
        assert_eq!(
            told(&mut events),
            [VeEvent::Switched { from: one.clone(), to: two }, VeEvent::Returned { server: one }]
        );
    }
    assert!(scene.primary.world().hellos.iter().all(|hello| hello.observed.is_none()));
    assert_eq!(scene.backup.world().hellos.iter().find_map(|hello| hello.ve.clone()).unwrap().passphrase, SECOND);
}

#[tokio::test(start_paused = true)]
async fn without_any_server_the_lines_come_in_the_known_order_and_a_server_found_ends_the_grace() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    told(&mut events);
    heard.lines();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::HalfOpen);
    let began = scene.primary.world().refreshes.last().unwrap().0;
    pass(30_000).await;
    assert_eq!(heard.lines(), [FAILED, TRYING_BACKUP, FAILED, TWO_HOURS]);
    let lost = told(&mut events);
    let [VeEvent::Lost { grace_ms, grace_until_ms }] = lost[..] else { panic!("{lost:?}") };
    assert_eq!((grace_ms, client.status().standing), (2 * HOUR, VeStatus::Grace { until_ms: grace_until_ms }));
    assert!(grace_until_ms > WALL_MS && began > 0);
    pass(HOUR).await;
    assert_eq!((heard.lines(), heard.calls()), (vec![], vec![]), "nothing more while it lasts");
    scene.backup.set(Mode::Good);
    pass(15_000).await;
    assert_eq!(heard.lines(), CONNECTED_BACKUP);
    assert_eq!(client.status().standing, VeStatus::Licensed);
    pass(3 * HOUR).await;
    assert_eq!(scene.backup.last("VE").held, 1, "a license was taken anew after the flush");
    assert_eq!(heard.calls(), []);
    assert!(!heard.lines().iter().any(|line| line.contains("terminated")));
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_the_grace_it_is_called_a_minute_before_and_at_the_end_and_stays_stopped() {
    let (scene, builder, heard) = scene(90);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    told(&mut events);
    heard.lines();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    pass(15_000).await;
    let lost = told(&mut events);
    let [VeEvent::Lost { grace_until_ms, grace_ms }] = lost[..] else { panic!("{lost:?}") };
    assert_eq!(grace_ms, 90 * MINUTE);
    let now_ms = || client::Clock::wall_ms(&*scene.clock);
    pass(u64::try_from(grace_until_ms - now_ms()).unwrap() - MINUTE - 1_000).await;
    assert_eq!(heard.calls(), []);
    pass(1_100).await;
    assert_eq!(heard.calls(), [StopWarning::Soon { left_ms: MINUTE }]);
    assert_eq!(
        heard.lines(),
        [FAILED, TRYING_BACKUP, FAILED, "WARN  VE       Charon will be terminated within 90 minutes!", ONE_MINUTE]
    );
    pass(MINUTE - 1_000).await;
    assert!(matches!(client.status().standing, VeStatus::Grace { .. }));
    pass(1_000).await;
    assert_eq!(client.stopped().await, VeStatus::Stopped);
    pass(11_000).await;
    assert_eq!(heard.calls(), [StopWarning::Soon { left_ms: MINUTE }, StopWarning::Now]);
    assert_eq!(heard.lines(), [UNAVAILABLE]);
    assert_eq!(told(&mut events), [VeEvent::Warned { left_ms: MINUTE }, VeEvent::Stopped]);
    scene.primary.set(Mode::Good);
    let asked = scene.primary.world().refreshes.len();
    pass(HOUR).await;
    assert_eq!((client.status().standing, scene.primary.world().refreshes.len()), (VeStatus::Stopped, asked));
}

#[tokio::test(start_paused = true)]
async fn time_asleep_counts_to_the_grace() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    pass(HOUR).await;
    scene.clock.sleep(HOUR);
    pass(2_000).await;
    assert_eq!(client.stopped().await, VeStatus::Stopped);
    assert_eq!(heard.lines().last().unwrap(), UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_declines_is_left_at_once_and_not_returned_to_while_it_does() {
    for kind in [FaultKind::Drained, FaultKind::HoursUsedUp, FaultKind::LoginRefused] {
        let (scene, builder, heard) = scene(120);
        let client = builder.connect().await.unwrap();
        pass(MINUTE).await;
        heard.lines();
        scene.primary.set(Mode::Refuses(kind));
        pass(2_500).await;
        assert_eq!(scene.backup.last("VE").held, 1, "{kind:?}: no ten seconds are waited");
        let declined = "ERROR VE       License server lic1 gives no license: It was refused.";
        assert_eq!(heard.lines(), [&[declined, TRYING_BACKUP], &CONNECTED_BACKUP[..]].concat(), "{kind:?}");
        let seen = scene.backup.world().hellos[0].observed.clone().unwrap();
        assert_eq!(seen.problem, "It was refused.");
        pass(30 * MINUTE).await;
        assert_eq!(
            (heard.lines(), scene.backup.last("VE").held),
            (vec![], 1),
            "{kind:?}: beside the work it is no news"
        );
        scene.primary.set(Mode::Good);
        pass(15_000).await;
        assert_eq!(heard.lines(), CONNECTED, "{kind:?}");
        // A short drill again: handing over is no flapping.
        if kind == FaultKind::Drained {
            scene.primary.set(Mode::Refuses(kind));
            pass(5_000).await;
            scene.primary.set(Mode::Good);
            pass(5_000).await;
            assert_eq!(scene.primary.last("VE").held, 1);
        }
        client.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_and_gives_no_license_is_no_use() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    pass(MINUTE).await;
    heard.lines();
    scene.primary.world().licensed.insert("VE".to_owned(), 0);
    scene.backup.world().licensed.insert("VE".to_owned(), 0);
    pass(5_000).await;
    assert_eq!(
        heard.lines(),
        [
            "ERROR VE       License server lic1 gives no license: It has no license for this product.",
            TRYING_BACKUP,
            "ERROR VE       License server lic2 gives no license: It has no license for this product.",
            TWO_HOURS
        ]
    );
    assert!(matches!(client.status().standing, VeStatus::Grace { .. }));
    pass(30 * MINUTE).await;
    scene.primary.world().licensed.insert("VE".to_owned(), 1);
    pass(12_000).await;
    assert_eq!(heard.lines(), CONNECTED);
    assert_eq!((scene.primary.last("VE").held, client.status().standing), (1, VeStatus::Licensed));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_passphrase_is_refused_at_once_and_not_shown() {
    let (_scene, builder, heard) = scene(120);
    let wrong = "9999-9999-9999-9999";
    let builder = builder.servers([format!("VE://lic1/{wrong}"), format!("VE://lic2/{wrong}")]);
    let began = tokio::time::Instant::now();
    let Err(LoginError::Refused { servers }) = builder.connect().await else { panic!("it was let in") };
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(
        servers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["lic1:8083: This passphrase opens nothing.", "lic2:8083: This passphrase opens nothing."]
    );
    pass(1_000).await;
    assert_eq!(heard.calls(), [StopWarning::Now], "whoever did not wait for the login has to end too");
    let lines = heard.lines();
    assert!(
        lines.len() == 4 && !lines.iter().any(|line| line.contains("9999") || line.contains("terminated")),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_protocol_version_is_named() {
    let (scene, builder, heard) = scene(120);
    scene.primary.set(Mode::Says("{\"protocol\":2}".to_owned()));
    let client = builder.connect().await.unwrap();
    let version = "ERROR VE       License protocol version is invalid.";
    assert_eq!(heard.lines(), [&[TRYING, version, TRYING_BACKUP], &CONNECTED_BACKUP[..]].concat());
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_starts_before_its_servers_waits_two_hours_for_them() {
    let (scene, builder, heard) = scene(5);
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    let Err(LoginError::NoServer { servers }) = builder.clone().connect().await else { panic!("it was let in") };
    assert_eq!(servers.len(), 2);
    assert_eq!(heard.lines(), [TRYING, FAILED, TRYING_BACKUP, FAILED, TWO_HOURS]);
    let client = builder.clone().start().unwrap();
    pass(HOUR).await;
    scene.primary.set(Mode::Good);
    pass(15_000).await;
    assert_eq!(client.status().standing, VeStatus::Licensed);
    client.close().await;
    scene.primary.set(Mode::Down);
    let client = builder.start().unwrap();
    pass(2 * HOUR + 1_000).await;
    assert_eq!(client.stopped().await, VeStatus::Stopped);
}

#[tokio::test(start_paused = true)]
async fn the_license_is_looked_at_once_an_interval_and_new_terms_count() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    heard.lines();
    pass(59 * MINUTE).await;
    assert_eq!((scene.primary.world().hellos.len(), heard.lines()), (1, vec![]));
    scene.primary.world().ve = Some((FIRST.to_owned(), terms(30)));
    pass(2 * MINUTE).await;
    assert_eq!(scene.primary.world().hellos.len(), 2);
    assert_eq!(heard.lines(), ["INFO  VE       License checked, license ID: 01.00000001.002.045."]);
    scene.primary.set(Mode::Down);
    scene.backup.set(Mode::Down);
    pass(15_000).await;
    assert_eq!(heard.lines().last().unwrap(), "WARN  VE       Charon will be terminated within 30 minutes!");
    // A passphrase that was withdrawn is noticed by the check.
    scene.primary.set(Mode::Good);
    scene.primary.world().ve = Some(("0000-0000-0000-0000".to_owned(), terms(30)));
    scene.backup.set(Mode::Good);
    pass(62 * MINUTE).await;
    assert_eq!(scene.backup.last("VE").held, 1);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_notice_of_the_server_is_told_once() {
    let (scene, builder, heard) = scene(120);
    let client = builder.connect().await.unwrap();
    let mut events = client.events();
    told(&mut events);
    heard.lines();
    let mut left_ms = HOUR;
    for _ in 0..100 {
        scene.primary.world().notice =
            Some(ExpiryNotice { ends_in_ms: left_ms, sentence: "The hours end soon.".to_owned() });
        pass(2_000).await;
        left_ms -= 2_000;
    }
    assert_eq!(heard.lines(), ["WARN  VE       The hours end soon."]);
    assert!(matches!(&told(&mut events)[..], [VeEvent::Notice { sentence, .. }] if sentence == "The hours end soon."));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_is_said_before_anybody_is_asked() {
    let (scene, builder, _) = scene(120);
    let error = builder.clone().servers(["VE://lic1/7654"]).start().unwrap_err();
    assert!(matches!(error, LoginError::Address { number: 1, .. }), "{error}");
    assert!(!error.to_string().contains("7654"), "{error}");
    assert_eq!(builder.clone().servers::<&str>([]).start().unwrap_err(), LoginError::NoServers);
    assert_eq!(builder.product(" ").start().unwrap_err(), LoginError::NoProduct);
    pass(1_000).await;
    assert!(scene.primary.world().hellos.is_empty());
}
