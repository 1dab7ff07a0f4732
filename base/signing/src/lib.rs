//! Signature version 4: verify and make. No I/O, no clock.
