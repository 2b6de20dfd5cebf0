use std::sync::Arc;

use licensing::client_protocol::{REFRESH_MS, Welcome};

use super::HURRY_MS;
use super::talk::Problem;
use crate::connection::ServerLink;

/// Records in one batch: a good second of work for neither side.
const BATCH: usize = 2_000;

/// One server, as this client knows it.
#[derive(Debug)]
pub struct KnownServer {
    /// The way to it.
    pub link: Arc<ServerLink>,
    /// What it is asked in; `None` before it has welcomed this run.
    pub session: Option<ServerSession>,
    /// The session before, when the server said that it does not know it.
    pub lost: Option<ServerSession>,
    /// Whether a hello or a refresh is under way.
    pub is_asking: bool,
    /// When the last one was sent.
    pub sent_ms: u64,
    /// When the next one is due.
    pub due_ms: u64,
    /// Time between two, as the server wishes.
    pub interval_ms: u64,
    /// Somebody waits for the next.
    pub is_hurried: bool,
    /// It forgot this run, and has not answered a refresh since.
    pub has_forgotten: bool,
    /// It said that another run has taken this client's place, and has not answered a refresh since.
    pub is_renewed: bool,
    /// Since when it says that another run of this client is alive there.
    pub in_use_since: Option<u64>,
    /// Its last answer was not usable.
    pub is_troubled: bool,
    /// Whether records are under way.
    pub is_sending: bool,
    /// When records may be sent again.
    pub records_due_ms: u64,
    /// How many at a time.
    pub batch: usize,
    /// Everything that is to be told is stored there.
    pub is_settled: bool,
    /// It has been asked since its interval was spread for the first time.
    pub is_spread: bool,
    /// Hello is to be said again, so that it looks at its license.
    pub is_to_greet: bool,
    /// It knows why this client has come to it.
    pub is_told: bool,
    /// When its last usable answer came.
    pub answered_ms: Option<u64>,
    /// When what it gives ends, as far as it said so.
    pub ends_ms: Option<u64>,
    /// What is wrong with it.
    pub problem: Option<Problem>,
}

/// A run as a server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSession {
    /// Names the run.
    pub epoch: u64,
    /// The last refresh sent.
    pub sequence: u64,
    /// The last refresh answered.
    pub answered: u64,
}

impl KnownServer {
    /// A server to be asked at once.
    pub fn new(link: ServerLink, now_ms: u64) -> Self {
        Self {
            link: Arc::new(link),
            session: None,
            lost: None,
            is_asking: false,
            sent_ms: 0,
            due_ms: now_ms,
            interval_ms: REFRESH_MS,
            is_hurried: false,
            has_forgotten: false,
            is_renewed: false,
            in_use_since: None,
            is_troubled: false,
            is_sending: false,
            records_due_ms: now_ms,
            batch: BATCH,
            is_settled: true,
            is_spread: false,
            is_to_greet: false,
            is_told: false,
            answered_ms: None,
            ends_ms: None,
            problem: None,
        }
    }

    /// Whether a hello or a refresh may be sent now. A new session waits for records under way: their numbers are those of the
    /// session before.
    pub fn may_be_asked(&self) -> bool {
        !(self.is_asking || self.session.is_none() && self.is_sending)
    }

    /// The client begins a new run: it says hello again.
    pub fn renew(&mut self, now_ms: u64) {
        self.lost = self.session.take().or(self.lost);
        self.has_forgotten = false;
        self.due_ms = now_ms;
    }

    /// The next refresh is wanted at once, as far as the last was long enough ago.
    pub fn hurry(&mut self, now_ms: u64) {
        if self.is_asking {
            self.is_hurried = true;
        } else if !self.is_troubled {
            self.due_ms = self.due_ms.min(now_ms.max(self.sent_ms.saturating_add(HURRY_MS)));
        }
    }

    /// The server welcomed this run. Returns whether it has lost what it knew of it.
    pub fn welcome(&mut self, welcome: &Welcome) -> bool {
        let before = self.session.or(self.lost);
        let sequence = before.map_or(0, |session| session.sequence).max(welcome.sequence);
        let has_lost =
            before.is_some_and(|session| session.epoch != welcome.epoch || welcome.sequence < session.answered);
        let answered = if has_lost { welcome.sequence } else { before.map_or(0, |session| session.answered) };
        self.session = Some(ServerSession { epoch: welcome.epoch, sequence, answered });
        self.lost = None;
        has_lost
    }

    /// Whether it knows of this run, or did.
    pub fn is_known(&self) -> bool {
        self.session.or(self.lost).is_some()
    }

    /// The batch was taken: the next may be larger again.
    pub fn widen(&mut self) {
        self.batch = (self.batch * 2).min(BATCH);
    }
}
