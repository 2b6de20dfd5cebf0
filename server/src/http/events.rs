//! `/events`: server-sent events that tell open pages what has changed and that the server is up.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use engine::changes::{LOOK_EVERY, Topic, Versions};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::state::App;
use crate::api::request::Query;

/// What a page asks for.
#[derive(Debug, Deserialize)]
pub struct EventsQuery {
    /// Minimum seconds between two events; changes in between are sent together.
    #[serde(default)]
    every: u64,
    /// The versions the page shows, as [`seen`] writes them.
    seen: Option<String>,
}

/// A page without an event for longer has lost the server.
const BEAT: Duration = Duration::from_secs(10);
/// A stream ends after this time. Browsers reconnect at once and authenticate again.
const LIFE: Duration = Duration::from_secs(300);
/// Pause before browsers reconnect after a stream has ended.
const RETRY: Duration = Duration::from_secs(1);

/// The versions in one word, with the start of this process, from which they count.
pub fn seen(app: &App, versions: &Versions) -> String {
    versions.0.iter().fold(app.engine.started_at.to_string(), |word, version| format!("{word}.{version}"))
}

/// The versions in a word; `None` if it is from another process.
fn versions(app: &App, word: &str) -> Option<Versions> {
    let mut numbers = word.split('.').map(str::parse::<u64>);
    if numbers.next()?.ok()? != u64::try_from(app.engine.started_at).ok()? {
        return None;
    }
    let found: Vec<u64> = numbers.collect::<Result<_, _>>().ok()?;
    found.try_into().ok().map(Versions)
}

/// One open page.
struct Listener {
    app: App,
    /// What the page shows; `None` while unknown.
    told: Option<Versions>,
    every: Duration,
    /// No change is sent before this instant.
    not_before: Instant,
    /// No event was sent yet.
    first: bool,
    end: Instant,
}

impl Listener {
    /// Waits until changes may be sent, then returns them.
    async fn change(&self) -> Versions {
        sleep_until(self.not_before).await;
        loop {
            let now = self.app.engine.changes().await;
            if self.told != Some(now) {
                return now;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let changed = if self.first {
            // Sends what changed while the page was loading; if nothing did, that the server is up.
            Some(self.app.engine.changes().await)
        } else {
            tokio::select! {
                () = self.app.stop.cancelled() => return None,
                () = sleep_until(self.end) => return None,
                now = self.change() => Some(now),
                () = sleep(BEAT) => None,
            }
        };
        let mut words: Vec<&str> = Vec::new();
        if let Some(now) = changed {
            match &self.told {
                Some(before) => words.extend(now.since(before).map(Topic::word)),
                None => words.extend(Topic::ALL.map(Topic::word)),
            }
            self.told = Some(now);
        }
        if !words.is_empty() {
            self.not_before = Instant::now() + self.every;
        }
        let name = if words.is_empty() { "beat" } else { "change" };
        let data = json!({ "changed": words, "at": self.app.engine.now_ms() });
        let mut event = Event::default().event(name).data(data.to_string());
        if let Some(told) = &self.told {
            event = event.id(seen(&self.app, told));
        }
        if std::mem::take(&mut self.first) {
            event = event.retry(RETRY);
        }
        Some((Ok(event), self))
    }
}

/// Changes since the page was made, then each change as it comes, at most one per second or per the seconds asked for.
/// A heartbeat at least every ten seconds.
pub async fn events(State(app): State<App>, Query(asked): Query<EventsQuery>, headers: HeaderMap) -> impl IntoResponse {
    // A browser that reconnects sends the id of its last event.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(asked.seen.as_deref());
    let now = Instant::now();
    let listener = Listener {
        told: last.and_then(|word| versions(&app, word)),
        every: Duration::from_secs(asked.every.clamp(1, 300)),
        not_before: now,
        first: true,
        end: now + LIFE,
        app,
    };
    let stream = futures::stream::unfold(listener, Listener::next);
    // Proxies that buffer answers would hold the events back.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], Sse::new(stream))
}
