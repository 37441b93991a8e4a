//! The command line through the real program: what scripts and people rely on.

mod add;
mod apply;
mod architectures;
mod archives;
mod changing;
mod contract;
mod custom;
mod death_row;
mod deciding;
mod deletion;
mod distributions;
mod init;
mod key;
mod keys;
mod killed;
mod lock;
mod mail;
mod nbs;
pub(crate) mod people;
mod permissions;
mod publishing;
mod review;
mod runs;
mod series;
mod teams;
mod uploaders;
mod uploads;

use std::path::Path;

/// Every file below a directory with its content, so that a test can say that nothing has changed.
fn everything_below(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}
