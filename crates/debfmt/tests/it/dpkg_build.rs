//! The files of a package that dpkg-buildpackage has built.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use debfmt::buildinfo::Buildinfo;
use debfmt::changes::Changes;
use debfmt::deb822;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::dsc::{Dsc, SourceFormat};
use debfmt::limits::Limits;
use debfmt::names::FileName;
use debfmt::{packages, sources};

use crate::support::{files_ending, program, read, stdout};

const CONTROL: &str = "# A comment.
Source: hello-test
Section: universe/misc
Priority: optional
Maintainer: Test <test@example.org>
Rules-Requires-Root: no
Standards-Version: 4.6.2
# Another.
Build-Depends: debhelper-compat (= 13),
# In the middle of a field.
 libfoo-dev [linux-any] <!nocheck>,

Package: hello-test
Architecture: all
Depends: dpkg (>= 1.20),
 ${misc:Depends}
Description: a package for a test
 With some more words.
 .
 And a second paragraph.
";

const RULES: &str = "#!/usr/bin/make -f
clean build build-arch build-indep binary-arch:
binary binary-indep:
\tmkdir -p debian/tmp/DEBIAN
\tdpkg-gencontrol -phello-test -Pdebian/tmp -Vmisc:Depends=
\tdpkg-deb --root-owner-group -Znone --build debian/tmp ..
";

struct Build {
    directory: tempfile::TempDir,
}

impl Build {
    /// Builds source and binary package, unsigned.
    fn of(format: SourceFormat, version: &str, upstream: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join(format!("hello-test-{upstream}"));
        std::fs::create_dir_all(tree.join("debian/source")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(tree.join(name), text).unwrap();
        write("README", "hello\n");
        if format != SourceFormat::V3Native {
            let archive = format!("hello-test_{upstream}.orig.tar.gz");
            let mut tar = program("tar");
            tar.current_dir(directory.path()).args(["--exclude=debian", "-czf", &archive]);
            stdout(tar.arg(tree.file_name().unwrap()));
        }
        write("debian/source/format", &format!("{format}\n"));
        write("debian/control", CONTROL);
        write("debian/rules", RULES);
        std::fs::set_permissions(tree.join("debian/rules"), PermissionsExt::from_mode(0o755)).unwrap();
        let changelog = format!(
            "hello-test ({version}) noble; urgency=low\n\n  * First.\n\n -- Test <test@example.org>  Tue, 24 Nov 2026 05:52:44 +0000\n"
        );
        write("debian/changelog", &changelog);
        stdout(program("dpkg-buildpackage").current_dir(&tree).args(["-us", "-uc", "-d", "-sa"]));
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The one file whose name ends so.
    fn one(&self, end: &str) -> (FileName, Vec<u8>) {
        let files = files_ending(&self.directory.path().to_string_lossy(), end);
        let [path] = &files[..] else { panic!("{files:?}") };
        (file_name(path), read(path))
    }
}

fn file_name(path: &Path) -> FileName {
    FileName::parse(path.file_name().unwrap().to_str().unwrap()).unwrap()
}

fn limits() -> Limits {
    Limits::default()
}

fn builds() -> [(SourceFormat, Build, usize); 3] {
    [
        (SourceFormat::V1, Build::of(SourceFormat::V1, "1:1.0-1", "1.0"), 2),
        (SourceFormat::V3Native, Build::of(SourceFormat::V3Native, "1.0", "1.0"), 1),
        (SourceFormat::V3Quilt, Build::of(SourceFormat::V3Quilt, "1:1.0~rc1-1", "1.0~rc1"), 2),
    ]
}

#[test]
fn all_that_dpkg_makes_is_read() {
    for (format, build, files) in builds() {
        let (dsc_name, dsc_text) = build.one(".dsc");
        let dsc = Dsc::parse(&dsc_text, &limits()).unwrap();
        assert_eq!((dsc.format, dsc.files.len()), (format, files));
        for file in &dsc.files {
            let sums = Checksums::of(&read(build.path(file.name.as_str())), Algorithms::ALL);
            assert_eq!((file.size, Some(file.md5), file.sha1), (sums.size, sums.md5, sums.sha1));
            assert_eq!(file.sha256, Some(sums.sha256));
        }

        let changes = Changes::parse(&build.one(".changes").1, &limits()).unwrap();
        assert_eq!(changes.version.as_str(), dsc.version.as_str());
        assert_eq!(changes.files.len(), files + 3, "the .dsc, the .deb and the .buildinfo");
        assert!(changes.files.iter().all(|file| file.sha256.is_some() && file.section == "universe/misc"));
        assert!(changes.files.iter().any(|file| file.name == dsc_name));

        let buildinfo = Buildinfo::parse(&build.one(".buildinfo").1, &limits()).unwrap();
        assert_eq!(buildinfo.source, dsc.source);
        assert!(buildinfo.checksums.iter().any(|file| file.name == dsc_name));
    }
}

#[test]
fn a_stanza_of_the_source_package_is_what_apt_wants() {
    let build = Build::of(SourceFormat::V3Quilt, "1.0-1", "1.0");
    let (name, text) = build.one(".dsc");
    let dsc = Dsc::parse(&text, &limits()).unwrap();
    let lists = sources::file_lists(&dsc, &name, &Checksums::of(&text, Algorithms::ALL));
    let tail =
        sources::SourceTail { section: "misc", priority: "optional", directory: "", file_lists: &lists };
    let mut ours = Vec::new();
    sources::write_stanza(&mut ours, &sources::stanza_body(&dsc), &tail);
    let ours = deb822::parse_single(&ours, &limits()).unwrap();

    let apt = stdout(program("apt-ftparchive").current_dir(build.directory.path()).args(["sources", "."]));
    let apt = deb822::parse_single(&apt, &limits()).unwrap();
    for (field, value) in
        apt.iter().filter(|(field, _)| !["Directory", "Priority", "Section"].contains(field))
    {
        if field == "Checksums-Sha512" {
            continue;
        }
        let lines = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::trim).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(ours.get(field).map(lines), Some(lines(value)), "{field}");
    }
}

#[test]
fn a_stanza_of_the_binary_package_is_what_apt_wants() {
    let build = Build::of(SourceFormat::V3Native, "1.0", "1.0");
    let (name, bytes) = build.one(".deb");
    let control = stdout(program("dpkg-deb").arg("--field").arg(build.path(name.as_str())));
    let control = deb822::parse_single(&control, &limits()).unwrap();
    let checksums = Checksums::of(&bytes, Algorithms::ALL);
    let filename = format!("./{name}");
    let tail = packages::StanzaTail {
        section: control.get("Section").unwrap(),
        priority: control.get("Priority").unwrap(),
        filename: &filename,
        checksums: &checksums,
        phased_update_percentage: None,
    };
    let mut ours = Vec::new();
    packages::write_stanza(&mut ours, &packages::stanza_body(&control), &tail);
    let ours = deb822::parse_single(&ours, &limits()).unwrap();

    let apt = stdout(program("apt-ftparchive").current_dir(build.directory.path()).args(["packages", "."]));
    let apt = deb822::parse_single(&apt, &limits()).unwrap();
    let sorted = |paragraph: &deb822::Paragraph| {
        let mut fields: Vec<_> = paragraph.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        fields.sort();
        fields
    };
    assert_eq!(sorted(&ours), sorted(&apt));
}

#[test]
fn a_control_file_with_comments_is_read() {
    let paragraphs = deb822::parse_with_comments(CONTROL.as_bytes(), &limits()).unwrap();
    assert_eq!(paragraphs.len(), 2);
    let depends = paragraphs[0].get("Build-Depends").unwrap();
    let relations = debfmt::relations::Relations::parse(depends).unwrap();
    assert_eq!(relations.to_string(), "debhelper-compat (= 13), libfoo-dev [linux-any] <!nocheck>");
}
