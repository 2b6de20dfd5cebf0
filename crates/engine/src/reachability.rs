//! The last check of the nodes' reachability, shared by all viewers.

use std::net::IpAddr;
use std::sync::Arc;

use licensing::conf::effective::Effective;
use tokio::sync::watch;

use crate::Engine;
use crate::diagnostics::{self, Matrix, ProbeTarget, Prober};

/// The state of the check.
#[derive(Debug, Clone, Default)]
pub struct Reachability {
    /// A check is in progress.
    pub running: bool,
    /// Connections tried so far.
    pub done: usize,
    /// Connections to try.
    pub total: usize,
    /// The last finished check.
    pub matrix: Option<Arc<Matrix>>,
    /// Names of the peers' addresses, and what they resolve to or why they don't, as of the last check.
    pub peers: Vec<(String, Result<Vec<IpAddr>, String>)>,
    /// Nodes, and how far their clocks are ahead of this machine's, milliseconds; negative if behind. Nodes tell the time in whole
    /// seconds.
    pub clocks: Vec<(String, i64)>,
    /// Why the last check could not start.
    pub problem: Option<String>,
}

impl Engine {
    /// The state of the check.
    pub fn reachability(&self) -> Reachability {
        self.reachability.borrow().clone()
    }

    /// Notified of progress.
    pub fn reachability_changes(&self) -> watch::Receiver<Reachability> {
        self.reachability.subscribe()
    }

    /// Checks every node in use on every allowed port, the names of the peers, and the database, in the background. Nodes of the protocol
    /// that is not configured are not asked. Returns whether it was started: one at a time.
    pub fn check_reachability(self: &Arc<Self>) -> bool {
        let targets = diagnostics::targets(&self.conf().effective);
        let begun = self.reachability.send_if_modified(|state| {
            let begin = !state.running;
            if begin {
                *state = Reachability { running: true, done: 0, total: targets.len(), ..state.clone() };
            }
            begin
        });
        if begun {
            let engine = self.clone();
            tokio::spawn(async move {
                let probing = tokio::spawn({
                    let engine = engine.clone();
                    async move {
                        let peers = diagnostics::look_up(engine.peer_hosts());
                        let (probed, peers, ()) = tokio::join!(engine.probe(&targets), peers, engine.check_integrity());
                        probed.map(|(matrix, clocks)| (matrix, clocks, peers))
                    }
                });
                // A panic counts as a failed check.
                let result = probing.await.unwrap_or_else(|error| Err(format!("The check was aborted: {error}.")));
                engine.reachability.send_modify(|state| {
                    state.running = false;
                    match result {
                        Ok((matrix, clocks, peers)) => {
                            state.matrix = Some(Arc::new(matrix));
                            (state.clocks, state.peers) = (clocks, peers);
                            state.problem = None;
                        }
                        Err(problem) => state.problem = Some(problem),
                    }
                });
            });
        }
        begun
    }

    /// Reads certificates from disk, so not on an async thread.
    async fn prober(&self) -> Result<Prober, String> {
        let ca = self.node_ca.get().cloned().flatten();
        let made = tokio::task::spawn_blocking(move || Prober::new(ca.as_deref())).await;
        made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    /// The probes, and by how much the clocks of the nodes are off.
    async fn probe(&self, targets: &[ProbeTarget]) -> Result<(Matrix, Vec<(String, i64)>), String> {
        let prober = self.prober().await?;
        let at_ms = self.clock.now_ms();
        let mut clocks: Vec<(String, i64)> = Vec::new();
        let probes = diagnostics::run(&prober, targets, |_, probe| {
            let host = &probe.target.host;
            if let Some(theirs) = probe.clock_ms.filter(|_| clocks.iter().all(|(known, _)| known != host)) {
                // Its second has been running for half a second, on average.
                clocks.push((host.clone(), theirs.saturating_add(500).saturating_sub(self.contact.wall_ms())));
            }
            self.reachability.send_modify(|state| state.done += 1);
        })
        .await;
        Ok((Matrix { at_ms, probes }, clocks))
    }

    /// Checks the nodes of settings not written yet, with their protocol.
    ///
    /// # Errors
    /// A sentence if the check can't start.
    pub async fn check_reachability_as(&self, effective: &Effective) -> Result<Matrix, String> {
        let targets = diagnostics::targets(effective);
        let prober = self.prober().await?;
        let at_ms = self.clock.now_ms();
        Ok(Matrix { at_ms, probes: diagnostics::run(&prober, &targets, |_, _| {}).await })
    }
}
