//! The licenses: the list, the list as a file.

use app::drawn::Draw;
use app::pages::licenses::{LicenseFilter, LicenseRow, LicensesPage, LicensesView};
use app::paths;
use app::request::Tone;
use axum::response::Response;
use engine::DatabaseError;
use engine::exchange::{LicenseItem, Licenses};
use leptos::prelude::*;
use licensing::bundle::{LicenseKind, LicenseStatus};

use super::exchange::{changes, contact, registered};
use super::{Console, Page, PageError, attachment, csv_text, ve};

/// A license that ends within this time is marked, milliseconds: 30 days.
const SOON_MS: i64 = 30 * licensing::contact::DAY;

/// `GET /licenses`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console).await
}

pub(super) async fn show(console: &Console) -> Result<Page, PageError> {
    let data = load(console).await?;
    Ok(Page::new("Licenses", || view! { <LicensesView data=data /> }.drawn()))
}

/// `GET /licenses.csv`: what the page with the same query shows.
pub async fn file(console: Console) -> Response {
    let rows = rows(console.engine.licenses().as_ref(), &console.filter(), console.now_ms);
    attachment("text/csv; charset=utf-8", "leasehold-licenses.csv", csv(&rows))
}

fn row(item: &LicenseItem, now: i64) -> LicenseRow {
    let license = &item.license;
    let standing = item.verdict.standing;
    LicenseRow {
        id: license.id.clone(),
        product: license.product.to_string(),
        kind: license.kind.as_str().into(),
        context: license.context.as_str().into(),
        licensed: license.count,
        in_use: item.in_use,
        over_committed: item.over_committed,
        hours: license.hours,
        version: license.version.clone(),
        expires_ms: license.expires,
        maintenance_ms: license.maintenance_expires,
        maintenance_over: license.maintenance_expires.is_some_and(|at| at <= now),
        state: standing.as_str().into(),
        state_label: standing.label().into(),
        tone: match standing {
            LicenseStatus::Active => Tone::Success,
            LicenseStatus::Expired | LicenseStatus::Lapsed => Tone::Danger,
            _ => Tone::Warning,
        },
        reason: item.verdict.reason.clone(),
        expires_soon: license.expires.is_some_and(|at| at > now && at - now <= SOON_MS),
    }
}

fn matches(row: &LicenseRow, filter: &LicenseFilter) -> bool {
    let wanted = filter.q.to_lowercase();
    let text = [row.product.as_str(), row.id.as_str(), &row.context, row.version.as_deref().unwrap_or_default()];
    (wanted.is_empty() || text.iter().any(|text| text.to_lowercase().contains(&wanted)))
        && (filter.state.is_empty() || row.state == filter.state)
        && (filter.kind.is_empty() || row.kind == filter.kind)
}

fn sort(rows: &mut [LicenseRow], filter: &LicenseFilter) {
    // What never ends comes last.
    let end = |at: Option<i64>| at.unwrap_or(i64::MAX);
    rows.sort_by(|a, b| {
        let order = match filter.sort.as_str() {
            "kind" => a.kind.cmp(&b.kind),
            "licensed" => a.licensed.cmp(&b.licensed),
            "in_use" => a.in_use.cmp(&b.in_use),
            "expires" => end(a.expires_ms).cmp(&end(b.expires_ms)),
            "maintenance" => end(a.maintenance_ms).cmp(&end(b.maintenance_ms)),
            "state" => a.state_label.cmp(&b.state_label),
            _ => a.product.cmp(&b.product),
        };
        let order = if filter.descending { order.reverse() } else { order };
        order.then_with(|| (&a.product, &a.id).cmp(&(&b.product, &b.id)))
    });
}

/// The rows that the filter asks for, in its order.
fn rows(all: Option<&Licenses>, filter: &LicenseFilter, now: i64) -> Vec<LicenseRow> {
    let items = all.map(|all| all.items.as_slice()).unwrap_or_default();
    let mut rows: Vec<LicenseRow> =
        items.iter().map(|item| row(item, now)).filter(|row| matches(row, filter)).collect();
    sort(&mut rows, filter);
    rows
}

async fn load(console: &Console) -> Result<LicensesPage, DatabaseError> {
    let engine = &console.engine;
    let filter: LicenseFilter = console.filter();
    let all = engine.licenses();
    let everything = all.as_ref().map(|all| all.items.as_slice()).unwrap_or_default();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for state in everything.iter().map(|item| item.verdict.standing.as_str()) {
        match counts.iter_mut().find(|(counted, _)| counted == state) {
            Some((_, count)) => *count += 1,
            None => counts.push((state.to_owned(), 1)),
        }
    }
    let identity = engine.identity().await?;
    let last = engine.last_changes().await?;
    Ok(LicensesPage {
        items: rows(all.as_ref(), &filter, console.now_ms),
        total: everything.len(),
        csv: paths::with(paths::LICENSES_CSV, &filter),
        filter,
        contact: contact(engine),
        registered: registered(&identity.readiness),
        context: identity.context.map(|context| context.to_string()),
        serial: all.as_ref().map(|all| all.serial),
        installed_ms: all.as_ref().map(|all| all.installed_at),
        last_changes: last.map(|(at, changed)| (at, changes(&changed))),
        counts,
        machine: ve::machine(console).await,
        kinds: [LicenseKind::Concurrent, LicenseKind::Countdown, LicenseKind::Metered]
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect(),
    })
}

/// The rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text.
fn csv(rows: &[LicenseRow]) -> String {
    let time = |at: Option<i64>| {
        at.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
    };
    let mut text =
        "id,product,kind,context,licensed,in_use,hours,version,expires,maintenance_expires,state,reason\r\n".to_owned();
    for row in rows {
        let cells = [
            row.id.clone(),
            row.product.clone(),
            row.kind.to_string(),
            row.context.to_string(),
            row.licensed.to_string(),
            row.in_use.to_string(),
            row.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            row.version.clone().unwrap_or_default(),
            time(row.expires_ms),
            time(row.maintenance_ms),
            row.state.to_string(),
            row.reason.clone().unwrap_or_default(),
        ];
        text.push_str(&cells.iter().map(|text| csv_text(text)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}
