//! API tokens: `lhk_` + 43 characters + a 6-character checksum; kept as SHA-256; named, scoped by role, expiring.

use licensing::permission::{BeyondRole, Permission, Rights, Role};
use licensing::words::{count, list};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use storage::row::Columns;

use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

const PREFIX: &str = "lhk_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DAY_MS: i64 = 86_400_000;
/// "Last used" is written at most this often, milliseconds.
const SEEN_EVERY_MS: i64 = 60_000;
/// Longest life of a token, days.
pub const MAX_DAYS: u32 = 366;

/// A token in the list, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Number in the database.
    pub id: i64,
    /// Name.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// The permissions it is limited to; none: all of its role.
    pub only: Option<Vec<Permission>>,
    /// Who made it.
    pub created_by: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
    /// Unix milliseconds.
    pub last_used_at: Option<i64>,
    /// The address it was last used from.
    pub last_used_from: Option<String>,
    /// Unix milliseconds.
    pub revoked_at: Option<i64>,
}

impl FromRow<'_, SqliteRow> for Token {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: row.parsed("role")?,
            only: stored_permissions(row)?,
            created_by: row.try_get("created_by")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            last_used_at: row.try_get("last_used_at")?,
            last_used_from: row.try_get("last_used_from")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    }
}

/// The column of permissions. A word of another version allows nothing.
fn stored_permissions(row: &SqliteRow) -> Result<Option<Vec<Permission>>, sqlx::Error> {
    let words: Option<&str> = row.try_get("permissions")?;
    Ok(words.map(|words| words.split(' ').filter_map(|word| word.parse().ok()).collect()))
}

/// Why a token could not be created or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is not usable.
    #[error("A token name has 1 to 64 letters, digits, dots, hyphens or underscores.")]
    Name,
    /// Taken.
    #[error("There is already a token named {0}. Choose another name.")]
    Taken(String),
    /// Life out of range.
    #[error("A token can be valid for 1 to {MAX_DAYS} days.")]
    Days,
    /// It was to be allowed more than its role is.
    #[error(transparent)]
    Beyond(#[from] BeyondRole),
    /// No such token.
    #[error("There is no active token named {0}. `leasehold token list` lists all.")]
    Unknown(String),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Creates a token from 32 random bytes.
fn format(random: [u8; 32]) -> String {
    let mut number = random.to_vec();
    let mut digits = Vec::new();
    for _ in 0..43 {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).expect("a remainder below 62 times 256 divided by 62 is below 256");
            rest = value % 62;
        }
        digits.push(ALPHABET[rest as usize] as char);
    }
    let body: String = digits.into_iter().collect();
    let sum = checksum(&body);
    format!("{PREFIX}{body}{sum}")
}

fn checksum(body: &str) -> String {
    secret::digest(body.as_bytes())[..6].iter().map(|b| ALPHABET[usize::from(*b) % 62] as char).collect()
}

/// Whether the text has the shape and checksum of a token, so that a mistyped one needs no database query.
fn is_well_formed(token: &str) -> bool {
    token
        .strip_prefix(PREFIX)
        .filter(|rest| rest.len() == 49 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
        .is_some_and(|rest| checksum(&rest[..43]) == rest[43..])
}

impl Engine {
    /// Creates a token and returns it, the only time it is available. `only`: the permissions it is limited to; without any it may do all
    /// that its role may.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn create_token(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        only: &[Permission],
        days: u32,
    ) -> Result<String, TokenError> {
        if !super::users::is_name(name) {
            return Err(TokenError::Name);
        }
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(TokenError::Days);
        }
        let rights = Rights::limited(role, only)?;
        let words = rights.only().map(|only| only.iter().map(|permission| permission.as_str()).collect::<Vec<_>>());
        let token = format(secret::random());
        let now = self.clock.now_ms();
        let mut tx = self.store.write().await?;
        let inserted = sqlx::query("INSERT INTO tokens (name, role, permissions, hash, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(role.to_string())
            .bind(words.as_ref().map(|words| words.join(" ")))
            .bind(&secret::digest(token.as_bytes())[..])
            .bind(&actor.name)
            .bind(now)
            .bind(now + i64::from(days) * DAY_MS)
            .execute(&mut *tx)
            .await?;
        if inserted.rows_affected() == 0 {
            return Err(TokenError::Taken(name.to_owned()));
        }
        let limit = words.map_or_else(String::new, |words| format!(", limited to {}", list(words)));
        let sentence =
            format!("Created the API token {name} as {role}{limit}, valid for {}.", count(days, "day", "days"));
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "token.create", sentence, outcome: AuditOutcome::Done }.about(name),
            )
            .await?;
        Ok(token)
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// [`TokenError::Unknown`] if there is none by that name, or it is already revoked.
    pub async fn revoke_token(&self, actor: &Actor, name: &str) -> Result<(), TokenError> {
        let mut tx = self.store.write().await?;
        let changed = sqlx::query("UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL")
            .bind(self.clock.now_ms())
            .bind(name)
            .execute(&mut *tx)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(TokenError::Unknown(name.to_owned()));
        }
        let sentence = format!("Revoked the API token {name}.");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "token.revoke", sentence, outcome: AuditOutcome::Done }.about(name),
            )
            .await?;
        Ok(())
    }

    /// All tokens by name.
    ///
    /// # Errors
    /// [`TokenError::Sql`].
    pub async fn tokens(&self) -> Result<Vec<Token>, TokenError> {
        Ok(sqlx::query_as("SELECT * FROM tokens ORDER BY name").fetch_all(self.store.read()).await?)
    }

    /// Name and rights of an active token, which is used from this address; `None` if unknown, revoked or expired.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database does not respond.
    pub async fn token(&self, token: &str, from: Option<&str>) -> Result<Option<(String, Rights)>, sqlx::Error> {
        if !is_well_formed(token) {
            return Ok(None);
        }
        let now = self.clock.now_ms();
        let row = sqlx::query(
            "SELECT id, name, role, permissions, last_used_at FROM tokens WHERE hash = ? AND revoked_at IS NULL AND expires_at > ?",
        )
        .bind(&secret::digest(token.as_bytes())[..])
        .bind(now)
        .fetch_optional(self.store.read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let used: Option<i64> = row.try_get("last_used_at")?;
        if used.is_none_or(|used| now - used > SEEN_EVERY_MS) {
            self.note_use(row.try_get("id")?, now, from).await;
        }
        let role: Role = row.parsed("role")?;
        let rights = match stored_permissions(&row)? {
            None => Rights::of(role),
            Some(only) => Rights::limited_to(role, only),
        };
        Ok(Some((row.try_get("name")?, rights)))
    }
}

impl Engine {
    /// "Last used" is only informative: if it can't be written, the token still works.
    async fn note_use(&self, id: i64, now: i64, from: Option<&str>) {
        let written = async {
            let mut tx = self.store.write().await?;
            sqlx::query(
                "UPDATE tokens SET last_used_at = ?, last_used_from = coalesce(?, last_used_from) WHERE id = ?",
            )
            .bind(now)
            .bind(from)
            .bind(id)
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "could not update when a token was last used");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_and_a_mistyped_one_is_not() {
        let token = format(secret::random());
        assert_eq!(token.len(), 53);
        assert!(is_well_formed(&token));
        let last = if token.ends_with('a') { 'b' } else { 'a' };
        assert!(!is_well_formed(&format!("{}{last}", &token[..52])));
        assert!(!is_well_formed("lhk_ä"));
        assert!(!is_well_formed(""));
    }
}
