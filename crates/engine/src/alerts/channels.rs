//! Alert channels: e-mail and webhooks. Secrets are written but never shown.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::error::{AlertError, WrongFields};
use super::new_channel::NewChannel;
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// Maximum number of channels.
const MOST: usize = 20;

/// The kinds of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Mail over SMTP.
    Email,
    /// JSON posted to an address.
    Webhook,
}

impl ChannelKind {
    /// The word in forms, the API and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

/// Encryption of the connection to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Starts in cleartext and must switch to TLS (port 587).
    StartTls,
    /// Over TLS from the first byte (port 465).
    Tls,
    /// Cleartext, to this machine only.
    None,
}

impl Security {
    /// All, in the order they are offered.
    pub const ALL: [Security; 3] = [Security::StartTls, Security::Tls, Security::None];

    /// The word in forms and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }
}

/// The settings of a channel that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ChannelSettings {
    /// Mail.
    Email {
        /// The mail server.
        host: String,
        /// Its port.
        port: u16,
        /// Encryption.
        security: Security,
        /// User name there; empty for none.
        user: String,
        /// The sender.
        from: String,
        /// Recipients.
        to: Vec<String>,
        /// File with certificate authorities it trusts besides the system's; empty for none.
        #[serde(default)]
        ca: String,
    },
    /// Webhook.
    Webhook {
        /// Scheme, host and port; the rest of an address is often a secret.
        host: String,
        /// File with certificate authorities it trusts besides the system's; empty for none.
        #[serde(default)]
        ca: String,
    },
}

/// Secrets, never shown.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// Of the mail account.
    #[serde(default)]
    pub password: String,
    /// The whole address of a webhook.
    #[serde(default)]
    pub url: String,
    /// Key that signs posts; empty for none.
    #[serde(default)]
    pub key: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// A channel as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Names it in addresses.
    pub id: i64,
    /// Names it for people.
    pub name: String,
    /// Where it leads.
    pub settings: ChannelSettings,
    /// Whether a password or key is saved for it.
    pub has_secret: bool,
}

impl Channel {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        match self.settings {
            ChannelSettings::Email { .. } => ChannelKind::Email,
            ChannelSettings::Webhook { .. } => ChannelKind::Webhook,
        }
    }
}

/// A channel as it is stored; `settings` and `secrets` are JSON.
#[derive(FromRow)]
struct ChannelRow {
    id: i64,
    name: String,
    settings: String,
    secrets: String,
}

fn channel(row: ChannelRow) -> Option<(Channel, Secrets)> {
    let ChannelRow { id, name, settings, secrets } = row;
    let settings = serde_json::from_str(&settings);
    let secrets = serde_json::from_str::<Secrets>(&secrets);
    let (Ok(settings), Ok(secrets)) = (settings, secrets) else {
        tracing::error!(id, "skipping an alert channel that can't be read; recreate it");
        return None;
    };
    let has_secret = !secrets.password.is_empty() || !secrets.key.is_empty();
    Some((Channel { id, name, settings, has_secret }, secrets))
}

impl Engine {
    /// All channels, by name.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn alert_channels(&self) -> Result<Vec<Channel>, sqlx::Error> {
        let rows: Vec<ChannelRow> =
            sqlx::query_as("SELECT * FROM alert_channels ORDER BY name").fetch_all(self.store.read()).await?;
        Ok(rows.into_iter().filter_map(|row| Some(channel(row)?.0)).collect())
    }

    /// One channel.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn alert_channel(&self, id: i64) -> Result<Option<Channel>, sqlx::Error> {
        Ok(self.whole_channel(id).await?.map(|(channel, _)| channel))
    }

    pub(super) async fn whole_channel(&self, id: i64) -> Result<Option<(Channel, Secrets)>, sqlx::Error> {
        let row = sqlx::query_as("SELECT * FROM alert_channels WHERE id = ?");
        Ok(row.bind(id).fetch_optional(self.store.read()).await?.and_then(channel))
    }

    /// Saves a channel: a new one, or a change of `id`.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn save_alert_channel(
        &self,
        actor: &Actor,
        id: Option<i64>,
        new: &NewChannel,
    ) -> Result<i64, AlertError> {
        let before = match id {
            Some(id) => Some(self.whole_channel(id).await?.ok_or(AlertError::Gone("channel"))?),
            None => None,
        };
        let mut wrong = WrongFields::default();
        let checked = new.checked(before.as_ref().map(|(channel, secrets)| (channel, secrets)), &mut wrong).await;
        let name = new.name.trim();
        let mut tx = self.store.write().await?;
        let taken: i64 = sqlx::query_scalar("SELECT count(*) FROM alert_channels WHERE name = ? AND id <> ?")
            .bind(name)
            .bind(id.unwrap_or(0))
            .fetch_one(&mut *tx)
            .await?;
        if taken > 0 {
            wrong.add("name", "A channel with this name already exists. Choose another name.");
        }
        wrong.settle()?;
        let (settings, secrets) = checked.expect("a field that cannot be used was added, and that was told");
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM alert_channels").fetch_one(&mut *tx).await?;
        if id.is_none() && usize::try_from(count).unwrap_or(MOST) >= MOST {
            return Err(AlertError::TooMany { what: "channels", most: MOST });
        }
        let shown = serde_json::to_string(&settings).expect("settings always serialize");
        let hidden = serde_json::to_string(&secrets).expect("secrets always serialize");
        let kind = if new.webhook { ChannelKind::Webhook } else { ChannelKind::Email };
        let kept: Option<i64> = sqlx::query_scalar(
            "INSERT INTO alert_channels (id, name, kind, settings, secrets, created_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, settings = excluded.settings, secrets = excluded.secrets
             RETURNING id",
        )
        .bind(id)
        .bind(name)
        .bind(kind.as_str())
        .bind(shown)
        .bind(hidden)
        .bind(self.clock.now_ms())
        .fetch_optional(&mut *tx)
        .await?;
        let kept = kept.ok_or(AlertError::Gone("channel"))?;
        let (action, verb) =
            if id.is_some() { ("alert.channel.change", "Changed") } else { ("alert.channel.add", "Added") };
        let sentence = format!("{verb} the alert channel {name}: {}.", settings.leads_to());
        let entry = NewAuditEntry { actor, action, sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(name)).await?;
        Ok(kept)
    }

    /// Removes a channel. Its waiting notifications are dropped.
    ///
    /// # Errors
    /// [`AlertError`]: nothing changed.
    pub async fn remove_alert_channel(&self, actor: &Actor, id: i64) -> Result<(), AlertError> {
        let mut tx = self.store.write().await?;
        sqlx::query(
            "UPDATE alert_deliveries SET next_at = NULL, ended_at = ?, outcome = 'The channel was removed before it could be delivered.'
             WHERE channel = ? AND next_at IS NOT NULL",
        )
        .bind(self.clock.now_ms())
        .bind(id)
        .execute(&mut *tx)
        .await?;
        let removed: Option<String> = sqlx::query_scalar("DELETE FROM alert_channels WHERE id = ? RETURNING name")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let removed = removed.ok_or(AlertError::Gone("channel"))?;
        let sentence = format!("Removed the alert channel {removed}.");
        let entry = NewAuditEntry { actor, action: "alert.channel.remove", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(removed)).await?;
        Ok(())
    }
}

impl ChannelSettings {
    /// Path of the CA file; empty for none.
    #[must_use]
    pub fn ca(&self) -> &str {
        match self {
            Self::Email { ca, .. } | Self::Webhook { ca, .. } => ca,
        }
    }

    /// Where it leads, in words.
    #[must_use]
    pub fn leads_to(&self) -> String {
        let way = match self {
            Self::Email { host, port, to, .. } => format!("mail to {} by way of {host}:{port}", to.join(", ")),
            Self::Webhook { host, .. } => format!("a post to {host}"),
        };
        match self.ca() {
            "" => way,
            ca => format!("{way}, trusting the CA file {ca}"),
        }
    }
}
