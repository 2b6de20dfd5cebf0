//! The last check of the nodes' reachability, shared by all viewers.

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

    /// Checks every node of the conf file on every allowed port of both protocols, in the background. Returns whether
    /// it was started: one at a time.
    pub fn check_reachability(self: &Arc<Self>) -> bool {
        let targets = diagnostics::targets(&self.conf().effective, true);
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
                    async move { engine.probe(&targets).await }
                });
                // A panic counts as a failed check.
                let result = probing.await.unwrap_or_else(|error| Err(format!("The check was aborted: {error}.")));
                engine.reachability.send_modify(|state| {
                    state.running = false;
                    match result {
                        Ok(matrix) => {
                            state.matrix = Some(Arc::new(matrix));
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

    async fn probe(&self, targets: &[ProbeTarget]) -> Result<Matrix, String> {
        let prober = self.prober().await?;
        let at_ms = self.clock.now_ms();
        let probes = diagnostics::run(&prober, targets, |_, _| {
            self.reachability.send_modify(|state| state.done += 1);
        })
        .await;
        Ok(Matrix { at_ms, probes })
    }

    /// Checks the nodes of settings not written yet, with their protocol.
    ///
    /// # Errors
    /// A sentence if the check can't start.
    pub async fn check_reachability_as(&self, effective: &Effective) -> Result<Matrix, String> {
        let targets = diagnostics::targets(effective, false);
        let prober = self.prober().await?;
        let at_ms = self.clock.now_ms();
        Ok(Matrix { at_ms, probes: diagnostics::run(&prober, &targets, |_, _| {}).await })
    }
}
