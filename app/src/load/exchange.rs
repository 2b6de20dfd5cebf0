//! The exchange, as its pages show it.

mod by_hand;
mod clusters;

use engine::exchange::{Identity as EngineIdentity, LedgerEntry, LedgerQuery, Readiness};
use engine::{DatabaseError, Engine};
use licensing::bundle::Changes;
use licensing::conf::effective::Effective;
use licensing::contact::{Level, PHASES, Phase};

pub use by_hand::{hand, hand_checked};
pub use clusters::{cluster, clusters, pulled_model};

use crate::pages::exchange::{
    Attempt, ChangesModel, ContactModel, ContactStep, ExchangePage, Identity, KeyModel, LedgerPage, LedgerRow,
    ReceiptModel, Registered, Round, StepState,
};
use crate::request::{Tone, request};

/// Rows of one page of the ledger.
const PAGE: usize = 50;

/// The contact clock, from the one table in `licensing`.
pub fn contact(engine: &Engine) -> ContactModel {
    let state = engine.contact();
    let now = state.phase();
    let rule = state.rule();
    let step = |rule: &licensing::contact::Rule| {
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
        effect: rule.effect.to_owned(),
        tone: match (rule.phase, rule.report.level) {
            (Phase::Unregistered, _) => Tone::Neutral,
            (Phase::InTouch, _) => Tone::Success,
            (_, Level::Info) => Tone::Info,
            (_, Level::Warn) => Tone::Warning,
            (_, Level::Error) => Tone::Danger,
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
        "This machine's clock was seen {how_far} {way} the time known to have passed. Days are counted by the latter until the next verified exchange settles what time it is. Check the machine's clock."
    )
}

/// How the nodes are reached: "HTTPS, port 443".
pub fn protocol(effective: &Effective) -> String {
    let protocol = if effective.https { "HTTPS" } else { "HTTP" };
    let nodes = effective.nodes();
    match nodes.iter().filter(|node| node.port.is_some()).count() {
        0 => format!("{protocol}, port {}", effective.node_port()),
        own if own == nodes.len() => format!("{protocol}, at the port each node names"),
        _ => format!("{protocol}, port {}, or the port a node names", effective.node_port()),
    }
}

/// Whether an exchange is possible.
pub fn registered(readiness: &Readiness) -> Registered {
    match readiness {
        Readiness::Ready => Registered::Yes,
        Readiness::Unregistered => Registered::No,
        Readiness::NoKey => Registered::NoKey,
        Readiness::NoAuth => Registered::NoAuth,
        Readiness::OtherGuid { file, registered } => {
            Registered::OtherGuid { file: file.to_string(), registered: registered.to_string() }
        }
        Readiness::Unreadable(problem) => Registered::Unreadable(problem.clone()),
    }
}

/// What changed, as sentences.
pub fn changes(changes: &Changes) -> ChangesModel {
    let sentences = |list: &[licensing::bundle::Change]| list.iter().map(|change| change.sentence.clone()).collect();
    ChangesModel {
        added: sentences(&changes.added),
        removed: sentences(&changes.removed),
        extended: sentences(&changes.extended),
        changed: sentences(&changes.changed),
    }
}

/// Nodes that were asked.
pub fn attempts(attempts: &[engine::exchange::Attempt]) -> Vec<Attempt> {
    let attempt = |attempt: &engine::exchange::Attempt| Attempt {
        node: attempt.node.clone(),
        ok: attempt.ok,
        stage: attempt.stage.clone(),
        sentence: attempt.sentence.clone(),
        ms: attempt.ms,
    };
    attempts.iter().map(attempt).collect()
}

/// The way a report went, in the words of pages.
fn channel(word: &str) -> String {
    match word {
        "api" => "API".to_owned(),
        "reporting api" => "reporting API".to_owned(),
        word => word.to_owned(),
    }
}

fn row(entry: &LedgerEntry) -> LedgerRow {
    LedgerRow {
        status_id: entry.status_id.clone(),
        channel: channel(&entry.channel),
        opened_ms: entry.opened_at,
        opened_by: entry.opened_by.clone(),
        state: entry.state.clone(),
        answered_ms: entry.answer.as_ref().map(|answer| answer.at),
        answered_by: entry.answer.as_ref().map(|answer| answer.by.clone()),
        node: entry.node.clone(),
        summary: entry.answer.as_ref().map(|answer| answer.outcome.changes.sentence()),
    }
}

fn receipt_model(entry: &LedgerEntry) -> Option<ReceiptModel> {
    let answer = entry.answer.as_ref()?;
    let outcome = &answer.outcome;
    let fingerprint = outcome.key.parse::<licensing::vendor_key::Fingerprint>();
    Some(ReceiptModel {
        status_id: entry.status_id.clone(),
        channel: channel(&entry.channel),
        opened_ms: entry.opened_at,
        answered_ms: answer.at,
        by: answer.by.clone(),
        node: entry.node.clone(),
        node_time_ms: outcome.node_time,
        serial: outcome.serial,
        report_sha256: engine::secret::digest_hex(entry.report.as_bytes()),
        response_sha256: outcome.response_sha256.clone(),
        key_fingerprint: fingerprint.map_or_else(|_| outcome.key.clone(), |f| f.grouped()),
        changes: changes(&outcome.changes),
        unchanged: outcome.unchanged,
        server: request().badge.server_name.clone(),
        guid: entry.guid.clone(),
    })
}

fn identity_model(identity: &EngineIdentity, deployments: Vec<String>) -> Option<Identity> {
    Some(Identity { guid: identity.guid?.to_string(), deployments, operator: identity.operator.clone() })
}

/// `/exchange`
pub async fn load(engine: &Engine) -> Result<ExchangePage, DatabaseError> {
    let identity = engine.identity().await?;
    let effective = engine.conf().effective;
    let sync = engine.sync_state();
    let last = engine.last_answered().await?;
    let nodes = effective.nodes().iter().map(|node| match node.port {
        Some(port) => format!("{}:{port}", node.host),
        None => node.host.clone(),
    });
    let notices = last.as_ref().and_then(|entry| entry.answer.as_ref()).map(|answer| answer.outcome.notices.clone());
    Ok(ExchangePage {
        registered: registered(&identity.readiness),
        contact: contact(engine),
        running: sync.running,
        next_attempt_ms: sync.next_ms,
        schedule: match effective.preset {
            Some((hour, minute)) => format!("Every day at {hour:02}:{minute:02} local time"),
            None => "Every day, 24 h after the last exchange".to_owned(),
        },
        protocol: protocol(&effective),
        nodes: nodes.collect(),
        proxy: engine.node_proxy(),
        last_round: sync.round.as_ref().map(|round| Round {
            at_ms: round.at,
            ok: round.ok,
            sentence: round.sentence.clone(),
            attempts: attempts(&round.attempts),
            failed_rounds: sync.failed_rounds,
        }),
        last_success: last.as_ref().and_then(receipt_model),
        keys: identity
            .keys
            .iter()
            .map(|key| KeyModel {
                fingerprint: key.fingerprint.grouped(),
                pinned_ms: key.at,
                pinned_by: key.by.clone(),
                fetched: key.key.is_some(),
            })
            .collect(),
        identity: identity_model(&identity, engine.deployments().await?),
        notices: notices.unwrap_or_default(),
    })
}

/// `/exchange/ledger`
pub async fn ledger(engine: &Engine) -> Result<LedgerPage, DatabaseError> {
    let request = request();
    let filter =
        request.query("state").filter(|state| ["open", "answered", "lost"].contains(state)).unwrap_or_default();
    let query = LedgerQuery {
        state: filter.to_owned(),
        before: request.query("before").map(str::to_owned),
        limit: i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
    };
    let mut entries = engine.ledger(&query).await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    Ok(LedgerPage {
        filter: filter.to_owned(),
        next: entries.last().filter(|_| more).map(|entry| entry.status_id.clone()),
        items: entries.iter().map(row).collect(),
    })
}

/// `/exchange/receipt/{id}`
pub async fn receipt(engine: &Engine, id: &str) -> Result<Option<ReceiptModel>, DatabaseError> {
    Ok(engine.ledger_entry(id).await?.as_ref().and_then(receipt_model))
}
