//! The servers of the installation: who serves clients now, what happened, draining and drills, inviting, joining and removing.

use std::collections::BTreeSet;

use app::components::absolute;
use app::drawn::Draw;
use app::pages::servers::{
    DrainInProgress, DrainQuestion, DrillClient, Invitation, LastDrill, Moment, ServerCard, ServersPage, ServersView,
    cause_words,
};
use app::paths;
use app::request::Tone;
use engine::drain::Drill;
use engine::peers::{InstallationServer, Join, PeerEventKind};
use engine::{DatabaseError, Engine};
use leptos::prelude::*;
use licensing::countdown::{CountdownRun, Forecast, forecast};
use licensing::peers::{PeerLiveness, Role};
use licensing::service;
use licensing::words::{about, count, grouped, span};

use super::form::{Form, wrong};
use super::{Console, Page, PageError, Refusal};

/// A clock that is off by less is not worth saying, milliseconds.
const CLOCK_MS: i64 = 5_000;
/// Incidents from which on they say how long the hours will last.
const ENOUGH: usize = 3;
/// So many entries of each list are shown.
const SHOWN: u32 = 20;
/// So many runs of the hours are looked at for a forecast.
const RUNS: u32 = 100;

/// `GET /servers`
pub async fn page(console: Console) -> Result<Page, PageError> {
    show(&console).await
}

fn drawn(data: ServersPage) -> Page {
    Page::new("Servers", || view! { <ServersView data=data /> }.drawn())
}

async fn show(console: &Console) -> Result<Page, PageError> {
    Ok(drawn(load(console).await?))
}

/// A whole number of minutes; 0 is refused by the engine, with its limits.
fn minutes(form: &Form, name: &str) -> u32 {
    form.value(name).trim().parse().unwrap_or(0)
}

/// Asks what was not asked yet, with what it would do; else carries it out.
async fn begin(
    form: &Form,
    (minutes, field): (u32, &'static str),
    reason: &str,
    drill: Option<(BTreeSet<String>, i64)>,
) -> Result<Page, PageError> {
    let result = if form.value("confirmed") == "yes" {
        if let Some(page) = form.ask_password(paths::SERVERS).await? {
            return Ok(page);
        }
        form.engine.start_drain(&form.actor(), minutes, reason, drill).await
    } else {
        match form.engine.plan_drain(&form.actor(), minutes, reason, drill) {
            Ok(plan) => {
                let outlook = form.engine.drain_outlook(&plan);
                let sent = form.values.iter().filter(|(name, _)| name != "confirmed").cloned().collect();
                let question = Some(DrainQuestion {
                    is_drill: plan.clients.is_some(),
                    minutes,
                    to: outlook.to.clone(),
                    follows: outlook.sentences(),
                    sent,
                });
                return Ok(drawn(ServersPage { question, ..load(form).await? }).at(paths::SERVERS));
            }
            Err(refusal) => Err(refusal.into()),
        }
    };
    match result {
        Ok(drain) => {
            let text = format!("Clients are moving to the backup. They return {}.", absolute(drain.until));
            Ok(form.done(text, paths::SERVERS).await)
        }
        Err(refused) if refused.is_internal() => Err(PageError::internal(refused)),
        Err(refused) => {
            let errors = vec![wrong(refused.field().and(Some(field)), &refused)];
            form.refuse(paths::SERVERS, errors, show(form)).await
        }
    }
}

/// `POST /servers/drain`
pub async fn start_drain(form: Form) -> Result<Page, PageError> {
    begin(&form, (minutes(&form, "minutes"), "minutes"), form.value("reason"), None).await
}

/// `POST /servers/drill`
pub async fn start_drill(form: Form) -> Result<Page, PageError> {
    let clients: BTreeSet<String> =
        form.values.iter().filter(|(name, _)| name == "client").map(|(_, id)| id.clone()).collect();
    let budget = minutes(&form, "budget");
    if budget == 0 {
        let error = wrong(Some("budget"), "Enter how many minutes of the backup's hours it may use, 1 or more.");
        return form.refuse(paths::SERVERS, vec![error], show(&form)).await;
    }
    let drill = Some((clients, i64::from(budget) * 60_000));
    begin(&form, (minutes(&form, "drill_minutes"), "drill_minutes"), "", drill).await
}

/// `POST /servers/take-back`
pub async fn take_back(form: Form) -> Result<Page, PageError> {
    let ended = form.engine.take_back(&form.actor()).await?;
    let text = if ended { "The clients return within seconds." } else { "It had already ended." };
    Ok(form.done(text, paths::SERVERS).await)
}

/// `POST /servers/invite`: the code is in the answer itself and nowhere else.
pub async fn invite(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::SERVERS).await? {
        return Ok(page);
    }
    match form.engine.invite_peer(&form.actor()).await {
        Ok(invited) => {
            let code = invited.code.to_string();
            let command = format!("leasehold peer join --url {} --code {code}", form.installation.origin);
            let invitation = Some(Invitation { code, until_ms: invited.expires_ms, command });
            Ok(drawn(ServersPage { invitation, ..load(&form).await? }).at(paths::SERVERS))
        }
        Err(refused) => form.refused(&refused, paths::SERVERS, show(&form)).await,
    }
}

/// `POST /servers/join`
pub async fn join(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::SERVERS).await? {
        return Ok(page);
    }
    let join = Join {
        url: form.value("url").trim().to_owned(),
        code: form.value("code").trim().to_owned(),
        ..Join::default()
    };
    match form.engine.join_peer(&form.actor(), &join, &form.installation.origin).await {
        Ok(joined) => {
            let text = format!("This server has joined as {}, {} alongside {}.", joined.name, joined.role, joined.with);
            Ok(form.done(text, paths::SERVERS).await)
        }
        Err(refused) => form.refused(&refused, paths::SERVERS, show(&form)).await,
    }
}

/// `POST /servers/remove`
pub async fn remove(form: Form) -> Result<Page, PageError> {
    if let Some(page) = form.ask_password(paths::SERVERS).await? {
        return Ok(page);
    }
    match form.engine.remove_peer(&form.actor(), form.value("name")).await {
        Ok(name) => Ok(form.done(format!("{name} has left this installation."), paths::SERVERS).await),
        Err(refused) => form.refused(&refused, paths::SERVERS, show(&form)).await,
    }
}

async fn load(console: &Console) -> Result<ServersPage, DatabaseError> {
    let (engine, now) = (&console.engine, console.now_ms);
    let picture = engine.servers();
    let view = engine.countdown.view();
    let runs = engine.countdown.runs(RUNS).await?;
    let drain = engine.drain.current();
    let drill = engine.drain.drill();
    Ok(ServersPage {
        now: engine.judge_service(&picture),
        servers: picture.servers.iter().zip(picture.serving()).map(|(server, serving)| card(server, serving)).collect(),
        grace: engine.in_grace(),
        timeline: timeline(engine, &runs).await?,
        incidents: runs.iter().take(SHOWN as usize).cloned().collect(),
        forecast: forecast(&runs, view.balance_ms).filter(|_| view.serial > 0).and_then(|all| outlook(&all)),
        switches: engine.failovers(SHOWN).await?,
        simultaneous: engine.overlaps(SHOWN).await?,
        simultaneous_ms: engine.overlap_ms().await?,
        last_drill: drill.as_ref().filter(|drill| drill.ended.is_some()).map(|drill| LastDrill {
            began_ms: drill.drain.began,
            ended_ms: drill.ended.unwrap_or(now),
            clients: progress(engine, drill),
            spent_ms: drill.spent_ms,
        }),
        drain: drain.map(|drain| DrainInProgress {
            began_ms: drain.began,
            until_ms: drain.until,
            by: drain.by.clone(),
            reason: drain.reason.clone(),
            clients: drill.as_ref().filter(|_| drain.clients.is_some()).map(|drill| progress(engine, drill)),
            budget: drain.budget_ms.map(|most| (most, drill.as_ref().and_then(|drill| drill.spent_ms).unwrap_or(0))),
        }),
        no_drain: match (engine.role(), engine.backup_is_up()) {
            (Role::Primary, true) => None,
            (Role::Primary, false) => Some("No backup is responding.".to_owned()),
            _ => Some("Do this on the primary.".to_owned()),
        },
        clients: engine
            .clients()
            .into_iter()
            .filter(|client| client.state == engine::leases::ClientState::Connected)
            .map(|client| (client.client, client.name))
            .collect(),
        invitation: None,
        question: None,
        origin: console.installation.origin.clone(),
    })
}

/// Where each client of a drill was seen.
fn progress(engine: &Engine, drill: &Drill) -> Vec<DrillClient> {
    let names = engine.clients();
    let name = |id: &String| {
        names.iter().find(|client| client.client == *id).map_or_else(|| id.clone(), |client| client.name.clone())
    };
    let ids = drill.drain.clients.iter().flatten();
    ids.map(|id| DrillClient {
        name: name(id),
        moved_ms: drill.moved.get(id).copied(),
        back_ms: drill.back.get(id).copied(),
    })
    .collect()
}

fn card(server: &InstallationServer, serving: service::ServerFacts) -> ServerCard {
    let (level, duty) = serving.duty();
    let role = match server.role {
        Role::Primary => "Primary",
        Role::Backup => "Backup",
        Role::Alone => "No peers",
    };
    let is_up = matches!(server.state, PeerLiveness::Up(_));
    ServerCard {
        name: server.name.clone(),
        own: server.itself,
        role: match server.context.map(|context| context.to_string()) {
            Some(context) if !context.eq_ignore_ascii_case(role) => format!("{role}, {context}"),
            _ => role.to_owned(),
        },
        tone: level.into(),
        state: duty.label().to_owned(),
        since: since(server, duty),
        started_ms: server.report.as_ref().filter(|_| is_up).map(|report| here(server, report.started_ms)),
        seen_ms: server.last_seen_ms,
        // Clients that went back stay connected to a backup for a while; those it serves count.
        clients: if server.role == Role::Backup { Some(serving.serving()) } else { serving.connected }
            .filter(|_| is_up),
        hours: serving.hours,
        clock: server.clock_off_ms.filter(|off| off.abs() > CLOCK_MS && !server.itself).map(|off| {
            let way = if off > 0 { "ahead of" } else { "behind" };
            format!("{} {way} this server; nothing depends on it", about(off.abs()))
        }),
        version: server.report.as_ref().map_or(String::new(), |report| report.version.clone()),
        url: server.url.clone().filter(|_| !server.itself),
        removable: !server.itself,
    }
}

/// An instant by the clock of a server, by the clock of this one.
fn here(server: &InstallationServer, at: i64) -> i64 {
    at.saturating_sub(server.clock_off_ms.unwrap_or(0))
}

/// Since when a server does what it does.
fn since(server: &InstallationServer, duty: service::Duty) -> Option<(&'static str, i64)> {
    let serving = server.report.as_ref().and_then(|report| report.serving.as_ref()?.since);
    match (server.state, duty) {
        (PeerLiveness::Silent(since), _) => Some(("Not responding since", since)),
        (PeerLiveness::Up(_), service::Duty::Active) => serving.map(|at| ("Active since", here(server, at))),
        (PeerLiveness::Up(since), _) if !server.itself => Some(("Responding since", since)),
        _ => None,
    }
}

/// How far the hours go at the rate of the failovers so far; none while there are too few to say.
fn outlook(all: &Forecast) -> Option<String> {
    (all.incidents >= ENOUGH).then(|| {
        format!(
            "{} so far: {} on average, {} at most. At this rate, about {} more.",
            count(all.incidents, "failover", "failovers"),
            span(all.average_ms),
            span(all.longest_ms),
            grouped(all.more)
        )
    })
}

/// What happened to the servers and to the hours, the newest first.
async fn timeline(engine: &Engine, runs: &[CountdownRun]) -> Result<Vec<Moment>, DatabaseError> {
    let events = engine.peer_events(i64::from(SHOWN)).await?;
    let mut moments: Vec<Moment> = events
        .into_iter()
        .map(|event| Moment {
            at_ms: event.at,
            tone: match event.kind {
                PeerEventKind::Silent => Tone::Danger,
                PeerEventKind::Back | PeerEventKind::First | PeerEventKind::Joined => Tone::Success,
                PeerEventKind::Drain | PeerEventKind::Drill => Tone::Info,
                PeerEventKind::Returned => Tone::Success,
                PeerEventKind::Standstill => Tone::Warning,
                PeerEventKind::Removed | PeerEventKind::Left => Tone::Neutral,
            },
            text: event.detail,
        })
        .collect();
    for run in runs.iter().take(SHOWN as usize) {
        moments.push(Moment {
            at_ms: run.began_ms,
            tone: Tone::Warning,
            text: "The first client logged in here: backup hours started running.".to_owned(),
        });
        if let Some(at_ms) = run.ended_ms {
            let why = run.cause.map_or("they ended", cause_words);
            let text = format!("Backup hours stopped after {}: {why}.", span(run.spent_ms));
            moments.push(Moment { at_ms, tone: Tone::Success, text });
        }
    }
    for past in engine.past_stand_ins() {
        moments.push(Moment { at_ms: past.of.ended, tone: Tone::Success, text: past.sentence });
    }
    moments.sort_by_key(|moment| std::cmp::Reverse(moment.at_ms));
    moments.truncate(SHOWN as usize);
    Ok(moments)
}
