//! What is looked at from outside while things fail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;
use crate::harness::Server;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(200);

/// Seconds left of the hours of a server.
pub fn left_s(browser: &mut Browser) -> f64 {
    browser.metric("countdown_seconds_left").expect("it has hours")
}

/// Whether its hours run.
pub fn runs(browser: &mut Browser) -> bool {
    browser.metric("countdown_running").expect("it has hours") > 0.0
}

/// What is written down as left in its data folder, milliseconds.
pub fn anchored_ms(server: &Server) -> i64 {
    let text = std::fs::read_to_string(server.data.join("countdown.anchor")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    kept["balance"]["balance_ms"].as_i64().unwrap()
}

/// Looks at both servers again and again.
pub struct ServersWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<WatchFindings>,
}

/// What it saw.
#[derive(Debug, Default)]
pub struct WatchFindings {
    /// The most that was counted of each pool, by server and product, and what is licensed.
    pub most: BTreeMap<(usize, String), (u64, u64)>,
    /// Looks at the hours while they ran.
    pub ran: u32,
    /// What should not be.
    pub wrong: Vec<String>,
    /// The last look saw hours that ran with nobody logged in: one of a pair may be a moment older than the other.
    doubtful: bool,
}

impl ServersWatch {
    pub fn start(servers: &[Server; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut browsers = [Browser::at(&servers[0]), Browser::at(&servers[1])];
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = WatchFindings::default();
            while !told.load(Ordering::Relaxed) {
                for (server, browser) in browsers.iter_mut().enumerate() {
                    seen.look(server, browser);
                }
                std::thread::sleep(EVERY);
            }
            seen
        });
        Self { stop, thread }
    }

    pub fn stop(self) -> WatchFindings {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl WatchFindings {
    fn look(&mut self, server: usize, browser: &mut Browser) {
        let clients = browser.json("/api/v1/clients");
        let mut logged_in = 0;
        for pool in clients["pools"].as_array().unwrap_or(&Vec::new()) {
            let figure = |key: &str| pool[key].as_u64().unwrap();
            let (product, licensed) = (pool["product"].as_str().unwrap(), figure("licensed"));
            let most = self.most.entry((server, product.to_owned())).or_insert((0, licensed));
            most.0 = most.0.max(figure("counted"));
            if figure("counted") > licensed || figure("held") > licensed || pool["over_committed"] == Value::Bool(true)
            {
                self.wrong.push(format!("server {server}: {pool}"));
            }
            if product.starts_with("VE.") {
                logged_in += figure("counted");
            }
        }
        // Only the backup has hours.
        if server == 1 {
            let doubtful = runs(browser) && logged_in == 0;
            self.ran += u32::from(runs(browser));
            if doubtful && self.doubtful {
                self.wrong.push("the hours run and nobody is logged in".to_owned());
            }
            self.doubtful = doubtful;
        }
    }
}
