//! The lines a client of a virtual environment writes into its log, in the words operators know.

use licensing::client_protocol::WRONG_VERSION;
use licensing::log_line::{LogLevel, LogLine};

use crate::driver::Problem;

/// The part of the program that speaks.
pub const COMPONENT: &str = "VE";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeLogLine {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// How pressing it is.
    pub level: LogLevel,
    /// What happened.
    pub message: String,
}

impl VeLogLine {
    /// The line for a log file, without a line break. `stamp`: [`VeLogLine::at_ms`] as local date and time, `2020-06-29
    /// 18:08:25`.
    #[must_use]
    pub fn write(&self, stamp: &str) -> String {
        LogLine { stamp, level: self.level, component: COMPONENT, message: &self.message }.write()
    }
}

/// A level and a message.
pub type LogMessage = (LogLevel, String);

/// A server is asked.
pub fn trying(host: &str) -> LogMessage {
    (LogLevel::Info, format!("Trying to login to license server: {host}"))
}

/// A server gave nothing.
pub fn missed(host: &str, problem: &Problem) -> LogMessage {
    let message = if problem.is_version() {
        WRONG_VERSION.to_owned()
    } else if problem.declines() {
        format!("License server {host} gives no license: {}", problem.sentence)
    } else {
        "Failed to connect with the license server!".to_owned()
    };
    (LogLevel::Error, message)
}

/// All licenses of a server are in use.
pub fn full(host: &str) -> LogMessage {
    (LogLevel::Warn, format!("All licenses of license server {host} are in use. Waiting for one."))
}

/// A server gave the license.
pub fn connected(host: &str) -> LogMessage {
    (LogLevel::Info, format!("Connected with license server: {host}"))
}

/// Which license it is.
pub fn found(license_id: &str) -> LogMessage {
    (LogLevel::Info, format!("Found available license ID: {license_id}."))
}

/// The license was checked.
pub fn checked(license_id: &str) -> LogMessage {
    (LogLevel::Info, format!("License checked, license ID: {license_id}."))
}

/// The end is in sight.
pub fn terminated(program: &str, left_ms: u64) -> LogMessage {
    (LogLevel::Warn, format!("{program} will be terminated within {}!", span(left_ms)))
}

/// The end.
pub fn unavailable() -> LogMessage {
    (LogLevel::Fatal, "License server is unavailable!".to_owned())
}

/// The license was given back.
pub fn logged_out(host: &str) -> LogMessage {
    (LogLevel::Info, format!("Logged out from license server: {host}"))
}

/// A length of time in words: whole hours, else whole minutes, a begun one counted as whole.
pub fn span(ms: u64) -> String {
    let minutes = ms.div_ceil(60_000);
    match (minutes, minutes % 60) {
        (1, _) => "1 minute".to_owned(),
        (60, _) => "1 hour".to_owned(),
        (minutes, 0) if minutes > 0 => format!("{} hours", minutes / 60),
        (minutes, _) => format!("{minutes} minutes"),
    }
}

/// What a product calls itself in these lines.
pub fn program_of(product: &str) -> &str {
    const CHARON: &str = "Charon";
    if product.starts_with(CHARON) { CHARON } else { product }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_said_in_whole_hours_or_minutes() {
        for (ms, words) in [
            (7_200_000, "2 hours"),
            (5_400_000, "90 minutes"),
            (3_600_000, "1 hour"),
            (60_000, "1 minute"),
            (1, "1 minute"),
            (60_001, "2 minutes"),
            (0, "0 minutes"),
        ] {
            assert_eq!(span(ms), words, "{ms}");
        }
    }

    #[test]
    fn lines_stand_as_operators_know_them() {
        let line = |(level, message): LogMessage| VeLogLine { at_ms: 0, level, message }.write("2020-06-29 18:08:25");
        for (said, written) in [
            (
                missed("h", &Problem::new("Nothing listens there.")),
                "2020-06-29 18:08:25 ERROR VE       Failed to connect with the license server!",
            ),
            (trying("127.0.0.1"), "2020-06-29 18:08:25 INFO  VE       Trying to login to license server: 127.0.0.1"),
            (
                terminated(program_of("Charon-SSP/4U"), 7_200_000),
                "2020-06-29 18:08:25 WARN  VE       Charon will be terminated within 2 hours!",
            ),
            (
                connected("172.31.40.62"),
                "2020-06-29 18:08:25 INFO  VE       Connected with license server: 172.31.40.62",
            ),
            (
                found("01.00000001.002.045"),
                "2020-06-29 18:08:25 INFO  VE       Found available license ID: 01.00000001.002.045.",
            ),
        ] {
            assert_eq!(line(said), written);
        }
        assert_eq!(program_of("Other/1"), "Other/1");
    }
}
