//! The own account.

use engine::accounts::password;
use engine::{DatabaseError, Engine};
use leptos::prelude::use_context;

use crate::installation::CurrentSession;
use crate::pages::account::{Account, SessionItem};
use crate::request::request;

/// The account of the viewer.
pub async fn load(engine: &Engine) -> Result<Account, DatabaseError> {
    let viewer = request().viewer.clone().ok_or(DatabaseError::RowNotFound)?;
    let current = use_context::<CurrentSession>();
    let sessions = match &current {
        Some(current) => engine.sessions(current.user_id).await?,
        None => Vec::new(), // an API token has no sessions
    };
    Ok(Account {
        name: viewer.name,
        role: viewer.role,
        password_changed_ms: None,
        sessions: sessions
            .into_iter()
            .map(|session| SessionItem {
                current: current.as_ref().is_some_and(|c| c.handle == session.handle),
                id: session.handle,
                device: device(session.agent.as_deref().unwrap_or_default()),
                address: session.address.unwrap_or_else(|| "unknown".to_owned()),
                started_ms: session.created_at,
                last_seen_ms: session.seen_at,
            })
            .collect(),
        password_min: password::MIN_CHARACTERS,
    })
}

/// Where the viewer is signed in, this browser included.
pub async fn own_sessions(engine: &Engine) -> Result<usize, DatabaseError> {
    match use_context::<CurrentSession>() {
        Some(current) => Ok(engine.sessions(current.user_id).await?.len()),
        None => Ok(0),
    }
}

/// "Firefox on Linux" from what a browser says of itself; its own words, shortened, when it is none of the known.
fn device(agent: &str) -> String {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if agent.is_empty() => "Unknown browser".to_owned(),
        _ => agent.chars().filter(|c| !c.is_control()).take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_are_named_in_two_words() {
        assert_eq!(
            device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Linux"
        );
        assert_eq!(device("curl/8.0"), "curl");
        assert_eq!(device(""), "Unknown browser");
    }
}
