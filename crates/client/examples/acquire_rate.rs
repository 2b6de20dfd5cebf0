//! How many licenses one core takes and returns in a second: `cargo run --release -p leasehold-client --example acquire_rate [SECONDS]`.

use std::io::Write;
use std::time::{Duration, Instant};

use axum::extract::Json;
use axum::routing::post;
use axum::{Router, body::Bytes};
use client::Client;
use serde_json::{Value, json};

/// Pairs between two looks at the clock.
const ROUND: u64 = 100_000;

async fn hello() -> Json<Value> {
    let server = json!({ "guid": "", "instance": "", "context": "", "version": "" });
    Json(json!({
        "protocol": 1, "epoch": 1, "server": server, "refresh_ms": 2000, "valid_ms": 120_000, "sequence": 0, "records": 0,
    }))
}

async fn refresh(body: Bytes) -> Json<Value> {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let limit = json!({ "limit": 1000, "version": 1, "licensed": 1000 });
    let products: serde_json::Map<String, Value> =
        asked["products"].as_object().into_iter().flatten().map(|(code, _)| (code.clone(), limit.clone())).collect();
    Json(json!({
        "protocol": 1, "epoch": asked["epoch"], "sequence": asked["sequence"], "saved": asked["sequence"], "refresh_ms": 2000,
        "valid_ms": 120_000, "products": products,
    }))
}

async fn records(body: Bytes) -> Json<Value> {
    let batch: Value = serde_json::from_slice(&body).unwrap_or_default();
    let count = batch["records"].as_array().map_or(0, Vec::len) as u64;
    Json(json!({ "protocol": 1, "acknowledged": batch["first"].as_u64().unwrap_or(1) + count - 1 }))
}

/// What this thread has used of its core so far, seconds: other work on the machine does not count.
fn cpu() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(3), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = Router::new()
            .route("/v1/hello", post(hello))
            .route("/v1/refresh", post(refresh))
            .route("/v1/records", post(records));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok::<_, std::io::Error>(address)
    })?;
    let client = runtime.block_on(Client::connect([address.to_string()]))?;
    let speech = client.product("SPEECH")?;
    drop(runtime.block_on(speech.acquire())?);
    let (began, began_cpu) = (Instant::now(), cpu());
    let mut pairs = 0_u64;
    while began.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..ROUND {
            drop(speech.try_acquire()?);
        }
        pairs += ROUND;
    }
    let wall = pairs as f64 / began.elapsed().as_secs_f64();
    let core = pairs as f64 / (cpu() - began_cpu);
    let mut out = std::io::stdout();
    writeln!(out, "{core:.0} pairs/s of one core's time, {:.1} ns each; {wall:.0} pairs/s by the clock", 1e9 / core)?;
    Ok(())
}
