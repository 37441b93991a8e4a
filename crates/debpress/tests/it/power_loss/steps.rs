//! What calls do to the files of a site: the record, in the words of a file system.

use std::collections::HashMap;

use super::record::{Call, number_of, path_of, quoted};

/// One thing that was done, to paths relative to the site; `""` is the site.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A file is opened, and made where it is not there.
    Create {
        path: String,
        mode: u32,
    },
    Resize {
        path: String,
        size: usize,
    },
    Write {
        path: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Link {
        from: String,
        to: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Exchange {
        one: String,
        other: String,
    },
    /// Of a file or an empty directory.
    Remove {
        path: String,
    },
    MakeDirectory {
        path: String,
        mode: u32,
    },
    MakeLink {
        path: String,
        target: String,
    },
    Mode {
        path: String,
        mode: u32,
    },
    Sync {
        path: String,
        data_only: bool,
    },
    SyncAll,
}

/// A step, with the places in the record where its call began and where it had ended.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) step: Step,
    pub(super) began: usize,
    pub(super) ended: usize,
}

/// The steps of `calls` that concern the site at `root`.
pub(super) fn steps(root: &str, calls: &[Call]) -> Vec<Timed> {
    let mut reader = Reader { root, processes: HashMap::new(), places: HashMap::new() };
    let mut steps = Vec::new();
    for call in calls {
        let Call { began, ended, .. } = *call;
        steps.extend(reader.read(call).into_iter().map(|step| Timed { step, began, ended }));
    }
    steps
}

struct Reader<'a> {
    root: &'a str,
    /// The process of each thread that is not the first of its own.
    processes: HashMap<u32, u32>,
    /// Where the next byte of an open file is read or written.
    places: HashMap<(u32, i32), usize>,
}

/// Why there can be no such call: the model of the disk would miss what it changes.
const UNKNOWN: &str = "a call that the model of the disk does not know changes the site";

impl Reader<'_> {
    /// The path relative to the site; `None`: it is elsewhere.
    fn inside(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(self.root)?;
        if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('/').map(str::to_owned) }
    }

    /// The path of a text, in the directory of a descriptor.
    fn at(&self, directory: &str, text: &str) -> Option<String> {
        let path = String::from_utf8(quoted(text)).unwrap();
        match path.starts_with('/') {
            true => self.inside(&path),
            false if path.is_empty() => None,
            false => self.inside(&format!("{}/{path}", path_of(directory).unwrap_or_else(|| self.home()))),
        }
    }

    /// The directory in which the program runs.
    fn home(&self) -> String {
        self.root.rsplit_once('/').unwrap().0.to_owned()
    }

    /// The path of a text, relative to the directory in which the program runs.
    fn named(&self, text: &str) -> Option<String> {
        self.at("", text)
    }

    fn of(&self, descriptor: &str) -> Option<String> {
        self.inside(&path_of(descriptor)?)
    }

    fn place(&mut self, call: &Call) -> &mut usize {
        let process = self.processes.get(&call.thread).copied().unwrap_or(call.thread);
        self.places.entry((process, number_of(&call.arguments[0]))).or_default()
    }

    fn read(&mut self, call: &Call) -> Vec<Step> {
        let arguments: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
        match (call.name.as_str(), arguments.as_slice()) {
            ("clone" | "clone3" | "fork" | "vfork", _) => self.child(call),
            ("openat" | "open" | "creat", _) => return self.open(call),
            ("lseek", _) => *self.place(call) = size(&call.result.to_string()),
            ("read", [file, ..]) if self.of(file).is_some() => *self.place(call) += size_of(call),
            ("write" | "writev", [file, data, ..]) => return self.append(call, file, data),
            ("mmap", arguments) => {
                let [_, _, protection, flags, file, ..] = arguments else { panic!("{call:?}") };
                let writes = protection.contains("PROT_WRITE") && flags.contains("MAP_SHARED");
                let path = self.of(file).filter(|path| writes && !path.ends_with("-shm"));
                assert_eq!(path, None, "{UNKNOWN}");
            }
            (_, arguments) => return self.one(call, arguments).into_iter().collect(),
        }
        Vec::new()
    }

    fn one(&self, call: &Call, arguments: &[&str]) -> Option<Step> {
        Some(match (call.name.as_str(), arguments) {
            ("pwrite64", [file, data, _, offset]) => {
                Step::Write { path: self.of(file)?, offset: size(offset), bytes: written(call, data) }
            }
            ("ftruncate", [file, length]) => Step::Resize { path: self.of(file)?, size: size(length) },
            ("link", [from, to]) => Step::Link { from: self.named(from)?, to: self.named(to)? },
            ("linkat", [from_at, from, to_at, to, _]) => {
                Step::Link { from: self.at(from_at, from)?, to: self.at(to_at, to)? }
            }
            ("rename", [from, to]) => Step::Rename { from: self.named(from)?, to: self.named(to)? },
            ("renameat", [from_at, from, to_at, to]) => {
                Step::Rename { from: self.at(from_at, from)?, to: self.at(to_at, to)? }
            }
            ("renameat2", [from_at, from, to_at, to, flags]) => {
                let (one, other) = (self.at(from_at, from)?, self.at(to_at, to)?);
                match flags.contains("RENAME_EXCHANGE") {
                    true => Step::Exchange { one, other },
                    false => Step::Rename { from: one, to: other },
                }
            }
            ("unlink" | "rmdir", [path]) => Step::Remove { path: self.named(path)? },
            ("unlinkat", [at, path, _]) => Step::Remove { path: self.at(at, path)? },
            ("mkdir", [path, mode]) => Step::MakeDirectory { path: self.named(path)?, mode: octal(mode) },
            ("mkdirat", [at, path, mode]) => {
                Step::MakeDirectory { path: self.at(at, path)?, mode: octal(mode) }
            }
            ("symlink", [target, path]) => {
                let target = String::from_utf8(quoted(target)).unwrap();
                Step::MakeLink { path: self.named(path)?, target }
            }
            ("chmod", [path, mode]) => Step::Mode { path: self.named(path)?, mode: octal(mode) },
            ("fchmod", [file, mode]) => Step::Mode { path: self.of(file)?, mode: octal(mode) },
            ("fsync", [file]) => Step::Sync { path: self.of(file)?, data_only: false },
            ("fdatasync", [file]) => Step::Sync { path: self.of(file)?, data_only: true },
            ("syncfs", [file]) => self.of(file).map(|_| Step::SyncAll)?,
            ("sync", _) => Step::SyncAll,
            ("read" | "dup" | "dup2" | "dup3" | "ioctl", _) => return None,
            (_, arguments) => {
                let touched = arguments.iter().find_map(|it| self.of(it).or_else(|| self.named(it)));
                assert_eq!(touched, None, "{UNKNOWN}: {}", call.name);
                return None;
            }
        })
    }

    /// A thread has the descriptors of its process, a process a copy of them.
    fn child(&mut self, call: &Call) {
        let child = u32::try_from(call.result).unwrap();
        let process = self.processes.get(&call.thread).copied().unwrap_or(call.thread);
        if call.arguments.iter().any(|it| it.contains("CLONE_THREAD")) {
            self.processes.insert(child, process);
        } else {
            let copied = self.places.iter().filter(|((of, _), _)| *of == process);
            let copied: Vec<_> = copied.map(|((_, number), place)| ((child, *number), *place)).collect();
            self.places.extend(copied);
        }
    }

    fn open(&mut self, call: &Call) -> Vec<Step> {
        let process = self.processes.get(&call.thread).copied().unwrap_or(call.thread);
        let number = i32::try_from(call.result).unwrap();
        self.places.insert((process, number), 0);
        let flags = call.arguments.iter().find(|it| it.starts_with("O_")).cloned().unwrap_or_default();
        assert!(!flags.contains("O_APPEND") && !flags.contains("O_TMPFILE"), "{UNKNOWN}: {call:?}");
        let Some(path) = call.opened.as_deref().and_then(|path| self.inside(path)) else { return Vec::new() };
        let mut steps = Vec::new();
        if flags.contains("O_CREAT") {
            let mode = octal(call.arguments.last().unwrap());
            steps.push(Step::Create { path: path.clone(), mode });
        }
        if flags.contains("O_TRUNC") {
            steps.push(Step::Resize { path, size: 0 });
        }
        steps
    }

    fn append(&mut self, call: &Call, file: &str, data: &str) -> Vec<Step> {
        let Some(path) = self.of(file) else { return Vec::new() };
        let place = self.place(call);
        let offset = *place;
        *place += size_of(call);
        vec![Step::Write { path, offset, bytes: written(call, data) }]
    }
}

fn size(number: &str) -> usize {
    number.parse().unwrap()
}

fn size_of(call: &Call) -> usize {
    usize::try_from(call.result).unwrap()
}

fn octal(mode: &str) -> u32 {
    u32::from_str_radix(mode, 8).unwrap()
}

/// The bytes of a call that really were written.
fn written(call: &Call, data: &str) -> Vec<u8> {
    let mut bytes = quoted(data);
    assert!(bytes.len() >= size_of(call), "the record has not all bytes of {}", call.name);
    bytes.truncate(size_of(call));
    bytes
}
