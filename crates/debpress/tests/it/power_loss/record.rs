//! Every system call of a program that can change a file system, with its data, as strace writes it down.

use std::collections::HashMap;
use std::path::Path;

use crate::support::tool::{Ran, tool};

/// Whatever changes files and directories, makes them durable, or says which file a descriptor is.
const CALLS: &str = "?open,openat,?openat2,?creat,write,writev,pwrite64,pwritev,?pwritev2,sendfile,copy_file_range,\
                     splice,truncate,ftruncate,fallocate,?link,linkat,?rename,?renameat,renameat2,?unlink,unlinkat,\
                     ?mkdir,mkdirat,?rmdir,?symlink,symlinkat,?mknod,mknodat,?chmod,fchmod,fchmodat,?fchmodat2,ioctl,\
                     fsync,fdatasync,syncfs,sync,sync_file_range,msync,mmap,read,lseek,dup,?dup2,dup3,clone,?clone3,\
                     ?fork,?vfork";

/// A call that has succeeded.
#[derive(Debug)]
pub(super) struct Call {
    /// The thread.
    pub(super) thread: u32,
    pub(super) name: String,
    /// As strace writes them.
    pub(super) arguments: Vec<String>,
    /// What it has returned.
    pub(super) result: u64,
    /// The path that a returned descriptor leads to.
    pub(super) opened: Option<String>,
    /// Where in the record it began and where it had ended: others may have been at work between the two.
    pub(super) began: usize,
    pub(super) ended: usize,
}

/// Runs a command that must succeed; its calls in the order of their ends.
pub(super) fn record(program: &str, arguments: &[&str], home: &Path, now: i64) -> Vec<Call> {
    let text = home.join("calls");
    let mut strace = tool("strace", home);
    strace.env("DEBPRESS_NOW", now.to_string()).args(["-f", "-qq", "-xx", "-y", "-s", "16777216"]);
    strace.args(["-e", "signal=none", "-e", &format!("trace={CALLS}"), "-o"]).arg(&text);
    Ran::of(strace.arg(program).args(arguments)).ok();
    let calls = parse(&std::fs::read_to_string(&text).unwrap());
    std::fs::remove_file(text).unwrap();
    calls
}

fn parse(text: &str) -> Vec<Call> {
    let mut begun: HashMap<u32, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let (thread, rest) = (thread.parse().unwrap(), rest.trim_start());
        if let Some(first) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (number, first.trim_end().to_owned()));
            continue;
        }
        let resumed = rest.strip_prefix("<... ").map(|rest| rest.split_once(" resumed>").unwrap().1);
        let (began, whole) = match resumed {
            Some(second) => {
                let (began, first) = begun.remove(&thread).unwrap();
                (began, format!("{first}{second}"))
            }
            None => (number, rest.to_owned()),
        };
        calls.extend(one(thread, &whole, (began, number)));
    }
    calls
}

/// `name(arguments) = result<path>`; nothing of a call that has failed.
fn one(thread: u32, line: &str, (began, ended): (usize, usize)) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let end = result.find(['<', ' ']).unwrap_or(result.len());
    let digits = result.get(..end)?;
    let result_number = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(Call {
        thread,
        name: name.to_owned(),
        arguments: split(arguments),
        result: result_number,
        opened: path_of(result),
        began,
        ended,
    })
}

/// Cuts at the commas that are in no bracket. Texts are in hex, so that no bracket in them is meant.
fn split(arguments: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for character in arguments.chars() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        match (character, parts.last_mut()) {
            (',', _) if depth == 0 => parts.push(String::new()),
            (character, Some(last)) => last.push(character),
            (_, None) => {}
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// The path of `3</in/hex>`; `None`: it has none, or the file has lost its name.
pub(super) fn path_of(descriptor: &str) -> Option<String> {
    let (path, rest) = descriptor.split_once('<')?.1.split_once('>')?;
    let path = String::from_utf8(bytes(path)).unwrap();
    (path.starts_with('/') && !rest.starts_with("(deleted)")).then_some(path)
}

/// The number of `3</in/hex>`.
pub(super) fn number_of(descriptor: &str) -> i32 {
    descriptor.split('<').next().unwrap().parse().unwrap()
}

/// The bytes of every text in quotes, joined.
pub(super) fn quoted(argument: &str) -> Vec<u8> {
    argument.split('"').skip(1).step_by(2).flat_map(bytes).collect()
}

/// Bytes written as `\x2f\x74`.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !matches!(byte, b'\\' | b'x')).collect();
    let digit = |byte: &u8| u8::try_from(char::from(*byte).to_digit(16).unwrap()).unwrap();
    digits.chunks(2).map(|pair| digit(&pair[0]) * 16 + digit(&pair[1])).collect()
}
