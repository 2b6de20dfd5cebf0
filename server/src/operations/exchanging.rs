//! Commands about the exchange and what it brought.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Engine;
use engine::actor::Actor;
use engine::exchange::{Channel, LedgerQuery, PushError, ReportError, SyncError};
use serde_json::{Value, json};

use crate::exchange_json;
use crate::exit::Failure;

pub async fn sync(engine: &Arc<Engine>, actor: &Actor) -> Result<Value, Failure> {
    sync_since(engine, actor, engine.last_sync()).await
}

/// Exchanges now, unless a good exchange ended since `last`.
pub async fn sync_since(engine: &Arc<Engine>, actor: &Actor, last: Option<String>) -> Result<Value, Failure> {
    match engine.sync_since(actor, last).await {
        Ok(synced) => Ok(exchange_json::synced(&synced)),
        Err(SyncError::Report(ReportError::NotReady(problem))) => Err(Failure::refused(problem)),
        Err(SyncError::Report(error)) => Err(Failure::failed(error)),
        Err(SyncError::NoAnswer(round)) => {
            let nodes: String =
                round.attempts.iter().map(|a| format!("\n  {} ({}): {}", a.node, a.stage, a.sentence)).collect();
            let hint = "Nothing was changed. `leasehold exchange pull` makes a report to be carried by hand.";
            Err(Failure::failed(format!("{}{nodes}\n{hint}", round.sentence)))
        }
    }
}

pub fn licenses(engine: &Engine) -> Value {
    serde_json::to_value(exchange_json::licenses(engine)).expect("licenses always serialize")
}

pub async fn pull(engine: &Arc<Engine>, actor: &Actor) -> Result<Value, Failure> {
    let report = engine.open_report(actor, Channel::CommandLine).await.map_err(|error| match error {
        ReportError::NotReady(problem) => Failure::refused(problem),
        other => Failure::failed(other),
    })?;
    exchange_json::report(engine, &report)
        .await
        .map_err(|error| Failure::failed(format!("The database did not answer: {error}.")))
}

pub async fn push(engine: &Arc<Engine>, actor: &Actor, response: &str) -> Result<Value, Failure> {
    let bytes = STANDARD.decode(response).map_err(|_| Failure::refused("The response did not arrive whole."))?;
    match engine.push_response(actor, Channel::CommandLine, &bytes).await {
        Ok(applied) => Ok(exchange_json::applied(&applied)),
        Err(PushError::Sql(error)) => Err(Failure::failed(format!("The database did not answer: {error}."))),
        Err(error) => Err(Failure::refused(format!("{error} Nothing was changed."))),
    }
}

pub async fn ledger(engine: &Arc<Engine>, state: String, limit: i64) -> Result<Value, Failure> {
    let query = LedgerQuery { state, before: None, limit };
    let entries = engine
        .ledger(&query)
        .await
        .map_err(|error| Failure::failed(format!("The database did not answer: {error}.")))?;
    Ok(json!({ "items": entries.iter().map(exchange_json::entry).collect::<Vec<_>>() }))
}
