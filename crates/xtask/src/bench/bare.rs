//! What the server is compared with: Axum, and a handler that does nothing but answer.

use std::io::Write;

use anyhow::Result;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;

use super::process::RunningProcess;
use super::world::BenchWorld;

/// Serves answers of `size` bytes until the process is ended.
pub async fn serve(size: usize) -> Result<()> {
    let body = Bytes::from(vec![b' '; size]);
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
    let app = Router::new().route("/v1/refresh", post(answer.clone())).route("/licenses", get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("bare: {}\nready", listener.local_addr()?);
    std::io::stdout().flush()?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

/// Starts that as a process of its own.
pub fn start(world: &BenchWorld, size: usize) -> Result<RunningProcess> {
    RunningProcess::start(super::helper()?.args(["--bare", &size.to_string()]), &world.log("bare"))
}
