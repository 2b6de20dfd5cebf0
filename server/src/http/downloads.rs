//! Files to be saved: few at a time, and only to those who take them. Who takes nothing for a while is cut off, so that
//! neither a file nor a place is held for a reader that stands still.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;

use super::problem::Problem;
use super::state::App;
use crate::console::page::is_api;
use crate::console::{Page, PageError};

/// Downloads at a time.
pub const MOST: usize = 8;
/// A download that takes nothing for this long ends.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Sent at a time, bytes.
const CHUNK: usize = 64 * 1024;
/// When to try again while all places are taken, seconds.
const RETRY_S: u32 = 10;

/// Marks a response as a file to be saved.
#[derive(Clone, Copy, Debug)]
pub struct Download;

/// Gives a download its place, or refuses it.
pub async fn pump(State(app): State<App>, request: Request, next: Next) -> Response {
    let for_api = is_api(request.uri().path());
    let mut response = next.run(request).await;
    if response.extensions_mut().remove::<Download>().is_none() {
        return response;
    }
    if let Ok(place) = app.downloads.clone().try_acquire_owned() {
        return response.map(|body| pumped(body, place));
    }
    let sentence = format!("{MOST} downloads are in progress, which is the most at a time. Try again in {RETRY_S} s.");
    let (status, wait) = (StatusCode::SERVICE_UNAVAILABLE, HeaderValue::from(RETRY_S));
    if for_api {
        return ([(header::RETRY_AFTER, wait)], Problem::new(status, sentence)).into_response();
    }
    let page = Page::from(PageError::Said(status, "Too many downloads".into(), sentence.into()));
    page.header(header::RETRY_AFTER, wait).into_response()
}

/// The same body, piece by piece, as long as somebody takes them. The place is given back with the last piece.
fn pumped(body: Body, place: OwnedSemaphorePermit) -> Body {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, axum::Error>>(1);
    let is_whole = Arc::new(AtomicBool::new(false));
    let ended = is_whole.clone();
    tokio::spawn(async move {
        let _place = place;
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let Ok(mut piece) = piece.map_err(|failed| tracing::warn!(error = %failed, "a download failed")) else {
                return;
            };
            while !piece.is_empty() {
                let part = piece.split_to(piece.len().min(CHUNK));
                if !matches!(timeout(TAKEN_WITHIN, sender.send(Ok(part))).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
        ended.store(true, Ordering::SeqCst);
    });
    let pieces = stream::unfold(Some((receiver, is_whole)), |state| async move {
        let (mut receiver, is_whole) = state?;
        match receiver.recv().await {
            Some(piece) => Some((piece, Some((receiver, is_whole)))),
            None if is_whole.load(Ordering::SeqCst) => None,
            // A file that is cut off must not look like a whole one.
            None => Some((Err(axum::Error::new(io::Error::other("the download was cut off"))), None)),
        }
    });
    // Who compresses it asks again after the end.
    Body::from_stream(pieces.fuse())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::sync::Semaphore;

    use super::*;

    fn endless() -> Body {
        Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[7; 1000]))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_download_that_takes_nothing_for_30_s_ends_and_is_no_whole_file() {
        let places = Arc::new(Semaphore::new(1));
        let mut body = pumped(endless(), places.clone().try_acquire_owned().unwrap()).into_data_stream();
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(29)).await;
            assert!(body.next().await.unwrap().is_ok(), "slow, but it takes something");
        }
        assert_eq!(places.available_permits(), 0);
        tokio::time::sleep(Duration::from_secs(31)).await;
        assert_eq!(places.available_permits(), 1, "its place is free");
        let rest: Vec<_> = StreamExt::collect(body).await;
        assert!(rest.len() <= 3 && rest.last().unwrap().is_err(), "{} pieces", rest.len());
    }

    #[tokio::test]
    async fn a_whole_file_arrives_whole_and_who_goes_away_leaves_the_place() {
        let places = Arc::new(Semaphore::new(1));
        let place = || places.clone().try_acquire_owned().unwrap();
        let file = Bytes::from(vec![9; 300_000]);
        let arrived = BodyExt::collect(pumped(Body::from(file.clone()), place())).await.unwrap().to_bytes();
        assert_eq!(arrived, file);
        let mut body = pumped(Body::from(file), place()).into_data_stream();
        while body.next().await.is_some() {}
        assert!(body.next().await.is_none(), "the end stays the end");
        let _ = places.acquire().await.unwrap();
        drop(pumped(endless(), place()));
        let _ = places.acquire().await.unwrap();
    }
}
