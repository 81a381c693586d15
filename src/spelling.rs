//! What somebody may have meant by a name that there is not.

/// How alike two names must be, from 0 to 1, for one to be a misspelling of the other.
const LIKENESS: f64 = 0.8;

/// The known name that is most like an unknown one, if one is.
pub fn nearest<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = known.into_iter().map(|name| (strsim::jaro(unknown, name), name));
    let best = likeness.max_by(|(left, _), (right, _)| left.total_cmp(right))?;
    (best.0 > LIKENESS).then_some(best.1)
}

/// What to say behind the complaint about an unknown name: the nearest known one, or all of them.
pub fn advice(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_mended() {
        let known = ["blocking-sleep", "blocking-socket", "dangling-task"];
        assert_eq!(nearest("blockin-sleep", known), Some("blocking-sleep"));
        assert_eq!(nearest("dangling_task", known), Some("dangling-task"));
        assert_eq!(advice("blocking-sokcet", &known), "did you mean `blocking-socket`?");
    }

    #[test]
    fn nothing_is_made_of_another_word() {
        assert_eq!(nearest("xyz", ["replace", "await"]), None);
        assert_eq!(advice("xyz", &["replace", "await"]), "expected one of replace, await");
    }
}
