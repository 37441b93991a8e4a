//! Target directories: they stay, and what lies in them is claimed with its path.

use debpress::ports::incoming::{End, Entry, Opened, Place, below};

use super::{RealSite, Site, arrival, arrivals_in, content, file, on_both};

const TARGETS: [&str; 5] = ["debian", "debian/noble", "~ann", "~ann/debian", "~ann/debian/tools"];

/// Files in incoming and in its target directories, each with its own path as its bytes.
fn put_everywhere(site: &dyn Site) {
    for path in [
        "debian/a.changes",
        "debian/a.deb",
        "debian/noble/b.changes",
        "debian/noble/up/inside/c.changes",
        "debian/other/d.changes",
        "up/debian/e.changes",
        "~ann/debian/tools/f.changes",
        "~ann/debian/.hidden/g.changes",
    ] {
        site.put(&format!("incoming/{path}"), path.as_bytes());
    }
}

#[test]
fn what_lies_in_target_directories_has_their_path() {
    on_both(|site| {
        put_everywhere(site);
        let run = site.run();
        let found = arrivals_in(run.as_ref(), &TARGETS);
        let expected = [
            arrival("debian", "a.changes", true),
            arrival("debian/noble", "b.changes", true),
            arrival("debian/noble", "up", false),
            arrival("debian", "other", false),
            arrival("", "up", false),
            arrival("~ann/debian/tools", "f.changes", true),
        ];
        assert_eq!(found, expected);
        assert_eq!(found[2].shown(), "debian/noble/up");
        for arrival in &found {
            let place = Place::Arrived(arrival);
            let listed = run.list(place).unwrap().unwrap();
            let Entry { directory, name, .. } = &listed.entries[0];
            let around = if arrival.loose { arrival.path.clone() } else { arrival.shown() };
            let opened = run.open(place, directory, &file(name)).unwrap();
            assert_eq!(content(opened), below(&around, &below(directory, name)).into_bytes());
        }
    });
}

#[test]
fn target_directories_stay_and_what_lies_in_them_is_claimed() {
    on_both(|site| {
        put_everywhere(site);
        let run = site.run();
        for arrival in arrivals_in(run.as_ref(), &TARGETS) {
            let claim = run.claim(&arrival).unwrap().unwrap();
            assert_eq!((&claim.path, claim.shown()), (&arrival.path, arrival.shown()));
            run.gather(&claim, &[file("a.deb")]).unwrap();
            run.finish(claim, End::Accepted, None).unwrap();
        }
        let expected = [
            "accepted/a/a.changes",
            "accepted/a/a.deb",
            "accepted/b/b.changes",
            "accepted/f/f.changes",
            "accepted/other/d.changes",
            "accepted/up.1/debian/e.changes",
            "accepted/up/inside/c.changes",
            "incoming/~ann/debian/.hidden/g.changes",
        ];
        assert_eq!(site.tree(), expected);
        site.put("incoming/debian/noble/next.changes", b"");
        assert_eq!(arrivals_in(run.as_ref(), &TARGETS), [arrival("debian/noble", "next.changes", true)]);
    });
}

#[test]
fn a_claim_remembers_its_path_through_any_number_of_dead_runs() {
    on_both(|site| {
        site.put("incoming/~ann/debian/tools/x.changes", b"text");
        site.put("incoming/~ann/debian/tools/x.deb", b"bytes");
        site.put("incoming/debian/up/y.changes", b"text");
        let first = site.run();
        for arrival in arrivals_in(first.as_ref(), &TARGETS) {
            assert!(first.claim(&arrival).unwrap().is_some());
        }
        drop(first);
        for _ in 0..2 {
            assert_eq!(site.run().inherit().unwrap().claims.len(), 2);
        }
        let last = site.run();
        let mut claims = last.inherit().unwrap().claims;
        claims.sort_by_key(|claim| claim.loose);
        let told: Vec<_> = claims.iter().map(|c| (c.path.as_str(), c.name.as_str(), c.loose)).collect();
        assert_eq!(told, [("debian", "up", false), ("~ann/debian/tools", "x", true)]);
        last.gather(&claims[1], &[file("x.deb")]).unwrap();
        for claim in claims {
            last.finish(claim, End::Accepted, None).unwrap();
        }
        assert_eq!(site.tree(), ["accepted/up/y.changes", "accepted/x/x.changes", "accepted/x/x.deb"]);
    });
}

#[test]
fn a_run_that_died_before_it_had_anything_leaves_nothing() {
    let site = RealSite::new();
    for empty in ["7-0/1", "7-0/2.2/debian/noble", "7-0/3.1/debian", "7-0/4.1.loose/debian/x", "7-0/5.3"] {
        std::fs::create_dir_all(site.0.path().join("claimed").join(empty)).unwrap();
    }
    site.put("claimed/7-0.lock", b"");
    let run = site.run();
    let inherited = run.inherit().unwrap();
    assert_eq!((inherited.claims, inherited.troubles.len()), (vec![], 0));
    drop(run);
    assert_eq!(std::fs::read_dir(site.0.path().join("claimed")).unwrap().count(), 0);
}

#[test]
fn a_copy_that_a_dead_run_began_is_made_again() {
    let site = RealSite::new();
    site.put("incoming/debian/both.deb", b"bytes");
    site.put("claimed/7-0.lock", b"");
    site.put("claimed/7-0/1.1.loose/debian/x/x.changes", b"text");
    site.put("claimed/7-0/1.1.loose/debian/x/.copy", b"by");
    let run = site.run();
    let claim = run.inherit().unwrap().claims.remove(0);
    run.gather_copies(&claim, &[file("both.deb")]).unwrap();
    run.finish(claim, End::Accepted, None).unwrap();
    assert_eq!(site.tree(), ["accepted/x/both.deb", "accepted/x/x.changes", "incoming/debian/both.deb"]);
    assert_eq!(site.bytes("accepted/x/both.deb"), b"bytes");
}

#[test]
fn a_link_in_the_place_of_a_target_directory_leads_nowhere() {
    let site = RealSite::new();
    site.put("incoming/debian/noble/up/x.changes", b"text");
    site.put("accepted/up/x.changes", b"old");
    let run = site.run();
    let found = arrivals_in(run.as_ref(), &TARGETS);
    // A sender that may write into debian/ puts a link there after the look.
    let noble = site.0.path().join("incoming/debian/noble");
    std::fs::rename(&noble, site.0.path().join("away")).unwrap();
    std::os::unix::fs::symlink(site.0.path().join("accepted"), &noble).unwrap();
    assert!(!matches!(run.open(Place::Arrived(&found[0]), "", &file("x.changes")), Ok(Opened::File(_))));
    assert!(run.claim(&found[0]).is_err());
    assert_eq!(site.bytes("accepted/up/x.changes"), b"old");
    assert_eq!(arrivals_in(run.as_ref(), &TARGETS), []);
}
