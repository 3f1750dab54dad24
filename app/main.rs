//! The `hutch` program.

use std::process::ExitCode;

// Frames begin at a line of the cache, which decoding them is fastest to.
#[global_allocator]
static MEMORY: hutch_codecs::LineAllocator = hutch_codecs::LineAllocator;

fn main() -> ExitCode {
    // Graphics drivers warn about much that is no concern of a person.
    let usual = "warn,wgpu=error,wgpu_core=error,wgpu_hal=off,egui_wgpu=error,naga=error";
    let environment = env_logger::Env::new().filter_or("HUTCH_LOG", usual);
    env_logger::Builder::from_env(environment)
        .format_timestamp(None)
        .init();
    hutch::cli::main(std::env::args_os())
}
