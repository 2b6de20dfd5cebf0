use super::*;

#[test]
fn an_address_is_a_host_perhaps_with_a_port_perhaps_secured() {
    for (text, host, port, tls) in [
        ("lic1", "lic1", 7569, false),
        (" lic1.example.com:80 ", "lic1.example.com", 80, false),
        ("http://lic1", "lic1", 7569, false),
        ("https://lic1:443/", "lic1", 443, true),
        ("[::1]:7000", "::1", 7000, false),
        ("[::1]", "::1", 7569, false),
        ("fe80::1", "fe80::1", 7569, false),
        ("https://[::1]:1", "::1", 1, true),
    ] {
        let address: Address = text.parse().unwrap();
        assert_eq!((address.host(), address.port(), address.is_tls()), (host, port, tls), "{text}");
        assert_eq!(address.to_string().parse::<Address>().unwrap().host(), host);
    }
    for text in [
        "",
        ":1",
        "lic1:",
        "lic1:0",
        "lic1:70000",
        "lic1:x",
        "ftp://lic1",
        "[::1",
        "[::1]x",
        "a b",
        "lic1/path",
        "\u{e4}",
    ] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
}
