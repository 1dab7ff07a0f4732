//! Lambda: functions and event source mappings.
