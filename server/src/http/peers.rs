//! `/peer/v1/…`: requests of the peers. Their signatures authenticate them, so these addresses are open, and a
//! stranger learns nothing from them.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::peers::PeerFault;
use licensing::peers::{MOST_BYTES, MessageError, VERSION};

use super::forwarded;
use super::problem::Problem;
use super::state::App;

/// `POST /peer/v1/join`
pub async fn join(State(app): State<App>, request: Request) -> Response {
    let address = forwarded::address(request.extensions()).map(|address| address.to_string());
    let bytes = match body(request.into_body()).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    match app.engine.answer_peer_join(&bytes, address).await {
        Ok(answer) => Json(answer).into_response(),
        Err(fault) => problem(&fault).into_response(),
    }
}

/// `POST /peer/v1/poll`
pub async fn poll(State(app): State<App>, request: Request) -> Response {
    let bytes = match body(request.into_body()).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    match app.engine.answer_peer_poll(&bytes).await {
        Ok(answer) => Json(answer).into_response(),
        Err(fault) => problem(&fault).into_response(),
    }
}

async fn body(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, MOST_BYTES).await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The message is larger than {MOST_BYTES} bytes, or was cut off."),
        )
    })
}

fn problem(fault: &PeerFault) -> Problem {
    let status = match fault {
        PeerFault::Unknown => StatusCode::NOT_FOUND,
        PeerFault::Message(MessageError::Version { .. } | MessageError::Malformed) => StatusCode::BAD_REQUEST,
        PeerFault::Message(MessageError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        PeerFault::Message(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PeerFault::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        PeerFault::Internal(reason) => return Problem::internal(reason),
    };
    let mut problem = Problem::new(status, fault.to_string());
    if matches!(fault, PeerFault::Message(MessageError::Version { .. })) {
        // Lets the other side name both versions too.
        problem.more.insert("protocol".to_owned(), VERSION.into());
    }
    problem
}
