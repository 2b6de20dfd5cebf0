use std::convert::Infallible;
use std::time::Duration;

use axum::http::Response;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use reporting::{HeldStream, NotedService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::http::{KEEP_ALIVE, limit};

#[tokio::test(start_paused = true)]
async fn a_kept_connection_takes_another_request_for_75_seconds_and_then_ends() {
    let (mut ours, theirs) = tokio::io::duplex(4_096);
    let held = HeldStream::new(theirs, (), KEEP_ALIVE);
    let ok = tower::service_fn(|_| async { Ok::<_, Infallible>(Response::new(axum::body::Body::from("ok"))) });
    let noted = TowerToHyperService::new(NotedService::of_connection(ok, held.activity().clone()));
    let mut builder = Builder::new(TokioExecutor::new());
    limit(&mut builder);
    tokio::spawn(async move { builder.serve_connection(TokioIo::new(held), noted).await.map_err(|e| e.to_string()) });
    let mut buffer = [0; 1_024];
    for pause in [0, 74, 74] {
        sleep(Duration::from_secs(pause)).await;
        ours.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let read = ours.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "after {pause} s");
    }
    let began = tokio::time::Instant::now();
    assert_eq!(ours.read(&mut buffer).await.unwrap(), 0);
    assert!((75..77).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
