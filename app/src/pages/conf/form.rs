//! The settings as a form, grouped, with a filter.

use super::model::ConfigurationForm;
use super::{FileLine, FileProblem, FindingList, counted};
use crate::components::{
    Card, Disabled, EmptyState, FormErrors, Glyph, Hidden, Icon, LinkButton, PageHeader, Tag, TextArea,
};
use crate::drawn::{Draw, Drawn};
use crate::islands::UnsavedGuard;
use crate::islands::guid_field::GuidField;
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

/// The word that stands for the built-in value.
const DEFAULT: &str = "default";

/// One setting with its control.
#[component]
pub(crate) fn SettingRow(
    setting: SettingView,
    /// The whole form cannot be used.
    #[prop(optional)]
    disabled: bool,
    /// Leaves out the line and the tags.
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let context = request();
    let key = setting.key.clone();
    let error = context.error(&key).or_else(|| setting.error.clone());
    let described = if error.is_some() { format!("{key}-error {key}-help") } else { format!("{key}-help") };
    let inactive = if setting.active { "" } else { " inactive" };
    let typed = context.typed(&key, setting.value.as_deref().unwrap_or_default());
    let control = Control {
        value: typed,
        invalid: error.is_some(),
        disabled: disabled || !setting.editable,
        focus: context.focuses(&key),
        described,
    };
    view! {
        <div class=format!("setting{inactive}") id=format!("setting-{key}")>
            <div class="setting-name">
                <label for=key.clone()>{setting.label.clone()}</label>
                <code class="key">{key.clone()}</code>
                {(!plain).then(|| view! { <Tags setting=setting.clone() /> })}
            </div>
            <div class="setting-value">
                {control.render(&setting)}
                {error.map(|error| view! {
                    <p class="field-error" id=format!("{key}-error")><Icon glyph=Glyph::Danger /><span>{error}</span></p>
                })}
                <div class="hint" id=format!("{key}-help")>
                    {meaning(&setting).map(|meaning| view! { <p class="means">{meaning}</p> })}
                    {setting.why_inactive.clone().map(|why| view! { <p class="means">{why}</p> })}
                    <p>{setting.help.clone()}</p>
                </div>
            </div>
            {(!plain).then(|| view! {
                <div class="setting-line">
                    {setting.line.map(|line| view! { <a class="line-link" href=paths::text_line(line)>{format!("line {line}")}</a> }.drawn())}
                </div>
            })}
        </div>
    }
    .drawn()
}

/// What the value stands for, when it does not say so itself.
fn meaning(setting: &SettingView) -> Option<String> {
    let shown = in_effect(setting);
    // A select says it in its first option.
    if setting.is_default && setting.error.is_none() && !options(setting).is_empty() {
        return None;
    }
    let sentence = match setting.value.as_deref() {
        None if shown.is_empty() => "Not in the file: the default applies".to_owned(),
        None => format!("Not in the file. Default: {shown}"),
        Some(value) if value.eq_ignore_ascii_case(DEFAULT) && shown.is_empty() => "Default: none".to_owned(),
        Some(value) if value.eq_ignore_ascii_case(DEFAULT) => format!("Default: {shown}"),
        Some(_) if setting.error.is_some() && !shown.is_empty() => format!("Until this is fixed, {shown} applies"),
        Some(value) if setting.effective != value && !shown.is_empty() => format!("Means {shown}"),
        Some(_) => return None,
    };
    Some(if sentence.ends_with('.') { sentence } else { format!("{sentence}.") })
}

/// The value in effect, in the words of its choice, a long list shortened.
fn in_effect(setting: &SettingView) -> String {
    match options(setting).into_iter().find(|(value, _)| *value == setting.effective && value != DEFAULT) {
        Some((_, words)) => words,
        None => short_list(&setting.effective),
    }
}

/// A list of many hosts, told by its first and its count.
fn short_list(value: &str) -> String {
    let hosts: Vec<&str> = value.split(';').collect();
    match hosts.as_slice() {
        [first, _, .., last] => format!("{} hosts, {first} to {last}", hosts.len()),
        _ => value.to_owned(),
    }
}

#[component]
fn Tags(setting: SettingView) -> impl IntoView {
    view! {
        <div class="tags">
            {match (&setting.value, setting.is_default) {
                (None, _) => view! { <Tag text="not in the file" look="absent" /> }.drawn(),
                (Some(_), true) => view! { <Tag text="default" /> }.drawn(),
                (Some(_), false) => view! { <Tag text="set in file" look="set" /> }.drawn(),
            }}
            {(!setting.active).then(|| view! { <Tag text="inactive" look="off" /> })}
            {(!setting.editable).then(|| view! { <Tag text="read only" look="locked" /> })}
            {(setting.effect == "restart").then(|| view! { <Tag text="restart required" look="off" /> })}
        </div>
    }
    .drawn()
}

/// The state of a control, whatever its kind.
struct Control {
    value: String,
    invalid: bool,
    disabled: bool,
    focus: bool,
    described: String,
}

impl Control {
    /// The control that fits the kind of the setting.
    fn render(self, setting: &SettingView) -> Drawn {
        if setting.kind == "guid" && !self.disabled {
            return self.guid(setting);
        }
        let options = options(setting);
        if !options.is_empty() {
            return self.select(setting, options);
        }
        if setting.kind == "hosts" { self.hosts(setting) } else { self.input(setting) }
    }

    fn guid(self, setting: &SettingView) -> Drawn {
        view! {
            <GuidField
                name=setting.key.clone() value=self.value described=self.described invalid=self.invalid focus=self.focus
            />
        }
        .drawn()
    }

    fn select(self, setting: &SettingView, mut options: Vec<(String, String)>) -> Drawn {
        if !options.iter().any(|(value, _)| same(value, &self.value)) {
            options.insert(0, (self.value.clone(), format!("{} (in the file, not allowed)", self.value)));
        }
        let mut chosen = false;
        view! {
            <select
                class="input" id=setting.key.clone() name=setting.key.clone() aria-describedby=self.described
                aria-invalid=self.invalid.then_some("true") disabled=self.disabled autofocus=self.focus
            >
                {options.into_iter().map(|(value, words)| {
                    let selected = !chosen && same(&value, &self.value);
                    chosen |= selected;
                    view! { <option value=value selected=selected>{words}</option> }
                }).collect_view()}
            </select>
        }
        .drawn()
    }

    fn hosts(self, setting: &SettingView) -> Drawn {
        let rows = (self.value.len() / 64 + 1).clamp(1, 5) as u32;
        view! {
            <TextArea
                name=setting.key.clone() id=setting.key.clone() text=self.value rows=rows described_by=self.described
                invalid=self.invalid disabled=self.disabled autofocus=self.focus look="input mono"
            />
        }
        .drawn()
    }

    fn input(self, setting: &SettingView) -> Drawn {
        let numeric = matches!(setting.kind.as_str(), "port" | "number");
        view! {
            <input
                class=if numeric { "input mono short" } else { "input mono" } type="text" id=setting.key.clone() name=setting.key.clone() value=self.value
                autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby=self.described aria-invalid=self.invalid.then_some("true")
                disabled=self.disabled autofocus=self.focus
            />
        }
        .drawn()
    }
}

/// Values of settings compare as the file does: `default` in any case.
fn same(option: &str, value: &str) -> bool {
    option == value || (option == DEFAULT && value.eq_ignore_ascii_case(DEFAULT))
}

/// What a select offers: `default` with what it stands for, then the allowed values. Empty: not a select.
fn options(setting: &SettingView) -> Vec<(String, String)> {
    let mut choices: Vec<(String, String)> =
        setting.choices.iter().filter(|(value, _)| value != DEFAULT).cloned().collect();
    if choices.is_empty() && setting.kind == "flag" {
        choices = vec![("0".to_owned(), "Off".to_owned()), ("1".to_owned(), "On".to_owned())];
    }
    if choices.is_empty() {
        return choices;
    }
    let stands_for = choices
        .iter()
        .find(|(value, _)| *value == setting.default)
        .map_or_else(|| setting.default.clone(), |(_, words)| words.clone());
    let mut options = Vec::with_capacity(choices.len() + 2);
    if setting.value.is_none() {
        options.push((String::new(), format!("Not in the file ({stands_for} applies)")));
    }
    options.push((DEFAULT.to_owned(), format!("default ({stands_for})")));
    options.append(&mut choices);
    options
}
