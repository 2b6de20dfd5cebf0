use super::super::{TextError, lines::TextLine};
use super::{
    ReadVeLicense, enough,
    fields::{Field, Fields},
    license,
};

/// The words of the newer form, and their keys in the head and in a product.
const WORDS: [(&str, &str, &str); 17] = [
    ("License fingerprint", "K_FINGER", ""),
    ("Customer name", "K_CUSTOMER", ""),
    ("License ID", "K_LICENSE_ID", ""),
    ("Key type", "K_TYPE", ""),
    ("Expiration date", "K_EXPIRED", "P_EXPIRED"),
    ("Platform", "K_PLATFORM", ""),
    ("Release date", "K_R_DATE", ""),
    ("Grace period", "K_GRACE", ""),
    ("License check interval", "K_INTERVAL", ""),
    ("Virtual Hardware", "", "P_NAME"),
    ("Product code", "", "P_CODE"),
    ("Major Version", "", "P_MAJV"),
    ("Minor Version", "", "P_MINV"),
    ("Maximum CPU", "", "P_CPU_NUM"),
    ("Maximum virtual memory", "", "P_MAX_MEM"),
    ("Instances allowed", "", "P_INSTANCE"),
    ("Passphrase", "", "P_PASSPHRASE"),
];

/// The word each product begins with.
const PRODUCT: &str = "Virtual Hardware";

/// Whether this first line belongs to the newer form.
pub(in super::super) fn begins_words(line: &str) -> bool {
    line.split_once(':').is_some_and(|(label, _)| {
        WORDS.iter().any(|(word, head, _)| !head.is_empty() && word.eq_ignore_ascii_case(label.trim()))
    })
}

/// Reads the newer form.
pub(in super::super) fn words(lines: &[TextLine<'_>]) -> Result<ReadVeLicense, TextError> {
    let mut sections: Vec<Fields<'_>> = vec![Fields::new(1)];
    for line in lines {
        let current = sections.last_mut().expect("there is the head at least");
        let Some((label, value)) = line.text.split_once(':') else {
            // A long list continues on the next line.
            match current.latest().filter(|field| field.value.ends_with(',')) {
                Some(field) => field.value = format!("{}{}", field.value, line.text).into(),
                None => return Err(TextError::NoKey { line: line.number, found: line.text.to_owned() }),
            }
            continue;
        };
        let label = label.trim();
        let known = WORDS.iter().find(|(word, _, _)| word.eq_ignore_ascii_case(label));
        if known.is_some_and(|(word, _, _)| *word == PRODUCT) {
            enough(&sections[1..], line)?;
            sections.push(Fields::new(line.number));
        }
        let in_head = sections.len() == 1;
        let key = known.map(|(_, head, product)| if in_head { *head } else { *product }).unwrap_or(label);
        if key.is_empty() {
            let expected = if in_head { PRODUCT } else { "a line of this product" };
            return Err(TextError::OutOfOrder { line: line.number, found: line.text.to_owned(), expected });
        }
        let field = Field { line: line.number, key: key.into(), shown: label, value: value.trim().into() };
        sections.last_mut().expect("there is the head at least").push(field)?;
    }
    let (head, products) = sections.split_first_mut().expect("there is the head at least");
    if products.is_empty() {
        return Err(TextError::CutOff { line: head.last_line(), missing: PRODUCT });
    }
    license(head, products)
}
