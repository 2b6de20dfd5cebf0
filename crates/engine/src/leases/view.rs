//! Views of the leases for people.

use std::collections::{BTreeMap, BTreeSet};

use licensing::allocation::{ClientRun, RunKey};
use licensing::peers::{MOST_IDS, Serving};
use licensing::product::{Licensed, ProductCode};
use licensing::search::rank;

use super::Leases;
use super::run::{Contest, RunEntry, RunState};

/// The state of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientState {
    /// It refreshes.
    #[default]
    Connected,
    /// A drain sent it to another server, which serves it.
    Moved,
    /// No contact for a while; its licenses are still reserved, or it may come back.
    Silent,
    /// It disconnected, or its licenses were released after a long silence.
    Gone,
}

impl ClientState {
    /// The word in addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Moved => "moved",
            Self::Silent => "silent",
            Self::Gone => "gone",
        }
    }
}

/// A client: one run of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientView {
    /// Its number here.
    pub id: i64,
    /// Its own id.
    pub client: String,
    /// Which run of it.
    pub epoch: u64,
    /// What people call it.
    pub name: String,
    /// Its machine.
    pub host: String,
    /// Its application.
    pub software: String,
    /// Where it connects from.
    pub address: String,
    /// Its deployment.
    pub deployment: String,
    /// When it said hello, Unix milliseconds.
    pub since_ms: i64,
    /// When it last refreshed, Unix milliseconds.
    pub seen_ms: i64,
    /// Its state.
    pub state: ClientState,
    /// When the licenses of a silent client are released, Unix milliseconds.
    pub counted_until_ms: Option<i64>,
    /// How far its clock is off, milliseconds; ahead is positive.
    pub clock_off_ms: i64,
    /// Records it had to drop.
    pub dropped: u64,
    /// It uses more than its limit.
    pub over_limit: bool,
    /// Another application uses the same client id, or did a moment ago.
    pub contest: Option<Contest>,
    /// Records that did not lie within its run: not kept.
    pub misdated: u64,
    /// By product.
    pub products: Vec<ProductView>,
}

impl ClientView {
    /// Whether it matches a filter: `text` in its names, a product it uses or requests, a state. Empty values match
    /// all.
    #[must_use]
    pub fn matches(&self, text: &str, product: &str, state: Option<ClientState>) -> bool {
        let wanted = text.to_lowercase();
        let called = [&self.name, &self.host, &self.address, &self.software, &self.client];
        let has = |of: &ProductView| of.product == product && (of.held > 0 || of.counted > 0 || of.want > 0);
        (wanted.is_empty() || called.iter().any(|text| text.to_lowercase().contains(&wanted)))
            && (product.is_empty() || self.products.iter().any(has))
            && state.is_none_or(|state| self.state == state)
    }
}

/// A client's licenses for a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductView {
    /// Which.
    pub product: String,
    /// In use.
    pub held: u32,
    /// Limit: what it may use.
    pub limit: u32,
    /// Reserved for it.
    pub counted: u32,
    /// Requested.
    pub want: u32,
    /// Check-outs in this run.
    pub usage_count: u64,
    /// Time in use in this run, milliseconds.
    pub usage_ms: u64,
    /// Denials in this run.
    pub denied: u64,
    /// Check-outs it claims beyond what it can have made by its grants: not counted.
    pub beyond_count: u64,
    /// Time in use it claims beyond its grants, milliseconds: not counted.
    pub beyond_ms: u64,
    /// After a release: until when it gets no new licenses, Unix milliseconds.
    pub released_until_ms: Option<i64>,
}

/// A product of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolView {
    /// Which.
    pub product: String,
    /// Licensed.
    pub licensed: Licensed,
    /// In use, as last reported by clients.
    pub held: u32,
    /// Sum of limits: what clients may use without asking again.
    pub counted: u32,
    /// Requested by clients.
    pub wanted: u32,
    /// Clients with this product.
    pub clients: usize,
    /// More may be used than is licensed, because the licensed number fell.
    pub over_committed: bool,
}

impl PoolView {
    /// Whether there is anything to say of it: it is licensed, reserved or in use.
    #[must_use]
    pub fn is_of_interest(&self) -> bool {
        self.licensed.count() != Some(0) || self.counted > 0 || self.held > 0
    }

    /// How much of what is licensed is in use, percent, rounded down; `None` if there is no limit, or nothing licensed.
    #[must_use]
    pub fn percent(&self) -> Option<u64> {
        let licensed = self.licensed.count().filter(|licensed| *licensed > 0)?;
        Some(u64::from(self.held) * 100 / u64::from(licensed))
    }
}

/// Clients processed per lock of the desk.
const AT_ONCE: usize = 256;

/// Numbers of clients by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientCounts {
    /// [`ClientState::Connected`].
    pub connected: usize,
    /// [`ClientState::Moved`].
    pub moved: usize,
    /// [`ClientState::Silent`].
    pub silent: usize,
    /// [`ClientState::Gone`].
    pub gone: usize,
    /// Clients that use more than their limit.
    pub over_limit: usize,
}

/// A client is silent after this time without a refresh, milliseconds.
const SILENT: i64 = licensing::client_protocol::ALIVE_MS;
/// How long it is shown that another application wanted to use a client's id, milliseconds.
const CONTEST_SHOWN: i64 = 10 * 60_000;

impl Leases {
    /// Recent clients, newest first.
    #[must_use]
    pub fn clients(&self) -> Vec<ClientView> {
        let (wall, now) = (self.clock.now_ms(), self.clock.mono_ms());
        let mut ids: Vec<RunKey> = self.table().entries.keys().copied().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let mut all = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let table = self.table();
            let known = some.iter().filter_map(|id| Some((*id, table.entries.get(id)?)));
            all.extend(known.map(|(id, entry)| view(id, entry, table.allocation.run(id), wall, now)));
        }
        all
    }

    /// The first `most` clients whose name, host or application has all of these words, which are in lower case; newest first. A client
    /// with several runs is named once.
    #[must_use]
    pub fn find_clients(&self, words: &[String], most: usize) -> Vec<(RunKey, String, String)> {
        let mut ids: Vec<RunKey> = self.table().entries.keys().copied().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for some in ids.chunks(AT_ONCE) {
            let table = self.table();
            for (id, entry) in some.iter().filter_map(|id| Some((*id, table.entries.get(id)?))) {
                let details = &entry.details;
                let fits = rank(words, &details.name, &format!("{} {}", details.host, details.software)).is_some();
                if fits && seen.insert(details.client.clone()) {
                    found.push((id, details.name.to_string(), details.host.clone()));
                    if found.len() == most {
                        return found;
                    }
                }
            }
        }
        found
    }

    /// Number of recent clients.
    #[must_use]
    pub fn client_counts(&self) -> ClientCounts {
        let now = self.clock.mono_ms();
        let table = self.table();
        let mut counts = ClientCounts::default();
        for (id, entry) in &table.entries {
            let run = table.allocation.run(*id);
            match state(entry, run, now) {
                ClientState::Connected => counts.connected += 1,
                ClientState::Moved => counts.moved += 1,
                ClientState::Silent => counts.silent += 1,
                ClientState::Gone => counts.gone += 1,
            }
            counts.over_limit += usize::from(run.is_some_and(is_over));
        }
        counts
    }

    /// One client.
    #[must_use]
    pub fn client(&self, id: i64) -> Option<ClientView> {
        let (wall, now) = (self.clock.now_ms(), self.clock.mono_ms());
        let table = self.table();
        table.entries.get(&id).map(|entry| view(id, entry, table.allocation.run(id), wall, now))
    }

    /// All products, sorted.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolView> {
        let table = self.table();
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        // Reads every share once, because the table is locked.
        let mut sums: BTreeMap<&ProductCode, (u64, u64, usize)> = BTreeMap::new();
        for (product, share) in table.allocation.runs().flat_map(|(_, run)| run.shares()) {
            let (held, wanted, clients) = sums.entry(product).or_default();
            *held += u64::from(share.held);
            *wanted += u64::from(share.want);
            *clients += usize::from(share.counted > 0 || share.held > 0);
        }
        let pool = |(product, pool): (&ProductCode, &licensing::allocation::Pool)| {
            let (held, wanted, clients) = sums.get(product).copied().unwrap_or_default();
            PoolView {
                product: product.to_string(),
                licensed: pool.licensed,
                held: small(held),
                counted: small(pool.counted),
                wanted: small(wanted),
                clients,
                over_committed: pool.over_committed(),
            }
        };
        table.allocation.pools().map(pool).collect()
    }

    /// The clients of this server, by their latest refreshes. State from before a restart doesn't count as in use.
    #[must_use]
    pub fn serving(&self) -> Serving {
        let now = self.clock.mono_ms();
        let table = self.table();
        let mut serving = Serving::default();
        // Newest first. The table is locked meanwhile.
        for (id, run) in table.allocation.runs().rev().filter(|(_, run)| now.saturating_sub(run.seen) <= SILENT) {
            let entry = table.entries.get(&id);
            if entry.is_some_and(|entry| entry.moved_at.is_some()) {
                continue;
            }
            if let Some(entry) = entry.filter(|entry| entry.state == RunState::Open) {
                serving.connected += 1;
                if serving.clients.len() < MOST_IDS {
                    serving.clients.push(entry.details.client.clone());
                }
            }
            serving.holding += u32::from(!run.restored && run.shares().any(|(_, share)| share.held > 0));
        }
        serving
    }

    /// VE clients that stopped responding without a goodbye: id, name, and last contact.
    pub(crate) fn silent_ve(&self) -> Vec<(String, String, i64)> {
        let now = self.clock.mono_ms();
        let table = self.table();
        let silent = |id: &i64| table.allocation.run(*id).is_none_or(|run| now.saturating_sub(run.seen) > SILENT);
        let gone = table.entries.iter().filter(|(id, entry)| {
            entry.state == RunState::Open && entry.moved_at.is_none() && entry.details.ve.is_some() && silent(id)
        });
        gone.map(|(_, entry)| (entry.details.client.clone(), entry.details.name.to_string(), entry.seen)).collect()
    }

    /// The ids of clients with licenses in use here, by their latest refreshes.
    pub(crate) fn at_work(&self) -> std::collections::BTreeSet<String> {
        let now = self.clock.mono_ms();
        let table = self.table();
        let works = |id: &i64| {
            table.allocation.run(*id).is_some_and(|run| {
                now.saturating_sub(run.seen) <= SILENT && run.shares().any(|(_, share)| share.held > 0)
            })
        };
        table.entries.iter().filter(|(id, _)| works(id)).map(|(_, entry)| entry.details.client.clone()).collect()
    }

    /// The ids of connected clients.
    pub(crate) fn connected(&self) -> BTreeSet<String> {
        self.connected_if(|_| true)
    }

    /// The ids of connected VE clients: those that use a backup's hours.
    pub(crate) fn ve_clients(&self) -> BTreeSet<String> {
        self.connected_if(|entry| entry.details.ve.is_some())
    }

    fn connected_if(&self, is_meant: impl Fn(&RunEntry) -> bool) -> BTreeSet<String> {
        let now = self.clock.mono_ms();
        let table = self.table();
        let connected = |(id, entry): &(&i64, &RunEntry)| {
            is_meant(entry) && state(entry, table.allocation.run(**id), now) == ClientState::Connected
        };
        table.entries.iter().filter(connected).map(|(_, entry)| entry.details.client.clone()).collect()
    }

    /// Products with more reserved than licensed.
    #[must_use]
    pub fn over_committed(&self) -> BTreeSet<ProductCode> {
        let table = self.table();
        let over = table.allocation.pools().filter(|(_, pool)| pool.over_committed());
        over.map(|(product, _)| product.clone()).collect()
    }

    /// Licenses in use now, by product.
    #[must_use]
    pub fn in_use(&self) -> BTreeMap<ProductCode, u64> {
        let table = self.table();
        let mut held: BTreeMap<ProductCode, u64> = BTreeMap::new();
        for (product, share) in
            table.allocation.runs().flat_map(|(_, run)| run.shares()).filter(|(_, share)| share.held > 0)
        {
            match held.get_mut(product) {
                Some(sum) => *sum += u64::from(share.held),
                None => drop(held.insert(product.clone(), share.held.into())),
            }
        }
        held
    }
}

fn state(entry: &RunEntry, run: Option<&ClientRun>, now: i64) -> ClientState {
    let quiet = run.map_or(i64::MAX, |run| now.saturating_sub(run.seen));
    match entry.state {
        RunState::Ended => ClientState::Gone,
        RunState::Open if entry.moved_at.is_some() => ClientState::Moved,
        RunState::Open if quiet <= SILENT => ClientState::Connected,
        RunState::Open if run.is_some_and(|run| run.deadline > now) => ClientState::Silent,
        _ if run.is_some_and(ClientRun::counts) => ClientState::Silent,
        _ => ClientState::Gone,
    }
}

/// It uses more of some product than its limit.
fn is_over(run: &ClientRun) -> bool {
    run.shares().any(|(_, share)| share.over)
}

fn view(id: i64, entry: &RunEntry, run: Option<&ClientRun>, wall: i64, now: i64) -> ClientView {
    let counts = run.is_some_and(ClientRun::counts);
    let state = state(entry, run, now);
    let at_wall = |mono: i64| wall.saturating_add(mono.saturating_sub(now));
    let released = run.and_then(|run| run.released_until).filter(|until| *until > now).map(at_wall);
    let used = entry.uses.iter().filter(|(_, used)| !used.counted.is_empty() || !used.beyond.is_empty());
    let mut products: Vec<ProductView> = used
        .map(|(product, _)| product)
        .chain(run.into_iter().flat_map(|run| run.shares().map(|(product, _)| product)))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|product| {
            let share = run.and_then(|run| run.share(product)).copied().unwrap_or_default();
            let used = entry.uses.get(product).copied().unwrap_or_default();
            ProductView {
                product: product.to_string(),
                held: share.held,
                limit: share.told,
                counted: share.counted,
                want: share.want,
                usage_count: used.counted.count,
                usage_ms: used.counted.ms,
                denied: used.counted.denied,
                beyond_count: used.beyond.count,
                beyond_ms: used.beyond.ms,
                released_until_ms: released,
            }
        })
        .collect();
    products.sort_by(|a, b| a.product.cmp(&b.product));
    ClientView {
        id,
        client: entry.details.client.clone(),
        epoch: entry.details.epoch,
        name: entry.details.name.to_string(),
        host: entry.details.host.clone(),
        software: entry.details.software.clone(),
        address: entry.details.address.clone(),
        deployment: entry.details.deployment.to_string(),
        since_ms: entry.details.since,
        seen_ms: entry.seen,
        state,
        counted_until_ms: run.filter(|_| counts && state != ClientState::Connected).map(|run| at_wall(run.deadline)),
        clock_off_ms: entry.clock_off,
        dropped: entry.dropped,
        over_limit: run.is_some_and(is_over),
        contest: entry
            .contest
            .clone()
            .filter(|contest| state == ClientState::Connected && wall.saturating_sub(contest.at_ms) <= CONTEST_SHOWN),
        misdated: entry.misdated,
        products,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_found_by_what_was_typed_the_product_and_the_state() {
        let product = ProductView { product: "TTS3".into(), held: 3, ..ProductView::default() };
        let client = ClientView {
            name: "Call Centre".into(),
            host: "cc-1.example".into(),
            products: vec![product, ProductView { product: "VAD".into(), ..ProductView::default() }],
            ..ClientView::default()
        };
        for (text, product, state, fits) in [
            ("", "", None, true),
            ("CC-1", "", None, true),
            ("call c", "TTS3", Some(ClientState::Connected), true),
            ("zebra", "", None, false),
            ("", "TTS", None, false),
            ("", "VAD", None, false),
            ("", "", Some(ClientState::Gone), false),
        ] {
            assert_eq!(client.matches(text, product, state), fits, "{text} {product} {state:?}");
        }
    }
}
