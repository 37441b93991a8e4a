use super::*;
use crate::digest::Algorithms;

/// The control file of a package, in the order in which dpkg-gencontrol writes fields.
const CONTROL: &str = "Package: libfoo1\nSource: foo (1.0-1)\nVersion: 1.0-1+b1\nArchitecture: amd64\n\
    Maintainer: A <a@example.org>\nInstalled-Size: 40\nPre-Depends: dpkg (>= 1.15)\nDepends: libc6 (>= 2.36)\n\
    Recommends: bar\nSuggests: baz\nConflicts: old\nBreaks: older\nReplaces: oldest\nProvides: foo\n\
    Section: libs\nPriority: optional\nMulti-Arch: same\nHomepage: https://example.org/\n\
    Description: a library\n It does things.\n .\n  Verbatim.\nX-Second: 2\nX-First: 1\nBuilt-Using: gcc (= 12)\n\
    Filename: ../../etc/passwd\nSHA256: lie\nsize: 0\n";

fn control() -> Paragraph {
    deb822::parse_single(CONTROL.as_bytes(), &Limits::default()).unwrap()
}

fn tail(checksums: &Checksums) -> StanzaTail<'_> {
    StanzaTail {
        section: "universe/libs",
        priority: "extra",
        filename: "pool/universe/f/foo/libfoo1_1.0-1+b1_amd64.deb",
        checksums,
        phased_update_percentage: None,
    }
}

fn stanza(tail: &StanzaTail<'_>) -> String {
    let mut out = Vec::new();
    write_stanza(&mut out, "Package: x\n", tail);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_body_has_debians_order_and_nothing_that_the_archive_decides() {
    let expected = "Package: libfoo1\nSource: foo (1.0-1)\nVersion: 1.0-1+b1\nInstalled-Size: 40\n\
        Maintainer: A <a@example.org>\nArchitecture: amd64\nReplaces: oldest\nProvides: foo\nDepends: libc6 (>= 2.36)\n\
        Pre-Depends: dpkg (>= 1.15)\nRecommends: bar\nSuggests: baz\nConflicts: old\nBreaks: older\n\
        Description: a library\n It does things.\n .\n  Verbatim.\nMulti-Arch: same\nHomepage: https://example.org/\n\
        Built-Using: gcc (= 12)\nX-Second: 2\nX-First: 1\n";
    assert_eq!(stanza_body(&control()), expected);
}

#[test]
fn the_tail_has_the_digests_that_are_known() {
    let sums = Checksums::of(b"abc", Algorithms::ALL);
    let expected = format!(
        "Package: x\nSection: universe/libs\nPriority: extra\n\
         Filename: pool/universe/f/foo/libfoo1_1.0-1+b1_amd64.deb\nSize: 3\nMD5sum: {}\nSHA1: {}\nSHA256: {}\n\
         SHA512: {}\nPhased-Update-Percentage: 30\n",
        sums.md5.unwrap(),
        sums.sha1.unwrap(),
        sums.sha256,
        sums.sha512.unwrap()
    );
    assert_eq!(stanza(&StanzaTail { phased_update_percentage: Some(30), ..tail(&sums) }), expected);
    let sums = Checksums::of(b"abc", Algorithms::SHA256);
    let text = stanza(&tail(&sums));
    assert!(text.ends_with(&format!("Size: 3\nSHA256: {}\n", sums.sha256)), "{text}");
}

#[test]
fn body_and_tail_make_one_paragraph() {
    let sums = Checksums::of(b"abc", Algorithms::INDEX);
    let mut out = Vec::new();
    write_stanza(&mut out, &stanza_body(&control()), &tail(&sums));
    out.push(b'\n');
    write_stanza(&mut out, &stanza_body(&control()), &tail(&sums));
    let stanzas = parse_stanzas(&out, &Limits::default()).unwrap();
    assert_eq!(stanzas.len(), 2);
    assert_eq!(stanzas[1].get("Section"), Some("universe/libs"));
    assert_eq!(stanzas[1].get("Filename"), Some(tail(&sums).filename));
    assert_eq!(stanzas[1].get("Description"), control().get("Description"));
}

/// A description and the digest that Debian's archive gives it.
#[test]
fn the_digest_of_a_description_is_debians() {
    let description = "example package based on GNU hello\n The GNU hello program produces a familiar, friendly greeting.  It\n allows non-programmers to use a classic computer science tool which\n would otherwise be unavailable to them.\n .\n Seriously, though: this is an example of how to do a Debian package.\n It is the Debian version of the GNU Project's `hello world' program\n (which is itself an example for the GNU Project).";
    let whole = description_md5(description);
    let control = format!("Package: hello\nDescription: {description}\n");
    let control = deb822::parse_single(control.as_bytes(), &Limits::default()).unwrap();
    let expected = format!(
        "Package: hello\nDescription: example package based on GNU hello\nDescription-md5: {whole}\n"
    );
    assert_eq!(stanza_body_with_short_description(&control), expected);
    assert_eq!(whole.to_string(), "c4a4aec43084cfb4a44c959b27e3a6d6");
}

#[test]
fn a_control_file_without_description_keeps_its_body() {
    let control = deb822::parse_single(b"Package: x\n", &Limits::default()).unwrap();
    assert_eq!(stanza_body_with_short_description(&control), stanza_body(&control));
}

#[test]
fn a_body_is_cut_at_its_description() {
    let cut = |body| description_of(body).map(|it| [it.before, it.value, it.after].map(str::to_owned));
    let parts = |parts: [&str; 3]| Some(parts.map(str::to_owned));
    assert_eq!(
        cut("Package: a\nDescription: x\n y\n .\n z\nHomepage: h\n"),
        parts(["Package: a\n", "x\n y\n .\n z\n", "Homepage: h\n"])
    );
    assert_eq!(cut("Description: x\n"), parts(["", "x\n", ""]));
    assert_eq!(cut("Package: a\nDescription:\n y\n"), parts(["Package: a\n", "\n y\n", ""]));
    assert_eq!(cut("Package: a\nX: b\n Description: c\n"), None);
    assert_eq!(cut("Package: a\nDescription-md5: x\n"), None);
}

#[test]
fn a_short_stanza_is_what_a_short_body_makes() {
    for control in [
        "Package: a\nVersion: 1\nDescription: short\n And long.\n .\n Twice.\nHomepage: h\nX-Own: y\n",
        "Package: a\nVersion: 1\nDescription: short\n",
        "Package: a\nVersion: 1\nDescription: short\nDescription-md5: ffffffffffffffffffffffffffffffff\n",
        "Package: a\nVersion: 1\n",
    ] {
        let control = parse_stanzas(control.as_bytes(), &Limits::default()).unwrap().remove(0);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        write_short_stanza(
            &mut ours,
            &stanza_body(&control),
            &tail(&Checksums::of(b"abc", Algorithms::INDEX)),
        );
        write_stanza(
            &mut theirs,
            &stanza_body_with_short_description(&control),
            &tail(&Checksums::of(b"abc", Algorithms::INDEX)),
        );
        let parse = |text: &[u8]| {
            let stanza = parse_stanzas(text, &Limits::default()).unwrap().remove(0);
            let mut fields: Vec<_> = stanza.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            fields.sort();
            fields
        };
        assert_eq!(parse(&ours), parse(&theirs));
    }
}

#[test]
fn a_whole_stanza_has_the_digest_of_its_description_and_no_other() {
    let sums = Checksums::of(b"abc", Algorithms::INDEX);
    let written = |control: &str| {
        let control = parse_stanzas(control.as_bytes(), &Limits::default()).unwrap().remove(0);
        let (mut whole, mut plain) = (Vec::new(), Vec::new());
        write_whole_stanza(&mut whole, &stanza_body(&control), &tail(&sums));
        write_stanza(&mut plain, &stanza_body(&control), &tail(&sums));
        [whole, plain].map(|text| parse_stanzas(&text, &Limits::default()).unwrap().remove(0))
    };
    for own in ["", "Description-md5: ffffffffffffffffffffffffffffffff\n"] {
        let [whole, plain] = written(&format!("Package: a\nDescription: short\n And long.\nX-Own: y\n{own}"));
        let md5 = description_md5("short\n And long.").to_string();
        assert_eq!(whole.get("Description-md5"), Some(md5.as_str()));
        let rest = |stanza: &Paragraph| {
            let fields = stanza.iter().filter(|(name, _)| *name != "Description-md5");
            fields.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
        };
        assert_eq!(rest(&whole), rest(&plain));
    }
    let [whole, plain] = written("Package: a\nVersion: 1\n");
    assert_eq!(whole, plain, "nothing described, no digest");
}
