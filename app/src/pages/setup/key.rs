//! Step 5: the vendor's key, compared by a person before it is trusted.

use super::SetupFrame;
use super::over_tls;
use super::{OfferedKey, SetupKey, SetupTrial, Step};
use crate::components::{Banner, Card, Field, FieldProblem, Fingerprint, Hidden, LinkButton, Statement, described_by};
use crate::drawn::Draw;
use crate::islands::guid_field::GuidField;
use crate::pages::exchange::AttemptList;
use crate::paths;
use crate::request::{Tone, request};
use engine::exchange::Attempt;
use leptos::prelude::*;

/// Shows the keys there are and asks to compare one.
#[component]
pub fn SetupKeyPage(data: SetupKey) -> impl IntoView {
    let keys = distinct(data.offered);
    let body = if let Some(trial) = data.trial {
        view! { <Tried trial=trial fingerprints=data.pinned /> }.drawn()
    } else if !data.pinned.is_empty() {
        view! { <Pinned fingerprints=data.pinned /> }.drawn()
    } else if keys.is_empty() {
        view! { <NoneShown problem=data.problem asked=data.nodes_asked skip=data.skip_allowed /> }.drawn()
    } else {
        view! { <Compare keys=keys skip=data.skip_allowed /> }.drawn()
    };
    view! {
        <SetupFrame step=Step::Key title="The vendor's key" lead="The licensing nodes sign every answer. Leasehold accepts only answers signed with a key you have confirmed.">
            {body}
        </SetupFrame>
    }
    .drawn()
}

/// A key is known, from the registration file or confirmed before: nothing to do.
#[component]
fn Pinned(fingerprints: Vec<String>) -> impl IntoView {
    let one = fingerprints.len() == 1;
    let wrong = request().error("typed").is_some();
    view! {
        <Statement tone=Tone::Success sentence=if one { "The vendor's key is confirmed." } else { "The vendor's keys are confirmed." }>
            <p>"It came with the registration file, or you compared it here. This step is done."</p>
        </Statement>
        <Card title=if one { "Fingerprint" } else { "Fingerprints" } id="fingerprints">
            {fingerprints.into_iter().map(|grouped| view! { <Fingerprint grouped=grouped /> }).collect_view()}
            <details class="disclosure" open=wrong>
                <summary>"The vendor gave a different fingerprint"</summary>
                <form method="post" action=paths::SETUP_KEY class="stack">
                    <Typed />
                    <div class="actions"><button type="submit" class="button" name="intent" value="pin">"Use this fingerprint instead"</button></div>
                </form>
            </details>
        </Card>
        <form method="post" action=paths::SETUP_KEY class="stack">
            <p class="muted">"Continue tries GUID and auth string at the licensing nodes."</p>
            <div class="actions">
                <button type="submit" class="button primary large" name="intent" value="pin">"Continue"</button>
                <LinkButton href=paths::SETUP_CONNECTION look="large">"Back"</LinkButton>
            </div>
        </form>
    }
    .drawn()
}

/// GUID and auth string were tried, and no node accepted them: the fields to correct them, and the way on.
#[component]
fn Tried(trial: SetupTrial, fingerprints: Vec<String>) -> impl IntoView {
    let context = request();
    let guid = context.typed("guid", &trial.guid);
    let error = context.error("guid");
    let described = described_by("guid", true, error.is_some()).unwrap_or_default();
    // A GUID that the vendor has yet to move here is no reason to stay in the wizard.
    let go_on = if trial.unchecked.is_some() { "Continue without the check" } else { "Continue anyway" };
    view! {
        {trial.unchecked.map(|unchecked| view! {
            <Statement tone=Tone::Warning sentence="GUID and auth string were not checked.">
                <p>{unchecked.sentence}" Try again, or continue without the check: the first sync then shows whether the nodes accept them."</p>
            </Statement>
            {(!unchecked.attempts.is_empty()).then(|| view! {
                <Card title="Nodes tried" id="asked"><AttemptList tls=over_tls(&unchecked.attempts) attempts=unchecked.attempts /></Card>
            })}
        })}
        <form method="post" action=paths::SETUP_KEY class="stack wide">
            <Card title="GUID and auth string" id="correct">
                <div class="field">
                    <label for="guid">"GUID"</label>
                    <p class="hint" id="guid-hint">"Compare it with the vendor's message."</p>
                    <GuidField name="guid".to_owned() value=guid described=described invalid=error.is_some() focus=context.focuses("guid") />
                    {error.map(|sentence| view! { <FieldProblem name="guid".to_owned() sentence=sentence /> })}
                </div>
                <Field name="auth" label="Auth string" mono=true hint="The one you entered is saved and not shown. Leave this empty to keep it." />
            </Card>
            <div class="actions">
                <button type="submit" class="button primary large" name="intent" value="correct">"Check again"</button>
                <button type="submit" class="button large" name="intent" value="unchecked">{go_on}</button>
                <LinkButton href=paths::SETUP_CONNECTION look="large">"Change the connection"</LinkButton>
            </div>
        </form>
        {(!fingerprints.is_empty()).then(|| view! {
            <Card title="The vendor's key" id="fingerprints">
                {fingerprints.into_iter().map(|grouped| view! { <Fingerprint grouped=grouped /> }).collect_view()}
            </Card>
        })}
    }
    .drawn()
}

/// The field for the fingerprint the vendor gave.
#[component]
fn Typed(
    #[prop(default = "Leasehold compares it for you. Spaces, colons and case don't matter.")] hint: &'static str,
) -> impl IntoView {
    view! { <Field name="typed" label="Paste the fingerprint from the vendor" mono=true hint=hint /> }.drawn()
}

/// No node showed a key: why, and the ways on.
#[component]
fn NoneShown(problem: Option<String>, asked: Vec<Attempt>, skip: bool) -> impl IntoView {
    let why = problem.unwrap_or_else(|| "The nodes have not been contacted yet.".to_owned());
    view! {
        <Statement tone=Tone::Warning sentence="No node has presented its key yet.">
            <p>{why}</p>
            <form method="post" action=paths::SETUP_KEY class="actions">
                <button type="submit" class="button" name="intent" value="fetch">"Ask the nodes again"</button>
                <LinkButton href=paths::SETUP_CONNECTION>"Change the connection"</LinkButton>
            </form>
        </Statement>
        {(!asked.is_empty()).then(|| view! {
            <Card title="Nodes tried" id="asked"><AttemptList tls=over_tls(&asked) attempts=asked /></Card>
        })}
        <form method="post" action=paths::SETUP_KEY class="stack wide">
            <Card title="Confirm it by its fingerprint" id="by-fingerprint">
                <Typed hint="Leasehold saves it and accepts only a key that matches. Spaces, colons and case don't matter." />
            </Card>
            <div class="actions">
                <button type="submit" class="button primary large" name="intent" value="pin">"Confirm the key"</button>
                <LinkButton href=paths::SETUP_CONNECTION look="large">"Back"</LinkButton>
            </div>
            <Others skip=skip />
        </form>
    }
    .drawn()
}

/// Keys to compare with what the vendor gave by another way.
#[component]
fn Compare(keys: Vec<SharedKey>, skip: bool) -> impl IntoView {
    let context = request();
    let several = keys.len() > 1;
    let chosen = context.typed("fingerprint", if several { "" } else { &keys[0].fingerprint });
    let compared = context.typed("compared", "") == "yes";
    let wrong = context.error("compared");
    let wrong_choice = context.error("fingerprint");
    view! {
        {several.then(|| view! {
            <Banner tone=Tone::Warning text="The nodes presented different keys. Choose the one the vendor gave you; if in doubt, ask the vendor first." />
        })}
        <form method="post" action=paths::SETUP_KEY class="stack wide">
            <Card title=if several { "Which of these is the vendor's?" } else { "Compare this fingerprint" } id="offered">
                <p>"Compare it with the fingerprint you received from the vendor through another channel: the license letter, the phone, the customer portal. Every group must match."</p>
                <div id="fingerprint">{if several {
                    view! {
                        <fieldset class="key-choices">
                            <legend class="vh">"The vendor's key"</legend>
                            {keys.into_iter().enumerate().map(|(number, key)| view! { <Choosable key=key number=number chosen=chosen.clone() /> }).collect_view()}
                        </fieldset>
                    }.drawn()
                } else {
                    keys.into_iter().map(|key| view! {
                        <Hidden name="fingerprint" value=key.fingerprint />
                        <Fingerprint grouped=key.grouped />
                        <p class="fine">{shown_by(&key.nodes)}</p>
                    }).collect_view().drawn()
                }}</div>
                {wrong_choice.map(|sentence| view! { <FieldProblem name="fingerprint".to_owned() sentence=sentence /> })}
                <div class="field">
                    <div class="check">
                        <input type="checkbox" id="compared" name="compared" value="yes" checked=compared autofocus=context.focuses("compared") aria-invalid=wrong.is_some().then_some("true") aria-describedby=wrong.is_some().then_some("compared-error") />
                        <label for="compared">"I compared it with the vendor's fingerprint, and they match"</label>
                    </div>
                    {wrong.map(|sentence| view! { <FieldProblem name="compared".to_owned() sentence=sentence /> })}
                </div>
                <p class="or"><span>"or"</span></p>
                <Typed />
            </Card>
            <div class="actions">
                <button type="submit" class="button primary large" name="intent" value="pin">"Confirm the key"</button>
                <LinkButton href=paths::SETUP_CONNECTION look="large">"Back"</LinkButton>
                <button type="submit" class="button quiet large" name="intent" value="fetch">"Ask the nodes again"</button>
            </div>
            <Others skip=skip />
        </form>
    }
    .drawn()
}

/// One of several keys, to be chosen.
#[component]
fn Choosable(key: SharedKey, number: usize, chosen: String) -> impl IntoView {
    let id = format!("key-{number}");
    view! {
        <div class="key-choice">
            <input type="radio" id=id.clone() name="fingerprint" value=key.fingerprint.clone() checked=chosen == key.fingerprint />
            <label for=id>
                <Fingerprint grouped=key.grouped />
                <span class="fine">{shown_by(&key.nodes)}</span>
            </label>
        </div>
    }
    .drawn()
}

/// The ways round this step.
#[component]
fn Others(skip: bool) -> impl IntoView {
    view! {
        <section class="note">
            <h2>"No fingerprint?"</h2>
            <p>"The vendor's registration file contains the key: "<a href=paths::SETUP_GUID>"upload it"</a>"."</p>
            {skip.then(|| view! {
                <p>"Or register now and confirm the key later. Until then Leasehold sends nothing to the nodes and receives no licenses."</p>
                <div class="actions"><button type="submit" class="button" name="intent" value="skip">"Register without a key"</button></div>
            })}
        </section>
    }
    .drawn()
}

/// A key with all nodes that show it.
#[derive(Clone, Debug, PartialEq)]
struct SharedKey {
    fingerprint: String,
    grouped: String,
    nodes: Vec<String>,
}

/// The same key of several nodes is offered once.
fn distinct(offered: Vec<OfferedKey>) -> Vec<SharedKey> {
    let mut keys: Vec<SharedKey> = Vec::new();
    for key in offered {
        match keys.iter_mut().find(|known| known.fingerprint == key.fingerprint) {
            Some(known) => known.nodes.push(key.node),
            None => keys.push(SharedKey { fingerprint: key.fingerprint, grouped: key.grouped, nodes: vec![key.node] }),
        }
    }
    keys
}

/// "Shown by a.example and 2 other nodes."
fn shown_by(nodes: &[String]) -> String {
    match nodes {
        [] => String::new(),
        [only] => format!("Shown by {only}."),
        [first, second] => format!("Shown by {first} and {second}."),
        [first, rest @ ..] => format!("Shown by {first} and {} other nodes.", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_several_nodes_show_is_offered_once() {
        let key = |fingerprint: &str, node: &str| OfferedKey {
            fingerprint: fingerprint.into(),
            grouped: fingerprint.into(),
            node: node.into(),
        };
        let keys = distinct(vec![key("a", "n1"), key("b", "n2"), key("a", "n3")]);
        assert_eq!(keys.iter().map(|key| key.nodes.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(shown_by(&keys[0].nodes), "Shown by n1 and n3.");
        assert_eq!(shown_by(&["a".into(), "b".into(), "c".into()]), "Shown by a and 2 other nodes.");
    }
}
