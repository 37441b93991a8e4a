//! Cleartext signatures that gpg makes, and what gpg thinks of them.

use std::path::Path;
use std::process::Command;

use debfmt::clearsign::{self, Clearsigned, Document};
use debfmt::limits::Limits;

use crate::support::{feed, program, stdout};

/// Lines that need escapes, lines with blanks that are not signed, an empty line, and no line end at the end.
const TEXT: &str = "Source: hello\nChanges:\n - one  \n-dash\n- two\t\n\n-----BEGIN PGP SIGNATURE-----\nlast";

/// A key ring that lives as long as the test.
struct KeyRing(tempfile::TempDir);

impl KeyRing {
    fn with_key() -> Self {
        let ring = Self(tempfile::tempdir().unwrap());
        stdout(ring.gpg().args([
            "--quick-generate-key",
            "Test <test@example.org>",
            "ed25519",
            "sign",
            "never",
        ]));
        ring
    }

    fn gpg(&self) -> Command {
        let mut command = program("gpg");
        command.env("GNUPGHOME", self.0.path()).args(["--batch", "--quiet", "--passphrase", ""]);
        command
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn clearsign(&self, text: &str) -> Vec<u8> {
        let output = feed(self.gpg().args(["--digest-algo", "SHA512", "--clearsign"]), text.as_bytes());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn verifies(&self, signature: &Path, data: &Path) -> bool {
        self.gpg().arg("--verify").args([signature, data]).output().unwrap().status.success()
    }
}

impl Drop for KeyRing {
    fn drop(&mut self) {
        // The agent would outlive the directory it serves.
        let mut command = program("gpgconf");
        let _unused = command.env("GNUPGHOME", self.0.path()).args(["--kill", "all"]).status();
    }
}

fn signed(bytes: &[u8]) -> Clearsigned {
    match clearsign::split(bytes, &Limits::default()).unwrap() {
        Document::Signed(signed) => signed,
        Document::Unsigned(_) => panic!("not signed"),
    }
}

#[test]
fn what_gpg_signed_is_what_we_read() {
    let ring = KeyRing::with_key();
    let document = ring.clearsign(TEXT);
    let signed = signed(&document);
    assert_eq!(signed.hashes, ["SHA512"]);
    let payload = String::from_utf8(signed.payload.clone()).unwrap();
    let expected: String = TEXT.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(payload, expected);

    // gpg gives the same text, with the blanks it did not sign.
    let gpg = feed(ring.gpg().arg("--decrypt"), &document);
    let gpg: String =
        String::from_utf8(gpg.stdout).unwrap().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(payload, gpg);

    // And the parts verify when they are apart.
    let signature = ring.write("signature.asc", &signed.signature);
    let data = ring.write("data", &signed.signed_bytes());
    assert!(ring.verifies(&signature, &data));
    let other = ring.write("other", &[&signed.signed_bytes()[..], b"!"].concat());
    assert!(!ring.verifies(&signature, &other));
}

#[test]
fn the_documents_that_fool_careless_readers_are_refused() {
    let ring = KeyRing::with_key();
    let document = String::from_utf8(ring.clearsign("Source: hello\n")).unwrap();
    let twice = format!("{document}{document}");
    let after = format!("{document}Source: evil\n");
    let before = format!("Source: evil\n{document}");
    let blank = document.replacen("\n\n", "\n \nSource: evil\n\n", 1);
    for text in [twice, after, before, blank] {
        assert!(clearsign::split(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
}
