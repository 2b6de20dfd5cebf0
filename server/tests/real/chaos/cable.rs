use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A cable between programs and a port: an address that leads there, until it is cut.
pub struct Cable {
    /// Where programs connect to.
    pub address: String,
    cut: Arc<AtomicBool>,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cable {
    /// To this port, `host:port`.
    pub fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cable =
            Self { address: listener.local_addr().unwrap().to_string(), cut: Arc::default(), ends: Arc::default() };
        let (cut, ends, target) = (Arc::clone(&cable.cut), Arc::clone(&cable.ends), target.to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let (cut, ends, target) = (Arc::clone(&cut), Arc::clone(&ends), target.clone());
                std::thread::spawn(move || carry(&near, &target, &cut, &ends));
            }
        });
        cable
    }

    /// Nothing arrives from now on; what is connected learns nothing of it for a while.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// It leads there again; connections of before are broken.
    pub fn mend(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
        self.cut.store(false, Ordering::SeqCst);
    }
}

fn carry(near: &TcpStream, target: &str, cut: &Arc<AtomicBool>, ends: &Mutex<Vec<TcpStream>>) {
    while cut.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let Ok(far) = TcpStream::connect(target) else { return };
    let (Ok(near_end), Ok(far_end)) = (near.try_clone(), far.try_clone()) else { return };
    ends.lock().unwrap().extend([near_end, far_end]);
    std::thread::scope(|scope| {
        scope.spawn(|| pour(near, &far, cut));
        pour(&far, near, cut);
    });
}

fn pour(mut from: &TcpStream, mut to: &TcpStream, cut: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count) = from.read(&mut bytes) {
        // What is on its way when the cable is cut is lost.
        if count == 0 || (!cut.load(Ordering::SeqCst) && to.write_all(&bytes[..count]).is_err()) {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
