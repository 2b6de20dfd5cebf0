//! The ports by which nodes were reached; each can be taken with one press.

use super::model::WorkingPort;
use crate::components::{Card, Disabled, EmptyState, Hidden, LinkButton, Pill};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// What a press on "Use …" does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Saves the configuration file: a form of its own for each port.
    Configuration,
    /// Sends the form around it with `intent=use:https:8443`.
    Wizard,
}

/// The working ports, the best first.
#[component]
pub(crate) fn Ports(
    works: Vec<WorkingPort>,
    running: bool,
    choice: Choice,
    /// Nodes were reached at ports of their own, which no choice here changes.
    reached: bool,
) -> impl IntoView {
    let refused = match choice {
        Choice::Configuration => request().why_not(Permission::EditConfiguration),
        Choice::Wizard => None,
    };
    let blocked = refused.filter(|_| works.iter().any(|port| !port.current));
    let body = match (works.is_empty(), running) {
        (true, true) => view! { <p class="muted">"No node was reached so far."</p> }.drawn(),
        (true, false) if reached => view! { <p class="muted">"The nodes name their own ports; there is none to choose."</p> }.drawn(),
        (true, false) => view! { <NoneWork choice=choice /> }.drawn(),
        (false, _) => view! {
            <ul class="ports">
                {works.into_iter().map(|port| view! { <Port port=port choice=choice disabled=blocked.is_some() /> }).collect_view()}
            </ul>
            {blocked.map(|reason| view! { <p id="why-no-port"><Disabled reason=reason /></p> })}
        }
        .drawn(),
    };
    match choice {
        Choice::Configuration => view! { <Card title="Ports that work" id="ports">{body}</Card> }.drawn(),
        Choice::Wizard => body,
    }
}

/// No port at all: what to do about it.
#[component]
fn NoneWork(choice: Choice) -> impl IntoView {
    match choice {
        Choice::Configuration => view! {
            <EmptyState title="No node was reached at any port" why="Hand the firewall request below to whoever keeps the network. Meanwhile an exchange can be carried by hand.">
                <LinkButton href="#firewall">"To the firewall request"</LinkButton>
                <LinkButton href=paths::EXCHANGE_HAND>"Exchange by hand"</LinkButton>
            </EmptyState>
        }
        .drawn(),
        Choice::Wizard => view! {
            <p class="muted">"No node was reached at any port. You can go on all the same: the diagnostics of the console hold a request for your firewall, and an exchange can be carried by hand."</p>
        }
        .drawn(),
    }
}

#[component]
fn Port(port: WorkingPort, choice: Choice, disabled: bool) -> impl IntoView {
    let words = port.words();
    let all = port.nodes_ok == port.nodes;
    let button = format!("Use {words}");
    let https = if port.https { "1" } else { "0" };
    let intent = format!("use:{}:{}", if port.https { "https" } else { "http" }, port.port);
    let described = disabled.then_some("why-no-port");
    view! {
        <li>
            <div class="port-name"><b>{words}</b></div>
            <div class="port-reach">
                <Dots ok=port.nodes_ok of=port.nodes />
                <span class=if all { "strong" } else { "" }>{reach(port.nodes_ok, port.nodes)}</span>
            </div>
            <div class="port-use">
                {match (port.current, choice) {
                    (true, _) => view! { <Pill tone=Tone::Success text="In use" /> }.drawn(),
                    (false, Choice::Wizard) => view! { <button type="submit" class="button" name="intent" value=intent>{button}</button> }.drawn(),
                    (false, Choice::Configuration) => view! {
                        <form method="post" action=paths::DIAGNOSTICS_PORT>
                            <Hidden name="https" value=https />
                            <Hidden name="port" value=port.port.to_string() />
                            <button type="submit" class="button" disabled=disabled aria-describedby=described>{button}</button>
                        </form>
                    }.drawn(),
                }}
            </div>
        </li>
    }
    .drawn()
}

/// "All 10 nodes answer"; "3 of 10 nodes answer".
fn reach(ok: usize, of: usize) -> String {
    match (ok, of) {
        (1, 1) => "The node answers".to_owned(),
        (ok, of) if ok == of => format!("All {of} nodes answer"),
        (ok, of) => format!("{ok} of {of} nodes answer"),
    }
}

/// More nodes than this are not drawn one by one.
const MOST_DOTS: usize = 20;
/// Width of one dot with its gap, in pixels.
const DOT: usize = 10;

/// A dot for each node, filled when it answers. The words beside it say the same.
#[component]
fn Dots(ok: usize, of: usize) -> impl IntoView {
    (2..=MOST_DOTS)
        .contains(&of)
        .then(|| {
            let width = of * DOT;
            view! {
                <svg class="dots" viewBox=format!("0 0 {width} 10") width=width height="10" aria-hidden="true" focusable="false">
                    {(0..of).map(|number| view! {
                        <circle class=if number < ok { "on" } else { "off" } cx=number * DOT + DOT / 2 cy="5" r="3.5" />
                    }).collect_view()}
                </svg>
            }
        })
        .drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_of_a_port_reads_as_a_sentence() {
        assert_eq!(reach(1, 1), "The node answers");
        assert_eq!(reach(10, 10), "All 10 nodes answer");
        assert_eq!(reach(3, 10), "3 of 10 nodes answer");
    }
}
