//! Times on the wire: RFC 3339, UTC.

/// Unix milliseconds as RFC 3339 in UTC, to the second.
pub fn rfc3339(ms: i64) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    timestamp.round(jiff::Unit::Second).unwrap_or(timestamp).to_string()
}
