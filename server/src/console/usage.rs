//! Use over time: which period the address asks for, and what the roll-ups say about it.

mod export;
mod labels;
mod period;

use export::Kind;
pub use period::Asked;

use engine::usage::query::{self, BucketWidth, Figures, Filter, ProductUse, UsagePoint};
use engine::{DatabaseError, Engine};
use licensing::bundle::LicenseStatus;
use licensing::context::Context;
use licensing::product::Licensed;
use licensing::usage::{Baseline, baseline};

use leptos::prelude::*;

use app::drawn::Draw;
use app::pages::usage::{
    Connect, CoursePoint, Detail, HeatCell, LISTED, Moment, ProductRow, Refusal, Totals, UsageFilter, UsagePage,
    UsageView, UseBy,
};
use axum::response::Response;

use super::{Console, Page, PageError, attachment, csv_file};

/// Refusals that are put into another order than that of time, at the most: the newest.
const MOST_SORTED: u32 = 20_000;
/// More steps than this are not compared with those of the period before: the line would hide the columns.
const MOST_COMPARED: usize = 200;

/// `GET /usage`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = load(&console).await?;
    Ok(Page::new("Usage", || view! { <UsageView data=data /> }.drawn()))
}

/// `GET /usage.csv`: what the page with the same query shows under its tab.
pub async fn csv(console: Console) -> Result<Response, PageError> {
    let (name, content) = export::file(&console, Kind::Csv).await?;
    Ok(csv_file(&name, content))
}

/// `GET /usage.json`: the same as JSON.
pub async fn json(console: Console) -> Result<Response, PageError> {
    let (name, content) = export::file(&console, Kind::Json).await?;
    Ok(attachment("application/json", &name, content))
}

async fn load(console: &Console) -> Result<UsagePage, DatabaseError> {
    let engine = &console.engine;
    let mut asked = Asked::of(&filter(console), console.now_ms);
    let usage = &engine.usage;
    let extent = usage.extent().await?;
    let connect = connect(console);
    let zones = period::zones(&asked);
    let contexts = Context::ALL.iter().map(|context| context.as_str().to_owned()).collect();
    if extent.is_none() {
        return Ok(UsagePage { filter: asked.filter, zones, connect, ..UsagePage::default() });
    }
    let recorded_ms = usage.recorded_from().await?.unwrap_or(console.now_ms);
    if let Baseline::RecordedSince(at_ms) = baseline(asked.before_from_ms, recorded_ms) {
        asked.period.recorded_since = Some(labels::date(at_ms, &asked));
    }
    let rows = rows(engine, &asked).await?;
    let detail = match chosen(&rows, &asked.filter.product) {
        Some(row) => Some(detail(engine, &asked, row, recorded_ms).await?),
        None => None,
    };
    Ok(UsagePage {
        period: asked.period.clone(),
        problem: asked.problem.clone(),
        any: true,
        zones,
        clients: usage.clients_known().await?,
        contexts,
        products: rows.into_iter().map(|(row, _)| row).collect(),
        detail,
        connect,
        filter: asked.filter,
    })
}

/// What the address asks for.
fn filter(console: &Console) -> UsageFilter {
    let get = |name: &str| console.query(name).to_owned();
    UsageFilter {
        product: get("product"),
        client: get("client"),
        context: get("context"),
        range: get("range"),
        from: get("from"),
        to: get("to"),
        zone: get("zone"),
        step: get("step"),
        tab: get("tab"),
        before: get("before"),
        sort: get("sort"),
        dir: get("dir"),
    }
}

/// Where applications reach this server, and a product to try.
pub fn connect(console: &Console) -> Connect {
    let engine = &console.engine;
    let port = engine.conf().effective.port_number;
    // What was set at the start wins over the conf file.
    let set = console.installation.settings.rows.iter().find(|row| row.name == "clients");
    let set = set.map(|row| row.value.as_str()).filter(|value| !value.is_empty());
    let port = set.and_then(|value| value.rsplit_once(':')?.1.parse().ok()).unwrap_or(port);
    let product = engine.licenses().and_then(|all| {
        all.items
            .iter()
            .find(|item| item.verdict.standing == LicenseStatus::Active)
            .map(|item| item.license.product.to_string())
    });
    Connect { address: format!("{}:{port}", console.server_name), off: set == Some("off"), product }
}

/// One product and how many licenses would have covered how much of the time.
type Row = (ProductRow, Vec<(f64, u64)>);

/// All products that were used in the period; those of the period before beside them. Empty when nothing was used in this one.
async fn rows(engine: &Engine, asked: &Asked) -> Result<Vec<Row>, DatabaseError> {
    let found = engine.usage.summary(&asked.query(None)).await?;
    let pools = engine.pools();
    let is_metered =
        |product: &str| pools.iter().any(|pool| pool.product == product && pool.licensed == Licensed::Metered);
    let rows: Vec<Row> = found
        .into_iter()
        .filter(|of| any(&figures(of)) || of.before.as_ref().is_some_and(any))
        .map(|of| {
            let coverage = of.coverage.iter().map(|(share, needed)| (*share, u64::from(*needed))).collect();
            (row(&of, asked, is_metered(&of.product)), coverage)
        })
        .collect();
    let used = rows.iter().any(|(row, _)| row.totals != Totals::default());
    Ok(if used { rows } else { Vec::new() })
}

fn figures(of: &ProductUse) -> Figures {
    Figures { taken: of.taken, use_ms: of.use_ms, denied: of.denied, peak: of.peak }
}

fn any(figures: &Figures) -> bool {
    *figures != Figures::default()
}

fn totals(figures: Figures) -> Totals {
    Totals { taken: figures.taken, use_ms: figures.use_ms, denied: figures.denied, peak: figures.peak.into() }
}

fn row(of: &ProductUse, asked: &Asked, metered: bool) -> ProductRow {
    let moment = |at_ms| Moment { at_ms, words: labels::hour(at_ms, asked) };
    let full = of.closest.filter(|hour| hour.at_limit() && !metered);
    ProductRow {
        product: of.product.clone(),
        totals: totals(figures(of)),
        peak_at: of.peak_at_ms.map(moment),
        licensed: of.licensed.filter(|_| !metered),
        metered,
        full: full.and_then(|hour| Some((hour.licensed?, moment(hour.at_ms)))),
        licensed_now: of.licensed_now.filter(|_| !metered),
        before: of.before.map(totals),
        now: of.open_now,
    }
}

/// The product that was asked for; else the one that came nearest to its limit. None when the one asked for was not used.
fn chosen<'a>(rows: &'a [Row], product: &str) -> Option<&'a Row> {
    if !product.is_empty() {
        return rows.iter().find(|(row, _)| row.product == product && row.totals != Totals::default());
    }
    #[expect(clippy::cast_precision_loss, reason = "only compared")]
    let nearness = |row: &ProductRow| match row.licensed {
        _ if row.full.is_some() => row.licensed.map_or(1.0, |of| (row.totals.peak as f64 / of as f64).max(1.0)),
        Some(licensed) if licensed > 0 => row.totals.peak as f64 / licensed as f64,
        Some(_) if row.totals.denied > 0 => f64::MAX,
        _ => 0.0,
    };
    rows.iter().rev().max_by(|(a, _), (b, _)| {
        nearness(a)
            .total_cmp(&nearness(b))
            .then(a.totals.denied.cmp(&b.totals.denied))
            .then(a.totals.peak.cmp(&b.totals.peak))
    })
}

async fn detail(engine: &Engine, asked: &Asked, row: &Row, recorded_ms: i64) -> Result<Detail, DatabaseError> {
    let (row, coverage) = row.clone();
    let query = asked.query(Some(&row.product));
    let filter = UsageFilter { product: row.product.clone(), ..asked.filter.clone() };
    let (step, steps) = asked.steps();
    let mut detail = Detail {
        step: period::step_word(step).to_owned(),
        steps: steps.into_iter().map(|step| period::step_word(step).to_owned()).collect(),
        csv: filter.file("csv"),
        json: filter.file("json"),
        row,
        coverage,
        ..Detail::default()
    };
    match asked.filter.tab.as_str() {
        "clients" => detail.clients = clients(engine, &query).await?,
        "users" => detail.users = users(engine, &query).await?,
        "refused" if asked.filter.sorts_denials() => {
            let found = engine.usage.denials(&query, None, MOST_SORTED).await?;
            detail.refusals = found.into_iter().map(|denial| refusal(denial, asked)).collect();
        }
        "refused" => {
            let before = asked.filter.before.parse().ok();
            let found = engine.usage.denials(&query, before, u32::try_from(LISTED + 1).unwrap_or(u32::MAX)).await?;
            let more = found.len() > LISTED;
            let shown: Vec<_> = found.into_iter().take(LISTED).collect();
            detail.older = shown.last().filter(|_| more).map(|last| last.cursor.to_string());
            detail.refusals = shown.into_iter().map(|denial| refusal(denial, asked)).collect();
        }
        _ => {
            detail.course = course(engine, asked, &query, step, recorded_ms).await?;
            if detail.row.metered {
                detail.course.iter_mut().for_each(|point| point.licensed = None);
            }
            detail.heat = engine
                .usage
                .heat(&query)
                .await?
                .iter()
                .map(|day| day.iter().map(|cell| HeatCell { mean: cell.mean_peak, peak: cell.peak.into() }).collect())
                .collect();
        }
    }
    Ok(detail)
}

fn refusal(denial: query::Denial, asked: &Asked) -> Refusal {
    Refusal {
        at: Moment { at_ms: denial.at_ms, words: labels::minute(denial.at_ms, asked) },
        client: denial.client,
        user: denial.user,
        host: denial.host,
        count: denial.count,
    }
}

/// The steps of the period, each beside the same step of the period before.
async fn course(
    engine: &Engine,
    asked: &Asked,
    query: &Filter,
    step: BucketWidth,
    recorded_ms: i64,
) -> Result<Vec<CoursePoint>, DatabaseError> {
    let points = engine.usage.course(query, step).await?;
    let compared = points.len() <= MOST_COMPARED && recorded_ms < asked.period.from_ms;
    let before: Vec<UsagePoint> = if compared {
        let earlier = Filter { from_ms: asked.before_from_ms, to_ms: asked.period.from_ms, ..query.clone() };
        engine.usage.course(&earlier, step).await?
    } else {
        Vec::new()
    };
    // What lies ahead is not nothing: it is not drawn.
    let known: Vec<UsagePoint> = points.into_iter().filter(|point| point.at_ms <= asked.now_ms).collect();
    let labels = labels::steps(&known, step, asked);
    // Nor is a step that was recorded in part.
    let earlier =
        |place: usize| before.get(place).filter(|point| point.at_ms >= recorded_ms).map(|point| point.peak.into());
    Ok(known
        .into_iter()
        .zip(labels)
        .enumerate()
        .map(|(place, (point, label))| CoursePoint {
            at_ms: point.at_ms,
            label: label.words,
            tick: label.tick,
            day: label.day,
            days: (labels::iso_day(point.at_ms, asked), labels::iso_day(point.until_ms - 1, asked)),
            totals: Totals { taken: point.taken, use_ms: point.use_ms, denied: point.denied, peak: point.peak.into() },
            licensed: point.licensed,
            before: earlier(place),
        })
        .collect())
}

/// By client, the longest use first.
async fn clients(engine: &Engine, query: &Filter) -> Result<Vec<UseBy>, DatabaseError> {
    let all = engine.usage.clients(query).await?.into_iter();
    Ok(longest_first(all.map(|of| UseBy {
        who: of.client,
        totals: Totals { taken: of.taken, use_ms: of.use_ms, denied: of.denied, peak: of.peak.into() },
    })))
}

/// By user, the longest use first.
async fn users(engine: &Engine, query: &Filter) -> Result<Vec<UseBy>, DatabaseError> {
    let all = engine.usage.users(query).await?.into_iter();
    Ok(longest_first(all.map(|of| UseBy {
        who: of.user,
        totals: Totals { taken: of.taken, use_ms: of.use_ms, denied: of.denied, peak: 0 },
    })))
}

fn longest_first(rows: impl Iterator<Item = UseBy>) -> Vec<UseBy> {
    let mut rows: Vec<UseBy> = rows.collect();
    rows.sort_by(|a, b| b.totals.use_ms.cmp(&a.totals.use_ms).then_with(|| a.who.cmp(&b.who)));
    rows
}

#[cfg(test)]
mod tests;
