//! The settings as a form, grouped, with a filter.

use super::model::ConfigurationForm;
use super::setting_row::SettingRow;
use super::{FileLine, FileProblem};
use super::{FindingList, counted};
use crate::components::{Card, Disabled, EmptyState, FormErrors, Hidden, LinkButton, PageHeader};
use crate::drawn::Draw;
use crate::islands::unsaved_guard::UnsavedGuard;
use crate::pages::overview::findings_words;
use crate::paths;
use crate::request::request;
use leptos::prelude::*;
use licensing::conf::setting::Group;
use licensing::conf::view::SettingView;
use licensing::permission::Permission;

/// The settings of the vendor's file.
#[component]
pub fn ConfigurationPage(data: ConfigurationForm) -> impl IntoView {
    let context = request();
    let filter = context.query("q").unwrap_or_default().to_owned();
    let typed_before = context.form.is_some();
    let comment = context.typed("comment", "");
    let why_not = why_not(&data);
    let disabled = why_not.is_some();
    let groups = grouped(&data.settings, &filter);
    let nothing = groups.is_empty();
    let hidden = left_out(&data.settings, &filter);
    let file = data.file.clone();
    view! {
        <PageHeader
            title="Configuration"
            lead=view! { <FileLine file=file.clone() /> }.drawn()
            actions=view! {
                <LinkButton href=paths::CONFIGURATION_TEXT>"Edit as text"</LinkButton>
                <LinkButton href=paths::CONFIGURATION_HISTORY>"History"</LinkButton>
            }.drawn()
        />
        <FormErrors />
        {data.file_problem.clone().map(|sentence| view! { <FileProblem sentence=sentence path=file.path.clone() /> })}
        {(!data.findings.is_empty()).then(|| {
            let (errors, warnings) = counted(&data.findings);
            view! {
                <Card title=format!("The check found {}", findings_words(errors, warnings)) id="findings">
                    <FindingList findings=data.findings linked=true />
                </Card>
            }
        })}
        <form method="get" action=paths::CONFIGURATION class="filters" role="search" aria-label="Filter the settings">
            <label class="vh" for="q">"Filter the settings"</label>
            <input class="input" type="search" id="q" name="q" value=filter.clone() placeholder="Filter by name, key or value" data-filter="true" autocomplete="off" />
            <button type="submit" class="button">"Filter"</button>
            {(!filter.is_empty()).then(|| view! { <a class="clear" href=paths::CONFIGURATION>"Clear filter"</a> })}
        </form>
        {nothing.then(|| view! {
            <EmptyState title="No settings match" why=format!("No name, key or value contains “{filter}”.")>
                <LinkButton href=paths::CONFIGURATION>"Clear filter"</LinkButton>
            </EmptyState>
        })}
        {(!nothing).then(|| view! {
            <form method="post" action=paths::CONFIGURATION class="settings-form" id="settings">
                <Hidden name="base" value=file.base />
                {(!comment.is_empty()).then(|| view! { <Hidden name="comment" value=comment /> })}
                {hidden.into_iter().map(|(key, value)| view! { <Hidden name=key value=value /> }).collect_view()}
                {groups.into_iter().enumerate().map(|(number, (group, settings))| view! {
                    <section class="card settings-group" aria-labelledby=format!("group-{number}")>
                        <header><h2 id=format!("group-{number}")>{group}</h2></header>
                        {settings.into_iter().map(|setting| view! { <SettingRow setting=setting disabled=disabled /> }).collect_view()}
                    </section>
                }).collect_view()}
                <div class="save-bar">
                    {match why_not {
                        Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                        None => view! { <UnsavedGuard form="settings".to_owned() dirty=typed_before /> }.drawn(),
                    }}
                    <button type="submit" class="button primary" disabled=disabled>"Review changes"</button>
                </div>
            </form>
        })}
    }
    .drawn()
}

/// Why the form cannot be used.
fn why_not(data: &ConfigurationForm) -> Option<String> {
    if data.file_problem.is_some() {
        return Some("The file can't be edited until it is fixed.".to_owned());
    }
    request().why_not(Permission::EditConfiguration).map(str::to_owned)
}

/// Whether a setting holds the text, in any case.
fn matches(setting: &SettingView, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let value = setting.value.as_deref().unwrap_or_default();
    [&setting.label, &setting.key, &setting.group, &setting.effective]
        .into_iter()
        .map(String::as_str)
        .chain([value])
        .any(|part| part.to_lowercase().contains(&text))
}

/// The matching settings by group: what a person comes for first, what cannot be changed last.
fn grouped(settings: &[SettingView], filter: &str) -> Vec<(String, Vec<SettingView>)> {
    let mut groups: Vec<(String, Vec<SettingView>)> = [Group::Identity, Group::Nodes, Group::Schedule, Group::Service]
        .map(|group| (group.label().to_owned(), Vec::new()))
        .into();
    for setting in settings.iter().filter(|setting| matches(setting, filter)) {
        match groups.iter_mut().find(|(group, _)| *group == setting.group) {
            Some((_, members)) => members.push(setting.clone()),
            None => groups.push((setting.group.clone(), vec![setting.clone()])),
        }
    }
    groups.retain(|(_, members)| !members.is_empty());
    for (_, members) in &mut groups {
        members.sort_by_key(|setting| !setting.editable);
    }
    groups
}

/// What was typed into settings the filter hides: carried along, so that nothing is lost.
fn left_out(settings: &[SettingView], filter: &str) -> Vec<(String, String)> {
    let Some(form) = request().form.clone() else { return Vec::new() };
    settings
        .iter()
        .filter(|setting| setting.editable && !matches(setting, filter))
        .filter_map(|setting| form.value(&setting.key).map(|value| (setting.key.clone(), value.to_owned())))
        .collect()
}
