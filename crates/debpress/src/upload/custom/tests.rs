//! The table of types, and the bounds of what is unpacked.

use std::convert::Infallible;

use debfmt::builder::TarWriter;
use debfmt::compress::{Compression, Encoder};
use debfmt::digest::Md5;
use debfmt::limits::Limits;

use super::*;
use crate::model::custom::SafePath;

fn file(section: &str, name: &str) -> ChangesFile {
    ChangesFile {
        name: FileName::parse(name).unwrap(),
        size: 1,
        md5: Md5::from_slice(&[0; 16]).unwrap(),
        sha1: None,
        sha256: None,
        section: section.to_owned(),
        priority: "-".to_owned(),
    }
}

fn seen(section: &str, name: &str) -> String {
    match recognise(&file(section, name)) {
        Ok((kind, Named { architecture, place })) => {
            let architecture = architecture.map_or("-".to_owned(), |architecture| architecture.to_string());
            let place = place.map_or("kept".to_owned(), |Place { directory, contents }| match contents {
                Contents::Version(version) => format!("{directory}/{version}"),
                Contents::Versions => format!("{directory}/*"),
                Contents::Translations => format!("{directory}/Translation-*"),
            });
            format!("{kind} {architecture} {place}")
        }
        Err(reason) => reason.code.to_owned(),
    }
}

#[test]
fn sections_and_names_say_what_becomes_of_a_file() {
    let cases = [
        ("raw-installer", "debian-installer-images_20230607_amd64.tar.gz"),
        ("universe/raw-installer", "images_1_arm64.tar.gz"),
        ("raw-dist-upgrader", "dist-upgrader_20240101.1_all.tar.gz"),
        ("raw-ddtp-tarball", "translations_universe_20240101.tar.gz"),
        ("raw-uefi", "grub2_2.12-1_amd64.tar.gz"),
        ("raw-signing", "linux_6.8.0-31.31_arm64.tar.gz"),
        ("raw-translations", "hello_1.0-1_amd64_translations.tar.gz"),
        ("raw-translations-static", "anything.xz"),
        ("raw-meta-data", "provenance.json"),
        ("raw-kernel", "linux_1_amd64.tar.gz"),
        ("raw-", "x"),
        ("raw-installer", "images_1_amd64.tar.xz"),
        ("raw-installer", "images_1.tar.gz"),
        ("raw-installer", "images_1_2_amd64.tar.gz"),
        ("raw-installer", "images_x_amd64.tar.gz"),
        ("raw-installer", "images_1_AMD64.tar.gz"),
        ("raw-signing", "_1_amd64.tar.gz_1_amd64.tar.gz".trim_start_matches('_')),
        ("raw-ddtp-tarball", "translations_main_.tar.gz"),
        ("raw-translations", "hello_1.0-1_amd64.tar.gz"),
    ];
    let told = cases.map(|(section, name)| format!("{section} {name}: {}", seen(section, name)));
    insta::assert_snapshot!(told.join("\n"), @r"
    raw-installer debian-installer-images_20230607_amd64.tar.gz: debian-installer amd64 main/installer-amd64/20230607
    universe/raw-installer images_1_arm64.tar.gz: debian-installer arm64 main/installer-arm64/1
    raw-dist-upgrader dist-upgrader_20240101.1_all.tar.gz: dist-upgrader all main/dist-upgrader-all/*
    raw-ddtp-tarball translations_universe_20240101.tar.gz: ddtp-tarball - universe/i18n/Translation-*
    raw-uefi grub2_2.12-1_amd64.tar.gz: uefi amd64 main/uefi/grub2-amd64/2.12-1
    raw-signing linux_6.8.0-31.31_arm64.tar.gz: signing arm64 main/signed/linux-arm64/6.8.0-31.31
    raw-translations hello_1.0-1_amd64_translations.tar.gz: translations amd64 kept
    raw-translations-static anything.xz: static-translations - kept
    raw-meta-data provenance.json: meta-data - kept
    raw-kernel linux_1_amd64.tar.gz: custom.unknown-type
    raw- x: custom.unknown-type
    raw-installer images_1_amd64.tar.xz: custom.bad-file-name
    raw-installer images_1.tar.gz: custom.bad-file-name
    raw-installer images_1_2_amd64.tar.gz: custom.bad-file-name
    raw-installer images_x_amd64.tar.gz: custom.bad-file-name
    raw-installer images_1_AMD64.tar.gz: custom.bad-file-name
    raw-signing 1_amd64.tar.gz_1_amd64.tar.gz: custom.bad-file-name
    raw-ddtp-tarball translations_main_.tar.gz: custom.bad-file-name
    raw-translations hello_1.0-1_amd64.tar.gz: custom.bad-file-name
    ");
}

#[test]
fn a_file_is_custom_by_its_section_alone() {
    assert!(is_custom(&file("raw-installer", "hello_1_amd64.deb")));
    assert!(is_custom(&file("universe/raw-nonsense", "x")));
    for section in ["-", "libs", "rawhide", "universe/libs", "a/b/raw-installer"] {
        assert!(!is_custom(&file(section, "images_1_amd64.tar.gz")), "{section}");
    }
}

#[test]
fn a_queued_file_is_named_as_it_was_when_uploaded() {
    use crate::model::package::PackageFile;
    let checksums = debfmt::digest::Checksums::of(b"", debfmt::digest::Algorithms::SHA256);
    for (section, name) in [
        ("raw-signing", "linux_1_amd64.tar.gz"),
        ("raw-meta-data", "x"),
        ("raw-ddtp-tarball", "t_main_1.tar.gz"),
    ] {
        let (kind, expected) = recognise(&file(section, name)).unwrap();
        let file = PackageFile { name: FileName::parse(name).unwrap(), checksums: checksums.clone() };
        assert_eq!(named(&QueuedCustom { kind, file }), Some(expected));
    }
}

#[test]
fn boot_code_is_looked_at_outside_personal_archives() {
    for purpose in Purpose::ALL {
        for kind in CustomType::ALL {
            let boots = matches!(kind, CustomType::Uefi | CustomType::Signing);
            assert_eq!(needs_person(kind, purpose), boots && purpose != Purpose::Ppa, "{kind} {purpose}");
        }
    }
}

#[test]
fn every_type_has_its_line() {
    for kind in CustomType::ALL {
        assert_eq!(RULES.iter().filter(|rule| rule.kind == kind).count(), 1, "{kind}");
    }
}

fn unpacked(tar: TarWriter, limits: &Limits) -> Result<usize, &'static str> {
    let mut packed = Vec::new();
    let mut encoder = Encoder::new(Compression::Gzip, 1, &mut packed).unwrap();
    std::io::Write::write_all(&mut encoder, &tar.finish()).unwrap();
    encoder.finish().unwrap();
    let (_, named) = recognise(&file("raw-installer", "images_1_amd64.tar.gz")).unwrap();
    let place = named.place.unwrap();
    let tarball =
        unpack::Tarball { kind: CustomType::DebianInstaller, place: &place, bytes: packed.len() as u64 };
    let mut kept = 0;
    let mut keep = |_: &SafePath, content: &mut dyn std::io::Read| {
        kept += std::io::copy(content, &mut std::io::sink()).unwrap_or(0) as usize;
        Ok::<(), Infallible>(())
    };
    match unpack::unpack(packed.as_slice(), &tarball, limits, &mut keep) {
        Ok(_) => Ok(kept),
        Err(unpack::UnpackError::Fault(fault)) => Err(fault.code()),
        Err(unpack::UnpackError::Keep(never)) => match never {},
    }
}

#[test]
fn an_archive_is_unpacked_up_to_its_bounds() {
    let strict = Limits::strict();
    let files = |count: usize| {
        (0..count).fold(TarWriter::new(), |tar, number| tar.file(format!("1/{number}"), b"0123456789"))
    };
    assert_eq!(unpacked(files(32), &strict), Ok(320));
    assert_eq!(unpacked(files(33), &strict), Err("too-many-entries"));
    let large = |bytes: usize| TarWriter::new().file("1/large", &vec![b'x'; bytes]);
    assert_eq!(unpacked(large(200 << 10), &strict), Ok(200 << 10));
    assert_eq!(unpacked(large(300 << 10), &strict), Err("too-large"));
    assert_eq!(unpacked(large(300 << 10), &Limits { tar_entries: 1, ..Limits::default() }), Ok(300 << 10));
}
