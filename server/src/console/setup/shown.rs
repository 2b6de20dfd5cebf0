//! What the steps of the wizard show.

use engine::accounts::password;
use engine::accounts::setup::Setup;
use engine::conf::{BaseRevision, ConfChange, SaveError};
use engine::diagnostics::Matrix;
use engine::exchange::{FetchedKeys, LicenseItem};
use engine::reachability::Reachability;
use engine::{DatabaseError, Engine};
use licensing::bundle::LicenseStatus;
use licensing::conf::document::Document;
use licensing::conf::effective::Effective;
use licensing::conf::{check, view};
use licensing::guid::Guid;
use licensing::registration::Registration;
use licensing::registration_file::RegistrationFile;

use crate::console::{Console, diagnostics, exchange};
use app::pages::exchange::Unchecked;
use app::pages::setup::{
    FirstSync, OfferedKey, RegistrationSummary, SetupAdministrator, SetupConnection, SetupDone, SetupGuid, SetupKey,
    SetupReview, SetupToken, SetupTrial,
};
/// The settings of the connection step.
pub const CONNECTION_KEYS: [&str; 5] = [
    "USE_FLEX_REPORTING_HTTPS",
    "FLEX_REPORTING_PORT",
    "FLEX_REPORTING_PORT_HTTPS",
    "FLEX_NODE_LIST",
    "FLEX_NODE_LIST_HTTPS",
];

/// Asks for the token.
pub fn token(console: &Console) -> SetupToken {
    SetupToken {
        token: console.query("token").to_owned(),
        token_file: console.installation.token_file.clone(),
        command: console.installation.setup_command.clone(),
        restore_command: console.installation.restore_command.clone(),
        minutes: u32::try_from(engine::accounts::setup::LIFE_MS / 60_000).unwrap_or(u32::MAX),
    }
}

/// Asks for the first account.
pub fn administrator() -> SetupAdministrator {
    SetupAdministrator { name: "admin".to_owned(), password_min: password::MIN_CHARACTERS }
}

/// Asks for the identity; offers what was given before, else the GUID in the file.
pub async fn guid(engine: &Engine) -> Result<SetupGuid, DatabaseError> {
    let state = engine.conf();
    let setup = engine.setup().await?;
    let in_file = Effective::of(&state.document()).guid.map(|g| g.to_string());
    Ok(SetupGuid {
        from_file: setup.guid.is_none() && in_file.is_some(),
        has_auth: setup.auth.is_some() || setup.file.is_some(),
        registration: setup.file.as_ref().map(summary),
        guid: setup.guid.map(|guid| guid.to_string()).or(in_file).unwrap_or_default(),
        path: state.path.clone(),
        canonical: None,
        preview: None,
        file_problem: state.problem.map(|p| p.to_string()),
    })
}

/// What a registration file says, without its auth string.
fn summary(file: &RegistrationFile) -> RegistrationSummary {
    RegistrationSummary {
        guid: file.guid.to_string(),
        customer: file.customer.clone(),
        context: file.context.map(|context| context.to_string()),
        nodes: file.nodes.iter().chain(&file.nodes_https).cloned().collect(),
        fingerprints: file.vendor_keys.iter().map(|key| key.fingerprint().grouped()).collect(),
    }
}

/// The step of the identity after "Check": the canonical form, and what would change in the file.
pub async fn checked_guid(engine: &Engine, guid: &Guid) -> Result<SetupGuid, SaveError> {
    let change = ConfChange::Values(Registration::new(*guid).values());
    let (_, diff, _) = engine.preview(&BaseRevision::Newest, &change).await?;
    let kept = self::guid(engine).await?;
    Ok(SetupGuid {
        guid: guid.to_string(),
        from_file: false,
        canonical: Some(guid.to_string()),
        preview: Some(diff),
        file_problem: None,
        ..kept
    })
}

/// The values chosen for the connection: by hand, else by the registration file where conf file names no nodes of its own.
pub fn chosen_connection(engine: &Engine, setup: &Setup) -> Vec<(String, String)> {
    match setup.registration() {
        Some(registration) if setup.connection.is_empty() => registration.node_values(&engine.conf().document()),
        _ => setup.connection.clone(),
    }
}

/// The settings as they would be with what was chosen.
pub fn effective_with(engine: &Engine, chosen: &[(String, String)]) -> Effective {
    let bytes = engine.conf().bytes;
    Effective::of(&Document::parse(engine::conf::set_values(&bytes, chosen).unwrap_or(bytes)))
}

/// Asks how the nodes are reached; offers what was chosen before, else what the file says.
pub async fn connection(engine: &Engine) -> Result<SetupConnection, DatabaseError> {
    let state = engine.conf();
    let chosen = chosen_connection(engine, &engine.setup().await?);
    let bytes = engine::conf::set_values(&state.bytes, &chosen).unwrap_or(state.bytes);
    let settings = view::settings(&Document::parse(bytes));
    Ok(SetupConnection {
        path: state.path,
        settings: settings.into_iter().filter(|s| CONNECTION_KEYS.contains(&s.key.as_str())).collect(),
        probe: None,
    })
}

/// The connection step after its nodes were asked with what was typed.
pub async fn probed_connection(
    console: &Console,
    chosen: &[(String, String)],
    matrix: Result<Matrix, String>,
) -> Result<SetupConnection, DatabaseError> {
    let engine = &console.engine;
    let effective = effective_with(engine, chosen);
    let (matrix, problem) = match matrix {
        Ok(matrix) => (Some(std::sync::Arc::new(matrix)), None),
        Err(problem) => (None, Some(problem)),
    };
    let state = Reachability { matrix, problem, ..Reachability::default() };
    let probe = diagnostics::model(&state, &effective, console);
    Ok(SetupConnection { probe: Some(probe), ..connection(engine).await? })
}

/// The step of the key after GUID and auth string were tried and no node accepted them.
pub async fn tried_key(engine: &Engine, unchecked: Option<Unchecked>) -> Result<SetupKey, DatabaseError> {
    let setup = engine.setup().await?;
    let keys = setup.registration().map(|registration| registration.vendor_keys).unwrap_or_default();
    let guid = setup.guid.map(|guid| guid.to_string()).unwrap_or_default();
    Ok(SetupKey {
        pinned: keys.iter().map(|(fingerprint, _)| fingerprint.grouped()).collect(),
        trial: Some(SetupTrial { guid, unchecked }),
        ..SetupKey::default()
    })
}

/// Asks for the vendor's key: what the registration file brought, else what the nodes show.
pub async fn key(engine: &Engine) -> Result<SetupKey, DatabaseError> {
    let setup = engine.setup().await?;
    let keys = setup.registration().map(|registration| registration.vendor_keys).unwrap_or_default();
    let pinned: Vec<String> = keys.iter().map(|(fingerprint, _)| fingerprint.grouped()).collect();
    if !pinned.is_empty() {
        return Ok(SetupKey { pinned, skip_allowed: true, ..SetupKey::default() });
    }
    let effective = effective_with(engine, &chosen_connection(engine, &setup));
    let fetched = tokio::time::timeout(FETCH_LIMIT, engine.fetch_keys_as(&effective)).await.unwrap_or_else(|_| {
        let problem = format!("No node presented the vendor's key within {} s.", FETCH_LIMIT.as_secs());
        FetchedKeys { problem: Some(problem), ..FetchedKeys::default() }
    });
    let offered = fetched.offered.iter().map(|offered| OfferedKey {
        fingerprint: offered.key.fingerprint().to_string(),
        grouped: offered.key.fingerprint().grouped(),
        node: offered.node.clone(),
    });
    Ok(SetupKey {
        offered: offered.collect(),
        problem: fetched.problem.or_else(|| {
            fetched.offered.is_empty().then(|| "None of the licensing nodes presented the vendor's key.".to_owned())
        }),
        nodes_asked: fetched.attempts,
        pinned,
        skip_allowed: true,
        trial: None,
    })
}

/// The page of the key waits no longer than this for the nodes.
pub use engine::exchange::FETCH_LIMIT;

/// Everything that the wizard will write.
pub async fn changes(engine: &Engine) -> Result<Vec<(String, String)>, DatabaseError> {
    let setup = engine.setup().await?;
    let identity = setup.registration().map(|registration| registration.values()).unwrap_or_default();
    Ok(identity.into_iter().chain(chosen_connection(engine, &setup)).collect())
}

/// Everything chosen, before it is written.
pub async fn review(engine: &Engine) -> Result<SetupReview, DatabaseError> {
    let state = engine.conf();
    let changes = changes(engine).await?;
    let bytes = engine::conf::set_values(&state.bytes, &changes).unwrap_or_else(|_| state.bytes.clone());
    let document = Document::parse(bytes.clone());
    let effective = Effective::of(&document);
    let nodes = if effective.https { &effective.https_nodes } else { &effective.http_nodes };
    let registration = engine.setup().await?.registration();
    let key = match registration.as_ref().and_then(|registration| registration.vendor_keys.first()) {
        Some((fingerprint, _)) => fingerprint.grouped(),
        None => "none yet: nothing is sent until one is confirmed".to_owned(),
    };
    let summary = vec![
        ("GUID".to_owned(), effective.guid.map(|g| g.to_string()).unwrap_or_default()),
        ("Flexible licensing".to_owned(), if effective.flexible { "on" } else { "off" }.to_owned()),
        ("To the licensing nodes".to_owned(), exchange::protocol(&effective)),
        (
            "Licensing nodes".to_owned(),
            match nodes.as_slice() {
                [only] => only.host.clone(),
                [first, .., last] => format!("{}: {} to {}", nodes.len(), first.host, last.host),
                [] => "none".to_owned(),
            },
        ),
        (
            "Auth string".to_owned(),
            if registration.is_some_and(|registration| registration.auth.is_some()) {
                "given"
            } else {
                "none yet: nothing is sent without it"
            }
            .to_owned(),
        ),
        ("The vendor's key".to_owned(), key),
    ];
    Ok(SetupReview {
        path: state.path.clone(),
        base: state.base(),
        diff: licensing::conf::diff::lines(&state.bytes, &bytes),
        summary,
        findings: check::check(&document),
        comment: "Registered with the set-up wizard.".to_owned(),
    })
}

/// What was done.
pub async fn done(console: &Console) -> Result<SetupDone, DatabaseError> {
    let engine = &console.engine;
    let state = engine.conf();
    let lines = state.revision.as_ref().map_or(0, |r| usize::try_from(r.added).unwrap_or(0));
    Ok(SetupDone {
        path: state.path.clone(),
        administrator: console.name().to_owned(),
        guid: Effective::of(&state.document()).guid.map(|g| g.to_string()).unwrap_or_default(),
        revision: state.number(),
        lines_changed: lines,
        sync: first_sync(engine).await?,
    })
}

/// How the first exchange went, as far as it is.
async fn first_sync(engine: &Engine) -> Result<FirstSync, DatabaseError> {
    if let Some((_, changes)) = engine.last_changes().await? {
        let active = |item: &&LicenseItem| item.verdict.standing == LicenseStatus::Active;
        let licenses = engine.licenses().map_or(0, |all| all.items.iter().filter(active).count());
        return Ok(FirstSync::Synced { sentence: changes.sentence(), licenses });
    }
    if let Some(problem) = engine.identity().await?.readiness.problem() {
        return Ok(FirstSync::Skipped(problem));
    }
    let sync = engine.sync_state();
    Ok(match sync.round {
        Some(round) if !sync.running && !round.ok => {
            FirstSync::Failed { sentence: round.sentence, attempts: round.attempts }
        }
        _ => FirstSync::Running,
    })
}
