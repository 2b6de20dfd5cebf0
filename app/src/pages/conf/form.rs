//! The settings as a form, grouped, with a filter.

use super::model::ConfigurationForm;
use super::{FileLine, FileProblem, FindingList, RestartRequired, counted};
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

/// The settings of the vendor's file. What the filter leaves out stays in the form, hidden: nothing typed is lost by it.
#[component]
pub fn ConfigurationPage(data: ConfigurationForm) -> impl IntoView {
    let context = request();
    let filter = context.query("q").unwrap_or_default().to_owned();
    let comment = context.typed("comment", "");
    let why_not = why_not(&data);
    let disabled = why_not.is_some();
    let groups = grouped(data.settings, &filter);
    let nothing = groups.iter().all(|(_, members)| members.iter().all(|(_, shown)| !shown));
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
        <RestartRequired labels=data.restart_required />
        {(!data.findings.is_empty()).then(|| {
            let (errors, warnings) = counted(&data.findings);
            view! {
                <Card title=format!("The check found {}", findings_words(errors, warnings)) id="findings">
                    <FindingList findings=data.findings linked=true />
                </Card>
            }
        })}
        {disabled.then(|| view! {
            <form method="get" action=paths::CONFIGURATION class="filters" role="search" aria-label="Filter the settings">
                <Filter filter=filter.clone() />
                {(!filter.is_empty()).then(|| view! { <a class="clear" href=paths::CONFIGURATION>"Clear filter"</a> })}
            </form>
        })}
        <form method="post" action=paths::CONFIGURATION class="settings-form" id="settings">
            {(!disabled).then(|| view! {
                // Enter in a field presses the first button of its form.
                <button type="submit" class="vh" tabindex="-1" aria-hidden="true">"Review changes"</button>
                <div class="filters" role="search" aria-label="Filter the settings">
                    <Filter filter=filter.clone() />
                    <button type="submit" class="button quiet" name="intent" value="clear" hidden=filter.is_empty()>"Clear filter"</button>
                </div>
                <Hidden name="shown" value=filter.clone() />
            })}
            <Hidden name="base" value=file.base />
            {(!comment.is_empty()).then(|| view! { <Hidden name="comment" value=comment /> })}
            <div class="no-settings" hidden=!nothing>
                <EmptyState title="No settings match" why="No name, key or value contains this text." />
            </div>
            {groups.into_iter().enumerate().map(|(number, (group, settings))| {
                let empty = settings.iter().all(|(_, shown)| !shown);
                view! {
                    <section class="card settings-group" aria-labelledby=format!("group-{number}") hidden=empty>
                        <header><h2 id=format!("group-{number}")>{group}</h2></header>
                        {settings.into_iter().map(|(setting, shown)| view! { <SettingRow setting=setting disabled=disabled hidden=!shown /> }).collect_view()}
                    </section>
                }
            }).collect_view()}
            <div class="save-bar">
                {match why_not {
                    Some(reason) => view! { <Disabled reason=reason /> }.drawn(),
                    None => view! { <UnsavedGuard form="settings".to_owned() dirty=false /> }.drawn(),
                }}
                <button type="submit" class="button primary" name="intent" value="review" disabled=disabled>"Review changes"</button>
            </div>
        </form>
    }
    .drawn()
}

/// The field of the filter and its button.
#[component]
fn Filter(filter: String) -> impl IntoView {
    view! {
        <label class="vh" for="q">"Filter the settings"</label>
        <input class="input" type="search" id="q" name="q" value=filter placeholder="Filter by name, key or value" data-filter="true" autocomplete="off" />
        <button type="submit" class="button" name="intent" value="filter">"Filter"</button>
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
    found_by(setting).contains(&text.trim().to_lowercase())
}

/// What a setting is found by, in lower case; the browser filters by the same.
fn found_by(setting: &SettingView) -> String {
    let SettingView { label, key, group, effective, value, .. } = setting;
    [label, key, group, effective, value.as_deref().unwrap_or_default()].join("\n").to_lowercase()
}

/// The settings by group, each with whether the filter shows it: what a person comes for first, what cannot be changed
/// last. What is wrong is always shown.
fn grouped(settings: Vec<SettingView>, filter: &str) -> Vec<(String, Vec<(SettingView, bool)>)> {
    let context = request();
    let mut groups: Vec<(String, Vec<(SettingView, bool)>)> =
        [Group::Identity, Group::Nodes, Group::Schedule, Group::Service]
            .map(|group| (group.label().to_owned(), Vec::new()))
            .into();
    for setting in settings {
        let shown = matches(&setting, filter) || context.error(&setting.key).is_some();
        match groups.iter_mut().find(|(group, _)| *group == setting.group) {
            Some((_, members)) => members.push((setting, shown)),
            None => groups.push((setting.group.clone(), vec![(setting, shown)])),
        }
    }
    groups.retain(|(_, members)| !members.is_empty());
    for (_, members) in &mut groups {
        members.sort_by_key(|(setting, _)| !setting.editable);
    }
    groups
}

/// The word that stands for the built-in value.
const DEFAULT: &str = "default";

/// Whether a value leaves the decision to the built-in default.
fn is_default(value: &str, in_file: Option<&str>) -> bool {
    value.eq_ignore_ascii_case(DEFAULT) || (value.is_empty() && in_file.unwrap_or_default().is_empty())
}

/// One setting with its control.
#[component]
pub(crate) fn SettingRow(
    setting: SettingView,
    /// The whole form cannot be used.
    #[prop(optional)]
    disabled: bool,
    /// The filter leaves it out.
    #[prop(optional)]
    hidden: bool,
    /// Leaves out the line and the tags.
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let context = request();
    let key = setting.key.clone();
    let error = context.error(&key).or_else(|| setting.error.clone());
    let described = if error.is_some() { format!("{key}-error {key}-help") } else { format!("{key}-help") };
    let inactive = if setting.active { "" } else { " inactive" };
    let in_file = setting.value.clone().unwrap_or_default().trim().to_owned();
    let typed = context.typed(&key, &in_file);
    let disabled = disabled || !setting.editable;
    // What the script compares with, too.
    let edits = !plain && !disabled;
    let changed = edits && typed.trim() != in_file;
    let reset = edits.then(|| {
        let label = setting.label.clone();
        let hidden = is_default(typed.trim(), setting.value.as_deref());
        view! {
            <button type="submit" class="button quiet reset" name="reset" value=key.clone() hidden=hidden>
                "Reset to default"<span class="vh">{format!(": {label}")}</span>
            </button>
        }
    });
    let control = Control { value: typed, invalid: error.is_some(), disabled, focus: context.focuses(&key), described };
    view! {
        <div class=format!("setting{inactive}") id=format!("setting-{key}") data-file=edits.then_some(in_file) data-find=found_by(&setting) hidden=hidden>
            <div class="setting-name">
                <label for=key.clone()>{setting.label.clone()}</label>
                <code class="key">{key.clone()}</code>
                {(!plain).then(|| view! { <Tags setting=setting.clone() edits=edits changed=changed /> })}
            </div>
            <div class="setting-value">
                {control.render(&setting)}
                {error.map(|error| view! {
                    <p class="field-error" id=format!("{key}-error")><Icon glyph=Glyph::Danger /><span>{error}</span></p>
                })}
                {reset}
                <div class="hint" id=format!("{key}-help")>
                    {setting.overridden.clone().map(|by| view! {
                        <p class="means">{format!("Not used: {} sets {}.", by.by, by.value)}</p>
                    })}
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
fn Tags(
    setting: SettingView,
    /// The mark of a change is there, shown or not.
    edits: bool,
    changed: bool,
) -> impl IntoView {
    let after_restart = setting.effect == "restart" && setting.editable && setting.overridden.is_none();
    view! {
        <div class="tags">
            {edits.then(|| view! { <span class="tag changed" hidden=!changed>"changed"</span> })}
            {match (&setting.value, setting.is_default) {
                (None, _) => view! { <Tag text="not in the file" look="absent" /> }.drawn(),
                (Some(_), true) => view! { <Tag text="default" /> }.drawn(),
                (Some(_), false) => view! { <Tag text="set in file" look="set" /> }.drawn(),
            }}
            {(!setting.active).then(|| view! { <Tag text="inactive" look="off" /> })}
            {(!setting.editable).then(|| view! { <Tag text="read only" look="locked" /> })}
            {setting.overridden.map(|by| view! { <Tag text=format!("overridden by {}", by.by) look="off" /> })}
            {match (after_restart, setting.restart_required) {
                (true, true) => view! { <Tag text="restart required" look="due" /> }.drawn(),
                (true, false) => view! { <Tag text="takes effect after a restart" look="off" /> }.drawn(),
                _ => ().drawn(),
            }}
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
