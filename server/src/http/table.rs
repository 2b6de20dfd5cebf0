//! The table of routes: each is added with who may use it and, when it changes something, what it leaves in the audit log.

use axum::Router;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post, put};

use super::access::{Access, guard};
use super::state::App;

/// One route, as tests and docs see it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests walk the table"))]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// The audit actions a successful change leaves; none for what changes nothing worth remembering.
    pub audit: &'static [&'static str],
}

/// Routes being gathered.
pub struct Table {
    app: App,
    router: Router<App>,
    pub routes: Vec<Route>,
}

impl Table {
    pub fn new(app: App) -> Self {
        Self { app, router: Router::new(), routes: Vec::new() }
    }

    /// A page or an answer that changes nothing.
    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.add("GET", path, access, &[], get(handler))
    }

    /// An answer that opens something: read over the API, remembered in the audit log.
    pub fn get_audited<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        audit: &'static [&'static str],
        handler: H,
    ) -> Self {
        // HEAD must open nothing.
        self.add("GET", path, access, audit, get(handler).head(|| async { StatusCode::METHOD_NOT_ALLOWED }))
    }

    /// A form of the console.
    pub fn post<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        audit: &'static [&'static str],
        handler: H,
    ) -> Self {
        self.add("POST", path, access, audit, post(handler))
    }

    /// A replacement over the API.
    pub fn put<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        access: Access,
        audit: &'static [&'static str],
        handler: H,
    ) -> Self {
        self.add("PUT", path, access, audit, put(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        access: Access,
        audit: &'static [&'static str],
        route: MethodRouter<App>,
    ) -> Self {
        self.routes.push(Route { method, path, access, audit });
        self.router = self.router.route(path, route.layer(from_fn_with_state((self.app.clone(), access), guard)));
        self
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
