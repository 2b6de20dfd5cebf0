//! Finds anything by words: pages, actions, settings, products, clients, servers, people, audit entries. Only what the role may see.

use app::components::places;
use app::pages::search::{ACTIONS, Found};
use app::paths;
use engine::{DatabaseError, Engine};
use licensing::conf::setting::SETTINGS;
use licensing::permission::Permission;
use licensing::search::{rank, words};

/// Results of one kind; among more nobody chooses.
const EACH: usize = 8;
/// Results in all.
const MOST: usize = 40;
/// Characters shown of a sentence.
const SENTENCE: usize = 120;
/// Longest text that is searched, characters.
const LONGEST: usize = 100;

/// What is found, best first.
///
/// # Errors
/// [`DatabaseError`]: the database does not respond.
pub async fn search(
    engine: &Engine,
    may: impl Fn(Permission) -> bool,
    typed: &str,
) -> Result<Vec<Found>, DatabaseError> {
    let typed: String = typed.chars().take(LONGEST).collect();
    let words = words(&typed);
    let mut all = Hits { words: &words, found: Vec::new() };
    let allowed = places().filter(|place| may(place.permission));
    all.add("Page", allowed.map(|place| (Found::at(place.label, place.href), String::new())));
    let allowed = ACTIONS.iter().filter(|action| may(action.permission));
    all.add("Action", allowed.map(|action| (action.found(), action.also.to_owned())));
    // Without a word these are all there is to say.
    if words.is_empty() {
        return Ok(all.best());
    }
    let settings = SETTINGS.iter().map(|setting| {
        let also = format!("{} {}", setting.key, setting.help);
        (Found { hint: setting.key.to_owned(), ..Found::at(setting.label, paths::setting(setting.key)) }, also)
    });
    all.add("Setting", settings);
    let pools = engine.pools();
    let mut products: Vec<String> = pools.into_iter().map(|pool| pool.product).collect();
    if let Some(licenses) = engine.licenses() {
        products.extend(licenses.items.iter().map(|item| item.license.product.to_string()));
    }
    products.sort();
    products.dedup();
    all.add(
        "Product",
        products.into_iter().map(|product| {
            let href = paths::with_query(paths::USAGE, &[("product", &product)]);
            (Found::at(product, href), "license licence usage".to_owned())
        }),
    );
    let servers = engine.servers().servers;
    all.add(
        "Server",
        servers.into_iter().map(|server| {
            let hint = server.role.to_string();
            (Found { hint: hint.clone(), ..Found::at(server.name, paths::SERVERS) }, hint)
        }),
    );
    let clients = engine.find_clients(&words, EACH);
    all.add(
        "Client",
        clients.into_iter().map(|(id, name, host)| {
            (Found { hint: host.clone(), ..Found::at(name, paths::client(id)) }, typed.to_lowercase() + " " + &host)
        }),
    );
    if may(Permission::ManageUsers) {
        let users = engine.users().await.unwrap_or_default();
        all.add(
            "User",
            users.into_iter().map(|user| {
                let href = paths::user(user.id);
                let hint = user.role.to_string();
                (Found { hint: hint.clone(), ..Found::at(user.name, href) }, hint)
            }),
        );
    }
    if may(Permission::ViewAudit) {
        let entries = engine.audit.find(&words, EACH as i64).await?;
        all.add(
            "Audit",
            entries.into_iter().map(|entry| {
                let hint = format!("{}, {}", app::components::absolute(entry.at), entry.who);
                let href = paths::audit_entry(entry.seq);
                (
                    Found { hint, ..Found::at(shortened(&entry.sentence), href) },
                    format!("{} {}", entry.who, typed.to_lowercase()),
                )
            }),
        );
    }
    Ok(all.best())
}

/// A sentence as a result: its beginning, when it is long.
fn shortened(sentence: &str) -> String {
    match sentence.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}\u{2026}", sentence[..end].trim_end()),
        None => sentence.to_owned(),
    }
}

/// What was found so far, each with its rank.
struct Hits<'a> {
    words: &'a [String],
    found: Vec<(u32, Found)>,
}

impl Hits<'_> {
    /// Adds those of a kind that fit; with each come the words it is found by besides its label.
    fn add(&mut self, kind: &'static str, candidates: impl Iterator<Item = (Found, String)>) {
        let fitting = candidates.filter_map(|(found, also)| {
            let rank = rank(self.words, &found.label, &also)?;
            Some((rank, Found { kind, ..found }))
        });
        let mut fitting: Vec<_> = fitting.collect();
        fitting.sort_by_key(|(rank, _)| *rank);
        fitting.truncate(if self.words.is_empty() { MOST } else { EACH });
        self.found.extend(fitting);
    }

    fn best(mut self) -> Vec<Found> {
        // The order of kinds stays among equals.
        self.found.sort_by_key(|(rank, _)| *rank);
        self.found.truncate(MOST);
        self.found.into_iter().map(|(_, found)| found).collect()
    }
}
