//! One round: the nodes in random order until one gives a valid answer.

use std::sync::Arc;
use std::time::Instant;

use licensing::status_response::{NodeRefusal, ResponseRefusal};
use licensing::vendor_key::VendorKey;
use serde::{Deserialize, Serialize};

use super::apply::{Applied, PushError};
use super::client::{NodeAddress, NodeClient, elapsed, failed, nodes};
use super::{Channel, ReportError};
use crate::Engine;
use crate::actor::Actor;
use crate::secret;

/// One node that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// `host:port`.
    pub node: String,
    /// Whether its answer was valid.
    pub ok: bool,
    /// The stage it reached: `DNS`, `TCP`, `TLS`, `HTTP`, `answer`.
    pub stage: String,
    /// What happened.
    pub sentence: String,
    /// Duration, milliseconds.
    pub ms: u32,
    /// What the node said if it refused this server's registration or report.
    #[serde(default)]
    pub refused: Option<NodeRefusal>,
}

/// A finished round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRound {
    /// When it ended, Unix milliseconds.
    pub at: i64,
    /// Whether an answer was applied.
    pub ok: bool,
    /// The result as a sentence.
    pub sentence: String,
    /// The nodes asked, in that order.
    pub attempts: Vec<Attempt>,
}

impl ExchangeRound {
    /// Why no answer of a node was applied although one was reached, as a sentence that names it; none when none was reached, or when the
    /// round went well. A refusal by the node comes before an answer that this server refused.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        if let Some((attempt, refusal)) = self.node_refusal() {
            return Some(refusal.sentence(&attempt.node));
        }
        let refused = |attempt: &&Attempt| !attempt.ok && attempt.stage == "answer";
        let attempt = self.attempts.iter().rev().find(refused)?;
        Some(format!("{}: {}", attempt.node, attempt.sentence))
    }

    /// The node that refused this server's registration or report, and what it said.
    #[must_use]
    pub fn node_refusal(&self) -> Option<(&Attempt, &NodeRefusal)> {
        self.attempts.iter().rev().find_map(|attempt| Some((attempt, attempt.refused.as_ref()?)))
    }
}

/// How a round ended that brought nothing, in a sentence: the same for pages, commands, API and log.
fn failed_round(attempts: &[Attempt]) -> String {
    let refused = attempts.iter().rev().find_map(|attempt| Some(attempt.refused.as_ref()?.sentence(&attempt.node)));
    match (refused, attempts) {
        (Some(sentence), _) => sentence,
        (None, [only]) => format!("{}: {}", only.node, only.sentence),
        (None, all) => format!("None of the {} nodes asked gave a valid answer.", all.len()),
    }
}

/// The data shared by all nodes of a round.
struct Asking<'a> {
    client: &'a NodeClient,
    key: VendorKey,
    auth: &'a str,
}

/// The result of one node.
enum Tried {
    Done(Box<Applied>, Attempt),
    Next {
        attempt: Attempt,
        /// The report was not sent, so the next node can get it.
        stayed: bool,
    },
    /// No other node would answer differently.
    Stop(Attempt),
    Database(sqlx::Error),
}

impl Engine {
    /// Asks the nodes until one gives a valid answer.
    pub(super) async fn round(
        self: &Arc<Self>,
        actor: &Actor,
    ) -> Result<(ExchangeRound, Option<Applied>), ReportError> {
        let identity = self.identity().await?;
        if let Some(problem) = identity.readiness.problem() {
            return Err(ReportError::NotReady(problem));
        }
        let identity = if identity.usable_keys().is_empty() { self.complete_keys(identity).await? } else { identity };
        let mut waiting = nodes(&self.conf().effective);
        if waiting.is_empty() {
            return Err(ReportError::NotReady(
                "The list of licensing nodes in license_server.conf is empty. Enter at least one node, or `default`."
                    .to_owned(),
            ));
        }
        let (Some(key), Some(auth)) = (identity.usable_keys().first().copied(), identity.auth.as_deref()) else {
            let sentence = "No node returned the confirmed vendor's key, so nothing was sent.";
            return Ok((self.ended(Vec::new(), sentence), None));
        };
        let asking = Asking { client: self.node_client().map_err(ReportError::NotReady)?, key, auth };
        let mut attempts = Vec::new();
        let mut report = None;
        while !waiting.is_empty() {
            let node = waiting.swap_remove(secret::below(waiting.len()));
            let opened = match report.take() {
                Some(opened) => opened,
                None => self.open_report(actor, Channel::Online).await?,
            };
            match self.ask(actor, &asking, &node, (&opened.status_id, &opened.report)).await {
                Tried::Done(applied, attempt) => {
                    attempts.push(attempt);
                    let sentence = applied.outcome.changes.sentence();
                    return Ok((
                        ExchangeRound { at: self.clock.now_ms(), ok: true, sentence, attempts },
                        Some(*applied),
                    ));
                }
                Tried::Database(error) => return Err(error.into()),
                Tried::Stop(attempt) => {
                    attempts.push(attempt);
                    break;
                }
                Tried::Next { attempt, stayed } => {
                    attempts.push(attempt);
                    report = stayed.then_some(opened);
                }
            }
        }
        if let Some(never_sent) = report {
            self.report_lost(&never_sent.status_id).await?;
        }
        let sentence = failed_round(&attempts);
        Ok((self.ended(attempts, &sentence), None))
    }

    fn ended(&self, attempts: Vec<Attempt>, sentence: &str) -> ExchangeRound {
        ExchangeRound { at: self.clock.now_ms(), ok: false, sentence: sentence.to_owned(), attempts }
    }

    async fn ask(
        self: &Arc<Self>,
        actor: &Actor,
        asking: &Asking<'_>,
        node: &NodeAddress,
        (status_id, report): (&str, &str),
    ) -> Tried {
        let began = Instant::now();
        if let Err(error) = self.report_leaves(status_id, &node.name).await {
            return Tried::Database(error);
        }
        tracing::debug!(node = node.name, status_id, "sending a report");
        let answer = match asking.client.send(node, &asking.key, asking.auth, report).await {
            Ok(answer) => answer,
            Err(no) => {
                tracing::warn!(node = node.name, stage = no.stage, "no answer from a licensing node: {}", no.sentence);
                metrics::counter!("leasehold_exchange_attempts_total", "result" => "no-answer").increment(1);
                let noted =
                    if no.stayed { self.report_stayed(status_id).await } else { self.report_lost(status_id).await };
                return match noted {
                    Ok(()) => Tried::Next { attempt: failed(node, &no, began), stayed: no.stayed },
                    Err(error) => Tried::Database(error),
                };
            }
        };
        match self.push_response(actor, Channel::Online, answer.body.as_bytes()).await {
            Ok(applied) => {
                metrics::counter!("leasehold_exchange_attempts_total", "result" => "verified").increment(1);
                tracing::info!(node = node.name, status_id, "synced: {}", applied.outcome.changes.sentence());
                let sentence = "Its answer was verified and applied.".to_owned();
                let (node, stage, ms) = (node.name.clone(), "answer".to_owned(), elapsed(began));
                Tried::Done(Box::new(applied), Attempt { node, ok: true, stage, sentence, ms, refused: None })
            }
            Err(PushError::Sql(error)) => Tried::Database(error),
            Err(error) => {
                metrics::counter!("leasehold_exchange_attempts_total", "result" => "refused").increment(1);
                tracing::error!(node = node.name, status_id, "no licenses from a licensing node: {error}");
                if let Err(error) = self.report_lost(status_id).await {
                    return Tried::Database(error);
                }
                // A refusal signed by the vendor is the same from every node, unless it is that node's own trouble.
                let refused = match &error {
                    PushError::Refused(ResponseRefusal::VendorError { message }) => {
                        NodeRefusal::new(answer.status, message)
                    }
                    _ => None,
                };
                let sentence = refused.as_ref().map(|refusal| format!("The node refused: {}.", refusal.reason));
                let stop = refused.is_some();
                let attempt = Attempt {
                    node: node.name.clone(),
                    ok: false,
                    stage: "answer".to_owned(),
                    sentence: sentence.unwrap_or_else(|| error.to_string()),
                    ms: elapsed(began),
                    refused,
                };
                if stop { Tried::Stop(attempt) } else { Tried::Next { attempt, stayed: false } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(stage: &str, sentence: &str, refused: Option<NodeRefusal>) -> Attempt {
        Attempt {
            node: format!("{stage}:80"),
            ok: false,
            stage: stage.into(),
            sentence: sentence.into(),
            ms: 1,
            refused,
        }
    }

    fn round(attempts: Vec<Attempt>) -> ExchangeRound {
        ExchangeRound { at: 0, ok: false, sentence: failed_round(&attempts), attempts }
    }

    #[test]
    fn a_refusal_is_what_a_round_is_told_by_however_many_nodes_were_silent_before() {
        let refusal = NodeRefusal::new(401, "The auth string is wrong.");
        let refused = attempt("answer", "The node refused: The auth string is wrong.", refusal);
        let said = "The node answer:80 refused: The auth string is wrong.";
        for attempts in [vec![refused.clone()], vec![attempt("TCP", "Nothing listens.", None), refused]] {
            let round = round(attempts);
            assert_eq!((round.sentence.as_str(), round.refusal().as_deref()), (said, Some(said)));
        }
    }

    #[test]
    fn silent_nodes_are_no_refusal_and_an_answer_that_cannot_be_used_names_its_node() {
        let silent = round(vec![attempt("DNS", "Unknown.", None), attempt("TCP", "Nothing listens.", None)]);
        assert_eq!(
            (silent.sentence.as_str(), silent.refusal()),
            ("None of the 2 nodes asked gave a valid answer.", None)
        );
        let unusable = round(vec![attempt("answer", "Its answer is larger than 1 kB.", None)]);
        assert_eq!(unusable.refusal().as_deref(), Some("answer:80: Its answer is larger than 1 kB."));
        assert_eq!(unusable.node_refusal(), None);
    }
}
