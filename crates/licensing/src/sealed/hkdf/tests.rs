use super::*;
use crate::canonical::hex;

/// RFC 5869, A.1 to A.3: salt, secret, info, what is extracted, the first 32 bytes of what is expanded.
#[test]
fn the_vectors_of_the_rfc_hold() {
    let range = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
    let cases = [
        (
            range(0x00, 0x0c),
            vec![0x0b; 22],
            range(0xf0, 0xf9),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (
            range(0x60, 0xaf),
            range(0x00, 0x4f),
            range(0xb0, 0xff),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
        ),
        (
            vec![],
            vec![0x0b; 22],
            vec![],
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
        ),
    ];
    for (salt, secret, info, extracted, expanded) in cases {
        let key = extract(&salt, &secret);
        assert_eq!(hex(&key), extracted);
        assert_eq!(hex(&expand(&key, &info)), expanded);
    }
}
