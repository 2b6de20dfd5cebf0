//! A rule before it is turned on: what it would have told in the past, and what it would tell now.

use super::crumbs;
use super::model::{EpisodeRow, RuleReview};
use crate::components::{Banner, Card, FormErrors, Hidden, PageHeader, Submit, TimeStamp};
use crate::drawn::Draw;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::Permission;

/// The answer to the form of a rule.
#[component]
pub fn RuleReviewView(data: RuleReview) -> impl IntoView {
    let why_not = request().why_not(Permission::EditConfiguration).map(str::to_owned);
    let RuleReview { sentence, pace, channels, tone, tried, episodes, more, fields, .. } = data;
    let (present_tone, present, rests_on) = (data.present_tone, data.present, data.rests_on);
    let nobody = channels.is_empty();
    let tells = if nobody { "No one".to_owned() } else { channels.join(", ") };
    view! {
        <PageHeader title="Review the rule" crumbs=crumbs() lead=view! { {sentence} }.drawn() />
        <FormErrors />
        <Card title="Right now" id="present">
            <Banner tone=present_tone text=present role="note" />
        </Card>
        <Card title="Past alerts" id="tried">
            <Banner tone=tone text=tried role="note" />
            {(!episodes.is_empty()).then(|| view! { <Episodes episodes=episodes more=more /> })}
            <p class="fine">{rests_on}</p>
        </Card>
        <Card title="The rule" id="rule">
            <dl class="facts">
                <div><dt>"Notify"</dt><dd>{tells}</dd></div>
                <div><dt>"Timing"</dt><dd>{pace}</dd></div>
            </dl>
            {nobody.then(|| view! { <Banner tone=Tone::Warning role="note" text="It sends no notifications: it appears on the Alerts page and in the metrics only." /> })}
            <form method="post" action=paths::ALERT_RULES class="actions">
                {fields.into_iter().map(|(name, value)| view! { <Hidden name=name value=value /> }).collect_view()}
                <Submit look="primary" sends=Some(("enabled", "on")) why_not=why_not.clone()>"Turn the rule on"</Submit>
                <button type="submit" class="button" name="enabled" value="off" disabled=why_not.is_some()>"Save it turned off"</button>
                <button type="submit" class="button" formaction=paths::ALERT_REVIEW name="intent" value="edit" disabled=why_not.is_some()>"Back to editing"</button>
            </form>
        </Card>
    }
    .drawn()
}

#[component]
fn Episodes(episodes: Vec<EpisodeRow>, more: usize) -> impl IntoView {
    let named = episodes.iter().any(|episode| !episode.subject.is_empty());
    view! {
        <table class="table">
            <caption class="vh">"Times it would have fired, latest first"</caption>
            <thead><tr>
                <th scope="col">"Fired"</th>
                {named.then(|| view! { <th scope="col">"What"</th> })}
                <th scope="col">"Resolved"</th>
                <th scope="col" class="num">"Reminders"</th>
            </tr></thead>
            <tbody>
                {episodes.into_iter().map(|episode| view! {
                    <tr>
                        <th scope="row"><TimeStamp at_ms=episode.fired_ms /></th>
                        {named.then(|| view! { <td data-label="What">{episode.subject}</td> })}
                        <td data-label="Resolved">{match episode.resolved_ms {
                            Some(at) => view! { <div><TimeStamp at_ms=at /></div> }.drawn(),
                            None => view! { "Not yet" }.drawn(),
                        }}</td>
                        <td data-label="Reminders" class="num">{episode.reminders}</td>
                    </tr>
                }).collect_view()}
            </tbody>
        </table>
        {(more > 0).then(|| view! { <p class="fine">{format!("And {more} earlier.")}</p> })}
    }
    .drawn()
}
