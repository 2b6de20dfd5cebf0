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
/// At how many megabytes a file may be full.
pub const SIZE_MB: RangeInclusive<u32> = 1..=100_000;
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
    /// Has the writer look whether it is to open the file again.
    Wake,
}

/// Has the file opened again, after another program has moved it.
pub struct Reopener {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
}

impl Reopener {
    pub fn reopen(&self) {
        self.shared.reopen.store(true, Ordering::Relaxed);
        // A full queue keeps the writer awake anyway.
        let _ = self.queue.try_send(Message::Wake);
    }
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
    /// The file is to be opened again.
    reopen: AtomicBool,
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
        let shared = Arc::new(Shared { open: AtomicBool::new(true), ..Shared::default() });
        let layer = FileLayer { queue: queue.clone(), shared: shared.clone() };
        (layer, Self { queue, waiting: Some(waiting), shared })
    }

    /// Has the file opened again from elsewhere.
    pub fn reopener(&self) -> Reopener {
        Reopener { queue: self.queue.clone(), shared: self.shared.clone() }
    }

    /// Moves the previous file away and starts a new one, and again whenever it has `size` bytes. If that fails at
    /// first, says so once on stderr, and the server runs without the file.
    pub fn open(&mut self, path: &Path, keep: u32, size: u64, tasks: &Arc<Tasks>) {
        let Some(waiting) = self.waiting.take() else { return };
        let shared = self.shared.clone();
        let started = rotate::begin(path, keep).map_err(|error| error.to_string()).and_then(|file| {
            let (at, of) = (path.to_owned(), path.to_owned());
            let next = move |which| match which {
                writer::Next::New => rotate::begin(&at, keep),
                writer::Next::Same => rotate::again(&at),
            };
            let next = move |which| next(which).map_err(|error| error.reason());
            let mut writer = writer::Writer::new(file, next, of, size, shared);
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
    fn a_full_file_makes_way_for_a_new_one_and_a_moved_one_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("license.log");
        let (layer, mut file) = LogFile::new();
        let line = |number: u32| {
            let line = format!("2026-11-22 07:24:16 INFO  SERVER   {number:04}");
            layer.queue.send(Message::Line(line)).unwrap();
        };
        let written = |file: &LogFile| {
            let (done, written) = sync_channel(1);
            file.queue.send(Message::Flush(done)).unwrap();
            written.recv_timeout(LAST_LINES).unwrap();
        };
        file.open(&path, 2, 100, &Arc::default());
        // 40 bytes each; each is written by itself.
        for number in 1..=9 {
            line(number);
            written(&file);
        }
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        let numbers = |name: &str| -> Vec<String> {
            text(name).lines().filter_map(|line| Some(line.rsplit(' ').next()?.to_owned())).collect()
        };
        assert_eq!(numbers("license.log"), ["0009"]);
        assert_eq!(numbers("license.log.1"), ["0007", "0008"]);
        assert_eq!(numbers("license.log.2"), ["0005", "0006"]);
        assert!(!folder.path().join("license.log.3").exists());

        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        line(10);
        written(&file);
        assert_eq!(numbers("moved"), ["0009", "0010"], "the file it has open");
        file.reopener().reopen();
        line(11);
        written(&file);
        assert_eq!(numbers("license.log"), ["0011"]);
        file.reopener().reopen();
        line(12);
        drop(file);
        assert_eq!(numbers("license.log"), ["0011", "0012"], "what is there is kept");
    }

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
        file.open(&path, 3, u64::MAX, &Arc::default());
        drop(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), QUEUE + 1);
        let said: Vec<&str> = text.lines().filter(|line| line.contains("12 lines were lost")).collect();
        assert_eq!(said.len(), 1);
        assert!(licensing::log_line::LogLine::parse(said[0]).is_some_and(|line| line.component == "SERVER"));
    }
}
