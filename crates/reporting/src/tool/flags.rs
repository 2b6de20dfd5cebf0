use std::ffi::OsString;

use super::ToolFailure;

/// A flag, described once for reading and for the usage text.
pub(super) struct Flag {
    pub name: &'static str,
    /// Word for the value; empty for a switch.
    pub value: &'static str,
    pub help: &'static str,
    set: fn(&mut GivenFlags) -> Slot<'_>,
}

enum Slot<'a> {
    Text(&'a mut Option<String>),
    Switch(&'a mut bool),
}

/// All flags, in the order of the usage text.
pub(super) const FLAGS: &[Flag] = &[
    Flag {
        name: "operation",
        value: "NAME",
        help: "report, cluster-pull or cluster-push",
        set: |given| Slot::Text(&mut given.operation),
    },
    Flag {
        name: "deploymentId",
        value: "UUID",
        help: "id of the deployment",
        set: |given| Slot::Text(&mut given.deployment_id),
    },
    Flag {
        name: "operatorId",
        value: "UUID",
        help: "id of the operator, for the server's records",
        set: |given| Slot::Text(&mut given.operator_id),
    },
    Flag {
        name: "authString",
        value: "TEXT",
        help: "auth string of the customer, for the curl command; not sent to the server",
        set: |given| Slot::Text(&mut given.auth_string),
    },
    Flag {
        name: "responseJson",
        value: "JSON",
        help: "response of the licensing service, in single quotes",
        set: |given| Slot::Text(&mut given.response_json),
    },
    Flag {
        name: "responseFile",
        value: "FILE",
        help: "the same from a file; - for standard input",
        set: |given| Slot::Text(&mut given.response_file),
    },
    Flag {
        name: "reportingApiUri",
        value: "HOST:PORT",
        help: "address of the server's reporting API (default 127.0.0.1:5000)",
        set: |given| Slot::Text(&mut given.reporting_api_uri),
    },
    Flag {
        name: "enableTls",
        value: "",
        help: "connect with TLS: -enableTls or -enableTls=true (default false)",
        set: |given| Slot::Switch(&mut given.enable_tls),
    },
    Flag {
        name: "caFile",
        value: "FILE",
        help: "PEM file with the authority to trust, or the server's own certificate (default: the system's)",
        set: |given| Slot::Text(&mut given.ca_file),
    },
    Flag {
        name: "licensingUrl",
        value: "URL",
        help: "address for the curl command (default: the server's, else https://licensing.lumenvox.com)",
        set: |given| Slot::Text(&mut given.licensing_url),
    },
    Flag { name: "help", value: "", help: "print this help", set: |given| Slot::Switch(&mut given.help) },
];

/// What stood on the command line. Empty values count as not given. No Debug: it holds a secret.
#[derive(Default)]
pub(super) struct GivenFlags {
    pub operation: Option<String>,
    pub deployment_id: Option<String>,
    pub operator_id: Option<String>,
    pub auth_string: Option<String>,
    pub response_json: Option<String>,
    pub response_file: Option<String>,
    pub reporting_api_uri: Option<String>,
    pub enable_tls: bool,
    pub ca_file: Option<String>,
    pub licensing_url: Option<String>,
    pub help: bool,
}

/// Where the hints lead.
pub(super) const SEE_USAGE: &str = "Run license-reporter-tool without arguments for help.";

/// Reads flags as Go programs do: `-flag value`, `-flag=value`, `--` for `-`; switches only with `=`; the last one
/// counts.
pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<GivenFlags, ToolFailure> {
    let mut given = GivenFlags::default();
    let mut arguments = arguments.peekable();
    if arguments.peek().is_none() {
        given.help = true;
    }
    while let Some(argument) = arguments.next() {
        let text = utf8(argument)?;
        let Some((name, value)) = split(&text) else { return Err(stray(&text)) };
        let flag = known(name)?;
        match ((flag.set)(&mut given), value) {
            (Slot::Switch(slot), value) => *slot = switch(flag.name, value.unwrap_or("true"))?,
            (Slot::Text(slot), Some(value)) => *slot = some(value.to_owned()),
            (Slot::Text(slot), None) => {
                let next = arguments.next().map(utf8).transpose()?;
                // Another flag in place of the value: it was forgotten.
                let value = next.filter(|next| split(next).is_none_or(|(name, _)| known(name).is_err()));
                *slot = some(value.ok_or_else(|| {
                    ToolFailure::usage(
                        format!("The flag -{} needs a value: -{} {}.", flag.name, flag.name, flag.value),
                        SEE_USAGE,
                    )
                })?);
            }
        }
    }
    Ok(given)
}

fn utf8(argument: OsString) -> Result<String, ToolFailure> {
    argument.into_string().map_err(|_| ToolFailure::usage("An argument is not UTF-8 text.", SEE_USAGE))
}

fn some(value: String) -> Option<String> {
    (!value.trim().is_empty()).then_some(value)
}

/// Name and value of a flag; None for anything else.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let text = text.strip_prefix('-')?;
    let text = text.strip_prefix('-').unwrap_or(text);
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    (!name.is_empty() && !name.starts_with('-')).then_some((name, value))
}

fn known(name: &str) -> Result<&'static Flag, ToolFailure> {
    let name = if name == "h" { "help" } else { name };
    if let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) {
        return Ok(flag);
    }
    let hint = match FLAGS.iter().find(|flag| flag.name.eq_ignore_ascii_case(name)) {
        Some(flag) => format!("Flags are case-sensitive: -{}.", flag.name),
        None => SEE_USAGE.to_owned(),
    };
    // Only what looks like a name is shown: more could be a part of a secret that was split by a blank.
    let shown = if name.len() <= 20 && name.chars().all(|c| c.is_ascii_alphabetic()) {
        format!(" -{name}")
    } else {
        String::new()
    };
    Err(ToolFailure::usage(format!("Unknown flag{shown}."), hint))
}

fn switch(name: &str, value: &str) -> Result<bool, ToolFailure> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(ToolFailure::usage(
            format!("The flag -{name} takes true or false."),
            format!("Write -{name}=true or -{name}=false."),
        )),
    }
}

fn stray(text: &str) -> ToolFailure {
    if matches!(text, "true" | "false") {
        return ToolFailure::usage(
            format!("“{text}” belongs to no flag."),
            format!("Give a switch its value with an equals sign: -enableTls={text}."),
        );
    }
    // The text itself is not shown: it may be a piece of JSON or of a secret.
    ToolFailure::usage(
        "An argument belongs to no flag.",
        "Put a value with spaces or double quotes in single quotes, as in -responseJson '{…}'.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<GivenFlags, ToolFailure> {
        parse(arguments.iter().map(OsString::from))
    }

    fn refused(arguments: &[&str]) -> ToolFailure {
        read(arguments).err().unwrap()
    }

    #[test]
    fn values_stand_behind_a_blank_or_an_equals_sign_with_one_hyphen_or_two() {
        let writings: [&[&str]; 4] =
            [&["-operation", "report"], &["-operation=report"], &["--operation", "report"], &["--operation=report"]];
        for writing in writings {
            assert_eq!(read(writing).unwrap().operation.as_deref(), Some("report"), "{writing:?}");
        }
        let given =
            read(&["-authString", "-x=y", "-responseJson={\"a\":\"b=c\"}", "-operation", "a", "-operation", "b"])
                .unwrap();
        assert_eq!(given.auth_string.as_deref(), Some("-x=y"));
        assert_eq!(given.response_json.as_deref(), Some("{\"a\":\"b=c\"}"));
        assert_eq!(given.operation.as_deref(), Some("b"));
        assert_eq!(read(&["-operation", ""]).unwrap().operation, None);
    }

    #[test]
    fn switches_take_a_value_only_with_an_equals_sign() {
        for (text, on) in [
            ("-enableTls", true),
            ("--enableTls=true", true),
            ("-enableTls=1", true),
            ("-enableTls=false", false),
            ("-enableTls=F", false),
        ] {
            assert_eq!(read(&[text]).unwrap().enable_tls, on, "{text}");
        }
        assert!(refused(&["-enableTls", "true"]).hint.contains("-enableTls=true"));
        assert!(refused(&["-enableTls=yes"]).hint.contains("-enableTls=true"));
    }

    #[test]
    fn no_arguments_or_a_help_flag_ask_for_the_usage() {
        for arguments in [&[][..], &["-h"], &["-help"], &["--help"], &["-operation", "report", "-h"]] {
            assert!(read(arguments).unwrap().help, "{arguments:?}");
        }
        assert!(!read(&["-operation", "report"]).unwrap().help);
    }

    #[test]
    fn a_wrong_command_line_is_told_in_a_sentence_without_the_values() {
        let cases: [(&[&str], &str, &str); 8] = [
            (&["-nonsense"], "Unknown flag -nonsense.", SEE_USAGE),
            (&["-insecureSkipVerify"], "Unknown flag -insecureSkipVerify.", SEE_USAGE),
            (&["-deploymentid", "x"], "Unknown flag -deploymentid.", "Flags are case-sensitive: -deploymentId."),
            (&["-deploymentId"], "The flag -deploymentId needs a value: -deploymentId UUID.", SEE_USAGE),
            (
                &["-deploymentId", "-operatorId", "x"],
                "The flag -deploymentId needs a value: -deploymentId UUID.",
                SEE_USAGE,
            ),
            (&["-authString", "geheim", "-s3cret"], "Unknown flag.", SEE_USAGE),
            (&["s3cret"], "An argument belongs to no flag.", ""),
            (&["--"], "An argument belongs to no flag.", ""),
        ];
        for (arguments, sentence, hint) in cases {
            let failure = refused(arguments);
            assert_eq!((failure.code, failure.sentence.as_str()), (2, sentence), "{arguments:?}");
            assert!(hint.is_empty() || failure.hint == hint, "{arguments:?}: {}", failure.hint);
            assert!(!failure.to_string().contains("s3cret"));
        }
    }
}
