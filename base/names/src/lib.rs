//! Names: accounts, regions, ARNs, tags and page tokens. Pure values; no I/O.
