//! The set-up wizard: token → administrator → identity → connection → key → review → done. Resumable; gone when it is over.

mod shown;

use std::time::Duration;

use app::drawn::Draw;
use app::pages::setup::{
    SetupAdministratorPage, SetupConnectionPage, SetupDonePage, SetupGuid, SetupGuidPage, SetupKey, SetupKeyPage,
    SetupReviewPage, SetupTokenPage,
};
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::http::{HeaderMap, StatusCode};
use engine::accounts::setup::Setup;
use engine::accounts::users::AccountError;
use engine::conf::{BaseRevision, SaveError};
use engine::exchange::{Readiness, TrialIdentity};
use leptos::prelude::*;
use licensing::conf::setting;
use licensing::guid::Guid;
use licensing::registration::{AuthString, AuthStringError, RegistrationField};
use licensing::registration_file::RegistrationFile;
use licensing::vendor_key::{Fingerprint, VendorKey};

use super::diagnostics::port_values;
use super::exchange::registration::{self, Verdict};
use super::form::{Form, wrong};
use super::{Console, Page, PageError, Refusal, login};
use crate::http::caller::LIVE;
use shown::CONNECTION_KEYS;

/// Session key: this browser has shown the set-up token.
const TOKEN_SHOWN: &str = "setup-token-shown";
/// Session key: this browser has just finished the wizard.
const JUST_DONE: &str = "setup-just-done";
/// Session key: it has seen how the first exchange ended.
const SEEN_DONE: &str = "setup-seen-done";

/// `GET /setup`: asks for the token, filled in from the link. The token is spent by the form, not by the visit, so that a
/// preview of the link does no harm.
pub async fn token_page(console: Console) -> Page {
    if console.flag(TOKEN_SHOWN).await {
        return Page::to(paths::SETUP_ADMINISTRATOR);
    }
    asked_token(&console)
}

fn asked_token(console: &Console) -> Page {
    let data = shown::token(console);
    Page::framed("Set up", || view! { <SetupTokenPage data=data /> }.drawn())
}

/// `POST /setup`
pub async fn token(form: Form) -> Result<Page, PageError> {
    if !form.engine.is_setup_token(form.value("token")).await? {
        let message = "This is not the current token: it may have expired (a token is valid for 30 minutes) or been cut off when it was copied. The command below prints a new link.";
        let errors = vec![wrong(Some("token"), message)];
        return form.refuse(paths::SETUP, errors, async { Ok(asked_token(&form)) }).await;
    }
    form.session.cycle_id().await.map_err(PageError::internal)?;
    form.session.insert(TOKEN_SHOWN, true).await.map_err(PageError::internal)?;
    Ok(Page::to(paths::SETUP_ADMINISTRATOR))
}

/// `GET /setup/administrator`
pub async fn administrator_page(console: Console) -> Page {
    if !console.flag(TOKEN_SHOWN).await {
        return Page::to(paths::SETUP);
    }
    asked_administrator()
}

fn asked_administrator() -> Page {
    Page::framed("Set up: administrator", || view! { <SetupAdministratorPage data=shown::administrator() /> }.drawn())
}

/// `POST /setup/administrator`
pub async fn administrator(form: Form) -> Result<Page, PageError> {
    if !form.flag(TOKEN_SHOWN).await {
        return Ok(Page::to(paths::SETUP));
    }
    let refuse = |error| form.refuse(paths::SETUP_ADMINISTRATOR, vec![error], async { Ok(asked_administrator()) });
    if form.value("password") != form.value("password_again") {
        return refuse(wrong(Some("password_again"), "The passwords do not match.")).await;
    }
    let mut actor = form.actor();
    actor.name = form.value("name").trim().chars().filter(|c| !c.is_control()).take(64).collect();
    match form.engine.claim(&actor, form.value("name"), form.value("password")).await {
        Ok(user) => {
            login::enter(&form, &user).await.map_err(PageError::internal)?;
            Ok(Page::to(after_claim(&form).await))
        }
        Err(AccountError::Sql(error)) => Err(error.into()),
        // Another browser was faster: its administrator lets others in.
        Err(error @ AccountError::Claimed) => Ok(form.tell(FlashKind::Warning, error.to_string(), paths::LOGIN).await),
        Err(error) => refuse(wrong(error.field(), &error)).await,
    }
}

/// A file that names a registered server already leaves nothing to ask.
async fn after_claim(console: &Console) -> &'static str {
    let done = console.engine.setup().await.is_ok_and(|setup| setup.done);
    if done { paths::OVERVIEW } else { paths::SETUP_GUID }
}

/// What the identity step was given.
struct Given {
    guid: Guid,
    file: Option<RegistrationFile>,
    /// The file came with this form; it brings an auth string and keys of its own.
    file_is_new: bool,
}

/// A registration file, pasted or chosen; else a GUID.
fn given(form: &Form, kept: Option<&RegistrationFile>) -> Result<Given, FieldError> {
    for field in ["file", "registration"] {
        let text = form.value(field).trim();
        if !text.is_empty() {
            let file = RegistrationFile::parse(text.as_bytes()).map_err(|error| wrong(Some(field), error))?;
            return Ok(Given { guid: file.guid, file: Some(file), file_is_new: true });
        }
    }
    let typed = form.value("guid").trim();
    let guid = match (typed.is_empty(), kept) {
        (true, Some(kept)) => kept.guid,
        _ => Guid::parse(typed).map_err(|error| wrong(Some("guid"), error))?,
    };
    // The file that was given before still counts while the GUID is its own.
    Ok(Given { guid, file: kept.filter(|file| file.guid == guid).cloned(), file_is_new: false })
}

/// The auth string of a form; none when the field is empty, which keeps the one of before.
fn typed_auth(form: &Form) -> Result<Option<AuthString>, FieldError> {
    let typed = Some(form.value("auth")).filter(|auth| !auth.trim().is_empty());
    typed.map(str::parse).transpose().map_err(|error: AuthStringError| wrong(Some("auth"), error))
}

/// `GET /setup/guid`
pub async fn guid_page(console: Console) -> Result<Page, PageError> {
    asked_guid(&console).await
}

async fn asked_guid(console: &Console) -> Result<Page, PageError> {
    Ok(guid_step(shown::guid(&console.engine).await?))
}

fn guid_step(data: SetupGuid) -> Page {
    Page::framed("Set up: GUID", || view! { <SetupGuidPage data=data /> }.drawn())
}

/// `POST /setup/guid`
pub async fn guid(form: Form) -> Result<Page, PageError> {
    let engine = &form.engine;
    let setup = engine.setup().await?;
    let (given, auth) = match (given(&form, setup.file.as_ref()), typed_auth(&form)) {
        (Ok(given), Ok(auth)) => (given, auth),
        // What is right is kept: neither a file nor an auth string is shown again, and none is to be given twice.
        (given, auth) => {
            match (&given, &auth) {
                (Ok(Given { guid, file, file_is_new }), _) => {
                    engine.keep_setup_identity(guid, None, file.as_ref(), *file_is_new).await?;
                }
                (Err(_), Ok(Some(auth))) => engine.keep_setup_auth(auth).await?,
                (Err(_), _) => {}
            }
            let errors = given.err().into_iter().chain(auth.err()).collect();
            return form.refuse(paths::SETUP_GUID, errors, asked_guid(&form)).await;
        }
    };
    engine.keep_setup_identity(&given.guid, auth.as_ref(), given.file.as_ref(), given.file_is_new).await?;
    if form.value("intent") != "check" {
        return Ok(Page::to(paths::SETUP_CONNECTION));
    }
    match shown::checked_guid(engine, &given.guid).await {
        Ok(data) => Ok(guid_step(data).at(paths::SETUP_GUID)),
        Err(SaveError::Sql(error)) => Err(error.into()),
        Err(error) => form.refuse(paths::SETUP_GUID, vec![wrong(None, error)], asked_guid(&form)).await,
    }
}

/// Steps need the ones before: without a GUID there is no connection to choose.
async fn after_guid(console: &Console) -> Result<Setup, PageError> {
    let setup = console.engine.setup().await?;
    if setup.guid.is_none() { Err(PageError::Elsewhere(paths::SETUP_GUID)) } else { Ok(setup) }
}

/// `GET /setup/connection`
pub async fn connection_page(console: Console) -> Result<Page, PageError> {
    after_guid(&console).await?;
    asked_connection(&console).await
}

async fn asked_connection(console: &Console) -> Result<Page, PageError> {
    let data = shown::connection(&console.engine).await?;
    Ok(Page::framed("Set up: connection", || view! { <SetupConnectionPage data=data /> }.drawn()))
}

/// `POST /setup/connection`
pub async fn connection(form: Form) -> Result<Page, PageError> {
    let conf = form.engine.conf();
    let mut chosen = Vec::new();
    let mut errors = Vec::new();
    for key in CONNECTION_KEYS {
        let Some((_, typed)) = form.values.iter().find(|(name, _)| name == key) else { continue };
        let setting = setting::find(key).expect("the keys of this step are settings");
        let shown =
            conf.document().get(setting.section, key).map(|found| String::from_utf8_lossy(found.value).into_owned());
        match setting.accept(typed) {
            // What the file says already is not written again.
            Ok(value)
                if shown.as_deref() == Some(value.as_str())
                    || (shown.is_none() && (value.is_empty() || value == "default")) => {}
            Ok(value) => chosen.push((key.to_owned(), value)),
            Err(_) if shown.as_deref() == Some(typed.as_str()) => {}
            Err(error) => errors.push(wrong(Some(key), error)),
        }
    }
    if !errors.is_empty() {
        return form.refuse(paths::SETUP_CONNECTION, errors, asked_connection(&form)).await;
    }
    let intent = form.value("intent");
    if let Some((protocol, port)) = intent.strip_prefix("use:").and_then(|chosen| chosen.split_once(':')) {
        for (key, value) in port_values(protocol == "https", port).unwrap_or_default() {
            chosen.retain(|(other, _)| *other != key);
            chosen.push((key, value));
        }
    }
    form.engine.keep_setup_connection(&chosen).await?;
    match intent {
        "probe" => probed(&form, &chosen).await,
        intent if intent.starts_with("use:") => Ok(Page::to(paths::SETUP_CONNECTION)),
        _ => Ok(Page::to(paths::SETUP_KEY)),
    }
}

/// The connection step with what came of asking the nodes as they were typed.
async fn probed(form: &Form, chosen: &[(String, String)]) -> Result<Page, PageError> {
    let effective = shown::effective_with(&form.engine, chosen);
    let asked = tokio::time::timeout(shown::FETCH_LIMIT, form.engine.check_reachability_as(&effective)).await;
    let matrix = asked.unwrap_or_else(|_| {
        Err(format!(
            "Not every node responded within {} s. Continue, and check Diagnostics later.",
            shown::FETCH_LIMIT.as_secs()
        ))
    });
    let data = shown::probed_connection(form, chosen, matrix).await?;
    let page = Page::framed("Set up: connection", || view! { <SetupConnectionPage data=data /> }.drawn());
    Ok(page.at(paths::SETUP_CONNECTION))
}

/// `GET /setup/key`
pub async fn key_page(console: Console) -> Result<Page, PageError> {
    after_guid(&console).await?;
    asked_key(&console).await
}

async fn asked_key(console: &Console) -> Result<Page, PageError> {
    Ok(key_step(shown::key(&console.engine).await?))
}

fn key_step(data: SetupKey) -> Page {
    Page::framed("Set up: key", || view! { <SetupKeyPage data=data /> }.drawn())
}

/// `POST /setup/key`: the fingerprint that was compared; then GUID and auth string are tried at the nodes.
pub async fn key(form: Form) -> Result<Page, PageError> {
    let engine = &form.engine;
    match form.value("intent") {
        "fetch" => {
            let page = asked_key(&form).await?.at(paths::SETUP_KEY);
            return Ok(page.with_form(form.state(Vec::new())));
        }
        "skip" => {
            engine.keep_setup_key(None).await?;
            return Ok(Page::to(paths::SETUP_REVIEW));
        }
        "correct" | "unchecked" => return corrected(&form).await,
        _ => {}
    }
    match confirmed(&form).await {
        // What a registration file brought stays with it.
        Ok(None) => {}
        Ok(Some(key)) => engine.keep_setup_key(Some(key)).await?,
        Err(error) => return form.refuse(paths::SETUP_KEY, vec![error], asked_key(&form)).await,
    }
    tried(&form).await
}

/// GUID and auth string typed anew after no node accepted them; tried again, unless the wizard is to go on without.
async fn corrected(form: &Form) -> Result<Page, PageError> {
    let guid = Guid::parse(form.value("guid")).map_err(|error| wrong(Some("guid"), error));
    let auth = typed_auth(form);
    if let Ok(Some(auth)) = &auth {
        form.engine.keep_setup_auth(auth).await?;
    }
    match (guid, auth) {
        (Ok(guid), Ok(auth)) => {
            form.engine.correct_setup_identity(&guid, auth.as_ref()).await?;
            if form.value("intent") == "unchecked" { Ok(Page::to(paths::SETUP_REVIEW)) } else { tried(form).await }
        }
        (guid, auth) => {
            let errors = guid.err().into_iter().chain(auth.err()).collect();
            let page = async { Ok(key_step(shown::tried_key(&form.engine, None).await?)) };
            form.refuse(paths::SETUP_KEY, errors, page).await
        }
    }
}

/// Tries GUID and auth string at the nodes. What is refused can be corrected there and then; without a key or an auth string there is
/// nothing to try, as the review says.
async fn tried(form: &Form) -> Result<Page, PageError> {
    let engine = &form.engine;
    let setup = engine.setup().await?;
    let Some(registration) = setup.registration() else { return Ok(Page::to(paths::SETUP_GUID)) };
    let keys: Vec<VendorKey> = registration.vendor_keys.iter().filter_map(|(_, key)| *key).collect();
    let Some(auth) = registration.auth.filter(|_| !keys.is_empty()) else {
        return Ok(Page::to(paths::SETUP_REVIEW));
    };
    let effective = shown::effective_with(engine, &shown::chosen_connection(engine, &setup));
    let identity = TrialIdentity { guid: registration.guid, auth, context: registration.context, keys };
    match registration::tried(form, &effective, identity).await? {
        Verdict::Accepted(_) => Ok(Page::to(paths::SETUP_REVIEW)),
        Verdict::Refused(field, sentence) => {
            let field = match field {
                Some(RegistrationField::Guid) => Some("guid"),
                Some(RegistrationField::Auth) => Some("auth"),
                _ => None,
            };
            let page = async { Ok(key_step(shown::tried_key(engine, None).await?)) };
            form.refuse(paths::SETUP_KEY, vec![wrong(field, sentence)], page).await
        }
        Verdict::Unchecked(unchecked) => {
            let data = shown::tried_key(engine, Some(unchecked)).await?;
            Ok(key_step(data).at(paths::SETUP_KEY).with_form(form.state(Vec::new())))
        }
    }
}

/// The key that was confirmed: by its fingerprint typed, or chosen and compared. None when a key is there already.
async fn confirmed(form: &Form) -> Result<Option<(Fingerprint, Option<VendorKey>)>, FieldError> {
    let typed = form.value("typed").trim();
    let chosen = form.value("fingerprint").trim();
    let setup =
        form.engine.setup().await.map_err(|error| wrong(None, format!("The database did not respond: {error}.")))?;
    let has_key = setup.registration().is_some_and(|registration| !registration.vendor_keys.is_empty());
    if typed.is_empty() && chosen.is_empty() && has_key {
        return Ok(None);
    }
    let (field, text) = if typed.is_empty() { ("fingerprint", chosen) } else { ("typed", typed) };
    let fingerprint: Fingerprint = text.parse().map_err(|error| wrong(Some(field), error))?;
    if typed.is_empty() && form.value("compared") != "yes" {
        return Err(wrong(
            Some("compared"),
            "Compare the fingerprint with the one the vendor gave you, then tick the box. Otherwise someone intercepting the connection could pose as the vendor.",
        ));
    }
    let effective = shown::effective_with(&form.engine, &shown::chosen_connection(&form.engine, &setup));
    // While no node can be asked the fingerprint is kept, and the key is fetched with the first exchange.
    let key = form.engine.key_of(&effective, fingerprint).await.map_err(|other| wrong(Some(field), other))?;
    Ok(Some((fingerprint, key)))
}

/// `GET /setup/review`
pub async fn review_page(console: Console) -> Result<Page, PageError> {
    after_guid(&console).await?;
    reviewed(&console).await
}

async fn reviewed(console: &Console) -> Result<Page, PageError> {
    let data = shown::review(&console.engine).await?;
    Ok(Page::framed("Set up: review", || view! { <SetupReviewPage data=data /> }.drawn()))
}

/// `POST /setup/review`: writes everything at once.
pub async fn review(form: Form) -> Result<Page, PageError> {
    let engine = &form.engine;
    let setup = engine.setup().await?;
    let Some(registration) = setup.registration() else {
        return Ok(Page::to(paths::SETUP_GUID));
    };
    let connection = shown::chosen_connection(engine, &setup);
    let base = BaseRevision::Revision(form.value("base").to_owned());
    match engine.register(&form.actor(), &base, registration, connection, form.value("comment")).await {
        Ok(_) => {
            engine.finish_setup().await?;
            let _ = form.session.insert(JUST_DONE, true).await;
            Ok(Page::to(paths::SETUP_DONE))
        }
        Err(SaveError::Conflict(_)) => {
            let message = "The file has changed, so nothing was written. Check the current lines below and continue.";
            let again = form.refuse(paths::SETUP_REVIEW, vec![wrong(None, message)], reviewed(&form));
            Ok(again.await?.status(StatusCode::CONFLICT))
        }
        Err(error) if error.is_internal() => Err(PageError::internal(error)),
        Err(error) => form.refuse(paths::SETUP_REVIEW, vec![wrong(None, error)], reviewed(&form)).await,
    }
}

/// The last page waits this long for the first exchange; one that takes longer is shown as under way.
const FIRST_SYNC: Duration = Duration::from_secs(8);

/// `GET /setup/done`: for the browser that finished the wizard, until it has seen how the first exchange ended. An open page that fetches
/// itself goes on.
pub async fn done_page(console: Console, headers: HeaderMap) -> Result<Page, PageError> {
    let is_opened = !headers.contains_key(LIVE);
    if !console.flag(JUST_DONE).await || (is_opened && console.flag(SEEN_DONE).await) {
        return Err(PageError::NOWHERE);
    }
    let engine = &console.engine;
    let ready = engine.identity().await.is_ok_and(|identity| identity.readiness == Readiness::Ready);
    if ready {
        let mut changes = engine.sync_changes();
        let ended = changes.wait_for(|state| !state.running && state.round.is_some());
        let _ = tokio::time::timeout(FIRST_SYNC, ended).await;
    }
    if is_opened && (!ready || engine.sync_state().round.is_some()) {
        let _ = console.session.insert(SEEN_DONE, true).await;
    }
    let data = shown::done(&console).await?;
    Ok(Page::framed("Set up: done", || view! { <SetupDonePage data=data /> }.drawn()))
}
