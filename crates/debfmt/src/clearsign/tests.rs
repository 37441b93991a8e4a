use proptest::prelude::*;

use super::*;

const HEAD: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n";
const TAIL: &str = "-----BEGIN PGP SIGNATURE-----\n\niQ+/aa==\n=abcd\n-----END PGP SIGNATURE-----\n";

fn read(text: &str) -> Result<Document, ClearsignError> {
    split(text.as_bytes(), &Limits::strict())
}

fn signed(text: &str) -> Clearsigned {
    match read(text).unwrap() {
        Document::Signed(signed) => signed,
        Document::Unsigned(_) => panic!("not signed: {text}"),
    }
}

fn fails(text: &str, code: &str, line: usize) {
    let error = read(text).expect_err(text);
    assert_eq!((error.code(), error.line()), (code, Some(line)), "{text}");
    assert!(error.to_string().contains(&format!("line {line}")), "{error}");
}

#[test]
fn text_and_signature_are_separated() {
    let document = signed(&format!("{HEAD}Source: x\n- - dashed\n\n{TAIL}"));
    assert_eq!(document.payload, b"Source: x\n- dashed\n\n");
    assert_eq!(document.signature, TAIL.as_bytes());
    assert_eq!(document.hashes, ["SHA256"]);
    assert_eq!(document.signed_bytes(), b"Source: x\r\n- dashed\r\n");
}

#[test]
fn crlf_blank_lines_around_and_armour_headers_are_accepted() {
    let text = format!("\n \n{HEAD}a\n{TAIL}\n\t\n").replace('\n', "\r\n");
    assert_eq!(signed(&text).payload, b"a\n");
    assert_eq!(signed(&text).signature, TAIL.as_bytes());
    let tail = TAIL.replace("\n\n", "\nVersion: GnuPG v2\nComment: x\n\n");
    assert_eq!(signed(&format!("{HEAD}a\n{tail}")).payload, b"a\n");
    assert_eq!(signed(format!("{HEAD}a\n{TAIL}").trim_end()).payload, b"a\n");
}

#[test]
fn hash_lines_may_be_many_or_none() {
    let head = "-----BEGIN PGP SIGNED MESSAGE-----\n";
    assert_eq!(
        signed(&format!("{head}Hash: SHA256, SHA512\nHash:SHA1\n\n{TAIL}")).hashes,
        ["SHA256", "SHA512", "SHA1"]
    );
    assert_eq!(signed(&format!("{head}\n{TAIL}")).hashes, Vec::<String>::new());
    assert_eq!(signed(&format!("{head}\n{TAIL}")).payload, b"");
}

#[test]
fn blanks_that_no_signature_covers_are_not_in_the_payload() {
    assert_eq!(signed(&format!("{HEAD}a \t\r\n- \n{TAIL}")).payload, b"a\n\n");
}

#[test]
fn unsigned_text_comes_back_as_it_is() {
    for text in ["", "\n\n", "Source: x\r\n\n y \n", "Changes:\n -----BEGIN PGP SIGNED MESSAGE-----\n"] {
        let document = read(text).unwrap();
        assert_eq!(document, Document::Unsigned(text.as_bytes().to_vec()));
        assert_eq!(document.payload(), text.as_bytes());
    }
    let bytes = [0, 0xff, b'\n'];
    assert_eq!(split(&bytes, &Limits::strict()), Ok(Document::Unsigned(bytes.to_vec())));
    assert_eq!(read(&format!("{HEAD}a\n{TAIL}")).unwrap().payload(), b"a\n");
}

#[test]
fn text_outside_is_refused() {
    fails(&format!("\nx\n\n{HEAD}a\n{TAIL}"), "text-before-signature", 2);
    fails(&format!("{HEAD}a\n{TAIL}\nx\n"), "text-after-signature", 11);
    fails(&format!("{HEAD}a\n{TAIL}\0"), "text-after-signature", 10);
    fails(&format!("{HEAD}a\n{TAIL}{HEAD}b\n{TAIL}"), "second-signature", 10);
    fails(&format!("{HEAD}a\n{TAIL}{TAIL}"), "second-signature", 10);
    fails(&format!("{HEAD}a\n{HEAD}b\n{TAIL}"), "second-signature", 5);
    fails(&format!("{HEAD}a\n-----BEGIN PGP SIGNATURE-----\n{TAIL}"), "second-signature", 6);
}

#[test]
fn broken_frames_are_refused() {
    fails("-----BEGIN PGP SIGNED MESSAGE-----", "unterminated-signature", 1);
    fails(&format!("{HEAD}a\n"), "unterminated-signature", 4);
    fails(&format!("{HEAD}a\n-----BEGIN PGP SIGNATURE-----\n\naa\n"), "unterminated-signature", 7);
    fails(&format!("{HEAD}--a\n{TAIL}"), "malformed-signature", 4);
    // Not an escaped empty line: to some readers this is a dash, to others nothing.
    fails(&format!("{HEAD}-\n{TAIL}"), "malformed-signature", 4);
    fails(&format!("{HEAD}-----END PGP SIGNATURE-----\n{TAIL}"), "malformed-signature", 4);
    fails("-----BEGIN PGP MESSAGE-----\n", "malformed-signature", 1);
    fails("Source: x\n-----BEGIN PGP SIGNATURE-----\n", "malformed-signature", 2);
    fails(&format!("-----BEGIN PGP SIGNED MESSAGE-----x\n\na\n{TAIL}"), "malformed-signature", 1);
    fails(&HEAD.replace("Hash: SHA256", "Hash: "), "malformed-signature", 2);
    fails(&HEAD.replace("SHA256", "SHA/256"), "malformed-signature", 2);
    fails(&HEAD.replace("Hash: SHA256", "NotDashEscaped: yes"), "malformed-signature", 2);
    // A line of blanks: for one reader the text begins after it, for another it does not.
    fails(&HEAD.replace("\n\n", "\n \n"), "malformed-signature", 3);
    fails(&format!("{HEAD}a\n{}", TAIL.replace("iQ+", "i Q")), "malformed-signature", 7);
    fails(&format!("{HEAD}a\n{}", TAIL.replace("\n\n", "\nSource\n\n")), "malformed-signature", 6);
}

#[test]
fn sizes_are_limited() {
    fails(&format!("{HEAD}{}\n{TAIL}", "x".repeat(257)), "line-too-long", 4);
    fails(&format!("a\n{}", "x".repeat(257)), "line-too-long", 2);
    let error = split(&[b'\n'; 4097], &Limits::strict()).unwrap_err();
    assert_eq!(error, ClearsignError::TextTooLong { bytes: 4097, limit: 4096 });
    assert_eq!((error.line(), error.code()), (None, "text-too-long"));
}

/// Pieces from which both good and hostile documents come about.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(HEAD.to_owned()),
        Just(TAIL.to_owned()),
        Just("-----BEGIN PGP SIGNATURE-----\n".to_owned()),
        Just("-----END PGP SIGNATURE-----\n".to_owned()),
        "[ -~]{0,5}\r?\n?",
        "- ?[a-z]{0,3}\n",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _unused = split(&bytes, &Limits::strict());
    }

    #[test]
    fn the_payload_is_what_stands_inside_the_armour(text in pieces()) {
        let Ok(Document::Signed(document)) = read(&text) else { return Ok(()) };
        // Put together again, the parts are the whole document, blanks at line ends apart: nothing was outside.
        let escaped: String = String::from_utf8(document.payload).unwrap()
            .lines()
            .map(|line| if line.starts_with('-') { format!("- {line}\n") } else { format!("{line}\n") })
            .collect();
        let whole = format!("{HEAD}{escaped}{}", String::from_utf8(document.signature).unwrap());
        let plain = |text: &str| -> Vec<String> {
            text.trim().lines().map(|line| line.strip_prefix("- ").unwrap_or(line).trim_end().to_owned()).collect()
        };
        prop_assert_eq!(plain(&whole), plain(&text));
    }

    #[test]
    fn text_around_a_good_document_never_passes(text in "[!-~]{1,9}") {
        let good = format!("{HEAD}a\n{TAIL}");
        let (before, after) = (format!("{text}\n{good}"), format!("{good}{text}"));
        prop_assert!(read(&before).is_err());
        prop_assert!(read(&after).is_err());
    }
}
