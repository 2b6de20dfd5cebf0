//! The set-up wizard.

use engine::accounts::password;
use engine::conf::{Base, Change, SaveError};
use engine::registration;
use engine::{DatabaseError, Engine};
use licensing::conf::document::Document;
use licensing::conf::effective::Effective;
use licensing::conf::{check, view};
use licensing::guid::Guid;

use crate::pages::setup::{SetupAdministrator, SetupConnection, SetupDone, SetupGuid, SetupReview, SetupToken};
use crate::request::request;

/// The settings of the connection step.
pub const CONNECTION_KEYS: [&str; 5] = [
    "USE_FLEX_REPORTING_HTTPS",
    "FLEX_REPORTING_PORT",
    "FLEX_REPORTING_PORT_HTTPS",
    "FLEX_NODE_LIST",
    "FLEX_NODE_LIST_HTTPS",
];

/// Asks for the token.
pub fn token() -> SetupToken {
    let installation = super::installation();
    SetupToken {
        token: request().query("token").unwrap_or_default().to_owned(),
        token_file: installation.token_file,
        command: installation.setup_command,
        minutes: u32::try_from(engine::accounts::setup::LIFE_MS / 60_000).unwrap_or(u32::MAX),
    }
}

/// Asks for the first account.
pub fn administrator() -> SetupAdministrator {
    SetupAdministrator { name: "admin".to_owned(), password_min: password::MIN_CHARACTERS }
}

/// Asks for the GUID; offers the one chosen before, else the one in the file.
pub async fn guid(engine: &Engine) -> Result<SetupGuid, DatabaseError> {
    let state = engine.conf();
    let chosen = engine.setup().await?.guid;
    let in_file = Effective::of(&state.document()).guid.map(|g| g.to_string());
    Ok(SetupGuid {
        from_file: chosen.is_none() && in_file.is_some(),
        guid: chosen.or(in_file).unwrap_or_default(),
        path: state.path.clone(),
        canonical: None,
        preview: None,
        file_problem: state.problem.map(|p| p.to_string()),
    })
}

/// The GUID step after "Check": the canonical form, and what would change in the file.
pub async fn checked_guid(engine: &Engine, guid: &Guid) -> Result<SetupGuid, SaveError> {
    let change = Change::Values(registration::changes(guid));
    let (_, diff, _) = engine.preview(&Base::Newest, &change).await?;
    Ok(SetupGuid {
        guid: guid.to_string(),
        from_file: false,
        path: engine.conf().path,
        canonical: Some(guid.to_string()),
        preview: Some(diff),
        file_problem: None,
    })
}

/// Asks how the nodes are reached; offers what was chosen before, else what the file says.
pub async fn connection(engine: &Engine) -> Result<SetupConnection, DatabaseError> {
    let state = engine.conf();
    let chosen = engine.setup().await?.connection;
    let bytes = engine::conf::set_values(&state.bytes, &chosen).unwrap_or(state.bytes);
    let settings = view::settings(&Document::parse(bytes));
    Ok(SetupConnection {
        path: state.path,
        settings: settings.into_iter().filter(|s| CONNECTION_KEYS.contains(&s.key.as_str())).collect(),
    })
}

/// Everything that the wizard will write.
pub async fn changes(engine: &Engine) -> Result<Vec<(String, String)>, DatabaseError> {
    let setup = engine.setup().await?;
    let guid = setup.guid.as_deref().and_then(|g| Guid::parse(g).ok());
    Ok(guid.iter().flat_map(registration::changes).chain(setup.connection).collect())
}

/// Everything chosen, before it is written.
pub async fn review(engine: &Engine) -> Result<SetupReview, DatabaseError> {
    let state = engine.conf();
    let changes = changes(engine).await?;
    let bytes = engine::conf::set_values(&state.bytes, &changes).unwrap_or_else(|_| state.bytes.clone());
    let document = Document::parse(bytes.clone());
    let effective = Effective::of(&document);
    let nodes = if effective.https { &effective.https_nodes } else { &effective.http_nodes };
    let port = if effective.https { effective.https_port } else { effective.http_port };
    let summary = vec![
        ("GUID".to_owned(), effective.guid.map(|g| g.to_string()).unwrap_or_default()),
        ("Flexible licensing".to_owned(), if effective.flexible { "on" } else { "off" }.to_owned()),
        (
            "To the licensing nodes".to_owned(),
            format!("{}, port {port}", if effective.https { "HTTPS" } else { "HTTP" }),
        ),
        (
            "Licensing nodes".to_owned(),
            match nodes.as_slice() {
                [only] => only.host.clone(),
                [first, .., last] => format!("{}: {} to {}", nodes.len(), first.host, last.host),
                [] => "none".to_owned(),
            },
        ),
    ];
    Ok(SetupReview {
        path: state.path.clone(),
        base: state.base(),
        diff: licensing::conf::diff::lines(&state.bytes, &bytes),
        summary,
        findings: check::check(&document),
        creates_file: false,
        comment: "Registered with the set-up wizard.".to_owned(),
    })
}

/// What was done.
pub async fn done(engine: &Engine) -> Result<SetupDone, DatabaseError> {
    let state = engine.conf();
    let lines = state.revision.as_ref().map_or(0, |r| usize::try_from(r.added).unwrap_or(0));
    Ok(SetupDone {
        path: state.path.clone(),
        administrator: request().viewer.map(|v| v.name).unwrap_or_default(),
        guid: Effective::of(&state.document()).guid.map(|g| g.to_string()).unwrap_or_default(),
        revision: state.number(),
        lines_changed: lines,
        created_file: false,
    })
}
