//! REST protocols: operations found by method and path.

mod router;

pub use router::{Labels, Route, Router};
