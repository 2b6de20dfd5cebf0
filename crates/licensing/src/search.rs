//! What is found by what somebody types: every word must be there; what begins with it comes first.

/// How well something fits what was typed; lower is better, `None` if it does not. `words` are in lower case.
///
/// `label` is its name, `more` what else people may call it by.
#[must_use]
pub fn rank(words: &[String], label: &str, more: &str) -> Option<u32> {
    let (label, more) = (label.to_lowercase(), more.to_lowercase());
    let mut rank = 0;
    for word in words {
        rank += match label.find(word.as_str()) {
            Some(0) => 0,
            Some(at) if !label[..at].ends_with(char::is_alphanumeric) => 1,
            Some(_) => 2,
            None if more.contains(word.as_str()) => 4,
            None => return None,
        };
    }
    Some(rank)
}

/// The words of what was typed, in lower case.
#[must_use]
pub fn words(typed: &str) -> Vec<String> {
    typed.split_whitespace().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_there_and_beginnings_come_first() {
        let rank = |typed: &str, label: &str, more: &str| rank(&words(typed), label, more);
        assert_eq!(rank("conf", "Configuration", ""), Some(0));
        assert_eq!(rank("HIST conf", "Configuration history", ""), Some(1));
        assert_eq!(rank("figu", "Configuration", ""), Some(2));
        assert_eq!(rank("port", "License client port", "port_number"), Some(1));
        assert_eq!(rank("port_number", "License client port", "port_number"), Some(4));
        assert_eq!(rank("conf nothing", "Configuration", "conf"), None);
        assert_eq!(rank("", "Anything", ""), Some(0));
    }
}
