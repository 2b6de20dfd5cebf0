//! `license.log` in the vendor's form. Lines go through a queue, so that a slow disk blocks nothing; lines that don't
//! fit are counted, and the file says how many are missing.

mod component;
mod line;
mod rotate;
mod writer;

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use engine::tasks::{Tasks, panic_message};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::cli::output::note;

/// How many earlier files may be kept.
pub const KEEP: RangeInclusive<u32> = 1..=1000;
/// The thread that writes, as a background task.
pub const WRITER: &str = "license-log";
/// Lines that wait to be written, at the most.
const QUEUE: usize = 4096;
/// How long shutdown waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);
/// How often it retries to queue that request.
const TRIES: u32 = 100;

/// A message to the writer.
enum Message {
    Line(String),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

/// The file.
pub struct LogFile {
    queue: SyncSender<Message>,
    waiting: Option<Receiver<Message>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Lines are wanted.
    open: AtomicBool,
    /// Lines that were dropped or could not be written.
    lost: AtomicU64,
}

/// Hands events to the file.
#[derive(Clone)]
pub struct FileLayer {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
}

impl LogFile {
    /// A file that is not open yet: lines wait for it.
    pub fn new() -> (FileLayer, Self) {
        let (queue, waiting) = sync_channel(QUEUE);
        let shared = Arc::new(Shared { open: AtomicBool::new(true), lost: AtomicU64::new(0) });
        let layer = FileLayer { queue: queue.clone(), shared: shared.clone() };
        (layer, Self { queue, waiting: Some(waiting), shared })
    }

    /// Moves the previous file away and starts a new one. If that fails, says so once on stderr, and the server runs
    /// without the file.
    pub fn open(&mut self, path: &Path, keep: u32, tasks: &Arc<Tasks>) {
        let Some(waiting) = self.waiting.take() else { return };
        let shared = self.shared.clone();
        let started = rotate::begin(path, keep).map_err(|error| error.to_string()).and_then(|file| {
            let mut writer = writer::Writer::new(file, path.to_owned(), shared);
            let tasks = tasks.clone();
            tasks.register(WRITER);
            std::thread::Builder::new()
                .name("license.log".to_owned())
                .spawn(move || {
                    let mut run = || {
                        #[cfg(debug_assertions)]
                        assert!(!tasks.to_panic(WRITER), "{WRITER} was told to");
                        writer.run(&waiting);
                    };
                    while let Err(panic) = catch_unwind(AssertUnwindSafe(&mut run)) {
                        std::thread::sleep(tasks.failed(WRITER, &format!("panicked: {}", panic_message(&*panic))));
                    }
                })
                .map_err(|error| format!("Can't write {}: {error}. The server runs without it.", path.display()))
        });
        if let Err(sentence) = started {
            self.shared.open.store(false, Ordering::Relaxed);
            note(sentence);
        }
    }
}

impl Drop for LogFile {
    /// Waits a moment for the lines still in the queue.
    fn drop(&mut self) {
        if self.waiting.is_some() || !self.shared.open.load(Ordering::Relaxed) {
            return;
        }
        let (done, written) = sync_channel(1);
        let mut message = Message::Flush(done);
        // A full queue is worth waiting for while lines leave it.
        for _ in 0..TRIES {
            match self.queue.try_send(message) {
                Ok(()) => {
                    let _ = written.recv_timeout(LAST_LINES);
                    return;
                }
                Err(TrySendError::Full(again)) => message = again,
                Err(TrySendError::Disconnected(_)) => return,
            }
            std::thread::sleep(LAST_LINES / TRIES);
        }
    }
}

impl<S: Subscriber> Layer<S> for FileLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Self { queue, shared } = self;
        if !shared.open.load(Ordering::Relaxed) {
            return;
        }
        match queue.try_send(Message::Line(line::of(event))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                shared.lost.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => shared.open.store(false, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_the_file_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        let (layer, mut file) = LogFile::new();
        let FileLayer { queue, shared } = layer.clone();
        for number in 0..QUEUE + 12 {
            if queue.try_send(Message::Line(format!("2026-11-22 07:24:16 INFO  SERVER   {number}"))).is_err() {
                shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
        file.open(&path, 3, &Arc::default());
        drop(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), QUEUE + 1);
        let said: Vec<&str> = text.lines().filter(|line| line.contains("12 lines were lost")).collect();
        assert_eq!(said.len(), 1);
        assert!(licensing::log_line::LogLine::parse(said[0]).is_some_and(|line| line.component == "SERVER"));
    }
}
