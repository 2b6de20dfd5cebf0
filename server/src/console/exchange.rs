//! The exchange: over the network, by hand, the ledger and its files.

pub mod by_hand;
pub mod registration;

use std::time::Duration;

use app::drawn::Draw;
use app::pages::exchange::{
    ContactModel, ContactStep, ExchangePage, ExchangeView, LEDGER_LISTED, LEDGER_SORTED, LedgerPage, LedgerView,
    Receipt, ReceiptView, RegistrationCard, StepState, Unchecked,
};
use app::paths;
use app::request::{FlashKind, Tone};
use axum::extract::Path;
use engine::exchange::{LedgerEntry, LedgerQuery, ReportError, ServerIdentity, SyncError};
use engine::{DatabaseError, Engine};
use leptos::prelude::*;
use licensing::conf::effective::Effective;
use licensing::contact::{ContactPhase, PHASES, PhaseLogLevel};

use super::form::Form;
use super::{Console, Page, PageError};

/// The page waits this long for an exchange it began; one that takes longer goes on and is shown as under way.
const WAIT: Duration = Duration::from_secs(8);

/// `GET /exchange`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console, None, false).await
}

/// The page, with a correction that no node could be asked about, and whether an auth string that was typed waits to be used.
async fn show(console: &Console, unchecked: Option<Unchecked>, auth_is_kept: bool) -> Result<Page, PageError> {
    let mut data = load(&console.engine, &console.engine.server_name()).await?;
    (data.registration.unchecked, data.registration.auth_is_kept) = (unchecked, auth_is_kept);
    data.registration.is_confirmed = console.is_password_confirmed().await;
    Ok(Page::new("Online exchange", || view! { <ExchangeView data=data /> }.drawn()))
}

/// `GET /exchange/ledger`
pub async fn ledger_page(console: Console) -> Result<Page, PageError> {
    let data = ledger(&console).await?;
    Ok(Page::new("Exchange ledger", || view! { <LedgerView data=data /> }.drawn()))
}

/// `GET /exchange/receipt/{id}`
pub async fn receipt(console: Console, Path(id): Path<String>) -> Result<Page, PageError> {
    let entry = console.engine.ledger_entry(&id).await?;
    let data = entry.and_then(|entry| receipt_of(entry, &console.engine.server_name())).ok_or(PageError::NOWHERE)?;
    Ok(Page::new("Receipt", || view! { <ReceiptView data=data /> }.drawn()))
}

/// `POST /exchange/sync`
pub async fn sync(form: Form) -> Result<Page, PageError> {
    match synced(&form, form.engine.last_sync()).await? {
        Some((kind, text)) => Ok(form.tell(kind, text, paths::EXCHANGE).await),
        None => Ok(Page::to(paths::EXCHANGE)),
    }
}

/// Syncs, unless a sync succeeded since `last`, and says what came of it; none while it is still under way.
async fn synced(form: &Form, last: Option<String>) -> Result<Option<(FlashKind, String)>, PageError> {
    let (engine, actor) = (form.engine.clone(), form.actor());
    let running = tokio::spawn(async move { engine.sync_since(&actor, last).await });
    Ok(Some(match tokio::time::timeout(WAIT, running).await {
        Err(_) => return Ok(None),
        Ok(Ok(Ok(synced))) => (FlashKind::Success, format!("Synced: {}", synced.applied.outcome.changes.sentence())),
        Ok(Ok(Err(SyncError::NoAnswer(round)))) => (FlashKind::Danger, format!("{} Nothing changed.", round.sentence)),
        Ok(Ok(Err(SyncError::Report(ReportError::NotReady(problem))))) => (FlashKind::Warning, problem),
        Ok(Ok(Err(SyncError::Report(failed)))) => return Err(PageError::internal(failed)),
        Ok(Err(failed)) => return Err(PageError::internal(failed)),
    }))
}

/// The contact clock, from the one table in `licensing`.
pub fn contact(engine: &Engine) -> ContactModel {
    let state = engine.contact();
    let now = state.phase();
    let rule = state.rule();
    let step = |rule: &licensing::contact::PhaseRule| {
        let first_day = rule.phase.first_day(state.limit)?;
        Some(ContactStep {
            label: rule.label.to_owned(),
            first_day,
            at_ms: state.last_verified.map(|at| at.saturating_add(i64::from(first_day) * licensing::contact::DAY)),
            state: match rule.phase.cmp(&now) {
                std::cmp::Ordering::Less => StepState::Past,
                std::cmp::Ordering::Equal => StepState::Now,
                std::cmp::Ordering::Greater => StepState::Ahead,
            },
            effect: rule.effect.to_owned(),
        })
    };
    ContactModel {
        phase: rule.phase.as_str().to_owned(),
        label: rule.label.to_owned(),
        effect: engine.contact_effect(),
        tone: match (rule.phase, rule.report.level) {
            (ContactPhase::Unregistered, _) => Tone::Neutral,
            (ContactPhase::InTouch, _) => Tone::Success,
            (_, PhaseLogLevel::Info) => Tone::Info,
            (_, PhaseLogLevel::Warn) => Tone::Warning,
            (_, PhaseLogLevel::Error) => Tone::Danger,
        },
        days: state.days(),
        last_ms: state.last_verified,
        next: state.next_change().map(|(at, phase)| (at, phase.rule().label.to_owned())),
        lapses_ms: state.lapses_at(),
        limit_days: state.limit.days(),
        steps: PHASES.iter().filter_map(step).collect(),
        clock_flag: state.flagged.map(clock_sentence),
    }
}

fn clock_sentence(off: i64) -> String {
    let minutes = off.unsigned_abs() / 60_000;
    let how_far = match (minutes / 1440, minutes / 60) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {} min", minutes % 60),
        (days, _) => format!("{days} d {} h", minutes / 60 % 24),
    };
    let way = if off > 0 { "ahead of" } else { "behind" };
    format!(
        "This machine's clock is {how_far} {way} the elapsed time Leasehold measured. Days follow the measured time until a sync, or a week of running, confirms the clock. Set the machine's clock, then sync."
    )
}

/// How the nodes are reached: "HTTPS, port 443".
pub fn protocol(effective: &Effective) -> String {
    let protocol = if effective.https { "HTTPS" } else { "HTTP" };
    let nodes = effective.nodes();
    match nodes.iter().filter(|node| node.port.is_some()).count() {
        0 => format!("{protocol}, port {}", effective.node_port()),
        own if own == nodes.len() => format!("{protocol}, on each node's own port"),
        _ => format!("{protocol}, port {}, or a node's own port", effective.node_port()),
    }
}

fn receipt_of(mut entry: LedgerEntry, server: &str) -> Option<Receipt> {
    let answer = entry.answer.take()?;
    Some(Receipt { entry, answer, server: server.to_owned() })
}

/// The registration as it is. An auth string that is missing was missing since the server was registered.
fn registration_card(identity: ServerIdentity, deployments: Vec<String>, open: bool) -> RegistrationCard {
    RegistrationCard {
        guid: identity.guid.map(|guid| guid.to_string()),
        deployments,
        has_auth: identity.has_auth(),
        auth_since_ms: if identity.has_auth() { identity.auth_at } else { identity.registered_at },
        operator: identity.operator,
        context: identity.context,
        customer: identity.customer,
        keys: identity.keys,
        open,
        ..RegistrationCard::default()
    }
}

async fn load(engine: &Engine, server: &str) -> Result<ExchangePage, DatabaseError> {
    let identity = engine.identity().await?;
    let effective = engine.conf().effective;
    let sync = engine.sync_state();
    let last = engine.last_answered().await?;
    let nodes = effective.nodes().iter().map(|node| match node.port {
        Some(port) => format!("{}:{port}", node.host),
        None => node.host.clone(),
    });
    let refused = sync.round.as_ref().is_some_and(|round| round.node_refusal().is_some());
    let notices = last.as_ref().and_then(|entry| entry.answer.as_ref()).map(|answer| answer.outcome.notices.clone());
    Ok(ExchangePage {
        contact: contact(engine),
        running: sync.running,
        next_attempt_ms: sync.next_ms,
        schedule: match effective.preset {
            Some((hour, minute)) => format!("Every day at {hour:02}:{minute:02} local time"),
            None => "Every day, 24 h after the last sync".to_owned(),
        },
        protocol: protocol(&effective),
        nodes: nodes.collect(),
        proxy: engine.node_proxy(),
        last_round: sync.round,
        failed_rounds: sync.failed_rounds,
        last_success: last.and_then(|entry| receipt_of(entry, server)),
        readiness: identity.readiness.clone(),
        registration: registration_card(identity, engine.deployments().await?, refused),
        notices: notices.unwrap_or_default(),
    })
}

async fn ledger(console: &Console) -> Result<LedgerPage, DatabaseError> {
    let filter =
        Some(console.query("state")).filter(|state| ["open", "answered", "lost"].contains(state)).unwrap_or_default();
    // In another order than that of time there is one page.
    let sorted = console.query("sort").starts_with("reports.");
    let limit = if sorted { LEDGER_SORTED } else { LEDGER_LISTED + 1 };
    let query = LedgerQuery {
        state: filter.to_owned(),
        before: Some(console.query("before").to_owned()).filter(|before| !before.is_empty()),
        limit: i64::try_from(limit).unwrap_or(i64::MAX),
    };
    let mut entries = console.engine.ledger(&query).await?;
    let more = !sorted && entries.len() > LEDGER_LISTED;
    entries.truncate(if sorted { LEDGER_SORTED } else { LEDGER_LISTED });
    Ok(LedgerPage {
        filter: filter.to_owned(),
        next: entries.last().filter(|_| more).map(|entry| entry.status_id.clone()),
        items: entries,
    })
}
