//! The clients: the list and one of them, the list as a file, releasing what one or several have.

use std::collections::BTreeMap;

use app::components::absolute;
use app::drawn::Draw;
use app::pages::clients::{
    ClientDetailView, ClientFilter, ClientPage, ClientsPage, ClientsView, ReleasePage, ReleaseView,
};
use app::paths;
use app::request::FlashKind;
use axum::response::Response;
use engine::Engine;
use engine::leases::{ClientState, ClientView, PoolView, ReleaseError, ReleasedLicenses};
use leptos::prelude::*;
use licensing::client_protocol::COUNTED_MS;
use licensing::words::{count, list};

use super::{Console, Form, Id, Page, PageError, csv_file, csv_text, usage};

/// `GET /clients`
pub async fn page(console: Console) -> Page {
    let data = load(&console);
    Page::new("Clients", || view! { <ClientsView data=data /> }.drawn())
}

/// `GET /clients.csv`: what the page with the same query shows.
pub async fn file(console: Console) -> Response {
    let rows = rows(&console.engine, &filter(&console));
    csv_file("leasehold-clients.csv", csv(&rows))
}

/// `GET /clients/{id}`
pub async fn one(console: Console, Id(id): Id) -> Result<Page, PageError> {
    let data = client(&console, id).await.ok_or(PageError::NOWHERE)?;
    Ok(Page::new(data.client.name.clone(), || view! { <ClientDetailView data=data /> }.drawn()))
}

/// `POST /clients/{id}/release`
pub async fn release(Id(id): Id, form: Form) -> Result<Page, PageError> {
    Ok(match form.engine.release_client(&form.actor(), id).await {
        Ok(released) => form.done(sentence(&released), paths::client(id)).await,
        Err(unknown @ ReleaseError::Unknown) => {
            form.tell(FlashKind::Warning, unknown.to_string(), paths::CLIENTS).await
        }
        Err(nothing @ ReleaseError::Nothing(_)) => {
            form.tell(FlashKind::Info, nothing.to_string(), paths::client(id)).await
        }
        Err(ReleaseError::Sql(failed)) => return Err(failed.into()),
    })
}

/// Clients that are released at a time.
const MOST_RELEASED: usize = 500;

/// The ids that were selected, each once.
fn selected(values: &[(String, String)]) -> Vec<i64> {
    let mut ids: Vec<i64> = Vec::new();
    for id in values.iter().filter(|(name, _)| name == "id").filter_map(|(_, value)| value.parse().ok()) {
        if ids.len() < MOST_RELEASED && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// `GET /clients/release`: what releasing the licenses of the selected clients would do.
pub async fn release_selected_page(console: Console) -> Page {
    let ids = selected(&console.query);
    let number = ids.len();
    let holds = |client: &ClientView| {
        client.state != ClientState::Gone && client.products.iter().any(|product| product.counted > 0)
    };
    let clients: Vec<ClientView> = ids.into_iter().filter_map(|id| console.engine.client(id)).filter(holds).collect();
    let latest = clients.iter().filter_map(|client| client.counted_until_ms).max();
    let counted = i64::try_from(COUNTED_MS).unwrap_or(i64::MAX);
    let data = ReleasePage {
        others: number - clients.len(),
        released_by_ms: latest.unwrap_or(0).max(console.now_ms.saturating_add(counted)),
        clients,
    };
    Page::new("Release licenses", || view! { <ReleaseView data=data /> }.drawn())
}

/// `POST /clients/release`: one entry in the audit log for each client.
pub async fn release_selected(form: Form) -> Result<Page, PageError> {
    let ids = selected(&form.values);
    let number = ids.len();
    let (engine, actor) = (form.engine.clone(), form.actor());
    // It goes on to its end, also when nobody waits for the answer any longer.
    let release = tokio::spawn(async move { engine.release_clients(&actor, &ids).await });
    let released = release.await.map_err(PageError::internal)??;
    let others = number - released.len();
    let (kind, said) = match released.as_slice() {
        [] => (FlashKind::Info, "None of these clients has licenses to release.".to_owned()),
        [only] if others == 0 => (FlashKind::Success, sentence(only)),
        all => (FlashKind::Success, sentence_of_all(all, others)),
    };
    Ok(form.tell(kind, said, paths::CLIENTS).await)
}

/// "3 clients get no new licenses for 1 minute. Released …: 4 of TTS3."
fn sentence_of_all(released: &[ReleasedLicenses], others: usize) -> String {
    let mut spare: BTreeMap<&str, u32> = BTreeMap::new();
    for (product, count) in released.iter().flat_map(|of| &of.products).filter(|(_, count)| *count > 0) {
        *spare.entry(product).or_default() += count;
    }
    let who = count(released.len(), "client gets", "clients get");
    let left = match others {
        0 => String::new(),
        others => format!(" {} had none to release.", count(others, "client", "clients")),
    };
    if spare.is_empty() {
        return format!(
            "{who} no new licenses for 1 minute. Licenses in use are released when the application returns them.{left}"
        );
    }
    let latest = released.iter().map(|of| of.counted_until_ms).max().unwrap_or_default();
    let spare = list(spare.into_iter().map(|(product, count)| format!("{count} of {product}")));
    format!(
        "{who} no new licenses for 1 minute. Released as soon as each agrees, at the latest {}: {spare}.{left}",
        absolute(latest)
    )
}

/// What the address asks for.
fn filter(console: &Console) -> ClientFilter {
    console.filter()
}

/// How much of each product is in use.
pub fn pools(engine: &Engine) -> Vec<PoolView> {
    engine.pools().into_iter().filter(PoolView::is_of_interest).collect()
}

fn sort(rows: &mut [ClientView], filter: &ClientFilter) {
    let held = |row: &ClientView| {
        let of = row.products.iter().filter(|of| filter.product.is_empty() || of.product == filter.product);
        // Products contain one another: the largest tells most.
        of.map(|of| of.held).max().unwrap_or(0)
    };
    rows.sort_by(|a, b| {
        let order = match filter.sort.as_str() {
            "host" => a.host.to_lowercase().cmp(&b.host.to_lowercase()),
            "since" => a.since_ms.cmp(&b.since_ms),
            "seen" => a.seen_ms.cmp(&b.seen_ms),
            "held" => held(a).cmp(&held(b)),
            "state" => a.state.as_str().cmp(b.state.as_str()),
            _ => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
        };
        let order = if filter.descending { order.reverse() } else { order };
        order.then(a.id.cmp(&b.id))
    });
}

/// The rows that the filter asks for, in its order.
pub fn rows(engine: &Engine, filter: &ClientFilter) -> Vec<ClientView> {
    let mut rows = engine.clients();
    rows.retain(|client| {
        client.matches(&filter.q, &filter.product, None)
            && (filter.state.is_empty() || filter.state == client.state.as_str())
    });
    sort(&mut rows, filter);
    rows
}

fn load(console: &Console) -> ClientsPage {
    let engine = &console.engine;
    let filter = filter(console);
    let pools = pools(engine);
    ClientsPage {
        items: rows(engine, &filter),
        counts: engine.client_counts(),
        products: pools.iter().map(|pool| pool.product.clone()).collect(),
        csv: filter.csv(),
        connect: usage::connect(console),
        filter,
        pools,
    }
}

async fn client(console: &Console, id: i64) -> Option<ClientPage> {
    let client = console.engine.client(id)?;
    let counted = i64::try_from(COUNTED_MS).unwrap_or(i64::MAX);
    Some(ClientPage {
        records: Some(console.engine.usage.acknowledged(id).await),
        // A client that answers agrees with its next refresh; one that stops responding keeps its licenses until then.
        released_by_ms: client.counted_until_ms.unwrap_or(console.now_ms.saturating_add(counted)),
        client,
    })
}

/// What happens now: "Released: 2 of TTS3 go back …".
fn sentence(released: &ReleasedLicenses) -> String {
    let back: Vec<String> = released
        .products
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(product, count)| format!("{count} of {product}"))
        .collect();
    let name = &released.name;
    if back.is_empty() {
        return format!(
            "{name} gets no new licenses for 1 minute. Licenses in use are released when the application returns them."
        );
    }
    format!(
        "{name} gets no new licenses for 1 minute. Released as soon as it agrees, at the latest {}: {}.",
        absolute(released.counted_until_ms),
        back.join(", ")
    )
}

/// The rows as CSV, one line for each product a client has; one without for a client that has none.
fn csv(rows: &[ClientView]) -> String {
    let time = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms)
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
    };
    let mut text = "id,client,name,host,software,address,state,connected,last_refresh,counted_until,over_limit,product,held,limit,counted,wanted,usage_count,usage_ms,denied\r\n".to_owned();
    for row in rows {
        let own = [
            row.id.to_string(),
            row.client.clone(),
            row.name.clone(),
            row.host.clone(),
            row.software.clone(),
            row.address.clone(),
            row.state.as_str().to_owned(),
            time(row.since_ms),
            time(row.seen_ms),
            row.counted_until_ms.map(time).unwrap_or_default(),
            if row.over_limit { "yes" } else { "no" }.to_owned(),
        ];
        let products: Vec<[String; 8]> = row
            .products
            .iter()
            .map(|of| {
                let numbers = [of.held, of.limit, of.counted, of.want].map(|number| number.to_string());
                let [held, limit, counted, want] = numbers;
                let [count, ms, denied] = [of.usage_count, of.usage_ms, of.denied].map(|number| number.to_string());
                [of.product.clone(), held, limit, counted, want, count, ms, denied]
            })
            .collect();
        let products = if products.is_empty() { vec![Default::default()] } else { products };
        for product in products {
            let cells: Vec<String> = own.iter().chain(&product).map(|cell| csv_text(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::leases::ProductView;

    fn client(id: i64, name: &str, host: &str, held: u32) -> ClientView {
        ClientView {
            id,
            name: name.into(),
            host: host.into(),
            products: vec![ProductView { product: "TTS3".into(), held, counted: held, ..ProductView::default() }],
            ..ClientView::default()
        }
    }

    #[test]
    fn the_list_is_sorted_by_every_column_and_stays_in_order_where_they_are_equal() {
        let order = |by: &str, descending| {
            let mut rows = vec![client(1, "b", "z", 2), client(2, "A", "y", 9), client(3, "c", "x", 2)];
            sort(&mut rows, &ClientFilter { sort: by.into(), descending, ..ClientFilter::default() });
            rows.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(order("", false), [2, 1, 3]);
        assert_eq!(order("name", true), [3, 1, 2]);
        assert_eq!(order("host", false), [3, 2, 1]);
        assert_eq!(order("held", true), [2, 1, 3]);
    }

    #[test]
    fn a_file_has_a_line_for_each_product_and_no_formula() {
        let mut row = client(1, "=evil()", "h", 3);
        row.products.push(ProductView { product: "VAD".into(), ..ProductView::default() });
        let text = csv(&[row, ClientView { name: "idle".into(), ..ClientView::default() }]);
        assert_eq!(text.lines().count(), 4);
        let width = text.lines().next().map(|head| head.split(',').count());
        assert!(text.lines().all(|line| Some(line.split(',').count()) == width), "{text}");
        assert!(text.contains(",'=evil(),") && text.contains("VAD,0,0"));
    }

    #[test]
    fn the_message_about_several_adds_up_what_goes_back() {
        let released = |products: &[(&str, u32)]| ReleasedLicenses {
            name: "gw".into(),
            products: products.iter().map(|(product, count)| ((*product).to_owned(), *count)).collect(),
            counted_until_ms: 1_795_354_200_000,
        };
        let said = sentence_of_all(&[released(&[("TTS3", 2), ("VAD", 0)]), released(&[("TTS3", 1), ("ASR", 4)])], 1);
        assert!(said.starts_with("2 clients get no new licenses for 1 minute."), "{said}");
        assert!(said.ends_with(": 4 of ASR and 3 of TTS3. 1 client had none to release."), "{said}");
        let said = sentence_of_all(&[released(&[("TTS3", 0)])], 2);
        assert!(said.starts_with("1 client gets no new licenses") && said.ends_with("2 clients had none to release."));
    }

    #[test]
    fn a_selection_names_each_client_once_and_not_without_end() {
        let values: Vec<(String, String)> = ["7", "x", "7", "8"].map(|id| ("id".to_owned(), id.to_owned())).into();
        assert_eq!(selected(&values), [7, 8]);
        let many: Vec<(String, String)> = (0..2_000).map(|id| ("id".to_owned(), id.to_string())).collect();
        assert_eq!(selected(&many).len(), MOST_RELEASED);
    }

    #[test]
    fn the_message_names_what_goes_back_and_until_when() {
        let released = |products: &[(&str, u32)]| ReleasedLicenses {
            name: "gw".into(),
            products: products.iter().map(|(product, count)| ((*product).to_owned(), *count)).collect(),
            counted_until_ms: 1_795_354_200_000,
        };
        let said = sentence(&released(&[("TTS3", 2), ("VAD", 0)]));
        assert!(said.contains("22 Nov 2026") && said.ends_with(": 2 of TTS3."), "{said}");
        assert!(
            sentence(&released(&[("VAD", 0)]))
                .contains("Licenses in use are released when the application returns them")
        );
    }
}
