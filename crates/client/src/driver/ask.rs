use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::client_protocol::{CheckOut, ObservedServer, Records, Refresh, Use, VERSION};
use licensing::failover::{FailoverEvent, FailoverState, PRIMARY};
use licensing::product::ProductCode;

use super::answers::RequestOutcome;
use super::known_server::ServerSession;
use super::talk::{ask, body};
use super::{ClientIdentity, Driver};
use crate::journal::ServerIndex;
use crate::shared::SharedClient;

/// The most characters of what a client says it saw (the client protocol).
const LONGEST_SEEN: usize = 255;

impl Driver {
    /// Whether a server is to hear of this client at every interval.
    fn is_asked(&self, server: ServerIndex) -> bool {
        let known = &self.known[server];
        let has_more = known.is_known() && (!known.is_settled || self.shared.journal.has(server));
        self.failover.asks(server) || has_more
    }

    fn sends_records(&self, server: ServerIndex) -> bool {
        let known = &self.known[server];
        !known.is_sending && !known.is_troubled && known.session.is_some() && self.shared.journal.has(server)
    }

    /// When something is to be sent to a server next.
    pub(super) fn due_at(&self, server: ServerIndex) -> Option<u64> {
        let known = &self.known[server];
        let refresh = (known.may_be_asked() && self.is_asked(server)).then_some(known.due_ms);
        let records = self.sends_records(server).then_some(known.records_due_ms);
        refresh.into_iter().chain(records).min()
    }

    /// Sends what is due.
    pub(super) fn ask_those_due(&mut self, now_ms: u64) {
        for server in 0..self.known.len() {
            let known = &self.known[server];
            if known.may_be_asked() && known.due_ms <= now_ms && self.is_asked(server) {
                self.ask(server, now_ms);
            }
            if self.sends_records(server) && self.known[server].records_due_ms <= now_ms {
                self.send_records(server);
            }
        }
    }

    fn ask(&mut self, server: ServerIndex, now_ms: u64) {
        let works = self.failover.works_with(server);
        let known = &mut self.known[server];
        known.is_asking = true;
        known.is_hurried = false;
        known.sent_ms = now_ms;
        let link = known.link.clone();
        let sender = self.sender.clone();
        let generation = self.identity.generation;
        // Each move to a backup is told there once, also when it knows this run from before.
        let is_news = server != PRIMARY && works && !known.is_told;
        let Some(session) = known.session.as_mut().filter(|_| !is_news && !known.is_to_greet) else {
            let observed = is_news.then(|| self.observed(server, now_ms));
            let hello = body(&self.identity.hello(server, observed));
            tokio::spawn(async move {
                let result = ask(&link, "/v1/hello", hello).await;
                // The driver may have ended.
                let _ = sender.send((server, RequestOutcome::Welcome { generation, tells: is_news, result }));
            });
            self.feed(FailoverEvent::Asked(server), now_ms);
            return;
        };
        session.sequence += 1;
        let session = *session;
        known.is_settled &= !works;
        if works {
            self.shared.pools().iter().for_each(|pool| pool.tell_open(now_ms, &self.shared.journal));
        }
        let refresh = refresh(&self.shared, &self.identity, server, session, works, now_ms);
        let is_idle = refresh.told.products.values().all(|product| product.held == 0 && product.want == 0);
        let (shared, identity) = (self.shared.clone(), self.identity.clone());
        tokio::spawn(async move {
            let refresh = refresh.stamped(&shared, &identity).await;
            let result = ask(&link, "/v1/refresh", body(&refresh)).await;
            let outcome = RequestOutcome::Allocated { generation, session, sent_ms: now_ms, works, is_idle, result };
            let _ = sender.send((server, outcome));
        });
        self.feed(FailoverEvent::Asked(server), now_ms);
    }

    /// What this client saw of the server it worked with before, or tried before it came to `server`.
    fn observed(&self, server: ServerIndex, now_ms: u64) -> ObservedServer {
        let other = self.failover.current.filter(|current| *current != server).unwrap_or(PRIMARY);
        let answered_ms = self.known[other].answered_ms.unwrap_or(self.identity.began_ms);
        let shorten = |text: &str| text.chars().take(LONGEST_SEEN).collect();
        ObservedServer {
            server: shorten(&self.shared.names[other]),
            silent_ms: now_ms.saturating_sub(answered_ms),
            problem: shorten(&self.problem(other).sentence),
        }
    }

    /// A server that was left is told again when the client returns to it.
    pub(super) fn forget_told(&mut self, before: &FailoverState) {
        let serving = self.failover.serving();
        if serving.is_some() && serving != before.serving() {
            let others = self.known.iter_mut().enumerate().filter(|(server, _)| Some(*server) != serving);
            others.for_each(|(_, known)| known.is_told = false);
        }
    }

    fn send_records(&mut self, server: ServerIndex) {
        let known = &mut self.known[server];
        let Some(session) = known.session else { return };
        let Some(records) = records(&self.shared, &self.identity, server, session, known.batch) else { return };
        known.is_sending = true;
        let (link, sender) = (known.link.clone(), self.sender.clone());
        let (shared, identity) = (self.shared.clone(), self.identity.clone());
        tokio::spawn(async move {
            let records = records.stamped(&shared, &identity).await;
            let result = ask(&link, "/v1/records", body(&records)).await;
            let outcome = RequestOutcome::Recorded {
                epoch: session.epoch,
                first: records.first,
                sent: records.records.len(),
                result,
            };
            let _ = sender.send((server, outcome));
        });
    }
}

/// A message that says what the clock shows when it is sent.
pub struct UnsentMessage<T> {
    told: T,
    /// The latest time it tells of.
    latest_ms: u64,
}

impl UnsentMessage<Refresh> {
    /// To be sent now.
    pub async fn stamped(self, shared: &SharedClient, identity: &ClientIdentity) -> Refresh {
        let now = Some(identity.wall_ms(shared.reach(self.latest_ms).await));
        Refresh { now, ..self.told }
    }
}

impl UnsentMessage<Records> {
    /// To be sent now.
    pub async fn stamped(self, shared: &SharedClient, identity: &ClientIdentity) -> Records {
        let now = Some(identity.wall_ms(shared.reach(self.latest_ms).await));
        Records { now, ..self.told }
    }
}

/// What to tell a server about all products. `works`: it is to carry what is in use.
pub fn refresh(
    shared: &SharedClient,
    identity: &ClientIdentity,
    server: ServerIndex,
    session: ServerSession,
    works: bool,
    now_ms: u64,
) -> UnsentMessage<Refresh> {
    let pools = shared.pools();
    let tell = |pool: &Arc<crate::lease_pool::LeasePool>| {
        (pool.product.clone(), pool.tell(server, works, now_ms, &shared.journal))
    };
    let products: BTreeMap<ProductCode, Use> = pools.iter().map(tell).collect();
    let told = Refresh {
        protocol: VERSION,
        client: identity.hello.client.clone(),
        run: identity.hello.run.clone(),
        epoch: session.epoch,
        sequence: session.sequence,
        now: None,
        products,
        audio_ms: 0,
        dropped: shared.journal.dropped(server),
    };
    let latest_ms = pools.iter().map(|pool| pool.latest_ms()).max().unwrap_or(now_ms);
    UnsentMessage { told, latest_ms }
}

/// The next records for a server.
pub fn records(
    shared: &SharedClient,
    identity: &ClientIdentity,
    server: ServerIndex,
    session: ServerSession,
    most: usize,
) -> Option<UnsentMessage<Records>> {
    let (first, entries) = shared.journal.batch(server, most)?;
    let latest_ms = entries.iter().map(|entry| entry.to_ms.unwrap_or(entry.from_ms)).max().unwrap_or(0);
    let pools = shared.pools();
    let records = entries
        .into_iter()
        .map(|entry| CheckOut {
            product: pools[entry.product].product.clone(),
            user: entry.user.map_or_else(|| identity.user.clone(), |user| user.to_string()),
            host: identity.hello.host.clone(),
            from: identity.wall_ms(entry.from_ms),
            to: entry.to_ms.map(|at_ms| identity.wall_ms(at_ms)),
            outcome: entry.outcome,
            opened: entry.opened.filter(|record| record.generation == identity.generation).map(|record| record.number),
            before: entry.opened.and_then(|record| identity.earlier(record)),
        })
        .collect();
    let told = Records {
        protocol: VERSION,
        client: identity.hello.client.clone(),
        run: identity.hello.run.clone(),
        epoch: session.epoch,
        first,
        now: None,
        records,
    };
    Some(UnsentMessage { told, latest_ms })
}
