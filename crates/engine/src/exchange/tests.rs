//! The exchange with a clock moved by hand and a vendor in the test itself.

use std::sync::Arc;

use licensing::bundle::{Bundle, License, LicenseKind, LicenseStatus, Serial, SignedBundle};
use licensing::contact::{ContactPhase, DAY};
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::monitor::SignedMonitorDocument;
use licensing::registration::Registration;
use licensing::status_report::StatusReport;
use licensing::status_response::StatusResponse;
use licensing::vendor_key::VendorSecret;

use super::report::report_digest;
use super::{Channel, LedgerQuery, OpenedReport, PushError, Readiness};
use crate::Engine;
use crate::actor::Actor;
use crate::clock::{Clock, ManualClock};
use crate::conf::BaseRevision;

pub(crate) const START: i64 = 1_800_000_000_000;
pub(crate) const GUID: &str = "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}";

pub(crate) struct World {
    pub engine: Arc<Engine>,
    pub clock: Arc<ManualClock>,
    pub folder: tempfile::TempDir,
    pub vendor: VendorSecret,
}

impl World {
    /// A registered server that trusts this vendor.
    pub async fn registered() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Engine::write_new_conf(&folder.path().join("license_server.conf")).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let vendor = VendorSecret::from_seeds([1; 32], [2; 32]);
        let engine = open(folder.path(), &clock).await;
        let world = Self { engine, clock, folder, vendor };
        world.register(GUID).await;
        world
    }

    async fn register(&self, guid: &str) {
        let key = self.vendor.public();
        let mut registration = Registration::typed(guid, "secret", "").unwrap();
        registration.trust(key.fingerprint(), Some(key));
        self.engine.register(&Actor::system(), &BaseRevision::Newest, registration, Vec::new(), "test").await.unwrap();
    }

    pub async fn restarted(mut self) -> Self {
        self.engine.store_contact().await.unwrap();
        self.engine.close().await;
        self.engine = open(self.folder.path(), &self.clock).await;
        self
    }

    pub async fn pull(&self) -> OpenedReport {
        self.engine.open_report(&Actor::system(), Channel::Api).await.unwrap()
    }

    /// The vendor's answer to a report, with this many licenses.
    fn answer(&self, report: &OpenedReport, serial: u64, count: u64) -> String {
        self.answer_with(report, serial, count, None)
    }

    /// The same with a license of the usage monitor.
    pub fn answer_with(
        &self,
        report: &OpenedReport,
        serial: u64,
        count: u64,
        monitor_license: Option<SignedMonitorDocument>,
    ) -> String {
        let parsed = StatusReport::parse(report.report.as_bytes()).unwrap();
        let license = License {
            id: "L-1".to_owned(),
            product: "TTS3".parse().unwrap(),
            kind: LicenseKind::Concurrent,
            count,
            context: Context::Production,
            hours: None,
            expires: Some(START + 400 * DAY),
            maintenance_expires: None,
            version: None,
        };
        let bundle = Bundle {
            guid: Guid::parse(GUID).unwrap(),
            context: Context::Production,
            serial: Serial(serial),
            issued: START,
            customer: "ACME".to_owned(),
            contact_limit_days: 60,
            deployments: vec![parsed.cluster_guid.clone()],
            licenses: vec![license],
        };
        let response = StatusResponse {
            error: false,
            message: "Success".to_owned(),
            valid_license_guids: vec![parsed.cluster_guid],
            license_status_id: Some(parsed.status_id),
            node_time: self.clock.now_ms(),
            report_sha256: report_digest(&report.report),
            bundle: Some(SignedBundle::sign(&self.vendor, &bundle)),
            notices: Vec::new(),
            monitor_license,
        };
        response.signed_text(&self.vendor)
    }

    pub async fn push(&self, answer: &str) -> Result<super::Applied, PushError> {
        self.engine.push_response(&Actor::system(), Channel::Api, answer.as_bytes()).await
    }

    async fn exchange(&self, serial: u64, count: u64) {
        let report = self.pull().await;
        self.push(&self.answer(&report, serial, count)).await.unwrap();
    }

    fn licensed(&self) -> Option<(u64, LicenseStatus)> {
        self.engine.licenses().map(|all| (all.items[0].license.count, all.items[0].verdict.standing))
    }
}

async fn open(folder: &std::path::Path, clock: &Arc<ManualClock>) -> Arc<Engine> {
    let conf = folder.join("license_server.conf");
    Arc::new(Engine::open(folder, &conf, clock.clone()).await.unwrap())
}

#[tokio::test]
async fn a_report_takes_one_answer_and_a_second_changes_nothing() {
    let world = World::registered().await;
    let report = world.pull().await;
    let answer = world.answer(&report, 1, 50);
    let applied = world.push(&answer).await.unwrap();
    assert_eq!(applied.outcome.changes.added.len(), 1);
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    let again = world.push(&answer).await.unwrap_err();
    assert!(again.conflict(), "{again}");
    let entry = world.engine.ledger_entry(&report.status_id).await.unwrap().unwrap();
    assert_eq!((entry.state.as_str(), entry.answer.unwrap().outcome.serial), ("answered", 1));
}

#[tokio::test]
async fn an_exchange_under_way_outlives_a_registration() {
    let world = World::registered().await;
    let report = world.engine.open_report(&Actor::system(), Channel::Online).await.unwrap();
    world.register(GUID).await;
    assert_eq!(world.engine.ledger_entry(&report.status_id).await.unwrap().unwrap().state, "open");
    world.push(&world.answer(&report, 1, 50)).await.unwrap();
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
}

#[tokio::test]
async fn what_is_refused_leaves_its_status_id_as_good_as_it_was() {
    let world = World::registered().await;
    world.exchange(2, 50).await;
    let report = world.pull().await;
    for wrong in [world.answer(&report, 1, 99), world.answer(&report, 2, 99), "{}".to_owned(), String::new()] {
        assert!(world.push(&wrong).await.is_err());
        assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    }
    let mut edited = world.answer(&report, 3, 51);
    edited = edited.replace("\"count\":51", "\"count\":5100");
    assert!(world.push(&edited).await.is_err());
    world.push(&world.answer(&report, 3, 51)).await.unwrap();
    assert_eq!(world.licensed(), Some((51, LicenseStatus::Active)));
}

#[tokio::test]
async fn licenses_survive_a_restart_and_an_altered_database_does_not_make_more_of_them() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    let world = world.restarted().await;
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query("UPDATE bundle SET signed = replace(signed, '\"count\":50', '\"count\":500')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let world = world.restarted().await;
    assert_eq!(world.licensed(), None);
}

#[tokio::test]
async fn licenses_leave_service_after_sixty_days_and_come_back_with_contact() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.clock.advance(60 * DAY - 1);
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    world.clock.advance(1);
    assert_eq!(world.engine.contact().phase(), ContactPhase::Lapsed);
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Lapsed)));
    assert!(!world.engine.in_service());
    world.exchange(1, 50).await;
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
}

#[tokio::test]
async fn setting_the_clock_back_gains_nothing_not_even_over_a_restart() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.clock.advance(40 * DAY);
    world.clock.set_off(-30 * DAY);
    assert_eq!(world.engine.contact().days(), Some(40));
    assert!(world.engine.contact().flagged.is_some());
    let world = world.restarted().await;
    assert_eq!(world.engine.contact().days(), Some(40));
    world.exchange(1, 50).await;
    assert_eq!((world.engine.contact().days(), world.engine.contact().flagged), (Some(0), None));
}

#[tokio::test]
async fn a_jump_of_the_running_clock_is_not_followed() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.clock.set_off(90 * DAY);
    assert_eq!(world.engine.contact().days(), Some(0));
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    assert!(world.engine.contact().flagged.is_some());
}

#[tokio::test]
async fn a_start_with_a_clock_years_ahead_lapses_nothing_and_leaves_nothing_behind() {
    let mut world = World::registered().await;
    world.exchange(1, 50).await;
    for off in [2 * 365 * DAY, 70 * 365 * DAY, -10 * 365 * DAY] {
        let (known, days) = (world.engine.now_ms(), world.engine.contact().days());
        world.clock.set_off(off);
        world = world.restarted().await;
        assert_eq!(world.engine.contact().days(), days, "{off}");
        assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)), "{off}");
        assert_eq!(world.engine.now_ms(), known, "{off}");
        world.clock.advance(DAY / 24);
        world.clock.set_off(-off);
        world = world.restarted().await;
        assert_eq!(world.engine.now_ms(), known + DAY / 24, "{off}");
        assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)), "{off}");
    }
    world.exchange(2, 50).await;
    assert_eq!((world.engine.contact().days(), world.engine.contact().flagged), (Some(0), None));
}

#[tokio::test]
async fn another_identity_gives_a_clock_that_was_set_back_no_time() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.clock.advance(40 * DAY);
    let measured = world.engine.contact().high_water;
    world.clock.set_off(-40 * DAY);
    world.register("{11111111-2222-4333-8444-555555555555}").await;
    assert_eq!((world.engine.contact().days(), world.engine.contact().high_water), (None, measured));
}

#[tokio::test]
async fn another_identity_starts_without_contact_and_without_the_old_licenses() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.register("{11111111-2222-4333-8444-555555555555}").await;
    assert_eq!(world.engine.contact().days(), None);
    assert_eq!(world.licensed(), Some((50, LicenseStatus::OtherServer)));
    assert!(!world.engine.in_service());
}

#[tokio::test]
async fn without_a_trusted_key_no_report_is_made() {
    let world = World::registered().await;
    let mut tx = world.engine.store.write().await.unwrap();
    sqlx::query("DELETE FROM vendor_keys").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    world.engine.stored_identity.forget();
    assert_eq!(world.engine.identity().await.unwrap().readiness, Readiness::NoKey);
    assert!(world.engine.open_report(&Actor::system(), Channel::Api).await.is_err());
    assert!(world.engine.ledger(&LedgerQuery { limit: 10, ..LedgerQuery::default() }).await.unwrap().is_empty());
}

#[tokio::test]
async fn open_reports_stay_within_bounds() {
    let world = World::registered().await;
    let first = world.pull().await;
    for _ in 0..super::report::MOST_OPEN {
        world.pull().await;
    }
    let open = LedgerQuery { state: "open".to_owned(), limit: 1000, ..LedgerQuery::default() };
    assert_eq!(world.engine.ledger(&open).await.unwrap().len() as i64, super::report::MOST_OPEN);
    // Its answer is still good: it may be on its way.
    world.push(&world.answer(&first, 1, 50)).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_was_kept_is_no_fresh_contact() {
    let world = World::registered().await;
    let reports = [world.pull().await, world.pull().await];
    let kept = reports.each_ref().map(|report| world.answer(report, 1, 50));
    world.push(&kept[0]).await.unwrap();
    world.clock.advance(65 * DAY);
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Lapsed)));
    world.push(&kept[1]).await.unwrap();
    assert_eq!((world.engine.contact().days(), world.licensed()), (Some(65), Some((50, LicenseStatus::Lapsed))));
}

#[tokio::test]
async fn an_answer_carried_for_days_counts_from_when_it_was_given() {
    let world = World::registered().await;
    let report = world.pull().await;
    world.clock.advance(DAY);
    let answer = world.answer(&report, 1, 50);
    world.clock.advance(3 * DAY);
    world.push(&answer).await.unwrap();
    assert_eq!((world.engine.contact().days(), world.engine.contact().flagged), (Some(3), None));
}

#[tokio::test]
async fn an_older_answer_does_not_turn_the_contact_clock_back() {
    let world = World::registered().await;
    let early = world.pull().await;
    let kept = world.answer(&early, 1, 50);
    world.clock.advance(DAY);
    world.exchange(1, 50).await;
    let last = world.engine.contact().last_verified;
    world.push(&kept).await.unwrap();
    assert_eq!(world.engine.contact().last_verified, last);
}

#[tokio::test]
async fn a_server_whose_clock_runs_ahead_is_in_touch_after_a_fresh_answer() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    world.clock.set_off(40 * DAY);
    let world = world.restarted().await;
    assert_eq!(world.engine.contact().days(), Some(40));
    let report = world.pull().await;
    world.clock.set_off(-40 * DAY);
    let answer = world.answer(&report, 1, 50);
    world.clock.set_off(40 * DAY);
    world.push(&answer).await.unwrap();
    assert_eq!(world.engine.contact().days(), Some(0));
}

#[tokio::test]
async fn licenses_are_judged_again_when_what_their_standing_depends_on_changes_and_not_before() {
    let world = World::registered().await;
    world.exchange(1, 50).await;
    let first = world.engine.standings().unwrap();
    world.clock.advance(DAY);
    assert!(Arc::ptr_eq(&first, &world.engine.standings().unwrap()), "a day changes nothing");
    let flexible = async |mode: &str| {
        let change = crate::conf::ConfChange::Values(vec![("FLEXIBLE_LICENSING_MODE".to_owned(), mode.to_owned())]);
        world.engine.save_conf(&Actor::system(), &BaseRevision::Newest, &change, "").await.unwrap();
    };
    flexible("0").await;
    assert_eq!(world.licensed(), Some((50, LicenseStatus::OtherServer)));
    flexible("1").await;
    assert_eq!(world.licensed(), Some((50, LicenseStatus::Active)));
    world.exchange(2, 51).await;
    assert_eq!(world.licensed(), Some((51, LicenseStatus::Active)));
    assert_eq!(world.engine.license_facts().map(|facts| (facts.loaded, facts.not_loaded)), Some((1, 0)));
    world.clock.advance(398 * DAY);
    assert_eq!(world.licensed(), Some((51, LicenseStatus::Lapsed)));
    assert_eq!(world.engine.license_facts().map(|facts| (facts.loaded, facts.not_loaded)), Some((0, 1)));
    world.clock.advance(DAY);
    assert_eq!(world.licensed(), Some((51, LicenseStatus::Expired)), "it ends on its day");
}
