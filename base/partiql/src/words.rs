//! Words that are no names unless they stand in double quotes: the reserved words of SQL-92, and those that PartiQL adds.

/// Reserved words, in the order of the alphabet.
const RESERVED: &str = "\
    absolute action add all allocate alter and any are as asc assertion at authorization avg bag begin between bit \
    bit_length blob bool boolean both by cascade cascaded case cast catalog char char_length character character_length \
    check clob close coalesce collate collation column commit conflict connect connection constraint constraints continue \
    convert corresponding count create cross current current_date current_time current_timestamp current_user cursor date \
    deallocate dec decimal declare default deferrable deferred delete desc describe descriptor diagnostics disconnect \
    distinct do domain double drop else end end-exec escape except exception exec execute exists external extract false \
    fetch first float for foreign found from full get global go goto grant group having identity immediate in index \
    indicator initially inner input insensitive insert int integer intersect interval into is isolation join key language \
    last leading left let level like limit list local lower match max min missing modified module names national natural \
    nchar new next no not nothing null nullif numeric octet_length of old on only open option or order outer output \
    overlaps pad partial pivot position precision prepare preserve primary prior privileges procedure public read real \
    references relative remove restrict returning revoke right rollback rows schema scroll section select session \
    session_user set sexp size smallint some space sql sqlcode sqlerror sqlstate string struct substring sum symbol \
    system_user table temporary then time timestamp to trailing transaction translate translation trim true tuple union \
    unique unknown unpivot update upper usage user using value values varchar varying view when whenever where with work \
    write zone";

/// Reserved words that functions are called by.
const CALLABLE: [&str; 18] = [
    "avg",
    "cast",
    "char_length",
    "character_length",
    "coalesce",
    "count",
    "exists",
    "extract",
    "lower",
    "max",
    "min",
    "nullif",
    "position",
    "size",
    "substring",
    "sum",
    "trim",
    "upper",
];

/// Reserved words that are operators.
const OPERATORS: [&str; 6] = ["and", "between", "in", "is", "like", "or"];

/// Types that `IS` can ask for, so far as the grammar goes.
const TYPES: [&str; 31] = [
    "ANY",
    "BAG",
    "BLOB",
    "BOOL",
    "BOOLEAN",
    "CHAR",
    "CHARACTER",
    "CLOB",
    "DATE",
    "DECIMAL",
    "FLOAT",
    "INT",
    "INT2",
    "INT4",
    "INT8",
    "INTEGER",
    "INTEGER2",
    "LIST",
    "MISSING",
    "NULL",
    "NUMERIC",
    "REAL",
    "SEXP",
    "SMALLINT",
    "STRING",
    "STRUCT",
    "SYMBOL",
    "TIME",
    "TIMESTAMP",
    "TUPLE",
    "VARCHAR",
];

/// Types of two words.
const LONG_TYPES: [(&str, &str); 2] = [("CHARACTER", "VARYING"), ("DOUBLE", "PRECISION")];

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether the word is no name.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.split(' ').any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a function can have this name.
pub(crate) fn is_callable(word: &str) -> bool {
    !is_reserved(word) || is_one_of(word, &CALLABLE)
}

/// Whether the word is an operator.
pub(crate) fn is_operator(word: &str) -> bool {
    is_one_of(word, &OPERATORS)
}

/// The type that begins with a word, in upper case; true when the next word belongs to it.
pub(crate) fn type_name(word: &str, next: &str) -> Option<(String, bool)> {
    let (word, next) = (word.to_ascii_uppercase(), next.to_ascii_uppercase());
    if LONG_TYPES.contains(&(&word, &next)) {
        return Some((format!("{word} {next}"), true));
    }
    is_one_of(&word, &TYPES).then_some((word, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_any_case() {
        assert!(
            is_reserved("Inner") && is_reserved("value") && is_reserved("absolute") && is_reserved("ZONE")
        );
        assert!(!is_reserved("name") && !is_reserved("data") && !is_reserved("year") && !is_reserved(""));
        assert!(is_callable("Size") && is_callable("begins_with") && !is_callable("where"));
        assert_eq!(type_name("double", "precision"), Some(("DOUBLE PRECISION".into(), true)));
        assert_eq!(type_name("double", ""), None);
        assert_eq!(type_name("Bool", "AND"), Some(("BOOL".into(), false)));
    }
}
