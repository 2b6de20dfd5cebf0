//! Why nothing can be exchanged, and what to do about it.

use super::model::Registered;
use super::register::RegisterForm;
use crate::components::{Copyable, LinkButton, Statement};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// Registers with the file the vendor hands out.
const REGISTER: &str = "leasehold register --file REGISTRATION";

/// The statement a page opens with while nothing can be exchanged; nothing otherwise.
#[component]
pub fn NotReady(registered: Registered) -> impl IntoView {
    match registered {
        Registered::Yes => ().drawn(),
        Registered::No => view! {
            <Statement tone=Tone::Warning sentence="This server is not registered yet.">
                <p>"An unregistered server can't sync. The vendor supplies a registration file with the license; it contains the GUID, the auth string and the vendor's key."</p>
                <RegisterForm by_hand=false />
                <Command why="Or on the server:" command=REGISTER />
            </Statement>
        }
        .drawn(),
        Registered::NoKey => view! {
            <Statement tone=Tone::Warning sentence="Nothing is sent until the vendor's key is confirmed.">
                <p>"Every answer is signed. Without the vendor's key Leasehold can't verify it."</p>
                <RegisterForm by_hand=true />
            </Statement>
        }
        .drawn(),
        Registered::NoAuth => view! {
            <Statement tone=Tone::Warning sentence="This server's auth string is missing.">
                <p>"The nodes require it. It comes with the GUID; the registration file contains both."</p>
                <RegisterForm by_hand=true />
            </Statement>
        }
        .drawn(),
        Registered::OtherGuid { file, registered } => view! {
            <Statement tone=Tone::Danger sentence="The GUID in the configuration file is not the registered one.">
                <p>"In the file: " <code>{file}</code> ". Registered: " <code>{registered}</code> ". Leasehold doesn't sync while they differ."</p>
                <p>"Put the registered GUID back, or register the new one with its own registration file."</p>
                <RegisterForm by_hand=true />
                <div class="actions"><LinkButton href=paths::setting("LICENSE_SERVER_GUID")>"Edit the GUID"</LinkButton></div>
            </Statement>
        }
        .drawn(),
        Registered::Unreadable(problem) => view! {
            <Statement tone=Tone::Danger sentence="The configuration file cannot be read, so Leasehold can't sync.">
                <p>{problem}</p>
                <div class="actions"><LinkButton href=paths::CONFIGURATION>"Show the details"</LinkButton></div>
            </Statement>
        }
        .drawn(),
    }
    .drawn()
}

/// A command to type on the server, or why this role may not register.
#[component]
fn Command(why: &'static str, command: &'static str) -> impl IntoView {
    let why_not = request().why_not(Permission::Register);
    view! {
        <p>{why}" "<Copyable value=command what="the command" /></p>
        {why_not.map(|reason| view! { <p class="muted">{reason}</p> })}
    }
    .drawn()
}
