use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::client_protocol::{CheckOut, Observed, Records, Refresh, Use, VERSION};
use licensing::failover::{Event as Step, PRIMARY, State};
use licensing::product::ProductCode;

use super::answers::Outcome;
use super::peer::Session;
use super::talk::{ask, body};
use super::{Driver, Identity};
use crate::journal::Server;
use crate::shared::Shared;

/// The most characters of what a client says it saw (the client protocol).
const LONGEST_SEEN: usize = 255;

impl Driver {
    /// Whether a server is to hear of this client at every interval.
    fn is_asked(&self, server: Server) -> bool {
        let peer = &self.peers[server];
        let has_more = peer.is_known() && (!peer.is_settled || self.shared.journal.has(server));
        self.failover.asks(server) || has_more
    }

    fn sends_records(&self, server: Server) -> bool {
        let peer = &self.peers[server];
        !peer.is_sending && !peer.is_troubled && peer.session.is_some() && self.shared.journal.has(server)
    }

    /// When something is to be sent to a server next.
    pub(super) fn due_at(&self, server: Server) -> Option<u64> {
        let peer = &self.peers[server];
        let refresh = (!peer.is_asking && self.is_asked(server)).then_some(peer.due_ms);
        let records = self.sends_records(server).then_some(peer.records_due_ms);
        refresh.into_iter().chain(records).min()
    }

    /// Sends what is due.
    pub(super) fn ask_those_due(&mut self, now_ms: u64) {
        for server in 0..self.peers.len() {
            let peer = &self.peers[server];
            if !peer.is_asking && peer.due_ms <= now_ms && self.is_asked(server) {
                self.ask(server, now_ms);
            }
            if self.sends_records(server) && self.peers[server].records_due_ms <= now_ms {
                self.send_records(server);
            }
        }
    }

    fn ask(&mut self, server: Server, now_ms: u64) {
        let works = self.failover.works_with(server);
        let peer = &mut self.peers[server];
        peer.is_asking = true;
        peer.is_hurried = false;
        peer.sent_ms = now_ms;
        let link = peer.link.clone();
        let sender = self.sender.clone();
        // Each move to a backup is told there once, also when it knows this run from before.
        let is_news = server != PRIMARY && works && !peer.is_told;
        let Some(session) = peer.session.as_mut().filter(|_| !is_news && !peer.is_to_greet) else {
            let observed = is_news.then(|| self.observed(server, now_ms));
            let hello = body(&self.identity.hello(server, observed));
            tokio::spawn(async move {
                let result = ask(&link, "/v1/hello", hello).await;
                // The driver may have ended.
                let _ = sender.send((server, Outcome::Welcome { tells: is_news, result }));
            });
            self.feed(Step::Asked(server), now_ms);
            return;
        };
        session.sequence += 1;
        let session = *session;
        peer.is_settled &= !works;
        if works {
            self.shared.books().iter().for_each(|book| book.tell_open(now_ms, &self.shared.journal));
        }
        let refresh = refresh(&self.shared, &self.identity, server, session, works, now_ms);
        let is_idle = refresh.told.products.values().all(|product| product.held == 0 && product.want == 0);
        let (shared, identity) = (self.shared.clone(), self.identity.clone());
        tokio::spawn(async move {
            let refresh = refresh.stamped(&shared, &identity).await;
            let result = ask(&link, "/v1/refresh", body(&refresh)).await;
            let outcome = Outcome::Allocated { session, sent_ms: now_ms, works, is_idle, result };
            let _ = sender.send((server, outcome));
        });
        self.feed(Step::Asked(server), now_ms);
    }

    /// What this client saw of the server it worked with before, or tried before it came to `server`.
    fn observed(&self, server: Server, now_ms: u64) -> Observed {
        let other = self.failover.current.filter(|current| *current != server).unwrap_or(PRIMARY);
        let answered_ms = self.peers[other].answered_ms.unwrap_or(self.identity.began_ms);
        let shorten = |text: &str| text.chars().take(LONGEST_SEEN).collect();
        Observed {
            server: shorten(&self.shared.names[other]),
            silent_ms: now_ms.saturating_sub(answered_ms),
            problem: shorten(&self.problem(other).sentence),
        }
    }

    /// A server that was left is told again when the client returns to it.
    pub(super) fn forget_told(&mut self, before: &State) {
        let serving = self.failover.serving();
        if serving.is_some() && serving != before.serving() {
            let others = self.peers.iter_mut().enumerate().filter(|(server, _)| Some(*server) != serving);
            others.for_each(|(_, peer)| peer.is_told = false);
        }
    }

    fn send_records(&mut self, server: Server) {
        let peer = &mut self.peers[server];
        let Some(session) = peer.session else { return };
        let Some(records) = records(&self.shared, &self.identity, server, session, peer.batch) else { return };
        peer.is_sending = true;
        let (link, sender) = (peer.link.clone(), self.sender.clone());
        let (shared, identity) = (self.shared.clone(), self.identity.clone());
        tokio::spawn(async move {
            let records = records.stamped(&shared, &identity).await;
            let result = ask(&link, "/v1/records", body(&records)).await;
            let outcome =
                Outcome::Recorded { epoch: session.epoch, first: records.first, sent: records.records.len(), result };
            let _ = sender.send((server, outcome));
        });
    }
}

/// A message that says what the clock shows when it is sent.
pub struct Unsent<T> {
    told: T,
    /// The latest time it tells of.
    latest_ms: u64,
}

impl Unsent<Refresh> {
    /// To be sent now.
    pub async fn stamped(self, shared: &Shared, identity: &Identity) -> Refresh {
        let now = Some(identity.wall_ms(shared.reach(self.latest_ms).await));
        Refresh { now, ..self.told }
    }
}

impl Unsent<Records> {
    /// To be sent now.
    pub async fn stamped(self, shared: &Shared, identity: &Identity) -> Records {
        let now = Some(identity.wall_ms(shared.reach(self.latest_ms).await));
        Records { now, ..self.told }
    }
}

/// What to tell a server about all products. `works`: it is to carry what is in use.
pub fn refresh(
    shared: &Shared,
    identity: &Identity,
    server: Server,
    session: Session,
    works: bool,
    now_ms: u64,
) -> Unsent<Refresh> {
    let books = shared.books();
    let tell =
        |book: &Arc<crate::book::Book>| (book.product.clone(), book.tell(server, works, now_ms, &shared.journal));
    let products: BTreeMap<ProductCode, Use> = books.iter().map(tell).collect();
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
    let latest_ms = books.iter().map(|book| book.latest_ms()).max().unwrap_or(now_ms);
    Unsent { told, latest_ms }
}

/// The next records for a server.
pub fn records(
    shared: &Shared,
    identity: &Identity,
    server: Server,
    session: Session,
    most: usize,
) -> Option<Unsent<Records>> {
    let (first, entries) = shared.journal.batch(server, most)?;
    let latest_ms = entries.iter().map(|entry| entry.to_ms.unwrap_or(entry.from_ms)).max().unwrap_or(0);
    let books = shared.books();
    let records = entries
        .into_iter()
        .map(|entry| CheckOut {
            product: books[entry.product].product.clone(),
            user: entry.user.map_or_else(|| identity.user.clone(), |user| user.to_string()),
            host: identity.hello.host.clone(),
            from: identity.wall_ms(entry.from_ms),
            to: entry.to_ms.map(|at_ms| identity.wall_ms(at_ms)),
            outcome: entry.outcome,
            opened: entry.opened,
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
    Some(Unsent { told, latest_ms })
}
