//! Users: adding, listing, passwords, login.

use licensing::permission::Role;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, Sqlite, Transaction};
use storage::row::Columns;

use super::checking::Place;
use super::links::{MAX_INVITEE, take_invitation};
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
    /// When the password was set, Unix milliseconds.
    pub password_at: i64,
    /// The last sign-in, Unix milliseconds.
    pub signed_in_at: Option<i64>,
    /// Since when the account is disabled, Unix milliseconds.
    pub disabled_at: Option<i64>,
    /// Signs in with a code of an authenticator app besides the password.
    pub totp: bool,
}

impl FromRow<'_, SqliteRow> for User {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            role: row.parsed("role")?,
            created_at: row.try_get("created_at")?,
            password_at: row.try_get("changed_at")?,
            signed_in_at: row.try_get("signed_in_at")?,
            disabled_at: row.try_get("disabled_at")?,
            totp: row.try_get("totp")?,
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
    /// The code of the second step does not fit.
    #[error("Wrong code. Enter the code your authenticator app shows now, or one of your recovery codes.")]
    WrongCode,
    /// The code fits, but it, or a newer one, was used before.
    #[error("This code was already used. Wait for the next one.")]
    UsedCode,
    /// Signing in is switched off for this user.
    #[error("This account is disabled. Ask an administrator to enable it.")]
    Disabled,
    /// Nobody could manage the server any more.
    #[error("{0} is the only administrator who can sign in. Make another user administrator first.")]
    LastAdministrator(String),
    /// A one-time link that is not good.
    #[error(
        "This link is not valid: it was used, withdrawn, tried too often, or has expired. Ask an administrator for a new one."
    )]
    Link,
    /// The note of an invitation is too long.
    #[error("Enter up to {MAX_INVITEE} characters, on one line.")]
    Invitee,
    /// No such invitation.
    #[error("There is no such invitation. It was used, withdrawn or has expired.")]
    NoInvitation,
    /// Two-step sign-in is on already.
    #[error("Two-step sign-in is already on. Turn it off first, to set it up with another app.")]
    TotpOn,
    /// There is none to turn off.
    #[error("Two-step sign-in is not on for {0}.")]
    TotpOff(String),
    /// The set-up was not begun, or too long ago.
    #[error("This set-up has expired. Start again.")]
    TotpNotStarted,
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

/// How a user comes in.
enum Entry<'a> {
    /// Added by somebody who may.
    Added(Role),
    /// The first administrator.
    First,
    /// With the token of an invitation.
    Invited(&'a str),
}

impl Engine {
    /// Adds a user.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is kept then.
    pub async fn add_user(&self, actor: &Actor, name: &str, role: Role, password: &str) -> Result<User, AccountError> {
        self.insert_user(actor, name, password, Entry::Added(role)).await
    }

    /// Adds the first administrator, from the set-up wizard. Of several who try at once, one succeeds.
    ///
    /// # Errors
    /// [`AccountError::Claimed`] when there is one already; nothing is kept then, as with every other.
    pub async fn claim(&self, actor: &Actor, name: &str, password: &str) -> Result<User, AccountError> {
        self.insert_user(actor, name, password, Entry::First).await
    }

    /// Adds the user who was invited with this token, which then is spent.
    ///
    /// # Errors
    /// [`AccountError::Link`] for a link that is spent, has expired or was never made. No error keeps anything.
    pub async fn accept_invitation(
        &self,
        actor: &Actor,
        token: &str,
        name: &str,
        password: &str,
    ) -> Result<User, AccountError> {
        self.insert_user(actor, name, password, Entry::Invited(token)).await
    }

    async fn insert_user(
        &self,
        actor: &Actor,
        name: &str,
        password: &str,
        entry: Entry<'_>,
    ) -> Result<User, AccountError> {
        let name = name.trim();
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        password::check(name, password)?;
        let place = match entry {
            Entry::Invited(token) => Some(self.try_link(token, true).await?),
            Entry::Added(_) | Entry::First => None,
        };
        let phc = self.hash_password(password.to_owned(), place).await;
        let now = self.clock.now_ms();
        let mut tx = self.store.write().await?;
        let (role, sentence) = match entry {
            Entry::Added(role) => (role, format!("Added user {name} as {role}.")),
            Entry::First => (Role::Administrator, format!("Added user {name} as {}.", Role::Administrator)),
            Entry::Invited(token) => {
                let (role, by) = take_invitation(&mut tx, token, now).await?.ok_or(AccountError::Link)?;
                (role, format!("Added user {name} as {role}, invited by {by}."))
            }
        };
        if role == Role::Administrator {
            let claimed = sqlx::query(
                "UPDATE setup SET claimed_at = ?, token_hash = NULL, expires_at = NULL WHERE claimed_at IS NULL",
            )
            .bind(now)
            .execute(&mut *tx)
            .await?;
            if matches!(entry, Entry::First) && claimed.rows_affected() == 0 {
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
        self.audit
            .commit(tx, NewAuditEntry { actor, action: "user.add", sentence, outcome: AuditOutcome::Done }.about(name))
            .await?;
        if role == Role::Administrator {
            self.forget_setup_file();
        }
        Ok(User {
            id: inserted.last_insert_rowid(),
            name: name.to_owned(),
            role,
            created_at: now,
            password_at: now,
            signed_in_at: None,
            disabled_at: None,
            totp: false,
        })
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
        let phc = self.new_password(name, password, None).await?;
        let mut tx = self.store.write().await?;
        let name = self.write_password(&mut tx, name, phc, keep).await?;
        let sentence = format!("Set a new password for {name} and ended that user's other sessions.");
        self.audit
            .commit(
                tx,
                NewAuditEntry { actor, action: "user.password", sentence, outcome: AuditOutcome::Done }.about(&name),
            )
            .await?;
        self.throttle().clear(&name);
        Ok(())
    }

    /// Checks and hashes a new password.
    pub(super) async fn new_password(
        &self,
        name: &str,
        password: &str,
        place: Option<Place>,
    ) -> Result<String, AccountError> {
        password::check(name, password)?;
        let phc = self.hash_password(password.to_owned(), place).await;
        self.session_store().store_kept().await;
        Ok(phc)
    }

    /// Sets a password that was hashed, ends the user's one-time links and sessions, except the one with the handle `keep`, and returns the
    /// name as it is stored.
    pub(super) async fn write_password(
        &self,
        tx: &mut Transaction<'static, Sqlite>,
        name: &str,
        phc: String,
        keep: Option<&str>,
    ) -> Result<String, AccountError> {
        let changed: Option<(i64, String)> = sqlx::query_as(
            "UPDATE users SET password = ?, changed_at = ? WHERE name = ? COLLATE NOCASE RETURNING id, name",
        )
        .bind(phc)
        .bind(self.clock.now_ms())
        .bind(name)
        .fetch_optional(&mut **tx)
        .await?;
        let (id, name) = changed.ok_or_else(|| AccountError::Unknown(name.to_owned()))?;
        sqlx::query("DELETE FROM sessions WHERE user_id = ?1 AND (?2 IS NULL OR handle <> ?2)")
            .bind(id)
            .bind(keep)
            .execute(&mut **tx)
            .await?;
        // A link that was made for the password of before would set another one.
        sqlx::query("DELETE FROM one_time_links WHERE user_id = ?").bind(id).execute(&mut **tx).await?;
        Ok(name)
    }

    /// Checks name and password. Wrong ones are slowed down: [`throttle`](super::throttle) says for whom. With [`User::totp`] a sign-in goes
    /// on with [`Engine::second_step`].
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
        let row = sqlx::query("SELECT * FROM people WHERE name = ? COLLATE NOCASE")
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
                let user = User::from_row(&row)?;
                if user.disabled_at.is_some() {
                    self.note_refused(actor, &guest, Cause::Disabled(user.name)).await;
                    return Err(AccountError::Disabled);
                }
                Ok(user)
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
        Ok(sqlx::query_as("SELECT * FROM people ORDER BY name COLLATE NOCASE").fetch_all(self.store.read()).await?)
    }

    /// One user by number.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn user(&self, id: i64) -> Result<Option<User>, AccountError> {
        Ok(sqlx::query_as("SELECT * FROM people WHERE id = ?").bind(id).fetch_optional(self.store.read()).await?)
    }

    /// One user by name, in any case.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when there is none.
    pub async fn user_named(&self, name: &str) -> Result<User, AccountError> {
        let found: Option<User> = sqlx::query_as("SELECT * FROM people WHERE name = ? COLLATE NOCASE")
            .bind(name)
            .fetch_optional(self.store.read())
            .await?;
        found.ok_or_else(|| AccountError::Unknown(name.to_owned()))
    }

    /// Notes that a user has signed in. It only informs: a full disk keeps nobody out.
    pub async fn note_sign_in(&self, id: i64) {
        let written = async {
            let mut tx = self.store.write().await?;
            let now = self.clock.now_ms();
            sqlx::query("UPDATE users SET signed_in_at = ? WHERE id = ?").bind(now).bind(id).execute(&mut *tx).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "could not note when a user signed in");
        }
    }

    async fn hash_password(&self, password: String, place: Option<Place>) -> String {
        self.password_checks.run(place, move || password::hash(&password)).await
    }
}
