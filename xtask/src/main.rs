//! Developers' commands.

fn main() {}
