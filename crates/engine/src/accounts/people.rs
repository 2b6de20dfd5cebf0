//! What administrators do with other people's accounts: role, disabling, removal, sessions. There is always an administrator who can sign in.

use licensing::contact::TOLERANCE;
use licensing::permission::{Permission, Role};
use licensing::words::count;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Sqlite, Transaction};

use super::links::end_links_by;
use super::session_store::{IDLE_MS, SessionItem};
use super::users::{AccountError, User};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// A session and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct UserSession {
    /// Name of the user.
    pub user: String,
    /// Number of the user.
    pub user_id: i64,
    #[sqlx(flatten)]
    pub session: SessionItem,
}

impl Engine {
    /// Gives a user another role and ends that user's sessions, and the one-time links of who may manage users no longer. The same role
    /// changes nothing.
    ///
    /// # Errors
    /// [`AccountError::Unknown`]; [`AccountError::LastAdministrator`].
    pub async fn set_role(&self, actor: &Actor, name: &str, role: Role) -> Result<User, AccountError> {
        let (mut tx, user) = self.change_user(name).await?;
        if user.role == role {
            return Ok(user);
        }
        if role != Role::Administrator {
            keep_an_administrator(&mut tx, &user).await?;
        }
        sqlx::query("UPDATE users SET role = ? WHERE id = ?")
            .bind(role.as_str())
            .bind(user.id)
            .execute(&mut *tx)
            .await?;
        end_all(&mut tx, user.id).await?;
        let ended = match role.allows(Permission::ManageUsers) {
            true => 0,
            false => end_links_by(&mut tx, user.id, self.clock.now_ms()).await?,
        };
        let (name, before, links) = (&user.name, user.role, ended_links(ended, &user.name));
        let sentence =
            format!("Changed the role of {name} from {before} to {role} and ended that user's sessions.{links}");
        let entry = NewAuditEntry { actor, action: "user.role", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(name)).await?;
        Ok(User { role, ..user })
    }

    /// Keeps a user from signing in, and ends that user's sessions and the one-time links the user had created. One who is disabled stays as before.
    ///
    /// # Errors
    /// [`AccountError::Unknown`]; [`AccountError::LastAdministrator`].
    pub async fn disable_user(&self, actor: &Actor, name: &str) -> Result<User, AccountError> {
        let (mut tx, user) = self.change_user(name).await?;
        if user.disabled_at.is_some() {
            return Ok(user);
        }
        keep_an_administrator(&mut tx, &user).await?;
        let now = self.clock.now_ms();
        sqlx::query("UPDATE users SET disabled_at = ? WHERE id = ?").bind(now).bind(user.id).execute(&mut *tx).await?;
        end_all(&mut tx, user.id).await?;
        // Whoever enables the user again decides anew who gets a password.
        sqlx::query("DELETE FROM one_time_links WHERE user_id = ?").bind(user.id).execute(&mut *tx).await?;
        let links = ended_links(end_links_by(&mut tx, user.id, now).await?, &user.name);
        let sentence = format!("Disabled {} and ended that user's sessions.{links}", user.name);
        let entry = NewAuditEntry { actor, action: "user.disable", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&user.name)).await?;
        Ok(User { disabled_at: Some(now), ..user })
    }

    /// Lets a disabled user sign in again.
    ///
    /// # Errors
    /// [`AccountError::Unknown`].
    pub async fn enable_user(&self, actor: &Actor, name: &str) -> Result<User, AccountError> {
        let (mut tx, user) = self.change_user(name).await?;
        if user.disabled_at.is_none() {
            return Ok(user);
        }
        sqlx::query("UPDATE users SET disabled_at = NULL WHERE id = ?").bind(user.id).execute(&mut *tx).await?;
        let sentence = format!("Enabled {}.", user.name);
        let entry = NewAuditEntry { actor, action: "user.enable", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&user.name)).await?;
        Ok(User { disabled_at: None, ..user })
    }

    /// Removes a user with sessions, second factor, and the links made for or by the user. API tokens that the user created stay. Returns the name as it was stored.
    ///
    /// # Errors
    /// [`AccountError::Unknown`]; [`AccountError::LastAdministrator`].
    pub async fn remove_user(&self, actor: &Actor, name: &str) -> Result<String, AccountError> {
        let (mut tx, user) = self.change_user(name).await?;
        keep_an_administrator(&mut tx, &user).await?;
        let links = ended_links(end_links_by(&mut tx, user.id, self.clock.now_ms()).await?, &user.name);
        sqlx::query("DELETE FROM users WHERE id = ?").bind(user.id).execute(&mut *tx).await?;
        let sentence = format!("Removed user {}, {}.{links}", user.name, user.role);
        let entry = NewAuditEntry { actor, action: "user.remove", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&user.name)).await?;
        self.throttle().clear(&user.name);
        Ok(user.name)
    }

    /// Begins a change of a user, read in its transaction.
    async fn change_user(&self, name: &str) -> Result<(Transaction<'static, Sqlite>, User), AccountError> {
        self.session_store().store_kept().await;
        let mut tx = self.store.write().await?;
        let found: Option<User> = sqlx::query_as("SELECT * FROM people WHERE name = ? COLLATE NOCASE")
            .bind(name)
            .fetch_optional(&mut *tx)
            .await?;
        Ok((tx, found.ok_or_else(|| AccountError::Unknown(name.to_owned()))?))
    }

    /// The live sessions of all users, last used first.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn all_sessions(&self) -> Result<Vec<UserSession>, AccountError> {
        let now = self.clock.now_ms();
        let sql = "SELECT users.name AS user, user_id, handle, address, agent, sessions.created_at, seen_at FROM sessions
                   JOIN users ON users.id = user_id WHERE expires_at > ? AND seen_at BETWEEN ? AND ? ORDER BY seen_at DESC";
        let query = sqlx::query_as(sql).bind(now).bind(now - IDLE_MS).bind(now + TOLERANCE);
        Ok(query.fetch_all(self.store.read()).await?)
    }

    /// Ends a session of a user, or all of them without a handle. Returns how many ended.
    ///
    /// # Errors
    /// [`AccountError::Unknown`].
    pub async fn end_sessions_of(&self, actor: &Actor, name: &str, handle: Option<&str>) -> Result<u64, AccountError> {
        let (mut tx, user) = self.change_user(name).await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE user_id = ?1 AND (?2 IS NULL OR handle = ?2)")
            .bind(user.id)
            .bind(handle)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        let sentence = format!("Ended {} of {}.", count(ended, "session", "sessions"), user.name);
        let entry = NewAuditEntry { actor, action: "session.end", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&user.name)).await?;
        Ok(ended)
    }
}

/// Refuses what would leave no administrator who can sign in.
async fn keep_an_administrator(tx: &mut Transaction<'static, Sqlite>, user: &User) -> Result<(), AccountError> {
    if user.role != Role::Administrator || user.disabled_at.is_some() {
        return Ok(());
    }
    let others: i64 =
        sqlx::query_scalar("SELECT count(*) FROM users WHERE role = ? AND disabled_at IS NULL AND id <> ?")
            .bind(Role::Administrator.as_str())
            .bind(user.id)
            .fetch_one(&mut **tx)
            .await?;
    if others == 0 { Err(AccountError::LastAdministrator(user.name.clone())) } else { Ok(()) }
}

/// The sentence on links that have ended; empty without one.
fn ended_links(ended: usize, creator: &str) -> String {
    match ended {
        0 => String::new(),
        _ => format!(" Ended {} that {creator} had created.", count(ended, "one-time link", "one-time links")),
    }
}

async fn end_all(tx: &mut Transaction<'static, Sqlite>, user_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sessions WHERE user_id = ?").bind(user_id).execute(&mut **tx).await?;
    Ok(())
}
