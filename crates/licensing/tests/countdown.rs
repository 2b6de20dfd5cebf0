//! Countdown hours against crashes at every step, disks that fail, clocks that are set, and old data put back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "countdown/rules.rs"]
mod rules;
#[path = "countdown/story.rs"]
mod story;
#[path = "countdown/world.rs"]
mod world;
