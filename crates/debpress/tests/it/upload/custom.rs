//! Custom uploads: believed, or refused for what their archives hold.

use debfmt::builder::{BuiltFile, TarHeader, TarWriter};
use debpress::model::permission::{Permission, Power, Scope};
use debpress::model::queue::{QueueDetail, QueueStatus};
use debpress::ports::db::CustomChange;

use super::on_both;
use super::refused::refusal;
use super::review::process;
use super::world::{TODAY, World, deb};
use crate::support::custom::{changes, gzip, installer, tarball};

fn upload(world: &World, version: &str, files: &[(&BuiltFile, &str)]) -> Vec<BuiltFile> {
    let text = changes("custom", version, "noble", files);
    let mut all = vec![world.alice.signed(&text)];
    all.extend(files.iter().map(|(file, _)| (*file).clone()));
    all
}

/// Sends files that are believed.
fn send(world: &World, version: &str, files: &[(&BuiltFile, &str)]) -> QueueDetail {
    world.send("up", &upload(world, version, files));
    let report = world.run();
    assert_eq!((report.rejected.len(), report.failed.len()), (0, 0), "{report:?}");
    world.records.queue_detail(report.accepted[0].item).unwrap().unwrap()
}

/// The codes with which one file is refused; the content store does not get it.
#[track_caller]
fn codes(world: &World, file: &BuiltFile, section: &str) -> Vec<String> {
    let codes = refusal(world, &upload(world, "1", &[(file, section)]));
    assert!(!world.objects.has(&file.bytes), "{}", file.name);
    codes
}

#[test]
fn an_upload_of_custom_files_only_is_accepted() {
    on_both(|world| {
        let (images, notes) =
            (installer("20230607"), BuiltFile { name: "build.json".into(), bytes: b"{}".to_vec() });
        let detail = send(world, "1", &[(&images, "raw-installer"), (&notes, "raw-meta-data")]);
        assert_eq!((detail.item.status, detail.packages.len()), (QueueStatus::Accepted, 0));
        let custom: Vec<String> = detail
            .custom
            .iter()
            .map(|it| format!("{} {} {}", it.kind, it.file.name, it.file.checksums.size))
            .collect();
        let size = images.bytes.len();
        assert_eq!(
            custom,
            [
                "meta-data build.json 2".to_owned(),
                format!("debian-installer debian-installer-images_20230607_amd64.tar.gz {size}")
            ]
        );
        assert!(world.objects.has(&images.bytes) && world.objects.has(&notes.bytes));
    });
}

#[test]
fn what_boots_machines_waits_for_a_person() {
    on_both(|world| {
        let file = tarball("linux_6.8_amd64.tar.gz", TarWriter::new().file("6.8/vmlinuz.efi", b"MZ"));
        assert_eq!(send(world, "1", &[(&file, "raw-signing")]).item.status, QueueStatus::Unapproved);
        // A new package beside it makes the whole new.
        let file = tarball("linux_6.9_amd64.tar.gz", TarWriter::new().file("6.9/vmlinuz.efi", b"MZ"));
        let package = deb("custom", "2");
        let text = debfmt::builder::ChangesBuilder::new("custom", "2", "noble").file(&package);
        let text = text.file_in(&file, "raw-signing", "-").build();
        world.send("both", &[world.alice.signed(&text), package, file]);
        assert_eq!(world.run().accepted[0].status, Some(QueueStatus::New));
    });
}

#[test]
fn a_file_that_is_of_no_type_or_called_wrongly_is_refused() {
    on_both(|world| {
        let file = installer("1");
        assert_eq!(codes(world, &file, "raw-kernel"), ["custom.unknown-type"]);
        let misnamed = BuiltFile { name: "images.tar.gz".into(), ..file.clone() };
        assert_eq!(codes(world, &misnamed, "raw-installer"), ["custom.bad-file-name"]);
        let elsewhere = BuiltFile { name: "images_1_riscv64.tar.gz".into(), ..file.clone() };
        let elsewhere = upload(world, "1", &[(&elsewhere, "raw-installer")]);
        // Without its own directory before it, the archive fits any architecture; with another one it does not.
        assert_eq!(refusal(world, &elsewhere), ["custom.unexpected-entry"]);
        let plain = tarball("images_1_riscv64.tar.gz", TarWriter::new().file("1/boot", b"x"));
        let plain = upload(world, "1", &[(&plain, "raw-installer")]);
        assert_eq!(refusal(world, &plain), ["architecture.unknown"]);
        let texts = tarball("t_universe_1.tar.gz", TarWriter::new().file("Translation-de", b"Package: x\n"));
        let texts = upload(world, "1", &[(&texts, "raw-ddtp-tarball")]);
        assert_eq!(refusal(world, &texts), ["component.unknown"]);
    });
}

#[test]
fn a_file_that_is_not_what_the_changes_says_is_refused() {
    on_both(|world| {
        let mut files = upload(world, "1", &[(&installer("1"), "raw-installer")]);
        *files[1].bytes.last_mut().unwrap() ^= 1;
        assert_eq!(refusal(world, &files), ["file.hash-mismatch"; 3]);
    });
}

#[test]
fn only_who_may_upload_into_the_component_uploads_custom_files() {
    on_both(|world| {
        let mut files = upload(world, "1", &[(&installer("1"), "raw-installer")]);
        let text = changes("only", "1", "noble", &[(&installer("1"), "raw-installer")]);
        files[0] = world.bob.signed(&text);
        assert_eq!(refusal(world, &files), ["permission.component"]);
    });
}

#[test]
fn a_version_that_the_suite_has_is_refused() {
    on_both(|world| {
        let detail = send(world, "1", &[(&installer("7"), "raw-installer")]);
        // Two that wait for the same place are found when the second is accepted: the first may be rejected yet.
        let waiting = send(world, "2", &[(&installer("7"), "raw-installer")]);
        assert_eq!(waiting.item.status, QueueStatus::Accepted);
        let new = debpress::model::custom::NewCustomPublication {
            kind: detail.custom[0].kind,
            directory: "main/installer-amd64".parse().unwrap(),
            version: Some("7".parse().unwrap()),
            files: Vec::new(),
        };
        let change = CustomChange { place: vec![new], supersede: Vec::new() };
        world.records.realise(detail.item.id, &change, "process-accepted", TODAY).unwrap();
        let again = upload(world, "3", &[(&installer("7"), "raw-installer")]);
        assert_eq!(refusal(world, &again), ["custom.version-exists"]);
        let other = BuiltFile { name: "other_8_amd64.tar.gz".into(), ..installer("8") };
        let twice = upload(world, "4", &[(&installer("8"), "raw-installer"), (&other, "raw-installer")]);
        assert_eq!(refusal(world, &twice), ["custom.version-exists"]);
    });
}

#[test]
fn custom_files_count_for_the_size_of_an_archive() {
    on_both(|world| {
        let mut archive = world.records.archives().unwrap().remove(0);
        archive.size_limit = Some(600);
        world.records.update_archive(&archive).unwrap();
        let file = |name: &str| BuiltFile { name: name.into(), bytes: name.repeat(50).into_bytes() };
        send(world, "1", &[(&file("first"), "raw-meta-data")]);
        send(world, "2", &[(&file("other"), "raw-meta-data")]);
        let third = upload(world, "3", &[(&file("third"), "raw-meta-data")]);
        assert_eq!(refusal(world, &third), ["archive.full"]);
    });
}

#[test]
fn a_full_disk_leaves_an_item_accepted_and_the_next_run_places_it() {
    on_both(|world| {
        let detail = send(world, "1", &[(&installer("7"), "raw-installer")]);
        world.objects.set_broken(true);
        let report = process(world);
        assert_eq!(report.done, []);
        assert!(report.failed[0].error.starts_with("cannot unpack debian-installer-images_7"), "{report:?}");
        let suite = detail.item.suite;
        assert_eq!(world.records.custom_publications(suite).unwrap(), []);
        world.objects.set_broken(false);
        let report = process(world);
        assert_eq!((report.done[0].custom, report.failed.len()), (1, 0));
        let placed = world.records.custom_publications(suite).unwrap();
        let paths: Vec<&str> = placed[0].files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["images/MANIFEST", "images/latest", "images/netboot/mini.iso"]);
        assert!(world.objects.has(b"the same in all"), "each file is an object");
    });
}

#[test]
fn of_two_that_wait_for_one_place_the_second_stays_accepted() {
    on_both(|world| {
        send(world, "1", &[(&installer("7"), "raw-installer")]);
        send(world, "2", &[(&installer("7"), "raw-installer")]);
        let report = process(world);
        assert_eq!((report.done.len(), report.failed.len()), (1, 1));
        assert!(report.failed[0].error.contains("main/installer-amd64/7 already"), "{report:?}");
        assert_eq!(world.queue(), ["done custom 1", "accepted custom 2"]);
    });
}

/// Lets a person upload a package, wherever it goes.
fn grant(world: &World, person: &str, package: &str) {
    let package = Some(package.parse().unwrap());
    let scope = Scope { package, ..Scope::default() };
    let permission = Permission { person: person.into(), power: Power::Upload, scope };
    world.records.grant(&permission, "root", TODAY).unwrap();
}

#[test]
fn a_directory_is_not_taken_from_its_source_without_a_right_for_that() {
    on_both(|world| {
        let sign = |source: &str, version: &str| {
            let file = installer(version);
            let text = changes(source, version, "noble", &[(&file, "raw-installer")]);
            vec![world.bob.signed(&text), file]
        };
        // Bob has a right for `only` in another component; now he gets one for it everywhere.
        grant(world, "bob", "only");
        world.send("first", &sign("only", "1"));
        assert_eq!(world.run().rejected, [], "nobody has filled it before");
        process(world);
        send(world, "2", &[(&installer("2"), "raw-installer")]);
        process(world);
        // Alice may upload anything; the directory is hers too from now on.
        assert_eq!(refusal(world, &sign("only", "3")), ["permission.takeover"]);
        grant(world, "bob", "custom");
        world.send("third", &sign("only", "3"));
        assert_eq!(world.run().rejected, []);
    });
}

type Case = (&'static str, TarWriter);

/// Archives that nobody may publish, each with the word of its code.
fn hostile() -> Vec<Case> {
    let tar = || TarWriter::new().file("1/good", b"good");
    let device = TarHeader { path: b"1/null", typeflag: b'3', ..TarHeader::default() };
    let fifo = TarHeader { path: b"1/pipe", typeflag: b'6', ..TarHeader::default() };
    let sparse = TarHeader { path: b"1/sparse", typeflag: b'S', ..TarHeader::default() };
    let far = format!("1/{}", "x/".repeat(700));
    vec![
        ("unsafe-path", tar().file("1/../../evil", b"x")),
        ("unsafe-path", tar().file("../evil", b"x")),
        ("unsafe-path", tar().file("1/a/..", b"x")),
        ("unsafe-path", tar().file("/etc/cron.d/evil", b"x")),
        ("unsafe-path", tar().directory("1/../../evil/")),
        ("unsafe-path", tar().pax(&[("path", "1/../../evil")]).file("1/innocent", b"x")),
        ("unsafe-path", tar().file(".", b"x")),
        ("bad-name", tar().file("1/a\nb", b"x")),
        ("bad-name", tar().file("1/a\\b", b"x")),
        ("bad-name", tar().file(b"1/caf\xe9", b"x")),
        ("path-too-long", tar().file(format!("{far}y"), b"x")),
        ("path-too-long", tar().file(format!("1/{}", "y".repeat(256)), b"x")),
        ("path-too-long", tar().file(format!("1/{}", "y".repeat(5000)), b"x")),
        ("unsafe-link", tar().symlink("1/link", "/etc/passwd")),
        ("unsafe-link", tar().symlink("1/link", "../../../etc/passwd")),
        ("unsafe-link", tar().symlink("1/link", "../current")),
        ("unsafe-link", tar().symlink("1/a/up", "..").symlink("1/out", "a/up/../..")),
        ("unsafe-link", tar().symlink("1/link", b"caf\xe9")),
        ("unsafe-link", tar().pax(&[("linkpath", "/etc")]).symlink("1/link", "good")),
        ("duplicate-entry", tar().symlink("1/dir", "elsewhere").file("1/dir/evil", b"x")),
        ("duplicate-entry", tar().file("1/dir/evil", b"x").symlink("1/dir", "elsewhere")),
        ("duplicate-entry", tar().file("1/good/evil", b"x")),
        ("duplicate-entry", tar().file("1/good", b"again")),
        ("duplicate-entry", tar().file("./1//good", b"again")),
        ("duplicate-entry", tar().file("1/SHA256SUMS/evil", b"x")),
        ("unsupported-entry", tar().hardlink("1/hard", "1/good")),
        ("unsupported-entry", tar().hardlink("1/hard", "/etc/shadow")),
        ("unsupported-entry", tar().entry(&device)),
        ("unsupported-entry", tar().entry(&fifo)),
        ("unsupported-entry", tar().entry(&sparse)),
        ("unexpected-entry", tar().file("2/file", b"x")),
        ("unexpected-entry", tar().file("README", b"x")),
        ("unexpected-entry", tar().file("1", b"x")),
        ("unexpected-entry", tar().directory("elsewhere/")),
        ("unexpected-entry", tar().symlink("installer-arm64", "1")),
        ("empty", TarWriter::new().directory("1/").symlink("current", "1")),
        ("empty", TarWriter::new()),
        ("malformed", tar().raw(&[b'x'; 512])),
        ("truncated", tar().entry(&TarHeader { path: b"1/lie", size: 1 << 40, ..TarHeader::default() })),
        ("trailing-data", tar().raw(&[0; 1024]).raw(&[b'x'; 512])),
    ]
}

#[test]
fn archives_that_nobody_may_publish_are_refused_whole() {
    on_both(|world| {
        for (number, (word, tar)) in hostile().into_iter().enumerate() {
            let file = tarball("images_1_amd64.tar.gz", tar);
            assert_eq!(codes(world, &file, "raw-installer"), [format!("custom.{word}")], "case {number}");
        }
        let tree = world.tree();
        assert!(
            tree.iter().all(|path| path.starts_with("rejected/")),
            "nothing is written elsewhere: {tree:#?}"
        );
    });
}

#[test]
fn compressed_data_that_is_damaged_is_refused() {
    on_both(|world| {
        let good = gzip(&TarWriter::new().file("1/good", &[b'x'; 4096]).finish());
        let file = |bytes: Vec<u8>| BuiltFile { name: "images_1_amd64.tar.gz".into(), bytes };
        let cut = good[..good.len() - 6].to_vec();
        assert_eq!(codes(world, &file(cut), "raw-installer"), ["custom.truncated"]);
        let mut wrong = good.clone();
        let sum = wrong.len() - 7;
        wrong[sum] ^= 1;
        assert_eq!(codes(world, &file(wrong), "raw-installer"), ["custom.corrupt"]);
        let more = [good.as_slice(), b"more than the header of a second one"].concat();
        assert_eq!(codes(world, &file(more), "raw-installer"), ["custom.corrupt"]);
        let plain = TarWriter::new().file("1/good", b"x").finish();
        assert_eq!(codes(world, &file(plain), "raw-installer"), ["custom.corrupt"]);
        assert_eq!(codes(world, &file(b"x".to_vec()), "raw-installer"), ["custom.truncated"]);
    });
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let tar = |tar: TarWriter| tarball("images_1_amd64.tar.gz", tar);
    // Long names need no room when they are compressed.
    let long = |number: usize| format!("1/{}/{number}", "y/".repeat(400));
    let long = (0..11_000).fold(TarWriter::new(), |tar, number| tar.file(long(number), b""));
    let zeros = TarHeader { path: b"1/zeros", size: 80 << 20, ..TarHeader::default() };
    let zeros = TarWriter::new().entry(&zeros).raw(&vec![0; 80 << 20]);
    let bombs = [("too-many-entries", long), ("too-large", zeros)];
    let bombs = bombs.map(|(word, bomb)| (word, tar(bomb)));
    // On the twins only: what is unpacked here reaches no adapter.
    let world = World::memory();
    for (word, bomb) in &bombs {
        assert!(bomb.bytes.len() < 1 << 20);
        assert_eq!(codes(&world, bomb, "raw-installer"), [format!("custom.{word}")]);
    }
}

#[test]
fn each_type_takes_what_belongs_to_it() {
    on_both(|world| {
        let upgrader = "dist-upgrader_1_all.tar.gz";
        let tar = TarWriter::new;
        let good = tar().file("./20240101/noble.tar.gz", b"x").symlink("./current", "20240101");
        let good = good.directory("./20240102/").file("./20240102/noble.tar.gz", b"y");
        send(world, "1", &[(&tarball(upgrader, good), "raw-dist-upgrader")]);
        let named = tarball(upgrader, tar().file("latest/noble.tar.gz", b"x"));
        assert_eq!(codes(world, &named, "raw-dist-upgrader"), ["custom.unexpected-entry"]);
        let below = tar().file("1/noble.tar.gz", b"x").file("1/noble.tar.gz.gpg/x", b"x");
        assert_eq!(codes(world, &tarball(upgrader, below), "raw-dist-upgrader"), ["custom.duplicate-entry"]);

        let texts = "translations_main_1.tar.gz";
        let text = b"Package: hello\nDescription-md5: 0123\nDescription-de: Hallo\n";
        let good = tar().directory("i18n/").file("i18n/Translation-de.gz", &gzip(text));
        let good = good.file("Translation-de", text).file("Translation-pt_BR", text);
        send(world, "2", &[(&tarball(texts, good), "raw-ddtp-tarball")]);
        for bad in ["i18n/Release", "i18n/Translation-", "Translation-de/x", "i18n/i18n/Translation-de", "x"]
        {
            let bad = tarball(texts, tar().file(bad, b"x"));
            assert_eq!(codes(world, &bad, "raw-ddtp-tarball"), ["custom.unexpected-entry"]);
        }
        let bad = [
            tar().file("Translation-de.gz", text),
            tar().file("Translation-de.gz", &gzip(text)[..40]),
            tar().file("Translation-de", b"no paragraph"),
            tar().file("Translation-de", text).file("Translation-de.gz", &gzip(b"Package: other\n")),
            tar().file("Translation-de.gz", &gzip(&vec![b'x'; 33 << 20])),
        ];
        let link = tar().file("Translation-de", text).symlink("Translation-at", "Translation-de");
        let link = tarball(texts, link);
        assert_eq!(codes(world, &link, "raw-ddtp-tarball"), ["custom.unexpected-entry"]);
        for bad in bad {
            let bad = tarball(texts, bad);
            assert_eq!(codes(world, &bad, "raw-ddtp-tarball"), ["custom.bad-translation"]);
        }
        let kept = BuiltFile { name: "hello_1_amd64_translations.tar.gz".into(), bytes: b"not read".into() };
        send(world, "3", &[(&kept, "raw-translations")]);
    });
}
