//! The launcher alone: what the Cloudlet program becomes when it is called with `__sandbox`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    cloudlet_runtime::sandbox_main(&arguments).unwrap_or_else(|| {
        eprintln!("cloudlet-sandbox starts functions; it is not called by hand");
        ExitCode::from(2)
    })
}
