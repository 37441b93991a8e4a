use super::*;

const MD5: &str = "fedcba9876543210fedcba9876543210";
const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn good() -> String {
    format!(
        "Format: 1.0\nSource: hello (1-2)\nBinary: hello\nArchitecture: amd64 source\nVersion: 1-2+b1\n\
         Checksums-Md5:\n {MD5} 9 hello_1-2.dsc\nChecksums-Sha256:\n {SHA} 9 hello_1-2.dsc\n\
         Build-Origin: Debian\nInstalled-Build-Depends:\n autoconf (= 2.71-3)\n"
    )
}

fn codes(text: &str) -> Vec<&'static str> {
    let read = Buildinfo::parse(text.as_bytes(), &Limits::strict());
    read.map_or_else(|errors| errors.iter().map(BuildinfoError::code).collect(), |_| Vec::new())
}

#[test]
fn every_field_is_read() {
    let buildinfo = Buildinfo::parse(good().as_bytes(), &Limits::strict()).unwrap();
    assert_eq!(buildinfo.source.as_str(), "hello");
    assert_eq!(buildinfo.version.as_str(), "1-2+b1");
    assert_eq!(buildinfo.binaries, ["hello"]);
    assert!(buildinfo.architectures[1].is_source());
    assert_eq!(buildinfo.paragraph.get("Build-Origin"), Some("Debian"));
    let [file] = &buildinfo.checksums[..] else { panic!("one file") };
    assert_eq!((file.name.as_str(), file.size, file.sha1), ("hello_1-2.dsc", 9, None));
    assert_eq!(file.md5.unwrap().to_string(), MD5);
    assert_eq!(file.sha256.to_string(), SHA);
}

#[test]
fn all_errors_come_at_once() {
    assert_eq!(codes("X: y\n"), ["missing-field"; 5]);
    let text = format!("Format: 1.0\nSource: A\nVersion: v\nArchitecture: A\nChecksums-Sha256:\n {SHA} 9\n");
    assert_eq!(codes(&text), ["bad-source", "bad-version", "bad-architecture", "bad-file-line"]);
    assert_eq!(codes(""), ["malformed"]);
}

#[test]
fn lists_that_disagree_are_named() {
    assert_eq!(codes(&good().replace(&format!("{MD5} 9"), &format!("{MD5} 8"))), ["checksums-mismatch"]);
    let sha1 = format!("Checksums-Sha1:\n {} 9 other\nFormat", "0".repeat(40));
    assert_eq!(codes(&good().replacen("Format", &sha1, 1)), ["checksums-mismatch"; 2]);
}
