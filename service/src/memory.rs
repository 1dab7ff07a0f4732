//! What services remember beside the store: counts and marks that the end of the process may take away.
//!
//! Each cloud has its own, so that two in one process share nothing. A service finds what is its own by its type.

use std::any::{Any, TypeId};
use std::sync::Arc;

use foldhash::HashMap;
use parking_lot::Mutex;

/// One value of each type that somebody asked for.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// The value of that type, which is made when it is first asked for.
    #[must_use]
    pub fn of<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut values = self.0.lock();
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // What stands under a type's name is of that type.
        Arc::clone(value).downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

    use super::*;

    #[test]
    fn a_value_is_there_once_for_each_type_and_memory() {
        let (one, other) = (Memory::default(), Memory::default());
        one.of::<AtomicU8>().store(1, Ordering::Relaxed);
        one.of::<AtomicU16>().store(2, Ordering::Relaxed);
        assert_eq!(one.of::<AtomicU8>().load(Ordering::Relaxed), 1);
        assert_eq!(one.of::<AtomicU16>().load(Ordering::Relaxed), 2);
        assert_eq!(other.of::<AtomicU8>().load(Ordering::Relaxed), 0);
    }
}
