//! Wire formats of the AWS protocols, driven by one static schema a shape. No I/O.
