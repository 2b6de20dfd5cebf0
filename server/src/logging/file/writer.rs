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

pub struct Writer<F = File> {
    file: F,
    path: PathBuf,
    shared: Arc<Shared>,
    /// Length of the file, bytes; a half-written line is cut off.
    length: u64,
    /// Whether the failure was already reported.
    said: bool,
}

/// The target of lines.
pub trait LogSink: Write {
    /// Truncates the file.
    fn cut(&mut self, length: u64);
}

impl LogSink for File {
    fn cut(&mut self, length: u64) {
        // If even this fails, half a line stays and the next one follows it.
        let _ = self.set_len(length);
    }
}

impl<F: LogSink> Writer<F> {
    pub fn new(file: F, path: PathBuf, shared: Arc<Shared>) -> Self {
        Self { file, path, shared, length: 0, said: false }
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
        let lost = self.shared.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let words = if lost == 1 { "1 line was lost".to_owned() } else { format!("{lost} lines were lost") };
            let said = format!("{words}: the disk was too slow or full. See the log on stderr for them.");
            text.insert_str(0, &format!("{}\n", line::written(LogLevel::Warn, "SERVER", &said)));
        }
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => self.length += text.len() as u64,
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
    }

    #[test]
    fn a_full_disk_leaves_whole_lines_and_the_file_says_later_what_is_missing() {
        let disk = Disk { room: 10, bytes: Vec::new() };
        let mut writer = Writer::new(disk, PathBuf::from("license.log"), Arc::default());
        writer.write("whole\n".into(), 1);
        writer.write("half\nof it\n".into(), 2);
        writer.write("none\n".into(), 1);
        assert_eq!(writer.file.bytes, b"whole\n");
        writer.file.room = 1000;
        writer.write("again\n".into(), 1);
        let text = String::from_utf8(writer.file.bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2], lines.len()), ("whole", "again", 3));
        assert!(lines[1].contains("WARN  SERVER   3 lines were lost"), "{text}");
    }
}
