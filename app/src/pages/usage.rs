//! What was used, by whom and when; how near it came to what is licensed; how many licenses would have been enough.

mod detail;
mod model;
mod over_time;
mod summary;

pub use model::{
    CoursePoint, Detail, HeatCell, LISTED, Moment, Period, ProductRow, Refusal, Totals, UsageFilter, UsagePage, UseBy,
};

use crate::components::{
    Banner, Card, Copyable, EmptyState, FilterChoice, FilterForm, LinkButton, PageHeader, ShowAsCurl, plain_options,
};
use crate::drawn::Draw;
use crate::islands::CopyButton;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
use detail::ProductDetail;
use leptos::prelude::*;
use summary::{Opening, Summary};

/// How an application is connected to this server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// `lic-01.example:7569`.
    pub address: String,
    /// The license port is turned off.
    pub off: bool,
    /// A product to try; the first that is in service.
    pub product: Option<String>,
}

/// The page of `/usage`.
#[component]
pub fn UsageView(data: UsagePage) -> impl IntoView {
    let lead = data
        .any
        .then(|| view! { {data.period.words.clone()}<span class="sep">{data.period.zone.clone()}</span> }.drawn());
    view! {
        <PageHeader
            title="Usage"
            lead=lead.unwrap_or_else(|| "Licenses that applications check out from this server.".drawn())
        />
        <Locked />
        {if data.any { view! { <Report data=data /> }.drawn() } else { view! { <Nothing data=data /> }.drawn() }}
    }
    .drawn()
}

/// That records are missing here because they are locked, where some are.
#[component]
fn Locked() -> impl IntoView {
    let request = request();
    let mut issues = request.badge.attention.iter().flat_map(|part| &part.issues);
    let locked = issues.find(|issue| issue.path == paths::DATABASE_AT_LOCKED);
    locked.map(|locked| {
        view! {
            <Banner tone=Tone::Warning text=locked.sentence.clone()>
                <LinkButton href=paths::DATABASE_AT_LOCKED>"Go to Database"</LinkButton>
            </Banner>
        }
        .drawn()
    })
}

/// No license was ever taken.
#[component]
fn Nothing(data: UsagePage) -> impl IntoView {
    view! {
        <Card title="Nothing to report yet" id="nothing">
            <p class="muted">"No application has checked out a license yet. Once one does, this page shows how many were in use at once, when, by whom, and how many licenses would have been enough."</p>
        </Card>
        <ConnectCard connect=data.connect />
    }
    .drawn()
}

#[component]
fn Report(data: UsagePage) -> impl IntoView {
    let filtered = !data.filter.client.is_empty() || !data.filter.context.is_empty();
    let empty = data.products.is_empty();
    let wider = UsageFilter { range: "365d".into(), zone: data.filter.zone.clone(), ..UsageFilter::default() };
    let command = curl("GET", &data.filter.api(), "");
    view! {
        {data.problem.clone().map(|problem| view! { <Banner tone=Tone::Warning text=problem role="alert" /> })}
        {data.detail.clone().map(|detail| view! { <Opening row=detail.row period=data.period.clone() filter=data.filter.clone() /> })}
        <Tools data=data.clone() />
        {match (empty, data.detail.clone()) {
            (true, _) => view! {
                <Card title="Products" id="products">
                    <EmptyState
                        title=if filtered { "Nothing matches" } else { "Nothing was used in this period" }
                        why=if filtered { "There is usage on record, but none in this period for the chosen client and context." } else { "There is usage on record before or after it." }
                    >
                        <LinkButton href=wider.href()>"Show the last year, all clients"</LinkButton>
                    </EmptyState>
                </Card>
            }.drawn(),
            (false, detail) => {
                let chosen = detail.as_ref().map(|detail| detail.row.product.clone()).unwrap_or_default();
                let asked = data.filter.product.clone();
                view! {
                    <Summary data=data.clone() chosen=chosen />
                    {match detail {
                        Some(detail) => view! { <ProductDetail detail=detail data=data /> }.drawn(),
                        None => view! {
                            <Card title=asked.clone() id="product">
                                <EmptyState title="Not used in this period" why=format!("{asked} was not checked out in this period. Choose a product in the table above, or another period.") />
                            </Card>
                        }.drawn(),
                    }}
                }.drawn()
            }
        }}
        <ShowAsCurl command=command note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

impl UsageFilter {
    /// The pairs of the address, in their order.
    fn pairs(&self) -> [(&'static str, &str); 12] {
        [
            ("product", &self.product),
            ("client", &self.client),
            ("context", &self.context),
            ("range", &self.range),
            ("from", &self.from),
            ("to", &self.to),
            ("zone", &self.zone),
            ("step", &self.step),
            ("tab", &self.tab),
            ("before", &self.before),
            ("sort", &self.sort),
            ("dir", &self.dir),
        ]
    }

    /// The page with this filter.
    pub fn href(&self) -> String {
        paths::with_query(paths::USAGE, &self.pairs())
    }

    /// The same, at the product in detail.
    pub fn href_at_product(&self) -> String {
        format!("{}#product", self.href())
    }

    /// What is shown under the chosen tab as a file: `csv` or `json`.
    pub fn file(&self, kind: &str) -> String {
        paths::with_query(&format!("{}.{kind}", paths::USAGE), &self.pairs())
    }

    /// The summary as a file.
    pub fn summary_file(&self, kind: &str) -> String {
        UsageFilter { tab: "summary".into(), product: String::new(), ..self.clone() }.file(kind)
    }

    /// The denials in another order than the newest first.
    pub fn sorts_denials(&self) -> bool {
        self.sort.starts_with("refused.") && !(self.sort == "refused.when" && self.dir == "desc")
    }

    /// The same over the API.
    pub fn api(&self) -> String {
        let of_page = |name: &str| matches!(name, "step" | "tab" | "before" | "sort" | "dir");
        let pairs: Vec<_> = self.pairs().into_iter().filter(|(name, _)| !of_page(name)).collect();
        paths::with_query(paths::API_USAGE, &pairs)
    }

    /// Another product of the same period: what belongs to the one before is left out.
    fn of_product(&self, product: &str) -> UsageFilter {
        UsageFilter { product: product.to_owned(), before: String::new(), ..self.clone() }
    }

    /// The product in these days.
    fn in_days(&self, (first, last): &(String, String)) -> UsageFilter {
        UsageFilter {
            range: "custom".into(),
            from: first.clone(),
            to: last.clone(),
            step: String::new(),
            before: String::new(),
            ..self.clone()
        }
    }

    /// Another view of the product.
    fn at_tab(&self, product: &str, tab: &str) -> UsageFilter {
        UsageFilter { tab: tab.to_owned(), ..self.of_product(product) }
    }
}

/// The periods there are: value and words. The first but one is the default.
const RANGES: [(&str, &str, &str); 5] = [
    ("7d", "7 days", "7 d"),
    ("30d", "30 days", "30 d"),
    ("90d", "90 days", "90 d"),
    ("365d", "1 year", "1 y"),
    ("custom", "Dates", "Dates"),
];

/// The default period.
const DEFAULT_RANGE: &str = "30d";

#[component]
fn Tools(data: UsagePage) -> impl IntoView {
    let filter = data.filter.clone();
    let range = if filter.range.is_empty() { DEFAULT_RANGE } else { filter.range.as_str() }.to_owned();
    let period = data.period.clone();
    let ranges = RANGES.map(|(value, words, short)| {
        let custom = value == "custom";
        let target = UsageFilter {
            range: if value == DEFAULT_RANGE { String::new() } else { value.to_owned() },
            from: if custom { period.first_day.clone() } else { String::new() },
            to: if custom { period.last_day.clone() } else { String::new() },
            step: String::new(),
            before: String::new(),
            ..filter.clone()
        };
        let current = (value == range).then_some("true");
        view! { <a href=target.href() aria-current=current aria-label=words><span class="long">{words}</span><span class="short" aria-hidden="true">{short}</span></a> }
    });
    view! {
        <div class="usage-tools">
            <nav class="segments links" aria-label="Period">{ranges.into_iter().collect_view()}</nav>
            <UsageFilters data=data range=range />
        </div>
    }
    .drawn()
}

#[component]
fn UsageFilters(data: UsagePage, range: String) -> impl IntoView {
    let UsagePage { filter, period, zones, clients, contexts, .. } = data;
    let narrowed = !filter.client.is_empty() || !filter.context.is_empty();
    let clear = narrowed.then(|| {
        UsageFilter { client: String::new(), context: String::new(), before: String::new(), ..filter.clone() }.href()
    });
    let kept = vec![
        ("product", filter.product.clone()),
        ("range", filter.range.clone()),
        ("tab", filter.tab.clone()),
        ("step", filter.step.clone()),
        ("sort", filter.sort.clone()),
        ("dir", filter.dir.clone()),
    ];
    let dates = (range == "custom").then_some([("from", "From", period.first_day), ("to", "To", period.last_day)]);
    view! {
        <FilterForm action=paths::USAGE label="Filter the usage" kept=kept submit="Show" clear=clear>
            {dates.map(|dates| dates.into_iter().map(|(name, label, day)| view! {
                <div class="field inline">
                    <label for=format!("filter-{name}")>{label}</label>
                    <input class="input" type="date" id=format!("filter-{name}") name=name value=day required />
                </div>
            }).collect_view())}
            <FilterChoice name="client" label="Client" all="All clients" chosen=filter.client options=plain_options(clients) />
            {(contexts.len() > 1).then(|| view! {
                <FilterChoice name="context" label="Context" all="All contexts" chosen=filter.context options=plain_options(contexts) />
            })}
            <FilterChoice name="zone" label="Time zone" all="The server's" chosen=filter.zone options=zones />
        </FilterForm>
    }
    .drawn()
}

/// The command that takes a license once a second until it is stopped.
fn command(connect: &Connect) -> String {
    let product = connect.product.as_deref().unwrap_or("PRODUCT");
    format!("leasehold client run --servers {} --product {product}", connect.address)
}

/// Address and a command to try.
#[component]
pub(crate) fn ConnectCard(connect: Connect) -> impl IntoView {
    let command = command(&connect);
    let licensed = connect.product.is_some();
    if connect.off {
        return view! {
            <Card title="Connect an application" id="connect">
                <p>"The license port of this server is off, so no application can connect. Start the server without "<code>"--clients off"</code>" to open it."</p>
                <div class="actions"><LinkButton href=paths::SETTINGS>"Go to Settings"</LinkButton></div>
            </Card>
        }
        .drawn();
    }
    view! {
        <Card title="Connect an application" id="connect">
            <p>"Applications reach this server at "<Copyable value=connect.address what="the address" />"."</p>
            <p>"To try it, run this on any machine where Leasehold is installed. It checks out a license every second, holds it for a second, and prints a summary when stopped."</p>
            <div class="command">
                <pre tabindex="0" role="group" aria-label="The command"><code>{command.clone()}</code></pre>
                <CopyButton text=command what="the command".to_owned() />
            </div>
            {(!licensed).then(|| view! {
                <p class="muted">"No license is in service yet, so requests will be denied. Replace PRODUCT with one of your products."</p>
                <div class="actions"><LinkButton href=paths::LICENSES>"Go to Licenses"</LinkButton></div>
            })}
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_what_is_shown_and_nothing_else() {
        let filter = UsageFilter {
            product: "TTS 3".into(),
            range: "90d".into(),
            zone: "Europe/Berlin".into(),
            before: "17".into(),
            ..UsageFilter::default()
        };
        assert_eq!(UsageFilter::default().href(), "/usage");
        assert_eq!(filter.href(), "/usage?product=TTS%203&range=90d&zone=Europe%2FBerlin&before=17");
        assert_eq!(filter.file("csv"), "/usage.csv?product=TTS%203&range=90d&zone=Europe%2FBerlin&before=17");
        assert_eq!(filter.at_tab("VAD", "users").href(), "/usage?product=VAD&range=90d&zone=Europe%2FBerlin&tab=users");
        assert_eq!(filter.summary_file("json"), "/usage.json?range=90d&zone=Europe%2FBerlin&tab=summary&before=17");
        assert_eq!(filter.api(), "/api/v1/usage?product=TTS%203&range=90d&zone=Europe%2FBerlin");
        assert_eq!(
            filter.at_tab("VAD", "refused").in_days(&("2026-11-17".into(), "2026-11-18".into())).href(),
            "/usage?product=VAD&range=custom&from=2026-11-17&to=2026-11-18&zone=Europe%2FBerlin&tab=refused"
        );
        let sorted = UsageFilter { sort: "products.peak".into(), dir: "desc".into(), ..filter };
        assert!(sorted.href().ends_with("&before=17&sort=products.peak&dir=desc"));
        assert_eq!(sorted.api(), "/api/v1/usage?product=TTS%203&range=90d&zone=Europe%2FBerlin");
    }

    #[test]
    fn the_command_names_this_server_and_a_product_that_can_be_had() {
        let connect = Connect { address: "lic-01:7569".into(), product: Some("TTS3".into()), off: false };
        assert_eq!(command(&connect), "leasehold client run --servers lic-01:7569 --product TTS3");
        let nothing = Connect { address: "lic-01:7569".into(), product: None, off: false };
        assert!(command(&nothing).ends_with("--product PRODUCT"));
    }
}
