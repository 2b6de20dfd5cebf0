//! The `curl` command that carries a report to the licensing service, for a person to paste into a shell.

/// Three lines that `sh` and `bash` read as one command. Every value reaches curl byte for byte, except that no shell can pass a
/// NUL byte.
///
/// The caller sees to it that `url` is a web address and that `report` begins with `{`: curl reads a file for data that begins
/// with `@`.
pub fn curl_command(url: &str, auth_string: &str, report_json: &str) -> String {
    [
        format!("curl {} -H {}", word(url), quoted(&format!("x-auth-string: {auth_string}"))),
        format!("-H {}", quoted("Content-Type: application/json")),
        format!("-d {}", quoted(report_json)),
    ]
    .join(" \\\n")
}

/// As it is where the shell sees nothing special in it.
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._-%+,@".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) { text.to_owned() } else { quoted(text) }
}

/// In double quotes as in the seed. An interactive bash replaces `!` there, escaped or not, so then in single quotes; these also
/// for several lines.
fn quoted(text: &str) -> String {
    if text.contains(['!', '\n', '\r']) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 2);
    out.push('"');
    for character in text.chars() {
        if matches!(character, '\\' | '"' | '$' | '`') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    /// The command as the shell takes it apart: `curl` replaced by a program that prints each argument with a NUL behind.
    fn arguments(shell: &[&str], command: &str) -> Vec<String> {
        let script = command.replacen("curl ", r"printf '%s\0' ", 1) + "\n";
        let mut child = Command::new(shell[0])
            .args(&shell[1..])
            .env("HISTFILE", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.strip_suffix('\0').unwrap_or_default().split('\0').map(str::to_owned).collect()
    }

    fn expected(url: &str, auth: &str, report: &str) -> Vec<String> {
        let auth = format!("x-auth-string: {auth}");
        [url, "-H", &auth, "-H", "Content-Type: application/json", "-d", report].map(str::to_owned).to_vec()
    }

    #[test]
    fn has_the_three_lines_of_the_seed() {
        let command = curl_command("https://licensing.lumenvox.com", "XXXX", r#"{"images":null}"#);
        let lines = [
            r#"curl https://licensing.lumenvox.com -H "x-auth-string: XXXX" \"#,
            r#"-H "Content-Type: application/json" \"#,
            r#"-d "{\"images\":null}""#,
        ];
        assert_eq!(command, lines.join("\n"));
    }

    #[test]
    fn values_with_an_exclamation_mark_stand_in_single_quotes() {
        assert_eq!(quoted("it's!"), r"'it'\''s!'");
        assert_eq!(quoted("it's"), "\"it's\"");
    }

    #[test]
    fn an_interactive_bash_changes_nothing_either() {
        let (auth, report) = ("wow!$HOME!!", r#"{"a":"!1 it's `id` \\ $(id) ~ * [a]"}"#);
        let command = curl_command("https://node.example:8443/?a=1&b=*", auth, report);
        let shell = ["bash", "--norc", "--noprofile", "-i"];
        assert_eq!(arguments(&shell, &command), expected("https://node.example:8443/?a=1&b=*", auth, report));
    }

    /// Many characters that mean something to a shell, and some of everything else.
    fn text() -> impl Strategy<Value = String> {
        let special = prop::sample::select(" \t\n\r!\"#$%&'()*;<=>?@[\\]^`{|}~-a1é漢".chars().collect::<Vec<_>>());
        let any = any::<char>().prop_filter("no shell can pass it", |c| *c != '\0');
        prop::collection::vec(prop_oneof![4 => special, 1 => any], 0..60).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn shells_pass_every_byte_unchanged(url in text(), auth in text(), report in text()) {
            let command = curl_command(&url, &auth, &report);
            for shell in [["sh"], ["bash"]] {
                prop_assert_eq!(arguments(&shell, &command), expected(&url, &auth, &report), "{:?}", shell);
            }
        }
    }
}
