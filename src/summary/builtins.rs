//! The builtins whose calls only make a value of their arguments.

/// In order of name.
const CALCULATING: [&str; 31] = [
    "abs",
    "all",
    "any",
    "bool",
    "bytearray",
    "bytes",
    "chr",
    "dict",
    "divmod",
    "enumerate",
    "float",
    "format",
    "frozenset",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "max",
    "min",
    "ord",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
];

/// Whether a call of a builtin only makes a value of its arguments, on whatever thread it runs.
pub fn is_calculating(name: &str) -> bool {
    CALCULATING.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtins_stand_in_order_and_none_does_more() {
        assert!(CALCULATING.is_sorted());
        assert!(is_calculating("len") && is_calculating("zip"));
        assert!(!["exec", "input", "next", "open", "print", "setattr"].into_iter().any(is_calculating));
    }
}
