//! `/events`: server-sent events that keep open pages honest.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use engine::exchange::SyncState;
use futures::Stream;
use serde::Deserialize;
use serde_json::json;

use super::state::App;
use crate::api::request::Query;

/// `every`: seconds between events; 0 as it happens.
#[derive(Debug, Deserialize)]
pub struct Pace {
    #[serde(default)]
    every: u64,
}

/// A stream ends after this time; browsers connect again at once, and are asked again who they are.
const LIFE: Duration = Duration::from_secs(300);

/// The state now, and again whenever it changes (or at the pace asked for).
pub async fn events(
    State(app): State<App>,
    Query(pace): Query<Pace>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = (app.engine.conf_changes(), app.engine.sync_changes());
    let every = (pace.every > 0).then(|| Duration::from_secs(pace.every.clamp(5, 300)));
    let first = true;
    let end = tokio::time::Instant::now() + LIFE;
    let stream = futures::stream::unfold((app, changes, first), move |(app, mut changes, first)| async move {
        if !first {
            let wait = async {
                match every {
                    Some(every) => tokio::time::sleep(every).await,
                    None => {
                        let exchanged = changes.1.borrow_and_update().last_ms;
                        tokio::select! {
                            Ok(()) = changes.0.changed() => {}
                            true = exchanged_again(&mut changes.1, exchanged) => {}
                            else => std::future::pending().await,
                        }
                    }
                }
            };
            tokio::select! {
                () = wait => {}
                () = app.stop.cancelled() => return None,
                () = tokio::time::sleep_until(end) => return None,
            }
        }
        let data = {
            let exchanged = changes.1.borrow().last_ms.unwrap_or(0);
            let state = changes.0.borrow_and_update();
            let registered = state.problem.is_none() && state.effective.registered();
            json!({ "revision": state.number(), "changed_outside": state.outside.is_some(), "registered": registered, "exchanged": exchanged, "at": app.engine.now_ms() })
        };
        let event = Event::default().event("status").data(data.to_string());
        Some((Ok(event), (app, changes, false)))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Waits until an answer of the nodes was taken in; false when there will be none.
async fn exchanged_again(sync: &mut tokio::sync::watch::Receiver<SyncState>, before: Option<i64>) -> bool {
    sync.wait_for(|state| state.last_ms != before).await.is_ok()
}
