//! The latest changes, as sentences. Only the thing that was changed is a link.

use crate::components::{Card, EmptyState, Pill, TimeAgo};
use crate::drawn::Draw;
use crate::pages::audit::{AuditItem, Outcome};
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The newest entries of the audit log.
#[component]
pub(super) fn Changes(items: Vec<AuditItem>) -> impl IntoView {
    let refused = request().why_not(Permission::ViewAudit);
    let body = match (refused, items.is_empty()) {
        (Some(reason), _) => view! { <EmptyState title="Not shown to this role" why=reason /> }.drawn(),
        (None, true) => {
            view! { <EmptyState title="No changes yet" why="Changes appear here, with who made them and when." /> }
                .drawn()
        }
        (None, false) => view! {
            <ul class="events">{items.into_iter().map(|item| view! { <Change item=item /> }).collect_view()}</ul>
        }
        .drawn(),
    };
    match refused {
        Some(_) => view! { <Card title="Recent changes" id="changes">{body}</Card> }.drawn(),
        None => {
            let aside = view! { <a href=paths::AUDIT>"Audit"</a> };
            view! { <Card title="Recent changes" id="changes" aside=aside.drawn()>{body}</Card> }.drawn()
        }
    }
}

#[component]
fn Change(item: AuditItem) -> impl IntoView {
    let outcome = match item.outcome {
        Outcome::Done => None,
        Outcome::Refused => Some((Tone::Warning, "Refused")),
        Outcome::Failed => Some((Tone::Danger, "Failed")),
    };
    view! {
        <li>
            <div class="event-text">
                <p>
                    <b>{item.who}</b>" "
                    {match revision_in(&item.what) {
                        Some((before, name, number, after)) => view! {
                            <span>{before.to_owned()}<a href=paths::revision(number)>{name.to_owned()}</a>{after.to_owned()}</span>
                        }.drawn(),
                        None => view! { <span>{item.what.clone()}</span> }.drawn(),
                    }}
                    {outcome.map(|(tone, word)| view! { " " <Pill tone=tone text=word /> })}
                </p>
                {item.comment.map(|comment| view! { <p class="comment">{comment}</p> })}
            </div>
            <span class="when"><TimeAgo at_ms=item.at_ms /></span>
        </li>
    }
    .drawn()
}

/// The first revision a sentence names: the text before it, its name, its number, the text after it.
fn revision_in(sentence: &str) -> Option<(&str, &str, i64, &str)> {
    const WORD: &str = "revision ";
    let start = sentence.find(WORD)?;
    let digits: usize = sentence[start + WORD.len()..].bytes().take_while(u8::is_ascii_digit).count();
    let end = start + WORD.len() + digits;
    let number = sentence[start + WORD.len()..end].parse().ok()?;
    Some((&sentence[..start], &sentence[start..end], number, &sentence[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_revision_in_a_sentence_is_a_link() {
        let sentence = "saved revision 14 of the configuration file.";
        assert_eq!(revision_in(sentence), Some(("saved ", "revision 14", 14, " of the configuration file.")));
        assert_eq!(revision_in("brought back a revision of the file."), None);
        assert_eq!(revision_in("saw revision 99999999999999999999."), None);
        assert_eq!(revision_in("made revision 7"), Some(("made ", "revision 7", 7, "")));
    }
}
