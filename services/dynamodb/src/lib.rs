//! DynamoDB: tables and items.
