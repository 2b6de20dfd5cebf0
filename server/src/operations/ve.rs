//! Commands about the license of this machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Engine;
use engine::actor::Actor;
use licensing::vendor_key::Fingerprint;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::ve_json;

fn no_database(error: engine::DatabaseError) -> Failure {
    Failure::failed(format!("The database did not answer: {error}."))
}

pub async fn request(engine: &Engine) -> Result<Value, Failure> {
    let request = engine.ve_request().await.map_err(no_database)?;
    let unread: Vec<Value> = request
        .unread
        .iter()
        .map(|(name, why)| json!({ "component": name, "label": name.label(), "why": why }))
        .collect();
    Ok(json!({
        "request": request.to_json(),
        "fingerprint": request.fingerprint().to_string(),
        "server": request.server,
        "unique": request.bound.is_unique(),
        "unread": unread,
    }))
}

pub async fn install(engine: &Engine, actor: &Actor, text: &str, vendor_key: Option<&str>) -> Result<Value, Failure> {
    let text = STANDARD.decode(text).map_err(|_| Failure::refused("The license did not arrive whole."))?;
    let named = vendor_key.map(str::parse::<Fingerprint>).transpose().map_err(Failure::refused)?;
    match engine.install_ve(&text, named, actor).await {
        Ok(now) => Ok(ve_json::installed(&now, &engine.ve.standing(), true)),
        Err(error) if error.is_refusal() => Err(Failure::refused(error)),
        Err(error) => Err(Failure::failed(error)),
    }
}

pub async fn show(engine: &Engine) -> Result<Value, Failure> {
    engine.check_ve().await.map_err(no_database)?;
    Ok(ve_json::state(engine, true).await)
}
