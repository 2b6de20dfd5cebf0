//! What was used, by whom and when; how near it came to what is licensed; how many licenses would have been enough.

mod connect;
mod coverage;
mod detail;
mod lists;
mod model;
mod over_time;
mod refusals;
mod sentence;
mod summary;
mod tools;
mod words;

pub(crate) use connect::ConnectCard;
pub use model::{
    ClientUse, Connect, CoursePoint, Detail, HeatCell, Moment, Period, ProductRow, Refusal, Totals, UsageFilter,
    UsagePage, UserUse,
};

use crate::components::{Banner, Card, EmptyState, LinkButton, PageHeader, ShowAsCurl};
use crate::drawn::Draw;
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::Tone;
use detail::ProductDetail;
use leptos::prelude::*;
use sentence::Opening;
use summary::Summary;
use tools::Tools;

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
        {if data.any { view! { <Report data=data /> }.drawn() } else { view! { <Nothing data=data /> }.drawn() }}
    }
    .drawn()
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
    fn pairs(&self) -> [(&'static str, &str); 10] {
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

    /// The same over the API.
    pub fn api(&self) -> String {
        let pairs: Vec<_> =
            self.pairs().into_iter().filter(|(name, _)| !matches!(*name, "step" | "tab" | "before")).collect();
        paths::with_query(paths::API_USAGE, &pairs)
    }

    /// Another product of the same period: what belongs to the one before is left out.
    fn of_product(&self, product: &str) -> UsageFilter {
        UsageFilter { product: product.to_owned(), before: String::new(), ..self.clone() }
    }

    /// Another view of the product.
    fn at_tab(&self, product: &str, tab: &str) -> UsageFilter {
        UsageFilter { tab: tab.to_owned(), ..self.of_product(product) }
    }
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
    }
}
