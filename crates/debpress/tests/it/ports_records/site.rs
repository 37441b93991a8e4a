//! Distributions, archives, uploaders.

use debfmt::dsc::SourceFormat;
use debpress::model::archive::{ArchiveId, ArchiveLists};
use debpress::model::permission::Scope;
use debpress::model::publishing::SeriesOptions;
use debpress::model::signing::KeyNames;
use debpress::model::suite::{NewDistribution, NewSeries, SeriesStatus};
use debpress::ports::db::{NewUploader, RecordsError};

use super::{Site, archive, at, component, contract, debian};

contract! {
    a_distribution_is_founded_with_its_archive_or_not_at_all
    a_series_is_newer_than_those_that_there_are
    series_keep_their_order_and_their_parts
    a_distribution_is_recorded_once
    archives_are_listed_by_reference
    no_two_archives_have_one_root
    an_archive_needs_its_distribution
    what_may_change_does
    components_and_architectures_are_what_was_said_last
    keys_and_grants_add_up
    a_certificate_has_one_owner
    an_archive_is_signed_with_what_was_said_last
    a_key_is_forgotten_and_may_then_be_anothers
    notices_go_where_it_was_said_last
    sound_records_have_no_problems
}

fn series_keep_their_order_and_their_parts(site: &Site) {
    let mut other = debian();
    other.name = "alpha".parse().unwrap();
    other.series.truncate(1);
    site.records.create_distribution(&other).unwrap();
    let found = site.records.distributions().unwrap();
    let names: Vec<_> = found.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["alpha", "debian"]);
    let series = &found[1].series;
    let texts: Vec<_> = series
        .iter()
        .map(|it| {
            let components: Vec<_> = it.components.iter().map(ToString::to_string).collect();
            let machines: Vec<_> = it.architectures.iter().map(ToString::to_string).collect();
            format!("{} {:?} {} {}", it.name, it.version, components.join("+"), machines.join("+"))
        })
        .collect();
    // `all` is no architecture of a series, and architectures are sorted.
    assert_eq!(
        texts,
        [r#"noble Some("24.04") main+universe amd64+i386"#, "stable None main+universe amd64+i386"]
    );
    assert_ne!(found[0].series[0].id, series[0].id, "two series called noble are two series");
}

fn a_distribution_is_recorded_once(site: &Site) {
    let error = site.records.create_distribution(&debian()).unwrap_err();
    assert_eq!(error.to_string(), "the distribution `debian` exists already");

    let mut twice = debian();
    twice.name = "twice".parse().unwrap();
    twice.series[1].name = twice.series[0].name.clone();
    let error = site.records.create_distribution(&twice).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "{error:?}");
    assert_eq!(site.records.distributions().unwrap().len(), 1, "nothing of it stays");
}

fn archives_are_listed_by_reference(site: &Site) {
    site.records.create_archive(&archive("debian/partner")).unwrap();
    let error = site.records.create_archive(&archive("debian")).unwrap_err();
    assert_eq!(error.to_string(), "the archive `debian` exists already");
    let found = site.records.archives().unwrap();
    let texts: Vec<_> = found.iter().map(|it| it.reference.to_string()).collect();
    assert_eq!(texts, ["debian", "debian/partner", "~ann/debian/tools"]);
    assert_eq!((found[0].id, &*found[0].origin, &*found[0].label), (site.primary, "Debian", "The label"));
}

fn no_two_archives_have_one_root(site: &Site) {
    let distribution = |name: &str| NewDistribution { name: name.parse().unwrap(), ..debian() };
    site.records.create_archive(&archive("debian/debug")).unwrap();
    site.records.create_distribution(&distribution("debian-debug")).unwrap();
    let error = site.records.create_archive(&archive("debian-debug")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "debian-debug would be published where debian/debug is, to archives/debian-debug: give it or its distribution another name"
    );
    // One below the other is no better.
    site.records.create_distribution(&distribution("debian-test")).unwrap();
    site.records.create_archive(&archive("debian-test")).unwrap();
    let error = site.records.create_archive(&archive("debian/test")).unwrap_err();
    assert!(matches!(error, RecordsError::RootTaken { .. }), "{error:?}");
    site.records.create_archive(&archive("debian-test/debug")).unwrap();
}

fn an_archive_needs_its_distribution(site: &Site) {
    let error = site.records.create_archive(&archive("ubuntu")).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "{error:?}");
    assert_eq!(site.records.archives().unwrap().len(), 2);
}

fn components_and_architectures_are_what_was_said_last(site: &Site) {
    let before = site.records.distributions().unwrap()[0].series.clone();
    let mut series = before[0].clone();
    series.components = vec![component("extra"), component("main")];
    series.architectures = vec!["amd64".parse().unwrap()];
    series.disabled_architectures = vec!["arm64".parse().unwrap(), "armel".parse().unwrap()];
    site.records.update_series(&series).unwrap();
    let after = site.records.distributions().unwrap()[0].series.clone();
    assert_eq!(after[0], series);
    assert_eq!(after[1..], before[1..], "those of others stay");
}

fn uploader(name: &str, fingerprint: &str, certificate: &str, archive: Option<ArchiveId>) -> NewUploader {
    let grant = Some(Scope { archive, ..Scope::default() });
    NewUploader {
        name: name.into(),
        fingerprint: fingerprint.into(),
        certificate: certificate.into(),
        mail: None,
        grant,
        added: at(1),
    }
}

fn keys_and_grants_add_up(site: &Site) {
    let add = |uploader: &NewUploader| site.records.add_uploader(uploader).unwrap();
    add(&uploader("zoe", "CC", "key c", None));
    add(&uploader("ann", "BB", "key b", Some(site.primary)));
    add(&uploader("ann", "AA", "key a", None));
    // The certificate was extended; the grant is known.
    add(&uploader("ann", "BB", "key b, extended", Some(site.primary)));
    let mut narrow = uploader("ann", "AA", "key a", Some(site.ppa));
    narrow.mail = Some("ann@example.org".into());
    let scope = Scope {
        archive: Some(site.ppa),
        component: Some(component("main")),
        package: Some("hello".parse().unwrap()),
        ..Scope::default()
    };
    narrow.grant = Some(scope.clone());
    add(&narrow);
    add(&narrow);
    add(&NewUploader { mail: None, grant: None, ..narrow });

    let found = site.records.uploaders().unwrap();
    assert_eq!(found.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["ann", "zoe"]);
    let ann = &found[0];
    assert_eq!(ann.keys, [("AA".into(), b"key a".to_vec()), ("BB".into(), b"key b, extended".to_vec())]);
    assert_eq!(ann.mail.as_deref(), Some("ann@example.org"), "an address stays until another one comes");
    assert_eq!(found[1].mail, None);
    let held = |person: &str| -> Vec<Scope> {
        let rights = site.records.rights().unwrap();
        let own = rights.permissions.into_iter().filter(|permission| permission.person == person);
        own.map(|permission| permission.scope).collect()
    };
    let everything = Scope::default();
    let primary = Scope { archive: Some(site.primary), ..everything.clone() };
    assert_eq!(held("ann"), [everything.clone(), primary, scope]);
    assert_eq!(held("zoe"), [everything]);
}

fn what_may_change_does(site: &Site) {
    let mut distribution = site.records.distributions().unwrap().remove(0);
    assert!(!distribution.redirect_uploads);
    distribution.redirect_uploads = true;
    site.records.update_distribution(&distribution).unwrap();
    let series = &mut distribution.series[1];
    assert_eq!(series.status, SeriesStatus::Development);
    series.status = SeriesStatus::Current;
    series.source_formats = vec![SourceFormat::V3Quilt, SourceFormat::V1];
    series.announce = Some("changes@debian.example".into());
    series.parent = Some(site.noble);
    series.aliases = vec!["lts".parse().unwrap(), "rolling".parse().unwrap()];
    assert_eq!(series.options, SeriesOptions::default());
    series.options.apply("valid_for=7d").unwrap();
    site.records.update_series(series).unwrap();
    assert_eq!(site.records.distributions().unwrap(), [distribution.clone()]);

    let mut archives = site.records.archives().unwrap();
    assert!(archives[0].enabled && archives[0].size_limit.is_none() && !archives[0].obsolete_uploads);
    archives[0].enabled = false;
    archives[0].size_limit = Some(8 << 30);
    archives[0].obsolete_uploads = true;
    archives[0].published = false;
    archives[0].origin = "Another".into();
    archives[0].label = "Another label".into();
    archives[0].lists = ArchiveLists { ls_lr: true, indices: true };
    site.records.update_archive(&archives[0]).unwrap();
    assert_eq!(site.records.archives().unwrap(), archives, "the others are as they were");

    distribution.name = "nowhere".parse().unwrap();
    site.records.update_distribution(&distribution).unwrap_err();
    archives[0].id = ArchiveId(99);
    site.records.update_archive(&archives[0]).unwrap_err();
}

fn an_archive_is_signed_with_what_was_said_last(site: &Site) {
    let recorded = || -> Vec<String> {
        site.records.archives().unwrap().iter().map(|archive| archive.signing_keys.to_string()).collect()
    };
    assert_eq!(recorded(), ["", ""]);
    let keys = "keys/old.asc,keys/archives/debian.asc".parse().unwrap();
    site.records.set_signing_keys(site.primary, &keys).unwrap();
    assert_eq!(recorded(), ["keys/old.asc,keys/archives/debian.asc", ""]);
    let mut archives = site.records.archives().unwrap();
    archives[0].enabled = false;
    site.records.update_archive(&archives[0]).unwrap();
    assert_eq!(recorded()[0], keys.to_string(), "other changes leave it");
    site.records.set_signing_keys(site.primary, &KeyNames::default()).unwrap();
    assert_eq!(recorded(), ["", ""]);
    site.records.set_signing_keys(ArchiveId(99), &keys).unwrap_err();
}

fn a_key_is_forgotten_and_may_then_be_anothers(site: &Site) {
    site.records.add_uploader(&uploader("ann", "AA", "one", None)).unwrap();
    site.records.add_uploader(&uploader("ann", "BB", "two", None)).unwrap();
    assert!(!site.records.remove_key("bob", "AA").unwrap(), "it is not bob's");
    assert!(site.records.remove_key("ann", "AA").unwrap());
    assert!(!site.records.remove_key("ann", "AA").unwrap());
    site.records.add_uploader(&uploader("bob", "AA", "one", None)).unwrap();
    let found = site.records.uploaders().unwrap();
    let keys: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.keys[0].0.as_str())).collect();
    assert_eq!(keys, [("ann", "BB"), ("bob", "AA")]);
    assert!(site.records.remove_key("ann", "BB").unwrap());
    assert!(site.records.uploaders().unwrap()[0].keys.is_empty(), "ann is known without a key");
}

fn notices_go_where_it_was_said_last(site: &Site) {
    site.records.add_uploader(&uploader("ann", "AA", "one", None)).unwrap();
    let mail = || site.records.uploaders().unwrap().remove(0).mail;
    site.records.set_mail("ann", Some("ann@example.org")).unwrap();
    assert_eq!(mail().as_deref(), Some("ann@example.org"));
    site.records.set_mail("ann", None).unwrap();
    assert_eq!(mail(), None);
    site.records.set_mail("bob", None).unwrap_err();
}

fn a_certificate_has_one_owner(site: &Site) {
    site.records.add_uploader(&uploader("ann", "AA", "key", None)).unwrap();
    let error = site.records.add_uploader(&uploader("bob", "AA", "key", None)).unwrap_err();
    assert_eq!(error.to_string(), "the certificate `AA` exists already");
    let error = site.records.add_uploader(&uploader("bob", "BB", "key", Some(ArchiveId(99)))).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "no such archive: {error:?}");
    let names: Vec<_> = site.records.uploaders().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["ann"], "bob came with nothing and is not there");
}

fn sound_records_have_no_problems(site: &Site) {
    assert_eq!(site.records.integrity_problems().unwrap(), [""; 0]);
}

fn a_distribution_is_founded_with_its_archive_or_not_at_all(site: &Site) {
    let named = |name: &str| NewDistribution { name: name.parse().unwrap(), ..debian() };
    let id = site.records.found_distribution(&named("tux"), &archive("tux")).unwrap();
    let found = site.records.archives().unwrap();
    assert_eq!(found.iter().find(|it| it.id == id).unwrap().reference.to_string(), "tux");
    site.records.found_distribution(&named("tux"), &archive("tux")).unwrap_err();
    // Its archive belongs to another distribution, and is there already.
    let error = site.records.found_distribution(&named("penguin"), &archive("debian")).unwrap_err();
    assert!(matches!(&error, RecordsError::Exists { name, .. } if name == "debian"), "{error:?}");
    let names: Vec<_> = site.records.distributions().unwrap().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["debian", "tux"]);
}

fn a_series_is_newer_than_those_that_there_are(site: &Site) {
    let new = NewSeries {
        name: "plucky".parse().unwrap(),
        status: SeriesStatus::Frozen,
        parent: Some(site.stable),
        ..debian().series.remove(0)
    };
    let id = site.records.create_series(&"debian".parse().unwrap(), &new).unwrap();
    let distribution = site.records.distributions().unwrap().remove(0);
    let names: Vec<&str> = distribution.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["noble", "stable", "plucky"]);
    let made = &distribution.series[2];
    assert_eq!((made.id, made.status, made.parent), (id, SeriesStatus::Frozen, Some(site.stable)));
    assert!(distribution.is_derived());
    let error = site.records.create_series(&"debian".parse().unwrap(), &new).unwrap_err();
    assert!(matches!(&error, RecordsError::Exists { name, .. } if name == "plucky"), "{error:?}");
    site.records.create_series(&"lost".parse().unwrap(), &new).unwrap_err();
}
