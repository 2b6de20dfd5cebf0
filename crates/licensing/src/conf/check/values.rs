use super::{ConfFinding, Severity};
use crate::{
    conf::{
        document::Document,
        reading::{SettingReading, readings},
        setting::SettingKind,
    },
    excerpt::quoted,
    guid::Guid,
};

/// Findings about effective values.
pub(super) fn findings(document: &Document) -> Vec<ConfFinding> {
    let readings = readings(document);
    let mut findings: Vec<ConfFinding> =
        readings.iter().filter_map(|reading| Some(finding(reading, Severity::Error, reading.error.clone()?))).collect();
    findings.extend(readings.iter().filter_map(spelled));
    findings.extend(registration(&readings));
    findings
}

/// A word for 0 or 1, which the vendor's own software may not know.
fn spelled(reading: &SettingReading<'_>) -> Option<ConfFinding> {
    let written = str::from_utf8(reading.value?).ok()?;
    let is_word = reading.setting.kind == SettingKind::Flag && reading.error.is_none() && !reading.is_default();
    (is_word && !written.is_empty() && written != reading.effective).then(|| {
        let sentence = format!(
            "{} is read as {} here, but other software may not know the word. Write {1}.",
            quoted(written),
            reading.effective
        );
        finding(reading, Severity::Warning, sentence)
    })
}

/// Flexible licensing needs a GUID, and the GUID flexible licensing.
fn registration(readings: &[SettingReading<'_>]) -> Option<ConfFinding> {
    let of = |key: &str| readings.iter().find(|reading| reading.setting.key == key);
    let (mode, guid) = (of("FLEXIBLE_LICENSING_MODE")?, of("LICENSE_SERVER_GUID")?);
    let flexible = mode.effective == "1";
    match Guid::parse(&guid.effective).ok() {
        None if flexible && guid.error.is_none() => Some(finding(
            mode,
            Severity::Error,
            "Flexible licensing is on, but the server is not registered: LICENSE_SERVER_GUID is empty. \
             Register the server, or turn flexible licensing off."
                .to_owned(),
        )),
        Some(known) if !flexible => Some(finding(guid, Severity::Warning, unused(known))),
        _ => None,
    }
}

fn unused(guid: Guid) -> String {
    format!(
        "The GUID {} is not used while flexible licensing is off. Set FLEXIBLE_LICENSING_MODE to 1 to use it.",
        guid.short()
    )
}

fn finding(reading: &SettingReading<'_>, severity: Severity, sentence: String) -> ConfFinding {
    ConfFinding { line: reading.line, key: Some(reading.setting.key.to_owned()), severity, sentence }
}
