//! A publication that does everything at once, and a fault at each operation of any port: records, content store, tree,
//! staging area and signer count in one sequence.

use debpress::model::custom::CustomType;
use debpress::ports::db::QueueFilter;

use super::faulty::{Fault, Faults};
use super::moves::{place_in, remove_from};
use super::options::translations;
use super::world::{ROOT, World};
use crate::check::{add_source, checked, problems};
use crate::support::custom::{gzip, installer};
use crate::support::long;

const SUITES: [&str; 2] = ["stable", "testing"];
const PACKAGES: &str = "main/binary-amd64/Packages.gz";

/// Two suites that are published, and everything that may happen to them until the next time: packages that come, are
/// replaced, move and go, patches, Contents, translations, an installer, a contributed file, a signature.
fn waiting(make: impl Fn() -> World) -> World {
    let mut w = make();
    w.set(&["pdiffs=3", "contents=both", "long_descriptions=no", "i18n_index=yes"]);
    for suite in SUITES {
        for number in 0..16 {
            w.add(suite, &format!("package-{number}"), "1", "amd64");
        }
        w.add(suite, "moves", "1.0", "all");
        w.add(suite, "goes", "1.0", "amd64");
        add_source(&w, (suite, "main"), "hello", "1.0");
        w.upload(suite, CustomType::DdtpTarball, &translations("de"));
    }
    contribute(&w, b"one");
    w.publish();
    w.now = w.now.plus(3600);
    contribute(&w, b"two");
    for suite in SUITES {
        w.add(suite, "package-3", "2", "amd64");
        w.add(suite, "enters", "1.0", "arm64");
        add_source(&w, (suite, "main"), "hello", "2.0");
        place_in(&w, suite, "moves", "contrib").unwrap();
        remove_from(&w, suite, "goes").unwrap();
        w.queue_custom(suite, CustomType::DebianInstaller, &installer("1"));
    }
    w
}

/// Processes the queue and publishes; `None`: something failed, else what was told.
fn run(w: &World) -> Option<Vec<String>> {
    let accepted = w.try_process_accepted().ok().filter(|report| report.failed.is_empty())?;
    drop(accepted);
    Some(w.try_publish(&w.select()).ok()?.warnings)
}

/// What a reader of a suite can see: what its Release says, and all files with their sizes. Patches are left out: where one
/// cannot be made, clients fetch the whole index.
type Seen = (String, Vec<(String, u64)>);

/// What a reader sees of each suite, which must hang together, signature and all.
fn seen(w: &World) -> [Seen; 2] {
    let shown = |path: &str| !path.contains("/by-hash/") && !path.contains(".diff/");
    SUITES.map(|suite| {
        assert!(w.assert_consistent(suite));
        let release = w.text(suite, "Release");
        assert!(w.text(suite, "InRelease").contains(&release), "{suite}: signed is another Release");
        let listed: Vec<&str> = release.lines().filter(|line| shown(line)).collect();
        let mut files = w.tree.inner.list(ROOT, &format!("dists/{suite}")).unwrap();
        // Their sizes grow with what they list.
        let release = ["/Release", "/InRelease", "/Release.gpg"];
        files.retain(|(path, _)| shown(path) && !release.iter().any(|it| path.ends_with(it)));
        (listed.join("\n"), files)
    })
}

/// What the two suites may look like.
struct States {
    old: [Seen; 2],
    new: [Seen; 2],
    /// New, but for a contributed file that could not be taken: it stays as it was, which is told.
    told: [Seen; 2],
}

impl States {
    fn of(waiting: impl Fn() -> World) -> Self {
        let w = waiting();
        let old = seen(&w);
        run(&w).unwrap();
        let new = seen(&w);
        let w = waiting();
        contribute(&w, b"one");
        run(&w).unwrap();
        Self { old, new, told: seen(&w) }
    }
}

fn contribute(w: &World, text: &[u8]) {
    for suite in SUITES {
        w.stage(suite, "main/dep11/Components-amd64.yml.gz", &gzip(text));
    }
}

/// What people gave is there: nothing of it waits, or was given up.
fn nothing_is_lost(w: &World) {
    for (place, suite) in SUITES.into_iter().enumerate() {
        let index = w.index(suite, PACKAGES);
        assert!(index.contains("package-3 2 amd64") && index.contains("package-15 1 amd64"), "{index}");
        assert!(!index.contains("goes") && !index.contains("moves"), "{index}");
        let index = |path| w.index(suite, path);
        assert_eq!(index("contrib/binary-amd64/Packages.gz"), "moves 1.0 all");
        assert!(index("main/binary-arm64/Packages.gz").contains("enters 1.0 arm64"));
        assert_eq!(index("main/source/Sources.gz"), "hello 2.0 all");
        assert_eq!(w.text(suite, "main/dep11/Components-amd64.yml.gz"), "two");
        let files: Vec<_> = seen(w)[place].1.iter().map(|(path, _)| path.clone()).collect();
        for file in ["main/installer-amd64/1/images/MANIFEST", "main/i18n/Translation-de"] {
            assert!(files.iter().any(|path| path.contains(file)), "{file}: {files:?}");
        }
    }
    let items = w.records.queue_items(&QueueFilter::default()).unwrap();
    assert!(items.iter().all(|item| item.status.to_string() == "done"), "{items:?}");
}

/// How many operations the publication has.
fn operations(waiting: impl Fn() -> World) -> i64 {
    const MANY: i64 = 1_000_000;
    let (w, faults) = waiting().faulty();
    faults.after(MANY, Fault::Dead);
    run(&w).unwrap();
    let operations = MANY - faults.left();
    faults.mend();
    nothing_is_lost(&w);
    assert!(w.files().contains("stable/main/binary-amd64/Packages.diff/Index"));
    operations
}

/// A fault at the operation after so many, and the next run.
fn strike(w: &World, faults: &Faults, (after, fault): (i64, Fault), states: &States) {
    let story = format!("{fault:?} after {after}");
    faults.after(after, fault);
    let said = run(w);
    faults.mend();
    for (place, seen) in seen(w).iter().enumerate() {
        let told = said.iter().flatten().any(|line| line.contains("the disk has died"));
        let allowed =
            *seen == states.old[place] || *seen == states.new[place] || told && *seen == states.told[place];
        assert!(allowed, "{story}: {} is neither old nor new; {said:?}", SUITES[place]);
    }
    assert!(run(w).is_some(), "{story}: the next run");
    assert!(self::seen(w) == states.new, "{story}: the next run has not finished");
    nothing_is_lost(w);
    assert!(w.records.open_switch().unwrap().is_none(), "{story}");
    assert!(!w.files().contains(".staged"), "{story}");
    assert_eq!(w.publish().unchanged, 2, "{story}");
    assert_eq!(problems(&checked(w, true)), "", "{story}");
}

/// Every fault at every operation in the long form, else at some of them.
fn every_point(waiting: impl Fn() -> World, some: i64) {
    let operations = operations(&waiting);
    let states = States::of(&waiting);
    let step = if long() { 1 } else { operations / some };
    for (turn, after) in (0..operations).step_by(usize::try_from(step).unwrap()).enumerate() {
        for fault in Fault::ALL.into_iter().filter(|fault| long() || *fault == Fault::ALL[turn % 4]) {
            let (w, faults) = waiting().faulty();
            strike(&w, &faults, (after, fault), &states);
        }
    }
    enough(operations)
}

/// Says how many operations there are, in the long form.
#[expect(clippy::print_stderr, reason = "figures for docs/safety.md")]
fn enough(operations: i64) {
    if long() {
        eprintln!("a fault at each of {operations} operations");
    }
    assert!(operations > 500, "{operations} operations");
}

#[test]
fn a_fault_at_any_operation_of_any_port_leaves_old_or_new_and_loses_nothing_on_twins() {
    every_point(|| waiting(World::in_memory), 30);
}

#[test]
fn a_fault_at_any_operation_of_any_port_leaves_old_or_new_and_loses_nothing_on_disk() {
    let disk = waiting(World::on_disk);
    every_point(|| disk.copy_on_disk(), 8);
}
