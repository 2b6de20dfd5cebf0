use std::net::IpAddr;

use tonic::metadata::MetadataMap;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::listen::ConnectionInfo;

/// Metadata that names the deployment asked about.
pub(crate) const DEPLOYMENT: &str = "x-deployment-id";
/// Metadata that names who asks: a person or a script.
pub(crate) const OPERATOR: &str = "x-operator-id";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Deployment asked about, lower case with hyphens.
    pub deployment: String,
    /// Operator, lower case with hyphens. Any UUID is taken and recorded.
    pub operator: String,
    /// Network address.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// Both ids are needed and each must be a UUID; else INVALID_ARGUMENT says which is not.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let metadata = request.metadata();
        let missing: Vec<&str> =
            [DEPLOYMENT, OPERATOR].into_iter().filter(|name| !metadata.contains_key(*name)).collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            return Err(Status::invalid_argument(format!(
                "The metadata {} {verb} missing: each call needs the UUIDs of a deployment and an operator.",
                missing.join(" and ")
            )));
        }
        let connection = request.extensions().get::<ConnectionInfo>();
        let address = connection.map(|connection| connection.peer.ip().to_canonical());
        Ok(Self { deployment: read(metadata, DEPLOYMENT)?, operator: read(metadata, OPERATOR)?, address })
    }
}

fn read(metadata: &MetadataMap, name: &str) -> Result<String, Status> {
    let mut values = metadata.get_all(name).iter();
    let first = values.next().and_then(|value| value.to_str().ok()).and_then(uuid);
    match (first, values.next()) {
        (Some(uuid), None) => Ok(uuid.hyphenated().to_string()),
        (_, Some(_)) => Err(Status::invalid_argument(format!("The metadata {name} was sent more than once."))),
        (None, None) => Err(Status::invalid_argument(format!(
            "The metadata {name} is not a UUID: 32 hexadecimal digits, as in 01234567-89ab-cdef-0123-456789abcdef."
        ))),
    }
}

/// Any case, with or without braces, hyphens and surrounding blanks; no `urn:`.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    let text = text.trim();
    if text.contains(':') {
        return None;
    }
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    Uuid::try_parse(inner).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "df9960a1-7bd5-633b-f0f4-b1470bbd0b8e";

    #[test]
    fn a_uuid_is_read_in_any_usual_writing_and_nothing_else_is() {
        let same = [
            "DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E",
            "{df9960a1-7bd5-633b-f0f4-b1470bbd0b8e}",
            " df9960a17bd5633bf0f4b1470bbd0b8e ",
        ];
        for text in same {
            assert_eq!(uuid(text).unwrap().to_string(), ID, "{text}");
        }
        let others = [
            "",
            "{}",
            "df9960a1",
            "XXXXXX-086f-42f0-a728-d95f39dc2229",
            "urn:uuid:df9960a1-7bd5-633b-f0f4-b1470bbd0b8e",
            "{df9960a1-7bd5-633b-f0f4-b1470bbd0b8e",
        ];
        for text in others {
            assert_eq!(uuid(text), None, "{text}");
        }
    }

    fn request(pairs: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = Request::new(());
        for (name, value) in pairs {
            request.metadata_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn an_id_that_is_missing_or_malformed_is_named() {
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[], "x-deployment-id and x-operator-id are missing"),
            (&[(OPERATOR, ID)], "x-deployment-id is missing"),
            (&[(DEPLOYMENT, ID)], "x-operator-id is missing"),
            (&[(DEPLOYMENT, "me"), (OPERATOR, ID)], "x-deployment-id is not a UUID"),
            (&[(DEPLOYMENT, ID), (OPERATOR, "")], "x-operator-id is not a UUID"),
            (&[(DEPLOYMENT, ID), (OPERATOR, ID), (OPERATOR, ID)], "x-operator-id was sent more than once"),
            (&[(DEPLOYMENT, ID), (DEPLOYMENT, "me"), (OPERATOR, ID)], "x-deployment-id was sent more than once"),
        ];
        for (pairs, words) in cases {
            let pairs: Vec<_> =
                pairs.iter().map(|(n, v)| (if *n == OPERATOR { OPERATOR } else { DEPLOYMENT }, *v)).collect();
            let status = Caller::of(&request(&pairs)).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            assert!(status.message().contains(words), "{words}: {}", status.message());
        }
        let caller =
            Caller::of(&request(&[(DEPLOYMENT, "{DF9960A1-7BD5-633B-F0F4-B1470BBD0B8E}"), (OPERATOR, ID)])).unwrap();
        assert_eq!((caller.deployment.as_str(), caller.operator.as_str()), (ID, ID));
    }
}
