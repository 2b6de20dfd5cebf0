//! The pages of the clients in their states.

use crate::Preview;
use crate::pages::inside;
use crate::samples::{DAY, HOUR, MINUTE, NOW, administrator, viewer};
use app::pages::clients::*;
use app::pages::usage::Connect;
use engine::leases::{ClientCounts, ClientState, ClientView, Contest, PoolView, ProductView};
use leptos::prelude::*;
use licensing::product::Licensed;

fn holding(product: &str, held: u32, limit: u32, want: u32) -> ProductView {
    ProductView {
        product: product.into(),
        held,
        limit,
        counted: limit.max(held),
        want,
        usage_count: u64::from(held) * 1_204,
        usage_ms: u64::from(held) * 16_400_000,
        denied: u64::from(want.saturating_sub(limit)),
        ..ProductView::default()
    }
}

fn client(id: i64, name: &str, host: &str, products: Vec<ProductView>) -> ClientView {
    ClientView {
        id,
        client: format!("6f1d1a52-4c0e-4d2b-9a10-0000000000{id:02}"),
        name: name.into(),
        host: host.into(),
        software: "Dialog Server 16.2.1".into(),
        address: format!("10.1.4.{}:51{id:03}", 10 + id),
        since_ms: NOW - 3 * DAY - id * HOUR,
        seen_ms: NOW - 1_200,
        epoch: 3,
        deployment: "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e".into(),
        products,
        ..ClientView::default()
    }
}

fn rows() -> Vec<ClientView> {
    let silent = ClientView {
        state: ClientState::Silent,
        seen_ms: NOW - 48_000,
        counted_until_ms: Some(NOW + 74_000),
        ..client(3, "ivr-muenchen", "ivr-muenchen.example", vec![holding("SPEECH", 6, 7, 7), holding("TTS3", 2, 3, 3)])
    };
    let over = ClientView {
        over_limit: true,
        software: String::new(),
        ..client(4, "legacy gateway", "gw-01", vec![holding("SPEECH", 9, 8, 9)])
    };
    let mut twice = client(8, "ivr-hamburg", "ivr-hamburg.example", vec![holding("TTS3", 1, 2, 2)]);
    twice.contest = Some(Contest { at_ms: NOW - 20_000, address: "10.1.4.99".to_owned() });
    twice.products[0].beyond_ms = 40 * HOUR.unsigned_abs();
    twice.misdated = 12;
    let off = ClientView { clock_off_ms: -4 * MINUTE, ..client(5, "batch", "batch.example", Vec::new()) };
    let gone = ClientView {
        state: ClientState::Gone,
        seen_ms: NOW - 3 * HOUR,
        ..client(6, "nightly test", "build-7.example", Vec::new())
    };
    let mut released = client(7, "demo-laptop", "laptop-33", vec![holding("TTS3", 0, 0, 4)]);
    released.products[0].released_until_ms = Some(NOW + 41_000);
    vec![
        off,
        client(
            1,
            "call-centre-1",
            "cc-1.example",
            vec![holding("SPEECH", 12, 14, 14), holding("TTS3", 4, 5, 5), holding("VAD", 12, 14, 14)],
        ),
        client(2, "call-centre-2", "cc-2.example", vec![holding("SPEECH", 11, 11, 14)]),
        released,
        silent,
        over,
        twice,
        gone,
    ]
}

fn pool(product: &str, held: u32, licensed: u32, counted: u32, over: bool) -> PoolView {
    PoolView {
        product: product.into(),
        licensed: Licensed::Count(licensed),
        held,
        counted,
        wanted: counted + 3,
        clients: 4,
        over_committed: over,
    }
}

pub fn pools() -> Vec<PoolView> {
    vec![
        pool("SPEECH", 38, 40, 40, false),
        pool("TTS3", 6, 50, 8, false),
        pool("VAD", 12, 12, 12, false),
        pool("ETRAN_ENUS", 5, 4, 5, true),
    ]
}

fn connect() -> Connect {
    Connect { address: "lic-01.example:7569".into(), off: false, product: Some("SPEECH".into()) }
}

fn page(items: Vec<ClientView>) -> ClientsPage {
    let count = |state| items.iter().filter(|item| item.state == state).count();
    ClientsPage {
        counts: ClientCounts {
            connected: count(ClientState::Connected),
            silent: count(ClientState::Silent),
            gone: count(ClientState::Gone),
            ..ClientCounts::default()
        },
        items,
        filter: ClientFilter::default(),
        products: ["SPEECH", "TTS3", "VAD"].map(str::to_owned).to_vec(),
        pools: pools(),
        csv: "/clients.csv".into(),
        connect: connect(),
    }
}

fn detail(client: ClientView) -> ClientPage {
    ClientPage { client, records: Some(18_442), released_by_ms: NOW + 122_000 }
}

/// All previews of this area.
pub fn pages() -> Vec<Preview> {
    let admin = || administrator("/clients");
    let list = |name: &str, data: ClientsPage| inside(name, admin(), || view! { <ClientsView data=data /> }.into_any());
    let one = |name: &str, context, data: ClientPage| {
        inside(name, context, || view! { <ClientDetailView data=data /> }.into_any())
    };
    let is_calm = |row: &ClientView| row.state == ClientState::Connected && !row.over_limit && row.contest.is_none();
    let calm = ClientsPage {
        pools: vec![pool("SPEECH", 23, 40, 25, false)],
        ..page(rows().into_iter().filter(is_calm).collect())
    };
    let nothing = ClientsPage {
        items: Vec::new(),
        filter: ClientFilter { q: "zebra".into(), ..ClientFilter::default() },
        ..page(rows())
    };
    let empty = ClientsPage { connect: connect(), ..ClientsPage::default() };
    let [off, first, _, released, silent, over, twice, gone] = rows().try_into().expect("there are eight");
    vec![
        list("clients", page(rows())),
        list("clients-calm", calm),
        list("clients-nothing", nothing),
        list("clients-empty", empty),
        one("client", administrator("/clients/1"), detail(first)),
        one("client-silent", administrator("/clients/3"), detail(silent)),
        one("client-over", viewer("/clients/4"), detail(ClientView { dropped: 12, ..over })),
        one("client-twice", administrator("/clients/8"), detail(twice)),
        one("client-idle", administrator("/clients/5"), detail(off)),
        one("client-gone", administrator("/clients/6"), detail(ClientView { epoch: 1, ..gone })),
        one("client-released", administrator("/clients/7"), detail(released)),
    ]
}

#[test]
fn twenty_thousand_clients_of_five_thousand_products_are_shown_page_by_page() {
    let all = rows();
    let items = (0..20_000).zip(all.iter().cycle());
    let items = items.map(|(id, row)| ClientView { id, name: format!("media-{id}"), ..row.clone() }).collect();
    let names: Vec<String> = (0..5_000).map(|number| format!("PRODUCT_{number}")).collect();
    let data = ClientsPage {
        pools: names.iter().map(|name| pool(name, 5, 5, 5, true)).collect(),
        products: names,
        ..page(items)
    };
    let last = ClientFilter { page: Some(500), product: "PRODUCT_4999".into(), ..ClientFilter::default() };
    let last = ClientsPage { filter: last, ..data.clone() };
    let html =
        |data| inside("clients", administrator("/clients"), || view! { <ClientsView data=data /> }.into_any()).html;
    let (first, last) = (html(data), html(last));
    for (page, shown) in [(&first, "1–40 of 20,000"), (&last, "19,961–20,000 of 20,000")] {
        assert!(page.contains(shown), "{shown}");
        assert!(page.len() <= 60_000, "{} bytes", page.len());
    }
    assert!(first.contains("/clients?page=2\"") && last.contains("/clients?product=PRODUCT_4999&amp;page=499\""));
    assert!(first.contains("more: see "));
    assert!(last.contains("value=\"PRODUCT_4999\""));
}

#[test]
fn what_a_client_calls_itself_cannot_become_markup() {
    const EVIL: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let mut row = rows().remove(1);
    (row.name, row.host, row.software, row.client) = (EVIL.into(), EVIL.into(), EVIL.into(), EVIL.into());
    row.products[0].product = EVIL.into();
    let mut data = page(vec![row.clone()]);
    data.filter.q = EVIL.into();
    data.pools[0].product = EVIL.into();
    for html in [
        inside("list", administrator("/clients"), || view! { <ClientsView data=data /> }.into_any()).html,
        inside("one", administrator("/clients/1"), || view! { <ClientDetailView data=detail(row) /> }.into_any()).html,
    ] {
        assert!(!html.contains("<script") && !html.contains("<img"));
    }
}
