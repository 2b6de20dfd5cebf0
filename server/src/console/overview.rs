//! The overview.

use std::collections::BTreeSet;

use licensing::bundle::LicenseStatus;
use licensing::checklist::ChecklistItem;
use licensing::conf::check::Severity;
use licensing::permission::Permission;

use app::drawn::Draw;
use app::pages::overview::{FileState, Overview, OverviewPage, Registration};
use app::paths;
use leptos::prelude::*;

use super::{Console, Form, Page, PageError, account, audit, clients, exchange, licenses};

/// `GET /`
pub async fn page(console: Console) -> Result<Page, PageError> {
    let data = load(&console).await?;
    Ok(Page::new("Overview", || view! { <OverviewPage data=data /> }.drawn()))
}

/// `POST /checklist`: takes one item off the check-list, or `all` that are left.
pub async fn mark_checklist(form: Form) -> Result<Page, PageError> {
    let items = match form.value("item") {
        "all" => checklist(&form).await?,
        word => word.parse().into_iter().collect(),
    };
    form.engine.mark_checklist(&form.actor(), &items).await?;
    Ok(Page::to(paths::OVERVIEW))
}

/// What is left to set up.
async fn checklist(console: &Console) -> Result<Vec<ChecklistItem>, PageError> {
    let settings = &console.installation.settings.rows;
    let certificate_given = settings.iter().any(|setting| setting.name == "tls-cert" && !setting.value.is_empty());
    Ok(console.engine.checklist(certificate_given).await?)
}

async fn load(console: &Console) -> Result<Overview, PageError> {
    let engine = &console.engine;
    let state = engine.conf();
    let effective = &state.effective;
    let registration = match effective.guid {
        Some(guid) if effective.flexible && state.problem.is_none() => {
            Registration::Registered { guid: guid.to_string(), deployment: guid.compact() }
        }
        guid => Registration::NotRegistered { guid: guid.map(|g| g.to_string()), flexible: effective.flexible },
    };
    let findings = state.findings();
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let may_read = console.may(Permission::ViewAudit);
    let changes = if may_read { audit::newest_changes(engine, 5).await? } else { Vec::new() };
    Ok(Overview {
        registration,
        file: FileState {
            path: state.path.clone(),
            problem: state.problem.as_ref().map(ToString::to_string),
            revision: state.number(),
            changed_by: state
                .revision
                .as_ref()
                .filter(|r| r.origin != "system" && r.origin != "outside")
                .map(|r| r.author.clone()),
            changed_at_ms: state.revision.as_ref().map(|r| r.at),
            errors,
            warnings: findings.len() - errors,
            changed_outside_ms: state.outside.map(|o| o.at),
        },
        changes,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at_ms: engine.started_at,
        contact: exchange::contact(engine),
        readiness: engine.identity().await?.readiness,
        licenses: engine.licenses().map(|all| {
            let loaded: Vec<_> =
                all.items.iter().filter(|item| item.verdict.standing == LicenseStatus::Active).collect();
            let products: BTreeSet<_> = loaded.iter().map(|item| item.license.product.as_str()).collect();
            (loaded.len(), all.items.len() - loaded.len(), products.len() as u64)
        }),
        pools: clients::pools(engine),
        clients: engine.client_counts().connected,
        running: engine.sync_state().running,
        refused: engine.sync_state().refusal().is_some(),
        machine: licenses::standing(engine),
        past: engine.past_stand_ins().into_iter().map(|past| past.sentence).collect(),
        own_sessions: account::own_sessions(console).await?,
        checklist: if console.may(Permission::EditConfiguration) { checklist(console).await? } else { Vec::new() },
    })
}
