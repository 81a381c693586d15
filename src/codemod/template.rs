//! Text with holes: `{@capture}`, `{fate:@capture}`, `{descent:@capture}`, `${dotted.name}`, `${fresh:name}`, `${helper:name}`,
//! `${setting:name}` and `{}`.
//!
//! A dotted name is spelled as the file spells it already, else it asks for an import. A fresh name is one that the
//! function around it does not mention. A helper is a definition of the page's own at module level. `{}` is the old text, where an
//! operation has one.

/// The forms with a sentence each, for `aiofix vocabulary`.
pub const FORMS: &[(&str, &str)] = &[
    ("{@capture}", "The text of a captured node."),
    (
        "{fate:@capture}",
        "What becomes of the coroutine that a captured call makes, as a clause with its line; in messages.",
    ),
    (
        "{descent:@capture}",
        "How a captured function gets to a call that blocks, or to what runs an event loop: the names on the way, and where each is called; in messages.",
    ),
    ("${module.symbol}", "The symbol as this file spells it; an import is added where there is none."),
    ("${fresh:name}", "A name like this one that the function around it does not use."),
    ("${helper:name}", "A definition of the page's `[helpers]`, put once under the imports of the module."),
    ("${setting:concurrency-limit}", "The number that the configuration has under this name, else 10."),
    ("{}", "The old text, in `wrap`."),
];

/// A parsed template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `{@capture}`
    Capture(String),
    /// `{fate:@call}`
    Fate(String),
    /// `{descent:@function}`
    Descent(String),
    /// `${asyncio.sleep}`
    Symbol(String),
    /// `${fresh:task}`
    Fresh(String),
    /// `${helper:_keep_task}`
    Helper(String),
    /// `${setting:concurrency-limit}`
    Setting(String),
    /// `{}`
    Old,
}

impl Template {
    /// Reads a template; an error is a sentence.
    pub fn parse(source: &str) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while !rest.is_empty() {
            let (piece, length) = if let Some(inside) = rest.strip_prefix("${") {
                let end = inside.find('}').ok_or_else(|| format!("`${{` is not closed in `{source}`"))?;
                (Some(symbol(&inside[..end])?), end + 3)
            } else if let Some(inside) = rest.strip_prefix("{fate:@") {
                let end = inside.find('}').ok_or_else(|| format!("`{{fate:@` is not closed in `{source}`"))?;
                (Some(Piece::Fate(inside[..end].to_owned())), end + 8)
            } else if let Some(inside) = rest.strip_prefix("{descent:@") {
                let end = inside.find('}').ok_or_else(|| format!("`{{descent:@` is not closed in `{source}`"))?;
                (Some(Piece::Descent(inside[..end].to_owned())), end + 11)
            } else if let Some(inside) = rest.strip_prefix("{@") {
                let end = inside.find('}').ok_or_else(|| format!("`{{@` is not closed in `{source}`"))?;
                (Some(Piece::Capture(inside[..end].to_owned())), end + 3)
            } else if rest.starts_with("{}") {
                (Some(Piece::Old), 2)
            } else {
                (None, rest.chars().next().map_or(1, char::len_utf8))
            };
            match piece {
                Some(piece) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(piece);
                }
                None => text.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Template { pieces })
    }

    /// The captures that the template names.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Capture(name) | Piece::Fate(name) | Piece::Descent(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The helpers that the template asks for.
    pub fn helpers(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| if let Piece::Helper(name) = piece { Some(name.as_str()) } else { None })
    }
}

fn symbol(inside: &str) -> Result<Piece, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.split('.').all(|part| !part.is_empty() && part.bytes().all(crate::text::is_word))
    };
    let (kind, name) = inside.split_once(':').unwrap_or(("", inside));
    if kind == "setting" {
        return match name {
            "concurrency-limit" => Ok(Piece::Setting(name.to_owned())),
            other => Err(format!("unknown setting `{other}`, expected `concurrency-limit`")),
        };
    }
    if !is_name(name) {
        return Err(format!("expected a name such as `${{asyncio.sleep}}`, found `${{{inside}}}`"));
    }
    match kind {
        "" if name.contains('.') => Ok(Piece::Symbol(name.to_owned())),
        "" => Err(format!("expected a dotted name, `${{module.{name}}}`, found `${{{name}}}`")),
        "fresh" => Ok(Piece::Fresh(name.to_owned())),
        "helper" => Ok(Piece::Helper(name.to_owned())),
        other => {
            Err(format!("unknown form `${{{other}:…}}`, expected `${{fresh:…}}`, `${{helper:…}}` or `${{setting:…}}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let template = Template::parse("${fresh:task} = {@call} {}").unwrap();
        assert_eq!(
            template.pieces,
            [
                Piece::Fresh("task".into()),
                Piece::Text(" = ".into()),
                Piece::Capture("call".into()),
                Piece::Text(" ".into()),
                Piece::Old
            ]
        );
        assert_eq!(Template::parse("${asyncio.sleep}").unwrap().pieces, [Piece::Symbol("asyncio.sleep".into())]);
    }

    #[test]
    fn a_mistake_is_told() {
        assert!(Template::parse("${asyncio.sleep").unwrap_err().contains("not closed"));
        assert!(Template::parse("${frsh:x}").unwrap_err().contains("expected `${fresh:…}`"));
        assert!(Template::parse("${sleep}").unwrap_err().contains("dotted name"));
    }
}
