//! A message that survives one redirect, kept in the session.

use app::request::{Flash, FlashKind};
use tower_sessions::Session;

const KEY: &str = "flash";

/// Leaves a message for the next page.
pub async fn leave(session: &Session, kind: FlashKind, text: impl Into<String>) {
    let flash = Flash { kind, text: text.into() };
    if let Err(error) = session.insert(KEY, flash).await {
        tracing::warn!(%error, "a message for the next page could not be kept");
    }
}

/// Takes the message that was left.
pub async fn take(session: &Session) -> Option<Flash> {
    session.get::<Flash>(KEY).await.ok().flatten()?;
    session.remove::<Flash>(KEY).await.ok().flatten()
}
