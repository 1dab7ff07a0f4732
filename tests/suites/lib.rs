//! Nothing: the manifest beside it names packages that ship cases for tests.
