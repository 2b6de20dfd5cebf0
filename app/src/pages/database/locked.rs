//! Locked records: which files have them, what unlocks them, and unlocking.

use crate::components::{
    Banner, Card, Column, Copyable, Disabled, LinkButton, PagePart, Pages, ShowAsCurl, Submit, Table, TimeAgo,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
use engine::locked::{Coverage, DamagedLine, LockedFile, UnlockProgress};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{count, grouped};

/// How long the page tells how unlocking ended once no records are locked, milliseconds.
const TOLD_FOR: i64 = 60 * 60 * 1_000;

/// Locked records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockedModel {
    /// The files with records that are still locked, oldest first.
    pub files: Vec<LockedFile>,
    /// The license that would unlock all that is not covered, as a sentence.
    pub needs: Option<String>,
    /// The unlocking that runs, or the last one since this server started.
    pub run: Option<UnlockProgress>,
    /// The page of the list, from 1.
    pub page: Option<usize>,
}

impl LockedModel {
    /// Records that are locked.
    fn locked(&self) -> u64 {
        self.files.iter().map(LockedFile::locked).sum()
    }

    /// Whether a license covers some of them.
    fn is_any_covered(&self) -> bool {
        self.files.iter().any(|file| matches!(file.coverage, Coverage::Covered | Coverage::Partly { .. }))
    }

    /// What the last dry run found that can be unlocked; none before a dry run.
    fn checked(&self) -> Option<u64> {
        let run = self.run.as_ref().filter(|run| run.dry_run && run.ended_ms.is_some() && run.problem.is_none())?;
        Some(run.unlocked).filter(|records| *records > 0)
    }
}

/// The block of the page; nothing where nothing is locked.
#[component]
pub fn LockedBlock(data: LockedModel) -> impl IntoView {
    let now = request().now_ms;
    let run = data.run.clone().filter(|run| {
        let is_recent = run.ended_ms.is_none_or(|ended| now.saturating_sub(ended) < TOLD_FOR);
        !data.files.is_empty() || (is_recent && !run.dry_run)
    });
    if data.files.is_empty() && run.is_none() {
        return ().drawn();
    }
    let locked = data.locked();
    let sentence = match locked {
        0 => "No records are locked.".to_owned(),
        _ => format!(
            "{} in {} {} locked: kept, but missing from the Usage reports.",
            count(locked, "record", "records"),
            count(data.files.len(), "file", "files"),
            if locked == 1 { "is" } else { "are" }
        ),
    };
    let part = PagePart::new(data.page, data.files.len());
    let at = Box::new(|page: Option<usize>| {
        let page = page.map(|page| page.to_string()).unwrap_or_default();
        format!("{}#locked", paths::with_query(paths::DATABASE, &[("page", &page)]))
    });
    let actions = (locked > 0).then(|| actions(&data));
    let awaits_keys = data.files.iter().any(|file| file.coverage == Coverage::AwaitingKeys);
    let table = (locked > 0).then(|| files(&data.files[part.range()]));
    view! {
        <Card title="Locked records" id="locked">
            <p>{sentence}</p>
            {run.map(|run| view! { <Run run=run /> })}
            {data.needs.filter(|_| locked > 0).map(|needs| view! { <Needs needs=needs /> })}
            {awaits_keys.then(|| view! {
                <p>"A license covers more of them; their keys come with the next sync. "<a href=paths::EXCHANGE>"Go to Exchange"</a></p>
            })}
            {actions}
            {table}
            <Pages part=part href=at />
            {(locked > 0).then(|| view! {
                <ShowAsCurl
                    command=curl("POST", paths::API_LOCKED_UNLOCK, " \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"dry_run\": true}'")
                    note="Replace $TOKEN with an API token. On this machine: leasehold locked unlock --dry-run."
                />
            })}
        </Card>
    }
    .drawn()
}

/// Which license is missing, ready for a request.
#[component]
fn Needs(needs: String) -> impl IntoView {
    view! {
        <div class="way">
            <h3>"License needed"</h3>
            <p><Copyable value=needs what="the license that is needed" /></p>
            <p class="fine">"Send this to the vendor. The license comes with the next sync, or as a key file."</p>
        </div>
    }
    .drawn()
}

/// A dry run first, then what it found.
fn actions(data: &LockedModel) -> Drawn {
    let running = data.run.as_ref().is_some_and(|run| run.ended_ms.is_none());
    let why_not = match request().why_not(Permission::UnlockRecords) {
        Some(reason) => Some(reason.to_owned()),
        None => running.then(|| "Records are being read.".to_owned()),
    };
    if let Some(reason) = why_not {
        return view! {
            <div class="actions">
                <button type="button" class="button" disabled=true>"Check what can be unlocked"</button>
                <Disabled reason=reason />
            </div>
        }
        .drawn();
    }
    let checked = data.checked().filter(|_| data.is_any_covered());
    let look = if data.is_any_covered() && checked.is_none() { "primary" } else { "" };
    let verb = if data.run.is_some() { "Check again" } else { "Check what can be unlocked" };
    view! {
        <div class="actions">
            {checked.map(|records| view! {
                <form method="post" action=paths::DATABASE_LOCKED_UNLOCK>
                    <Submit look="primary">{format!("Unlock {}", count(records, "record", "records"))}</Submit>
                </form>
            })}
            <form method="post" action=paths::DATABASE_LOCKED_CHECK>
                <Submit look=look>{verb}</Submit>
            </form>
        </div>
    }
    .drawn()
}

/// How far unlocking is, or how it ended.
#[component]
fn Run(run: UnlockProgress) -> impl IntoView {
    let (tone, sentence) = told(&run);
    let Some(ended) = run.ended_ms else {
        let label = sentence.clone();
        return view! {
            <Banner tone=tone text=sentence />
            <div class="probe-progress">
                <progress aria-label=label max=run.records.max(1).to_string() value=run.read.min(run.records).to_string()></progress>
            </div>
            <div class="actions"><LinkButton href=paths::DATABASE_AT_LOCKED>"Refresh"</LinkButton></div>
        }
        .drawn();
    };
    let by = run.by.clone();
    view! {
        <Banner tone=tone text=sentence />
        <p class="fine">{if run.dry_run { "Checked " } else { "Ended " }}<TimeAgo at_ms=ended />{format!(", started by {by}.")}</p>
        {(!run.damage.is_empty()).then(|| damage(run.damage, run.damaged))}
    }
    .drawn()
}

fn damage(lines: Vec<DamagedLine>, all: u64) -> Drawn {
    let more = all.saturating_sub(lines.len() as u64);
    view! {
        <details class="disclosure">
            <summary>{format!("{} that can't be opened", count(all, "line", "lines"))}</summary>
            <ul class="plain-list">
                {lines.into_iter().map(|line| view! {
                    <li><code>{line.file}</code>{format!(", line {}: {}.", grouped(line.line), line.problem)}</li>
                }).collect_view()}
                {(more > 0).then(|| view! { <li>{format!("{} more", grouped(more))}</li> })}
            </ul>
        </details>
    }
    .drawn()
}

/// The progress or the result of unlocking in sentences.
fn told(run: &UnlockProgress) -> (Tone, String) {
    let records = |number| count(number, "record", "records");
    if run.ended_ms.is_none() {
        let of = grouped(run.records);
        return match run.dry_run {
            true => (Tone::Info, format!("Checking: {} of {of} records read.", grouped(run.read))),
            false => (
                Tone::Info,
                format!("Unlocking: {} of {of} records read, {} unlocked.", grouped(run.read), grouped(run.unlocked)),
            ),
        };
    }
    let mut parts = match (run.dry_run, run.unlocked) {
        (true, 0) => vec!["No record can be unlocked now.".to_owned()],
        (true, some) => vec![format!("{} can be unlocked.", records(some))],
        (false, 0) => vec!["No record was unlocked.".to_owned()],
        (false, some) => vec![format!("{} unlocked; the Usage reports have them now.", records(some))],
    };
    let rest = [
        (run.not_covered, "needs a license that covers it", "need a license that covers them"),
        (
            run.without_key,
            "is covered; its key comes with the next sync",
            "are covered; their keys come with the next sync",
        ),
    ];
    parts.extend(
        rest.iter()
            .filter(|(number, ..)| *number > 0)
            .map(|&(number, one, many)| format!("{} {}.", records(number), if number == 1 { one } else { many })),
    );
    if run.damaged > 0 {
        let lines = count(run.damaged, "line doesn't open", "lines don't open");
        parts.push(format!("{lines}: changed, cut off, or from another day or server."));
    }
    if run.missing > 0 {
        parts.push(format!("{} gone from the files.", count(run.missing, "line is", "lines are")));
    }
    if let Some(problem) = &run.problem {
        parts.insert(0, problem.clone());
        return (Tone::Danger, parts.join(" "));
    }
    let tone = match (run.is_complete(), run.dry_run) {
        (true, false) => Tone::Success,
        (true, true) => Tone::Info,
        (false, _) => Tone::Warning,
    };
    (tone, parts.join(" "))
}

fn files(files: &[LockedFile]) -> Drawn {
    Table::new("Files with locked records")
        .labelled()
        .column(Column::row_header("File", |file: &LockedFile, cell| {
            cell.code(&file.name);
            cell.sub(|cell| {
                cell.instant(file.from_ms);
                if file.to_ms != file.from_ms {
                    cell.text(" to ");
                    cell.instant(file.to_ms);
                }
            });
        }))
        .column(Column::number("Locked", |file: &LockedFile, cell| {
            cell.number(file.locked());
            if file.opened > 0 {
                cell.sub(|cell| cell.text(&format!("of {}", grouped(file.records))));
            }
        }))
        .column(Column::text("Cause", |file: &LockedFile, cell| {
            let causes: Vec<&str> = file.violations.iter().map(|violation| violation.label()).collect();
            cell.text(&causes.join(", "));
            if file.damaged + file.missing > 0 {
                cell.sub(|cell| cell.pill(Tone::Danger, &faults(file)));
            }
        }))
        .column(Column::state("Coverage", |file: &LockedFile, cell| match file.coverage {
            Coverage::Covered => cell.pill(Tone::Success, "Covered"),
            Coverage::AwaitingKeys => cell.pill(Tone::Info, "Covered after a sync"),
            Coverage::Partly { users: licensed } => {
                cell.pill(Tone::Warning, "Partly");
                cell.sub(|cell| {
                    cell.text(&format!("licensed for {} of {}", grouped(licensed), count(file.users, "user", "users")))
                });
            }
            Coverage::NotCovered => cell.pill(Tone::Danger, "Not covered"),
        }))
        .column(
            Column::text("License needed", |file: &LockedFile, cell| match &file.needs {
                Some(needs) => cell.text(needs),
                None => cell.muted("None"),
            })
            .whole_line(),
        )
        .draw(files)
}

/// "2 lines don't open, 1 missing".
fn faults(file: &LockedFile) -> String {
    let damaged = (file.damaged > 0).then(|| count(file.damaged, "line doesn't open", "lines don't open"));
    let missing = (file.missing > 0).then(|| count(file.missing, "line missing", "lines missing"));
    damaged.into_iter().chain(missing).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended() -> UnlockProgress {
        UnlockProgress { ended_ms: Some(1), records: 1_200, read: 1_200, ..UnlockProgress::default() }
    }

    #[test]
    fn progress_and_result_are_told_with_all_that_stays_locked() {
        let running = UnlockProgress { ended_ms: None, read: 300, unlocked: 200, ..ended() };
        for (run, tone, sentence) in [
            (running.clone(), Tone::Info, "Unlocking: 300 of 1,200 records read, 200 unlocked."),
            (UnlockProgress { dry_run: true, ..running }, Tone::Info, "Checking: 300 of 1,200 records read."),
            (
                UnlockProgress { dry_run: true, unlocked: 1_200, ..ended() },
                Tone::Info,
                "1,200 records can be unlocked.",
            ),
            (
                UnlockProgress { dry_run: true, not_covered: 1_199, without_key: 1, ..ended() },
                Tone::Warning,
                "No record can be unlocked now. 1,199 records need a license that covers them. 1 record is covered; its key comes with the next sync.",
            ),
            (
                UnlockProgress { unlocked: 1_200, ..ended() },
                Tone::Success,
                "1,200 records unlocked; the Usage reports have them now.",
            ),
            (
                UnlockProgress { unlocked: 1_197, damaged: 1, missing: 2, ..ended() },
                Tone::Warning,
                "1,197 records unlocked; the Usage reports have them now. 1 line doesn't open: changed, cut off, or from another day or server. 2 lines are gone from the files.",
            ),
            (
                UnlockProgress { problem: Some("The disk is full.".to_owned()), ..ended() },
                Tone::Danger,
                "The disk is full. No record was unlocked.",
            ),
        ] {
            assert_eq!(told(&run), (tone, sentence.to_owned()));
        }
    }
}
