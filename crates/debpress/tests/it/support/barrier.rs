//! A point at which several programs wait for each other (`adapters/barrier.rs`).

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

/// Where programs meet.
pub(crate) struct Barrier {
    listener: TcpListener,
}

/// A program that waits; dropping it lets it go on.
pub(crate) struct Waiting {
    /// Where it waits.
    pub(crate) point: String,
    /// Its process number.
    pub(crate) pid: u32,
    _stream: TcpStream,
}

impl Barrier {
    pub(crate) fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// Makes a program wait here.
    pub(crate) fn stops<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DEBPRESS_BARRIER", self.listener.local_addr().unwrap().to_string())
    }

    /// The next program that comes.
    pub(crate) fn next(&self) -> Waiting {
        let (stream, _) = self.listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        let (point, pid) = line.trim().rsplit_once(' ').unwrap();
        Waiting { point: point.to_owned(), pid: pid.parse().unwrap(), _stream: stream }
    }

    /// Whether nobody else has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.listener.set_nonblocking(true).unwrap();
        let empty = self.listener.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.listener.set_nonblocking(false).unwrap();
        empty
    }
}
