//! Servers of one installation: how they come to know one another, what they say, and what is made of it.
//!
//! # Joining
//! A server makes an [`Invitation`]: a code with a secret of 128 bits and the first 96 bits of the fingerprint of its key.
//! A person carries it to the server that is to join. That one sends its key, its name, what it is and a nonce ([`JoinRequest`]),
//! signed twice: with its own key, and with a key that follows from the secret. The inviting server keeps the public half of that
//! key only. It answers with its key and signs the nonce and both keys with it ([`JoinAnswer`]).
//!
//! Why a listener in the middle gains nothing, on plain HTTP too: the secret is never sent, and a signature by the key that follows
//! from it cannot be made without it, nor guessed (128 bits). So nobody can put another key, name or role in the joiner's
//! place. The joiner takes only a key that has the fingerprint of its code; to find another key with those 96 bits takes 2⁹⁶
//! tries. So nobody can stand in for the inviting server. An answer of an earlier time has another nonce; a request of an
//! earlier time finds the invitation used. What can be read on the way (names, addresses, versions) is no secret; what can be held back
//! is a join that did not happen, and both sides say so.
//!
//! # Talking
//! Messages ([`PollRequest`], [`PollAnswer`]) are signed, and name who speaks and who is spoken to. No clock decides whether a message is fresh:
//! a request carries the challenge of the last answer, which is good once ([`Freshness`]); an answer names the nonce of
//! its request. A request with no challenge, or one that was used, changes nothing: its answer only says which challenge to use.
//! So clocks may stand years apart, and how far apart they stand can be shown.

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
pub use url::{PeerUrl, PeerUrlError, own_url};
pub use watch::{LivenessChange, LivenessWatch, PeerLiveness, clock_off_ms, stale_since};
pub use witness::Witness;

use crate::contact::Millis;

/// The version of the protocol between servers that is spoken here.
pub const VERSION: u32 = 1;
/// Time between two polls of a server, milliseconds.
pub const POLL_MS: u64 = 2_000;
/// A poll is given up after this, milliseconds.
pub const TIMEOUT_MS: u64 = 4_000;
/// A server is up while its last good sign of life is no older than this, milliseconds: as long as a client waits for it (seed 001).
pub const SILENT_MS: Millis = 10_000;
/// How long an invitation is good, milliseconds.
pub const INVITATION_MS: Millis = 30 * 60 * 1_000;
/// Wrong tries that end an invitation.
pub const MOST_WRONG: u32 = 5;
/// Bytes of a message at most.
pub const MOST_BYTES: usize = 256 * 1024;
/// Ids of clients in one report at most.
pub const MOST_IDS: usize = 1_000;
/// Members an installation may have besides a server itself.
pub const MOST_MEMBERS: usize = 64;

#[cfg(test)]
mod tests;
