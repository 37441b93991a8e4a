//! A small web server on the loopback interface that serves a directory and remembers what was asked for.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Serves until it is dropped.
pub(crate) struct HttpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    root: Mutex<PathBuf>,
    /// What `Authorization` must say, if anything.
    authorization: Option<&'static str>,
    asked: Mutex<Vec<String>>,
    stopping: AtomicBool,
}

impl HttpServer {
    /// Serves the files below `root` on a free port.
    pub(crate) fn serve(root: &Path) -> Self {
        Self::start(root, None)
    }

    /// The same for those who say this in `Authorization`.
    pub(crate) fn serve_to(root: &Path, authorization: &'static str) -> Self {
        Self::start(root, Some(authorization))
    }

    fn start(root: &Path, authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            root: Mutex::new(root.to_owned()),
            authorization,
            asked: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accept(&listener, &served));
        Self { address, shared, thread: Some(thread) }
    }

    /// The address of the directory.
    pub(crate) fn uri(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves the files below another directory from now on.
    pub(crate) fn serve_instead(&self, root: &Path) {
        root.clone_into(&mut self.shared.root.lock().unwrap());
    }

    /// What has been asked for since the last call: `200 /path`.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }
}

impl Shared {
    fn file(&self, path: &str) -> PathBuf {
        self.root.lock().unwrap().join(path.trim_start_matches('/'))
    }

    /// What a client gets: a file, or the page of a directory that has one.
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let name = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        std::fs::read(self.file(&name)).ok()
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // The thread waits for a connection; this is the last one.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the web server has failed");
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(shared);
        let stream = stream.unwrap();
        // It ends when the client hangs up, which every client of a test has done when it ends.
        std::thread::spawn(move || converse(&stream, &shared));
    }
}

/// Answers the requests of one connection in turn; apt sends several without waiting.
fn converse(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some((method, path, authorization)) = next_request(&mut reader) {
        let may = shared.authorization.is_none_or(|wanted| authorization.as_deref() == Some(wanted));
        let body = shared.read(&path).filter(|_| may);
        let status = match (may, &body) {
            (false, _) => "401 Unauthorized",
            (true, Some(_)) => "200 OK",
            (true, None) => "404 Not Found",
        };
        shared.asked.lock().unwrap().push(format!("{} {path}", &status[..3]));
        let body = body.unwrap_or_default();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        let body = if method == "HEAD" { &[] } else { body.as_slice() };
        let mut writer = stream;
        if writer.write_all(&[head.as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}

/// Method, path and `Authorization` of the next GET or HEAD request, `None` when the client hangs up.
fn next_request(reader: &mut impl BufRead) -> Option<(&'static str, String, Option<String>)> {
    let mut lines = reader.lines().map_while(Result::ok);
    let request = lines.next()?;
    let method = ["GET", "HEAD"].into_iter().find(|method| request.starts_with(method))?;
    let path = request.split(' ').nth(1)?.to_owned();
    let mut authorization = None;
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return Some((method, decoded(&path), authorization));
        }
        authorization = line.strip_prefix("Authorization: ").map(str::to_owned).or(authorization);
    }
}

/// Undoes percent-encoding.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out.push(u8::from_str_radix(code, 16).map_or('?', char::from));
        out.push_str(rest);
    }
    out
}
