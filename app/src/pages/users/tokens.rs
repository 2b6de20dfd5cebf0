//! API tokens: who created each, what it may do, until when, and where it was last used.

use super::RoleChoice;
use crate::components::{
    Card, Column, Confirm, Copyable, EmptyState, Field, FieldProblem, FormErrors, PageHeader, ShowAsCurl, Submit, Table,
};
use crate::drawn::{Draw, Drawn};
use crate::pages::exchange::curl;
use crate::paths;
use crate::request::{Tone, request};
use leptos::prelude::*;
use licensing::permission::{Permission, Role};
use licensing::words::list;

/// The page of API tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokensPage {
    /// Those that work first.
    pub tokens: Vec<TokenRow>,
    /// A token that was just created, shown once.
    pub created: Option<CreatedToken>,
    /// Longest life, days.
    pub most_days: u32,
}

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenRow {
    pub id: i64,
    pub name: String,
    pub role: Role,
    /// The permissions it is limited to.
    pub only: Option<Vec<Permission>>,
    pub by: String,
    pub until_ms: i64,
    pub used_ms: Option<i64>,
    pub used_from: Option<String>,
    pub revoked_ms: Option<i64>,
}

/// A token that was just created.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatedToken {
    pub name: String,
    pub token: String,
}

/// All tokens, and the form of a new one.
#[component]
pub fn TokensView(data: TokensPage) -> impl IntoView {
    let crumbs = vec![("Users".to_owned(), paths::USERS.to_owned())];
    let lead = "Scripts and tools use the API with a token in place of a person's password.".drawn();
    view! {
        <PageHeader title="API tokens" crumbs=crumbs lead=lead />
        <FormErrors />
        {data.created.map(|created| view! {
            <Card title=format!("Token {}", created.name) id="created">
                <div class="invitation" role="status">
                    <p>"The token is shown only once. Store it where the script reads it:"</p>
                    <Copyable value=created.token what="the token" />
                </div>
            </Card>
        })}
        <Card title="Tokens" id="tokens">{table(&data.tokens)}</Card>
        <Card title="Create a token" id="create">
            <form method="post" action=paths::TOKENS class="stack">
                <Field name="name" label="Name" hint="What uses it, such as backup-job." mono=true required=true />
                <RoleChoice chosen=Role::Viewer />
                <Limits />
                <Field name="days" label="Valid for, days" kind="number" value="90" hint=format!("1 to {}.", data.most_days) required=true />
                <div class="actions"><Submit look="primary">"Create the token"</Submit></div>
            </form>
        </Card>
        <ShowAsCurl command=curl("GET", paths::API_TOKENS, "") note="Replace $TOKEN with an API token. A token can't create tokens." />
    }
    .drawn()
}

/// The permissions a token can be limited to: what everybody may, and the own account, are none.
#[component]
fn Limits() -> impl IntoView {
    let context = request();
    let wrong = context.error("only");
    let typed: Vec<String> = context.form.as_ref().map_or_else(Vec::new, |form| {
        form.values.iter().filter(|(name, _)| name == "only").map(|(_, word)| word.clone()).collect()
    });
    let offered = Permission::ALL.into_iter().filter(|each| !matches!(each, Permission::View | Permission::OwnAccount));
    view! {
        <div class="field" id="only">
            <fieldset class="choices">
                <legend>"Limit to"</legend>
                <p class="hint">"With none selected, the token may do all its role may. It can always see what a viewer sees."</p>
                {offered.map(|permission| {
                    let word = permission.as_str();
                    let (id, checked) = (format!("only-{word}"), typed.iter().any(|typed| typed == word));
                    view! {
                        <div class="check">
                            <input type="checkbox" id=id.clone() name="only" value=word checked=checked />
                            <label for=id>{permission.label()}</label>
                        </div>
                    }
                }).collect_view()}
            </fieldset>
            {wrong.map(|sentence| view! { <FieldProblem name="only".to_owned() sentence=sentence /> })}
        </div>
    }
    .drawn()
}

fn table(tokens: &[TokenRow]) -> Drawn {
    let now = request().now_ms;
    let is_active = move |token: &TokenRow| token.revoked_ms.is_none() && token.until_ms > now;
    Table::new("API tokens")
        .labelled()
        .look("tokens")
        .sorts("tokens", "name", false)
        .column(
            Column::row_header("Name", |token: &TokenRow, cell| {
                cell.text(&token.name);
                cell.sub(|cell| {
                    cell.text("by ");
                    cell.text(&token.by);
                });
            })
            .sort_by("name", |token| token.name.to_lowercase()),
        )
        .column(
            Column::text("May do", |token: &TokenRow, cell| {
                cell.text(token.role.as_str());
                if let Some(only) = &token.only {
                    cell.sub(|cell| {
                        cell.text("only ");
                        cell.text(&list(only.iter().map(|permission| permission.as_str())));
                    });
                }
            })
            .sort_by("role", |token| std::cmp::Reverse(token.role)),
        )
        .column(
            Column::text("Last used", |token: &TokenRow, cell| match token.used_ms {
                Some(at) => {
                    cell.ago(at);
                    if let Some(from) = &token.used_from {
                        cell.sub(|cell| {
                            cell.text("from ");
                            cell.code(from);
                        });
                    }
                }
                None => cell.muted("never"),
            })
            .sort_by("used", |token| token.used_ms),
        )
        .column(
            Column::text("Expires", move |token: &TokenRow, cell| match token.revoked_ms {
                Some(at) => {
                    cell.pill(Tone::Neutral, "Revoked");
                    cell.text(" ");
                    cell.ago(at);
                }
                None if token.until_ms <= now => {
                    cell.pill(Tone::Neutral, "Expired");
                    cell.text(" ");
                    cell.ago(token.until_ms);
                }
                None => cell.until(token.until_ms),
            })
            .sort_by("until", |token| token.until_ms),
        )
        .column(
            Column::text("Revoke", move |token: &TokenRow, cell| {
                if is_active(token) {
                    let (id, name) = (format!("revoke-{}", token.id), token.name.clone());
                    cell.view(view! {
                        <Confirm id=id title=format!("Revoke {name}?") verb=format!("Revoke {name}") action=paths::TOKENS_REVOKE sends=vec![("name", name.clone())]>
                            <p>"Whatever uses it is refused from then on. This can't be undone; create another token instead."</p>
                        </Confirm>
                    });
                }
            })
            .head_hidden(),
        )
        .empty(view! { <EmptyState title="No API tokens yet" why="Create one for each script, so that each can be revoked alone." /> }.drawn())
        .draw(tokens)
}
