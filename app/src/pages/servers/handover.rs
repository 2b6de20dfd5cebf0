//! Handing clients over for planned work, and rehearsing a failure with some of them.

use super::model::{Handed, Rehearsed, Rehearsing, ServersPage};
use super::span_words;
use crate::components::{Card, Field, Submit, TimeAgo, TimeUntil};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

/// What goes on.
#[component]
pub(super) fn HandedOver(handed: Handed) -> impl IntoView {
    let why_not = request().why_not(Permission::HandOver).map(str::to_owned);
    let title = if handed.clients.is_some() { "Rehearsal" } else { "Handed over" };
    view! {
        <Card title=title id="handed">
            <p>
                {if handed.clients.is_some() { "Chosen clients are sent to the backup" } else { "All clients are sent to the backup" }}
                {format!(": {}. ", handed.reason)}
                "Begun "<TimeAgo at_ms=handed.began_ms />{format!(" by {}; this server takes them back ", handed.by)}<b><TimeUntil at_ms=handed.until_ms /></b>"."
            </p>
            {handed.budget.map(|(most, spent)| view! { <p>{format!("It may take {} of the backup's hours; {} so far.", span_words(most), span_words(spent))}</p> })}
            {handed.clients.map(|clients| view! { <Progress clients=clients /> })}
            <form method="post" action=paths::SERVERS_TAKE_BACK class="actions">
                <Submit look="primary" why_not=why_not>"Take the clients back now"</Submit>
            </form>
        </Card>
    }
    .drawn()
}

/// How far each client of a rehearsal is.
#[component]
fn Progress(clients: Vec<Rehearsing>) -> impl IntoView {
    let time = |at: Option<i64>| match at {
        Some(at) => view! { <TimeAgo at_ms=at /> }.drawn(),
        None => view! { <span class="muted">"not yet"</span> }.drawn(),
    };
    view! {
        <table class="table rehearsing">
            <caption class="vh">"Clients of the rehearsal"</caption>
            <thead><tr><th scope="col">"Client"</th><th scope="col">"On the backup"</th><th scope="col">"Back here"</th></tr></thead>
            <tbody>{clients.into_iter().map(|client| view! {
                <tr>
                    <th scope="row">{client.name}</th>
                    <td data-label="On the backup">{time(client.moved_ms)}</td>
                    <td data-label="Back here">{time(client.back_ms)}</td>
                </tr>
            }).collect_view()}</tbody>
        </table>
    }
    .drawn()
}

/// "4 of 4 clients were served by the backup; all are back. 6 min of its hours were spent."
fn worked(rehearsed: &Rehearsed) -> String {
    let all = rehearsed.clients.len();
    let moved = rehearsed.clients.iter().filter(|client| client.moved_ms.is_some()).count();
    let back = rehearsed.clients.iter().filter(|client| client.back_ms.is_some()).count();
    let home = if back == all { "all are back".to_owned() } else { format!("{back} are back") };
    let spent = rehearsed.spent_ms.map_or(String::new(), |ms| format!(" {} of its hours were spent.", span_words(ms)));
    format!("{moved} of {all} clients were served by the backup; {home}.{spent}")
}

/// The forms.
#[component]
pub(super) fn HandoverForms(data: ServersPage) -> impl IntoView {
    if data.handed.is_some() || data.servers.len() < 2 {
        return ().drawn();
    }
    let why_not = request().why_not(Permission::HandOver).map(str::to_owned).or(data.no_handover);
    let has_clients = !data.clients.is_empty();
    let why_not_rehearse = why_not.clone();
    // Who was chosen in a form that was refused stays chosen.
    let typed: Vec<String> = request().form.as_ref().map_or_else(Vec::new, |form| {
        form.values.iter().filter(|(name, _)| name == "client").map(|(_, id)| id.clone()).collect()
    });
    view! {
        {data.rehearsed.map(|rehearsed| view! {
            <Card title="The last rehearsal" id="rehearsed">
                <p>{worked(&rehearsed)}" It ended "<TimeAgo at_ms=rehearsed.ended_ms />"."</p>
                <Progress clients=rehearsed.clients />
            </Card>
        })}
        <div class="columns halves">
            <div><Card title="Planned work" id="handover">
                <p>"Sends all clients to the backup for a while, so that this server can be stopped or updated. They come back by themselves."</p>
                <form method="post" action=paths::SERVERS_HANDOVER class="stack">
                    <Field name="minutes" label="For how many minutes" kind="number" value="30" required=true />
                    <Field name="reason" label="What for" hint="Stands in the log and in what clients are told." />
                    <div class="actions"><Submit why_not=why_not>"Hand over to the backup"</Submit></div>
                </form>
            </Card></div>
            <div><Card title="Rehearsal" id="rehearsal">
                <p>"Sends chosen clients to the backup, to see that it serves them. It ends after the time, or when the backup has spent the hours allowed."</p>
                {if has_clients {
                    view! {
                        <form method="post" action=paths::SERVERS_REHEARSE class="stack">
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
                            <Field name="rehearsal_minutes" label="For how many minutes" kind="number" value="5" required=true />
                            <Field name="budget" label="Minutes of the backup's hours it may take" kind="number" value="10" required=true />
                            <div class="actions"><Submit why_not=why_not_rehearse>"Begin the rehearsal"</Submit></div>
                        </form>
                    }.drawn()
                } else {
                    view! { <p class="muted">"No client is connected here that could try the backup."</p> }.drawn()
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
    fn a_rehearsal_says_what_worked() {
        let client = |moved, back| Rehearsing { name: "c".into(), moved_ms: moved, back_ms: back };
        let rehearsed = |clients| Rehearsed { began_ms: 0, ended_ms: 1, clients, spent_ms: Some(360_000) };
        assert_eq!(
            worked(&rehearsed(vec![client(Some(1), Some(2)), client(Some(1), Some(2))])),
            "2 of 2 clients were served by the backup; all are back. 6 min of its hours were spent."
        );
        assert!(
            worked(&rehearsed(vec![client(None, None), client(Some(1), None)]))
                .starts_with("1 of 2 clients were served by the backup; 0 are back.")
        );
    }
}
