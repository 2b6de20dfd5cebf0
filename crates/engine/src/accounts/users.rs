//! Users: adding, listing, passwords, login.

use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use storage::row::Columns;

use super::password::{self, PasswordError};
use super::refused::Cause;
use super::throttle::{Guesser, guest};
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
    /// Too many at once.
    #[error("Too many people are signing in at the same time. Try again in {BUSY_S} s.")]
    Busy,
    /// The first administrator was made meanwhile.
    #[error("This server already has an administrator. Sign in, or ask that person for an account.")]
    Claimed,
    /// The database did not respond.
    #[error("The database did not respond: {0}.")]
    Sql(#[from] sqlx::Error),
}

impl AccountError {
    /// When to try again, seconds; none when waiting doesn't help.
    pub fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::Wait(seconds) => Some(*seconds),
            Self::Busy => Some(BUSY_S),
            _ => None,
        }
    }
}

/// When to try again after [`AccountError::Busy`], seconds.
pub const BUSY_S: i64 = 2;

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
        self.insert_user(actor, name, role, password, false).await
    }

    /// Adds the first administrator, from the set-up wizard. Of several who try at once, one succeeds.
    ///
    /// # Errors
    /// [`AccountError::Claimed`] when there is one already; nothing is kept then, as with every other.
    pub async fn claim(&self, actor: &Actor, name: &str, password: &str) -> Result<User, AccountError> {
        self.insert_user(actor, name, Role::Administrator, password, true).await
    }

    async fn insert_user(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        password: &str,
        must_be_first: bool,
    ) -> Result<User, AccountError> {
        let name = name.trim();
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        password::check(name, password)?;
        let phc = self.hash_password(password.to_owned()).await;
        let now = self.clock.now_ms();
        let mut tx = self.store.write().await?;
        if role == Role::Administrator {
            let claimed = sqlx::query(
                "UPDATE setup SET claimed_at = ?, token_hash = NULL, expires_at = NULL WHERE claimed_at IS NULL",
            )
            .bind(now)
            .execute(&mut *tx)
            .await?;
            if must_be_first && claimed.rows_affected() == 0 {
                return Err(AccountError::Claimed);
            }
        }
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
        let sentence = format!("Added user {name} as {role}.");
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "user.add", sentence, outcome: AuditOutcome::Done }.about(name))
            .await?;
        if role == Role::Administrator {
            self.forget_setup_file();
        }
        Ok(User { id: inserted.last_insert_rowid(), name: name.to_owned(), role, created_at: now })
    }

    /// Sets a user's new password and ends that user's sessions, except the one with the handle `keep`, and all waits after wrong ones.
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
        self.throttle().clear(name);
        Ok(())
    }

    /// Checks name and password. Wrong ones are slowed down: [`throttle`](super::throttle) says for whom.
    ///
    /// # Errors
    /// [`AccountError::Wrong`] for an unknown name and a wrong password alike; [`AccountError::Wait`] after too many;
    /// [`AccountError::Busy`] while too many others wait.
    pub async fn log_in(
        &self,
        actor: &Actor,
        name: &str,
        password: &str,
        guesser: Guesser<'_>,
    ) -> Result<User, AccountError> {
        let name = name.trim();
        let guest = guest(actor.address.as_deref());
        let Some(place) = self.password_checks.place() else {
            self.note_refused(actor, &guest, Cause::Busy).await;
            return Err(AccountError::Busy);
        };
        let begun = self.throttle().begin(name, &guest, guesser, self.clock.mono_ms());
        let guess = match begun {
            Ok(guess) => guess,
            Err(wait) => {
                self.note_refused(actor, &guest, Cause::Wait).await;
                return Err(AccountError::Wait(wait));
            }
        };
        let row = sqlx::query("SELECT id, name, role, password, created_at FROM users WHERE name = ?")
            .bind(name)
            .fetch_optional(self.store.read())
            .await?;
        let phc = row.as_ref().map_or_else(|| Ok(self.decoy.clone()), |row| row.try_get("password"))?;
        let typed = password.to_owned();
        let is_long = password.chars().count() > password::MAX_CHARACTERS;
        let fits = !is_long && self.password_checks.run(Some(place), move || password::matches(&typed, &phc)).await;
        match row {
            Some(row) if fits => {
                self.throttle().right(guess);
                Ok(User::from_row(&row)?)
            }
            row => {
                let known = row.map(|row| row.try_get::<String, _>("name")).transpose()?;
                self.note_refused(actor, &guest, known.map_or(Cause::Unknown, Cause::Wrong)).await;
                Err(AccountError::Wrong)
            }
        }
    }

    /// Checks the password of a signed-in user again, before a sensitive change. `session` is the handle of the session that is asked.
    ///
    /// # Errors
    /// As [`Engine::log_in`].
    pub async fn confirm_password(
        &self,
        actor: &Actor,
        name: &str,
        session: &str,
        password: &str,
    ) -> Result<(), AccountError> {
        self.log_in(actor, name, password, Guesser::Session(session)).await.map(|_| ())
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
        self.password_checks.run(None, move || password::hash(&password)).await
    }
}
