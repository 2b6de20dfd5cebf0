//! Until it is claimed, the console serves this machine only.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::console::PageError;
use crate::http::forwarded;
use crate::http::state::App;

/// Refuses other machines while there is no administrator.
pub async fn claim(State(app): State<App>, request: Request, next: Next) -> Response {
    if forwarded::is_at_this_machine(request.extensions()) {
        return next.run(request).await;
    }
    match app.engine.setup().await {
        Ok(setup) if setup.claimed => next.run(request).await,
        Ok(_) => {
            let port = app.port;
            let sentence = format!(
                "This server has no administrator yet and accepts connections from its own machine only. Open the set-up link there, or through a tunnel: ssh -L {port}:127.0.0.1:{port} {}",
                app.server_name
            );
            PageError::Said(StatusCode::FORBIDDEN, "Not claimed yet".into(), sentence.into()).into_response()
        }
        Err(error) => PageError::from(error).into_response(),
    }
}
