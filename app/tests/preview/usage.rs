//! The page of the usage in its states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, NOW, administrator, attention};
use app::pages::usage::*;
use app::request::RequestContext;
use leptos::prelude::*;

/// A number that looks random and is always the same.
fn noise(seed: usize) -> u64 {
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    for _ in 0..3 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Day and month counted back from 22 November 2026, a Sunday.
fn date(days_back: usize) -> (usize, usize, usize, usize) {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut month, mut day) = (2026, 10, 22);
    for _ in 0..days_back {
        if day > 1 {
            day -= 1;
            continue;
        }
        month = if month == 0 { 11 } else { month - 1 };
        year -= usize::from(month == 11);
        day = lengths[month];
    }
    (year, month, day, (6 + 7 * 100 - days_back % 7) % 7)
}

fn days(count: usize, licensed: u64) -> Vec<CoursePoint> {
    (0..count)
        .map(|place| {
            let back = count - 1 - place;
            let (year, month, day, weekday) = date(back);
            let weekend = weekday >= 5;
            let growth = 18 + place as u64 * 14 / count as u64;
            let peak = if weekend { noise(back) % 6 } else { growth + noise(back) % 9 };
            let peak = if back == 5 { licensed } else { peak.min(licensed) };
            let denied = if peak >= licensed { 5 + noise(back) % 9 } else { 0 };
            let monday = weekday == 0;
            let iso = format!("{year}-{:02}-{day:02}", month + 1);
            CoursePoint {
                at_ms: NOW - back as i64 * DAY,
                label: format!(
                    "{} {day} {}",
                    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][weekday],
                    MONTHS[month]
                ),
                tick: match count {
                    ..=120 if monday => format!("{day} {}", MONTHS[month]),
                    121.. if day == 1 => MONTHS[month].to_owned(),
                    _ => String::new(),
                },
                day: iso.clone(),
                days: (iso.clone(), iso),
                totals: Totals { taken: peak * 41, use_ms: peak * 7_300_000, denied, peak },
                licensed: Some(if place < count / 3 { licensed - 8 } else { licensed }),
                before: (count <= 60).then(|| if weekend { noise(back + 99) % 5 } else { 14 + noise(back + 99) % 9 }),
            }
        })
        .collect()
}

fn hours() -> Vec<CoursePoint> {
    (0..168)
        .map(|hour| {
            let (of_day, back) = (hour % 24, 6 - hour / 24);
            let (_, month, day, weekday) = date(back);
            let curve = [0, 0, 0, 0, 0, 1, 3, 8, 19, 29, 34, 31, 24, 27, 33, 31, 25, 14, 6, 3, 2, 1, 0, 0][of_day];
            let peak = if weekday >= 5 { curve / 8 } else { (curve + noise(hour) % 5).min(40) * u64::from(curve > 0) };
            CoursePoint {
                at_ms: NOW - (168 - hour as i64) * HOUR,
                label: format!("{day} {}, {of_day:02}:00", MONTHS[month]),
                tick: if of_day == 0 { format!("{day} {}", MONTHS[month]) } else { String::new() },
                day: format!("2026-11-{day:02} {of_day:02}:00"),
                days: (format!("2026-11-{day:02}"), format!("2026-11-{day:02}")),
                totals: Totals { taken: peak * 9, use_ms: peak * 2_300_000, denied: 0, peak },
                licensed: Some(40),
                before: Some(curve * 3 / 4),
            }
        })
        .collect()
}

fn heat() -> Vec<Vec<HeatCell>> {
    let curve = [
        0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 2.0, 8.0, 19.0, 29.0, 34.0, 31.0, 24.0, 27.0, 33.0, 31.0, 25.0, 14.0, 6.0, 3.0,
        2.0, 0.6, 0.0, 0.0,
    ];
    (0..7)
        .map(|day| {
            (0..24)
                .map(|hour| {
                    let mean = curve[hour] * [0.9, 1.0, 1.05, 0.95, 0.8, 0.12, 0.06][day];
                    HeatCell { mean, peak: mean as u64 + u64::from(mean > 0.0) * 4 }
                })
                .collect()
        })
        .collect()
}

fn row(product: &str, totals: Totals, licensed: Option<u64>, before: Option<Totals>) -> ProductRow {
    ProductRow {
        product: product.into(),
        totals,
        peak_at: (totals.peak > 0)
            .then(|| Moment { at_ms: NOW - 5 * DAY, words: "Tue 17 Nov, 10:00\u{2013}11:00".into() }),
        licensed,
        metered: false,
        full: None,
        licensed_now: licensed,
        before,
        now: if product == "VAD" { 0 } else { totals.peak / 3 },
    }
}

fn totals(taken: u64, hours: u64, denied: u64, peak: u64) -> Totals {
    Totals { taken, use_ms: hours * 3_600_000 + 1_800_000, denied, peak }
}

fn rows() -> Vec<ProductRow> {
    vec![
        row("ASR_ENUS", totals(21_406, 1_921, 0, 17), Some(20), Some(totals(19_112, 1_700, 0, 16))),
        row("ETRAN_ENUS", totals(312, 44, 0, 3), None, None),
        row("SPEECH", totals(34_118, 4_321, 12, 40), Some(40), Some(totals(30_492, 4_004, 0, 35))),
        row("TTS3", totals(88_002, 2_004, 0, 22), Some(50), Some(totals(95_400, 2_240, 3, 31))),
        row("TTS3_ENUS_CHRIS", totals(6_100, 310, 0, 52), Some(50), Some(totals(0, 0, 0, 0))),
        row("VAD", totals(0, 0, 0, 0), Some(1_000_000), Some(totals(12, 1, 0, 1))),
    ]
}

fn detail() -> Detail {
    Detail {
        row: rows().remove(2),
        step: "day".into(),
        steps: vec!["hour".into(), "day".into(), "week".into()],
        course: days(30, 40),
        heat: heat(),
        coverage: vec![(95.0, 31), (99.0, 35), (99.9, 37), (100.0, 40)],
        clients: [
            ("call-centre-1", 20_100, 14),
            ("call-centre-2", 9_118, 11),
            ("ivr-muenchen.example", 4_300, 9),
            ("batch", 600, 12),
        ]
        .into_iter()
        .map(|(client, taken, peak)| UseBy { who: client.into(), totals: totals(taken, taken / 8, taken % 7, peak) })
        .collect(),
        users: [("agent-071", 4_100), ("agent-012", 3_904), ("m.huber@example", 2_811), ("", 900), ("agent-101", 11)]
            .into_iter()
            .map(|(user, taken)| UseBy { who: user.into(), totals: totals(taken, taken / 9, taken % 3, 0) })
            .collect(),
        refusals: (0..9)
            .map(|place| Refusal {
                at: Moment { at_ms: NOW - 5 * DAY, words: format!("Tue 17 Nov, 10:{:02}", 44 - place * 3) },
                client: if place == 3 { "ivr-muenchen.example".into() } else { "call-centre-1".into() },
                user: if place == 4 { String::new() } else { format!("agent-{:03}", place * 17) },
                host: format!("ws-{:02}.example", place + 4),
                count: 1 + noise(place as usize) % 4,
            })
            .collect(),
        older: Some("77".into()),
        csv: "/usage.csv?product=SPEECH".into(),
        json: "/usage.json?product=SPEECH".into(),
    }
}

fn connect() -> Connect {
    Connect { address: "lic-01.example:7569".into(), off: false, product: Some("SPEECH".into()) }
}

pub fn page() -> UsagePage {
    UsagePage {
        filter: UsageFilter::default(),
        period: Period {
            from_ms: NOW - 30 * DAY,
            until_ms: NOW,
            words: "24 Oct \u{2013} 22 Nov 2026".into(),
            before_words: "24 Sep \u{2013} 23 Oct".into(),
            recorded_since: None,
            first_day: "2026-10-24".into(),
            last_day: "2026-11-22".into(),
            zone: "Europe/Berlin".into(),
        },
        problem: None,
        any: true,
        zones: vec![
            (String::new(), "The server's: Europe/Berlin".into()),
            ("UTC".into(), "UTC".into()),
            ("America/New_York".into(), "America/New_York".into()),
        ],
        clients: ["batch", "call-centre-1", "call-centre-2", "ivr-muenchen.example"].map(str::to_owned).to_vec(),
        contexts: ["production", "backup"].map(str::to_owned).to_vec(),
        products: rows(),
        detail: Some(detail()),
        connect: connect(),
    }
}

fn usage(name: &str, data: UsagePage) -> Preview {
    let context = RequestContext { ..administrator("/usage") };
    inside(name, context, || view! { <UsageView data=data /> }.into_any())
}

fn at(tab: &str) -> UsagePage {
    UsagePage { filter: UsageFilter { tab: tab.into(), product: "SPEECH".into(), ..UsageFilter::default() }, ..page() }
}

fn with(range: &str, step: &str, course: Vec<CoursePoint>) -> UsagePage {
    let data = page();
    UsagePage {
        filter: UsageFilter { range: range.into(), ..UsageFilter::default() },
        detail: Some(Detail { step: step.into(), course, ..detail() }),
        ..data
    }
}

/// All previews of this area.
pub fn pages() -> Vec<Preview> {
    let empty = UsagePage { any: false, connect: connect(), ..UsagePage::default() };
    let unlicensed = UsagePage { connect: Connect { product: None, ..connect() }, ..empty.clone() };
    let narrowed = UsageFilter { client: "batch".into(), ..UsageFilter::default() };
    let nothing = UsagePage { filter: narrowed.clone(), products: Vec::new(), detail: None, ..page() };
    let quiet =
        UsagePage { filter: UsageFilter { product: "VAD_OLD".into(), ..narrowed.clone() }, detail: None, ..page() };
    let refused = UsagePage {
        problem: Some(
            "\u{201C}2026-02-31\u{201D} is not a day. Enter days like 2026-01-31. The last 30 days are shown.".into(),
        ),
        ..with("custom", "day", days(90, 40))
    };
    let none_refused =
        UsagePage { detail: Some(Detail { refusals: Vec::new(), older: None, ..detail() }), ..at("refused") };
    let one = UsagePage { filter: narrowed, ..page() };
    let mut young = page();
    young.period.recorded_since = Some("2 Nov 2026".into());
    for row in young.products.iter_mut().chain(young.detail.as_mut().map(|detail| &mut detail.row)) {
        row.before = None;
    }
    let grown = young.detail.as_mut().expect("it is there");
    grown.row.licensed = Some(50);
    grown.row.full = Some((29, Moment { at_ms: NOW - 9 * DAY, words: "Fri 13 Nov, 09:00\u{2013}10:00".into() }));
    young.products[2] = grown.row.clone();
    for (place, point) in grown.course.iter_mut().enumerate() {
        point.before = None;
        point.licensed = point.licensed.filter(|_| place > 9);
    }
    vec![
        usage("usage", page()),
        usage("usage-week", with("7d", "hour", hours())),
        usage("usage-year", with("365d", "day", days(365, 40))),
        usage("usage-540", with("custom", "day", days(540, 40))),
        usage("usage-clients", at("clients")),
        usage("usage-users", at("users")),
        usage("usage-refused", at("refused")),
        usage("usage-refused-none", none_refused),
        usage("usage-one-client", one),
        usage("usage-dates", refused),
        usage("usage-recorded-since", young),
        usage("usage-nothing", nothing),
        usage("usage-quiet", quiet),
        usage("usage-empty", empty),
        usage("usage-unlicensed", unlicensed),
    ]
}

#[test]
fn a_report_says_that_records_are_missing_while_some_are_locked() {
    let html = |locked: u64| {
        let mut context = administrator("/usage");
        context.badge.attention = attention(|facts| {
            (facts.monitor.locked, facts.monitor.files) = (locked, 3);
        });
        inside("", context, || view! { <UsageView data=page() /> }.into_any()).html
    };
    let sentence = "1,200 records in 3 files are locked and missing from the Usage reports.";
    assert!(html(1_200).contains(sentence) && html(1_200).contains("href=\"/database#locked\""));
    assert!(!html(0).contains("href=\"/database#locked\""));
}

#[test]
fn two_years_of_days_are_a_small_page() {
    let page = usage("usage-540", with("custom", "day", days(540, 40)));
    assert!(page.html.len() < 190_000, "{} bytes", page.html.len());
}

#[test]
fn names_of_clients_users_and_products_cannot_become_markup() {
    const EVIL: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    for tab in ["course", "clients", "users", "refused"] {
        let mut data = at(tab);
        data.clients = vec![EVIL.into()];
        data.contexts = vec![EVIL.into(), "b".into()];
        data.filter.client = EVIL.into();
        data.filter.product = EVIL.into();
        data.products[0].product = EVIL.into();
        let detail = data.detail.as_mut().expect("it is there");
        detail.row.product = EVIL.into();
        detail.clients[0].who = EVIL.into();
        detail.users[0].who = EVIL.into();
        detail.refusals[0].host = EVIL.into();
        detail.refusals[0].client = EVIL.into();
        detail.course[0].label = EVIL.into();
        detail.course[0].day = EVIL.into();
        let html = usage("evil", data).html;
        assert!(!html.contains("<script") && !html.contains("<img"), "{tab}");
    }
}
