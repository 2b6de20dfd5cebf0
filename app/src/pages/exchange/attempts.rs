//! The nodes that were asked, and how far each got.

use super::model::Attempt;
use crate::components::{Glyph, Icon};
use crate::drawn::Draw;
use leptos::prelude::*;

/// The stages of asking a node, in their order, with the word on screen.
const STAGES: [(&str, &str); 5] =
    [("DNS", "DNS"), ("TCP", "TCP"), ("TLS", "TLS"), ("HTTP", "HTTP"), ("answer", "Answer")];

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Passed,
    Failed,
    NotReached,
}

/// The stages of one attempt; TLS is left out where it plays no part.
fn stages(attempt: &Attempt, tls: bool) -> Vec<(&'static str, Mark)> {
    let ended = STAGES.iter().position(|(stage, _)| *stage == attempt.stage).unwrap_or(STAGES.len() - 1);
    STAGES
        .iter()
        .enumerate()
        .filter(|(place, (stage, _))| *stage != "TLS" || tls || *place == ended)
        .map(|(place, (_, word))| {
            let mark = match place.cmp(&ended) {
                std::cmp::Ordering::Less => Mark::Passed,
                std::cmp::Ordering::Equal if attempt.ok => Mark::Passed,
                std::cmp::Ordering::Equal => Mark::Failed,
                std::cmp::Ordering::Greater => Mark::NotReached,
            };
            (*word, mark)
        })
        .collect()
}

/// The attempts of one round, in the order the nodes were asked.
#[component]
pub fn AttemptList(
    attempts: Vec<Attempt>,
    /// The nodes are asked over HTTPS.
    tls: bool,
) -> impl IntoView {
    view! {
        <ol class="attempts">
            {attempts.into_iter().map(|attempt| view! { <AttemptItem attempt=attempt tls=tls /> }).collect_view()}
        </ol>
    }
    .drawn()
}

#[component]
fn AttemptItem(attempt: Attempt, tls: bool) -> impl IntoView {
    let (class, glyph, word) =
        if attempt.ok { ("success", Glyph::Check, "Answered") } else { ("danger", Glyph::Cross, "Failed") };
    view! {
        <li class=class>
            <span class="attempt-mark"><Icon glyph=glyph /><span class="vh">{word}</span></span>
            <div class="attempt-text">
                <p class="attempt-node"><code>{attempt.node.clone()}</code><span class="fine">{took(attempt.ms)}</span></p>
                <ol class="stages">
                    {stages(&attempt, tls).into_iter().map(|(stage, mark)| {
                        let (class, glyph, word) = match mark {
                            Mark::Passed => ("passed", Glyph::Check, "reached"),
                            Mark::Failed => ("failed", Glyph::Cross, "failed here"),
                            Mark::NotReached => ("open", Glyph::Dash, "not reached"),
                        };
                        view! { <li class=class><Icon glyph=glyph />{stage}<span class="vh">{format!(", {word}")}</span></li> }
                    }).collect_view()}
                </ol>
                <p>{attempt.sentence}</p>
            </div>
        </li>
    }
    .drawn()
}

/// "84 ms", "4.0 s".
fn took(ms: u32) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", f64::from(ms) / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(stage: &str, ok: bool) -> Attempt {
        Attempt { node: "node".into(), ok, stage: stage.into(), sentence: String::new(), ms: 12 }
    }

    #[test]
    fn a_failure_shows_what_was_reached_before_it() {
        use Mark::{Failed, NotReached, Passed};
        let marks = |attempt: &Attempt, tls| stages(attempt, tls).into_iter().map(|(_, mark)| mark).collect::<Vec<_>>();
        assert_eq!(marks(&attempt("TLS", false), true), [Passed, Passed, Failed, NotReached, NotReached]);
        assert_eq!(marks(&attempt("HTTP", false), false), [Passed, Passed, Failed, NotReached]);
        assert_eq!(marks(&attempt("DNS", false), true), [Failed, NotReached, NotReached, NotReached, NotReached]);
        assert_eq!(marks(&attempt("answer", true), false), [Passed; 4]);
    }

    #[test]
    fn without_tls_its_stage_is_not_shown_unless_it_is_where_things_ended() {
        let words = |attempt: &Attempt| stages(attempt, false).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(words(&attempt("TCP", false)), ["DNS", "TCP", "HTTP", "Answer"]);
        assert!(words(&attempt("TLS", false)).contains(&"TLS"));
    }

    #[test]
    fn times_read_at_a_glance() {
        assert_eq!((took(84), took(4_020)), ("84 ms".to_owned(), "4.0 s".to_owned()));
    }
}
