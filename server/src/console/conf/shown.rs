//! What the configuration pages show.

use engine::conf::{self, ConfState, RevisionText, SaveError};
use engine::{DatabaseError, Engine};
use licensing::conf::diff::{self, Diff};
use licensing::conf::document::Document;
use licensing::conf::setting::{self, SettingEffect};
use licensing::conf::{check, text, view};

use app::pages::conf::{
    ConfigurationForm, ConfigurationText, Conflict, Draft, EditMode, FileInfo, History, Origin, Outside, Review,
    Revision, RevisionItem,
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

/// The settings as a form.
pub fn form(engine: &Engine) -> ConfigurationForm {
    let state = engine.conf();
    let document = state.document();
    ConfigurationForm {
        file: file(&state),
        settings: view::settings(&document),
        findings: check::check(&document),
        file_problem: problem(&state),
    }
}

/// The file as text.
pub fn text(engine: &Engine) -> ConfigurationText {
    let state = engine.conf();
    ConfigurationText {
        file: file(&state),
        text: text::shown(&state.bytes),
        findings: check::check(&state.document()),
        file_problem: problem(&state),
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

/// One revision with its comparisons.
pub async fn revision(engine: &Engine, number: i64) -> Result<Option<Revision>, DatabaseError> {
    let Some(RevisionText { revision, bytes }) = engine.conf_revision(number).await? else { return Ok(None) };
    let previous = engine.conf_history(Some(number), 1).await?.into_iter().next().map(|r| r.number);
    let before = match previous {
        Some(previous) => engine.conf_revision(previous).await?.map(|r| r.bytes),
        None => None,
    };
    let state = engine.conf();
    // Of a file that is gone nothing is left to compare with.
    let gone = matches!(state.problem, Some(conf::file::FileError::Missing(_)));
    let current = if gone { &[] } else { state.bytes.as_slice() };
    Ok(Some(Revision {
        from_previous: before.map(|before| diff::lines(&before, &bytes)),
        from_current: diff::lines(current, &bytes),
        file: file(&state),
        item: item(revision),
        previous,
    }))
}

/// The alarm page of an outside edit.
pub async fn outside(engine: &Engine) -> Result<Outside, DatabaseError> {
    let state = engine.conf();
    let mut info = file(&state);
    let mut change = Diff::default();
    if let Some(outside) = &state.outside {
        let saved = engine.conf_history(Some(outside.since), 1).await?.into_iter().next();
        if let Some(saved) = saved {
            let before = engine.conf_revision(saved.number).await?.map(|r| r.bytes).unwrap_or_default();
            change = diff::lines(&before, &state.bytes);
            info.revision = saved.number;
            info.saved_at_ms = Some(saved.at);
            info.saved_by = saver(&saved);
        }
    }
    Ok(Outside {
        noticed_ms: state.outside.as_ref().map_or(0, |o| o.at),
        settled: state.outside.is_none(),
        diff: change,
        file_problem: problem(&state),
        findings: check::check(&state.document()),
        file: info,
    })
}

/// A change before it is saved.
pub fn review(
    engine: &Engine,
    draft: Draft,
    bytes: &[u8],
    diff: Diff,
    findings: Vec<check::ConfFinding>,
    origin: String,
) -> Review {
    let state = engine.conf();
    let mut info = file(&state);
    info.lines = Document::parse(bytes.to_vec()).line_count();
    let before = view::settings(&state.document());
    let after = view::settings(&Document::parse(bytes.to_vec()));
    let changed: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b.value != a.value).map(|(_, a)| a).collect();
    Review {
        file: info,
        needs_restart: changed
            .iter()
            .filter(|s| setting::find(&s.key).is_some_and(|s| s.effect == SettingEffect::Restart))
            .map(|s| s.label.clone())
            .collect(),
        changes: match draft.mode {
            EditMode::Form => changed.iter().map(|s| (s.key.clone(), s.value.clone().unwrap_or_default())).collect(),
            EditMode::Text => Vec::new(),
        },
        draft,
        diff,
        findings,
        origin,
    }
}

/// Somebody else changed the file meanwhile.
pub fn conflict(engine: &Engine, mut draft: Draft, conflict: conf::Conflict) -> Conflict {
    let current = conflict.current.as_ref();
    let overlaps = draft.mode == EditMode::Text && conflict.merged.is_none();
    if let Some(merged) = &conflict.merged {
        draft.fields = vec![("text".to_owned(), merged.clone())];
    }
    Conflict {
        file: file(&engine.conf()),
        draft,
        overlaps,
        who: current.filter(|r| r.origin != "outside").map(|r| r.author.clone()),
        origin: current.map(|r| origin(&r.origin)).unwrap_or_default(),
        at_ms: current.map_or(0, |r| r.at),
        comment: current.map(|r| r.comment.clone()).filter(|c| !c.is_empty()),
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
                EditMode::Form => FieldError { field: key.clone(), message: sentence.clone() },
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
        restored_from: None,
    }
}
