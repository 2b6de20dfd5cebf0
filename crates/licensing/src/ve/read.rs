//! Parses lines into a license: the sections of the older form, the words of the newer one. Both have the same fields.

mod fields;
mod value;
mod words;

pub(super) use fields::is_marker;
pub(super) use words::{begins_words, words};

use fields::Fields;

use super::{
    DEFAULT_GRACE_MIN, DEFAULT_INTERVAL_MIN, Finger, LONGEST_MIN, MOST_HOURS, MOST_PRODUCTS, TextError, VeEntitlement,
    VeLicense, VeLicenseKind, lines::TextLine,
};
use crate::{
    guid::Guid,
    machine::{BoundMachine, ComponentMark, ComponentName},
};

/// The result, and notes for people.
pub(super) struct ReadVeLicense {
    pub(super) license: VeLicense,
    pub(super) notes: Vec<String>,
}

/// Reads `KEYSEC … KEYEND` and every `PRODSEC … PRODEND`; also returns the lines after them.
pub(super) fn keys<'a, 'b>(lines: &'b [TextLine<'a>]) -> Result<(ReadVeLicense, &'b [TextLine<'a>]), TextError> {
    let (mut head, mut rest) = Fields::section(lines, "KEYEND")?;
    let mut products = Vec::new();
    while let Some(first) = rest.first().filter(|line| line.text == "PRODSEC") {
        enough(&products, first)?;
        let (fields, after) = Fields::section(rest, "PRODEND")?;
        products.push(fields);
        rest = after;
    }
    if products.is_empty() {
        return Err(match rest.first() {
            Some(line) => TextError::OutOfOrder { line: line.number, found: line.text.to_owned(), expected: "PRODSEC" },
            None => TextError::CutOff { line: head.last_line(), missing: "PRODSEC" },
        });
    }
    Ok((license(&mut head, &mut products)?, rest))
}

fn enough(products: &[Fields<'_>], line: &TextLine<'_>) -> Result<(), TextError> {
    if products.len() < MOST_PRODUCTS {
        return Ok(());
    }
    let problem = format!("is one product too many; the maximum is {MOST_PRODUCTS}");
    Err(TextError::Value { line: line.number, key: "the text".to_owned(), problem })
}

/// Extra requirements of a signed license.
pub(super) fn complete(read: &ReadVeLicense, lines: &[TextLine<'_>]) -> Result<(), TextError> {
    let VeLicense { fingerprint, bound, products, serial, .. } = &read.license;
    let first = lines.first().map_or(1, |line| line.number);
    let missing = |key| Err(TextError::Missing { line: first, key });
    match () {
        () if *serial == 0 => missing("K_SERIAL"),
        () if bound.is_empty() => missing("K_COMPONENT"),
        () if products.iter().any(|product| product.passphrase.is_none()) => missing("P_PASSPHRASE"),
        () if fingerprint.digest() != Some(bound.fingerprint()) => Err(TextError::Value {
            line: first,
            key: "K_FINGER".to_owned(),
            problem: "does not match the components that follow".to_owned(),
        }),
        () => Ok(()),
    }
}

fn license<'a>(head: &mut Fields<'a>, sections: &mut [Fields<'a>]) -> Result<ReadVeLicense, TextError> {
    let kind_field = head.required("K_TYPE")?;
    let end = head.required("K_EXPIRED")?;
    let kind = match kind_field.value.to_ascii_uppercase().as_str() {
        "NORMAL" => VeLicenseKind::Normal { until: end.instant()? },
        "COUNTDOWN" => VeLicenseKind::Countdown { hours: end.hours(1, MOST_HOURS)? },
        _ => return Err(kind_field.wrong("must be NORMAL or COUNTDOWN")),
    };
    let minutes = |head: &mut Fields<'_>, key, least, default| match head.take(key) {
        Some(field) => field.minutes(least, LONGEST_MIN),
        None => Ok(default),
    };
    let license = VeLicense {
        fingerprint: head.required("K_FINGER")?.parsed::<Finger>()?,
        license_id: head.required("K_LICENSE_ID")?.name()?,
        kind,
        customer: head.required("K_CUSTOMER")?.name()?,
        platform: head.take("K_PLATFORM").map(|field| field.name_or_nothing()).transpose()?.unwrap_or_default(),
        released: head.take("K_R_DATE").map(|field| field.instant()).transpose()?,
        grace_min: minutes(head, "K_GRACE", 0, DEFAULT_GRACE_MIN)?,
        interval_min: minutes(head, "K_INTERVAL", 1, DEFAULT_INTERVAL_MIN)?,
        serial: head.take("K_SERIAL").map(|field| field.whole(1, i64::MAX as u64)).transpose()?.unwrap_or(0),
        guid: head
            .take("K_GUID")
            .map(|field| Guid::parse(&field.value).map_err(|error| field.unusable(&error)))
            .transpose()?,
        bound: bound(head)?,
        products: sections.iter_mut().map(product).collect::<Result<_, _>>()?,
    };
    let notes = std::iter::once(head).chain(sections).flat_map(|fields| fields.unknown()).collect();
    Ok(ReadVeLicense { license, notes })
}

/// The lines `K_COMPONENT=machine-id sha256:…`.
fn bound(head: &mut Fields<'_>) -> Result<BoundMachine, TextError> {
    let mut marks: Vec<(ComponentName, ComponentMark)> = Vec::new();
    while let Some(field) = head.take("K_COMPONENT") {
        let (name, mark) = field.value.split_once(' ').unwrap_or((&field.value, ""));
        let name: ComponentName = name.parse().map_err(|error| field.unusable(&error))?;
        if marks.iter().any(|(other, _)| *other == name) {
            return Err(TextError::Twice { line: field.line, key: format!("K_COMPONENT={name}") });
        }
        marks.push((name, ComponentMark::parse(name, mark.trim()).map_err(|error| field.unusable(&error))?));
    }
    Ok(marks.into_iter().collect())
}

fn product(fields: &mut Fields<'_>) -> Result<VeEntitlement, TextError> {
    let codes = fields.take("P_CODE").map(|field| field.name_or_nothing()).transpose()?.unwrap_or_default();
    let u32_max = u64::from(u32::MAX);
    let small = |fields: &mut Fields<'_>, key, least| -> Result<u32, TextError> {
        let whole = fields.required(key)?.whole(least, u32_max)?;
        Ok(u32::try_from(whole).unwrap_or(u32::MAX))
    };
    Ok(VeEntitlement {
        name: fields.required("P_NAME")?.name()?,
        codes: codes.split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        passphrase: fields.take("P_PASSPHRASE").map(|field| field.secret()).transpose()?,
        major: small(fields, "P_MAJV", 0)?,
        minor: small(fields, "P_MINV", 0)?,
        cpus: small(fields, "P_CPU_NUM", 1)?,
        memory_mb: fields.required("P_MAX_MEM")?.megabytes()?,
        instances: small(fields, "P_INSTANCE", 1)?,
        until: fields.take("P_EXPIRED").map(|field| field.product_end()).transpose()?.flatten(),
    })
}
