//! IAM: users, roles, access keys and policies, stored and validated.
