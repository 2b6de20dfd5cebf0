//! One-time links: an invitation, with which a new person chooses name and password, and a link with which somebody sets a new password. The
//! token is kept as its digest, works once and for a limited time.

use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};
use storage::row::Columns;

use super::checking::Place;
use super::password;
use super::users::AccountError;
use crate::Engine;
use crate::actor::{Actor, Origin};
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

const HOUR_MS: i64 = 3_600_000;
/// An invitation is good for this long, hours.
pub const INVITATION_HOURS: i64 = 72;
/// A link for a new password is good for this long, hours.
pub const RESET_HOURS: i64 = 24;
/// So often somebody may choose name and password with one link: hashing takes time, and a taken name tells who is here.
pub const MOST_TRIES: i64 = 10;
/// Longest note that says for whom an invitation is, characters.
pub const MAX_INVITEE: usize = 80;

/// A link that was just created, the only time its token is available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    /// Number of the link.
    pub id: i64,
    /// The secret part of the address.
    pub token: String,
    /// Unix milliseconds.
    pub expires_at: i64,
}

/// An invitation that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Number of the link.
    pub id: i64,
    /// Role of the user it makes.
    pub role: Role,
    /// For whom, as the inviting person wrote it; may be empty.
    pub invitee: String,
    /// Who made it.
    pub created_by: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
}

impl FromRow<'_, SqliteRow> for Invitation {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            role: row.parsed("role")?,
            invitee: row.try_get("invitee")?,
            created_by: row.try_get("created_by")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// A new user with this role.
    Invitation(Role),
    /// A new password of this user.
    Password(String),
}

fn digest(token: &str) -> Vec<u8> {
    secret::digest(token.trim().as_bytes()).to_vec()
}

/// Spends an invitation: the role of the new user, and who invited. `None` when it is not good.
pub(super) async fn take_invitation(
    tx: &mut Transaction<'static, Sqlite>,
    token: &str,
    now: i64,
) -> Result<Option<(Role, String)>, sqlx::Error> {
    let row = sqlx::query(
        "DELETE FROM one_time_links WHERE hash = ? AND expires_at > ? AND user_id IS NULL RETURNING role, created_by",
    )
    .bind(digest(token))
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Ok((row.parsed("role")?, row.try_get("created_by")?))).transpose()
}

/// Ends the links that a user had created, who would come back with one of them. Returns how many were still good.
pub(super) async fn end_links_by(
    tx: &mut Transaction<'static, Sqlite>,
    creator: i64,
    now: i64,
) -> Result<usize, sqlx::Error> {
    let ends: Vec<i64> = sqlx::query_scalar("DELETE FROM one_time_links WHERE creator_id = ? RETURNING expires_at")
        .bind(creator)
        .fetch_all(&mut **tx)
        .await?;
    Ok(ends.into_iter().filter(|end| *end > now).count())
}

impl Engine {
    /// Creates an invitation for a new user with this role.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is kept then.
    pub async fn invite_user(&self, actor: &Actor, role: Role, invitee: &str) -> Result<OneTimeLink, AccountError> {
        let invitee = invitee.trim();
        if invitee.chars().count() > MAX_INVITEE || invitee.chars().any(char::is_control) {
            return Err(AccountError::Invitee);
        }
        let (link, tx) = self.insert_link(actor, None, Some(role), invitee, INVITATION_HOURS).await?;
        let whom = if invitee.is_empty() { String::new() } else { format!(" {invitee}") };
        let sentence = format!("Invited{whom} as {role}, with a link that is valid for {INVITATION_HOURS} h.");
        let entry = NewAuditEntry { actor, action: "user.invite", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry).await?;
        Ok(link)
    }

    /// Creates a link with which a user sets a new password. An earlier one stops working; the password of before still works.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when there is no such user.
    pub async fn password_link(&self, actor: &Actor, name: &str) -> Result<OneTimeLink, AccountError> {
        let user = self.user_named(name).await?;
        let (link, tx) = self.insert_link(actor, Some(user.id), None, "", RESET_HOURS).await?;
        let name = user.name;
        let sentence = format!("Created a link with which {name} can set a new password, valid for {RESET_HOURS} h.");
        let entry = NewAuditEntry { actor, action: "user.reset-link", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&name)).await?;
        Ok(link)
    }

    async fn insert_link(
        &self,
        actor: &Actor,
        user: Option<i64>,
        role: Option<Role>,
        invitee: &str,
        hours: i64,
    ) -> Result<(OneTimeLink, Transaction<'static, Sqlite>), sqlx::Error> {
        let token = secret::hex(&secret::random::<32>());
        let now = self.clock.now_ms();
        let expires_at = now + hours * HOUR_MS;
        let mut tx = self.store.write().await?;
        // Those that have expired, unless the clock is in doubt, and the one of before for this user.
        sqlx::query("DELETE FROM one_time_links WHERE expires_at <= ? OR user_id = ?")
            .bind(self.known_ms())
            .bind(user)
            .execute(&mut *tx)
            .await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO one_time_links (hash, user_id, role, invitee, created_by, creator_id, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, (SELECT id FROM users WHERE name = ?), ?, ?) RETURNING id",
        )
        .bind(digest(&token))
        .bind(user)
        .bind(role.map(Role::as_str))
        .bind(invitee)
        .bind(&actor.name)
        // The system user of a command may have the name of a user of the console.
        .bind(Some(&actor.name).filter(|_| matches!(actor.origin, Origin::Console | Origin::Api)))
        .bind(now)
        .bind(expires_at)
        .fetch_one(&mut *tx)
        .await?;
        Ok((OneTimeLink { id, token, expires_at }, tx))
    }

    /// The invitations that wait, the newest first.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn invitations(&self) -> Result<Vec<Invitation>, AccountError> {
        let sql = "SELECT id, role, invitee, created_by, created_at, expires_at FROM one_time_links WHERE user_id IS NULL AND expires_at > ? AND tries < ? ORDER BY id DESC";
        Ok(sqlx::query_as(sql).bind(self.clock.now_ms()).bind(MOST_TRIES).fetch_all(self.store.read()).await?)
    }

    /// Withdraws an invitation: its link stops working.
    ///
    /// # Errors
    /// [`AccountError::NoInvitation`] when it was accepted, withdrawn or never made.
    pub async fn withdraw_invitation(&self, actor: &Actor, id: i64) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let found: Option<(String, String)> = sqlx::query_as(
            "DELETE FROM one_time_links WHERE id = ? AND user_id IS NULL AND expires_at > ? RETURNING role, invitee",
        )
        .bind(id)
        .bind(self.clock.now_ms())
        .fetch_optional(&mut *tx)
        .await?;
        let (role, invitee) = found.ok_or(AccountError::NoInvitation)?;
        let whom = if invitee.is_empty() { String::new() } else { format!(" of {invitee}") };
        let sentence = format!("Withdrew the invitation{whom} as {role}.");
        let entry = NewAuditEntry { actor, action: "user.withdraw", sentence, outcome: AuditOutcome::Done };
        Ok(self.audit.commit(tx, entry).await?)
    }

    /// What a link is for; `None` when it is not good.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn link_purpose(&self, token: &str) -> Result<Option<LinkPurpose>, AccountError> {
        let row = sqlx::query(
            "SELECT one_time_links.role, users.name FROM one_time_links LEFT JOIN users ON users.id = one_time_links.user_id
             WHERE hash = ? AND expires_at > ? AND tries < ?",
        )
        .bind(digest(token))
        .bind(self.clock.now_ms())
        .bind(MOST_TRIES)
        .fetch_optional(self.store.read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(match row.try_get::<Option<String>, _>("name")? {
            Some(name) => LinkPurpose::Password(name),
            None => LinkPurpose::Invitation(row.parsed("role")?),
        }))
    }

    /// A place for hashing a password that comes with a link, and one of the link's tries.
    ///
    /// # Errors
    /// [`AccountError::Busy`]; [`AccountError::Link`] for a link that is spent, has expired or was never made.
    pub(super) async fn try_link(&self, token: &str, is_invitation: bool) -> Result<Place, AccountError> {
        let place = self.password_checks.place().ok_or(AccountError::Busy)?;
        let mut tx = self.store.write().await?;
        let tried = sqlx::query(
            "UPDATE one_time_links SET tries = tries + 1 WHERE hash = ? AND (user_id IS NULL) = ? AND expires_at > ? AND tries < ?",
        )
        .bind(digest(token))
        .bind(is_invitation)
        .bind(self.clock.now_ms())
        .bind(MOST_TRIES)
        .execute(&mut *tx)
        .await?;
        if tried.rows_affected() == 0 {
            return Err(AccountError::Link);
        }
        tx.commit().await?;
        Ok(place)
    }

    /// Sets the password of the user a link was made for, and ends that user's sessions. The link is spent. Returns the user's name.
    ///
    /// # Errors
    /// [`AccountError::Link`] for a link that is spent, has expired or was never made. No error changes anything.
    pub async fn use_password_link(&self, actor: &Actor, token: &str, password: &str) -> Result<String, AccountError> {
        let Some(LinkPurpose::Password(name)) = self.link_purpose(token).await? else { return Err(AccountError::Link) };
        password::check(&name, password)?;
        let place = self.try_link(token, false).await?;
        let phc = self.new_password(&name, password, Some(place)).await?;
        let mut tx = self.store.write().await?;
        let by: Option<String> = sqlx::query_scalar(
            "DELETE FROM one_time_links WHERE hash = ? AND expires_at > ? AND user_id IS NOT NULL RETURNING created_by",
        )
        .bind(digest(token))
        .bind(self.clock.now_ms())
        .fetch_optional(&mut *tx)
        .await?;
        let by = by.ok_or(AccountError::Link)?;
        let name = self.write_password(&mut tx, &name, phc, None).await?;
        let sentence =
            format!("{name} set a new password with a link that {by} created; that user's sessions have ended.");
        let entry = NewAuditEntry { actor, action: "user.password", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&name)).await?;
        self.throttle().clear(&name);
        Ok(name)
    }
}
