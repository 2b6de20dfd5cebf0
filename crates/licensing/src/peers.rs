//! Servers of one installation: joining, messages, and rules.
//!
//! # Joining
//! A server makes an [`Invitation`]: a code with a secret of 128 bits and the first 96 bits of the fingerprint of its
//! key. A person carries it to the joining server. That one sends its key, its name, its role and a nonce
//! ([`JoinRequest`]), signed twice: with its own key, and with a key derived from the secret. The inviting server keeps
//! only the public half of that key. It answers with its key and signs the nonce and both keys with it
//! ([`JoinAnswer`]).
//!
//! Why someone in the middle gains nothing, even over plain HTTP: the secret is never sent, and a signature by the
//! derived key can't be made without it, nor guessed (128 bits). So nobody can replace the joiner's key, name or role.
//! The joiner accepts only a key with the fingerprint in its code; finding another key with those 96 bits takes 2⁹⁶
//! tries. So nobody can impersonate the inviting server. A replayed answer has another nonce; a replayed request finds
//! the invitation used. Readable data (names, addresses, versions) is not secret; a suppressed message only prevents
//! the join, and both sides say so.
//!
//! # Messages
//! Messages ([`PollRequest`], [`PollAnswer`]) are signed, and name sender and recipient. Freshness needs no clock: a request
//! has the challenge of the last answer, which is valid once ([`Freshness`]); an answer has the nonce of its request.
//! A request without a challenge, or with a used one, changes nothing: its answer only has the challenge to use. So
//! clocks may be years apart, and the difference can be shown.

mod bucket;
mod code;
mod fresh;
mod join;
mod key;
mod message;
mod name;
mod nonce;
mod overlap;
mod report;
mod rules;
mod stand_in;
mod url;
mod watch;
mod witness;

pub use crate::clock_reading::ClockReading;
pub use bucket::Bucket;
pub use code::{Invitation, InvitationError};
pub use fresh::{Freshness, RequestFreshness};
pub use join::{Candidate, JoinAnswer, JoinRequest, JoinSaid, JoinWelcome};
pub use key::{PeerKey, PeerKeyError, PeerSecret};
pub use message::{MessageError, PollAnswer, PollReply, PollRequest, protocol_of};
pub use name::{MOST_NAME, free_name, shown_name};
pub use nonce::{Nonce, NonceError};
pub use overlap::{GAP_MS, OverlapLook, PROMPT_S, late_by_s, overlap_ms};
pub use report::{CountdownReport, MemberListing, PeerReport, Serving};
pub use rules::{JoinRefusal, Membership, RemoveRefusal, Role, admit, conflict, may_join, may_remove, role};
pub use stand_in::{StandIn, StandInCause, TOLD_MS};
pub use url::{PeerUrl, PeerUrlError, own_url};
pub use watch::{LivenessChange, LivenessWatch, PeerLiveness, clock_off_ms, stale_since, standstill_ms};
pub use witness::Witness;

use crate::contact::Millis;

/// The version of the peer protocol.
pub const VERSION: u32 = 1;
/// Time between two polls of a server, milliseconds.
pub const POLL_MS: u64 = 2_000;
/// Timeout of a poll, milliseconds.
pub const TIMEOUT_MS: u64 = 4_000;
/// A server is up while its last response is no older than this, milliseconds: as long as a client waits for it (seed
/// 001).
pub const SILENT_MS: Millis = 10_000;
/// Lifetime of an invitation, milliseconds.
pub const INVITATION_MS: Millis = 30 * 60 * 1_000;
/// Failed attempts that end an invitation.
pub const MOST_WRONG: u32 = 5;
/// Maximum size of a message, bytes.
pub const MOST_BYTES: usize = 256 * 1024;
/// Maximum number of client ids in one report.
pub const MOST_IDS: usize = 1_000;
/// Maximum number of past stand-ins in one report.
pub const MOST_STAND_INS: usize = 5;
/// Maximum number of peers.
pub const MOST_MEMBERS: usize = 64;

#[cfg(test)]
mod tests;
