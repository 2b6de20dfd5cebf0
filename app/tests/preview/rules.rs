//! Rules that hold for every page in every state.

use crate::pages::all;
use crate::samples::{administrator, file_info, refused, registered_text, views};
use crate::{Preview, render};
use app::components::Layout;
use app::pages::conf::{ConfigurationForm, ConfigurationPage, ConfigurationText, TextPage};
use leptos::prelude::*;

/// The opening tags of one element.
fn tags<'a>(html: &'a str, element: &'a str) -> impl Iterator<Item = &'a str> {
    let opening = format!("<{element}");
    html.match_indices(&opening.clone())
        .map(move |(at, _)| &html[at..])
        .filter(move |rest| rest[opening.len()..].starts_with([' ', '>']))
        .filter_map(|rest| rest.find('>').map(|end| &rest[..=end]))
        .collect::<Vec<_>>()
        .into_iter()
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

fn failing(rule: impl Fn(&Preview) -> Vec<String>) -> Vec<String> {
    all().iter().flat_map(|preview| rule(preview).into_iter().map(|what| format!("{}: {what}", preview.name))).collect()
}

#[test]
fn nothing_on_a_page_needs_inline_style_or_inline_script() {
    let found = failing(|preview| {
        let html = &preview.html;
        [" style=\"", "<style", "<script", " onclick=", " onsubmit=", " onchange=", "javascript:"]
            .into_iter()
            .filter(|part| html.contains(part))
            .map(str::to_owned)
            .collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_control_has_a_name_people_can_read() {
    let found = failing(|preview| {
        let html = &preview.html;
        ["input", "select", "textarea"]
            .into_iter()
            .flat_map(|element| tags(html, element))
            .filter(|tag| attribute(tag, "type") != Some("hidden") && attribute(tag, "aria-label").is_none())
            .filter(|tag| attribute(tag, "id").is_none_or(|id| !html.contains(&format!("for=\"{id}\""))))
            .map(str::to_owned)
            .collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_page_has_one_heading_one_main_part_and_unique_ids() {
    let found = failing(|preview| {
        let html = &preview.html;
        let mut wrong = Vec::new();
        for element in ["h1", "main"] {
            let count = tags(html, element).count();
            if count != 1 {
                wrong.push(format!("{count} × {element}"));
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (at, _) in html.match_indices(" id=\"") {
            let id = html[at + 5..].split('"').next().unwrap_or_default();
            if !seen.insert(id) {
                wrong.push(format!("id {id} twice"));
            }
        }
        wrong
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_description_and_every_jump_has_its_target() {
    let found = failing(|preview| {
        let html = &preview.html;
        let mut targets = Vec::new();
        for element in ["input", "select", "textarea", "section"] {
            for tag in tags(html, element) {
                for name in ["aria-describedby", "aria-labelledby"] {
                    targets.extend(attribute(tag, name).unwrap_or_default().split_whitespace().map(str::to_owned));
                }
            }
        }
        targets.extend(tags(html, "a").filter_map(|tag| attribute(tag, "href")?.strip_prefix('#').map(str::to_owned)));
        targets.into_iter().filter(|id| !html.contains(&format!(" id=\"{id}\""))).collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn at_most_one_control_takes_the_focus() {
    let found = failing(|preview| {
        // The Cancel of a dialog takes it when the dialog opens.
        let in_dialogs = preview.html.matches(" popovertargetaction=\"hide\" autofocus").count();
        let count = preview.html.matches(" autofocus").count() - in_dialogs;
        if count > 1 { vec![format!("{count} × autofocus")] } else { Vec::new() }
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_people_type_cannot_become_markup() {
    const EVIL: &str = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let settings = views(&registered_text());
    let mut values: Vec<(&str, &str)> = settings.iter().map(|setting| (setting.key.as_str(), EVIL)).collect();
    values.extend([("text", EVIL), ("comment", EVIL), ("q", EVIL)]);
    let mut context = administrator("/configuration");
    context.form = refused(&values, &[("port_number", EVIL), ("text", EVIL), ("", EVIL)]);
    context.query = vec![("q".into(), String::new())];
    context.badge.server_name = EVIL.into();
    let form = ConfigurationForm {
        file: file_info(EVIL),
        settings: settings.clone(),
        findings: Vec::new(),
        file_problem: Some(EVIL.into()),
        restart_required: vec![EVIL.into()],
    };
    let text = ConfigurationText {
        file: file_info(EVIL),
        text: format!("{EVIL}\n{EVIL}"),
        findings: Vec::new(),
        file_problem: None,
        restart_required: Vec::new(),
    };
    let pages = [
        render("form", context.clone(), move || view! { <Layout><ConfigurationPage data=form /></Layout> }.into_any()),
        render("text", context, move || view! { <Layout><TextPage data=text /></Layout> }.into_any()),
    ];
    for page in pages {
        assert!(!page.html.contains("<script"), "{}", page.name);
        assert!(!page.html.contains("<img"), "{}", page.name);
        let areas = tags(&page.html, "textarea").count();
        assert_eq!(areas, page.html.matches("</textarea>").count(), "{}", page.name);
        assert!(areas > 0, "{}", page.name);
    }
}

#[test]
fn passwords_are_never_filled_in() {
    let found = failing(|preview| {
        tags(&preview.html, "input")
            .filter(|tag| {
                attribute(tag, "type") == Some("password")
                    && attribute(tag, "value").is_some_and(|value| !value.is_empty())
            })
            .map(str::to_owned)
            .collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}
