//! Classes of storage, by what they cost: which may be moved to which.

/// Objects move down alone.
pub(super) fn rank(class: &str) -> u8 {
    match class {
        "STANDARD_IA" => 1,
        "INTELLIGENT_TIERING" => 2,
        "ONEZONE_IA" => 3,
        "GLACIER_IR" => 4,
        "GLACIER" => 5,
        "DEEP_ARCHIVE" => 6,
        _ => 0,
    }
}

/// "Supported transitions" in the user guide.
pub(super) fn may_move(from: &str, to: &str) -> bool {
    rank(to) > rank(from) && (from, to) != ("ONEZONE_IA", "GLACIER_IR")
}

/// Whether what is there has to be restored to be read.
pub(super) fn is_archive(class: &str) -> bool {
    matches!(class, "GLACIER" | "DEEP_ARCHIVE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_move_down_alone() {
        let classes = [
            "STANDARD",
            "STANDARD_IA",
            "INTELLIGENT_TIERING",
            "ONEZONE_IA",
            "GLACIER_IR",
            "GLACIER",
            "DEEP_ARCHIVE",
        ];
        for (n, from) in classes.iter().enumerate() {
            for (m, to) in classes.iter().enumerate() {
                let expected = n < m && (*from, *to) != ("ONEZONE_IA", "GLACIER_IR");
                assert_eq!(may_move(from, to), expected, "{from} to {to}");
            }
        }
        assert!(may_move("REDUCED_REDUNDANCY", "STANDARD_IA"));
    }
}
