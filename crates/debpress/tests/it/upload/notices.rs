//! Who hears of an upload, what they read, and who is left in peace.

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};
use debpress::adapters::clock::FixedClock;
use debpress::adapters::memory::mail::MemoryMail;
use debpress::model::mailbox::Mailbox;
use debpress::model::permission::{Permission, Power, Scope};
use debpress::model::queue::QueueStatus;
use debpress::model::suite::{Pocket, SeriesStatus};
use debpress::notice::{Delivery, Post, deliver};
use debpress::ports::mail::Letter;
use debpress::queue::{Audience, Choice, accept, reject};
use debpress::upload::{UploadContext, UploadPolicy, UploadSettings};

use super::on_both;
use super::world::{AT_ONCE, TODAY, World, changes, deb, hello, settings, source};

pub(super) const DAY: i64 = 86_400;

pub(super) fn from() -> Mailbox {
    Mailbox::parse("Debian archive <archive@debian.example>").unwrap()
}

pub(super) fn send(world: &World, mail: &MemoryMail) -> Delivery {
    let (from, bcc) = (from(), Some("admin@debian.example"));
    deliver(world.records.as_ref(), Post { mail, from: &from, bcc }, &FixedClock(world.now)).unwrap()
}

/// What goes out now.
fn letters(world: &World) -> Vec<Letter> {
    let mail = MemoryMail::new();
    assert_eq!(send(world, &mail).failed, []);
    mail.take()
}

/// The same, each as who it goes to, why, and its subject.
fn told(world: &World) -> Vec<String> {
    let line = |letter: Letter| {
        let why = letter.message.headers.iter().find(|(name, _)| name == "X-Debpress-Reason").unwrap();
        format!("{} ({}): {}", letter.to, why.1, letter.message.subject)
    };
    letters(world).into_iter().map(line).collect()
}

/// A source package with these fields in its .changes, signed by alice.
pub(super) fn source_with(
    world: &World,
    (name, version): (&str, &str),
    suite: &str,
    fields: impl Fn(ChangesBuilder) -> ChangesBuilder,
) -> Vec<BuiltFile> {
    let mut built = SourceBuilder::new(name, version).binary(name, "any").build();
    built.dsc = world.alice.signed(&built.dsc);
    let text = fields(ChangesBuilder::new(name, version, suite).source_files(&built)).build();
    [vec![world.alice.signed(&text), built.dsc], built.files].concat()
}

fn choice(world: &World, comment: &str) -> Choice {
    let audience = Some(Audience::read(world.records.as_ref()).unwrap());
    Choice { who: "root".into(), at: TODAY, comment: comment.into(), audience }
}

#[test]
fn whoever_signed_an_upload_hears_what_becomes_of_it() {
    on_both(|world| {
        world.send("up", &source(&world.alice, "hello", "1.0-1"));
        let item = world.run().accepted.remove(0).item;
        let letter = letters(world).remove(0);
        assert_eq!((&letter.from, &*letter.to), (&from(), "alice@example.org"));
        assert_eq!(letter.bcc.as_deref(), Some("admin@debian.example"));
        assert_eq!((letter.date, &*letter.id), (TODAY, "<debpress.notice.1.1780358400@debian.example>"));
        assert_eq!(letter.thread.as_deref(), Some("<debpress.item.1@debian.example>"));
        let attached = letter.message.attachment.as_ref().unwrap();
        assert_eq!(attached.name, "hello_1.0-1_source.changes");
        assert!(attached.text.contains("Source: hello\n") && !attached.text.contains("PGP"), "{attached:?}");
        let headers = letter.message.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let head = format!("Subject: {}\n{}\n", letter.message.subject, headers.collect::<String>());
        insta::assert_snapshot!("new", head + &letter.message.text);

        reject(world.records.as_ref(), item, &choice(world, "debian/copyright is missing")).unwrap();
        accept(world.records.as_ref(), item, &choice(world, "")).unwrap();
        let later = letters(world);
        let heads: Vec<_> = later.iter().map(|letter| letter.message.text.lines().next().unwrap()).collect();
        assert_eq!(
            heads,
            [
                "hello 1.0-1 was rejected from debian/noble by root: debian/copyright is missing",
                "hello 1.0-1 was accepted into debian/noble by root, and will be published soon.",
            ]
        );
        assert!(later.iter().all(|it| it.thread == letter.thread && it.id != letter.id), "one thread");
        assert_eq!(told(world), [""; 0], "everything once");
    });
}

#[test]
fn a_decision_is_told_with_all_that_was_said_about_it() {
    on_both(|world| {
        world.send("up", &source(&world.alice, "hello", "1.0-1"));
        let item = world.run().accepted.remove(0).item;
        told(world);
        let why = format!("Two things:\n\n * {}\n * a \u{7}bell", "much of it ".repeat(100).trim_end());
        reject(world.records.as_ref(), item, &choice(world, &why)).unwrap();
        let text = letters(world).remove(0).message.text;
        let expected = format!(
            "hello 1.0-1 was rejected from debian/noble by root\n\n{}\n\n",
            why.replace('\u{7}', " ")
        );
        assert!(text.starts_with(&expected), "{text}");
    });
}

#[test]
fn whoever_signed_a_refused_upload_hears_every_reason() {
    on_both(|world| {
        let (text, _) = hello("1.0");
        let changed = deb("hello", "1.1");
        let signed = world.alice.signed(&text);
        world.send("up", &[signed, BuiltFile { name: "hello_1.0_amd64.deb".into(), bytes: changed.bytes }]);
        let report = world.run();
        assert_eq!(report.rejected.len(), 1);
        let letter = letters(world).remove(0);
        assert_eq!(letter.message.subject, "[debian/noble] hello 1.0 (Rejected)");
        assert_eq!((letter.to.as_str(), &letter.thread), ("alice@example.org", &None));
        for reason in &report.rejected[0].reasons {
            assert!(letter.message.text.contains(&format!(" * {reason}\n")), "{reason}");
        }
        assert!(letter.message.text.contains("You hear of this because you have signed the upload."));
    });
}

#[test]
fn a_signature_that_proves_who_signed_is_enough_to_tell_them() {
    on_both(|world| {
        world.now = TODAY;
        let (text, deb) = hello("1.0");
        world.send("expired", &[world.eve.signed(&text), deb.clone()]);
        world.run();
        assert_eq!(told(world), ["eve@example.org (signer): [debian] hello_1.0_amd64.changes (Rejected)"]);
        // What anybody could have made.
        world.send("unknown", &[world.mallory.signed(&text), deb.clone()]);
        world.send("unsigned", &[text.clone(), deb.clone()]);
        let mut forged = world.alice.signed(&text);
        let at = forged.bytes.windows(5).position(|window| window == b"hello").unwrap();
        forged.bytes[at] = b'j';
        world.send("forged", &[forged, deb]);
        assert_eq!(world.run().rejected.len(), 3);
        assert_eq!(told(world), [""; 0]);
    });
}

#[test]
fn whoever_sends_a_strangers_upload_again_and_again_bothers_them_once_a_day() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        let signed = world.alice.signed(&text);
        world.send("up", &[signed.clone(), deb.clone()]);
        world.run();
        told(world);
        for number in 0..5 {
            world.send(&format!("again-{number}"), &[signed.clone(), deb.clone()]);
            assert_eq!(world.run().rejected.len(), 1);
        }
        let expected = ["alice@example.org (signer): [debian/noble] hello 1.0 (Rejected)"];
        assert_eq!(told(world), expected);
        world.now = world.now.plus(DAY);
        world.send("tomorrow", &[signed.clone(), deb]);
        world.run();
        assert_eq!(told(world), expected);
        // Another fault is other news.
        world.send("alone", &[signed]);
        world.run();
        assert_eq!(told(world), [""; 0], "the archive has taken it before, which comes first");
    });
}

#[test]
fn what_a_signature_does_not_cover_makes_no_other_upload() {
    on_both(|world| {
        let (text, _) = hello("1.0");
        for (person, address) in [(&world.eve, "eve@example.org"), (&world.alice, "alice@example.org")] {
            let signed = String::from_utf8(person.sign(&text.bytes)).unwrap();
            for (number, end) in ["", " ", "\t", "\r", " \r"].into_iter().enumerate() {
                let bytes = signed.replacen("Version: 1.0", &format!("Version: 1.0{end}"), 1);
                world.send(
                    &format!("again-{number}"),
                    &[BuiltFile { name: text.name.clone(), bytes: bytes.into() }],
                );
                assert_eq!(world.run().rejected.len(), 1);
            }
            let told = told(world);
            assert!(told.len() == 1 && told[0].starts_with(address), "{told:?}");
        }
    });
}

#[test]
fn nobody_is_told_where_nobody_is_to_be_told() {
    on_both(|world| {
        let quiet = UploadSettings { mail: false, ..settings(AT_ONCE) };
        let (text, deb) = hello("1.0");
        world.send("good", &[world.alice.signed(&text), deb]);
        world.send("bad", &[world.alice.signed(&changes("hello", "2.0", &[]))]);
        world.rehearse(&settings(AT_ONCE));
        assert_eq!(told(world), [""; 0], "a rehearsal");
        let report = world.run_by(world.incoming().as_ref(), &quiet);
        assert_eq!((report.accepted.len(), report.rejected.len()), (1, 1));
        let quiet = Choice { audience: None, ..choice(world, "") };
        accept(world.records.as_ref(), report.accepted[0].item, &quiet).unwrap();
        assert_eq!(told(world), [""; 0]);
    });
}

#[test]
fn an_upload_that_is_kept_where_it_lies_is_told_once() {
    on_both(|world| {
        let keep = UploadSettings { keep: true, ..settings(AT_ONCE) };
        let (text, deb) = hello("1.0");
        world.send("good", &[world.alice.signed(&text), deb]);
        world.send("bad", &[world.alice.signed(&changes("hello", "2.0", &[]))]);
        for _ in 0..3 {
            let report = world.run_by(world.incoming().as_ref(), &keep);
            assert_eq!((report.accepted.len(), report.rejected.len(), report.failed), (1, 1, vec![]));
        }
        let expected = [
            "alice@example.org (signer): [debian/noble] hello 2.0 (Rejected)",
            "alice@example.org (signer): [debian/noble] hello 1.0 (New)",
        ];
        assert_eq!(told(world), expected);
    });
}

#[test]
fn who_made_and_who_maintains_a_package_hear_of_it_if_they_might_have_sent_it() {
    on_both(|world| {
        let named = |changed_by: &'static str, maintainer: &'static str| {
            move |builder: ChangesBuilder| builder.changed_by(changed_by).maintainer(maintainer)
        };
        let upload = |world: &World, name, version, changed_by, maintainer| {
            let files = source_with(world, (name, version), "noble", named(changed_by, maintainer));
            world.send(&format!("{name}-{version}"), &files);
            assert_eq!(world.run().accepted.len(), 1);
            told(world)
        };
        // Eve may upload anything, bob only `only` in extra; the stranger is nobody here.
        let eve = "Eve <EVE@example.org>";
        assert_eq!(
            upload(world, "hello", "1.0", eve, "Stranger <stranger@debian.example>"),
            [
                "alice@example.org (signer): [debian/noble] hello 1.0 (New)",
                "eve@example.org (changed-by): [debian/noble] hello 1.0 (New)",
            ]
        );
        assert_eq!(
            upload(world, "world", "1.0", "Bob <bob@example.org>", eve),
            [
                "alice@example.org (signer): [debian/noble] world 1.0 (New)",
                "eve@example.org (maintainer): [debian/noble] world 1.0 (New)",
            ]
        );
        assert_eq!(
            upload(world, "only", "1.0", "Bob <bob@example.org>", "Alice <alice@example.org>"),
            [
                "alice@example.org (signer): [debian/noble] only 1.0 (New)",
                "bob@example.org (changed-by): [debian/noble] only 1.0 (New)",
            ],
            "each once, with the first reason"
        );
    });
}

/// Alice may upload there by name, eve anywhere but there.
#[test]
fn who_might_not_have_sent_a_security_update_does_not_hear_of_it() {
    on_both(|world| {
        let scope = Scope { pocket: Some(Pocket::Security), ..Scope::default() };
        let permission = Permission { person: "alice".into(), power: Power::Upload, scope };
        world.records.grant(&permission, "root", TODAY).unwrap();
        world.set_status(SeriesStatus::Current);
        let by_eve = |it: ChangesBuilder| it.changed_by("Eve <eve@example.org>");
        world.send("up", &source_with(world, ("hello", "1.0"), "noble-security", by_eve));
        assert_eq!(world.run().rejected, []);
        assert_eq!(told(world), ["alice@example.org (signer): [debian/noble-security] hello 1.0 (New)"]);
    });
}

#[test]
fn people_who_share_an_address_hear_what_one_of_them_may_hear() {
    on_both(|world| {
        let mail = Some("eve@example.org");
        world.records.set_mail("bob", mail).unwrap();
        let by_eve = |it: ChangesBuilder| it.changed_by("Eve <eve@example.org>");
        world.send("up", &source_with(world, ("hello", "1.0"), "noble", by_eve));
        world.run();
        let expected = [
            "alice@example.org (signer): [debian/noble] hello 1.0 (New)",
            "eve@example.org (changed-by): [debian/noble] hello 1.0 (New)",
        ];
        assert_eq!(told(world), expected);
    });
}

#[test]
fn a_refused_upload_bothers_nobody_but_who_signed_it() {
    on_both(|world| {
        let mut files =
            source_with(world, ("hello", "1.0"), "noble", |it| it.changed_by("Eve <eve@example.org>"));
        files.truncate(2);
        world.send("up", &files);
        assert_eq!(world.run().rejected.len(), 1);
        assert_eq!(told(world), ["alice@example.org (signer): [debian/noble] hello 1.0 (Rejected)"]);
    });
}

#[test]
fn personal_archives_tell_those_who_hold_a_permission_for_them() {
    on_both(|world| {
        let archive = world.add_archive("~ann/debian/tools");
        world.records.set_team("friends", &["bob".to_owned()].into()).unwrap();
        let scope = Scope { archive: Some(archive), ..Scope::default() };
        let permission = Permission { person: "friends".into(), power: Power::Upload, scope };
        world.records.grant(&permission, "root", TODAY).unwrap();
        for (version, notify) in [("1.0", "no"), ("1.1", "yes")] {
            let files = source_with(world, ("hello", version), "noble", |it| {
                it.changed_by("Eve <eve@example.org>").field("Launchpad-Notify-Changed-By", notify)
            });
            for file in files {
                world.put(&format!("incoming/~ann/debian/tools/up/{}", file.name), &file.bytes);
            }
            assert_eq!(world.run().accepted.len(), 1);
        }
        let expected = [
            "alice@example.org (signer): [~ann/debian/tools/noble] hello 1.0 (Accepted)",
            "bob@example.org (permission): [~ann/debian/tools/noble] hello 1.0 (Accepted)",
            "alice@example.org (signer): [~ann/debian/tools/noble] hello 1.1 (Accepted)",
            "bob@example.org (permission): [~ann/debian/tools/noble] hello 1.1 (Accepted)",
            "eve@example.org (changed-by): [~ann/debian/tools/noble] hello 1.1 (Accepted)",
        ];
        assert_eq!(told(world), expected);
    });
}

#[test]
fn machines_are_silent_until_something_is_wrong() {
    on_both(|world| {
        let buildd =
            UploadSettings { policy: UploadPolicy::of(UploadContext::Buildd, true), ..settings(AT_ONCE) };
        let run = |world: &World| {
            let report = world.run_by(world.incoming().as_ref(), &buildd);
            (report.accepted.len(), report.rejected.len())
        };
        let by_alice = |builder: ChangesBuilder| builder.changed_by("Alice <alice@example.org>");
        let built = |version: &str| {
            let deb = deb("hello", version);
            let text = by_alice(ChangesBuilder::new("hello", version, "noble").file(&deb)).build();
            [text, deb]
        };
        world.send("source", &source_with(world, ("hello", "1.0"), "noble", by_alice));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        told(world);
        world.send("built", &built("1.0"));
        assert_eq!(run(world), (1, 0));
        assert_eq!(told(world), [""; 0]);
        world.send("early", &built("1.1"));
        assert_eq!(run(world), (0, 1));
        assert_eq!(told(world), ["alice@example.org (changed-by): [debian/noble] hello 1.1 (Rejected)"]);
    });
}

#[test]
fn language_packs_come_by_the_hundred_and_only_their_faults_are_told() {
    on_both(|world| {
        let mut built = SourceBuilder::new("pack", "1.0").binary("pack", "all").build();
        built.dsc = world.alice.signed(&built.dsc);
        let mut builder = ChangesBuilder::new("pack", "1.0", "noble").architecture("source");
        for file in std::iter::once(&built.dsc).chain(&built.files) {
            builder = builder.file_in(file, "translations", "optional");
        }
        world.send("up", &[vec![world.alice.signed(&builder.build()), built.dsc], built.files].concat());
        let report = world.run();
        assert_eq!(report.accepted.len(), 1, "{report:?}");
        assert_eq!(told(world), [""; 0]);
        reject(world.records.as_ref(), report.accepted[0].item, &choice(world, "too early")).unwrap();
        assert_eq!(told(world), ["alice@example.org (signer): [debian/noble] pack 1.0 (Rejected)"]);
    });
}

#[test]
fn a_list_hears_of_the_sources_that_the_primary_archive_accepts() {
    on_both(|world| {
        world.add_archive("debian/partner");
        world.change_distribution(|it| it.series[0].announce = Some("changes@debian.example".into()));
        let lee = |builder: ChangesBuilder| builder.changed_by("Lee <lee@upstream.example>");
        let mut version = 0;
        let mut upload = |world: &World, path: &str, suite: &str| {
            version += 1;
            for file in source_with(world, ("hello", &format!("{version}.0")), suite, lee) {
                world.put(&format!("incoming/{path}/up/{}", file.name), &file.bytes);
            }
            let filed = world.run().accepted.remove(0);
            if filed.status == Some(QueueStatus::New) {
                accept(world.records.as_ref(), filed.item, &choice(world, "")).unwrap();
            }
            let all = letters(world);
            all.into_iter().filter(|letter| letter.to == "changes@debian.example").collect::<Vec<_>>()
        };
        let announced = upload(world, "debian", "noble");
        assert_eq!(announced.len(), 1, "New is no news, acceptance is");
        let message = &announced[0].message;
        assert_eq!(message.subject, "[debian/noble] hello 1.0 (Accepted)");
        assert_eq!(message.author, Mailbox::parse("Lee <lee@upstream.example>"));
        assert_eq!(upload(world, "debian", "noble-proposed").len(), 1);
        assert_eq!(upload(world, "debian", "noble-backports"), []);
        assert_eq!(upload(world, "debian/partner", "noble"), []);
        let (text, deb) = hello("9.0");
        world.send("binary", &[world.alice.signed(&text), deb]);
        assert_eq!(world.run().accepted.len(), 1);
        assert!(letters(world).iter().all(|letter| letter.to == "alice@example.org"));
    });
}
