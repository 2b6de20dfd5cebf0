//! How an application is connected: shown where there is nothing else to show.

use super::model::Connect;
use crate::components::{Card, Copyable, LinkButton};
use crate::drawn::Draw;
use crate::islands::copy_button::CopyButton;
use crate::paths;
use leptos::prelude::*;

/// The command that takes a license once a second until it is stopped.
fn command(connect: &Connect) -> String {
    let product = connect.product.as_deref().unwrap_or("PRODUCT");
    format!("leasehold client run --servers {} --product {product}", connect.address)
}

/// Address and a command to try.
#[component]
pub(crate) fn ConnectCard(connect: Connect) -> impl IntoView {
    let command = command(&connect);
    let licensed = connect.product.is_some();
    if connect.off {
        return view! {
            <Card title="Connect an application" id="connect">
                <p>"The license port of this server is off, so no application can connect. Start the server without "<code>"--clients off"</code>" to open it."</p>
                <div class="actions"><LinkButton href=paths::SETTINGS>"Go to Settings"</LinkButton></div>
            </Card>
        }
        .drawn();
    }
    view! {
        <Card title="Connect an application" id="connect">
            <p>"Applications reach this server at "<Copyable value=connect.address what="the address" />"."</p>
            <p>"To try it, run this on any machine where Leasehold is installed. It checks out a license every second, holds it for a second, and prints a summary when stopped."</p>
            <div class="command">
                <pre tabindex="0" role="group" aria-label="The command"><code>{command.clone()}</code></pre>
                <CopyButton text=command what="the command".to_owned() />
            </div>
            {(!licensed).then(|| view! {
                <p class="muted">"No license is in service yet, so requests will be denied. Replace PRODUCT with one of your products."</p>
                <div class="actions"><LinkButton href=paths::LICENSES>"Go to Licenses"</LinkButton></div>
            })}
        </Card>
    }
    .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_this_server_and_a_product_that_can_be_had() {
        let connect = Connect { address: "lic-01:7569".into(), product: Some("TTS3".into()), off: false };
        assert_eq!(command(&connect), "leasehold client run --servers lic-01:7569 --product TTS3");
        let nothing = Connect { address: "lic-01:7569".into(), product: None, off: false };
        assert!(command(&nothing).ends_with("--product PRODUCT"));
    }
}
