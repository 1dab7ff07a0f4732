//! The program: command line, configuration, one table of services.

fn main() {}
