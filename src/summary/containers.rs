//! The methods of containers that change them, by their names: what `add` and `pop` do to a list, a set, a dict or a deque.

/// Methods that change their container and tell nothing of what it held.
pub const CHANGERS: [&str; 15] = [
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "extendleft",
    "insert",
    "move_to_end",
    "remove",
    "reverse",
    "rotate",
    "sort",
    "subtract",
    "update",
];

/// Methods that change their container and tell what it held.
pub const TAKERS: [&str; 4] = ["pop", "popitem", "popleft", "setdefault"];

/// Whether a method of this name changes its container.
pub fn changes_container(method: &str) -> bool {
    CHANGERS.contains(&method) || TAKERS.contains(&method)
}
