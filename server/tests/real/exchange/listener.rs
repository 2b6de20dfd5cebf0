//! What may stand at the address of a node: listeners in threads of this process.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Something that listens, and hands each connection to a function in a thread of its own.
pub struct TestListener {
    pub address: String,
    taken: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl TestListener {
    pub fn new(serve: impl Fn(TcpStream, &AtomicBool) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (taken, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end, serve) = (taken.clone(), ended.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                count.fetch_add(1, Ordering::SeqCst);
                let (serve, end) = (serve.clone(), end.clone());
                std::thread::spawn(move || serve(stream, &end));
            }
        });
        Self { address, taken, ended }
    }

    /// Connections so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Answers each request with these bytes and closes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |mut stream, _| {
            request(&mut stream);
            let _ = stream.write_all(&bytes);
        })
    }

    /// Closes before a word is said.
    pub fn closing() -> Self {
        Self::new(|stream, _| drop(stream))
    }

    /// Begins to answer and never comes to the end.
    pub fn dripping(head: &'static str) -> Self {
        Self::new(move |mut stream, ended| {
            request(&mut stream);
            let _ = stream.write_all(head.as_bytes());
            while !ended.load(Ordering::SeqCst) && stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(100));
            }
        })
    }

    /// Passes everything on to `to`, and keeps what went by.
    pub fn recording(to: &str) -> (Self, Arc<Mutex<RecordedLine>>) {
        let (to, record) = (to.to_owned(), Arc::new(Mutex::new(RecordedLine::default())));
        let kept = record.clone();
        let listener = Self::new(move |client, _| {
            let Ok(node) = TcpStream::connect(&to) else { return };
            let (mut up, mut down) = ((client.try_clone().unwrap(), node.try_clone().unwrap()), (node, client));
            let there = kept.clone();
            let sent = std::thread::spawn(move || pass(&mut up, |bytes| there.lock().unwrap().sent.extend(bytes)));
            pass(&mut down, |bytes| kept.lock().unwrap().received.extend(bytes));
            let _ = sent.join();
        });
        (listener, record)
    }
}

impl Drop for TestListener {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        let _ = TcpStream::connect(&self.address);
    }
}

/// What went over a line, both ways.
#[derive(Debug, Default, Clone)]
pub struct RecordedLine {
    pub sent: Vec<u8>,
    pub received: Vec<u8>,
}

fn pass((from, to): &mut (TcpStream, TcpStream), mut keep: impl FnMut(&[u8])) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        keep(&bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// Takes a request off the line, head and body.
fn request(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        bytes.extend_from_slice(&piece[..read]);
        if is_whole(&bytes) {
            return;
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    bytes.len() >= end + 4 + length.unwrap_or(0)
}
