//! x
#![allow(dead_code)]
mod chance;
mod choice;
pub mod definition;
pub mod event;
pub mod execution;
pub mod failure;
mod intrinsic;
mod jsonata;
mod path;
mod scope;
mod template;
mod time;
