use super::*;

fn utf16(text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    [mark.to_vec(), text.encode_utf16().flat_map(bytes).collect()].concat()
}

#[test]
fn every_encoding_text_is_saved_in_is_read() {
    for text in ["", "{\"a\": 1}", "Zürich 😀\r\n"] {
        assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text));
        assert_eq!(decode(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()).as_deref(), Ok(text));
        assert_eq!(decode(&utf16(text, b"\xFF\xFE", u16::to_le_bytes)).as_deref(), Ok(text));
        assert_eq!(decode(&utf16(text, b"\xFE\xFF", u16::to_be_bytes)).as_deref(), Ok(text));
    }
}

#[test]
fn utf16_is_known_by_its_zero_bytes_when_the_mark_was_lost() {
    for text in ["KEYSEC\r\nK_CUSTOMER=Zürich", "{\"customer\": \"Söhne 😀\"}"] {
        assert_eq!(decode(&utf16(text, b"", u16::to_le_bytes)).as_deref(), Ok(text));
        assert_eq!(decode(&utf16(text, b"", u16::to_be_bytes)).as_deref(), Ok(text));
    }
}

#[test]
fn unreadable_text_is_named_by_its_place() {
    assert_eq!(decode(b"ab\nc\xFFd"), Err(Unreadable { line: 2, column: 2, cut: false }));
    assert_eq!(decode(b"Z\xC3"), Err(Unreadable { line: 1, column: 2, cut: true }));
    assert_eq!(decode(b"\xFF\xFEa\0b"), Err(Unreadable { line: 1, column: 2, cut: true }));
    assert_eq!(decode(b"\xFF\xFEa\0\x3D\xD8"), Err(Unreadable { line: 1, column: 2, cut: true }));
    assert_eq!(decode(b"\xFF\xFE\x3D\xD8a\0"), Err(Unreadable { line: 1, column: 1, cut: false }));
}
