//! An answer of a node, from its bytes to licenses that may be installed: what is good, and every way it is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "exchange/against.rs"]
mod against;
#[path = "exchange/damage.rs"]
mod damage;
#[path = "exchange/damaged.rs"]
mod damaged;
#[path = "exchange/good.rs"]
mod good;
#[path = "exchange/made.rs"]
mod made;
#[path = "support/random.rs"]
mod random;
#[path = "exchange/refused.rs"]
mod refused;
#[path = "exchange/samples.rs"]
mod samples;
#[path = "exchange/sealed.rs"]
mod sealed;
#[path = "exchange/shape.rs"]
mod shape;
