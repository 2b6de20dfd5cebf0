//! What is looked at from outside while things fail.

use super::browser::Browser;
use crate::harness::Server;

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
