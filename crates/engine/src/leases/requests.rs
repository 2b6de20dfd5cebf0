//! The four requests of the license port.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use licensing::allocation::{LimitAnswer, RunKey};
use licensing::client_protocol::{
    Allocation, CACHE_MS, Farewell, Fault, FaultKind, Goodbye, Hello, Limit, REFRESH_MS, Records, Refresh, Shortage,
    VERSION,
};
use licensing::product::ProductCode;

use super::run::{RunDetails, RunState};
use super::{Leases, ReceivedAt};

/// Maximum earlier runs that one batch of records may name: a client that lost its place more often since it took what it
/// has in use is told of as new.
const MOST_EARLIER: usize = 8;

/// What the server knows of a caller, besides what it says.
#[derive(Debug, Clone, Copy)]
pub struct Requester<'a> {
    /// Its address.
    pub address: &'a str,
    /// The default deployment.
    pub deployment: &'a str,
    /// The product of the VE license it logs in to.
    pub ve: Option<&'a str>,
}

/// The answer to a hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Number of the run here.
    pub id: RunKey,
    /// Its epoch.
    pub epoch: u64,
    /// The last refresh applied.
    pub sequence: u64,
}

fn unanswered(error: sqlx::Error) -> Fault {
    tracing::error!(%error, "the database did not respond to a client request");
    Fault::new(FaultKind::Unavailable, "The server's database does not respond. Try again.")
}

impl Leases {
    /// A client introduces itself.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn hello(&self, hello: &Hello, requester: Requester<'_>) -> Result<Reply, Fault> {
        hello.check()?;
        self.find_client(hello, requester.address).await?;
        let (wall, now) = (self.clock.now_ms(), self.clock.mono_ms());
        let (id, wait_for) = {
            let mut table = self.table();
            let id = match table.find(&hello.run) {
                Some(id) => match table.entries.get(&id) {
                    Some(entry) if entry.details.client != hello.client => {
                        return Err(Fault::malformed(
                            "This `run` belongs to another client. Create a new one at each start.",
                        ));
                    }
                    Some(entry) if entry.state == RunState::Superseded => return Err(Fault::superseded()),
                    Some(entry) if entry.state == RunState::Ended => {
                        return Err(Fault::malformed("This `run` has said goodbye. Create a new one at each start."));
                    }
                    _ => {
                        table.repeat_hello(id, hello, requester, wall, now);
                        id
                    }
                },
                None => {
                    table.may_replace(hello, requester.address, wall, now)?;
                    let epoch = table.epoch_of(&hello.client) + 1;
                    let deployment = hello.deployment.as_deref().unwrap_or(requester.deployment);
                    let details = RunDetails::of(hello, epoch, requester.address, deployment, wall);
                    table.begin(RunDetails { ve: requester.ve.map(str::to_owned), ..details }, wall, now)?
                }
            };
            (id, table.entries.get(&id).and_then(|entry| entry.wait_for))
        };
        if let Some(number) = wait_for {
            self.wait_for(number).await?;
        }
        let table = self.table();
        let epoch = table.entries.get(&id).map_or(0, |entry| entry.details.epoch);
        let sequence = table.allocation.run(id).map_or(0, |run| run.sequence);
        Ok(Reply { id, epoch, sequence })
    }

    /// A client reports what it holds, wants and has used. `received`: from [`Leases::received`], on arrival.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn refresh(&self, said: Refresh, received: ReceivedAt) -> Result<Allocation, Fault> {
        said.check()?;
        let id = self.speaker(&said.client, &said.run, said.epoch).await?;
        let (wall, now) = (self.clock.now_ms(), self.clock.mono_ms());
        let (effect, wait_for) = self.table().refresh(id, &said, received, wall, now);
        if let Some(broken) = effect.broken {
            metrics::counter!("leasehold_broken_invariants_total").increment(1);
            tracing::error!(%broken, "refused a grant that would break an invariant");
        }
        if let Some(number) = wait_for {
            self.wait_for(number).await?;
        }
        let saved = self.table().entries.get(&id).map_or(0, |entry| entry.saved);
        let products: BTreeMap<ProductCode, Limit> = said
            .products
            .into_iter()
            .zip(effect.told)
            .map(|((product, said), told)| {
                let limit = limit(&product, said.want, told);
                (product, limit)
            })
            .collect();
        Ok(Allocation {
            protocol: VERSION,
            epoch: said.epoch,
            sequence: said.sequence,
            saved,
            refresh_ms: REFRESH_MS,
            valid_ms: CACHE_MS,
            products,
            notice: None,
        })
    }

    /// A client ends.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub async fn goodbye(&self, said: Goodbye) -> Result<(RunKey, Farewell), Fault> {
        said.check()?;
        let ended = self.ended(&said);
        if let Some(id) = ended {
            // Its answer was lost; answer again.
            return Ok((id, Farewell { protocol: VERSION, saved: said.sequence }));
        }
        let id = self.speaker(&said.client, &said.run, said.epoch).await?;
        let (wall, now) = (self.clock.now_ms(), self.clock.mono_ms());
        let number = self.table().goodbye(id, &said, wall, now);
        self.wait_for(number).await?;
        Ok((id, Farewell { protocol: VERSION, saved: said.sequence }))
    }

    fn ended(&self, said: &Goodbye) -> Option<RunKey> {
        let table = self.table();
        let id = table.find(&said.run)?;
        let entry = table.entries.get(&id)?;
        let same = entry.details.client == said.client && entry.details.epoch == said.epoch;
        (same && entry.state == RunState::Ended && entry.saved >= said.sequence && !entry.new).then_some(id)
    }

    /// The run of a request.
    pub(crate) async fn speaker(&self, client: &str, run: &str, epoch: u64) -> Result<RunKey, Fault> {
        if let Some(id) = self.table().speaker(client, run, epoch)? {
            return Ok(id);
        }
        self.recall(client, run).await?;
        self.table().speaker(client, run, epoch)?.ok_or_else(Fault::unknown_client)
    }

    /// Whether there is a place for the run of a hello. Asked before the database is: a flood must not keep that busy.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub(crate) fn check_place(&self, hello: &Hello, address: &str) -> Result<(), Fault> {
        let table = self.table();
        if table.find(&hello.run).is_some() { Ok(()) } else { table.has_place(address) }
    }

    /// The earlier runs of the client that its records name.
    ///
    /// # Errors
    /// [`Fault`], in the words of the protocol.
    pub(crate) async fn earlier_runs(&self, said: &Records) -> Result<HashMap<String, RunKey>, Fault> {
        let named: BTreeSet<&String> =
            said.records.iter().filter_map(|record| record.before.as_ref()).map(|before| &before.run).collect();
        let mut runs = HashMap::new();
        for run in named.into_iter().take(MOST_EARLIER) {
            let known = {
                let table = self.table();
                table.find(run).and_then(|id| Some((id, table.entries.get(&id)?.details.clone())))
            };
            let found = match known {
                Some(known) => Some(known),
                None => self.keep.find(run).await.map_err(unanswered)?.map(|stored| (stored.id, stored.details)),
            };
            if let Some((id, details)) = found
                && details.client == said.client
            {
                runs.insert(run.clone(), id);
            }
        }
        Ok(runs)
    }

    /// Loads the run of a hello, or else the run of its client before that, if they are not in memory.
    async fn find_client(&self, hello: &Hello, address: &str) -> Result<(), Fault> {
        if self.table().find(&hello.run).is_some() {
            return Ok(());
        }
        self.check_place(hello, address)?;
        self.recall(&hello.client, &hello.run).await?;
        if self.table().knows_client(&hello.client) {
            return Ok(());
        }
        if let Some(before) = self.keep.last_run(&hello.client).await.map_err(unanswered)? {
            self.table().adopt(&before, self.clock.mono_ms());
        }
        Ok(())
    }

    /// Loads a run that was silent for long.
    async fn recall(&self, client: &str, run: &str) -> Result<(), Fault> {
        if self.table().find(run).is_some() {
            return Ok(());
        }
        let stored = self.keep.find(run).await.map_err(unanswered)?;
        if let Some(stored) = stored.filter(|stored| stored.details.client == client) {
            self.table().adopt(&stored, self.clock.mono_ms());
        }
        Ok(())
    }
}

fn limit(product: &ProductCode, want: u32, told: LimitAnswer) -> Limit {
    let LimitAnswer { limit, version, licensed, why } = told;
    let sentence = why.map(|why| match why {
        Shortage::NotLicensed => format!("This server has no license for {product}."),
        Shortage::OutOfService => format!("The licenses for {product} are out of service. Check the server's console."),
        Shortage::AllInUse => format!("{product} has {licensed} licenses, not enough for all clients: this client requested {want} and may use {limit}."),
        Shortage::OverLimit => format!("This client uses more of {product} than its limit. It gets no more until it returns some."),
        Shortage::Released => format!("An administrator released the unused licenses of {product}."),
    });
    Limit { limit, version, licensed, why, sentence }
}
