//! What `--product` says: `Charon-SSP/4U,cpus=4,memory=4096,instances=4,version=5.3`.

use crate::ve::NewProduct;

/// The limits of products whose spec has none.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Product codes.
    pub codes: Vec<String>,
    /// Major and minor.
    pub version: (u32, u32),
    /// Processors.
    pub cpus: u32,
    /// MB.
    pub memory_mb: u64,
    /// Instances.
    pub instances: u32,
}

/// Why a spec cannot be used: a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError(pub String);

/// `5.3`.
pub fn version(text: &str) -> Result<(u32, u32), String> {
    let number = |part: &str| {
        let plain = !part.is_empty() && part.len() < 7 && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let both = text.trim().split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    both.ok_or_else(|| format!("“{text}” is not a version. Write it like 5.3."))
}

/// Memory in MB: `4096`, `4096MB` or `4GB`.
pub fn memory(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let (digits, factor) = match (upper.strip_suffix("GB"), upper.strip_suffix("MB")) {
        (Some(digits), _) => (digits, 1024),
        (None, Some(digits)) => (digits, 1),
        (None, None) => (upper.as_str(), 1),
    };
    let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse::<u64>().ok() } else { None };
    let mb = number.and_then(|number| number.checked_mul(factor));
    let mb = mb.filter(|mb| (1..=u64::from(u32::MAX)).contains(mb));
    mb.ok_or_else(|| format!("“{text}” is not an amount of memory. Write it in MB, like 4096."))
}

/// Reads one `--product`. Parts without `=` belong to the name, so that it may be a list itself.
///
/// # Errors
/// A sentence that names the part.
pub fn product(spec: &str, defaults: &Defaults) -> Result<NewProduct, SpecError> {
    let mut names: Vec<&str> = Vec::new();
    let mut codes: Vec<String> = Vec::new();
    let mut product = NewProduct {
        name: String::new(),
        codes: Vec::new(),
        version: defaults.version,
        cpus: defaults.cpus,
        memory_mb: defaults.memory_mb,
        instances: defaults.instances,
    };
    for part in spec.split(',').map(str::trim) {
        let Some((key, value)) = part.split_once('=') else {
            names.push(part);
            continue;
        };
        let count = || -> Result<u32, SpecError> {
            let number = value.trim().parse::<u32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| SpecError(format!("“{part}” in --product must be a whole number, 1 or more.")))
        };
        match key.trim().to_ascii_lowercase().as_str() {
            "code" => codes.push(value.trim().to_owned()),
            "version" => product.version = version(value).map_err(SpecError)?,
            "cpus" => product.cpus = count()?,
            "memory" => product.memory_mb = memory(value).map_err(SpecError)?,
            "instances" => product.instances = count()?,
            _ => {
                return Err(SpecError(format!(
                    "“{part}” in --product is unknown. Use code, version, cpus, memory and instances."
                )));
            }
        }
    }
    product.name = names.join(",");
    product.codes = if codes.is_empty() { defaults.codes.clone() } else { codes };
    if product.name.is_empty() || names.iter().any(|name| name.is_empty()) {
        return Err(SpecError(format!(
            "The product “{spec}” has no name. Put the name first, as in Charon-SSP/4U,cpus=4."
        )));
    }
    Ok(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults { codes: vec!["test".to_owned()], version: (4, 2), cpus: 1, memory_mb: 512, instances: 1 }
    }

    #[test]
    fn what_a_spec_leaves_out_comes_from_the_flags() {
        let read = product("Charon-SSP/4U, cpus=4,memory=4GB,instances=3,version=5.3,code=A,code=B", &defaults());
        let read = read.unwrap();
        assert_eq!((read.name.as_str(), read.version, read.cpus), ("Charon-SSP/4U", (5, 3), 4));
        assert_eq!((read.memory_mb, read.instances, read.codes.join("+").as_str()), (4096, 3, "A+B"));
        let plain = product("Charon-SSP/4M,Charon-SSP/4U+", &defaults()).unwrap();
        assert_eq!((plain.name.as_str(), plain.memory_mb), ("Charon-SSP/4M,Charon-SSP/4U+", 512));
        assert_eq!(plain.codes, ["test"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (spec, words) in [
            ("", "has no name"),
            ("cpus=4", "has no name"),
            ("a,,b", "has no name"),
            ("a,cores=4", "“cores=4”"),
            ("a,cpus=0", "“cpus=0”"),
            ("a,cpus=-1", "“cpus=-1”"),
            ("a,version=5", "“5”"),
            ("a,memory=lots", "“lots”"),
            ("a,memory=99999999999GB", "not an amount"),
        ] {
            let Err(SpecError(sentence)) = product(spec, &defaults()) else { panic!("{spec} was taken") };
            assert!(sentence.contains(words), "{sentence}");
        }
    }
}
