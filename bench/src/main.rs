//! Load generator, bare server and the table of ratios.

fn main() {}
