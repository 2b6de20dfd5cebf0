//! Tries an identity at the nodes before it is kept.
//!
//! A trial is a real report, sealed and sent like any other, but nothing of it is opened in the ledger and nothing of the answer is
//! applied: it is no exchange, and waits for none. To a node it is a report whose answer was lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use licensing::conf::effective::Effective;
use licensing::context::Context;
use licensing::guid::Guid;
use licensing::registration::AuthString;
use licensing::status_response::{ExpectedResponse, LedgerFact, NodeRefusal, ResponseRefusal, check, read};
use licensing::vendor_key::VendorKey;
use tokio::task::JoinSet;

use super::client::{NoAnswer, NodeAddress, failed, nodes};
use super::report::report_digest;
use super::{Attempt, ReportError};
use crate::Engine;
use crate::secret;

/// A trial ends after this time, however many nodes are silent.
pub const TRIAL_LIMIT: Duration = Duration::from_secs(9);
/// A node that has not answered by then doesn't hold up the next.
const NEXT_NODE_AFTER: Duration = Duration::from_millis(800);

/// The identity to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialIdentity {
    /// The server's identity.
    pub guid: Guid,
    /// Its secret.
    pub auth: AuthString,
    /// The context, if one is claimed.
    pub context: Option<Context>,
    /// The vendor's keys that are trusted.
    pub keys: Vec<VendorKey>,
}

/// What the nodes said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// A node answered with the licenses of this server.
    Accepted {
        /// `host:port`.
        node: String,
    },
    /// A node refused it, in its words.
    Refused {
        /// `host:port`.
        node: String,
        /// What it said.
        refusal: NodeRefusal,
    },
    /// A node knows it, but for another context.
    OtherContext {
        /// `host:port`.
        node: String,
        /// The context of its licenses.
        got: Context,
    },
    /// No node could be reached, or none gave a valid answer.
    Unanswered {
        /// Which of the two, in a sentence.
        sentence: String,
        /// The nodes asked.
        attempts: Vec<Attempt>,
    },
}

impl Engine {
    /// Asks the nodes of these settings until one accepts or refuses the identity, for at most [`TRIAL_LIMIT`].
    ///
    /// # Errors
    /// [`ReportError`] if no report could be made.
    pub async fn try_identity(
        self: &Arc<Self>,
        effective: &Effective,
        identity: TrialIdentity,
    ) -> Result<Trial, ReportError> {
        self.node_client().map_err(ReportError::NotReady)?;
        let (began, identity) = (Instant::now(), Arc::new(identity));
        let (mut waiting, mut attempts) = (nodes(effective), Vec::new());
        let mut silent: Vec<NodeAddress> = Vec::new();
        let mut asked = JoinSet::new();
        let mut next = true;
        let end = tokio::time::sleep(TRIAL_LIMIT);
        tokio::pin!(end);
        loop {
            if next && !waiting.is_empty() {
                let node = waiting.swap_remove(secret::below(waiting.len()));
                silent.push(node.clone());
                let (engine, identity) = (self.clone(), identity.clone());
                asked.spawn(async move {
                    let began = Instant::now();
                    let answer = engine.ask_trial(&identity, &node).await;
                    (node, began, answer)
                });
            }
            tokio::select! {
                answered = asked.join_next() => match answered {
                    // Every node was asked, and none is left to wait for.
                    None => break,
                    Some(Ok((_, _, Ok(trial)))) => return Ok(trial),
                    Some(Ok((node, since, Err(no)))) => {
                        silent.retain(|other| *other != node);
                        attempts.push(failed(&node, &no, since));
                        next = true;
                    }
                    Some(Err(error)) => return Err(sqlx::Error::Io(std::io::Error::other(error)).into()),
                },
                () = tokio::time::sleep(NEXT_NODE_AFTER) => next = true,
                () = &mut end => break,
            }
        }
        let in_time = format!("It did not answer within {} s.", TRIAL_LIMIT.as_secs());
        let late = NoAnswer::sent("HTTP", in_time);
        attempts.extend(silent.iter().map(|node| failed(node, &late, began)));
        Ok(Trial::Unanswered { sentence: unanswered(&attempts), attempts })
    }

    async fn ask_trial(&self, identity: &TrialIdentity, node: &NodeAddress) -> Result<Trial, NoAnswer> {
        let internal = |problem: String| NoAnswer { stage: "DNS", sentence: problem, stayed: true };
        let own = self.identity().await.map_err(|error| internal(ReportError::from(error).to_string()))?;
        let made = self.report_as(&own, identity.guid, identity.context, Vec::new()).await;
        let (_, report) = made.map_err(|error| internal(ReportError::from(error).to_string()))?;
        let client = self.node_client().map_err(internal)?;
        let Some(key) = identity.keys.first() else {
            return Err(internal("No vendor key is trusted yet, so nothing was sent.".to_owned()));
        };
        let reply = client.send(node, key, identity.auth.as_str(), &report).await?;
        let expected = ExpectedResponse {
            guid: identity.guid,
            context: identity.context,
            keys: &identity.keys,
            installed: None,
            now: self.contact.wall_ms(),
            high_water: self.contact().high_water,
        };
        let fact = LedgerFact::Open { report_sha256: report_digest(&report).unwrap_or_default() };
        let judged = read(reply.body.as_bytes(), &identity.keys).and_then(|signed| check(signed, fact, &expected));
        let node = node.name.clone();
        match judged {
            Ok(_) => Ok(Trial::Accepted { node }),
            Err(ResponseRefusal::OtherContext { got, .. }) => Ok(Trial::OtherContext { node, got }),
            Err(error) => {
                let refusal = match &error {
                    ResponseRefusal::VendorError { message } => NodeRefusal::new(reply.status, message),
                    _ => None,
                };
                refusal
                    .map(|refusal| Trial::Refused { node, refusal })
                    .ok_or_else(|| NoAnswer::sent("answer", error.to_string()))
            }
        }
    }
}

/// Why nothing is known of an identity that was tried.
fn unanswered(attempts: &[Attempt]) -> String {
    match attempts {
        [] => "The list of licensing nodes is empty.".to_owned(),
        all if all.iter().all(|attempt| ["DNS", "TCP", "TLS"].contains(&attempt.stage.as_str())) => {
            "No licensing node could be reached.".to_owned()
        }
        _ => "No licensing node gave a valid answer.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_says_whether_a_node_was_reached() {
        let attempt = |stage: &str| Attempt {
            node: "a:80".into(),
            ok: false,
            stage: stage.into(),
            sentence: String::new(),
            ms: 1,
            refused: None,
        };
        assert_eq!(unanswered(&[]), "The list of licensing nodes is empty.");
        assert_eq!(unanswered(&[attempt("DNS"), attempt("TCP")]), "No licensing node could be reached.");
        assert_eq!(unanswered(&[attempt("TCP"), attempt("HTTP")]), "No licensing node gave a valid answer.");
    }
}
