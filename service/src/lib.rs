//! The frame of every service.
