//! What the configuration pages show.

use engine::conf::{self, ConfState, RevisionText, SaveError};
use engine::{DatabaseError, Engine};
use licensing::conf::check::ConfFinding;
use licensing::conf::diff::{self, Diff};
use licensing::conf::document::Document;
use licensing::conf::merge::SettingConflict;
use licensing::conf::setting::SettingEffect;
use licensing::conf::{check, text, view};

use app::pages::conf::{
    ConfigurationForm, ConfigurationText, Conflict, Draft, EditMode, FileInfo, History, Meanwhile, Origin, Outside,
    OutsideEdit, Review, Revision, RevisionItem, UndoConflict,
};
use app::request::FieldError;

/// Revisions on one page.
const PAGE: i64 = 30;

fn file(state: &ConfState) -> FileInfo {
    FileInfo {
        path: state.path.clone(),
        base: state.base(),
        revision: state.number(),
        saved_by: state.revision.as_ref().and_then(saver),
        saved_at_ms: state.revision.as_ref().map(|r| r.at),
        lines: state.document().line_count(),
    }
}

/// Who saved a revision; nobody when it was found as it is.
fn saver(revision: &conf::Revision) -> Option<String> {
    (revision.origin != "system" && revision.origin != "outside").then(|| revision.author.clone())
}

fn problem(state: &ConfState) -> Option<String> {
    state.problem.as_ref().map(ToString::to_string)
}

/// The revision a form was made from; none when it is not known.
pub async fn base(engine: &Engine, named: &str) -> Result<Option<RevisionText>, DatabaseError> {
    let number = named.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    Ok(engine.conf_revision(number).await?.filter(|found| found.revision.base() == named))
}

/// The settings as a form: of the file now, or of the revision that an earlier form was made from.
pub fn form(engine: &Engine, base: Option<&RevisionText>) -> ConfigurationForm {
    let state = engine.conf();
    let (settings, findings) = match base.map(|base| Document::parse(base.bytes.clone())) {
        Some(document) => (view::settings(&document), check::check(&document)),
        None => (state.settings(), state.findings().to_vec()),
    };
    ConfigurationForm {
        file: based_on(file(&state), base),
        settings: engine.settings_of(settings),
        findings,
        file_problem: problem(&state),
        restart_required: engine.restart_required(),
    }
}

/// The file as text; the same of an earlier one, with what was typed in its place.
pub fn text(engine: &Engine, base: Option<&RevisionText>, typed: Option<&str>) -> ConfigurationText {
    let state = engine.conf();
    let bytes = base.map_or(&state.bytes, |base| &base.bytes);
    // What is shown is what is checked.
    let document = Document::parse(typed.map_or_else(|| bytes.clone(), |typed| typed.as_bytes().to_vec()));
    ConfigurationText {
        file: based_on(file(&state), base),
        text: text::shown(bytes),
        findings: check::check(&document),
        file_problem: problem(&state),
        restart_required: engine.restart_required(),
    }
}

/// What is saved from the page goes on the revision it shows, whatever the file is by then.
fn based_on(info: FileInfo, base: Option<&RevisionText>) -> FileInfo {
    match base {
        Some(RevisionText { revision, .. }) => FileInfo {
            base: revision.base(),
            revision: revision.number,
            saved_by: saver(revision),
            saved_at_ms: Some(revision.at),
            ..info
        },
        None => info,
    }
}

/// One page of the history.
pub async fn history(engine: &Engine, before: Option<i64>) -> Result<History, DatabaseError> {
    let mut revisions = engine.conf_history(before, PAGE + 1).await?;
    let more = revisions.len() > PAGE as usize;
    revisions.truncate(PAGE as usize);
    Ok(History {
        file: file(&engine.conf()),
        older: revisions.last().filter(|_| more).map(|r| r.number),
        revisions: revisions.into_iter().map(item).collect(),
    })
}

/// The revision before, and what this one changed in it. History and alarm page show the same.
async fn changes(engine: &Engine, revision: &RevisionText) -> Result<(Option<i64>, Option<Diff>), DatabaseError> {
    let previous = engine.conf_history(Some(revision.revision.number), 1).await?.into_iter().next().map(|r| r.number);
    let before = match previous {
        Some(previous) => engine.conf_revision(previous).await?,
        None => None,
    };
    Ok((previous, before.map(|before| diff::lines(&before.bytes, &revision.bytes))))
}

/// One revision with its comparisons.
pub async fn revision(engine: &Engine, number: i64) -> Result<Option<Revision>, DatabaseError> {
    let Some(found) = engine.conf_revision(number).await? else { return Ok(None) };
    let (previous, from_previous) = changes(engine, &found).await?;
    let state = engine.conf();
    // Of a file that is gone nothing is left to compare with.
    let gone = matches!(state.problem, Some(conf::file::FileError::Missing(_) | conf::file::FileError::Empty(_)));
    let current = if gone { &[] } else { state.bytes.as_slice() };
    Ok(Some(Revision {
        from_current: diff::lines(current, &found.bytes),
        file: file(&state),
        item: item(found.revision),
        previous,
        from_previous,
    }))
}

/// Edits on the alarm page; the history has the others.
const EDITS: usize = 5;

/// The alarm page: each edit made outside that nobody has reviewed, as the history has it.
pub async fn outside(engine: &Engine) -> Result<Outside, DatabaseError> {
    let state = engine.conf();
    let mut page = Outside {
        file: file(&state),
        file_problem: problem(&state),
        findings: state.findings().to_vec(),
        ..Outside::default()
    };
    let Some(outside) = &state.outside else { return Ok(page) };
    page.noticed_ms = outside.at;
    let before = engine.conf_history(Some(outside.since), 1).await?;
    page.before = before.first().map(|revision| revision.number);
    let mut from = outside.revision + 1;
    while from > outside.since {
        let revisions = engine.conf_history(Some(from), PAGE).await?;
        let Some(last) = revisions.last() else { break };
        from = last.number;
        let waiting = revisions.into_iter().filter(|r| r.number >= outside.since && item(r.clone()).waits_for_review());
        for revision in waiting {
            if page.edits.len() == EDITS {
                page.more += 1;
                continue;
            }
            let Some(found) = engine.conf_revision(revision.number).await? else { continue };
            let (previous, diff) = changes(engine, &found).await?;
            page.edits.push(OutsideEdit { item: item(found.revision), previous, diff: diff.unwrap_or_default() });
        }
    }
    Ok(page)
}

/// A change before it is saved.
pub fn review(
    engine: &Engine,
    draft: Draft,
    (bytes, diff, findings): (Vec<u8>, Diff, Vec<ConfFinding>),
    meanwhile: Option<Meanwhile>,
    origin: String,
) -> Review {
    let state = engine.conf();
    let mut info = file(&state);
    let document = Document::parse(bytes);
    info.lines = document.line_count();
    let before = engine.settings_of(state.settings());
    let after = engine.settings_of(view::settings(&document));
    let changed: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b.value != a.value).map(|(_, a)| a).collect();
    let overridden = changed.iter().filter_map(|s| Some((s.label.clone(), s.overridden.as_ref()?.by.clone())));
    Review {
        file: info,
        needs_restart: changed
            .iter()
            .filter(|s| s.effect == SettingEffect::Restart.as_str() && s.overridden.is_none())
            .map(|s| s.label.clone())
            .collect(),
        overridden: overridden.collect(),
        meanwhile,
        changes: match draft.mode {
            EditMode::Form => changed.iter().map(|s| (s.key.clone(), s.value.clone().unwrap_or_default())).collect(),
            EditMode::Text | EditMode::Restore | EditMode::Undo => Vec::new(),
        },
        draft,
        diff,
        findings,
        origin,
    }
}

/// Why a revision can't be undone alone; none when there is no such revision.
pub async fn undo_conflict(
    engine: &Engine,
    number: i64,
    settings: Vec<SettingConflict>,
) -> Result<Option<UndoConflict>, DatabaseError> {
    let Some(found) = engine.conf_revision(number).await? else { return Ok(None) };
    let previous = engine.conf_history(Some(number), 1).await?.first().map(|previous| previous.number);
    Ok(Some(UndoConflict { file: file(&engine.conf()), item: item(found.revision), previous, settings }))
}

/// What somebody else changed meanwhile.
pub fn meanwhile(conflict: &conf::Conflict) -> Meanwhile {
    let Some(current) = &conflict.current else { return Meanwhile::default() };
    Meanwhile {
        revision: current.number,
        who: Some(current.author.clone()).filter(|_| current.origin != "outside"),
        origin: origin(&current.origin),
        at_ms: current.at,
        comment: Some(current.comment.clone()).filter(|comment| !comment.is_empty()),
    }
}

/// Somebody else changed the file meanwhile.
pub fn conflict(engine: &Engine, mut draft: Draft, conflict: conf::Conflict) -> Conflict {
    let overlaps = draft.mode == EditMode::Text && conflict.merged.is_none();
    if let Some(merged) = &conflict.merged {
        draft.fields = vec![("text".to_owned(), merged.clone())];
    }
    Conflict {
        file: file(&engine.conf()),
        draft,
        overlaps,
        other: meanwhile(&conflict),
        settings: conflict.settings,
        yours: conflict.yours,
        theirs: conflict.theirs,
    }
}

/// What a refused save says about each field of the form.
pub fn field_errors(error: &SaveError, mode: EditMode) -> Vec<FieldError> {
    match error {
        SaveError::Invalid(errors) => errors
            .iter()
            .map(|(key, sentence)| match mode {
                EditMode::Form | EditMode::Restore | EditMode::Undo => {
                    FieldError { field: key.clone(), message: sentence.clone() }
                }
                EditMode::Text => FieldError { field: Some("text".to_owned()), message: sentence.clone() },
            })
            .collect(),
        other => vec![FieldError { field: None, message: other.to_string() }],
    }
}

fn origin(word: &str) -> Origin {
    match word {
        "api" => Origin::Api,
        "command line" => Origin::CommandLine,
        "outside" => Origin::Outside,
        _ => Origin::Console,
    }
}

fn item(revision: conf::Revision) -> RevisionItem {
    RevisionItem {
        number: revision.number,
        at_ms: revision.at,
        author: saver(&revision),
        origin: origin(&revision.origin),
        comment: Some(revision.comment).filter(|c| !c.is_empty()),
        removed: usize::try_from(revision.removed).unwrap_or(0),
        added: usize::try_from(revision.added).unwrap_or(0),
        restored_from: revision.restored_from,
        undoes: revision.undoes,
        reviewed_ms: revision.acknowledged_at,
    }
}
