//! What the two tar archives may hold.

use super::*;
use crate::deb822::Deb822Error;

#[test]
fn the_control_archive_holds_plain_files_only() {
    let file = || TarWriter::new().file("./control", CONTROL_TEXT);
    let refused = |control: TarWriter| error_of(&with_control(control));
    let unsafe_path = |path: &str| DebError::UnsafePath { member: "control.tar".into(), path: path.into() };
    let not_plain = |path: &str| DebError::NotAPlainFile { member: "control.tar".into(), path: path.into() };

    assert_eq!(refused(file().file("../evil", b"")), unsafe_path("../evil"));
    assert_eq!(refused(file().file("./x/../../evil", b"")), unsafe_path("./x/../../evil"));
    assert_eq!(refused(file().file("/etc/passwd", b"")), unsafe_path("/etc/passwd"));
    assert_eq!(refused(file().file("./sub/file", b"")), not_plain("./sub/file"));
    assert_eq!(refused(file().directory("./sub/")), not_plain("./sub/"));
    assert_eq!(refused(file().symlink("./postinst", "/bin/sh")), not_plain("./postinst"));
    assert_eq!(refused(file().hardlink("./postinst", "./control")), not_plain("./postinst"));
    let device = TarHeader { path: b"./dev", typeflag: b'3', ..TarHeader::default() };
    assert_eq!(refused(file().entry(&device)), not_plain("./dev"));

    let good = with_control(TarWriter::new().directory(".").directory("./").file("control", CONTROL_TEXT));
    assert_eq!(read_default(&good).unwrap().control_members, ["control"]);
}

#[test]
fn there_is_exactly_one_good_control_file() {
    let member = || "control.tar".to_owned();
    let refused = |control: TarWriter| error_of(&with_control(control));
    let text = |text: &[u8]| refused(TarWriter::new().file("./control", text));

    let missing = TarWriter::new().file("./md5sums", b"");
    assert_eq!(refused(missing), DebError::NoControlFile { member: member() });
    // Another spelling of the same name is the same file.
    let two = TarWriter::new().file("./control", CONTROL_TEXT).file("control", b"Package: other\n");
    assert_eq!(refused(two), DebError::DuplicateControlFile { member: member(), name: "control".into() });
    let files = (0..1025).fold(TarWriter::new(), |tar, n| tar.file(format!("./{n}"), b""));
    assert_eq!(refused(files), DebError::TooManyControlFiles { member: member(), limit: 1024 });

    assert_eq!(text(b""), DebError::Control(Deb822Error::Empty));
    assert!(matches!(text(b"Package: caf\xe9\n"), DebError::Control(Deb822Error::NotUtf8 { line: 1, .. })));
    assert!(matches!(
        text(b"Package: a\n\nPackage: b\n"),
        DebError::Control(Deb822Error::MoreThanOneParagraph { .. })
    ));

    let limits = Limits::strict();
    let large = with_control(TarWriter::new().file("./control", &vec![b'x'; 5000]));
    let expected = DebError::ControlTooLarge { limit: limits.text_bytes };
    assert_eq!(read(large.as_slice(), &limits).unwrap_err(), expected);
}

#[test]
fn paths_in_the_data_stay_below_the_root() {
    let refused = |data: TarWriter| read_default(&with_data(data)).unwrap_err();
    let unsafe_path = |path: &str| DebError::UnsafePath { member: "data.tar".into(), path: path.into() };
    for path in ["/etc/passwd", "../x", "./usr/../../x", "./..", "//x"] {
        assert_eq!(refused(TarWriter::new().file(path, b"")), unsafe_path(path));
    }
    assert_eq!(
        refused(TarWriter::new().hardlink("./x", "../../etc/passwd")),
        unsafe_path("../../etc/passwd")
    );
    assert_eq!(refused(TarWriter::new().hardlink("./x", "/etc/passwd")), unsafe_path("/etc/passwd"));
    assert_eq!(refused(TarWriter::new().symlink("./", "/etc")), unsafe_path("./"));
    // Where symbolic links lead is their own business.
    let links = with_data(TarWriter::new().symlink("./x", "../../etc").symlink("./y", "/etc"));
    assert_eq!(read_default(&links).unwrap().files().count(), 2);
}

#[test]
fn devices_and_odd_names_are_listed_from_the_data() {
    let device = |typeflag| TarHeader { path: b"./dev/x", typeflag, ..TarHeader::default() };
    let data = TarWriter::new()
        .entry(&device(b'3'))
        .entry(&device(b'6'))
        .file(b"./caf\xe9", b"")
        .file("./two\nlines", b"")
        .file("./usr/lib/a\\x2db.slice", b"")
        .file(format!("./{}", "long/".repeat(50)), b"");
    let deb = read_default(&with_data(data)).unwrap();
    assert_eq!((deb.entries[0].kind, deb.entries[1].kind), (DataKind::Device, DataKind::Fifo));
    let files: Vec<&str> = deb.files().skip(2).collect();
    assert_eq!(files, [r"caf\xe9", r"two\x0alines", r"usr/lib/a\x2db.slice"]);
    assert_eq!(deb.entries[5].path, "long/".repeat(50).trim_end_matches('/'));
}

#[test]
fn dpkg_refuses_pax_in_the_data_and_so_do_we() {
    let data = TarWriter::new().pax(&[("path", "./x")]).file("./x", b"");
    let source = TarError::UnsupportedType { offset: 0, typeflag: b'x' };
    assert_eq!(
        read_default(&with_data(data)).unwrap_err(),
        DebError::Tar { member: "data.tar".into(), source }
    );
    let control = TarWriter::new().pax(&[("path", "./control")]).file("./x", CONTROL_TEXT);
    assert_eq!(read_default(&with_control(control)).unwrap().control_members, ["control"]);
}
