//! A history as a contact centre might have it: office hours, weekends, growth, and days on which licenses ran short. It is about what the
//! server is licensed for: peaks come near what was licensed then and seldom reach it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::SeededRandom;

const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: i64 = 3_600_000;

/// How many licenses of a product there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stock {
    /// So many at the end; fewer before.
    Owned(u64),
    /// No limit.
    Metered,
    /// Made up: as many as the use suggests.
    MadeUp,
}

/// A product of the history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DemoProduct {
    pub code: String,
    pub stock: Stock,
    /// How often it is asked for; the shares of all products together are 1.
    share: f64,
    /// How long a use of it takes on average, minutes. Of one that is owned: before it is stretched to fit.
    minutes: f64,
}

/// A use of a licensed product, minutes, before it is stretched to fit the number of licenses.
const USUAL_MINUTES: f64 = 12.0;
/// A metered product is asked for like one with so many licenses.
const METERED_LIKE: u64 = 20;

/// The products a server is licensed for. What there is more of is asked for more often, and longer.
pub(crate) fn licensed_products(stocks: impl IntoIterator<Item = (String, Stock)>) -> Vec<DemoProduct> {
    let often = |stock: Stock| match stock {
        Stock::Owned(count) => (count as f64).powf(0.6),
        Stock::Metered | Stock::MadeUp => (METERED_LIKE as f64).powf(0.6),
    };
    let stocks: Vec<(String, Stock)> =
        stocks.into_iter().filter(|(_, stock)| !matches!(stock, Stock::Owned(0))).collect();
    let all: f64 = stocks.iter().map(|(_, stock)| often(*stock)).sum();
    stocks
        .into_iter()
        .map(|(code, stock)| DemoProduct { code, stock, share: often(stock) / all, minutes: USUAL_MINUTES })
        .collect()
}

/// The products of a server without licenses.
pub(crate) fn made_up_products() -> Vec<DemoProduct> {
    let product = |(code, share, minutes): (&str, f64, f64)| DemoProduct {
        code: code.to_owned(),
        stock: Stock::MadeUp,
        share,
        minutes,
    };
    MADE_UP.into_iter().map(product).collect()
}

/// Made-up products: how often each is asked for beside the others, and how long a use of it takes on average, minutes.
const MADE_UP: [(&str, f64, f64); 5] = [
    ("ASR_ENUS", 0.36, 14.0),
    ("TTS3_ENUS", 0.26, 9.0),
    ("TRAN_ENUS", 0.18, 22.0),
    ("ETRAN_ENUS", 0.08, 35.0),
    ("VAD", 0.12, 6.0),
];

/// How much is asked for in each hour of a working day.
const OFFICE: [f64; 24] = [
    0.3, 0.2, 0.2, 0.2, 0.3, 0.6, 1.5, 4.0, 7.5, 9.5, 10.0, 9.5, 7.0, 8.0, 9.5, 9.0, 7.5, 5.0, 3.0, 2.0, 1.4, 1.0, 0.7,
    0.4,
];

/// Clients of the history and the hosts they run on.
pub(crate) const CLIENTS: usize = 16;
/// Users of the history.
pub(crate) const USERS: usize = 40;
/// Of this many days one is a day of a campaign, when far more is asked for.
const CAMPAIGN_EVERY: usize = 90;
/// How often licenses were bought.
const PURCHASES: usize = 4;

/// One request of the history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoRequest {
    pub from: i64,
    /// When it was returned; none when it was refused.
    pub to: Option<i64>,
    pub client: usize,
    pub user: usize,
}

/// The history of one product.
#[derive(Debug)]
pub(crate) struct ProductHistory {
    pub product: String,
    /// In the order of time.
    pub requests: Vec<DemoRequest>,
    /// From when how many were licensed; empty when there is no limit.
    pub licensed: Vec<(i64, u64)>,
}

/// What a history is to be.
#[derive(Debug, Clone)]
pub struct DemoPlan {
    /// It ends then, Unix milliseconds.
    pub now_ms: i64,
    pub days: usize,
    /// Average check-outs per day.
    pub per_day: usize,
    /// Seed; the same number makes the same history.
    pub seed: u64,
    /// Where office hours are.
    pub zone: TimeZone,
}

/// All products' histories, up to now.
pub(crate) fn all(wish: &DemoPlan, products: &[DemoProduct]) -> Vec<ProductHistory> {
    products.iter().enumerate().map(|(place, product)| one(wish, product, place as u64)).collect()
}

fn one(wish: &DemoPlan, product: &DemoProduct, place: u64) -> ProductHistory {
    let mut random = SeededRandom::new(wish.seed, 1 + place);
    let mut wanted = wanted(wish, product.share, product.minutes, &mut random);
    let licensed = match product.stock {
        Stock::MadeUp => licensed(wish, &wanted),
        Stock::Owned(count) => stretched(wish, &mut wanted, count),
        Stock::Metered => Vec::new(),
    };
    let requests = served(wanted, &licensed, &mut random);
    ProductHistory { product: product.code.clone(), requests, licensed }
}

/// The longest use, milliseconds.
const LONGEST_MS: f64 = 9.0 * HOUR_MS as f64;
/// The shortest use, milliseconds.
const SHORTEST_MS: f64 = 800.0;
/// So often uses are stretched until as many licenses suffice as there are.
const TRIES: usize = 6;

/// Makes all uses longer or shorter, until this many licenses are what one would have bought in the end. Gives the purchases.
fn stretched(wish: &DemoPlan, wanted: &mut Vec<DemoRequest>, count: u64) -> Vec<(i64, u64)> {
    let mut steps = licensed(wish, wanted);
    for _ in 0..TRIES {
        let enough = steps.last().map_or(0, |(_, bought)| *bought);
        if wanted.is_empty() || (enough <= count && enough * 10 >= count * 9) {
            break;
        }
        let factor = count as f64 * 0.96 / enough.max(1) as f64;
        for request in wanted.iter_mut() {
            let ms = request.to.map(|to| ((to - request.from) as f64 * factor).clamp(SHORTEST_MS, LONGEST_MS) as i64);
            request.to = ms.map(|ms| request.from + ms);
        }
        wanted.retain(|request| request.to.is_some_and(|to| to <= wish.now_ms));
        steps = licensed(wish, wanted);
    }
    for (_, bought) in &mut steps {
        *bought = count.min(*bought);
    }
    if let Some((_, bought)) = steps.last_mut() {
        *bought = count;
    }
    steps
}

/// Midnights of the history's days, oldest first, and their dates.
fn days(wish: &DemoPlan) -> Vec<(i64, Date)> {
    let Ok(now) = jiff::Timestamp::from_millisecond(wish.now_ms) else { return Vec::new() };
    let today = wish.zone.to_datetime(now).date();
    (0..wish.days)
        .rev()
        .filter_map(|back| {
            let date = today.checked_sub(i64::try_from(back).ok()?.days()).ok()?;
            Some((date.to_zoned(wish.zone.clone()).ok()?.timestamp().as_millisecond(), date))
        })
        .collect()
}

/// How much is asked for on a day, 1 being a usual working day in the middle of the history.
fn busy(date: Date, at: usize, days: usize) -> f64 {
    let growth = 0.75 + 0.5 * at as f64 / days.max(1) as f64;
    let weekday = match date.weekday().to_monday_zero_offset() {
        5 => 0.25,
        6 => 0.12,
        4 => 0.9,
        _ => 1.1,
    };
    let holiday = matches!((date.month(), date.day()), (12, 24..=26 | 31) | (1, 1) | (5, 1));
    // The day of a campaign falls on a working day.
    let campaign = at % CAMPAIGN_EVERY == CAMPAIGN_EVERY / 2 + (3 - (at / CAMPAIGN_EVERY) % 3);
    let special = if holiday {
        0.2
    } else if campaign && weekday > 0.5 {
        1.9
    } else {
        1.0
    };
    growth * weekday * special
}

/// What would be used if there were licenses without end.
fn wanted(wish: &DemoPlan, share: f64, minutes: f64, random: &mut SeededRandom) -> Vec<DemoRequest> {
    let days = days(wish);
    // So many a day on average, weekends included.
    let mean = days.iter().enumerate().map(|(at, (_, date))| busy(*date, at, days.len())).sum::<f64>()
        / days.len().max(1) as f64;
    let mut all = Vec::new();
    for (at, (midnight, date)) in days.iter().enumerate() {
        let noise = 0.88 + 0.24 * random.fraction();
        let count = wish.per_day as f64 * share * busy(*date, at, days.len()) / mean * noise;
        for _ in 0..(count + random.fraction()) as usize {
            let hour = random.weighted(&OFFICE) as i64;
            let from = midnight + hour * HOUR_MS + (random.fraction() * HOUR_MS as f64) as i64;
            // Most uses are short, some long.
            let ms = (-(1.0 - random.fraction()).ln() * minutes * MINUTE_MS).clamp(SHORTEST_MS, LONGEST_MS) as i64;
            // Some people use more than others, and mostly from the same two clients.
            let user = random.below(USERS).min(random.below(USERS));
            let client = if random.below(3) == 0 { (user * 7 + 3) % CLIENTS } else { user % CLIENTS };
            all.push(DemoRequest { from, to: Some(from + ms), client, user });
        }
    }
    all.retain(|request| request.to.is_some_and(|to| to <= wish.now_ms));
    all.sort_by_key(|request| request.from);
    all
}

/// Licenses were bought now and then, enough for all but the busiest days of the time until the next purchase.
fn licensed(wish: &DemoPlan, wanted: &[DemoRequest]) -> Vec<(i64, u64)> {
    let days = days(wish);
    let mut bought = 0;
    days.chunks(days.len().div_ceil(PURCHASES).max(1))
        .map(|part| {
            let mut peaks: Vec<u64> = part.iter().map(|(midnight, _)| peak(wanted, *midnight)).collect();
            peaks.sort_unstable();
            let enough = peaks[(peaks.len() - 1) * 97 / 100];
            bought = bought.max(enough + 1);
            (part[0].0, bought)
        })
        .collect()
}

/// The most in use at once on the day that begins then.
fn peak(wanted: &[DemoRequest], midnight: i64) -> u64 {
    let first = wanted.partition_point(|request| request.from < midnight);
    let last = wanted.partition_point(|request| request.from < midnight + 24 * HOUR_MS);
    let mut out = BinaryHeap::new();
    let mut most = 0;
    for request in &wanted[first..last] {
        while out.peek().is_some_and(|Reverse(to)| *to <= request.from) {
            out.pop();
        }
        out.extend(request.to.map(Reverse));
        most = most.max(out.len());
    }
    most as u64
}

/// Who comes when all are in use is refused, and tries again once or twice within the minute.
fn served(wanted: Vec<DemoRequest>, licensed: &[(i64, u64)], random: &mut SeededRandom) -> Vec<DemoRequest> {
    let mut out = BinaryHeap::new();
    let mut all = Vec::with_capacity(wanted.len());
    for request in wanted {
        while out.peek().is_some_and(|Reverse(to)| *to <= request.from) {
            out.pop();
        }
        let count = licensed.iter().rev().find(|(at, _)| *at <= request.from).map_or(u64::MAX, |(_, count)| *count);
        if (out.len() as u64) < count {
            out.extend(request.to.map(Reverse));
            all.push(request);
        } else {
            let tries = 1 + random.below(3) as i64;
            all.extend((0..tries).map(|again| DemoRequest { from: request.from + again * 9_000, to: None, ..request }));
        }
    }
    all.sort_by_key(|request| request.from);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(seed: u64) -> DemoPlan {
        DemoPlan { now_ms: 1_795_305_600_000, days: 200, per_day: 400, seed, zone: TimeZone::UTC }
    }

    #[test]
    fn a_history_is_the_same_for_the_same_seed_and_another_for_another() {
        let told = |seed| format!("{:?}", all(&wish(seed), &made_up_products()));
        assert!(told(1) == told(1) && told(1) != told(2));
    }

    #[test]
    fn nothing_is_in_use_beyond_what_is_licensed_or_after_now_and_some_are_refused() {
        let wish = wish(3);
        let mut refused = 0;
        for history in all(&wish, &made_up_products()) {
            let mut out: Vec<i64> = Vec::new();
            for request in &history.requests {
                out.retain(|to| *to > request.from);
                out.extend(request.to);
                let licensed = history.licensed.iter().rev().find(|(at, _)| *at <= request.from).unwrap().1;
                assert!(out.len() as u64 <= licensed, "{} at {}", history.product, request.from);
                assert!(request.to.is_none_or(|to| to <= wish.now_ms && to > request.from));
                refused += usize::from(request.to.is_none());
            }
        }
        assert!((10..4_000).contains(&refused), "{refused}");
    }

    #[test]
    fn the_history_of_a_licensed_server_is_about_its_products_and_its_peaks_come_near_their_number() {
        let stocks = [
            ("TTS3", Stock::Owned(100)),
            ("TTS3_ENUS_CHRIS", Stock::Owned(25)),
            ("ASR_ENUS", Stock::Owned(50)),
            ("TRAN_ENUS", Stock::Metered),
            ("VAD", Stock::Owned(3)),
            ("OLD", Stock::Owned(0)),
        ];
        let products = licensed_products(stocks.map(|(code, stock)| (code.to_owned(), stock)));
        let plan = DemoPlan { per_day: 1_000, ..wish(1) };
        let histories = all(&plan, &products);
        let codes: Vec<&str> = histories.iter().map(|history| history.product.as_str()).collect();
        assert_eq!(codes, ["TTS3", "TTS3_ENUS_CHRIS", "ASR_ENUS", "TRAN_ENUS", "VAD"]);
        for (history, product) in histories.iter().zip(&products) {
            let denied = history.requests.iter().filter(|request| request.to.is_none()).count();
            let Stock::Owned(count) = product.stock else {
                assert_eq!((denied, history.licensed.len()), (0, 0), "{}", history.product);
                continue;
            };
            assert_eq!(history.licensed.last().map(|(_, bought)| *bought), Some(count), "{}", history.product);
            assert!(history.licensed.is_sorted_by_key(|(_, bought)| *bought), "{:?}", history.licensed);
            let days = days(&plan);
            let peaks: Vec<u64> = days.iter().map(|(midnight, _)| peak(&history.requests, *midnight)).collect();
            let most = peaks.iter().copied().max().unwrap_or(0);
            assert!(most <= count && most * 10 >= count * 8, "{}: {most} of {count}", history.product);
            let full = peaks.iter().filter(|peak| **peak >= count).count();
            assert!(count < 10 || full * 10 < days.len(), "{}: full on {full} days", history.product);
            assert!(denied * 20 < history.requests.len(), "{}: {denied}", history.product);
        }
        assert!(histories.iter().any(|history| history.requests.iter().any(|request| request.to.is_none())));
    }

    #[test]
    fn weekends_are_quiet() {
        let history = all(&wish(1), &made_up_products()).remove(0);
        let weekday = |ms: i64| (ms.div_euclid(86_400_000) + 3).rem_euclid(7);
        let on = |day: i64| history.requests.iter().filter(|request| weekday(request.from) == day).count();
        assert!(on(6) * 4 < on(1), "{} on Sundays, {} on Tuesdays", on(6), on(1));
    }
}
