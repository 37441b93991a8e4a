//! dpkg-deb and dpkg-source against the builders and the readers.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use debfmt::builder::{ArWriter, BuiltFile, BuiltSource, DebBuilder, SourceBuilder, TarWriter, compress};
use debfmt::compress::Compression;
use debfmt::deb::{self, DataKind, DebFile};
use debfmt::dsc::SourceFormat;
use debfmt::limits::Limits;
use tempfile::TempDir;

const FOR_CONTROL: [Compression; 4] =
    [Compression::None, Compression::Gzip, Compression::Xz, Compression::Zstd];

/// Runs a tool, which must succeed, and returns what it printed.
fn run(directory: &Path, program: &str, arguments: &[&OsStr]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.current_dir(directory).args(arguments).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    output.stdout
}

fn run_text(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    String::from_utf8(run(directory, program, &arguments)).unwrap()
}

fn save(directory: &Path, file: &BuiltFile) -> PathBuf {
    let path = directory.join(&file.name);
    fs::write(&path, &file.bytes).unwrap();
    path
}

fn dpkg_deb(option: &str, path: &Path) -> String {
    run_text(Path::new("/"), "dpkg-deb", &[option, path.to_str().unwrap()])
}

fn read(bytes: &[u8]) -> DebFile {
    deb::read(bytes, &Limits::default()).unwrap()
}

fn package() -> DebBuilder {
    DebBuilder::new("hello", "1:2.0-3", "amd64")
        .section("universe/devel")
        .depends("libc6 (>= 2.36), adduser | systemd-sysusers")
        .description("say hello\n A longer text.\n .\n With a paragraph.")
        .control_file("postinst", b"#!/bin/sh\nexit 0\n")
        .control_file("conffiles", b"/etc/hello.conf\n")
        .file("etc/hello.conf", b"greeting=hello\n")
        .file("usr/bin/hello", b"#!/bin/sh\necho hello\n")
        .file(&format!("usr/share/{}file", "a-long-directory-name/".repeat(12)), b"deep\n")
        .file("usr/share/doc/hello/\u{dc}n\u{ef}code", b"")
        .file("usr/share/doc/hello/large", (0..200_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>())
        .symlink("usr/bin/hi", "hello")
}

/// `dpkg-deb --contents` as (kind, size, path), root directory left out.
fn listed_by_dpkg(path: &Path) -> Vec<(DataKind, u64, String)> {
    let parse = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let mode = words.next().unwrap();
        let size = words.nth(1).unwrap();
        let name = line.split_once(" ./").unwrap().1;
        let (name, kind) = match mode.as_bytes()[0] {
            b'd' => (name.trim_end_matches('/'), DataKind::Directory),
            b'l' => (name.split_once(" -> ").unwrap().0, DataKind::Symlink),
            b'h' => (name.split_once(" link to ").unwrap().0, DataKind::Hardlink),
            b'c' | b'b' => (name, DataKind::Device),
            b'p' => (name, DataKind::Fifo),
            b'-' => (name, DataKind::File),
            other => panic!("dpkg-deb lists an unknown kind {:?}", char::from(other)),
        };
        // Devices show their numbers there.
        (kind, size.parse().unwrap_or(0), name.to_owned())
    };
    dpkg_deb("--contents", path).lines().map(parse).filter(|(_, _, name)| !name.is_empty()).collect()
}

fn listed_by_us(deb: &DebFile) -> Vec<(DataKind, u64, String)> {
    deb.entries.iter().map(|entry| (entry.kind, entry.size, entry.path.clone())).collect()
}

/// Whatever dpkg-deb says about a package, the reader must say.
fn assert_agreement(path: &Path) {
    let deb = read(&fs::read(path).unwrap());
    let field = |name: &str| {
        let text = run_text(Path::new("/"), "dpkg-deb", &["--field", path.to_str().unwrap(), name]);
        text.trim_end().to_owned()
    };
    for name in ["Package", "Version", "Architecture", "Maintainer", "Depends", "Description"] {
        assert_eq!(deb.control.get(name).unwrap_or(""), field(name), "{name} of {}", path.display());
    }
    let info = run_text(Path::new("/"), "dpkg-deb", &["--info", path.to_str().unwrap(), "control"]);
    assert_eq!(deb.control_text, info);
    for member in &deb.control_members {
        run_text(Path::new("/"), "dpkg-deb", &["--info", path.to_str().unwrap(), member]);
    }
    assert_eq!(listed_by_us(&deb), listed_by_dpkg(path));
}

#[test]
fn dpkg_deb_reads_what_the_builder_makes_in_every_compression() {
    let directory = TempDir::new().unwrap();
    for control in FOR_CONTROL {
        for data in Compression::ALL {
            let path =
                save(directory.path(), &package().control_compression(control).compression(data).build());
            let info = dpkg_deb("--info", &path);
            assert!(info.contains("Package: hello"), "{control}, {data}: {info}");
            assert!(info.contains("postinst"), "{control}, {data}: {info}");
            let tar = run(Path::new("/"), "dpkg-deb", &["--fsys-tarfile".as_ref(), path.as_os_str()]);
            assert_eq!(tar.len() % 512, 0);
            assert_agreement(&path);
        }
    }
}

#[test]
fn dpkg_deb_unpacks_what_the_builder_makes() {
    let directory = TempDir::new().unwrap();
    let path = save(directory.path(), &package().build());
    let root = directory.path().join("root");
    run(Path::new("/"), "dpkg-deb", &["--raw-extract".as_ref(), path.as_os_str(), root.as_os_str()]);
    assert_eq!(fs::read(root.join("etc/hello.conf")).unwrap(), b"greeting=hello\n");
    assert_eq!(fs::read_link(root.join("usr/bin/hi")).unwrap(), Path::new("hello"));
    let sums = run_text(&root, "md5sum", &["--check", "--strict", "DEBIAN/md5sums"]);
    assert_eq!(sums.lines().count(), 5);
}

#[test]
fn we_read_what_dpkg_deb_makes() {
    let directory = TempDir::new().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("DEBIAN")).unwrap();
    fs::create_dir_all(root.join("usr/share").join("long-name-".repeat(20))).unwrap();
    fs::write(root.join("DEBIAN/control"), package().control_text()).unwrap();
    fs::write(root.join("usr/share").join("long-name-".repeat(20)).join("file"), "content").unwrap();
    fs::hard_link(
        root.join("usr/share").join("long-name-".repeat(20)).join("file"),
        root.join("usr/share/other"),
    )
    .unwrap();
    std::os::unix::fs::symlink("t/".repeat(90), root.join("usr/share/link")).unwrap();
    for compression in ["-Znone", "-Zgzip", "-Zxz", "-Zzstd"] {
        for uniform in ["--uniform-compression", "--no-uniform-compression"] {
            let path = directory.path().join(format!("x{compression}{uniform}.deb"));
            let arguments = [compression, uniform, "--root-owner-group", "--build"].map(OsStr::new);
            let paths = [root.as_os_str(), path.as_os_str()];
            run(Path::new("/"), "dpkg-deb", &[&arguments[..], &paths[..]].concat());
            assert_agreement(&path);
        }
    }
}

#[test]
fn dpkg_refuses_the_same_kinds_of_headers_in_the_data() {
    let directory = TempDir::new().unwrap();
    let control = TarWriter::new().file("./control", package().control_text().as_bytes()).finish();
    let package = |data: TarWriter| {
        let data = data.finish();
        let ar = ArWriter::new().member("debian-binary", b"2.0\n").member("control.tar", &control);
        ar.member("data.tar", &data).finish()
    };
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("var/lib/dpkg/updates")).unwrap();
    fs::create_dir_all(root.join("var/lib/dpkg/info")).unwrap();
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    let unpacks = |bytes: &[u8]| {
        let path = directory.path().join("x.deb");
        fs::write(&path, bytes).unwrap();
        let root = format!("--root={}", root.display());
        let arguments = [&root, "--force-not-root", "--force-all", "--unpack"];
        let output = Command::new("dpkg").args(arguments).arg(&path).env("LC_ALL", "C.UTF-8").output();
        output.unwrap().status.success()
    };
    let good = package(TarWriter::new().directory("./").file("./x", b""));
    assert!(unpacks(&good) && deb::read(good.as_slice(), &Limits::default()).is_ok());
    for bad in [
        TarWriter::new().pax(&[("path", "./x")]).file("./x", b""),
        TarWriter::new().extension(b'S', b"").file("./x", b""),
    ] {
        let bytes = package(bad);
        assert!(deb::read(bytes.as_slice(), &Limits::default()).is_err());
        assert!(!unpacks(&bytes));
    }
}

fn source(version: &str, format: SourceFormat, compression: Compression) -> SourceBuilder {
    SourceBuilder::new("hello", version)
        .format(format)
        .compression(compression)
        .binary("hello", "any")
        .binary("hello-doc", "all")
        .file("hello.c", b"int main(void) { return 0; }\n")
        .file("src/deep/er/file", b"content\n")
        .file("debian/patches/series", b"# none\n")
}

/// Unpacks with dpkg-source and returns the directory.
fn unpack(directory: &Path, source: &BuiltSource) -> PathBuf {
    for file in &source.files {
        save(directory, file);
    }
    let dsc = save(directory, &source.dsc);
    let to = directory.join("unpacked");
    let arguments = ["--no-check".as_ref(), "-x".as_ref(), dsc.as_os_str(), to.as_os_str()];
    run(directory, "dpkg-source", &arguments);
    to
}

#[test]
fn dpkg_source_unpacks_every_format_and_compression() {
    use SourceFormat::{V1, V3Native, V3Quilt};
    let modern = [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Lzma];
    let gzip = [Compression::Gzip];
    let cases: [(&str, SourceFormat, &[Compression]); 5] = [
        ("1.0", V1, &gzip),
        ("1:1.0-2", V1, &gzip),
        ("1.0", V3Native, &modern),
        ("1:1.0-rc1-2", V3Quilt, &modern),
        ("1.0+dfsg~1-0ubuntu1", V3Quilt, &modern),
    ];
    for (version, format, compressions) in cases {
        for compression in compressions {
            let directory = TempDir::new().unwrap();
            let built = source(version, format, *compression).build();
            let tree = unpack(directory.path(), &built);
            let read = |path: &str| fs::read_to_string(tree.join(path)).unwrap();
            assert_eq!(read("hello.c"), "int main(void) { return 0; }\n");
            assert_eq!(read("src/deep/er/file"), "content\n");
            assert!(read("debian/control").contains("Package: hello-doc"));
            let changelog = run_text(&tree, "dpkg-parsechangelog", &["--show-field", "Version"]);
            assert_eq!(changelog.trim_end(), version, "{format:?}");
        }
    }
}

#[test]
fn dpkg_source_makes_the_same_fields_as_the_builder() {
    let directory = TempDir::new().unwrap();
    let built = source("1.0-2", SourceFormat::V3Quilt, Compression::Xz).build();
    let tree = unpack(directory.path(), &built);
    run(&tree, "dpkg-source", &["-b".as_ref(), ".".as_ref()]);
    let theirs = fs::read(directory.path().join("hello_1.0-2.dsc")).unwrap();
    let parse = |text: &[u8]| debfmt::deb822::parse_single(text, &Limits::default()).unwrap();
    let (theirs, ours) = (parse(&theirs), parse(&built.dsc.bytes));
    let names = |paragraph: &debfmt::deb822::Paragraph| {
        paragraph.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&theirs), names(&ours));
    for name in ["Format", "Source", "Binary", "Architecture", "Version", "Maintainer", "Package-List"] {
        assert_eq!(theirs.get(name), ours.get(name), "{name}");
    }
}

#[test]
fn the_compressors_programs_read_what_we_compress() {
    let directory = TempDir::new().unwrap();
    let content: Vec<u8> = (0..100_000u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
    for (compression, program) in [
        (Compression::Gzip, "gzip"),
        (Compression::Bzip2, "bzip2"),
        (Compression::Xz, "xz"),
        (Compression::Lzma, "xz"),
        (Compression::Zstd, "zstd"),
    ] {
        let path = directory.path().join(format!("file{}", compression.suffix()));
        fs::write(&path, compress(compression, &content)).unwrap();
        let arguments = ["-d".as_ref(), "-c".as_ref(), path.as_os_str()];
        assert_eq!(run(directory.path(), program, &arguments), content, "{compression}");
    }
}
