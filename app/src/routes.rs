//! The routes of the console: which page an address shows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::{SsrMode, path};

use crate::answer::{Answer, failure};
use crate::components::{Document, Layout};
use crate::drawn::{Draw, Drawn};
use crate::load;
use crate::pages::account::AccountPage;
use crate::pages::alerts::{AlertsView, ChannelFormView, RuleFormView};
use crate::pages::audit::AuditPage;
use crate::pages::clients::{ClientView, ClientsView};
use crate::pages::configuration::{ConfigurationPage, HistoryPage, OutsidePage, RevisionPage, TextPage};
use crate::pages::diagnostics::DiagnosticsView;
use crate::pages::exchange::{ClusterView, ClustersView, ExchangeView, HandView, LedgerView, ReceiptView};
use crate::pages::licenses::LicensesView;
use crate::pages::login::LoginPage;
use crate::pages::logs::LogsView;
use crate::pages::overview::OverviewPage;
use crate::pages::servers::{Invitation, ServersPage, ServersView};
use crate::pages::settings::SettingsPage;
use crate::pages::setup::{
    SetupAdministratorPage, SetupConnectionPage, SetupDonePage, SetupGuidPage, SetupKeyPage, SetupReviewPage,
    SetupTokenPage,
};
use crate::pages::usage::UsageView;

/// The whole document: what the server renders for each request.
pub fn shell() -> impl IntoView {
    provide_meta_context();
    view! { <Document><App /></Document> }
}

/// The page of this address, or the answer to a form.
#[component]
pub fn App() -> impl IntoView {
    if let Some(answer) = use_context::<Answer>() {
        return answer.view();
    }
    view! {
        <Router>
            <Routes fallback=not_found>
                <Route path=path!("/") view=Overview ssr=SsrMode::Async />
                <Route path=path!("/configuration") view=Configuration ssr=SsrMode::Async />
                <Route path=path!("/configuration/text") view=ConfigurationText ssr=SsrMode::Async />
                <Route path=path!("/configuration/history") view=ConfigurationHistory ssr=SsrMode::Async />
                <Route path=path!("/configuration/history/:number") view=ConfigurationRevision ssr=SsrMode::Async />
                <Route path=path!("/configuration/outside") view=ConfigurationOutside ssr=SsrMode::Async />
                <Route path=path!("/diagnostics") view=Diagnostics ssr=SsrMode::Async />
                <Route path=path!("/licenses") view=Licenses ssr=SsrMode::Async />
                <Route path=path!("/usage") view=Usage ssr=SsrMode::Async />
                <Route path=path!("/clients") view=Clients ssr=SsrMode::Async />
                <Route path=path!("/clients/:id") view=Client ssr=SsrMode::Async />
                <Route path=path!("/servers") view=Servers ssr=SsrMode::Async />
                <Route path=path!("/exchange") view=Exchange ssr=SsrMode::Async />
                <Route path=path!("/exchange/hand") view=ExchangeByHand ssr=SsrMode::Async />
                <Route path=path!("/exchange/receipt/:id") view=ExchangeReceipt ssr=SsrMode::Async />
                <Route path=path!("/exchange/ledger") view=ExchangeLedger ssr=SsrMode::Async />
                <Route path=path!("/exchange/clusters") view=ExchangeClusters ssr=SsrMode::Async />
                <Route path=path!("/exchange/clusters/:id") view=ExchangeCluster ssr=SsrMode::Async />
                <Route path=path!("/logs") view=LogsRoute ssr=SsrMode::Async />
                <Route path=path!("/audit") view=Audit ssr=SsrMode::Async />
                <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                <Route path=path!("/account/password") view=Account ssr=SsrMode::Async />
                <Route path=path!("/settings") view=Settings ssr=SsrMode::Async />
                <Route path=path!("/settings/alerts") view=Alerts ssr=SsrMode::Async />
                <Route path=path!("/settings/alerts/rules/new") view=NewAlertRule ssr=SsrMode::Async />
                <Route path=path!("/settings/alerts/rules/:id") view=AlertRule ssr=SsrMode::Async />
                <Route path=path!("/settings/alerts/channels/new") view=NewAlertChannel ssr=SsrMode::Async />
                <Route path=path!("/settings/alerts/channels/:id") view=AlertChannel ssr=SsrMode::Async />
                <Route path=path!("/login") view=Login ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetupToken ssr=SsrMode::Async />
                <Route path=path!("/setup/administrator") view=SetupAdministrator ssr=SsrMode::Async />
                <Route path=path!("/setup/guid") view=SetupGuid ssr=SsrMode::Async />
                <Route path=path!("/setup/connection") view=SetupConnection ssr=SsrMode::Async />
                <Route path=path!("/setup/key") view=SetupKey ssr=SsrMode::Async />
                <Route path=path!("/setup/review") view=SetupReview ssr=SsrMode::Async />
                <Route path=path!("/setup/done") view=SetupDone ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
    .into_any()
}

/// Nothing is there.
fn not_found() -> Drawn {
    status(404);
    failure(
        404,
        "Nothing is here".to_owned(),
        "There is no page at this address.".to_owned(),
        "It may have been typed wrongly, or what it showed is gone.".to_owned(),
    )
}

/// Sets the status of the response; the browser has no use for it.
#[cfg_attr(not(feature = "ssr"), expect(unused_variables, reason = "only the server answers with a status"))]
fn status(code: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(options), Ok(code)) = (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(code))
    {
        options.set_status(code);
    }
}

/// What a page waits for.
type Loading = Pin<Box<dyn Future<Output = Result<Drawn, ServerFnError>> + Send>>;

/// Loads the data of a page, then draws it. A failure is a page with the request's id, and status 500.
///
/// Not a `Resource`: that would write the data into the document a second time, for islands that do not ask for it.
fn loaded<T, F>(
    load: impl Fn() -> F + Copy + Send + Sync + 'static,
    page: impl Fn(T) -> Drawn + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    F: Future<Output = Result<T, ServerFnError>> + Send + 'static,
{
    waited_for(Arc::new(move || Box::pin(async move { load().await.map(page) })))
}

fn waited_for(page: Arc<dyn Fn() -> Loading + Send + Sync>) -> AnyView {
    view! {
        <Suspense fallback=|| ()>
            {move || {
                let page = page();
                Suspend::new(async move {
                    page.await.unwrap_or_else(|error| {
                        leptos::logging::error!("a page could not be loaded: {error}");
                        status(500);
                        failure(
                            500,
                            "This page could not be shown".to_owned(),
                            "Leasehold could not read what belongs here. Nothing was changed.".to_owned(),
                            "Try again. If it stays, look into the server's log for the request named below."
                                .to_owned(),
                        )
                    })
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// A page inside the frame of the console.
macro_rules! framed {
    ($name:ident, $title:literal, $load:path, $page:ident) => {
        #[component]
        fn $name() -> impl IntoView {
            loaded($load, |data| view! { <Layout><Title text=$title /><$page data=data /></Layout> }.drawn())
        }
    };
}

/// A page with a frame of its own.
macro_rules! bare {
    ($name:ident, $title:literal, $load:path, $page:ident) => {
        #[component]
        fn $name() -> impl IntoView {
            loaded($load, |data| view! { <Title text=$title /><$page data=data /> }.drawn())
        }
    };
}

framed!(Overview, "Overview", load::overview_page, OverviewPage);
framed!(Configuration, "Configuration", load::configuration_page, ConfigurationPage);
framed!(ConfigurationText, "Configuration as text", load::text_page, TextPage);
framed!(ConfigurationHistory, "History of the configuration", load::history_page, HistoryPage);
framed!(ConfigurationOutside, "Changed outside", load::outside_page, OutsidePage);
framed!(Diagnostics, "Diagnostics", load::diagnostics_data, DiagnosticsView);
framed!(Licenses, "Licenses", load::licenses_data, LicensesView);
framed!(Usage, "Usage", load::usage_data, UsageView);
framed!(Servers, "Servers", load::servers_data, ServersView);
framed!(Clients, "Clients", load::clients_data, ClientsView);
framed!(Exchange, "Exchange over the network", load::exchange_data, ExchangeView);
framed!(ExchangeByHand, "Exchange by hand", load::hand_data, HandView);
framed!(ExchangeLedger, "Ledger of exchanges", load::ledger_data, LedgerView);
framed!(ExchangeClusters, "Other clusters", load::clusters_data, ClustersView);
framed!(LogsRoute, "Logs", load::logs_data, LogsView);
framed!(Audit, "Audit", load::audit_page, AuditPage);
framed!(Account, "Account", load::account_page, AccountPage);
framed!(Settings, "Settings", load::settings_page, SettingsPage);
framed!(Alerts, "Alerts", load::alerts_data, AlertsView);
bare!(SetupToken, "Set up", load::setup_token_page, SetupTokenPage);
bare!(SetupAdministrator, "Set up: administrator", load::setup_administrator_page, SetupAdministratorPage);
bare!(SetupGuid, "Set up: GUID", load::setup_guid_page, SetupGuidPage);
bare!(SetupConnection, "Set up: connection", load::setup_connection_page, SetupConnectionPage);
bare!(SetupKey, "Set up: key", load::setup_key_page, SetupKeyPage);
bare!(SetupReview, "Set up: review", load::setup_review_page, SetupReviewPage);
bare!(SetupDone, "Set up: done", load::setup_done_page, SetupDonePage);

#[component]
fn Login() -> impl IntoView {
    loaded(load::login_page, |data| {
        view! { <crate::components::BareLayout><Title text="Sign in" /><LoginPage data=data /></crate::components::BareLayout> }.drawn()
    })
}

#[component]
fn ConfigurationRevision() -> impl IntoView {
    let number = use_params_map().get_untracked().get("number").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
    loaded(
        move || load::revision_page(number),
        |found| match found {
            Some(data) => view! { <Layout><Title text="Revision" /><RevisionPage data=data /></Layout> }.drawn(),
            None => not_found(),
        },
    )
}

#[component]
fn ExchangeReceipt() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    // Copied into each call: a page function must be `Copy`.
    let id = StoredValue::new(id);
    loaded(
        move || load::receipt_data(id.get_value()),
        |found| match found {
            Some(data) => view! { <Layout><Title text="Receipt" /><ReceiptView data=data /></Layout> }.drawn(),
            None => not_found(),
        },
    )
}

#[component]
fn ExchangeCluster() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<i64>().ok()).unwrap_or(0);
    loaded(
        move || load::cluster_data(id),
        |found| match found {
            Some(data) => view! { <Layout><Title text="Cluster" /><ClusterView data=data /></Layout> }.drawn(),
            None => not_found(),
        },
    )
}

/// The form of an alert rule or channel: of a new one, or of one that is there.
macro_rules! alert_form {
    ($new:ident, $one:ident, $title:literal, $load:path, $page:ident) => {
        #[component]
        fn $new() -> impl IntoView {
            loaded(
                || $load(None),
                |found| match found {
                    Some(data) => view! { <Layout><Title text=$title /><$page data=data /></Layout> }.drawn(),
                    None => not_found(),
                },
            )
        }

        #[component]
        fn $one() -> impl IntoView {
            let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<i64>().ok()).unwrap_or(0);
            loaded(
                move || $load(Some(id)),
                |found| match found {
                    Some(data) => view! { <Layout><Title text=$title /><$page data=data /></Layout> }.drawn(),
                    None => not_found(),
                },
            )
        }
    };
}

alert_form!(NewAlertRule, AlertRule, "Alert rule", load::alert_rule_data, RuleFormView);
alert_form!(NewAlertChannel, AlertChannel, "Alert channel", load::alert_channel_data, ChannelFormView);

/// The servers, with a code that was just made.
pub(crate) fn invited(invitation: Invitation) -> AnyView {
    let invitation = StoredValue::new(invitation);
    loaded(load::servers_data, move |data| {
        let data = ServersPage { invitation: Some(invitation.get_value()), ..data };
        view! { <Layout><Title text="Servers" /><ServersView data=data /></Layout> }.drawn()
    })
}

#[component]
fn Client() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<i64>().ok()).unwrap_or(0);
    loaded(
        move || load::client_data(id),
        |found| match found {
            Some(data) => view! { <Layout><Title text="Client" /><ClientView data=data /></Layout> }.drawn(),
            None => not_found(),
        },
    )
}
