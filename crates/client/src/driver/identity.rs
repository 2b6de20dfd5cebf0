use licensing::client_protocol::{EarlierRecord, Hello, ObservedServer, VeLogin};

use crate::clock::Clock;
use crate::journal::{RecordRef, ServerIndex};

/// No machine of today was set to an earlier time on purpose; records of an earlier one are refused: 2000-01-01, Unix milliseconds.
const EARLIEST_WALL_MS: i64 = 946_684_800_000;

/// Who this client is, and how its clock relates to wall time.
#[derive(Debug)]
pub struct ClientIdentity {
    /// What it says to every server.
    pub hello: Hello,
    /// In whose name licenses are taken when a request names nobody.
    pub user: String,
    logins: Vec<VeLogin>,
    /// Which run this is, counted from 0: answers to an earlier one are not for this one.
    pub generation: u32,
    /// The runs before it.
    earlier: Vec<String>,
    /// When it began.
    pub began_ms: u64,
    began_wall_ms: i64,
}

impl ClientIdentity {
    /// A client that begins now. `logins`: what each server is to hear besides, none or one for each.
    pub fn new(hello: Hello, user: String, logins: Vec<VeLogin>, clock: &dyn Clock) -> Self {
        let began_wall_ms = clock.wall_ms().max(EARLIEST_WALL_MS);
        Self { hello, user, logins, generation: 0, earlier: Vec::new(), began_ms: clock.elapsed_ms(), began_wall_ms }
    }

    /// The same client with a new run, in place of this one.
    pub fn renewed(&self, run: String) -> Self {
        let hello = Hello { replaces: Some(self.hello.run.clone()), run, ..self.hello.clone() };
        let Self { user, logins, generation, began_ms, began_wall_ms, .. } = self;
        let earlier = self.earlier.iter().chain([&self.hello.run]).cloned().collect();
        Self {
            earlier,
            hello,
            user: user.clone(),
            logins: logins.clone(),
            generation: generation + 1,
            began_ms: *began_ms,
            began_wall_ms: *began_wall_ms,
        }
    }

    /// How servers are told of a record of an earlier run; `None` for one of this run.
    pub fn earlier(&self, record: RecordRef) -> Option<EarlierRecord> {
        let run = self.earlier.get(usize::try_from(record.generation).ok()?)?;
        Some(EarlierRecord { run: run.clone(), number: record.number })
    }

    /// The hello to a server: the passphrase is that of its address.
    pub fn hello(&self, server: ServerIndex, observed: Option<ObservedServer>) -> Hello {
        Hello { ve: self.logins.get(server).cloned(), observed, ..self.hello.clone() }
    }

    /// Wall time at a time of the client's clock.
    pub fn wall_ms(&self, at_ms: u64) -> i64 {
        let passed = i64::try_from(at_ms.saturating_sub(self.began_ms)).unwrap_or(i64::MAX);
        self.began_wall_ms.saturating_add(passed)
    }
}
