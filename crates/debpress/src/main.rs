//! The `debpress` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    debpress::cli::main()
}
