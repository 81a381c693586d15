//! The outline from a whole-file tree: the same value as the lexical one, made from what the grammar says.

use super::{Block, BlockKind, Import, Outline, Statement, StatementKind};
use crate::syntax;
use crate::text::Span;
use tree_sitter::{Node, Tree};

/// Makes the outline of `text` from its tree.
///
/// It is never lost. What stands inside an ERROR node is listed as far as the parser made statements of it.
pub fn from_tree(tree: &Tree, text: &str) -> Outline {
    let mut builder = Builder { text, outline: Outline::default(), open: Vec::new(), last_end: 0 };
    let mut cursor = tree.walk();
    let mut level = 0usize;
    loop {
        let descend = builder.enter(cursor.node(), level);
        if descend && cursor.goto_first_child() {
            level += 1;
            continue;
        }
        builder.leave(level);
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return builder.outline;
            }
            level -= 1;
            builder.leave(level);
        }
    }
}

/// A node that statements stand in.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// How deep the node is in the tree.
    level: usize,
    block: Option<u32>,
    compound: Option<u32>,
    /// The header of this compound statement or clause.
    header: Option<u32>,
    /// The first header of this compound statement.
    opener: Option<u32>,
    /// Decorators that belong to the definition inside.
    decorators: Option<(usize, u32)>,
}

const OUTSIDE: Open = Open { level: 0, block: None, compound: None, header: None, opener: None, decorators: None };

struct Builder<'t> {
    text: &'t str,
    outline: Outline,
    open: Vec<Open>,
    last_end: usize,
}

impl Builder<'_> {
    /// Takes a node in, and says whether what is inside it matters.
    fn enter(&mut self, node: Node, level: usize) -> bool {
        match node.kind() {
            "comment" => {
                let mut span = syntax::span(node);
                // To the grammar the first half of `\r\n` is part of the comment.
                span.end = span.start + self.text[span.range()].trim_end_matches('\r').len();
                self.outline.comments.push(span);
                return false;
            }
            "string" => return self.string(node),
            "decorated_definition" => {
                let count = syntax::named_children(node).filter(|child| child.kind() == "decorator").count() as u32;
                let around = self.around();
                self.open.push(Open { level, decorators: Some((node.start_byte(), count)), ..around });
            }
            "function_definition" => {
                self.definition(node, level, BlockKind::Function { is_async: syntax::is_async(node) });
            }
            "class_definition" => self.definition(node, level, BlockKind::Class),
            "if_statement" | "for_statement" | "while_statement" | "try_statement" | "with_statement"
            | "match_statement" | "case_clause" => self.header(node, level, None),
            "elif_clause" | "else_clause" | "except_clause" | "finally_clause" => {
                self.header(node, level, self.around().opener);
            }
            kind => {
                if let Some(kind) = self.simple(node, kind) {
                    self.statement(kind, syntax::span(node), None);
                }
            }
        }
        true
    }

    /// Closes the node at `level`, if it is one that statements stand in.
    fn leave(&mut self, level: usize) {
        let Some(closed) = self.open.pop_if(|open| open.level == level) else { return };
        if let Some(header) = closed.header {
            self.outline.statements[header as usize].end = self.last_end;
        } else if closed.decorators.is_none()
            && let Some(block) = closed.block
        {
            self.outline.blocks[block as usize].span.end = self.last_end;
        }
    }

    fn around(&self) -> Open {
        self.open.last().map_or(OUTSIDE, |&open| Open { header: None, decorators: None, ..open })
    }

    fn string(&mut self, node: Node) -> bool {
        let prefix = node.child(0).map_or("", |start| syntax::text_of(start, self.text));
        let has_code = prefix.bytes().any(|letter| matches!(letter, b'f' | b'F' | b't' | b'T'));
        if !has_code {
            self.outline.strings.push(syntax::span(node));
        }
        has_code
    }

    fn definition(&mut self, node: Node, level: usize, kind: BlockKind) {
        let around = self.around();
        let decorators = self.open.last().and_then(|open| open.decorators);
        let header = header_span(node);
        self.outline.blocks.push(Block {
            kind,
            span: Span::new(decorators.map_or(header.start, |(start, _)| start), header.end),
            header,
            name: node.child_by_field_name("name").map_or(Span::at(header.start), syntax::span),
            parent: around.block,
            decorators: decorators.map_or(0, |(_, count)| count),
            compound: around.compound,
        });
        self.last_end = header.end;
        let block = Some(self.outline.blocks.len() as u32 - 1);
        self.open.push(Open { level, block, ..OUTSIDE });
    }

    fn header(&mut self, node: Node, level: usize, opener: Option<u32>) {
        let index = self.outline.statements.len() as u32;
        self.statement(StatementKind::Header, header_span(node), opener.or(Some(index)));
        let around = self.around();
        let compound = self.outline.statements[index as usize].compound;
        self.open.push(Open { level, compound, header: Some(index), opener: opener.or(Some(index)), ..around });
    }

    /// Adds a statement; `opener` is the first header of the compound statement that a header is part of.
    fn statement(&mut self, kind: StatementKind, span: Span, opener: Option<u32>) {
        let around = self.around();
        let index = self.outline.statements.len() as u32;
        // A clause stands beside the header that it continues, not in its suite.
        let compound = match opener {
            Some(opener) if opener != index => self.outline.statements[opener as usize].compound,
            opener => around.compound.or(opener),
        };
        self.outline.statements.push(Statement {
            kind,
            span,
            block: around.block,
            direct: compound.is_none() || (compound == opener && kind == StatementKind::Header),
            compound,
            end: span.end,
        });
        self.last_end = span.end;
    }

    /// What kind of simple statement a node of this grammar kind is.
    fn simple(&mut self, node: Node, kind: &str) -> Option<StatementKind> {
        Some(match kind {
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                self.imports(node);
                StatementKind::Import
            }
            "global_statement" => StatementKind::Global,
            "expression_statement" => {
                callee(node).map_or(StatementKind::Simple, |callee| StatementKind::Call { callee })
            }
            "print_statement"
            | "assert_statement"
            | "return_statement"
            | "delete_statement"
            | "raise_statement"
            | "pass_statement"
            | "break_statement"
            | "continue_statement"
            | "nonlocal_statement"
            | "exec_statement"
            | "type_alias_statement" => StatementKind::Simple,
            _ => return None,
        })
    }

    fn imports(&mut self, node: Node) {
        let statement = syntax::span(node);
        let block = self.around().block;
        let from = match node.kind() {
            "import_statement" => None,
            "future_import_statement" => node.child(1).map(syntax::span),
            _ => node.child_by_field_name("module_name").map(syntax::span),
        };
        let mut cursor = node.walk();
        let names = node.children_by_field_name("name", &mut cursor);
        let stars = syntax::named_children(node).filter(|child| child.kind() == "wildcard_import");
        for item in names.chain(stars) {
            let name = item.child_by_field_name("name").map_or(syntax::span(item), syntax::span);
            let alias = item.child_by_field_name("alias").map(syntax::span);
            let (module, name) = from.map_or((name, None), |module| (module, Some(name)));
            self.outline.imports.push(Import { statement, span: syntax::span(item), module, name, alias, block });
        }
    }
}

/// From the keyword of a compound statement, function or class to behind its colon.
fn header_span(node: Node) -> Span {
    let colon = syntax::children(node).find(|child| child.kind() == ":");
    let end = colon.map_or_else(
        || syntax::children(node).take_while(|child| child.kind() != "block").last().unwrap_or(node).end_byte(),
        |colon| colon.end_byte(),
    );
    Span::new(node.start_byte(), end)
}

/// The callee of an expression statement that is a call (see [`StatementKind::Call`]).
fn callee(statement: Node) -> Option<Span> {
    let nowhere = Span::at(statement.start_byte());
    let mut children = syntax::children(statement).filter(|child| child.kind() != "comment");
    let (only, None) = (children.next()?, children.next()) else { return None };
    match only.kind() {
        "call" => {
            let function = only.child_by_field_name("function")?;
            Some(match function.kind() {
                "identifier" => syntax::span(function),
                "attribute" => function.child_by_field_name("attribute").map_or(nowhere, syntax::span),
                _ => nowhere,
            })
        }
        "parenthesized_expression" | "tuple" | "generator_expression" => Some(nowhere),
        _ => None,
    }
}
