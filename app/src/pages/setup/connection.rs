//! Step 4: how the nodes are reached.

use super::frame::SetupFrame;
use super::model::{SetupConnection, Step};
use crate::components::LinkButton;
use crate::pages::configuration::SettingRow;
use crate::paths;
use leptos::prelude::*;
use licensing::conf::view::SettingView;

/// The settings that fit most networks are folded away.
const RARE: [&str; 2] = ["FLEX_NODE_LIST", "FLEX_NODE_LIST_HTTPS"];

/// Asks for transport, ports and, folded away, the node lists.
#[component]
pub fn SetupConnectionPage(data: SetupConnection) -> impl IntoView {
    let (rare, usual): (Vec<SettingView>, Vec<SettingView>) =
        data.settings.into_iter().partition(|setting| RARE.contains(&setting.key.as_str()));
    let open =
        rare.iter().any(|setting| !setting.is_default || crate::request::request().error(&setting.key).is_some());
    view! {
        <SetupFrame step=Step::Connection title="How the nodes are reached" lead="The values given fit most networks. Change a port only when your firewall asks for it.">
            <form method="post" action=paths::SETUP_CONNECTION class="stack wide">
                <div class="card">
                    {usual.into_iter().map(|setting| view! { <SettingRow setting=setting plain=true /> }).collect_view()}
                    <details class="disclosure" open=open>
                        <summary>"Other nodes than the vendor's"</summary>
                        {rare.into_iter().map(|setting| view! { <SettingRow setting=setting plain=true /> }).collect_view()}
                    </details>
                </div>
                <div class="actions">
                    <button type="submit" class="button primary large">"Continue"</button>
                    <LinkButton href=paths::SETUP_GUID look="large">"Back"</LinkButton>
                </div>
            </form>
        </SetupFrame>
    }
    .into_any()
}
