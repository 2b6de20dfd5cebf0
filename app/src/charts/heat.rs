//! When in the week something is used: a table of hours and weekdays whose cells are the darker the higher their number.

use crate::drawn::{Draw, Drawn};
use leptos::prelude::*;

/// Steps of darkness above nothing.
pub const HEAT_LEVELS: u8 = 5;

/// The days, as the rows are ordered.
const DAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

/// How dark a number is: 0 for nothing, [`HEAT_LEVELS`] for the highest.
fn level(mean: f64, most: f64) -> u8 {
    let steps = f64::from(HEAT_LEVELS);
    if mean <= 0.0 || most <= 0.0 {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 1 and the last level")]
    let level = (mean / most * steps).ceil().clamp(1.0, steps) as u8;
    level
}

/// The number in a cell: whole, as people count; a little is not nothing.
fn written(mean: f64) -> String {
    match mean {
        _ if mean <= 0.0 => "0".to_owned(),
        _ if mean < 0.95 => "<1".to_owned(),
        _ => format!("{mean:.0}"),
    }
}

/// One cell: mean of the peaks and highest peak of an hour of the week.
type Cell = (f64, u64);

/// The map: seven days from Monday on, 24 hours each. On a phone hours run down and days across, so that numbers stay readable.
#[component]
pub fn HeatMap(
    cells: Vec<Vec<Cell>>,
    /// Says what the numbers are and in which zone hours begin.
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let most = cells.iter().flatten().map(|cell| cell.0).fold(0.0, f64::max);
    let at = move |cells: &[Vec<Cell>], day: usize, hour: usize| {
        cells.get(day).and_then(|day| day.get(hour)).copied().unwrap_or_default()
    };
    let across = cells.clone();
    view! {
        <table class="heat wide">
            <caption class="vh">{caption.clone()}</caption>
            <thead><tr>
                <th scope="col"><span class="vh">"Day"</span></th>
                {(0..24).map(|hour| view! { <th scope="col">{format!("{hour:02}")}</th> }).collect_view()}
            </tr></thead>
            <tbody>{DAYS.iter().enumerate().map(|(day, (short, name))| view! {
                <tr>
                    <th scope="row"><abbr title=*name>{*short}</abbr></th>
                    {(0..24).map(|hour| cell(at(&across, day, hour), most, name, hour)).collect_view()}
                </tr>
            }).collect_view()}</tbody>
        </table>
        <table class="heat narrow">
            <caption class="vh">{caption}</caption>
            <thead><tr>
                <th scope="col"><span class="vh">"Hour"</span></th>
                {DAYS.iter().map(|(short, name)| view! { <th scope="col"><abbr title=*name>{*short}</abbr></th> }).collect_view()}
            </tr></thead>
            <tbody>{(0..24).map(|hour| view! {
                <tr>
                    <th scope="row">{format!("{hour:02}")}</th>
                    {DAYS.iter().enumerate().map(|(day, (_, name))| cell(at(&cells, day, hour), most, name, hour)).collect_view()}
                </tr>
            }).collect_view()}</tbody>
        </table>
    }
    .drawn()
}

fn cell((mean, peak): Cell, most: f64, day: &str, hour: usize) -> Drawn {
    let hint = format!("{day}, {hour:02}:00 to {:02}:00: {mean:.1} on average, {peak} at most", hour + 1);
    view! { <td class=format!("h{}", level(mean, most)) title=hint>{written(mean)}</td> }.drawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_is_the_highest_and_nothing_is_blank() {
        assert_eq!([0.0, 0.1, 20.0, 20.1, 99.0, 100.0].map(|mean| level(mean, 100.0)), [0, 1, 1, 2, 5, 5]);
        assert_eq!(level(0.0, 0.0), 0);
    }

    #[test]
    fn a_little_is_not_nothing() {
        assert_eq!([0.0, 0.2, 0.5, 1.4, 38.6].map(written), ["0", "<1", "<1", "1", "39"]);
    }

    #[test]
    fn every_hour_of_the_week_is_there_in_both_forms() {
        let html =
            Owner::new().with(|| view! { <HeatMap cells=vec![vec![(1.0, 2); 24]; 7] caption="Use" /> }.to_html());
        assert_eq!(html.matches("<td").count(), 2 * 7 * 24);
        let empty = Owner::new().with(|| view! { <HeatMap cells=Vec::new() caption="Use" /> }.to_html());
        assert_eq!(empty.matches("class=\"h0\"").count(), 2 * 7 * 24);
    }
}
