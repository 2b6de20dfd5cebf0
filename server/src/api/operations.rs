//! The list of operations: route, document, access and audit of each are stated in one place.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use licensing::permission::Permission;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Api;
use crate::http::access::{Access, NO_TOKENS, SET_UP_FIRST};
use crate::http::caller::{AuthenticatedCaller, Caller};
use crate::http::confirmed;
use crate::http::middleware::finish::finish;
use crate::http::problem::{InputError, Problem};
use crate::http::table::Route;

/// Operations that ask licensing nodes.
pub const ASK_NODES: [&str; 2] = ["/api/v1/exchange/sync", "/api/v1/registration"];

/// Where a session confirms its password.
pub const CONFIRM: &str = "/api/v1/account/confirm";

/// Operations being collected.
#[derive(Default)]
pub struct Operations {
    described: OpenApiRouter<Api>,
    routes: Vec<Route>,
}

/// All operations.
pub struct GatheredOperations {
    pub router: Router<Api>,
    pub document: OpenApi,
    pub routes: Vec<Route>,
}

impl Operations {
    /// Adds what `routes!` made of a handler: who may use it, and the audit actions of a success.
    pub fn add(
        mut self,
        (schemas, mut paths, handler): UtoipaMethodRouter<Api>,
        access: Access,
        audit: &'static [&'static str],
    ) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, operation) in methods(item) {
                complete(operation, access, confirmed::is_asked(access, audit));
                // They are collected once and kept.
                self.routes.push(Route { method, path: path.clone().leak(), access, audit });
            }
        }
        let asks_password = confirmed::is_asked(access, audit);
        let guarded = handler.layer(from_fn(finish)).layer(from_fn_with_state((access, asks_password), guard));
        Self { described: self.described.routes((schemas, paths, guarded)), ..self }
    }

    /// Finishes the document.
    pub fn end(self) -> GatheredOperations {
        let (router, described) = self.described.split_for_parts();
        GatheredOperations { router, document: document(described), routes: self.routes }
    }
}

fn methods(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete), ("PATCH", patch)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Lets a request through when its caller may do this.
async fn guard(State((access, asks_password)): State<(Access, bool)>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>();
    let known = caller.and_then(|caller| caller.known.as_ref());
    let Some(known) = known else {
        return Problem::unauthorized("Sign in to the console, or send an API token as `Authorization: Bearer …`.")
            .into_response();
    };
    let why_not = match access {
        Access::Person(_) if matches!(known, AuthenticatedCaller::Token { .. }) => Some(NO_TOKENS),
        Access::May(permission) | Access::Person(permission) => known.why_not(permission),
        Access::Open => None,
        Access::Unclaimed | Access::Wizard => Some("Only the set-up wizard may do this."),
    };
    let is_own = matches!(access, Access::Person(Permission::OwnAccount));
    let set_up_first = caller.is_some_and(|caller| caller.must_set_up_totp) && !is_own;
    let is_session = matches!(known, AuthenticatedCaller::User { .. });
    match why_not {
        Some(reason) => Problem::new(StatusCode::FORBIDDEN, reason).into_response(),
        None if set_up_first => Problem::new(StatusCode::FORBIDDEN, SET_UP_FIRST).into_response(),
        // Who has found an open browser has no password.
        None if asks_password && is_session && !caller.is_some_and(|caller| caller.is_confirmed) => {
            Problem::unauthorized(format!(
                "Confirm your password first: send it to {CONFIRM}, then repeat this request."
            ))
            .into_response()
        }
        None => next.run(request).await,
    }
}

const SESSION: &str = "session";
const TOKEN: &str = "token";

/// Answers common to a kind of operation, under their names in the document.
const COMMON: [(u16, &str, &str); 8] = [
    (400, "BadRequest", "The request is malformed: a parameter, or invalid JSON"),
    (401, "Unauthorized", "Not signed in, the token is invalid, or the password must be confirmed first"),
    (403, "Forbidden", "The caller may not do this"),
    (408, "TooSlow", "The request timed out"),
    (413, "TooLarge", "The body is too large"),
    (415, "UnsupportedMediaType", "The body has the wrong content type"),
    (422, "Unprocessable", "The input was refused: `errors` has the reason for each field. Nothing was changed"),
    (500, "Failed", "A server error; the log has the reason under the request id"),
];

/// Adds to an operation's document who may use it and the answers common to its kind.
fn complete(operation: &mut Operation, access: Access, asks_password: bool) {
    let scheme = |name| SecurityRequirement::new(name, [] as [&str; 0]);
    let (schemes, least) = match access {
        Access::Person(permission) => (vec![scheme(SESSION)], Some(permission.least_role())),
        Access::May(permission) => (vec![scheme(SESSION), scheme(TOKEN)], Some(permission.least_role())),
        Access::Open | Access::Unclaimed | Access::Wizard => (Vec::new(), None),
    };
    operation.security = Some(schemes);
    if let Some(role) = least {
        let confirm = if asks_password { " With a session, confirm the password first." } else { "" };
        let sentence = format!("Needs the role {role}.{confirm}");
        let described = operation.description.take().filter(|text| !text.is_empty());
        operation.description = Some(described.map_or(sentence.clone(), |text| format!("{text}\n\n{sentence}")));
    }
    let parameters = operation.parameters.iter().flatten();
    let has_query =
        parameters.clone().any(|parameter| matches!(parameter, RefOr::T(of) if of.parameter_in == ParameterIn::Query));
    let has_body = operation.request_body.is_some();
    let takes_json =
        matches!(&operation.request_body, Some(RefOr::T(body)) if body.content.contains_key("application/json"));
    let answers = &mut operation.responses.responses;
    for (status, answer) in answers.iter_mut() {
        if let (RefOr::T(answer), true) = (answer, status.as_str() >= "400") {
            answer.content = problem_content().into_iter().collect();
        }
    }
    for (status, name, _) in COMMON {
        let applies = match status {
            400 => has_query || takes_json,
            413 => has_body,
            415 | 422 => takes_json,
            _ => true,
        };
        if applies {
            answers.entry(status.to_string()).or_insert_with(|| RefOr::Ref(Ref::from_response_name(name)));
        }
    }
}

fn problem_content() -> [(String, RefOr<Content>); 1] {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    [("application/problem+json".to_owned(), problem.into())]
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Leasehold",
        description = "License server. This API does everything that the commands do. Times are RFC 3339, UTC. Errors are `application/problem+json` (RFC 9457). Lists have `items` and `next`, the cursor of the next page or null."
    ),
    components(schemas(Problem, InputError)),
    tags(
        (name = "status", description = "The state of this server"),
        (name = "config", description = "license_server.conf: settings, findings, history"),
        (name = "registration", description = "Registration with the vendor's nodes"),
        (name = "licenses", description = "Licenses, and the license of this machine"),
        (name = "exchange", description = "The exchange with the licensing nodes, and its ledger"),
        (name = "clients", description = "Applications that take licenses"),
        (name = "usage", description = "Usage over time"),
        (name = "sources", description = "Other license daemons"),
        (name = "servers", description = "The servers of the installation; maintenance and failover drills"),
        (name = "alerts", description = "Alert rules, channels, notifications"),
        (name = "users", description = "Users of the console"),
        (name = "tokens", description = "API tokens"),
        (name = "backups", description = "Backups, and the database they are of"),
        (name = "diagnostics", description = "This server and its surroundings: ports, clocks, storage, certificates, names, versions"),
        (name = "logs", description = "The server's log"),
        (name = "audit", description = "The audit log"),
    )
)]
struct Head;

fn document(described: OpenApi) -> OpenApi {
    let mut document = Head::openapi();
    document.merge(described);
    let components = document.components.get_or_insert_default();
    for (_, name, description) in COMMON {
        let mut response = ResponseBuilder::new().description(description).build();
        response.content = problem_content().into_iter().collect();
        components.responses.insert(name.to_owned(), response.into());
    }
    let cookie = ApiKeyValue::with_description(
        "leasehold-INSTANCE",
        "A session of the console. INSTANCE is a word of the server, eight hexadecimal digits; over TLS the cookie is named __Host-leasehold-INSTANCE.",
    );
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token, created with `leasehold token create`."))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_names_how_a_caller_proves_who_it_is() {
        let document = serde_json::to_value(&super::super::operations().document).unwrap();
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        let mut walked = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let ways = operation["security"].as_array().unwrap_or_else(|| panic!("{method} {path}"));
                assert!(!ways.is_empty(), "{method} {path}");
                for name in ways.iter().flat_map(|way| way.as_object().unwrap().keys()) {
                    assert!(schemes.contains_key(name), "{method} {path}: {name}");
                    walked += 1;
                }
            }
        }
        assert!(walked > 80, "{walked}");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_a_tag_and_a_summary() {
        let mut document = super::super::operations().document.clone();
        let mut names = std::collections::BTreeSet::new();
        let tags: Vec<String> = document.tags.iter().flatten().map(|tag| tag.name.clone()).collect();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in methods(item) {
                let name = operation.operation_id.clone().unwrap();
                assert!(names.insert(name.clone()), "{name} twice");
                assert!(operation.summary.as_ref().is_some_and(|text| !text.is_empty()), "{method} {path}");
                let own = operation.tags.as_ref().unwrap();
                assert!(own.len() == 1 && tags.contains(&own[0]), "{method} {path}: {own:?}");
            }
        }
    }
}
