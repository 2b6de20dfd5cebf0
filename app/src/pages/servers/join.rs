//! How servers come together: one makes a code, the other uses it.

use super::model::ServersPage;
use crate::components::{Copyable, Field, Submit, TimeUntil};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

#[component]
pub(super) fn Join(data: ServersPage) -> impl IntoView {
    let why_not = request().why_not(Permission::ManageServers).map(str::to_owned);
    let open = data.invitation.is_some() || data.servers.len() < 2;
    view! {
        <section class="card" id="join">
            <details class="disclosure" open=open>
                <summary><h2>"Add a server"</h2></summary>
                <div class="columns">
                    <div class="stack">
                        <h3>"Here: make a code"</h3>
                        <p>"A backup joins with a code from this server. A code is good once, for 30 minutes."</p>
                        {match data.invitation {
                            Some(invitation) => view! {
                                <div class="invitation" role="status">
                                    <p>"The code. It ends "<TimeUntil at_ms=invitation.until_ms />", and it is not shown again:"</p>
                                    <Copyable value=invitation.code what="the code" />
                                    <p>"On the other machine:"</p>
                                    <Copyable value=invitation.command what="the command" />
                                </div>
                            }.drawn(),
                            None => view! {
                                <form method="post" action=paths::SERVERS_INVITE class="actions">
                                    <Submit look="primary" why_not=why_not.clone()>"Make a code"</Submit>
                                </form>
                            }.drawn(),
                        }}
                    </div>
                    <form method="post" action=paths::SERVERS_JOIN class="stack">
                        <h3>"Or here: use a code"</h3>
                        <p>"From the primary's console. The two servers then know one another by their keys."</p>
                        <Field name="url" label="Address of that server's console" hint="As in https://lic-01:8084" mono=true required=true />
                        <Field name="code" label="Code" mono=true required=true />
                        <div class="actions"><Submit why_not=why_not>"Join"</Submit></div>
                    </form>
                </div>
            </details>
        </section>
    }
    .drawn()
}
