//! The expression language of DynamoDB. No I/O.
