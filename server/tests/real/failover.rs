//! A primary and its backup with countdown hours, and clients of both kinds: who is served when a server dies, when both do, when
//! the backup is killed over and over, and when the network falls apart. Real binaries.

pub mod browser;
mod crash;
mod grace;
pub mod installation;
mod moving;
mod network;
mod partition;
pub mod program;
mod watch;
