//! Function environments: sandboxed processes that speak the Lambda Runtime API.
