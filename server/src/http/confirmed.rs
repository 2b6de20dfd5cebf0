//! The password that is asked again before a sensitive change.

use licensing::permission::Permission;
use tower_sessions::Session;
use tower_sessions::session::Error;

use super::access::Access;
use super::state::App;

/// Session key: when the password was last confirmed, milliseconds of the wall clock and of the monotonic one.
const CONFIRMED: &str = "password-confirmed";
/// A confirmed password holds for this long, so that a form that is corrected doesn't ask at every try, milliseconds.
pub const HOLDS_MS: i64 = 5 * 60 * 1000;

/// What a person confirms with the password, by what it leaves in the audit log.
const ASKED: &[&str] = &[
    "user.add",
    "user.password",
    "user.invite",
    "user.reset-link",
    "user.role",
    "user.disable",
    "user.enable",
    "user.remove",
    "user.totp-begin",
    "user.totp-on",
    "user.totp-off",
    "user.totp-reset",
    "user.recovery-codes",
    "token.create",
    "token.revoke",
    "server.register",
    "peer.invite",
    "peer.join",
    "peer.remove",
    "server.handover",
    "server.rehearse",
    "ve.install",
    "backup.download",
    "backup.delete",
    "source.add",
];

/// Whether a person confirms it with the password: what is brought back, who may come in, who this server is, who serves,
/// which programs it runs.
pub fn is_asked(access: Access, audit: &[&str]) -> bool {
    let restores = matches!(access, Access::May(of) | Access::Person(of) if of == Permission::RestoreConfiguration)
        && !audit.is_empty();
    // What the wizard does, nobody else could do yet; who comes with a link has no session; and the own password is asked for by its form.
    let is_new = matches!(access, Access::Open | Access::Unclaimed | Access::Wizard);
    let asks_itself = access == Access::Person(Permission::OwnAccount) && audit == ["user.password"];
    restores || (!is_new && !asks_itself && audit.iter().any(|action| ASKED.contains(action)))
}

/// Whether the password was confirmed in this session a moment ago.
pub async fn is_confirmed(app: &App, session: &Session) -> bool {
    let at = session.get::<(i64, i64)>(CONFIRMED).await.ok().flatten();
    // Both clocks must agree: one can be set back, the other begins anew with the machine.
    let recent = |now: i64, at: i64| (0..HOLDS_MS).contains(&now.saturating_sub(at));
    at.is_some_and(|(wall, mono)| recent(app.engine.now_ms(), wall) && recent(app.engine.monotonic_ms(), mono))
}

/// The password was confirmed in this session now.
///
/// # Errors
/// [`Error`] when the session can't be stored.
pub async fn note(engine: &engine::Engine, session: &Session) -> Result<(), Error> {
    session.insert(CONFIRMED, (engine.now_ms(), engine.monotonic_ms())).await
}
