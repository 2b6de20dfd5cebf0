//! A channel as entered, and its validation.

use licensing::plain_text::breaks_a_line;

use super::channels::{Channel, ChannelSettings, Secrets};
use super::error::WrongFields;
use super::{authority, mail, webhook};

/// Longest text of a secret field, characters.
const LONGEST: usize = 1024;

/// A channel to save, as entered.
#[derive(Clone, Default)]
pub struct NewChannel {
    /// Names it for people.
    pub name: String,
    /// A webhook; mail otherwise.
    pub webhook: bool,
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: String,
    /// `starttls`, `tls` or `none`.
    pub security: String,
    /// User name there.
    pub user: String,
    /// Secret. Empty keeps the saved one.
    pub password: String,
    /// The sender.
    pub from: String,
    /// Recipients, separated by commas or line breaks.
    pub to: String,
    /// The address of a webhook. Empty keeps the saved one.
    pub url: String,
    /// Secret that signs. Empty keeps the saved one.
    pub key: String,
    /// Deletes the saved password or key.
    pub forget: bool,
    /// Path of a file with certificate authorities to trust besides the system's; may be empty.
    pub ca: String,
}

impl NewChannel {
    /// The settings to save; `None` if a field is invalid, which is added to `wrong`.
    pub(super) async fn checked(
        &self,
        before: Option<(&Channel, &Secrets)>,
        wrong: &mut WrongFields,
    ) -> Option<(ChannelSettings, Secrets)> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(breaks_a_line) {
            wrong.add("name", "Enter a name of up to 64 characters.");
        }
        let secret: &[(&'static str, &String)] =
            if self.webhook { &[("url", &self.url), ("key", &self.key)] } else { &[("password", &self.password)] };
        for (field, text) in secret {
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                wrong.add(field, "Enter one line of up to 1024 characters.");
            }
        }
        wrong.note("ca", authority::read(self.ca.trim()).await);
        if self.webhook { webhook::checked(self, before, wrong) } else { mail::checked(self, before, wrong) }
    }
}
