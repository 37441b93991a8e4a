//! Lets a test hold several programs at one point, so that they truly meet. Compiled in for tests only.
//!
//! A program that comes to a point connects to the test, says where it is, and goes on when the test answers or hangs up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;

/// Where a test listens.
pub type Address = SocketAddr;

static TEST: OnceLock<Address> = OnceLock::new();

/// Meets at this address from now on.
pub fn set(test: Address) {
    // A second one cannot come: it is set once, from the command line.
    TEST.get_or_init(|| test);
}

/// Waits at a point until the test lets everybody on; without a test nobody waits.
pub fn wait(point: &str) {
    let Some(test) = TEST.get() else { return };
    let met = TcpStream::connect(test).and_then(|mut stream| {
        writeln!(stream, "{point} {}", std::process::id())?;
        stream.read(&mut [0])
    });
    if let Err(error) = met {
        tracing::error!(%error, "the barrier of the test is not there");
    }
}
