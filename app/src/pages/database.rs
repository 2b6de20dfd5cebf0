//! What the server stores: how much there is, whether it is in order, how long it is kept, and its backups.

mod backups;
mod locked;
mod monitor;

pub use locked::{LockedBlock, LockedModel};
pub use monitor::{MonitorBlock, MonitorModel};

use backups::Backups;
use engine::backup::{Backup, BackupState};
use engine::database::{CheckResult, Sizes, TableSize};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{bytes, count, span};

use crate::components::{
    Card, Column, EmptyState, Fact, Facts, FormErrors, PageHeader, ShowAsCurl, Statement, Submit, Table, TimeAgo,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};

/// What is stored. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabasePage {
    pub sizes: Sizes,
    /// The last finished check; none before the first.
    pub check: Option<CheckResult>,
    /// Since when a check is running.
    pub checking_since: Option<i64>,
    /// Newest first.
    pub backups: Vec<Backup>,
    /// Why they can't be listed.
    pub backups_problem: Option<String>,
    pub backup_state: BackupState,
    /// Where they are kept.
    pub folder: String,
    /// When the next one is due; none without a schedule.
    pub due_ms: Option<i64>,
    /// How many are kept, and for how many days; 0: of any age.
    pub keeping: (usize, u32),
    /// The age recipient they are encrypted to.
    pub recipient: Option<String>,
    /// What is kept, and how long.
    pub retention: Vec<(String, String)>,
    /// The data folder.
    pub data: String,
}

/// The database and its backups.
#[component]
pub fn DatabaseView(
    data: DatabasePage,
    /// The locked records, where there are any.
    #[prop(optional_no_strip)]
    locked: Option<Drawn>,
) -> impl IntoView {
    let (tone, sentence) = standing(&data);
    let retention = Table::new("How long data is kept")
        .column(Column::row_header("Data", |row: &(String, String), cell| cell.text(&row.0)))
        .column(Column::text("Kept", |row: &(String, String), cell| cell.text(&row.1)))
        .draw(&data.retention);
    let (sizes, check, checking_since) = (data.sizes, data.check.clone(), data.checking_since);
    view! {
        <PageHeader title="Database" lead="What this server stores, how long it keeps it, and its backups.".drawn() />
        <FormErrors />
        <Statement tone=tone sentence=sentence>
            {data.backup_state.last_good.map(|at| view! { <p class="muted">"Last backup "<TimeAgo at_ms=at />"."</p> })}
        </Statement>
        <Backups data=data />
        <Check sizes=sizes check=check since=checking_since />
        <Card title="Retention" id="retention">{retention}</Card>
        {locked}
        <ShowAsCurl command=curl("POST", paths::API_BACKUPS, "") note="Replace $TOKEN with an API token." />
    }
    .drawn()
}

/// How all is, the most urgent first.
fn standing(data: &DatabasePage) -> (Tone, String) {
    let state = &data.backup_state;
    if let Some(problem) = data.check.as_ref().and_then(|check| check.problem.as_ref()) {
        let what = "Stop the server and restore the newest backup.";
        return (Tone::Danger, format!("The database is damaged: {problem}. {what}"));
    }
    if let Some(problem) = &data.backups_problem {
        return (Tone::Danger, problem.clone());
    }
    match (&state.problem, state.last_good, state.running_since) {
        (_, _, Some(_)) => (Tone::Info, "A backup is being made.".to_owned()),
        (Some(problem), ..) => (Tone::Warning, format!("The last backup failed. {problem}")),
        (None, None, None) => (Tone::Warning, "There is no backup of this server yet.".to_owned()),
        (None, Some(_), None) => (Tone::Success, "This server is backed up.".to_owned()),
    }
}

/// Sizes, the check of all pages, and the tables it measured.
#[component]
fn Check(sizes: Sizes, check: Option<CheckResult>, since: Option<i64>) -> impl IntoView {
    let size = |size: Option<u64>| size.map_or_else(|| "unknown".to_owned(), bytes);
    let why_not = match request().why_not(Permission::ManageBackups) {
        Some(reason) => Some(reason.to_owned()),
        None => since.map(|_| "A check is running.".to_owned()),
    };
    let result = match &check {
        _ if since.is_some() => view! { "Being checked since "<TimeAgo at_ms=since.unwrap_or_default() /> }.drawn(),
        None => "Not checked yet".drawn(),
        Some(CheckResult { at, took_ms, problem: None, .. }) => {
            let took = format!(" ({})", span(*took_ms));
            view! { "All pages in order, checked "<TimeAgo at_ms=*at />{took} }.drawn()
        }
        Some(CheckResult { at, problem: Some(problem), .. }) => {
            view! { {format!("Damaged: {problem}. Checked ")}<TimeAgo at_ms=*at /> }.drawn()
        }
    };
    let tables: Vec<TableSize> = check.map(|check| check.tables).unwrap_or_default();
    let none = view! { <EmptyState title="Not measured yet" why="A check reads all pages of the database and measures its tables." /> };
    let table = Table::new("Tables, as of the last check")
        .sorts("tables", "bytes", true)
        .column(
            Column::row_header("Table", |table: &TableSize, cell| cell.code(&table.name))
                .sort_by("name", |table| table.name.clone()),
        )
        .column(
            Column::number("Rows", |table: &TableSize, cell| cell.number(table.rows))
                .sort_by("rows", |table| table.rows),
        )
        .column(
            Column::number("Size", |table: &TableSize, cell| cell.text(&bytes(table.bytes)))
                .sort_by("bytes", |table| table.bytes),
        )
        .empty(none.drawn())
        .draw(&tables);
    let checkouts = format!("{}, {}", count(sizes.checkout_files, "file", "files"), size(sizes.checkouts));
    view! {
        <Card title="Storage" id="storage">
            <Facts>
                <Fact label="Database">{size(sizes.database)}</Fact>
                <Fact label="Write-ahead log">{size(sizes.log)}</Fact>
                <Fact label="Check-outs">{checkouts}</Fact>
                <Fact label="Free space">{size(sizes.free)}</Fact>
                <Fact label="Integrity">{result}</Fact>
            </Facts>
            <form method="post" action=paths::DATABASE_CHECK class="actions">
                <Submit why_not=why_not>"Check the database"</Submit>
            </form>
        </Card>
        <Card title="Tables" id="tables">{table}</Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_opens_with_what_is_most_urgent() {
        let mut data = DatabasePage::default();
        assert_eq!(standing(&data).1, "There is no backup of this server yet.");
        data.backup_state.last_good = Some(1);
        assert_eq!(standing(&data), (Tone::Success, "This server is backed up.".to_owned()));
        data.backup_state.problem = Some("The disk is full.".to_owned());
        assert_eq!(standing(&data), (Tone::Warning, "The last backup failed. The disk is full.".to_owned()));
        data.check =
            Some(CheckResult { at: 1, took_ms: 1, problem: Some("row 3 missing".to_owned()), tables: Vec::new() });
        assert_eq!(standing(&data).0, Tone::Danger);
    }
}
