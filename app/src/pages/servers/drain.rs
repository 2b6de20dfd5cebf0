//! Sending clients to the backup: all of them for planned maintenance, or some to try a failover.

use super::ServersPage;
use crate::components::{Card, Cell, Column, Field, Hidden, Submit, Table, TimeAgo, TimeUntil};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;
use licensing::words::{count, hours};

/// A drain or drill that was asked for: what it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainQuestion {
    pub is_drill: bool,
    pub minutes: u32,
    /// The backup.
    pub to: String,
    /// What follows, in sentences.
    pub follows: Vec<String>,
    /// The fields of the form that was sent.
    pub sent: Vec<(String, String)>,
}

/// A drain or a failover drill that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainInProgress {
    pub began_ms: i64,
    pub until_ms: i64,
    pub by: String,
    pub reason: String,
    /// The clients of a drill and how far each is; none: all clients.
    pub clients: Option<Vec<DrillClient>>,
    /// Hours of the backup it may take, and has taken, milliseconds.
    pub budget: Option<(i64, i64)>,
}

/// A client of a failover drill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillClient {
    pub name: String,
    /// When it was seen on the backup.
    pub moved_ms: Option<i64>,
    /// When it was back.
    pub back_ms: Option<i64>,
}

/// A failover drill that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastDrill {
    pub began_ms: i64,
    pub ended_ms: i64,
    pub clients: Vec<DrillClient>,
    pub spent_ms: Option<i64>,
}

/// Asks once more, with what follows from it.
#[component]
pub(super) fn AskDrain(question: DrainQuestion) -> impl IntoView {
    let minutes = question.minutes;
    let (title, verb, action) = if question.is_drill {
        (format!("Start a failover drill of {minutes} min?"), "Start the drill", paths::SERVERS_DRILL)
    } else {
        (format!("Drain to {} for {minutes} min?", question.to), "Drain to backup", paths::SERVERS_DRAIN)
    };
    view! {
        <Card title=title id="ask">
            <ul class="follows">{question.follows.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
            <form method="post" action=action class="actions">
                {question.sent.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <Hidden name="confirmed" value="yes" />
                <a class="button" href=paths::SERVERS autofocus=true>"Cancel"</a>
                <button type="submit" class="button danger">{verb}</button>
            </form>
        </Card>
    }
    .drawn()
}

/// What goes on.
#[component]
pub(super) fn Draining(drain: DrainInProgress) -> impl IntoView {
    let why_not = request().why_not(Permission::Drain).map(str::to_owned);
    let is_drill = drain.clients.is_some();
    let title = if is_drill { "Failover drill" } else { "Draining" };
    view! {
        <Card title=title id="drain">
            <p>
                {if is_drill { "Chosen clients are moving to the backup" } else { "All clients are moving to the backup" }}
                {format!(": {}. ", drain.reason)}
                "Started "<TimeAgo at_ms=drain.began_ms />{format!(" by {}; ends ", drain.by)}<b><TimeUntil at_ms=drain.until_ms /></b>"."
            </p>
            {drain.budget.map(|(most, spent)| view! { <p>{format!("Limit: {} of backup hours; {} used so far.", hours(most), hours(spent))}</p> })}
            {drain.clients.map(|clients| view! { <Progress clients=clients /> })}
            <form method="post" action=paths::SERVERS_TAKE_BACK class="actions">
                <Submit look="primary" why_not=why_not>"Take clients back"</Submit>
            </form>
        </Card>
    }
    .drawn()
}

/// How far each client of a drill is.
#[component]
fn Progress(clients: Vec<DrillClient>) -> impl IntoView {
    let write_time = |at: Option<i64>, cell: &mut Cell<'_>| match at {
        Some(at) => cell.ago(at),
        None => cell.muted("not yet"),
    };
    Table::new("Clients in the drill")
        .labelled()
        .look("drilling")
        .column(Column::row_header("Client", |client: &DrillClient, cell| cell.text(&client.name)))
        .column(Column::text("On the backup", |client: &DrillClient, cell| write_time(client.moved_ms, cell)))
        .column(Column::text("Returned", |client: &DrillClient, cell| write_time(client.back_ms, cell)))
        .draw(&clients)
}

/// "The backup served 4 of 4 clients; all have returned. It took 6 min of backup hours."
fn worked(drill: &LastDrill) -> String {
    let all = drill.clients.len();
    let moved = drill.clients.iter().filter(|client| client.moved_ms.is_some()).count();
    let back = drill.clients.iter().filter(|client| client.back_ms.is_some()).count();
    let home = if back == all { "all have returned".to_owned() } else { format!("{back} returned") };
    let spent = drill.spent_ms.map_or(String::new(), |ms| format!(" It took {} of backup hours.", hours(ms)));
    format!("The backup served {moved} of {}; {home}.{spent}", count(all, "client", "clients"))
}

/// The forms.
#[component]
pub(super) fn DrainForms(data: ServersPage) -> impl IntoView {
    if data.drain.is_some() || data.question.is_some() || data.servers.len() < 2 {
        return ().drawn();
    }
    let why_not = request().why_not(Permission::Drain).map(str::to_owned).or(data.no_drain);
    let has_clients = !data.clients.is_empty();
    let why_not_drill = why_not.clone();
    // Who was chosen in a form that was refused stays chosen.
    let typed: Vec<String> = request().form.as_ref().map_or_else(Vec::new, |form| {
        form.values.iter().filter(|(name, _)| name == "client").map(|(_, id)| id.clone()).collect()
    });
    view! {
        {data.last_drill.map(|drill| view! {
            <Card title="Last failover drill" id="last-drill">
                <p>{worked(&drill)}" It ended "<TimeAgo at_ms=drill.ended_ms />"."</p>
                <Progress clients=drill.clients />
            </Card>
        })}
        <div class="columns halves">
            <div><Card title="Planned maintenance" id="maintenance">
                <p>"Moves all clients to the backup, so that this server can be stopped or updated. They return when the time is up."</p>
                <form method="post" action=paths::SERVERS_DRAIN class="stack">
                    <Field name="minutes" label="Duration, minutes" kind="number" value="30" required=true />
                    <Field name="reason" label="Reason" hint="Shown in the log and to clients." />
                    <div class="actions"><Submit why_not=why_not>"Drain to backup…"</Submit></div>
                </form>
            </Card></div>
            <div><Card title="Failover drill" id="drill">
                <p>"Moves chosen clients to the backup to check that it serves them. It ends when the time or the backup hours are used up."</p>
                {if has_clients {
                    view! {
                        <form method="post" action=paths::SERVERS_DRILL class="stack">
                            <fieldset class="choices"><legend>"Clients"</legend>
                                {data.clients.into_iter().enumerate().map(|(at, (id, name))| {
                                    let checked = typed.contains(&id);
                                    let field = format!("client-{at}");
                                    view! {
                                        <div class="check">
                                            <input type="checkbox" id=field.clone() name="client" value=id checked=checked />
                                            <label for=field>{name}</label>
                                        </div>
                                    }
                                }).collect_view()}
                            </fieldset>
                            <Field name="drill_minutes" label="Duration, minutes" kind="number" value="5" required=true />
                            <Field name="budget" label="Backup hours limit, minutes" kind="number" value="10" required=true />
                            <div class="actions"><Submit why_not=why_not_drill>"Start the drill…"</Submit></div>
                        </form>
                    }.drawn()
                } else {
                    view! { <p class="muted">"No client is connected to this server."</p> }.drawn()
                }}
            </Card></div>
        </div>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_says_what_worked() {
        let client = |moved, back| DrillClient { name: "c".into(), moved_ms: moved, back_ms: back };
        let drill = |clients| LastDrill { began_ms: 0, ended_ms: 1, clients, spent_ms: Some(360_000) };
        assert_eq!(
            worked(&drill(vec![client(Some(1), Some(2)), client(Some(1), Some(2))])),
            "The backup served 2 of 2 clients; all have returned. It took 6 min of backup hours."
        );
        assert!(
            worked(&drill(vec![client(None, None), client(Some(1), None)]))
                .starts_with("The backup served 1 of 2 clients; 0 returned.")
        );
    }
}
