use proptest::prelude::*;

use super::*;

fn code() -> Invitation {
    Invitation::new([0xa7; 16], &secret(1).public().fingerprint())
}

#[test]
fn a_code_reads_back_as_people_type_it() {
    let code = code();
    let text = code.to_string();
    assert_eq!(text.len(), 12 * 4 + 11, "{text}");
    let loose = text.replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
    for typed in [text.clone(), text.replace('-', ""), loose, format!("  {}\n", text.replace('-', "–"))] {
        assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
    }
    assert_eq!(format!("{code:?}"), "Invitation(…)");
}

#[test]
fn every_wrong_character_and_every_two_that_changed_places_are_noticed() {
    let text: Vec<char> = code().to_string().replace('-', "").chars().collect();
    let parse = |characters: &[char]| characters.iter().collect::<String>().parse::<Invitation>();
    let mut tried = 0;
    for place in 0..text.len() {
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|other| *other != text[place]) {
            let mut wrong = text.clone();
            wrong[place] = other;
            assert_eq!(parse(&wrong), Err(InvitationError::Checksum), "{other} at {place}");
            tried += 1;
        }
        let mut wrong = text.clone();
        if place > 0 && wrong[place] != wrong[place - 1] {
            wrong.swap(place, place - 1);
            assert_eq!(parse(&wrong), Err(InvitationError::Checksum), "{place} changed places");
        }
    }
    assert_eq!(tried, 48 * 31);
}

#[test]
fn what_is_no_code_is_refused_in_a_sentence_that_does_not_repeat_it() {
    let text = code().to_string();
    for (wrong, error) in [
        (String::new(), InvitationError::Length { found: 0 }),
        (text[..text.len() - 1].to_owned(), InvitationError::Length { found: 47 }),
        (format!("{text}0"), InvitationError::Length { found: 49 }),
        (format!("!{}", &text[1..]), InvitationError::Character),
        (format!("ß{}", &text[1..]), InvitationError::Character),
    ] {
        assert_eq!(wrong.parse::<Invitation>(), Err(error), "{wrong}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn a_code_is_of_one_server_and_its_key_follows_from_all_of_it() {
    let code = code();
    assert!(code.is_of(&secret(1).public().fingerprint()));
    assert!(!code.is_of(&secret(2).public().fingerprint()));
    let other_secret = Invitation::new([0xa8; 16], &secret(1).public().fingerprint());
    let other_server = Invitation::new([0xa7; 16], &secret(2).public().fingerprint());
    assert_ne!(code.public(), other_secret.public());
    assert_ne!(code.public(), other_server.public());
}

proptest! {
    #[test]
    fn every_code_reads_back(secret in any::<[u8; 16]>(), seed in any::<u8>()) {
        let code = Invitation::new(secret, &super::secret(seed).public().fingerprint());
        prop_assert_eq!(code.to_string().parse(), Ok(code));
    }

    #[test]
    fn no_text_makes_it_fall_over(text in ".{0,80}") {
        let _ = text.parse::<Invitation>();
        let _ = text.parse::<PeerUrl>();
        let _ = shown_name(&text);
    }
}
