//! The door: HTTP in, typed operations through, HTTP out.
