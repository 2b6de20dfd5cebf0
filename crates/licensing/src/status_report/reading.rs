use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::{DeploymentReport, InvalidReport, MAX_REPORT, MOST_LOCKED_KEYS, ReportedUsage, SpeechUsage, StatusReport};
use crate::canonical::{
    instant,
    members::{FieldError, Members},
};
use crate::locked::{HeaderId, KeyHeader};
use crate::pasted::{NotRead, decode, json};

/// Longest sealed key, base64.
const LONGEST_SEALED: usize = 200;

pub(super) fn read(bytes: &[u8]) -> Result<StatusReport, InvalidReport> {
    if bytes.len() > MAX_REPORT {
        return Err(InvalidReport::TooLarge { bytes: bytes.len() });
    }
    let text = decode(bytes).map_err(|at| InvalidReport::NotJson { line: at.line, column: at.column })?;
    json(&text, |value| report(&value)).map_err(|error| match error {
        NotRead::NotJson { line, column, .. } => InvalidReport::NotJson { line, column },
        NotRead::Refused(error) => error.into(),
    })
}

fn report(value: &Value) -> Result<StatusReport, FieldError> {
    let members = Members::of(value, "")?;
    null(&members, "images")?;
    let deployment = |(index, item)| deployment(item, format!("deployments[{index}]"));
    uuid(&members, "cluster_guid")?;
    let created = members.text("instance_created")?;
    if instant::from_text(created).is_none() {
        return Err(members.error("instance_created", "must be a time like 2026-11-22T00:41:42.000-07:00"));
    }
    let timestamp = members.text("report_timestamp")?;
    if timestamp.is_empty() || timestamp.len() > 15 || !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(members.error("report_timestamp", "must be seconds since 1970, as text of digits"));
    }
    Ok(StatusReport {
        cluster_guid: members.text("cluster_guid")?.to_owned(),
        instance_uuid: uuid(&members, "instance_uuid")?,
        status_id: members.parsed("status_id")?,
        instance_created: created.to_owned(),
        installation_type: members.text("installation_type")?.to_owned(),
        report_timestamp: timestamp.to_owned(),
        images: None,
        deployments: members.list("deployments")?.iter().enumerate().map(deployment).collect::<Result<_, _>>()?,
        simultaneous_use_ms: members.optional_whole("simultaneous_use_ms")?,
        locked_keys: locked_keys(&members)?,
    })
}

fn locked_keys(members: &Members<'_>) -> Result<Vec<KeyHeader>, FieldError> {
    let Some(_) = members.optional("locked_keys") else { return Ok(Vec::new()) };
    let items = members.list("locked_keys")?;
    if items.len() > MOST_LOCKED_KEYS {
        let problem = format!("has {} entries; the maximum is {MOST_LOCKED_KEYS}", items.len());
        return Err(members.error("locked_keys", problem));
    }
    let header = |(index, item): (usize, &Value)| {
        let header = Members::of(item, members.at(&format!("locked_keys[{index}]")))?;
        let sealed = header.text("sealed")?;
        if sealed.len() > LONGEST_SEALED {
            return Err(header.error("sealed", format!("must not be longer than {LONGEST_SEALED} characters")));
        }
        Ok(KeyHeader {
            id: header.parsed::<HeaderId>("id")?.to_string(),
            day: i64::try_from(header.whole("day")?).unwrap_or(i64::MAX),
            vendor_key_id: header.parsed("vendor_key_id")?,
            sealed: sealed.to_owned(),
        })
    };
    items.iter().enumerate().map(header).collect()
}

fn deployment(value: &Value, path: String) -> Result<DeploymentReport, FieldError> {
    let members = Members::of(value, path)?;
    null(&members, "bio_engine_usage")?;
    let speech = members.object("speech_usage")?;
    Ok(DeploymentReport {
        license_guid: uuid(&members, "license_guid")?,
        bio_engine_usage: None,
        speech_usage: SpeechUsage {
            session_ms: speech.whole("session_ms")?,
            session_audio_ms: speech.whole("session_audio_ms")?,
            license_usage: license_usage(&speech.object("license_usage")?)?,
        },
    })
}

fn license_usage(named: &Members<'_>) -> Result<BTreeMap<String, ReportedUsage>, FieldError> {
    let usage = |(name, value): (&String, &Value)| {
        let members = Members::of(value, named.at(name))?;
        let usage = ReportedUsage { usage_count: members.whole("usage_count")?, usage_ms: members.whole("usage_ms")? };
        Ok((name.clone(), usage))
    };
    named.entries().map(usage).collect()
}

/// Normalized to lower case with hyphens.
fn uuid(members: &Members<'_>, name: &str) -> Result<String, FieldError> {
    let read = Uuid::try_parse(members.text(name)?.trim());
    read.map(|uuid| uuid.hyphenated().to_string())
        .map_err(|_| members.error(name, "must be a UUID like 6f1c0a52-fc38-43a5-a10c-0e7dfd45da47"))
}

/// Null in the seed; nothing else is defined.
fn null(members: &Members<'_>, name: &str) -> Result<(), FieldError> {
    if members.optional(name).is_some() { Err(members.error(name, "must be null")) } else { Ok(()) }
}
