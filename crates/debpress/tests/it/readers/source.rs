//! Ways to read an archive: files by their paths, files of a directory that was opened once, and a web server.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use crate::support::http::HttpServer;

/// One way to read files of an archive.
pub(super) trait Source {
    /// Begins to read a suite.
    fn open(&mut self, _suite: &str) {}

    /// A file below the archive's root; `None`: it is not there.
    fn get(&mut self, path: &str) -> Option<Vec<u8>>;
}

/// Each path is resolved anew.
pub(super) struct Files(pub(super) PathBuf);

impl Source for Files {
    fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }
}

/// The directory of a suite is opened once, and what lies in it is found below that; the pool is read as ever.
pub(super) struct Opened {
    root: PathBuf,
    suite: Option<(String, File)>,
}

impl Opened {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), suite: None }
    }
}

impl Source for Opened {
    fn open(&mut self, suite: &str) {
        let directory = format!("dists/{suite}");
        let file = File::open(self.root.join(&directory)).unwrap();
        self.suite = Some((format!("{directory}/"), file));
    }

    fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        let (directory, opened) = self.suite.as_ref().unwrap();
        let Some(below) = path.strip_prefix(directory.as_str()) else {
            return std::fs::read(self.root.join(path)).ok();
        };
        let flags = rustix::fs::OFlags::RDONLY;
        let file = rustix::fs::openat(opened, below, flags, rustix::fs::Mode::empty()).ok()?;
        let mut bytes = Vec::new();
        File::from(file).read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }
}

/// One connection to a web server, used again and again.
pub(super) struct Http(BufReader<TcpStream>);

impl Http {
    pub(super) fn to(server: &HttpServer) -> Self {
        let uri = server.uri();
        let address = uri.trim_start_matches("http://").trim_end_matches('/');
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Source for Http {
    fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        let path = path.replace('%', "%25");
        let request = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let status = self.line();
        let mut length = None;
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            length = line.strip_prefix("Content-Length: ").map(|it| it.parse().unwrap()).or(length);
        }
        let mut body = vec![0; length.unwrap()];
        self.0.read_exact(&mut body).unwrap();
        status.contains(" 200 ").then_some(body)
    }
}
