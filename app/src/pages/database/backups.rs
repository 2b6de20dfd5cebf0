//! The backups: make one, fetch or delete one, and how to restore.

use engine::backup::{Backup, BackupKind};
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{bytes, count};

use super::DatabasePage;
use crate::components::{
    Card, Column, Confirm, Copyable, EmptyState, Fact, Facts, Hidden, LinkButton, Submit, Table, TimeAgo, TimeUntil,
};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};

#[component]
pub(super) fn Backups(data: DatabasePage) -> impl IntoView {
    let refused = request().why_not(Permission::ManageBackups).map(str::to_owned);
    let running = data.backup_state.running_since;
    let why_not = refused.clone().or_else(|| running.map(|_| "A backup is being made.".to_owned()));
    let may = refused.is_none();
    let (kept, days) = data.keeping;
    let kept = match days {
        0 => format!("The newest {}", count(kept, "backup", "backups")),
        days => format!("The newest {}, for {}", count(kept, "backup", "backups"), count(days, "day", "days")),
    };
    let next = match data.due_ms {
        None => "No schedule; set backup-hour for a backup every day".drawn(),
        Some(at) if at <= request().now_ms => "Due now".drawn(),
        Some(at) => view! { <TimeUntil at_ms=at /> }.drawn(),
    };
    let encryption = match data.recipient {
        Some(recipient) => view! { "To " <code>{recipient}</code> }.drawn(),
        None => "Not encrypted: a backup holds keys, so keep it as safe as the server".drawn(),
    };
    let none = view! {
        <EmptyState title="No backups yet" why="A backup holds the database, the configuration file, keys, certificates and check-outs in one file." />
    };
    let table = Table::new("Backups")
        .labelled()
        .column(Column::row_header("Backup", |backup: &Backup, cell| {
            cell.code(&backup.name);
            if backup.kind == BackupKind::BeforeUpdate {
                cell.sub(|cell| cell.text("The database alone, before an update changed it"));
            }
        }))
        .column(Column::time("Made", |backup: &Backup, cell| cell.ago(backup.at)))
        .column(Column::number("Size", |backup: &Backup, cell| cell.text(&bytes(backup.size))))
        .column(Column::state("State", |backup: &Backup, cell| {
            match (backup.verified, backup.kind) {
                (true, _) => cell.pill(Tone::Success, "Verified"),
                (false, BackupKind::Full) => cell.pill(Tone::Neutral, "Not verified here"),
                (false, BackupKind::BeforeUpdate) => cell.pill(Tone::Neutral, "Before update"),
            }
            if backup.encrypted {
                cell.markup(" ");
                cell.tag("locked", "Encrypted");
            }
        }))
        .column_if(
            may,
            Column::text("Actions", |backup: &Backup, cell| {
                let name = backup.name.clone();
                cell.view(view! { <Actions name=name /> });
            })
            .head_hidden(),
        )
        .empty(none.drawn())
        .draw(&data.backups);
    let command = format!("leasehold restore FILE --data {}", data.data);
    view! {
        <Card title="Backups" id="backups">
            <Facts>
                <Fact label="Folder"><code>{data.folder}</code></Fact>
                <Fact label="Next backup">{next}</Fact>
                <Fact label="Kept">{kept}</Fact>
                <Fact label="Encryption">{encryption}</Fact>
            </Facts>
            {running.map(|at| view! {
                <p>"A backup is being made; it began "<TimeAgo at_ms=at />"."</p>
                <div class="actions"><LinkButton href=paths::DATABASE>"Refresh"</LinkButton></div>
            })}
            <form method="post" action=paths::DATABASE_BACK_UP class="actions">
                <Submit look="primary" why_not=why_not>"Back up now"</Submit>
            </form>
            {table}
            <details class="disclosure">
                <summary>"Restore a backup"</summary>
                <p>"Stop the server, or use another machine. The command checks the whole file before it changes anything:"</p>
                <p><Copyable value=command what="the command" /></p>
                <p>"With --replace it keeps what is in the folder beside. An encrypted backup needs --identity FILE. At the next start the server says which licenses don't hold on that machine, and why."</p>
            </details>
        </Card>
    }
    .drawn()
}

/// What an administrator does with a backup; both ask for the password.
#[component]
fn Actions(name: String) -> impl IntoView {
    let id = format!("delete-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let download = format!("Download {name}");
    view! {
        <div class="actions">
            <form method="post" action=paths::DATABASE_DOWNLOAD>
                <Hidden name="name" value=name.clone() />
                <button type="submit" class="button" aria-label=download>"Download"</button>
            </form>
            <Confirm id=id title="Delete this backup?" verb="Delete" action=paths::DATABASE_DELETE sends=vec![("name", name.clone())]>
                <p>{format!("{name} is deleted from the folder of backups. Copies elsewhere stay.")}</p>
            </Confirm>
        </div>
    }
    .drawn()
}
