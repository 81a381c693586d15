//! The binary: arguments in, exit status out. The program is [`aiofix::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    aiofix::cli::main()
}
