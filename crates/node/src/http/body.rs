//! Bodies of requests, read with limits on size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};

use crate::exchange::ReportRefusal;

/// A body arrives within this time.
const ARRIVAL: Duration = Duration::from_secs(10);

/// How much of a body that is too large is still read, as a multiple of the limit.
const DISCARDED: usize = 16;

/// The body, when it has at most `most` bytes.
pub(super) async fn read(body: Body, most: usize) -> Result<Vec<u8>, ReportRefusal> {
    tokio::time::timeout(ARRIVAL, collect(body, most)).await.unwrap_or(Err(ReportRefusal::Slow))
}

async fn collect(mut body: Body, most: usize) -> Result<Vec<u8>, ReportRefusal> {
    let mut bytes = Vec::new();
    let mut arrived = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| ReportRefusal::Slow)?.into_data() else { continue };
        arrived += data.len();
        if arrived <= most {
            bytes.extend_from_slice(&data);
        } else if arrived > most.saturating_mul(DISCARDED) {
            break;
        }
    }
    if arrived > most { Err(ReportRefusal::TooLarge(most)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_may_have_as_much_as_is_allowed_and_no_more() {
        for (size, good) in [(0, true), (10, true), (11, false), (1000, false)] {
            let read = read(Body::from(vec![b'x'; size]), 10).await;
            assert_eq!(read.is_ok(), good, "{size}");
        }
    }
}
