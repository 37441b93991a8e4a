//! An archive behind a web server.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{Method, Request, Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::links;
use crate::ports::outside::{Entry, FileSize, Opened, Outside, OutsideError, is_path_below};

/// For finding the server and getting through to it.
const CONNECT: Duration = Duration::from_secs(30);
/// For each answer, and each further piece of a file.
const ANSWER: Duration = Duration::from_secs(60);
/// For a whole file: a server that sends a byte a minute does not keep us for ever.
const FILE: Duration = Duration::from_secs(3600);
/// Mirrors send clients on, and not often.
const REDIRECTS: u32 = 5;
/// How many connections are kept: as many as files are read at once.
const CONNECTIONS: usize = 8;
/// How large a list of a directory may be, in bytes.
const LIST_BYTES: u64 = 4 * 1024 * 1024;
/// How much of an answer that is of no use is read, in bytes, so that its connection can be used again.
const REFUSAL_BYTES: u64 = 64 * 1024;

/// Keeps its connections between files, follows redirections, and uses the proxies that `http_proxy`, `https_proxy` and
/// `no_proxy` name. Certificates are those of the system.
#[derive(Debug)]
pub struct OutsideHttp {
    agent: Agent,
    /// Without a slash at its end.
    root: String,
}

impl OutsideHttp {
    /// The archive whose root has this address, `http://` or `https://`. Nothing is fetched yet.
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(REDIRECTS)
            .max_idle_connections(CONNECTIONS)
            .max_idle_connections_per_host(CONNECTIONS)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(ANSWER))
            .timeout_recv_body(Some(FILE))
            .user_agent(concat!("debpress/", env!("CARGO_PKG_VERSION")))
            // A server that compresses on its way would change what is compared.
            .accept_encoding("identity")
            // Servers without TLS may send clients on to one that has it.
            .tls_config(tls());
        Self { agent: config.build().new_agent(), root: address.trim_end_matches('/').to_owned() }
    }

    /// The answer to a request for a file, unless that says that there is none.
    fn ask(&self, method: Method, path: &str) -> Result<Option<Response<Body>>, OutsideError> {
        if !path.is_empty() && !is_path_below(path.trim_end_matches('/')) {
            return Err(OutsideError { reason: format!("{path:?} is no path below the archive") });
        }
        let request = Request::builder().method(&method).uri(format!("{}/{}", self.root, encoded(path)));
        let request = request.body(()).map_err(|error| OutsideError::of(&error))?;
        let mut response = self.agent.run(request).map_err(|error| OutsideError::of(&error))?;
        match response.status() {
            status if status.is_success() => Ok(Some(response)),
            // Servers that do not know the question are asked for the file, and not listened to.
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED if method == Method::HEAD => {
                self.ask(Method::GET, path)
            }
            status => {
                let body = response.body_mut().as_reader();
                io::copy(&mut body.take(REFUSAL_BYTES), &mut io::sink())
                    .map_err(|error| OutsideError::of(&error))?;
                match status {
                    StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
                    status => Err(OutsideError { reason: format!("the server answers {status}") }),
                }
            }
        }
    }
}

/// With the certificates that the system trusts. One that cannot be read is left out: a server that needs it is refused then.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let roots = found.iter().map(|one| Certificate::from_der(one.as_ref()).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// Percent-encodes what is no letter, digit, `-`, `.`, `_`, `~` or `/` (RFC 3986): some servers take `+` for a blank.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Outside for OutsideHttp {
    fn open(&self, path: &str) -> Result<Option<Opened<'_>>, OutsideError> {
        let response = self.ask(Method::GET, path)?;
        Ok(response.map(|it| Opened { reader: Box::new(it.into_body().into_reader()) }))
    }

    fn size(&self, path: &str) -> Result<Option<FileSize>, OutsideError> {
        let Some(response) = self.ask(Method::HEAD, path)? else { return Ok(None) };
        let length = response.headers().get("content-length");
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Some(length.map_or(FileSize::Unsaid, FileSize::Known)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, OutsideError> {
        let asked = if path.is_empty() { String::new() } else { format!("{path}/") };
        // A server that shows no lists refuses them in one way or another.
        let Ok(Some(response)) = self.ask(Method::GET, &asked) else { return Ok(None) };
        let mut page = Vec::new();
        let body = response.into_body().into_reader();
        body.take(LIST_BYTES).read_to_end(&mut page).map_err(|error| OutsideError::of(&error))?;
        Ok(Some(links::names(&String::from_utf8_lossy(&page))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_versions_survive_the_way_to_the_server() {
        assert_eq!(encoded("pool/a_1.0~rc1+b1:x%.deb"), "pool/a_1.0~rc1%2Bb1%3Ax%25.deb");
    }
}
