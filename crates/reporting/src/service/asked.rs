use prost_types::Timestamp;
use tonic::Status;

use super::CallRefusal;
use super::ids::uuid;

/// Names of components are short words; a longer one is a mistake.
const LONGEST_COMPONENT: usize = 256;

/// The component asked for.
pub(super) fn component(text: String) -> Result<String, Status> {
    if text.len() > LONGEST_COMPONENT {
        return Err(Status::invalid_argument(format!(
            "component is longer than {LONGEST_COMPONENT} bytes. Leave it empty for all."
        )));
    }
    Ok(text)
}

/// The time asked for, in Unix milliseconds.
pub(super) fn span(start: Option<&Timestamp>, end: Option<&Timestamp>) -> Result<(Option<i64>, Option<i64>), Status> {
    let start = start.map(|at| millis(at, "start_timestamp")).transpose()?;
    let end = end.map(|at| millis(at, "end_timestamp")).transpose()?;
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(Status::invalid_argument("start_timestamp is later than end_timestamp."));
    }
    Ok((start, end))
}

fn millis(at: &Timestamp, name: &str) -> Result<i64, Status> {
    let nanos = (0..1_000_000_000).contains(&at.nanos).then(|| i64::from(at.nanos / 1_000_000));
    at.seconds
        .checked_mul(1000)
        .zip(nanos)
        .and_then(|(seconds, rest)| seconds.checked_add(rest))
        .ok_or_else(|| Status::invalid_argument(format!("{name} is not a time.")))
}

/// The id beside a response must be the one inside. What else is wrong with the response is for the source to say.
pub(super) fn same_id(pushed: &str, response: &str) -> Result<(), CallRefusal> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(response) else { return Ok(()) };
    let Some(inside) = value.get("license-status-id").and_then(serde_json::Value::as_str) else { return Ok(()) };
    let same = match (uuid(pushed), uuid(inside)) {
        (Some(pushed), Some(inside)) => pushed == inside,
        _ => pushed.trim() == inside.trim(),
    };
    if same {
        return Ok(());
    }
    Err(CallRefusal::invalid(
        "license_status_id is not the license-status-id inside the response: they belong to different reports. Push the \
         response with its own id. Nothing was changed.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: i32) -> Timestamp {
        Timestamp { seconds, nanos }
    }

    #[test]
    fn times_are_milliseconds_and_impossible_ones_are_refused() {
        let good = span(Some(&at(-1, 999_000_000)), Some(&at(2, 5_000_000))).unwrap();
        assert_eq!(good, (Some(-1), Some(2005)));
        assert_eq!(span(None, None).unwrap(), (None, None));
        let bad = [
            (Some(at(i64::MAX, 0)), None, "start_timestamp is not a time"),
            (None, Some(at(i64::MIN, 0)), "end_timestamp is not a time"),
            (None, Some(at(0, -1)), "end_timestamp is not a time"),
            (Some(at(0, 1_000_000_000)), None, "start_timestamp is not a time"),
            (Some(at(2, 0)), Some(at(1, 0)), "later than"),
        ];
        for (start, end, words) in bad {
            let status = span(start.as_ref(), end.as_ref()).unwrap_err();
            assert!(status.message().contains(words), "{words}: {}", status.message());
        }
    }

    #[test]
    fn a_component_of_any_length_is_not_taken() {
        assert_eq!(component("TTS3".into()).unwrap(), "TTS3");
        assert!(component("x".repeat(LONGEST_COMPONENT + 1)).is_err());
    }

    #[test]
    fn only_another_id_inside_the_response_is_refused_here() {
        const ID: &str = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e";
        let inside = |id: &str| format!(r#"{{"license-status-id":"{id}"}}"#);
        assert_eq!(same_id(ID, &inside(ID)), Ok(()));
        assert_eq!(same_id(&format!("{{{}}}", ID.to_uppercase()), &inside(ID)), Ok(()));
        assert_eq!(same_id(ID, "not json"), Ok(()));
        assert_eq!(same_id(ID, r#"{"license-status-id":null}"#), Ok(()));
        assert!(same_id("", &inside(ID)).is_err());
        assert!(same_id(ID, &inside("df9960a1-7bd5-633b-f0f4-b1470bbd0b8f")).is_err());
        assert!(same_id(ID, &inside("")).is_err());
    }
}
