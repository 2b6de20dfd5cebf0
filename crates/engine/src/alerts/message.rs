//! What a channel sends: the message with its id and a link to the console.

use licensing::alerts::Message;
use licensing::contact::Millis;
use serde::Serialize;

use crate::Engine;

/// One thing to deliver.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OutgoingAlert {
    /// Id; the same for each attempt, so that duplicates can be recognized.
    pub delivery: String,
    /// `fired`, `reminder`, `resolved`, `digest` or `test`.
    pub kind: String,
    /// The name by which its peers know this server.
    pub server: String,
    pub title: String,
    pub body: String,
    /// Link to the console; empty if its address is unknown.
    pub link: String,
    /// RFC 3339, UTC.
    pub made: String,
    #[serde(skip)]
    pub made_ms: Millis,
}

impl OutgoingAlert {
    /// As the text of a mail.
    pub fn text(&self) -> String {
        let link = if self.link.is_empty() { String::new() } else { format!("\n\nConsole: {}", self.link) };
        format!("{}{link}\n\n-- \nLeasehold on {}. Delivery {}.\n", self.body, self.server, self.delivery)
    }
}

impl Engine {
    pub(super) fn parcel(&self, delivery: String, kind: &str, message: Message, made_ms: Millis) -> OutgoingAlert {
        OutgoingAlert {
            delivery,
            kind: kind.to_owned(),
            server: self.peers.own_name(),
            title: message.title,
            body: message.body,
            link: self.alerts.origin.get().map_or_else(String::new, |origin| format!("{origin}{}", message.path)),
            made: jiff::Timestamp::from_millisecond(made_ms)
                .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            made_ms,
        }
    }
}
