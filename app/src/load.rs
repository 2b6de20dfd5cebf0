//! Loading: what each page shows, from the engine. One server function per page; it runs on the server only and is called
//! while the page is rendered. Permission to see a page is checked before, by the route table of the server.

use leptos::prelude::*;

use crate::pages::account::Account;
use crate::pages::alerts::{AlertsPage, ChannelForm, RuleForm};
use crate::pages::audit::AuditLog;
use crate::pages::clients::{ClientPage, ClientsPage};
use crate::pages::configuration::{ConfigurationForm, ConfigurationText, History, Outside, Revision};
use crate::pages::diagnostics::DiagnosticsPage as Diagnostics;
use crate::pages::exchange::{ClusterPage, ClustersPage, ExchangePage, HandPage, LedgerPage, ReceiptModel};
use crate::pages::licenses::LicensesPage;
use crate::pages::login::Login;
use crate::pages::logs::LogsPage;
use crate::pages::overview::Overview;
use crate::pages::servers::ServersPage;
use crate::pages::settings::Settings;
use crate::pages::setup::{
    SetupAdministrator, SetupConnection, SetupDone, SetupGuid, SetupKey, SetupReview, SetupToken,
};
use crate::pages::usage::UsagePage;

#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod alerts;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod clients;
#[cfg(feature = "ssr")]
pub mod configuration;
#[cfg(feature = "ssr")]
pub mod diagnostics;
#[cfg(feature = "ssr")]
pub mod exchange;
#[cfg(feature = "ssr")]
pub mod licenses;
#[cfg(feature = "ssr")]
pub mod logs;
#[cfg(feature = "ssr")]
pub mod overview;
#[cfg(feature = "ssr")]
pub mod servers;
#[cfg(feature = "ssr")]
pub mod setup;
#[cfg(feature = "ssr")]
pub mod usage;
#[cfg(feature = "ssr")]
pub mod ve;

#[cfg(feature = "ssr")]
pub(crate) fn engine() -> std::sync::Arc<engine::Engine> {
    expect_context()
}

#[cfg(feature = "ssr")]
pub(crate) fn installation() -> crate::installation::Installation {
    expect_context()
}

/// The same where a file is made, which knows no page.
#[cfg(feature = "ssr")]
pub(crate) fn installation_if_any() -> Option<crate::installation::Installation> {
    use_context()
}

/// A cell of a CSV file (RFC 4180). What a spreadsheet would take for a formula is made text.
#[cfg(feature = "ssr")]
pub(crate) fn csv_text(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(feature = "ssr")]
fn failed(error: impl std::fmt::Display) -> ServerFnError {
    ServerFnError::ServerError(error.to_string())
}

#[server]
pub async fn overview_page() -> Result<Overview, ServerFnError> {
    overview::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn configuration_page() -> Result<ConfigurationForm, ServerFnError> {
    Ok(configuration::form(&engine()))
}

#[server]
pub async fn text_page() -> Result<ConfigurationText, ServerFnError> {
    Ok(configuration::text(&engine()))
}

#[server]
pub async fn history_page() -> Result<History, ServerFnError> {
    let before = crate::request::request().query("before").and_then(|b| b.parse().ok());
    configuration::history(&engine(), before).await.map_err(failed)
}

#[server]
pub async fn revision_page(number: i64) -> Result<Option<Revision>, ServerFnError> {
    configuration::revision(&engine(), number).await.map_err(failed)
}

#[server]
pub async fn outside_page() -> Result<Outside, ServerFnError> {
    configuration::outside(&engine()).await.map_err(failed)
}

#[server]
pub async fn diagnostics_data() -> Result<Diagnostics, ServerFnError> {
    diagnostics::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn licenses_data() -> Result<LicensesPage, ServerFnError> {
    licenses::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn usage_data() -> Result<UsagePage, ServerFnError> {
    usage::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn clients_data() -> Result<ClientsPage, ServerFnError> {
    clients::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn servers_data() -> Result<ServersPage, ServerFnError> {
    servers::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn client_data(id: i64) -> Result<Option<ClientPage>, ServerFnError> {
    clients::one(&engine(), id).await.map_err(failed)
}

#[server]
pub async fn exchange_data() -> Result<ExchangePage, ServerFnError> {
    exchange::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn hand_data() -> Result<HandPage, ServerFnError> {
    exchange::hand(&engine()).await.map_err(failed)
}

#[server]
pub async fn receipt_data(id: String) -> Result<Option<ReceiptModel>, ServerFnError> {
    exchange::receipt(&engine(), &id).await.map_err(failed)
}

#[server]
pub async fn ledger_data() -> Result<LedgerPage, ServerFnError> {
    exchange::ledger(&engine()).await.map_err(failed)
}

#[server]
pub async fn clusters_data() -> Result<ClustersPage, ServerFnError> {
    exchange::clusters(&engine()).await.map_err(failed)
}

#[server]
pub async fn cluster_data(id: i64) -> Result<Option<ClusterPage>, ServerFnError> {
    exchange::cluster(&engine(), id).await.map_err(failed)
}

#[server]
pub async fn logs_data() -> Result<LogsPage, ServerFnError> {
    logs::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn audit_page() -> Result<AuditLog, ServerFnError> {
    audit::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn account_page() -> Result<Account, ServerFnError> {
    account::load(&engine()).await.map_err(failed)
}

#[server]
pub async fn settings_page() -> Result<Settings, ServerFnError> {
    Ok(installation().settings)
}

#[server]
pub async fn alerts_data() -> Result<AlertsPage, ServerFnError> {
    alerts::page(&engine()).await.map_err(failed)
}

#[server]
pub async fn alert_rule_data(id: Option<i64>) -> Result<Option<RuleForm>, ServerFnError> {
    alerts::rule_form(&engine(), id).await.map_err(failed)
}

#[server]
pub async fn alert_channel_data(id: Option<i64>) -> Result<Option<ChannelForm>, ServerFnError> {
    alerts::channel_form(&engine(), id).await.map_err(failed)
}

#[server]
pub async fn login_page() -> Result<Login, ServerFnError> {
    let request = crate::request::request();
    Ok(Login { next: request.typed("next", request.query("next").unwrap_or_default()) })
}

#[server]
pub async fn setup_token_page() -> Result<SetupToken, ServerFnError> {
    Ok(setup::token())
}

#[server]
pub async fn setup_administrator_page() -> Result<SetupAdministrator, ServerFnError> {
    Ok(setup::administrator())
}

#[server]
pub async fn setup_guid_page() -> Result<SetupGuid, ServerFnError> {
    setup::guid(&engine()).await.map_err(failed)
}

#[server]
pub async fn setup_connection_page() -> Result<SetupConnection, ServerFnError> {
    setup::connection(&engine()).await.map_err(failed)
}

#[server]
pub async fn setup_key_page() -> Result<SetupKey, ServerFnError> {
    setup::key(&engine()).await.map_err(failed)
}

#[server]
pub async fn setup_review_page() -> Result<SetupReview, ServerFnError> {
    setup::review(&engine()).await.map_err(failed)
}

#[server]
pub async fn setup_done_page() -> Result<SetupDone, ServerFnError> {
    setup::done(&engine()).await.map_err(failed)
}
