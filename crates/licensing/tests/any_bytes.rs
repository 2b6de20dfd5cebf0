//! Files of any bytes: an edit changes the bytes of its value and nothing else, and nothing panics.

#[path = "../../fuzz/src/conf.rs"]
mod exercise;
#[path = "any_bytes/mutations.rs"]
mod mutations;
#[path = "support/random.rs"]
mod random;

use proptest::prelude::*;

use mutations::{FileMutations, PIECES};

fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        3 => proptest::sample::select(vec![&b"\n"[..], b"\r\n", b"\r"]).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    let lines = proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    (any::<bool>(), lines).prop_map(|(bom, lines)| if bom { [b"\xEF\xBB\xBF", &lines[..]].concat() } else { lines })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["", "default", "[!-~]([ -~]{0,20}[!-~])?", "[^\\s\\x00-\\x1f]{1,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn an_edit_changes_the_bytes_of_its_value_and_nothing_else(
        file in file(),
        section in proptest::sample::select(vec!["GLOBAL", "global", "", "Mine", "[x", "ä"]),
        key in proptest::sample::select(vec!["port_number", "PORT_NUMBER", "FLEX_NODE_LIST", "x", "a.b-c"]),
        value in value(),
    ) {
        exercise::edit(&file, section, key, &value);
    }

    #[test]
    fn files_of_likely_lines_keep_every_rule(file in file()) {
        exercise::exercise(&file);
    }

    #[test]
    fn files_of_random_bytes_keep_every_rule(file in any::<Vec<u8>>()) {
        exercise::exercise(&file);
    }
}

/// A million inputs from a fixed seed, on two threads: lines joined at random, and a vendor file, both damaged.
#[test]
fn a_million_damaged_files_keep_every_rule() {
    const INPUTS: usize = 1_000_000;
    let run = |seed: u64| {
        let mut files = FileMutations::new(seed);
        for _ in 0..INPUTS / 2 {
            let file = files.file();
            if std::panic::catch_unwind(|| exercise::exercise(&file)).is_err() {
                panic!("this file breaks a rule: {}", file.escape_ascii());
            }
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(|| run(0x9E37_79B9_7F4A_7C15));
        run(0xD1B5_4A32_D192_ED03);
    });
}
