//! What is IPython's in a cell, and not Python's: magics, shell lines, help and automatic calls.
//!
//! In goes the source of one cell, and it comes out with comments in their place, of the same length. A line that stands
//! for a statement or a value becomes `0#…`, so that a suite keeps a statement and an assignment its value. Where IPython
//! takes such a line for what it is: its documentation of the input transformers
//! (`IPython/core/inputtransformer2.py`).

use super::scan::{LINE, Scanner};

/// The cell magics that run the rest of their cell as Python, in this program and with its names. None of them lets it
/// await at its top level (measured with IPython 9.18: `SyntaxError: 'await' outside function`, and for `%%capture`
/// `RuntimeError: This event loop is already running`).
const PYTHON: [&str; 4] = ["capture", "prun", "time", "timeit"];

/// The characters that make a line IPython's, at its beginning.
const ESCAPES: &[u8] = b"%!?,;/";

/// What came of a cell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Masked {
    /// Why no `await` may stand at its top level.
    pub refusal: Option<String>,
    /// Whether all of it is masked.
    pub is_opaque: bool,
    /// Whether it takes top-level `await` from the cells that follow.
    pub turns_await_off: bool,
}

/// Masks what is IPython's in the source of a cell, which is UTF-8 before and after.
pub(super) fn mask(source: &mut [u8]) -> Masked {
    let mut masked = Masked::default();
    let Some((first, start)) = first_line(source) else { return masked };
    let line = &source[first..physical_end(source, first)];
    let mut at = first;
    if line.starts_with(b"%%") {
        let end = line[2..].iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        let name = String::from_utf8_lossy(&line[2..end.map_or(line.len(), |end| end + 2)]).into_owned();
        masked.refusal = Some(format!("`%%{name}` runs its cell where no `await` may stand"));
        masked.is_opaque = !PYTHON.contains(&name.as_str());
        at = next_line(source, first);
        comment_out(source, first, at);
    }
    // IPython takes the indentation of the first line, and prompts, away from all lines.
    let is_moved = start > first || [&b">>>"[..], b"In ["].iter().any(|prompt| source[start..].starts_with(prompt));
    if masked.is_opaque || is_moved {
        masked.is_opaque = true;
        comment_out(source, at, source.len());
        return masked;
    }
    while at < source.len() {
        at = logical_line(source, at, &mut masked).unwrap_or(source.len());
    }
    masked
}

/// Masks one logical line, and gives where the next begins; none where the lines cannot be told apart any more.
fn logical_line(source: &mut [u8], at: usize, masked: &mut Masked) -> Option<usize> {
    let start = at + source[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c')).count();
    let first = source.get(start)?;
    if ESCAPES.contains(first) {
        masked.turns_await_off |= turns_await_off(&source[start..physical_end(source, start)]);
        return Some(replace(source, start));
    }
    if let Some(value) = assigned_magic(&source[start..physical_end(source, start)]) {
        return Some(replace(source, start + value));
    }
    let end = statement_end(source, start)?;
    let code = source[start..end].trim_ascii_end();
    if code.ends_with(b"?") && !code.contains(&b'\n') {
        return Some(replace(source, start));
    }
    Some(next_line(source, end))
}

/// Where the logical line at `start` ends, before its line end or its comment.
fn statement_end(source: &[u8], start: usize) -> Option<usize> {
    let mut scan = Scanner::without_room(source);
    let mut end = scan.statement_end(start, LINE).ok()?;
    while source.get(end) == Some(&b';') {
        end = scan.statement_end(end + 1, LINE).ok()?;
    }
    Some(end)
}

/// Where the magic or the shell command begins that a line assigns: `files = !ls`. No Python has such a character there.
fn assigned_magic(line: &[u8]) -> Option<usize> {
    let sign = line.iter().position(|byte| *byte == b'=')?;
    let is_target = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_.,*[]()'\" \t".contains(byte);
    let value = sign + 1 + line[sign + 1..].iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let is_magic = matches!(line[value], b'%' | b'!') && line.get(value + 1) != Some(&b'=');
    (line[..sign].iter().all(is_target) && is_magic).then_some(value)
}

/// Whether a magic leaves cells without top-level `await`, or on a loop that is not asyncio's.
fn turns_await_off(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_lowercase();
    let mut words = line.split_whitespace();
    words.next() == Some("%autoawait")
        && words.next().is_some_and(|word| !matches!(word, "true" | "on" | "1" | "asyncio"))
}

/// Puts `0#` in the place of what begins at `start` and goes to the end of its line, and of those that continue it. Gives
/// where the next line begins.
fn replace(source: &mut [u8], start: usize) -> usize {
    let end = physical_end(source, start);
    let continues = source[start..end].ends_with(b"\\");
    let first = character_end(source, start);
    let second = if first == start + 1 && first < end { character_end(source, first) } else { first };
    source[start..second].fill(b'#');
    source[start] = b'0';
    let next = next_line(source, end);
    if !continues || next == source.len() {
        return next;
    }
    let mut at = next;
    loop {
        let continues = source[at..physical_end(source, at)].ends_with(b"\\");
        let next = next_line(source, at);
        comment_out(source, at, next);
        at = next;
        if !continues || at >= source.len() {
            return at;
        }
    }
}

/// Makes comments of the lines of a range.
fn comment_out(source: &mut [u8], from: usize, to: usize) {
    let mut at = from;
    while at < to {
        let end = physical_end(source, at);
        if let Some(blanks) = source[at..end].iter().position(|byte| !byte.is_ascii_whitespace()) {
            let first = at + blanks;
            let behind = character_end(source, first);
            source[first..behind].fill(b'#');
        }
        at = next_line(source, end);
    }
}

/// Where the first line with something in it starts, and where its code does.
fn first_line(source: &[u8]) -> Option<(usize, usize)> {
    let code = source.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let line = source[..code].iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    Some((line, code))
}

fn character_end(source: &[u8], start: usize) -> usize {
    let rest = source[start + 1..].iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
    start + 1 + rest
}

fn physical_end(source: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &source[at..]).map_or(source.len(), |length| at + length)
}

fn next_line(source: &[u8], at: usize) -> usize {
    let end = physical_end(source, at);
    match &source[end..] {
        [b'\r', b'\n', ..] => end + 2,
        [] => end,
        _ => end + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(source: &str) -> (String, Masked) {
        let mut bytes = source.as_bytes().to_owned();
        let masked = mask(&mut bytes);
        (String::from_utf8(bytes).expect("still UTF-8"), masked)
    }

    fn text(source: &str) -> String {
        masked(source).0
    }

    #[test]
    fn lines_of_ipython_become_statements_that_do_nothing() {
        assert_eq!(text("%matplotlib inline\nx = 1\n"), "0#atplotlib inline\nx = 1\n");
        assert_eq!(
            text("if x:\n    !echo \"it's\nelse:\n    %time f()"),
            "if x:\n    0#cho \"it's\nelse:\n    0#ime f()"
        );
        assert_eq!(text("?print\nprint??\n*int*?\n!\né?"), "0#rint\n0#int??\n0#nt*?\n0\n0#?");
        assert_eq!(text(",print a b\n/f 1\n;f a"), "0#rint a b\n0# 1\n0# a");
    }

    #[test]
    fn what_is_assigned_from_ipython_becomes_a_value() {
        assert_eq!(text("files = !ls -l 'a\nx.y, z[0] =%time 3"), "files = 0#s -l 'a\nx.y, z[0] =0#ime 3");
        for python in ["a = b != c", "x = (1\n % 2)", "s = '''\n%time\n!ls\n'''\nf(a,\n  *b)", "x %= 3", "a != b"] {
            assert_eq!(text(python), python);
        }
    }

    #[test]
    fn a_continued_command_is_masked_to_its_end() {
        assert_eq!(text("!docker run \\\n  -it 'x \\\n\nnext()"), "0#ocker run \\\n  #it 'x \\\n\nnext()");
    }

    #[test]
    fn the_rest_of_a_timed_cell_is_python_that_cannot_await() {
        let (text, told) = masked("\n%%time\nx = f()\n");
        assert_eq!(text, "\n#%time\nx = f()\n");
        assert_eq!(told.refusal.as_deref(), Some("`%%time` runs its cell where no `await` may stand"));
        assert!(!told.is_opaque);
    }

    #[test]
    fn a_cell_in_another_language_is_opaque() {
        let (text, told) = masked("%%bash -s\nif [ x ]; then\n\n  é\nfi");
        assert_eq!(text, "#%bash -s\n#f [ x ]; then\n\n  ##\n#i");
        assert!(told.is_opaque);
        assert!(masked(">>> f()\n1").1.is_opaque && masked("  x = 1\n  y").1.is_opaque);
        assert!(!masked("# a comment\n>>> 1").1.is_opaque);
    }

    proptest! {
        /// Whatever a cell holds, the mask has its length and its line ends, and stays UTF-8.
        #[test]
        fn a_mask_is_as_long_as_what_it_hides(source in "[%!?;,/=a(é'\"\\\\ \t\r\n]{0,40}") {
            let shown = text(&source);
            prop_assert_eq!(shown.len(), source.len());
            let ends = |text: &str| text.bytes().enumerate().filter(|(_, byte)| b"\r\n".contains(byte)).collect::<Vec<_>>();
            prop_assert_eq!(ends(&shown), ends(&source));
        }
    }
}
