//! Words along an axis, so that they never touch.

/// Room between the beginnings of two labels on a wide screen, percent of the axis: a label of 60 px on 800 px, and air.
pub(super) const WIDE_GAP: f64 = 10.0;
/// The same on a phone: 60 px on 290 px, and air.
pub(super) const NARROW_GAP: f64 = 24.0;

/// The places that are labelled: regular ones of the candidates (percent of the axis, rising), at least `gap` apart.
pub(super) fn thinned(places: &[f64], gap: f64) -> Vec<usize> {
    (1..=places.len().max(1))
        .map(|stride| (0..places.len()).step_by(stride).collect::<Vec<_>>())
        .find(|chosen| {
            chosen.windows(2).all(|pair| match pair {
                [left, right] => places[*right] - places[*left] >= gap,
                _ => true,
            })
        })
        .unwrap_or_default()
}

/// Which end of a word stands at its place, so that a word this wide stays on the picture; both in percent.
pub(super) fn anchor(at: f64, room: f64) -> &'static str {
    match at {
        _ if at < room => "start",
        _ if at > 100.0 - room => "end",
        _ => "middle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_and_stand_regularly() {
        for count in 1..600_u32 {
            let places: Vec<f64> = (0..count).map(|place| f64::from(place) / f64::from(count) * 100.0).collect();
            for gap in [WIDE_GAP, NARROW_GAP] {
                let chosen = thinned(&places, gap);
                assert!(!chosen.is_empty());
                assert!(chosen.windows(2).all(|pair| places[pair[1]] - places[pair[0]] >= gap), "{count}");
                let strides: std::collections::BTreeSet<_> = chosen.windows(2).map(|pair| pair[1] - pair[0]).collect();
                assert!(strides.len() <= 1, "{count}: {strides:?}");
            }
        }
        assert_eq!(thinned(&[], WIDE_GAP), Vec::<usize>::new());
    }

    #[test]
    fn all_are_labelled_where_there_is_room() {
        assert_eq!(thinned(&[3.0, 26.0, 49.0, 72.0, 96.0], WIDE_GAP), [0, 1, 2, 3, 4]);
        assert_eq!(thinned(&[3.0, 26.0, 49.0, 72.0, 96.0], NARROW_GAP), [0, 2, 4]);
    }

    #[test]
    fn words_at_the_edges_stay_on_the_picture() {
        assert_eq!([anchor(1.0, 6.0), anchor(50.0, 6.0), anchor(99.0, 6.0)], ["start", "middle", "end"]);
    }
}
