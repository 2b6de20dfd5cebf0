//! Users: adding, listing, passwords, login.

use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use storage::row::Columns;

use super::password::{self, PasswordError};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};

/// A user as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Number in the database.
    pub id: i64,
    /// Name to sign in with.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Unix milliseconds.
    pub created_at: i64,
}

impl FromRow<'_, SqliteRow> for User {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: row.parsed("role")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// Why an account could not be made, changed or entered.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name is not usable.
    #[error(
        "A user name has 1 to 64 letters, digits, dots, hyphens, underscores or @, and starts with a letter or digit."
    )]
    Name,
    /// Someone has it already.
    #[error(
        "There is already a user named {0}. Choose another name, or use `leasehold user reset` to give that user a new password."
    )]
    Taken(String),
    /// No such user.
    #[error("There is no user named {0}. `leasehold user list` lists all.")]
    Unknown(String),
    /// Weak password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Name or password do not fit.
    #[error("Wrong user name or password.")]
    Wrong,
    /// Too many guesses.
    #[error("Too many attempts. Try again in {0} s.")]
    Wait(i64),
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

/// Whether `name` can be a user's name.
pub fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c))
}

impl Engine {
    /// Adds a user.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is kept then.
    pub async fn add_user(&self, actor: &Actor, name: &str, role: Role, password: &str) -> Result<User, AccountError> {
        let name = name.trim();
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        password::check(name, password)?;
        let phc = self.hash_password(password.to_owned()).await;
        let now = self.clock.now_ms();
        let mut tx = self.store.write().await?;
        let inserted = sqlx::query("INSERT INTO users (name, role, password, created_at, changed_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(role.to_string())
            .bind(phc)
            .bind(now)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if inserted.rows_affected() == 0 {
            return Err(AccountError::Taken(name.to_owned()));
        }
        if role == Role::Administrator {
            sqlx::query("UPDATE setup SET claimed_at = coalesce(claimed_at, ?), token_hash = NULL, expires_at = NULL")
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        let sentence = format!("Added user {name} as {role}.");
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "user.add", sentence, outcome: AuditOutcome::Done }.about(name))
            .await?;
        if role == Role::Administrator {
            self.forget_setup_file();
        }
        Ok(User { id: inserted.last_insert_rowid(), name: name.to_owned(), role, created_at: now })
    }

    /// Sets a user's new password and ends that user's sessions, except the one with the handle `keep`.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is changed then.
    pub async fn set_password(
        &self,
        actor: &Actor,
        name: &str,
        password: &str,
        keep: Option<&str>,
    ) -> Result<(), AccountError> {
        password::check(name, password)?;
        let phc = self.hash_password(password.to_owned()).await;
        self.session_store().store_kept().await;
        let mut tx = self.store.write().await?;
        let changed = sqlx::query("UPDATE users SET password = ?, changed_at = ? WHERE name = ?")
            .bind(phc)
            .bind(self.clock.now_ms())
            .bind(name)
            .execute(&mut *tx)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(AccountError::Unknown(name.to_owned()));
        }
        sqlx::query("DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?1) AND (?2 IS NULL OR handle <> ?2)")
            .bind(name)
            .bind(keep)
            .execute(&mut *tx)
            .await?;
        let sentence = format!("Set a new password for {name} and ended that user's other sessions.");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "user.password", sentence, outcome: AuditOutcome::Done }.about(name),
            )
            .await?;
        Ok(())
    }

    /// Checks name and password. Wrong ones are slowed down, per account and per address.
    ///
    /// # Errors
    /// [`AccountError::Wrong`] for an unknown name and a wrong password alike; [`AccountError::Wait`] after too many.
    pub async fn log_in(&self, actor: &Actor, name: &str, password: &str) -> Result<User, AccountError> {
        let name = name.trim();
        let account = format!("name:{}", name.chars().take(64).collect::<String>().to_lowercase());
        let keys = [account.clone(), format!("address:{}", actor.address.as_deref().unwrap_or("none"))];
        let now = self.clock.now_ms();
        let wait = self.throttle().wait_s(&keys, now);
        if wait > 0 {
            return Err(AccountError::Wait(wait));
        }
        // Counted before the slow check, so that simultaneous guesses count too.
        self.throttle().wrong(&keys, now);
        let row = sqlx::query("SELECT id, name, role, password, created_at FROM users WHERE name = ?")
            .bind(name)
            .fetch_optional(self.store.read())
            .await?;
        let phc = row.as_ref().map_or_else(|| Ok(self.decoy.clone()), |row| row.try_get("password"))?;
        let long = password.chars().count() > password::MAX_CHARACTERS;
        let fits = !long && self.check_password(password.to_owned(), phc).await;
        match row {
            Some(row) if fits => {
                self.throttle().right(&account);
                self.throttle().right(&keys[1]);
                Ok(User::from_row(&row)?)
            }
            _ => {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                let sentence = format!("Failed sign-in for “{shown}”.");
                let entry = NewAuditEntry { actor, action: "session.login", sentence, outcome: AuditOutcome::Refused };
                self.audit.record(entry.about(shown)).await?;
                Err(AccountError::Wrong)
            }
        }
    }

    /// Checks this user's password again, before a sensitive change.
    ///
    /// # Errors
    /// As [`Engine::log_in`].
    pub async fn confirm_password(&self, actor: &Actor, name: &str, password: &str) -> Result<(), AccountError> {
        self.log_in(actor, name, password).await.map(|_| ())
    }

    /// All users by name.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn users(&self) -> Result<Vec<User>, AccountError> {
        Ok(sqlx::query_as("SELECT id, name, role, created_at FROM users ORDER BY name")
            .fetch_all(self.store.read())
            .await?)
    }

    /// One user by number.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn user(&self, id: i64) -> Result<Option<User>, AccountError> {
        Ok(sqlx::query_as("SELECT id, name, role, created_at FROM users WHERE id = ?")
            .bind(id)
            .fetch_optional(self.store.read())
            .await?)
    }

    async fn hash_password(&self, password: String) -> String {
        let _turn = self.hashing.acquire().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(move || password::hash(&password)).await.expect("hashing does not panic")
    }

    async fn check_password(&self, password: String, phc: String) -> bool {
        let _turn = self.hashing.acquire().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(move || password::matches(&password, &phc)).await.unwrap_or(false)
    }
}
