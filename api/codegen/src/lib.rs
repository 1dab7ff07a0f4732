//! Makes the Rust code of an API from its facts: types, schemas, operations and errors.
//!
//! Each crate under `api/` calls [`generate`] from its build script. It reads `apis/<service>.json` (the facts) and
//! `services/<service>/operations.txt` (what is written, an operation a line; for an API that another service's crate
//! offers beside its own, `services/<other>/src/<service>/operations.txt`), and writes `api.rs` for the crate to
//! include. Only written operations get types, and each type only the direction that it travels in, because compile time
//! grows with every trait of every type. Shapes that a service keeps in its records, named in a `kept.txt` beside the list,
//! travel in both.
//!
//! This crate never knows a protocol and never changes a fact: corrections stand in `apis/corrections`.

mod code;
mod enums;
mod error;
mod errors;
mod facts;
mod model;
mod names;
mod operations;
mod reach;
mod schema;
mod structures;
mod types;
mod unions;
mod written;

use std::path::{Path, PathBuf};
use std::{env, fs};

pub use error::Error;
pub use written::Written;

use code::Code;
use facts::Facts;
use model::Model;

/// The variable that makes every operation of every API count as written, when it is `all`: how one finds out whether
/// an API compiles as a whole.
const OPERATIONS_VARIABLE: &str = "CLOUDLET_API_OPERATIONS";

/// Writes `$OUT_DIR/api.rs`; for build scripts of the crates under `api/`. Ends the build script when it cannot.
pub fn generate(service: &str) {
    generate_around(service, &[]);
}

/// The same for a crate that has the types of some shapes written by hand, under the shapes' names: the few that are so
/// common in requests that a better form pays.
pub fn generate_around(service: &str, by_hand: &[&str]) {
    if let Err(error) = write(service, by_hand) {
        // What a build script says on its standard error is shown when it fails.
        eprintln!("{service}: {error}");
        std::process::exit(1);
    }
}

fn write(service: &str, by_hand: &[&str]) -> Result<(), Error> {
    let root = folder("CARGO_MANIFEST_DIR")?.join("../..");
    let facts = root.join(format!("apis/{service}.json"));
    let list = list_of(&root.join("services"), service);
    let kept = list.with_file_name("kept.txt");
    for path in [&facts, &list, &kept] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-env-changed={OPERATIONS_VARIABLE}");
    let written = match env::var(OPERATIONS_VARIABLE) {
        Ok(value) if value == "all" => Written::All,
        _ if !list.exists() => Written::default(),
        _ if kept.exists() => Written::parse(&read(&list)?)?.keeping(&read(&kept)?)?,
        _ => Written::parse(&read(&list)?)?,
    };
    let target = folder("OUT_DIR")?.join("api.rs");
    fs::write(&target, code(&read(&facts)?, &written, by_hand)?).map_err(|error| Error::file(&target, &error))
}

/// Where the written operations of an API are listed.
fn list_of(services: &Path, service: &str) -> PathBuf {
    let own = services.join(service).join("operations.txt");
    let others = fs::read_dir(services).into_iter().flatten().flatten();
    let mut within = others.map(|folder| folder.path().join("src").join(service).join("operations.txt"));
    if own.exists() { own } else { within.find(|list| list.exists()).unwrap_or(own) }
}

/// The Rust code of an API, but for the types of the shapes that are written by hand.
///
/// # Errors
/// When the facts are none, or have no operation or shape of a listed name.
pub fn code(facts: &str, written: &Written, by_hand: &[&str]) -> Result<String, Error> {
    let facts = Facts::parse(facts)?;
    operations::check_protocols(&facts)?;
    let model = Model::new(&facts, written, by_hand)?;
    let mut code = Code::default();
    operations::write(&mut code, &model);
    structures::write(&mut code, &model);
    unions::write(&mut code, &model);
    enums::write(&mut code, &model);
    errors::write(&mut code, &model);
    schema::write(&mut code, &model);
    Ok(code.text())
}

fn folder(variable: &'static str) -> Result<PathBuf, Error> {
    env::var_os(variable).map(PathBuf::from).ok_or(Error::Environment(variable))
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::file(path, &error))
}
