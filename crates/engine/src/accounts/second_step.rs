//! The second step of a sign-in: setting it up with an authenticator app, codes, recovery codes.

use licensing::totp::{CodeRefusal, RECOVERY, RECOVERY_CODES, SECRET, SecondFactor, TotpSecret, recovery_code};
use licensing::words::count;
use sqlx::{Sqlite, Transaction};

use super::refused::Cause;
use super::throttle::{Guesser, guest};
use super::users::{AccountError, User};
use crate::Engine;
use crate::actor::Actor;
use crate::audit::{AuditOutcome, NewAuditEntry};
use crate::secret;

/// A set-up that was begun waits this long for its first code, milliseconds.
const SET_UP_MS: i64 = 30 * 60 * 1000;

impl Engine {
    /// Begins the set-up for a user: the secret for the app. Nothing is asked for at sign-in before [`Engine::confirm_totp`]. One that was
    /// begun before is replaced.
    ///
    /// # Errors
    /// [`AccountError::TotpOn`] when it is on already.
    pub async fn begin_totp(&self, actor: &Actor, user_id: i64) -> Result<TotpSecret, AccountError> {
        let new = TotpSecret::new(secret::random::<SECRET>());
        let mut tx = self.store.write().await?;
        let written = sqlx::query(
            "INSERT INTO totp (user_id, secret, started_at) VALUES (?, ?, ?) ON CONFLICT (user_id)
             DO UPDATE SET secret = excluded.secret, started_at = excluded.started_at WHERE confirmed_at IS NULL",
        )
        .bind(user_id)
        .bind(new.as_bytes())
        .bind(self.clock.now_ms())
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(AccountError::TotpOn);
        }
        let name = name_of(&mut tx, user_id).await?;
        let sentence = format!("Began to set up two-step sign-in for {name}.");
        let entry = NewAuditEntry { actor, action: "user.totp-begin", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&name)).await?;
        Ok(new)
    }

    /// The secret of a set-up that waits for its first code.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn pending_totp(&self, user_id: i64) -> Result<Option<TotpSecret>, AccountError> {
        let now = self.clock.now_ms();
        let secret: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT secret FROM totp WHERE user_id = ? AND confirmed_at IS NULL AND started_at BETWEEN ? AND ?",
        )
        .bind(user_id)
        .bind(now - SET_UP_MS)
        .bind(now)
        .fetch_optional(self.store.read())
        .await?;
        Ok(secret.and_then(|secret| TotpSecret::from_bytes(&secret)))
    }

    /// Turns two-step sign-in on with the first code of the app, and returns the recovery codes, the only time they are available.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`]; [`AccountError::TotpNotStarted`] when the set-up was not begun or too long ago.
    pub async fn confirm_totp(&self, actor: &Actor, user_id: i64, typed: &str) -> Result<Vec<String>, AccountError> {
        let pending = self.pending_totp(user_id).await?.ok_or(AccountError::TotpNotStarted)?;
        let now = self.clock.now_ms();
        let Some(SecondFactor::Code(code)) = SecondFactor::parse(typed) else { return Err(AccountError::WrongCode) };
        let step = pending.check(code, now, None).map_err(|_| AccountError::WrongCode)?;
        let mut tx = self.store.write().await?;
        let confirmed = sqlx::query(
            "UPDATE totp SET confirmed_at = ?, last_step = ? WHERE user_id = ? AND secret = ? AND confirmed_at IS NULL",
        )
        .bind(now)
        .bind(step)
        .bind(user_id)
        .bind(pending.as_bytes())
        .execute(&mut *tx)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Err(AccountError::TotpNotStarted);
        }
        let codes = write_recovery_codes(&mut tx, user_id).await?;
        let name = name_of(&mut tx, user_id).await?;
        let sentence = format!("Turned on two-step sign-in for {name}, with {RECOVERY_CODES} recovery codes.");
        let entry = NewAuditEntry { actor, action: "user.totp-on", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&name)).await?;
        Ok(codes)
    }

    /// Replaces the recovery codes of a user and returns the new ones, the only time they are available.
    ///
    /// # Errors
    /// [`AccountError::TotpOff`] when two-step sign-in is not on.
    pub async fn new_recovery_codes(&self, actor: &Actor, user_id: i64) -> Result<Vec<String>, AccountError> {
        let mut tx = self.store.write().await?;
        let name = name_of(&mut tx, user_id).await?;
        let on: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM totp WHERE user_id = ? AND confirmed_at IS NOT NULL)")
                .bind(user_id)
                .fetch_one(&mut *tx)
                .await?;
        if !on {
            return Err(AccountError::TotpOff(name));
        }
        let codes = write_recovery_codes(&mut tx, user_id).await?;
        let sentence = format!("Replaced the recovery codes of {name}; those of before no longer work.");
        let entry = NewAuditEntry { actor, action: "user.recovery-codes", sentence, outcome: AuditOutcome::Done };
        self.audit.commit(tx, entry.about(&name)).await?;
        Ok(codes)
    }

    /// How many recovery codes a user has left.
    ///
    /// # Errors
    /// [`AccountError::Sql`].
    pub async fn recovery_codes_left(&self, user_id: i64) -> Result<usize, AccountError> {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE user_id = ? AND used_at IS NULL")
            .bind(user_id)
            .fetch_one(self.store.read())
            .await?;
        Ok(usize::try_from(left).unwrap_or_default())
    }

    /// Turns two-step sign-in off for the person who acts.
    ///
    /// # Errors
    /// [`AccountError::TotpOff`] when it is not on.
    pub async fn end_totp(&self, actor: &Actor, user_id: i64) -> Result<(), AccountError> {
        let sentence = |name: &str| format!("Turned off two-step sign-in for {name}.");
        self.remove_totp(actor, user_id, "user.totp-off", sentence).await
    }

    /// Turns two-step sign-in off for somebody who has lost the app, who then signs in with the password alone.
    ///
    /// # Errors
    /// [`AccountError::Unknown`]; [`AccountError::TotpOff`] when it is not on.
    pub async fn reset_totp(&self, actor: &Actor, name: &str) -> Result<String, AccountError> {
        let user = self.user_named(name).await?;
        let sentence = |name: &str| {
            format!("Reset two-step sign-in of {name}, who signs in with the password alone until it is set up again.")
        };
        self.remove_totp(actor, user.id, "user.totp-reset", sentence).await?;
        self.throttle().clear(&user.name);
        Ok(user.name)
    }

    async fn remove_totp(
        &self,
        actor: &Actor,
        user_id: i64,
        action: &str,
        sentence: impl FnOnce(&str) -> String,
    ) -> Result<(), AccountError> {
        let mut tx = self.store.write().await?;
        let name = name_of(&mut tx, user_id).await?;
        let removed = sqlx::query("DELETE FROM totp WHERE user_id = ? AND confirmed_at IS NOT NULL")
            .bind(user_id)
            .execute(&mut *tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(AccountError::TotpOff(name));
        }
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = ?").bind(user_id).execute(&mut *tx).await?;
        let entry = NewAuditEntry { actor, action, sentence: sentence(&name), outcome: AuditOutcome::Done };
        Ok(self.audit.commit(tx, entry.about(&name)).await?)
    }

    /// Checks what was typed at the second step of a user whose password was right: a code of the app, or a recovery code. Each works once.
    /// `device`: the number of a browser in which the user signed in before. Returns how many recovery codes are left, if one was used.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], [`AccountError::UsedCode`]; [`AccountError::Wait`] after too many.
    pub async fn second_step(
        &self,
        actor: &Actor,
        user: &User,
        typed: &str,
        device: Option<&str>,
    ) -> Result<Option<usize>, AccountError> {
        let guest = guest(actor.address.as_deref());
        let begun = self.throttle().begin(&user.name, &guest, Guesser::Code(device), self.clock.mono_ms());
        let guess = match begun {
            Ok(guess) => guess,
            Err(wait) => {
                self.note_refused(actor, &guest, Cause::Wait).await;
                return Err(AccountError::Wait(wait));
            }
        };
        let checked = match SecondFactor::parse(typed) {
            Some(SecondFactor::Code(code)) => self.spend_code(user, code).await.map(|()| None),
            Some(SecondFactor::Recovery(code)) => self.spend_recovery_code(user, &code).await.map(Some),
            None => Err(AccountError::WrongCode),
        };
        match &checked {
            Ok(_) => self.throttle().right(guess),
            Err(AccountError::WrongCode | AccountError::UsedCode) => {
                self.note_refused(actor, &guest, Cause::Code(user.name.clone())).await;
            }
            Err(_) => {}
        }
        checked
    }

    async fn spend_code(&self, user: &User, code: u32) -> Result<(), AccountError> {
        let row: Option<(Vec<u8>, Option<i64>)> =
            sqlx::query_as("SELECT secret, last_step FROM totp WHERE user_id = ? AND confirmed_at IS NOT NULL")
                .bind(user.id)
                .fetch_optional(self.store.read())
                .await?;
        let (secret, stored) = row.ok_or(AccountError::WrongCode)?;
        let secret = TotpSecret::from_bytes(&secret).ok_or(AccountError::WrongCode)?;
        let last = stored.max(self.unstored_steps().get(&user.id).copied());
        let step = secret.check(code, self.clock.now_ms(), last).map_err(|refusal| match refusal {
            CodeRefusal::Wrong => AccountError::WrongCode,
            CodeRefusal::Used => AccountError::UsedCode,
        })?;
        match self.store_step(user.id, step).await {
            Ok(true) => Ok(()),
            // Somebody else was faster with the same code.
            Ok(false) => Err(AccountError::UsedCode),
            Err(error) => {
                // A full disk must not keep out the person who can free it; until this server ends, the code is remembered.
                let before = self.unstored_steps().insert(user.id, step);
                if before.is_some_and(|before| before >= step) {
                    return Err(AccountError::UsedCode);
                }
                tracing::warn!(%error, "could not store that a code was used; it is remembered until this server ends");
                Ok(())
            }
        }
    }

    async fn store_step(&self, user_id: i64, step: i64) -> Result<bool, sqlx::Error> {
        let mut tx = self.store.write().await?;
        let spent = sqlx::query(
            "UPDATE totp SET last_step = ?1 WHERE user_id = ?2 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < ?1)",
        )
        .bind(step)
        .bind(user_id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(spent.rows_affected() > 0)
    }

    async fn spend_recovery_code(&self, user: &User, code: &[u8; RECOVERY]) -> Result<usize, AccountError> {
        let mut tx = self.store.write().await?;
        let spent =
            sqlx::query("UPDATE recovery_codes SET used_at = ? WHERE user_id = ? AND hash = ? AND used_at IS NULL")
                .bind(self.clock.now_ms())
                .bind(user.id)
                .bind(&secret::digest(code)[..])
                .execute(&mut *tx)
                .await?;
        if spent.rows_affected() == 0 {
            return Err(AccountError::WrongCode);
        }
        tx.commit().await?;
        self.recovery_codes_left(user.id).await
    }
}

/// The name of a user who is still there.
async fn name_of(tx: &mut Transaction<'static, Sqlite>, user_id: i64) -> Result<String, AccountError> {
    let name =
        sqlx::query_scalar("SELECT name FROM users WHERE id = ?").bind(user_id).fetch_optional(&mut **tx).await?;
    name.ok_or_else(|| AccountError::Unknown(format!("number {user_id}")))
}

async fn write_recovery_codes(tx: &mut Transaction<'static, Sqlite>, user_id: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = ?").bind(user_id).execute(&mut **tx).await?;
    let mut shown = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let random = secret::random::<RECOVERY>();
        sqlx::query("INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)")
            .bind(user_id)
            .bind(&secret::digest(&random)[..])
            .execute(&mut **tx)
            .await?;
        shown.push(recovery_code(&random));
    }
    Ok(shown)
}

/// "9 recovery codes are left."
#[must_use]
pub fn codes_left(left: usize) -> String {
    let verb = if left == 1 { "is" } else { "are" };
    format!("{} {verb} left.", count(left, "recovery code", "recovery codes"))
}
