//! Registering and correcting the registration in the console. What is entered is tried at the licensing nodes before it is kept.

use app::pages::exchange::Unchecked;
use app::paths;
use app::request::{FieldError, FlashKind};
use axum::http::StatusCode;
use engine::conf::BaseRevision;
use engine::exchange::{Attempt, ReportError, ServerIdentity, Trial, TrialIdentity};
use licensing::conf::document::Document;
use licensing::conf::effective::Effective;
use licensing::registration::{AuthString, Correction, Registration, RegistrationField, TypedError};
use licensing::registration_file::RegistrationFile;

use super::{show, synced};
use crate::console::form::{Form, wrong};
use crate::console::{Console, Page, PageError};

/// Session key: an auth string that was typed into the correction and not kept yet.
const TYPED_AUTH: &str = "correction-auth";

/// What a trial led to.
pub enum Verdict {
    /// The node that accepted it.
    Accepted(String),
    /// A node has something against it: about a value, in a sentence.
    Refused(Option<RegistrationField>, String),
    /// No node could be asked, or none answered.
    Unchecked(Unchecked),
}

/// Tries an identity at the nodes of these settings.
///
/// # Errors
/// [`PageError`] when the database does not respond.
pub async fn tried(console: &Console, effective: &Effective, identity: TrialIdentity) -> Result<Verdict, PageError> {
    if identity.keys.is_empty() {
        let sentence = "No vendor key is known yet, so nothing can be sent to the licensing nodes.";
        return Ok(unchecked(sentence, Vec::new()));
    }
    Ok(match console.engine.try_identity(effective, identity).await {
        Ok(Trial::Accepted { node }) => Verdict::Accepted(node),
        Ok(Trial::Refused { node, refusal }) => Verdict::Refused(refusal.field, refusal.sentence(&node)),
        Ok(Trial::OtherContext { node, got }) => {
            let sentence = format!(
                "The licenses at {node} are for a {got} server. Correct the context, or ask the vendor which is right."
            );
            Verdict::Refused(Some(RegistrationField::Context), sentence)
        }
        Ok(Trial::Unanswered { sentence, attempts }) => unchecked(&sentence, attempts),
        Err(ReportError::NotReady(problem)) => unchecked(&problem, Vec::new()),
        Err(failed) => return Err(PageError::internal(failed)),
    })
}

fn unchecked(sentence: &str, attempts: Vec<Attempt>) -> Verdict {
    Verdict::Unchecked(Unchecked { sentence: sentence.to_owned(), attempts })
}

/// The trusted keys with those that a registration brings, as far as their halves are known.
fn trial_of(registration: &Registration, identity: &ServerIdentity) -> Option<TrialIdentity> {
    let auth = registration.auth.clone().or_else(|| identity.registered().auth)?;
    let brought = registration.vendor_keys.iter().filter_map(|(_, key)| *key);
    let mut keys: Vec<_> = brought.collect();
    for known in identity.usable_keys() {
        if !keys.contains(&known) {
            keys.push(known);
        }
    }
    Some(TrialIdentity { guid: registration.guid, auth, context: registration.context.or(identity.context), keys })
}

/// `POST /exchange/registration`: what was not given in the wizard.
pub async fn register(form: Form) -> Result<Page, PageError> {
    let refuse = |errors| form.refuse(paths::EXCHANGE, errors, show(&form, None, false));
    let registration = match given(&form).await {
        Ok(given) => given,
        Err(wrong) => return refuse(vec![wrong]).await,
    };
    if let Some(problem) = form.password_problem("register_password").await? {
        return refuse(vec![problem]).await;
    }
    let (guid, comment) = (registration.guid, "Registered in the console.");
    let more = registration.node_values(&form.engine.conf().document());
    let identity = form.engine.identity().await?;
    let trial = trial_of(&registration, &identity).filter(|trial| !trial.keys.is_empty());
    if let Some(trial) = trial {
        let bytes = form.engine.conf().bytes;
        let changed = engine::conf::set_values(&bytes, &more).unwrap_or(bytes);
        let effective = Effective::of(&Document::parse(changed));
        // Without an answer it is registered all the same: a new server has nothing that could be lost.
        if let Verdict::Refused(field, sentence) = tried(&form, &effective, trial).await? {
            let of_file = !form.value("registration_file").trim().is_empty();
            let field = match field {
                _ if of_file => Some("registration_file"),
                Some(RegistrationField::Auth) => Some("auth"),
                _ => None,
            };
            return refuse(vec![wrong(field, sentence)]).await;
        }
    }
    match form.engine.register(&form.actor(), &BaseRevision::Newest, registration, more, comment).await {
        Ok(saved) => {
            let note = saved.note.map(|note| format!(" {note}")).unwrap_or_default();
            Ok(form.done(format!("Registered as {guid}.{note}"), paths::EXCHANGE).await)
        }
        Err(refused) => form.refused(&refused, paths::EXCHANGE, show(&form, None, false)).await,
    }
}

/// A registration file, else auth string and fingerprint for the GUID there is.
async fn given(form: &Form) -> Result<Registration, FieldError> {
    const FILE: &str = "registration_file";
    let document = form.engine.conf().document();
    let own = Effective::of(&document).guid;
    let text = form.value(FILE).trim();
    if !text.is_empty() {
        let file = RegistrationFile::parse(text.as_bytes()).map_err(|error| wrong(Some(FILE), error))?;
        if let Some(own) = own.filter(|own| *own != file.guid) {
            let message = format!(
                "This file is for {}, but license_server.conf names {own}. Choose the file that belongs to this server, or change LICENSE_SERVER_GUID first.",
                file.guid
            );
            return Err(wrong(Some(FILE), message));
        }
        return Ok(Registration::from(&file));
    }
    let (auth, typed) = (form.value("auth").trim(), form.value("typed").trim());
    let Some(guid) = own.filter(|_| !(auth.is_empty() && typed.is_empty())) else {
        return Err(wrong(Some(FILE), "Choose the registration file the vendor gave you."));
    };
    let mut registration = Registration::new(guid).with(auth, typed).map_err(|error| match error {
        TypedError::Fingerprint(_) => wrong(Some("typed"), error),
        TypedError::Guid(_) | TypedError::Auth(_) => wrong(Some("auth"), error),
    })?;
    for (fingerprint, key) in &mut registration.vendor_keys {
        let found = form.engine.key_of(&Effective::of(&document), *fingerprint).await;
        *key = found.map_err(|other| wrong(Some("typed"), other))?;
    }
    Ok(registration)
}

/// `POST /exchange/registration/correct`
pub async fn correct(form: Form) -> Result<Page, PageError> {
    let engine = &form.engine;
    let identity = engine.identity().await?;
    let before = identity.registered();
    if before.guid.is_none() {
        return Ok(form.tell(FlashKind::Warning, "This server is not registered yet.", paths::EXCHANGE).await);
    }
    let typed = form.value("new_auth").trim();
    // One that was typed a moment ago is not asked for again, and is never shown.
    let kept = if typed.is_empty() && form.value("auth_kept") == "yes" {
        form.session.get::<String>(TYPED_AUTH).await.map_err(PageError::internal)?
    } else {
        None
    };
    let auth = kept.as_deref().unwrap_or(typed);
    let (mut correction, mut errors) = (None, Vec::new());
    match Correction::typed(form.value("new_guid"), auth, form.value("new_context"), form.value("new_customer")) {
        Ok(typed) => correction = Some(typed),
        Err(all) => errors.extend(all.into_iter().map(|(field, sentence)| wrong(Some(name_of(field)), sentence))),
    }
    errors.extend(form.password_problem("password").await?);
    let Some(correction) = correction.filter(|_| errors.is_empty()) else {
        return again(&form, auth, errors, None).await;
    };
    if correction.fields(&before).is_empty() {
        return Ok(form
            .tell(FlashKind::Info, "Nothing to correct: these are the saved values.", paths::EXCHANGE)
            .await);
    }
    let concerns_nodes = correction.concerns_nodes(&before);
    let mut accepted_by = None;
    if concerns_nodes && form.value("intent") != "keep" {
        match verdict(&form, &correction, &before, &identity).await? {
            Verdict::Accepted(node) => accepted_by = Some(node),
            Verdict::Refused(field, sentence) => {
                return again(&form, auth, vec![wrong(field.map(name_of), sentence)], None).await;
            }
            Verdict::Unchecked(unchecked) => return again(&form, auth, Vec::new(), Some(unchecked)).await,
        }
    }
    let (actor, last) = (form.actor(), engine.last_sync());
    let comment = "Corrected the registration in the console.";
    match engine.correct_registration(&actor, &correction, accepted_by.as_deref(), comment).await {
        Ok(_) => {}
        Err(refused) => return form.refused(&refused, paths::EXCHANGE, show(&form, None, false)).await,
    }
    form.session.remove::<String>(TYPED_AUTH).await.map_err(PageError::internal)?;
    if !concerns_nodes {
        return Ok(form.done("Registration corrected.", paths::EXCHANGE).await);
    }
    // Where no node answers there is nothing to wait for: the background syncs when one does.
    if accepted_by.is_none() {
        let text = "Registration corrected, without a check. The next sync shows whether the nodes accept it.";
        return Ok(form.tell(FlashKind::Warning, text, paths::EXCHANGE).await);
    }
    match synced(&form, last).await? {
        Some((kind, text)) => {
            let said = format!("Registration corrected. {}", text.replace("Synced: Nothing changed.", "Synced."));
            Ok(form.tell(kind, said, paths::EXCHANGE).await)
        }
        None => Ok(form.done("Registration corrected. A sync is in progress.", paths::EXCHANGE).await),
    }
}

/// What the nodes say to a correction.
async fn verdict(
    form: &Form,
    correction: &Correction,
    before: &Correction,
    identity: &ServerIdentity,
) -> Result<Verdict, PageError> {
    let (Some(guid), Some(auth)) = (correction.guid, correction.auth.clone().or_else(|| before.auth.clone())) else {
        let sentence = "Without an auth string the nodes can't be asked.";
        return Ok(Verdict::Refused(Some(RegistrationField::Auth), sentence.to_owned()));
    };
    let trial = TrialIdentity { guid, auth, context: correction.context, keys: identity.usable_keys() };
    tried(form, &form.engine.conf().effective, trial).await
}

/// The page again, with what was typed. The auth string waits in the session, once the password has shown who typed it.
async fn again(
    form: &Form,
    auth: &str,
    errors: Vec<FieldError>,
    unchecked: Option<Unchecked>,
) -> Result<Page, PageError> {
    let keeps = auth.parse::<AuthString>().is_ok() && form.is_password_confirmed().await;
    if keeps {
        form.session.insert(TYPED_AUTH, auth).await.map_err(PageError::internal)?;
    }
    let (is_open, state) = (unchecked.is_some(), form.state(errors));
    let page = show(form, unchecked, keeps).await?.at(paths::EXCHANGE).with_form(state);
    // Nobody refused what could not be checked.
    Ok(if is_open { page } else { page.status(StatusCode::UNPROCESSABLE_ENTITY) })
}

/// The field of the form.
fn name_of(field: RegistrationField) -> &'static str {
    match field {
        RegistrationField::Guid => "new_guid",
        RegistrationField::Auth => "new_auth",
        RegistrationField::Context => "new_context",
        RegistrationField::Customer => "new_customer",
    }
}
