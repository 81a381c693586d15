//! The queries of pages: read at load, compiled at the first candidate.
//!
//! Compiling costs more than a millisecond a pattern, so a page is only *read* at load: one rooted pattern, known
//! predicates with the right arguments, captures that exist. tree-sitter parses unknown predicates and does not evaluate
//! them, so that a typo would match everything: every name is checked here. The compiler's own errors come at the first
//! use; the tests of a page, and the loader of a user's page, force it.

use crate::codemod::predicates;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};
use tree_sitter::{Query, QueryErrorKind};

/// One query with one pattern.
#[derive(Debug)]
pub struct Pattern {
    pub source: String,
    /// The node kind of the pattern's root.
    pub root: String,
    pub root_capture: Option<String>,
    /// All captures with the byte offset of their first use in the source.
    pub captures: Vec<(String, usize)>,
    /// The captures that predicates use.
    pub predicate_captures: Vec<String>,
    pub predicates: Vec<Call>,
    /// Whether the pattern is a bare call statement: `(expression_statement . (call …) .)`.
    pub is_call_statement: bool,
    /// The captures that stand for what is called, or for the name of the method that is.
    pub called: Vec<String>,
    /// The captures that a match may lack: in an alternation, or anywhere in a pattern with `?` or `*`. The library takes a
    /// predicate on a capture that is not there for true.
    pub optional: Vec<String>,
    /// What the library compiles of it: all but the predicates that are evaluated here.
    structure: String,
    compiled: Arc<OnceLock<Query>>,
    root_kind: OnceLock<u16>,
}

/// A predicate as it is written: `#name?` and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub negated: bool,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    Capture(String),
    Literal(String),
}

impl Call {
    /// The literal arguments.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Literal(text) => Some(text.as_str()),
            Argument::Capture(_) => None,
        })
    }
}

/// A lexical piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'s> {
    Open,
    Close,
    Capture(&'s str),
    Predicate(&'s str),
    Literal(String),
    /// A node kind, a field, an anchor, a quantifier, a bracket.
    Word(&'s str),
}

impl Pattern {
    /// Reads one pattern. An error is a byte offset in `source` and a sentence.
    pub fn parse(source: &str) -> Result<Pattern, (usize, String)> {
        let tokens = tokens(source)?;
        if let [_, second, ..] = roots(&tokens).as_slice() {
            let message = "one query has one pattern: give the second pattern a `scheme` fence of its own";
            return Err((tokens[*second].0, message.to_owned()));
        }
        // `((call …) @call (#predicate? @call))`: the outer parentheses only group.
        let opened = tokens.iter().take_while(|(_, token)| *token == Token::Open).count();
        let root = match tokens.get(opened) {
            Some((_, Token::Word(kind))) if opened > 0 && *kind != "_" => (*kind).to_owned(),
            Some((at, _)) => {
                let message = "a pattern is rooted in a node kind: expected `(call …)` or the like";
                return Err((*at, message.to_owned()));
            }
            None => return Err((0, "the query is empty".to_owned())),
        };
        let closing = closing_of(&tokens, opened - 1);
        let root_capture = match tokens.get(closing + 1) {
            Some((_, Token::Capture(name))) => Some((*name).to_owned()),
            _ => None,
        };
        if let Some((at, _)) = tokens[closing..].windows(2).find_map(|pair| {
            (pair[0].1 == Token::Open && !matches!(pair[1].1, Token::Predicate(_))).then_some(&pair[1])
        }) {
            return Err((*at, "a pattern has one root: put siblings inside the node that holds them".to_owned()));
        }
        let calls = calls(&tokens)?;
        let captures = captures(&tokens);
        let predicate_captures = predicate_captures(&calls, &captures)?;
        Ok(Pattern {
            source: source.to_owned(),
            root,
            root_capture,
            captures,
            predicate_captures,
            predicates: calls.into_iter().map(|(_, call)| call).collect(),
            is_call_statement: is_call_statement(&tokens),
            called: called(&tokens),
            optional: optional(&tokens),
            structure: structure(&tokens),
            compiled: Arc::default(),
            root_kind: OnceLock::new(),
        })
    }

    /// The number that the grammar gives to the kind of the root.
    pub fn root_kind(&self) -> u16 {
        let language = || tree_sitter::Language::from(tree_sitter_python::LANGUAGE);
        *self.root_kind.get_or_init(|| language().id_for_node_kind(&self.root, true))
    }

    /// Compiles the query together with those of `others` that have its structure: each costs more than a millisecond.
    pub fn share(&mut self, others: &mut FxHashMap<String, Arc<OnceLock<Query>>>) {
        self.compiled = others.entry(self.structure.clone()).or_insert_with(|| self.compiled.clone()).clone();
    }

    /// The compiled query. An error is a byte offset in the source and a sentence.
    pub fn compile(&self) -> Result<&Query, (usize, String)> {
        if let Some(query) = self.compiled.get() {
            return Ok(query);
        }
        let query = Query::new(&tree_sitter_python::LANGUAGE.into(), &self.source).map_err(|error| {
            let message = match error.kind {
                QueryErrorKind::NodeType => {
                    format!(
                        "unknown node kind `{}` (`aiofix tree FILE` shows the kinds)",
                        error.message.trim_matches('"')
                    )
                }
                QueryErrorKind::Field => {
                    format!("unknown field `{}` (`aiofix tree FILE` shows the fields)", error.message.trim_matches('"'))
                }
                QueryErrorKind::Structure => {
                    "the grammar never makes such a node: `aiofix tree FILE` shows what it makes".to_owned()
                }
                _ => format!("the query does not parse: {}", error.message.lines().next().unwrap_or_default()),
            };
            (error.offset, message)
        })?;
        Ok(self.compiled.get_or_init(|| query))
    }
}

fn tokens(source: &str) -> Result<Vec<(usize, Token<'_>)>, (usize, String)> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let word_end = |from: usize| {
            let rest = &source[from..];
            from + rest.find(|c: char| c.is_whitespace() || "()[]\";".contains(c)).unwrap_or(rest.len())
        };
        match bytes[at] {
            b';' => at += source[at..].find('\n').unwrap_or(source.len() - at),
            byte if byte.is_ascii_whitespace() => at += 1,
            b'(' => {
                tokens.push((start, Token::Open));
                at += 1;
            }
            b')' => {
                tokens.push((start, Token::Close));
                at += 1;
            }
            b'"' => {
                let (text, end) = literal(source, at)?;
                tokens.push((start, Token::Literal(text)));
                at = end;
            }
            b'@' => {
                at = word_end(at + 1);
                tokens.push((start, Token::Capture(&source[start + 1..at])));
            }
            b'#' => {
                at = word_end(at + 1);
                tokens.push((start, Token::Predicate(&source[start + 1..at])));
            }
            b'[' | b']' => {
                at += 1;
                tokens.push((start, Token::Word(&source[start..at])));
            }
            _ => {
                at = word_end(at).max(at + 1);
                tokens.push((start, Token::Word(&source[start..at])));
            }
        }
    }
    Ok(tokens)
}

fn literal(source: &str, start: usize) -> Result<(String, usize), (usize, String)> {
    let mut text = String::new();
    let mut chars = source[start + 1..].char_indices();
    while let Some((at, letter)) = chars.next() {
        match letter {
            '"' => return Ok((text, start + 1 + at + 1)),
            '\\' => {
                if let Some((_, escaped)) = chars.next() {
                    text.push(escaped);
                }
            }
            other => text.push(other),
        }
    }
    Err((start, "the string is not closed".to_owned()))
}

/// All captures outside of predicates, with where each stands first.
fn captures(tokens: &[(usize, Token)]) -> Vec<(String, usize)> {
    let mut captures: Vec<(String, usize)> = Vec::new();
    let mut depth = 0usize;
    let mut depth_of_predicate = 0usize;
    for (at, token) in tokens {
        match token {
            Token::Open => depth += 1,
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth < depth_of_predicate {
                    depth_of_predicate = 0;
                }
            }
            Token::Predicate(_) => depth_of_predicate = depth,
            Token::Capture(name) if depth_of_predicate == 0 && !captures.iter().any(|(known, _)| known == name) => {
                captures.push(((*name).to_owned(), *at));
            }
            _ => {}
        }
    }
    captures
}

/// The captures that predicates use; refuses predicates with wrong arguments, and captures that are not there yet.
fn predicate_captures(calls: &[(usize, Call)], captures: &[(String, usize)]) -> Result<Vec<String>, (usize, String)> {
    let mut used = Vec::new();
    for (at, call) in calls {
        predicates::check(call).map_err(|message| (*at, message))?;
        for argument in &call.arguments {
            let Argument::Capture(name) = argument else { continue };
            let Some((_, captured)) = captures.iter().find(|(known, _)| known == name) else {
                return Err((*at, format!("predicate `#{}` uses @{name}, which nothing captures", call.name)));
            };
            // The library resolves the captures of a predicate as it reads on.
            if captured > at {
                let message = format!(
                    "predicate `#{}` stands before @{name} is captured: put the predicates behind the node, \
                     as in `((call) @call (#in-coroutine? @call))`",
                    call.name
                );
                return Err((*at, message));
            }
            used.push(name.clone());
        }
    }
    Ok(used)
}

/// Whether the pattern begins with `(expression_statement (call`, whatever anchors and parentheses stand between.
fn is_call_statement(tokens: &[(usize, Token)]) -> bool {
    let words = tokens.iter().filter_map(|(_, token)| if let Token::Word(word) = token { Some(*word) } else { None });
    let mut kinds = words.filter(|word| !matches!(*word, "." | "parenthesized_expression"));
    kinds.next() == Some("expression_statement") && kinds.next() == Some("call")
}

/// Where the top-level patterns begin, as indices of tokens.
fn roots(tokens: &[(usize, Token)]) -> Vec<usize> {
    let mut depth = 0usize;
    let mut roots = Vec::new();
    for (index, (_, token)) in tokens.iter().enumerate() {
        match token {
            Token::Open => {
                if depth == 0 {
                    roots.push(index);
                }
                depth += 1;
            }
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    roots
}

/// The captures of a `function:` field, and of the `attribute:` of an attribute that stands there.
fn called(tokens: &[(usize, Token)]) -> Vec<String> {
    let capture_behind = |open: usize| match tokens.get(closing_of(tokens, open) + 1) {
        Some((_, Token::Capture(name))) => Some((*name).to_owned()),
        _ => None,
    };
    let mut found = Vec::new();
    for (index, (_, token)) in tokens.iter().enumerate() {
        if *token != Token::Word("function:") || tokens.get(index + 1).is_none_or(|(_, next)| *next != Token::Open) {
            continue;
        }
        found.extend(capture_behind(index + 1));
        let inside = index + 1..closing_of(tokens, index + 1);
        let names = inside.filter(|at| tokens[*at].1 == Token::Word("attribute:"));
        found.extend(names.filter_map(|at| capture_behind(at + 1)));
    }
    found
}

/// The captures that a match may lack.
fn optional(tokens: &[(usize, Token)]) -> Vec<String> {
    let is_quantified = tokens.iter().any(|(_, token)| matches!(token, Token::Word("?" | "*")));
    let mut found = Vec::new();
    let mut brackets = 0usize;
    for (_, token) in tokens {
        match token {
            Token::Word("[") => brackets += 1,
            Token::Word("]") => brackets = brackets.saturating_sub(1),
            Token::Capture(name) if is_quantified || brackets > 0 => found.push((*name).to_owned()),
            _ => {}
        }
    }
    found
}

/// The index of the token that closes the parenthesis at index `open`.
fn closing_of(tokens: &[(usize, Token)], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, (_, token)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open => depth += 1,
            Token::Close if depth == 1 => return index,
            Token::Close => depth -= 1,
            _ => {}
        }
    }
    tokens.len() - 1
}

/// The predicates, with where they stand.
/// The tokens without the predicates that the library does not evaluate.
fn structure(tokens: &[(usize, Token)]) -> String {
    let mut structure = String::new();
    let mut tokens = tokens.iter().map(|(_, token)| token).peekable();
    while let Some(token) = tokens.next() {
        let is_ours = |next: &&Token| matches!(next, Token::Predicate(name) if !predicates::LIBRARY.contains(name));
        match token {
            Token::Open if tokens.peek().is_some_and(is_ours) => {
                tokens.by_ref().find(|token| **token == Token::Close);
            }
            token => structure.push_str(&format!("{token:?} ")),
        }
    }
    structure
}

fn calls(tokens: &[(usize, Token)]) -> Result<Vec<(usize, Call)>, (usize, String)> {
    let mut calls = Vec::new();
    let mut tokens = tokens.iter();
    while let Some((at, token)) = tokens.next() {
        let Token::Predicate(name) = token else { continue };
        let mut arguments = Vec::new();
        for (_, token) in tokens.by_ref() {
            match token {
                Token::Close => break,
                Token::Capture(name) => arguments.push(Argument::Capture((*name).to_owned())),
                Token::Literal(text) => arguments.push(Argument::Literal(text.clone())),
                Token::Word(text) => arguments.push(Argument::Literal((*text).to_owned())),
                Token::Open | Token::Predicate(_) => return Err((*at, format!("predicate `#{name}` is not closed"))),
            }
        }
        let (negated, name) = match name.strip_prefix("not-") {
            Some(rest) if predicates::is_ours(rest) => (true, rest),
            _ => (false, *name),
        };
        calls.push((*at, Call { name: name.to_owned(), negated, arguments }));
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_knows_its_root_its_captures_and_its_predicates() {
        let pattern = Pattern::parse("(call function: (_) @f (#resolves-to? @f \"time.sleep\")) @call ; why").unwrap();
        assert_eq!(pattern.root, "call");
        assert_eq!(pattern.root_capture.as_deref(), Some("call"));
        assert_eq!(pattern.predicates[0].literals().collect::<Vec<_>>(), ["time.sleep"]);
        assert!(pattern.compile().is_ok());
    }

    #[test]
    fn a_predicate_before_its_capture_is_refused_with_the_way_to_write_it() {
        let (at, message) = Pattern::parse("(call (#in-coroutine? @call)) @call").unwrap_err();
        assert_eq!(at, 7);
        assert!(message.contains("put the predicates behind the node"), "{message}");
    }

    #[test]
    fn an_unknown_predicate_is_refused_with_the_ones_there_are() {
        let (at, message) = Pattern::parse("(call) @c\n(#resolve-to? @c)").unwrap_err();
        assert_eq!(at, 10);
        assert!(message.contains("one query has one pattern"), "{message}");
        let (at, message) = Pattern::parse("(call (#resolve-to? @c)) @c").unwrap_err();
        assert_eq!(at, 7);
        assert!(message.starts_with("unknown predicate `#resolve-to?`, did you mean `#resolves-to?`"), "{message}");
    }

    #[test]
    fn an_unknown_node_kind_is_told_with_its_place() {
        let pattern = Pattern::parse("(calls) @c").unwrap();
        let (at, message) = pattern.compile().unwrap_err();
        assert_eq!(at, 1);
        assert!(message.starts_with("unknown node kind `calls`"), "{message}");
    }
}
