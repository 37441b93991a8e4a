//! The indexes of a real archive, as apt has fetched them.

use debfmt::clearsign::{self, Document};
use debfmt::deb822::Paragraph;
use debfmt::digest::{Checksums, Md5, Sha1, Sha256};
use debfmt::limits::Limits;
use debfmt::packages::{self, StanzaTail};
use debfmt::relations::Relations;
use debfmt::release::Release;
use debfmt::version::Version;

use crate::dpkg_status::RELATION_FIELDS;
use crate::support::{files_ending, program, read, stdout};

const LISTS: &str = "/var/lib/apt/lists";

/// The stanzas of all packages that apt knows, as the archive wrote them.
fn available() -> (String, Vec<Paragraph>) {
    let text = stdout(program("apt-cache").arg("dumpavail"));
    let stanzas = packages::parse_stanzas(&text, &Limits::index()).unwrap();
    assert!(stanzas.len() > 50, "run `apt-get update` first");
    (String::from_utf8(text).unwrap(), stanzas)
}

#[test]
fn every_in_release_is_split_parsed_and_rendered() {
    let files = files_ending(LISTS, "_InRelease");
    let mut seen = 0;
    for path in files {
        let Document::Signed(signed) = clearsign::split(&read(&path), &Limits::index()).unwrap() else {
            panic!("{} is not signed", path.display());
        };
        // Others' archives have names of their own for things, `x86_64` among them.
        if !String::from_utf8_lossy(&signed.payload).contains("\nOrigin: Debian")
            && !signed.payload.starts_with(b"Origin: Debian")
        {
            continue;
        }
        seen += 1;
        let release = Release::parse(&signed.payload, &Limits::index()).unwrap();
        assert!(release.files.len() > 10 && release.acquire_by_hash, "{}", path.display());
        let rendered = release.render();
        assert_eq!(Release::parse(rendered.as_bytes(), &Limits::index()), Ok(release));
        // Debian's lists have our form and our order.
        let list = |text: &str| text.split_once("\nSHA256:").map(|(_, list)| list.to_owned());
        assert_eq!(
            list(&rendered),
            list(std::str::from_utf8(&signed.payload).unwrap()),
            "{}",
            path.display()
        );
    }
    assert!(seen > 0, "run `apt-get update` first");
}

#[test]
fn every_available_version_and_relation_is_read() {
    for stanza in available().1 {
        Version::parse(stanza.get("Version").unwrap()).unwrap();
        for value in RELATION_FIELDS.iter().filter_map(|name| stanza.get(name)) {
            let relations = Relations::parse(value).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!(Relations::parse(&relations.to_string()), Ok(relations));
        }
    }
}

/// The stanza that we would write for a package, if all fields were in its control file.
fn rewritten(stanza: &Paragraph) -> Option<String> {
    let get = |name| stanza.get(name);
    let checksums = Checksums {
        size: get("Size")?.parse().ok()?,
        sha256: Sha256::from_hex(get("SHA256")?).ok()?,
        md5: get("MD5sum").and_then(|digest| Md5::from_hex(digest).ok()),
        sha1: get("SHA1").and_then(|digest| Sha1::from_hex(digest).ok()),
        sha512: None,
    };
    let tail = StanzaTail {
        section: get("Section")?,
        priority: get("Priority")?,
        filename: get("Filename")?,
        checksums: &checksums,
        phased_update_percentage: None,
    };
    let mut out = Vec::new();
    packages::write_stanza(&mut out, &packages::stanza_body(stanza), &tail);
    String::from_utf8(out).ok()
}

#[test]
fn debians_stanzas_are_written_as_debian_writes_them() {
    let (text, stanzas) = available();
    let mut compared = 0;
    for (original, stanza) in text.split_terminator("\n\n").zip(&stanzas) {
        // The order is that of the archive software that writes MD5sum; another writes the security archive.
        if !stanza.contains("MD5sum") {
            continue;
        }
        // Debian's archive keeps blanks at line ends, which mean nothing.
        let original: String = original.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        assert_eq!(rewritten(stanza), Some(original));
        compared += 1;
    }
    assert!(compared > 50, "run `apt-get update` first");
}
