//! Countdown hours on a real database and real files: crashes, old data put back, disks that fail.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "countdown/crashes.rs"]
mod crashes;
#[path = "countdown/disks.rs"]
mod disks;
#[path = "countdown/hours.rs"]
mod hours;
#[path = "countdown/restores.rs"]
mod restores;
#[path = "countdown/server.rs"]
mod server;
