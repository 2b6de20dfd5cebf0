use super::*;

fn course(peaks: &[u64], licensed: u64) -> Course {
    Course {
        peaks: peaks.to_vec(),
        licensed: vec![Some(licensed); peaks.len()],
        refused: vec![0; peaks.len()],
        ticks: vec![String::new(); peaks.len()],
        ..Course::default()
    }
}

fn shapes(course: &Course) -> Shapes {
    Shapes::of(course, course.scale(), Grid { size: 1, count: course.peaks.len() })
}

fn html(course: Course) -> String {
    Owner::new().with(|| view! { <CourseChart course=course /> }.to_html())
}

#[test]
fn the_highest_step_is_marked_once_and_by_name() {
    let html = html(course(&[3, 38, 12, 38], 40));
    assert_eq!(html.matches("course-dot").count(), 1);
    assert!(html.contains("Peak 38"), "{html}");
    assert!(html.contains("40 licensed"), "{html}");
    assert_eq!(course(&[3, 38, 12, 38], 40).highest(), Some(1));
    assert_eq!(course(&[0, 0], 40).highest(), None);
    assert_eq!(Course::default().highest(), None);
}

#[test]
fn the_words_in_the_picture_never_touch() {
    for count in [1_usize, 2, 7, 30, 168, 540] {
        for at in 0..count {
            for (peak, licensed) in [(38, 40), (40, 40), (44, 40), (5, 40), (40, 41)] {
                let mut peaks = vec![1; count];
                peaks[at] = peak;
                let course = course(&peaks, licensed);
                let (Some(licensed), Some(peak)) = words(&course, course.scale()) else { panic!("both are said") };
                let apart = (licensed.at - peak.at).abs() >= 40.0;
                let above = (licensed.y - peak.y).abs() >= 12.0;
                assert!(apart || above || count == 1, "{count} steps, {peak:?} {licensed:?}");
                assert!(peak.y >= 8.0 && licensed.y >= 8.0, "words stay on the picture: {peak:?} {licensed:?}");
            }
        }
    }
}

#[test]
fn columns_that_reach_the_limit_are_drawn_apart() {
    let course = course(&[10, 40, 41, 39], 40);
    let shapes = shapes(&course);
    assert_eq!(shapes.full.matches('M').count(), 2);
    assert_eq!(shapes.peaks.matches('M').count(), 2);
}

#[test]
fn many_steps_are_one_outline_and_stay_small() {
    let peaks: Vec<u64> = (0..540).map(|day| if day % 7 < 5 { 20 + day % 13 } else { 0 }).collect();
    let course = course(&peaks, 40);
    let shapes = shapes(&course);
    assert_eq!(shapes.peaks.matches('M').count(), shapes.peaks.matches('Z').count());
    assert_eq!(shapes.peaks.matches('M').count(), 78, "one for each week");
    assert!(html(course).len() < 20_000);
}

#[test]
fn on_a_phone_a_column_of_a_year_stands_for_a_week_and_keeps_its_peak_its_limit_and_its_denials() {
    let mut year = course(&(0..365).map(|day| if day % 7 < 5 { 20 + day % 13 } else { 0 }).collect::<Vec<_>>(), 40);
    (year.peaks[9], year.licensed[9], year.refused[9], year.refused[10]) = (29, Some(29), 3, 4);
    let weeks = year.gathered(7);
    assert_eq!((weeks.peaks.len(), weeks.peaks[1], weeks.licensed[1], weeks.refused[1]), (53, 31, Some(40), 7));
    (year.peaks[7], year.peaks[8]) = (1, 1);
    (year.peaks[10], year.peaks[11]) = (1, 1);
    assert_eq!((year.gathered(7).peaks[1], year.gathered(7).licensed[1]), (29, Some(29)));
    let grid = Grid { size: 7, count: 365 };
    let shapes = Shapes::of(&year.gathered(7), year.scale(), grid);
    assert_eq!(shapes.width, 3_650);
    assert!(shapes.licensed.ends_with("H3650"), "{}", shapes.licensed);
    assert_eq!(shapes.full.matches('M').count(), 1);
    let html = html(year);
    assert_eq!((html.matches("course-shapes narrow").count(), html.matches("course-shapes wide").count()), (1, 1));
    assert!(!self::html(course(&[1; 30], 40)).contains("course-shapes narrow"));
}

#[test]
fn a_limit_that_is_not_known_interrupts_its_line_and_a_change_is_a_step() {
    let mut course = course(&[1, 1, 1, 1, 1], 0);
    course.licensed = vec![None, Some(2), Some(3), None, Some(3)];
    let shapes = shapes(&course);
    assert_eq!(shapes.licensed.matches('M').count(), 2);
    assert_eq!(shapes.licensed.matches('V').count(), 1);
}

#[test]
fn refusals_have_a_lane_of_their_own_with_its_name() {
    let mut refused = course(&[40, 40], 40);
    refused.refused = vec![0, 12];
    assert!(html(refused).contains(">denied<"));
    assert!(!html(course(&[40, 40], 40)).contains(">denied<"));
}

#[test]
fn names_in_a_chart_are_text_never_markup() {
    let evil = "<script>\"'&</title>";
    let mut named = course(&[1], 1);
    named.ticks = vec![evil.into()];
    named.hints = vec![evil.into()];
    named.description = evil.into();
    let html = html(named);
    assert!(!html.contains("<script"), "{html}");
    assert_eq!(html.matches("</title>").count(), 1);
}
