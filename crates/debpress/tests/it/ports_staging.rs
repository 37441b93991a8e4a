//! The contract of the staging area: directories and their twin keep it alike.

use std::io::Read;
use std::path::PathBuf;

use debfmt::names::SuiteName;
use debpress::adapters::fs::staging::FsStaging;
use debpress::adapters::memory::staging::MemoryStaging;
use debpress::model::time::Timestamp;
use debpress::ports::staging::Staging;

const ROOT: &str = "archives/debian";

/// A staging area and the one who writes there.
struct Area {
    staging: Box<dyn Staging>,
    memory: MemoryStaging,
    directory: tempfile::TempDir,
}

fn on_both(story: impl Fn(&Area)) {
    let memory = MemoryStaging::new();
    story(&Area { staging: Box::new(memory.clone()), memory, directory: tempfile::tempdir().unwrap() });
    let directory = tempfile::tempdir().unwrap();
    let staging = FsStaging::new(directory.path().join("staging"));
    story(&Area { staging: Box::new(staging), memory: MemoryStaging::new(), directory });
}

impl Area {
    fn path(&self, suite: &str, path: &str) -> PathBuf {
        self.directory.path().join("staging").join(ROOT).join("dists").join(suite).join(path)
    }

    fn put(&self, suite: &str, path: &str, bytes: &str) {
        let file = self.path(suite, path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        self.memory.put((ROOT, suite, path), bytes.as_bytes(), Timestamp(5), bytes);
    }

    fn read(&self, path: &str) -> Option<String> {
        let mut text = String::new();
        self.staging.open(ROOT, &noble(), path).unwrap()?.read_to_string(&mut text).unwrap();
        Some(text)
    }

    fn listed(&self) -> Vec<String> {
        self.staging.list(ROOT, &noble()).unwrap().into_iter().map(|entry| entry.path).collect()
    }
}

fn noble() -> SuiteName {
    "noble".parse().unwrap()
}

#[test]
fn files_are_found_by_root_suite_and_path() {
    on_both(|area| {
        assert_eq!(area.staging.suites(ROOT).unwrap(), None, "there is nothing at all");
        assert_eq!(area.listed(), [""; 0]);
        area.put("noble", "main/cnf/Commands-amd64", "commands");
        area.put("noble", "Contents-amd64.gz", "contents");
        area.put("plucky", "main/cnf/Commands-amd64", "others");
        assert_eq!(area.staging.suites(ROOT).unwrap().unwrap(), ["noble", "plucky"]);
        assert_eq!(area.staging.suites("archives/other").unwrap(), None);
        assert_eq!(area.listed(), ["Contents-amd64.gz", "main/cnf/Commands-amd64"], "by path");
        assert_eq!(area.read("main/cnf/Commands-amd64").as_deref(), Some("commands"));
        assert_eq!(area.read("main/cnf/Commands-arm64"), None);
    });
}

#[test]
fn a_file_that_changes_looks_different() {
    on_both(|area| {
        let path = "main/cnf/Commands-amd64";
        assert_eq!(area.staging.stamp(ROOT, &noble(), path).unwrap(), None);
        area.put("noble", path, "one");
        let first = area.staging.stamp(ROOT, &noble(), path).unwrap().unwrap();
        assert_eq!(area.staging.list(ROOT, &noble()).unwrap()[0].stamp, first);
        assert!(first.promises(&first));
        area.put("noble", path, "three");
        assert_ne!(area.staging.stamp(ROOT, &noble(), path).unwrap().unwrap(), first);
    });
}

#[test]
fn links_and_unfinished_files_are_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let staging = FsStaging::new(directory.path().join("staging"));
    let area = Area { staging: Box::new(staging), memory: MemoryStaging::new(), directory };
    area.put("noble", "main/cnf/.Commands-amd64", "half");
    area.put("noble", "main/cnf/Commands-amd64.tmp", "half");
    area.put("noble", "main/cnf/Commands-arm64.new", "half");
    let secret = area.directory.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, area.path("noble", "main/cnf/Commands-riscv64")).unwrap();
    std::os::unix::fs::symlink(area.path("noble", "main"), area.path("noble", "contrib")).unwrap();
    let entries = area.staging.list(ROOT, &noble()).unwrap();
    let seen: Vec<(&str, bool)> = entries.iter().map(|it| (it.path.as_str(), it.regular)).collect();
    assert_eq!(seen, [("contrib", false), ("main/cnf/Commands-riscv64", false)]);
    assert_eq!(area.read("main/cnf/Commands-riscv64"), None);
    assert_eq!(area.read("contrib/cnf/Commands-arm64.new"), None);
    assert_eq!(area.read("../../../../../secret"), None);
    assert_eq!(area.staging.stamp(ROOT, &noble(), "main").unwrap(), None, "a directory is no file");
}

#[test]
fn more_than_a_suite_can_have_is_not_looked_at_whatever_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let staging = FsStaging::new(directory.path().join("staging"));
    let area = Area { staging: Box::new(staging), memory: MemoryStaging::new(), directory };
    area.put("noble", "main/cnf/Commands-amd64", "commands");
    for number in 0..20_000 {
        std::fs::create_dir(area.path("noble", &format!("main/{number}"))).unwrap();
    }
    let error = area.staging.list(ROOT, &noble()).unwrap_err().to_string();
    assert!(error.contains("holds more than 20000"), "{error}");
}
