//! IAM policy documents: parse and validate. No I/O.
