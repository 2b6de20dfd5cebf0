use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use licensing::client_protocol::{CheckOut, CheckOutOutcome};
use licensing::context::Context;
use licensing::usage::{HOUR_MS, by_hour, hour_of};

use crate::store::{self, Store};
use crate::usage::export::RecordKind;
use crate::usage::import::Imported;
use crate::usage::query::{BucketWidth, Filter, UsagePoint};
use crate::usage::{Batch, Usage};

/// Midnight, UTC: 2026-11-22.
pub const START: i64 = 1_795_305_600_000;
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = HOUR_MS;
pub const DEPLOYMENT: &str = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e";

pub struct UsageFixture {
    pub folder: tempfile::TempDir,
    pub store: Store,
    pub usage: Usage,
}

impl UsageFixture {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store::open(folder.path(), START).await.unwrap();
        let usage = Usage::open(store.clone(), folder.path()).await.unwrap();
        Self { folder, store, usage }
    }

    /// As after kill −9: nothing is said to the old process.
    pub async fn reopened(self) -> Self {
        self.store.close().await;
        let store = store::open(self.folder.path(), START).await.unwrap();
        let usage = Usage::open(store.clone(), self.folder.path()).await.unwrap();
        Self { folder: self.folder, store, usage }
    }

    pub async fn take(&self, session: i64, first: u64, records: Vec<CheckOut>) -> u64 {
        self.usage.take(batch(session, first, records)).await.unwrap()
    }

    /// What became of a file of this text.
    pub async fn import(&self, text: impl AsRef<[u8]>) -> Imported {
        let (told, outcome) = self.try_import(text).await;
        outcome.unwrap();
        told
    }

    pub async fn try_import(&self, text: impl AsRef<[u8]>) -> (Imported, Result<(), crate::DatabaseError>) {
        let mut file = self.usage.import_file().await.unwrap();
        // In pieces, as it comes from the network.
        for piece in text.as_ref().chunks(1000) {
            file.push(piece).await.unwrap();
        }
        self.usage.import(file, START + 30 * HOUR).await
    }

    /// The file of a day, so many days after [`START`].
    pub async fn export(&self, day: i64, kind: RecordKind) -> String {
        let mut file = self.usage.export(START / licensing::usage::DAY_MS + day, kind).await.unwrap();
        let mut text = Vec::new();
        while let Some(piece) = file.next_piece() {
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).unwrap()
    }

    /// The hours of a product that are anything but empty.
    pub async fn hours(&self, product: &str, client: Option<&str>, hours: i64) -> Vec<Hour> {
        let mut filter = filter(START - 24 * HOUR_MS, START + hours * HOUR_MS);
        filter.product = Some(product.to_owned());
        filter.client = client.map(str::to_owned);
        let course = self.usage.course(&filter, BucketWidth::Hour).await.unwrap();
        let used = |p: &&UsagePoint| p.taken + p.use_ms + p.denied + u64::from(p.peak) > 0;
        course.iter().filter(used).map(|p| (p.at_ms, p.taken, p.use_ms, p.denied, p.peak)).collect()
    }

    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("checkouts").join(name)
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }
}

/// When, taken, time in use, refused, peak.
pub type Hour = (i64, u64, u64, u64, u32);

pub fn filter(from_ms: i64, to_ms: i64) -> Filter {
    Filter { from_ms, to_ms, product: None, client: None, context: None, deployment: None, zone: TimeZone::UTC }
}

/// Each session is a client of its own.
pub fn batch(session: i64, first: u64, records: Vec<CheckOut>) -> Batch {
    Batch {
        session,
        client: format!("client-{session}").into(),
        deployment: DEPLOYMENT.into(),
        context: Some(Context::Production),
        first,
        records,
        ..Batch::default()
    }
}

/// Times in milliseconds since [`START`].
pub fn returned(product: &str, from: i64, to: i64) -> CheckOut {
    CheckOut {
        product: product.parse().unwrap(),
        user: "anna".to_owned(),
        host: "desk".to_owned(),
        from: START + from,
        to: Some(START + to),
        outcome: CheckOutOutcome::Returned,
        opened: None,
        before: None,
    }
}

pub fn open(product: &str, from: i64) -> CheckOut {
    CheckOut { outcome: CheckOutOutcome::Open, to: None, ..returned(product, from, from) }
}

pub fn ended(product: &str, from: i64, to: i64, opened: u64) -> CheckOut {
    CheckOut { opened: Some(opened), ..returned(product, from, to) }
}

pub fn denied(product: &str, at: i64) -> CheckOut {
    CheckOut { outcome: CheckOutOutcome::Denied, to: None, ..returned(product, at, at) }
}

/// The hours of these check-outs, made the slow way; times in milliseconds since [`START`].
pub fn slow_hours(spans: &[(i64, i64)]) -> Vec<Hour> {
    let times = || spans.iter().map(|(from, to)| (START + from, START + to));
    let mut hours = BTreeSet::new();
    for (from, to) in times() {
        hours.extend(hour_of(from)..=hour_of(from.max(to - 1)));
    }
    let in_use = |at: i64| times().filter(|(from, to)| *from <= at && at < *to).count();
    hours
        .into_iter()
        .map(|hour| {
            let begins = hour * HOUR_MS;
            let within = |at: &i64| hour_of(*at) == hour;
            // The number in use only rises where one is taken.
            let instants = spans.iter().map(|(from, _)| START + from).filter(within).chain([begins]);
            let taken = times().filter(|(from, _)| hour_of(*from) == hour).count() as u64;
            // What is returned at once was in use, though for no time.
            let peak = instants.map(in_use).max().unwrap_or(0).max(usize::from(taken > 0)) as u32;
            let ms = spans
                .iter()
                .flat_map(|(from, to)| by_hour(START + from, START + to))
                .filter(|(of, _)| *of == hour)
                .map(|(_, ms)| ms)
                .sum();
            (begins, taken, ms, 0, peak)
        })
        .collect()
}
