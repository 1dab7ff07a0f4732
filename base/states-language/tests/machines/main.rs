//! Whole machines, driven from outside: what comes of them, and their histories event by event.

mod drive;
mod errors;
mod fields;
mod histories;
mod limits;
mod maps;
mod tasks;
