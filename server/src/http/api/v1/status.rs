use axum::Json;
use axum::extract::State;

use crate::http::problem::Problem;
use crate::http::state::App;
use crate::status::{Status, status};

/// What the server says of itself.
#[utoipa::path(get, path = "/api/v1/status", tag = "status", responses(
    (status = 200, description = "The state of this server", body = Status),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>) -> Result<Json<Status>, Problem> {
    status(&app.engine).await.map(Json).map_err(|error| Problem::internal(&error))
}
