use axum::Json;
use axum::extract::State;

use crate::exchange_json::{Licenses, licenses};
use crate::http::problem::Problem;
use crate::http::state::App;

/// All licenses, in service or not, and why.
#[utoipa::path(get, path = "/api/v1/licenses", tag = "licenses", responses(
    (status = 200, description = "The licenses of this server", body = Licenses),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json")))]
pub async fn get(State(app): State<App>) -> Json<Licenses> {
    Json(licenses(&app.engine))
}
