//! Connections on which nothing is asked any more. Asked whether they live, HTTP/2 connections answer for ever; what counts is
//! whether requests come.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};
use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::connection::{ConnectionInfo, write_to_stream};

/// The requests of one connection.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Mutex<Requests>>);

#[derive(Debug)]
struct Requests {
    under_way: usize,
    ended: Instant,
}

impl Activity {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Requests { under_way: 0, ended: Instant::now() })))
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins. It is under way until what this returns is dropped.
    #[must_use]
    pub fn begin(&self) -> RequestUnderWay {
        self.requests().under_way += 1;
        RequestUnderWay(self.clone())
    }

    /// Since when no request is under way; now, while one is.
    fn quiet_since(&self) -> Instant {
        let requests = self.requests();
        if requests.under_way > 0 { Instant::now() } else { requests.ended }
    }
}

/// A request that is not answered in full so far.
#[derive(Debug)]
pub struct RequestUnderWay(Activity);

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        let mut requests = self.0.requests();
        requests.under_way = requests.under_way.saturating_sub(1);
        requests.ended = Instant::now();
    }
}

/// A connection that ends when no request was under way for some time. It keeps `P`, its place, as long as it lasts.
#[derive(Debug)]
pub struct HeldStream<T, P> {
    stream: T,
    /// What it keeps.
    pub place: P,
    activity: Activity,
    patience: Duration,
    end: Pin<Box<Sleep>>,
}

impl<T, P> HeldStream<T, P> {
    /// Ends after this time without a request.
    pub fn new(stream: T, place: P, patience: Duration) -> Self {
        Self { stream, place, activity: Activity::new(), patience, end: Box::pin(sleep(patience)) }
    }

    /// Its requests.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }
}

impl<T: AsyncRead + Unpin, P: Unpin> AsyncRead for HeldStream<T, P> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.end.as_mut().poll(cx).is_ready() {
            let end = this.activity.quiet_since() + this.patience;
            if end <= Instant::now() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came for too long")));
            }
            this.end.as_mut().reset(end);
        }
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

write_to_stream!(impl<T, P> for HeldStream<T, P>);

/// A service that notes which requests are under way.
#[derive(Debug, Clone)]
pub struct NotedService<S> {
    service: S,
    activity: Option<Activity>,
}

impl<S> NotedService<S> {
    /// Of one connection.
    pub fn of_connection(service: S, activity: Activity) -> Self {
        Self { service, activity: Some(activity) }
    }

    /// Of all connections: a request says by its extensions which it came on.
    pub fn of_all(service: S) -> Self {
        Self { service, activity: None }
    }
}

impl<S, Q, B> tower::Service<Request<Q>> for NotedService<S>
where
    S: tower::Service<Request<Q>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    B: 'static,
{
    type Response = Response<NotedBody<B>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let of_request = || request.extensions().get::<ConnectionInfo>().map(|connection| &connection.activity);
        let activity = self.activity.as_ref().or_else(of_request);
        let under_way = activity.map(Activity::begin);
        let answered = self.service.call(request);
        Box::pin(async move { Ok(answered.await?.map(|body| NotedBody { body, _under_way: under_way })) })
    }
}

/// The body of an answer: the request is under way until it is sent.
#[derive(Debug)]
pub struct NotedBody<B> {
    body: B,
    _under_way: Option<RequestUnderWay>,
}

impl<B: Body + Unpin> Body for NotedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(75);

    /// How long a connection lasts on which bytes come every 10 seconds, at most so long.
    async fn lasts(request: Option<Duration>, most: Duration) -> Duration {
        let (mut ours, theirs) = tokio::io::duplex(64);
        let mut held = HeldStream::new(theirs, (), PATIENCE);
        if let Some(request) = request {
            let under_way = held.activity().begin();
            tokio::spawn(async move {
                sleep(request).await;
                drop(under_way);
            });
        }
        tokio::spawn(async move {
            while ours.write_all(b"a ping").await.is_ok() {
                sleep(Duration::from_secs(10)).await;
            }
        });
        let began = Instant::now();
        let reads = async {
            let mut buffer = [0; 16];
            while held.read(&mut buffer).await.is_ok() {}
        };
        let _ = tokio::time::timeout(most, reads).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_only_pings_ends_as_a_silent_one_and_one_with_a_request_under_way_lasts() {
        let (hour, second) = (Duration::from_secs(3_600), Duration::from_secs(1));
        let pings = lasts(None, hour).await;
        assert!((PATIENCE..PATIENCE + second).contains(&pings), "{pings:?}");
        let asks = lasts(Some(Duration::from_secs(200)), hour).await;
        let expected = Duration::from_secs(200) + PATIENCE;
        assert!((expected..expected + second).contains(&asks), "{asks:?}");
        let goes_on = lasts(Some(2 * hour), hour).await;
        assert!(goes_on >= hour, "{goes_on:?}");
    }
}
