//! The task that keeps the license of a virtual environment: takes it, misses it, and stops in the end.

use std::time::Duration;

use licensing::client_protocol::VeTerms;
use licensing::failover::PRIMARY;
use licensing::grace::{self, GraceEffect, GraceEvent, GracePhase, invariants};
use licensing::product::ProductCode;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::line;
use super::output::VeOutput;
use super::{LoginError, Status, StopWarning, VeEvent, VeStatus};
use crate::client::{Client, ClientShutdown};
use crate::driver::Problem;
use crate::error::{ConnectError, ServerProblem};
use crate::journal::ServerIndex;
use crate::keeper_event::KeeperEvent;
use crate::lease::Lease;
use crate::product::Product;

/// The longest the task sleeps, milliseconds: after the machine slept, timers are late by that time.
const LONGEST_SLEEP_MS: u64 = 1_000;

/// Time between two checks of the license unless it says otherwise, minutes.
const INTERVAL_MIN: u32 = 60;

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// The task.
#[derive(Debug)]
pub struct VeKeeper {
    client: Client,
    product: Product,
    lease: Option<Lease>,
    /// By server.
    hosts: Vec<String>,
    terms: Vec<Option<VeTerms>>,
    problems: Vec<Option<Problem>>,
    grace: grace::GraceState,
    /// The server that gave the license last.
    at: Option<ServerIndex>,
    /// Whether it gives it now.
    is_given: bool,
    /// Whether one is waited for at a server that has none left.
    is_waiting: bool,
    check_due_ms: u64,
    is_checking: bool,
    last_call: Option<JoinHandle<()>>,
    voice: VeOutput,
}

impl VeKeeper {
    /// A task that has no license so far.
    ///
    /// # Errors
    /// When the product cannot be asked for.
    pub fn new(client: Client, product: &ProductCode, hosts: Vec<String>, voice: VeOutput) -> Result<Self, LoginError> {
        let product = client.product(product.as_str()).map_err(|denied| ConnectError::Identity(denied.to_string()))?;
        // One for this virtual machine; one to spare would be another's.
        product.want_always(1);
        let servers = hosts.len();
        Ok(Self {
            client,
            product,
            lease: None,
            hosts,
            terms: vec![None; servers],
            problems: vec![None; servers],
            grace: grace::GraceState::default(),
            at: None,
            is_given: false,
            is_waiting: false,
            check_due_ms: 0,
            is_checking: false,
            last_call: None,
            voice,
        })
    }

    /// Keeps the license until told to end, or there is no use in going on; then logs out.
    pub async fn run(
        mut self,
        mut moments: mpsc::UnboundedReceiver<KeeperEvent>,
        mut closing: watch::Receiver<bool>,
    ) -> ClientShutdown {
        while !self.is_over() {
            let now_ms = self.now_ms();
            self.feed(GraceEvent::Tick, now_ms);
            self.check(now_ms);
            if self.is_over() {
                break;
            }
            let due_ms = self.grace.due_at().map_or(LONGEST_SLEEP_MS, |due| due.saturating_sub(now_ms));
            let sleep = tokio::time::sleep(Duration::from_millis(due_ms.clamp(1, LONGEST_SLEEP_MS)));
            tokio::select! {
                biased;
                // A sender that is gone ends it as well.
                _ = closing.wait_for(|closing| *closing) => break,
                moment = moments.recv() => match moment {
                    Some(moment) => self.hear(moment),
                    None => break,
                },
                () = sleep => {}
            }
        }
        self.leave().await
    }

    fn is_over(&self) -> bool {
        self.voice.status.borrow().standing.is_over()
    }

    fn now_ms(&self) -> u64 {
        self.voice.clock.elapsed_ms()
    }

    async fn leave(self) -> ClientShutdown {
        let Self { client, product, lease, hosts, at, is_given, last_call, voice, .. } = self;
        drop((lease, product));
        let parting = client.close().await;
        if let Some(host) = at.filter(|_| is_given).map(|server| &hosts[server]) {
            voice.log(line::logged_out(host));
        }
        if !voice.status.borrow().standing.is_over() {
            voice.tell(VeEvent::LoggedOut);
            voice.stand(|status| status.standing = VeStatus::LoggedOut);
        }
        if let Some(call) = last_call {
            // One that panicked has been reported by the runtime.
            let _ = call.await;
        }
        parting
    }

    fn hear(&mut self, moment: KeeperEvent) {
        let now_ms = self.now_ms();
        match moment {
            KeeperEvent::Trying(server) => self.voice.log(line::trying(&self.hosts[server])),
            KeeperEvent::Missed { server, problem } => self.missed(server, problem),
            KeeperEvent::Lost => self.lost(now_ms),
            KeeperEvent::Terms { server, terms } => {
                self.feed(GraceEvent::Terms { grace_min: terms.grace_min }, now_ms);
                if self.is_checking && self.is_given && self.at == Some(server) {
                    self.is_checking = false;
                    self.voice.log(line::checked(&terms.license_id));
                    self.voice.stand(|status| named(status, Some(&terms)));
                }
                self.terms[server] = Some(terms);
            }
            KeeperEvent::Granted(server) => self.granted(server, now_ms),
            KeeperEvent::Full(server) => self.full(server, now_ms),
            KeeperEvent::Notice(notice) => {
                self.voice.log((licensing::log_line::LogLevel::Warn, notice.sentence.clone()));
                self.voice.tell(VeEvent::Notice { ends_in_ms: notice.ends_in_ms, sentence: notice.sentence });
            }
        }
    }

    /// The primary has no license left. What another server gave is given back to it: it is for when the primary
    /// cannot be used.
    fn full(&mut self, server: ServerIndex, now_ms: u64) {
        self.lease = None;
        if std::mem::replace(&mut self.is_waiting, true) {
            return;
        }
        self.is_given = false;
        self.is_checking = false;
        self.voice.log(line::full(&self.hosts[server]));
        self.problems[server] = Some(Problem::full());
        let problems = self.sentences();
        self.voice.stand(|status| status.problems = problems);
        self.voice.tell(VeEvent::Waiting { server: self.name(server) });
        self.feed(GraceEvent::Lost, now_ms);
    }

    fn missed(&mut self, server: ServerIndex, problem: Problem) {
        self.is_given = false;
        self.is_waiting = false;
        self.is_checking = false;
        self.voice.log(line::missed(&self.hosts[server], &problem));
        self.problems[server] = Some(problem);
        let problems = self.sentences();
        self.voice.stand(|status| status.problems = problems);
    }

    fn lost(&mut self, now_ms: u64) {
        let is_refused = |problem: &Option<Problem>| problem.as_ref().is_some_and(Problem::is_lasting);
        if self.at.is_none() && self.problems.iter().all(is_refused) {
            self.voice.tell(VeEvent::Refused { servers: self.sentences() });
            self.last_call = Some(self.voice.stop(StopWarning::Now));
            self.voice.stand(|status| status.standing = VeStatus::Refused);
            return;
        }
        self.feed(GraceEvent::Lost, now_ms);
    }

    fn granted(&mut self, server: ServerIndex, now_ms: u64) {
        if self.lease.as_ref().is_none_or(|lease| !lease.is_valid()) {
            self.lease = None;
            self.lease = self.product.at_once();
        }
        if self.lease.is_none() {
            return;
        }
        self.is_waiting = false;
        self.feed(GraceEvent::Found, now_ms);
        let is_news = !std::mem::replace(&mut self.is_given, true) || self.at != Some(server);
        if !is_news || self.grace.phase != GracePhase::Running {
            return;
        }
        let terms = self.terms[server].clone();
        self.voice.log(line::connected(&self.hosts[server]));
        if let Some(terms) = &terms {
            self.voice.log(line::found(&terms.license_id));
        }
        let name = self.name(server);
        self.voice.tell(match self.at {
            None => VeEvent::LoggedIn {
                server: name.clone(),
                license_id: terms.as_ref().map(|terms| terms.license_id.clone()).unwrap_or_default(),
                key_type: terms.as_ref().map(|terms| terms.key_type.clone()).unwrap_or_default(),
            },
            Some(before) if before == server => VeEvent::Regained { server: name.clone() },
            Some(_) if server == PRIMARY => VeEvent::Returned { server: name.clone() },
            Some(before) => VeEvent::Switched { from: self.name(before), to: name.clone() },
        });
        self.at = Some(server);
        self.problems.fill(None);
        self.plan_check(now_ms);
        self.voice.stand(|status| {
            status.standing = VeStatus::Licensed;
            status.server = Some(name);
            status.problems.clear();
            named(status, terms.as_ref());
        });
    }

    /// Looks at the license now and then; the heartbeat between is that of every client.
    fn check(&mut self, now_ms: u64) {
        if self.is_given && now_ms >= self.check_due_ms {
            self.plan_check(now_ms);
            self.is_checking = true;
            self.client.check();
        }
    }

    fn plan_check(&mut self, now_ms: u64) {
        let terms = self.at.and_then(|server| self.terms[server].as_ref());
        let minutes = terms.map_or(INTERVAL_MIN, |terms| terms.interval_min.max(1));
        self.check_due_ms = now_ms.saturating_add(u64::from(minutes) * MINUTE_MS);
    }

    /// Tells the rules what happened, and does what follows.
    fn feed(&mut self, event: GraceEvent, now_ms: u64) {
        let (next, effects) = grace::step(&self.grace, event, now_ms);
        if let Err(broken) = invariants(&next, now_ms) {
            tracing::error!(%broken, ?event, "broken invariant in the grace period; ignoring the event");
            return;
        }
        self.grace = next;
        for effect in effects {
            match effect {
                GraceEffect::Begin { until } => self.begin_grace(until.saturating_sub(now_ms)),
                GraceEffect::Warn { left_ms } => {
                    self.say_left(left_ms);
                    self.voice.tell(VeEvent::Warned { left_ms });
                    // Nobody waits for it: a license may still be found.
                    drop(self.voice.stop(StopWarning::Soon { left_ms }));
                }
                // What was found is told with the license itself.
                GraceEffect::Resume => self.is_given = false,
                GraceEffect::Stop => {
                    self.voice.log(line::unavailable());
                    self.voice.tell(VeEvent::Stopped);
                    self.last_call = Some(self.voice.stop(StopWarning::Now));
                    self.voice.stand(|status| status.standing = VeStatus::Stopped);
                }
            }
        }
    }

    fn begin_grace(&mut self, grace_ms: u64) {
        let ahead = i64::try_from(grace_ms).unwrap_or(i64::MAX);
        let grace_until_ms = self.voice.clock.wall_ms().saturating_add(ahead);
        self.is_given = false;
        // A grace of one minute begins with its last word.
        if grace_ms > grace::WARNING_MS {
            self.say_left(grace_ms);
        }
        self.voice.tell(VeEvent::Lost { grace_ms, grace_until_ms });
        self.voice.stand(|status| status.standing = VeStatus::Grace { until_ms: grace_until_ms });
    }

    fn say_left(&self, left_ms: u64) {
        self.voice.log(line::terminated(&self.voice.program, left_ms));
    }

    fn name(&self, server: ServerIndex) -> String {
        self.client.alive.shared.names[server].clone()
    }

    fn sentences(&self) -> Vec<ServerProblem> {
        let problems = self.problems.iter().enumerate();
        let named = |(server, problem): (ServerIndex, &Option<Problem>)| {
            let sentence = problem.as_ref()?.sentence.clone();
            Some(ServerProblem { server: self.name(server), sentence })
        };
        problems.filter_map(named).collect()
    }
}

/// Says which license it is.
fn named(status: &mut Status, terms: Option<&VeTerms>) {
    status.license_id = terms.map(|terms| terms.license_id.clone());
    status.key_type = terms.map(|terms| terms.key_type.clone());
}
