//! A site as files and directories in memory, and back on the disk.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

/// What a path leads to. Paths are relative to the site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Directory {
        mode: u32,
    },
    /// Files of one `inode` are one file with several names.
    File {
        mode: u32,
        inode: usize,
        bytes: Arc<Vec<u8>>,
    },
    Link {
        target: String,
    },
}

/// Everything below a site.
pub(super) type Tree = BTreeMap<String, Node>;

/// What SQLite keeps in shared memory, which no program needs that comes after a failure of power.
pub(super) fn is_shared_memory(path: &str) -> bool {
    path.ends_with("-shm")
}

/// Reads a directory. Numbers of inodes are given in the order of the paths.
pub(super) fn read(root: &Path) -> Tree {
    let (mut tree, mut inodes) = (Tree::new(), HashMap::new());
    below(root, "", &mut tree, &mut inodes);
    tree
}

fn below(root: &Path, path: &str, tree: &mut Tree, inodes: &mut HashMap<u64, usize>) {
    let mut entries: Vec<_> = fs::read_dir(root.join(path)).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        let metadata = entry.metadata().unwrap();
        let mode = metadata.mode() & 0o7777;
        if metadata.is_dir() {
            tree.insert(path.clone(), Node::Directory { mode });
            below(root, &path, tree, inodes);
        } else if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap().into_os_string().into_string().unwrap();
            tree.insert(path, Node::Link { target });
        } else {
            let next = inodes.len();
            let inode = *inodes.entry(metadata.ino()).or_insert(next);
            tree.insert(path, Node::File { mode, inode, bytes: Arc::new(fs::read(entry.path()).unwrap()) });
        }
    }
}

/// Makes a directory with everything in it.
pub(super) fn write(tree: &Tree, root: &Path) {
    fs::create_dir(root).unwrap();
    let mut names: HashMap<usize, &str> = HashMap::new();
    for (path, node) in tree {
        let at = root.join(path);
        match node {
            Node::Directory { mode } => {
                fs::create_dir(&at).unwrap();
                fs::set_permissions(at, Permissions::from_mode(*mode)).unwrap();
            }
            Node::Link { target } => symlink(target, at).unwrap(),
            Node::File { mode, inode, bytes } => {
                if let Some(other) = names.get(inode) {
                    fs::hard_link(root.join(other), at).unwrap();
                    continue;
                }
                names.insert(*inode, path);
                // Whatever is in there then, it is not what the program has put there.
                let garbage = vec![0xa5; 32_768];
                fs::write(&at, if is_shared_memory(path) { &garbage } else { &**bytes }).unwrap();
                fs::set_permissions(at, Permissions::from_mode(*mode)).unwrap();
            }
        }
    }
}

/// What is below a directory, with paths relative to it.
pub(super) fn subtree<'a>(tree: &'a Tree, directory: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let start = format!("{directory}/");
    let rest = tree.range(start.clone()..);
    rest.map_while(move |(path, node)| Some((path.strip_prefix(&start)?, node)))
}
