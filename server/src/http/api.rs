//! The REST API.

pub mod v1;

use licensing::permission::Permission::{EditConfiguration, Exchange, RestoreConfiguration, View, ViewAudit, ViewLogs};

use super::access::Access::May;
use super::table::Table;

/// All operations with their access.
pub fn routes(table: Table) -> Table {
    table
        .get("/api/v1/status", May(View), v1::status::get)
        .get("/api/v1/config", May(View), v1::config::get)
        .put("/api/v1/config", May(EditConfiguration), &["conf.save"], v1::config::put)
        .get("/api/v1/config/history", May(View), v1::history::get)
        .post("/api/v1/config/restore", May(RestoreConfiguration), &["conf.save"], v1::restore::post)
        .get("/api/v1/licenses", May(View), v1::licenses::get)
        .get("/api/v1/ve/license", May(View), v1::ve::get)
        .post("/api/v1/ve/license", May(EditConfiguration), &["ve.install"], v1::ve::post)
        .get("/api/v1/ve/request", May(Exchange), v1::ve::request)
        .get("/api/v1/usage", May(View), v1::usage::get)
        .get("/api/v1/clients", May(View), v1::clients::get)
        .get("/api/v1/alerts", May(View), v1::alerts::get)
        .get("/api/v1/servers", May(View), v1::servers::get)
        .post("/api/v1/exchange/sync", May(Exchange), &["exchange.sync"], v1::exchange::sync)
        .get_audited("/api/v1/exchange/report", May(Exchange), &["exchange.report"], v1::exchange::report)
        .post("/api/v1/exchange/response", May(Exchange), &["exchange.push"], v1::exchange::response)
        .get("/api/v1/exchange/ledger", May(View), v1::exchange::ledger)
        .get("/api/v1/logs", May(ViewLogs), v1::logs::get)
        .get("/api/v1/audit", May(ViewAudit), v1::audit::get)
        .get("/api/v1/openapi.json", May(View), v1::openapi::get)
}
