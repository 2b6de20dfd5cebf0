//! The channels that alerts are sent to, each with a test.

use super::model::ChannelRow;
use crate::components::{Disabled, EmptyState, LinkButton, Submit, Tag};
use crate::drawn::Draw;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::permission::Permission;

#[component]
pub(super) fn Channels(channels: Vec<ChannelRow>) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration);
    let may = why_not.is_none();
    let add = match why_not {
        Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
        None => view! {
            <LinkButton href=paths::alert_channel_of("email")>"Add mail"</LinkButton>
            <LinkButton href=paths::alert_channel_of("webhook")>"Add a webhook"</LinkButton>
        }
        .drawn(),
    };
    if channels.is_empty() {
        return view! {
            <EmptyState title="No channels yet" why="A channel is a mail account or a webhook address. Alerts go nowhere else.">{add}</EmptyState>
        }
        .drawn();
    }
    view! {
        <ul class="alert-list">
            {channels.into_iter().map(|channel| view! { <Channel channel=channel may=may /> }).collect_view()}
        </ul>
        <div class="actions">{add}</div>
    }
    .drawn()
}

#[component]
fn Channel(channel: ChannelRow, may: bool) -> impl IntoView {
    let name = channel.name.clone();
    view! {
        <li>
            <div class="alert-text">
                <p class="alert-title"><a class="strong" href=paths::alert_channel(channel.id)>{channel.name}</a><Tag text=channel.kind /></p>
                <p class="path">{channel.leads_to}</p>
                {channel.secret.map(|secret| view! { <p class="fine">{secret}</p> })}
            </div>
            {may.then(|| view! {
                <form method="post" action=paths::alert_channel_action(channel.id, "test") class="alert-action">
                    <Submit>"Send a test"<span class="vh">{format!(" to {name}")}</span></Submit>
                </form>
            })}
        </li>
    }
    .drawn()
}
