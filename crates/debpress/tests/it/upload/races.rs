//! Somebody changes a file of an upload between the moments when it is looked at and when it is read.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use debfmt::names::FileName;
use debpress::ports::incoming::{
    Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Listing, Opened, Place,
};

use super::world::{AT_ONCE, World, hello};

/// What is done to the package.
type Change = fn(&Path);

/// An incoming in which the package is changed when it is opened for the second time after the upload was claimed:
/// the first time its size is looked at, the second time it is read. `late`: only when it is open already.
struct Racing {
    inner: Box<dyn Incoming>,
    site: PathBuf,
    change: Change,
    late: bool,
    opened: Mutex<u32>,
}

impl Racing {
    fn is_second(&self, place: Place<'_>, name: &FileName) -> bool {
        if !matches!(place, Place::Claimed(_)) || !name.as_str().ends_with(".deb") {
            return false;
        }
        let mut opened = self.opened.lock().unwrap();
        *opened += 1;
        *opened == 2
    }
}

impl Incoming for Racing {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        self.inner.inherit()
    }

    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError> {
        self.inner.arrivals(is_target)
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        self.inner.claim(arrival)
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        self.inner.gather(claim, names)
    }

    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        self.inner.gather_copies(claim, names)
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        self.inner.list(place)
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        let second = self.is_second(place, name);
        let package = || find(&self.site.join("claimed"), name.as_str()).unwrap();
        if second && !self.late {
            (self.change)(&package());
        }
        let opened = self.inner.open(place, directory, name)?;
        if second && self.late {
            (self.change)(&package());
        }
        Ok(opened)
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        self.inner.finish(claim, end, report)
    }
}

fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let found = RefCell::new(None);
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.replace(find(&path, name).or(found.take()));
        } else if path.file_name().unwrap() == name {
            return Some(path);
        }
    }
    found.into_inner()
}

fn overwrite(path: &Path) {
    let length = std::fs::metadata(path).unwrap().len() as usize;
    std::fs::write(path, vec![b'x'; length]).unwrap();
}

fn truncate(path: &Path) {
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(10).unwrap();
}

fn grow(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, [bytes.as_slice(), b"and more"].concat()).unwrap();
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}

fn link_to_a_secret(path: &Path) {
    remove(path);
    std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
}

fn directory(path: &Path) {
    remove(path);
    std::fs::create_dir(path).unwrap();
}

#[test]
fn what_was_read_is_what_is_judged() {
    let cases: [(&str, Change, bool, &[&str]); 9] = [
        ("overwritten", overwrite, false, &["file.hash-mismatch"]),
        ("overwritten while it is read", overwrite, true, &["file.hash-mismatch"]),
        ("cut", truncate, false, &["file.size-mismatch"]),
        ("cut while it is read", truncate, true, &["file.size-mismatch"]),
        ("longer", grow, false, &["file.size-mismatch"]),
        ("removed", remove, false, &["upload.unreadable"]),
        ("removed while it is read", remove, true, &[]),
        ("replaced by a link", link_to_a_secret, false, &["upload.unreadable"]),
        ("replaced by a directory", directory, false, &["upload.unreadable"]),
    ];
    for (name, change, late, expected) in cases {
        let world = World::real();
        let (changes, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&changes), deb.clone()]);
        let (inner, site, opened) = (world.incoming(), world.path().to_owned(), Mutex::new(0));
        let report = world.run_on(&Racing { inner, site, change, late, opened }, AT_ONCE);
        let mut codes: Vec<&str> =
            report.rejected.iter().flat_map(|it| it.reasons.iter().map(|it| it.code)).collect();
        codes.dedup();
        assert_eq!((codes.as_slice(), report.failed.len()), (expected, 0), "{name}: {report:?}");
        // An open file that is removed is still that file: what was judged is what is kept.
        assert_eq!(report.accepted.len(), usize::from(expected.is_empty()), "{name}");
        assert_eq!(world.objects.has(&deb.bytes), expected.is_empty(), "{name}");
        assert_eq!(world.objects.count(), usize::from(expected.is_empty()), "{name}: nothing else stays");
    }
}
