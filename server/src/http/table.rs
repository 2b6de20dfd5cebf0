//! The table of routes: each is added with who may use it and, when it changes something, what it leaves in the audit
//! log.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use super::access::{Access, guard};
use super::middleware::finish::finish;
use super::state::App;
use crate::api;

/// One route, as tests and docs see it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests walk the table"))]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// The audit actions of a successful change; empty if nothing is recorded.
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

    /// The operations of the REST API; they have their own guard.
    pub fn api(mut self) -> Self {
        self.routes.extend(api::operations().routes.iter().copied());
        self.router = self.router.merge(api::router(self.app.api()));
        self
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
        let route = route.layer(from_fn(finish)).layer(from_fn_with_state((self.app.clone(), access), guard));
        self.router = self.router.route(path, route);
        self
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
