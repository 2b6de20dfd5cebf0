//! The effective values of the file, with defaults filled in.

use super::{
    document::Document,
    reading::readings,
    setting::{NodeHost, parse_hosts},
};
use crate::guid::Guid;

/// The effective values. A missing, empty or invalid value, and the word `default`, mean the built-in default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The TCP port for license clients.
    pub port_number: u16,
    /// Whether flexible licensing is on.
    pub flexible: bool,
    /// The identity of this server at the nodes.
    pub guid: Option<Guid>,
    /// Whether nodes are reached over HTTPS.
    pub https: bool,
    /// The nodes' HTTP port.
    pub http_port: u16,
    /// The nodes' HTTPS port.
    pub https_port: u16,
    /// Hour and minute, local time, of the daily exchange; `None` when both are 0: no preset.
    pub preset: Option<(u8, u8)>,
    /// The nodes while HTTPS is off.
    pub http_nodes: Vec<NodeHost>,
    /// The nodes while HTTPS is on.
    pub https_nodes: Vec<NodeHost>,
    /// Log detail: 1 errors, 2 all but debug, 3 everything.
    pub verbosity: u8,
}

/// A value that stays in effect because the one in the file can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptValue {
    /// The setting.
    pub key: &'static str,
    /// The value in effect.
    pub value: String,
}

impl Effective {
    /// Reads the values of a file. Never fails; [`super::check::check`] reports errors.
    #[must_use]
    pub fn of(document: &Document) -> Effective {
        let readings = readings(document);
        let text = |key: &str| {
            readings.iter().find(|reading| reading.setting.key == key).map_or("", |reading| &reading.effective)
        };
        let number = |key: &str| text(key).parse::<u16>().unwrap_or_default();
        let small = |key: &str| text(key).parse::<u8>().unwrap_or_default();
        let preset = (small("FLEX_DESIRED_SYNC_HOUR"), small("FLEX_DESIRED_SYNC_MINUTE"));
        Effective {
            port_number: number("port_number"),
            flexible: text("FLEXIBLE_LICENSING_MODE") == "1",
            guid: Guid::parse(text("LICENSE_SERVER_GUID")).ok(),
            https: text("USE_FLEX_REPORTING_HTTPS") == "1",
            http_port: number("FLEX_REPORTING_PORT"),
            https_port: number("FLEX_REPORTING_PORT_HTTPS"),
            preset: (preset != (0, 0)).then_some(preset),
            http_nodes: parse_hosts(text("FLEX_NODE_LIST")).unwrap_or_default(),
            https_nodes: parse_hosts(text("FLEX_NODE_LIST_HTTPS")).unwrap_or_default(),
            verbosity: small("LOGGING_VERBOSITY"),
        }
    }

    /// Reads the values of a file while others are in use: a value that can't be read leaves the one in use as it is, instead of
    /// the built-in default in its place. Returns those too.
    #[must_use]
    pub fn following(document: &Document, in_use: Option<&Effective>) -> (Effective, Vec<KeptValue>) {
        let mut now = Effective::of(document);
        let Some(before) = in_use else { return (now, Vec::new()) };
        let (hour, minute) = now.preset.unwrap_or_default();
        let (mut preset, kept_preset) = ((hour, minute), before.preset.unwrap_or_default());
        let mut kept = Vec::new();
        for reading in readings(document).iter().filter(|reading| reading.error.is_some()) {
            let hosts = |nodes: &[NodeHost]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(";");
            let value = match reading.setting.key {
                "port_number" => {
                    now.port_number = before.port_number;
                    now.port_number.to_string()
                }
                "FLEXIBLE_LICENSING_MODE" => {
                    now.flexible = before.flexible;
                    u8::from(now.flexible).to_string()
                }
                "LICENSE_SERVER_GUID" => {
                    now.guid = before.guid;
                    now.guid.map(|guid| guid.to_string()).unwrap_or_default()
                }
                "USE_FLEX_REPORTING_HTTPS" => {
                    now.https = before.https;
                    u8::from(now.https).to_string()
                }
                "FLEX_REPORTING_PORT" => {
                    now.http_port = before.http_port;
                    now.http_port.to_string()
                }
                "FLEX_REPORTING_PORT_HTTPS" => {
                    now.https_port = before.https_port;
                    now.https_port.to_string()
                }
                "FLEX_DESIRED_SYNC_HOUR" => {
                    preset.0 = kept_preset.0;
                    preset.0.to_string()
                }
                "FLEX_DESIRED_SYNC_MINUTE" => {
                    preset.1 = kept_preset.1;
                    preset.1.to_string()
                }
                "FLEX_NODE_LIST" => {
                    now.http_nodes.clone_from(&before.http_nodes);
                    hosts(&now.http_nodes)
                }
                "FLEX_NODE_LIST_HTTPS" => {
                    now.https_nodes.clone_from(&before.https_nodes);
                    hosts(&now.https_nodes)
                }
                "LOGGING_VERBOSITY" => {
                    now.verbosity = before.verbosity;
                    now.verbosity.to_string()
                }
                _ => continue,
            };
            kept.push(KeptValue { key: reading.setting.key, value });
        }
        now.preset = (preset != (0, 0)).then_some(preset);
        (now, kept)
    }

    /// Whether this server is registered, with flexible licensing on.
    #[must_use]
    pub fn registered(&self) -> bool {
        self.flexible && self.guid.is_some()
    }

    /// The nodes in use: those for HTTPS while it is on, else those for HTTP.
    #[must_use]
    pub fn nodes(&self) -> &[NodeHost] {
        if self.https { &self.https_nodes } else { &self.http_nodes }
    }

    /// The port for nodes without their own.
    #[must_use]
    pub fn node_port(&self) -> u16 {
        if self.https { self.https_port } else { self.http_port }
    }
}

#[cfg(test)]
mod tests;
