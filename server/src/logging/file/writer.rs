//! The thread that writes. A full disk stops nothing: lost lines are counted and reported in the file once there is
//! room.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use licensing::log_line::LogLevel;

use super::{Message, Shared, line};
use crate::cli::output::note;

/// Bytes per write.
const BATCH: usize = 64 * 1024;

pub struct Writer<N, F = File> {
    file: F,
    /// Opens the file to write to from now on.
    next: N,
    path: PathBuf,
    shared: Arc<Shared>,
    /// Length of the file, bytes; a half-written line is cut off.
    length: u64,
    /// The file is full before this many bytes.
    size: u64,
    /// Beyond this length a new file is begun. More than `size` once that has failed.
    full: u64,
    /// Whether the failure was already reported.
    said: bool,
}

/// Which file to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A new one; the one before is moved away.
    New,
    /// The one that has the name now.
    Same,
}

/// The target of lines.
pub trait LogSink: Write {
    /// Truncates the file, if it is longer.
    fn cut(&mut self, length: u64);

    /// Its length, bytes.
    fn length(&self) -> u64;
}

impl LogSink for File {
    fn cut(&mut self, length: u64) {
        // If even this fails, half a line stays and the next one follows it.
        if LogSink::length(self) > length {
            let _ = self.set_len(length);
        }
    }

    fn length(&self) -> u64 {
        self.metadata().map_or(0, |found| found.len())
    }
}

impl<F: LogSink, N: FnMut(Next) -> Result<F, String>> Writer<N, F> {
    /// `size`: the bytes at which a file is full.
    pub fn new(file: F, next: N, path: PathBuf, size: u64, shared: Arc<Shared>) -> Self {
        Self { file, next, path, shared, length: 0, size, full: size, said: false }
    }

    /// Goes on with another file; with the one it has if that can't be.
    fn go_on_with(&mut self, which: Next) {
        match (self.next)(which) {
            Ok(file) => {
                self.length = file.length();
                self.file = file;
                self.full = self.size;
            }
            Err(why) => {
                self.full = self.length.saturating_add(self.size);
                note(format_args!("Can't begin another log file: {why}. The server goes on with the one it has open."));
            }
        }
    }

    /// Writes until all senders are gone.
    pub fn run(&mut self, waiting: &Receiver<Message>) {
        while let Ok(first) = waiting.recv() {
            let mut count = 0;
            let mut asked: Vec<SyncSender<()>> = Vec::new();
            let (mut text, mut next) = (String::new(), Some(first));
            while let Some(message) = next.take() {
                match message {
                    Message::Line(line) => {
                        text.push_str(&line);
                        text.push('\n');
                        count += 1;
                    }
                    Message::Flush(done) => asked.push(done),
                    Message::Wake => {}
                }
                if text.len() < BATCH {
                    next = waiting.try_recv().ok();
                }
            }
            self.write(text, count);
            for done in asked {
                let _ = done.try_send(());
            }
        }
    }

    /// Appends `count` lines, after a note about missing ones.
    pub fn write(&mut self, mut text: String, count: u64) {
        if self.shared.reopen.swap(false, Ordering::Relaxed) {
            self.go_on_with(Next::Same);
        }
        let lost = self.shared.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let words = if lost == 1 { "1 line was lost".to_owned() } else { format!("{lost} lines were lost") };
            let said = format!("{words}: the disk was too slow or full. See the log on stderr for them.");
            text.insert_str(0, &format!("{}\n", line::written(LogLevel::Warn, "SERVER", &said)));
        }
        if text.is_empty() {
            return;
        }
        if self.length > 0 && self.length.saturating_add(text.len() as u64) > self.full {
            self.go_on_with(Next::New);
        }
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                self.length += text.len() as u64;
                self.said = false;
            }
            Err(error) => {
                self.file.cut(self.length);
                self.shared.lost.fetch_add(lost + count, Ordering::Relaxed);
                if !self.said {
                    self.said = true;
                    note(format_args!(
                        "Can't write {}: {error}. The server keeps running; once there is room, the file says how many lines are missing.",
                        self.path.display()
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A disk with so much room.
    struct Disk {
        room: usize,
        bytes: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room - self.bytes.len());
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend(&bytes[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl LogSink for Disk {
        fn cut(&mut self, length: u64) {
            self.bytes.truncate(usize::try_from(length).unwrap());
        }

        fn length(&self) -> u64 {
            self.bytes.len() as u64
        }
    }

    #[test]
    fn where_no_new_file_can_be_begun_the_old_one_goes_on() {
        let disk = Disk { room: 1000, bytes: Vec::new() };
        let mut tries = 0;
        let none = |next: Next| {
            assert_eq!(next, Next::New);
            tries += 1;
            Err("the folder is read-only".to_owned())
        };
        let mut writer = Writer::new(disk, none, PathBuf::from("license.log"), 100, Arc::default());
        for _ in 0..25 {
            writer.write("123456789\n".into(), 1);
        }
        assert_eq!(writer.file.bytes.len(), 250, "nothing is lost");
        drop(writer);
        assert_eq!(tries, 2, "it is tried again only after as much again");
    }

    #[test]
    fn a_full_disk_leaves_whole_lines_and_the_file_says_later_what_is_missing() {
        let disk = Disk { room: 10, bytes: Vec::new() };
        let none = |_: Next| Err("there is no other".to_owned());
        let mut writer = Writer::new(disk, none, PathBuf::from("license.log"), u64::MAX, Arc::default());
        writer.write("whole\n".into(), 1);
        writer.write("half\nof it\n".into(), 2);
        writer.write("none\n".into(), 1);
        assert_eq!(writer.file.bytes, b"whole\n");
        writer.file.room = 1000;
        writer.write("again\n".into(), 1);
        let text = String::from_utf8(std::mem::take(&mut writer.file.bytes)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2], lines.len()), ("whole", "again", 3));
        assert!(lines[1].contains("WARN  SERVER   3 lines were lost"), "{text}");
    }
}
