//! The ordered, transactional store and its engines.
