//! What releasing the licenses of several clients would do, before it is done.

use std::collections::BTreeMap;

use super::client::consequence;
use super::why_no_release;
use crate::components::{
    Card, Column, EmptyState, Hidden, LinkButton, PageHeader, Statement, Submit, Table, TimeUntil,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::Tone;
use engine::leases::{ClientView, ProductView};
use leptos::prelude::*;
use licensing::words::count;

/// The clients that were selected and hold something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReleasePage {
    pub clients: Vec<ClientView>,
    /// Selected clients that are gone or hold nothing.
    pub others: usize,
    /// Until when, at the latest, their spare licenses are back after a release now.
    pub released_by_ms: i64,
}

/// The page of `/clients/release`.
#[component]
pub fn ReleaseView(data: ReleasePage) -> impl IntoView {
    let crumbs = vec![("Clients".to_owned(), paths::CLIENTS.to_owned())];
    if data.clients.is_empty() {
        return view! {
            <PageHeader title="Release licenses" crumbs=crumbs />
            <Card title="Selected clients" id="selected">
                <EmptyState title="Nothing to release" why="No client is selected that holds licenses. Select clients in the list first.">
                    <LinkButton href=paths::CLIENTS>"Back to the clients"</LinkButton>
                </EmptyState>
            </Card>
        }
        .drawn();
    }
    let (spare, used) = consequence(&together(&data.clients));
    let (number, by) = (data.clients.len(), data.released_by_ms);
    let who = count(number, "client", "clients");
    let others = (data.others > 0).then(|| {
        format!("{} of the selection hold nothing and are left out.", count(data.others, "client", "clients"))
    });
    let ids = data.clients.iter().map(|client| client.id.to_string()).collect::<Vec<_>>();
    let verb = if number == 1 { "Release its licenses".to_owned() } else { format!("Release the licenses of {who}") };
    view! {
        <PageHeader title="Release licenses" crumbs=crumbs />
        <Statement tone=Tone::Warning sentence=format!("Release the licenses of {who}?")>
            <ul class="plain-list consequences">
                {(!spare.is_empty()).then(|| view! {
                    <li>{format!("{spare}, reserved and not in use: released as soon as each client agrees, at the latest ")}<TimeUntil at_ms=by />"."</li>
                })}
                {(!used.is_empty()).then(|| view! {
                    <li>{format!("{used} in use. Licenses in use stay in use; each is released when the application returns it.")}</li>
                })}
                <li>"For 1 minute the requests of these clients are denied. After that they can request licenses like any other client."</li>
            </ul>
            {others.map(|words| view! { <p class="muted">{words}</p> })}
            <form method="post" action=paths::CLIENTS_RELEASE class="actions">
                {ids.into_iter().map(|id| view! { <Hidden name="id" value=id /> }).collect_view()}
                <LinkButton href=paths::CLIENTS>"Cancel"</LinkButton>
                <Submit look="danger" why_not=why_no_release()>{verb}</Submit>
            </form>
        </Statement>
        <Card title="Selected clients" id="selected" aside=who.drawn()>{list(&data.clients)}</Card>
    }
    .drawn()
}

fn list(clients: &[ClientView]) -> crate::drawn::Drawn {
    Table::new("Selected clients and what a release does")
        .look("clients")
        .column(Column::row_header("Client", |client: &ClientView, cell| {
            cell.link(&paths::client(client.id), &client.name)
        }))
        .column(Column::text("Released", |client: &ClientView, cell| match consequence(&client.products).0.as_str() {
            "" => cell.muted("nothing"),
            spare => cell.text(spare),
        }))
        .column(Column::text("Stays in use", |client: &ClientView, cell| {
            match consequence(&client.products).1.as_str() {
                "" => cell.muted("nothing"),
                used => cell.text(used),
            }
        }))
        .draw(clients)
}

/// What the clients hold together, by product.
fn together(clients: &[ClientView]) -> Vec<ProductView> {
    let mut sums: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for product in clients.iter().flat_map(|client| &client.products) {
        let (held, counted) = sums.entry(&product.product).or_default();
        // A client that uses more than it may has nothing to spare, and takes nothing from what others have.
        *held = held.saturating_add(product.held);
        *counted = counted.saturating_add(product.counted.max(product.held));
    }
    let sums = sums.into_iter();
    sums.map(|(product, (held, counted))| ProductView {
        product: product.to_owned(),
        held,
        counted,
        ..ProductView::default()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_clients_hold_is_added_up_by_product() {
        let client = |products: &[(&str, u32, u32)]| ClientView {
            products: products
                .iter()
                .map(|(product, held, counted)| ProductView {
                    product: (*product).into(),
                    held: *held,
                    counted: *counted,
                    ..ProductView::default()
                })
                .collect(),
            ..ClientView::default()
        };
        let clients = [client(&[("B", 1, 3), ("A", 2, 2)]), client(&[("B", 4, 2)]), client(&[])];
        let (spare, used) = consequence(&together(&clients));
        assert_eq!((spare.as_str(), used.as_str()), ("2 licenses of B", "2 licenses of A and 5 licenses of B"));
    }
}
