//! One file under the glass: text, outline, and trees on demand.
//!
//! A region (an outermost function, or a module- or class-level statement) is parsed once, when somebody first asks for
//! a node in it. With [`Module::whole`] every region is a node of one whole-file tree; all answers are the same.

use crate::outline::{self, BlockKind, Outline};
use crate::project::Answer;
use crate::project::conduct::{Source, Steps};
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::narrowing::Tests;
use crate::project::propagation::Texts;
use crate::project::reaching::Passage;
use crate::project::scopes::{Bound, Names};
use crate::project::suspension::Shared;
use crate::project::types::Type;
use crate::syntax;
use crate::text::{self, Lines, Span};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::fmt::{self, Display, Formatter};
use std::rc::Rc;
use std::sync::Arc;
use tree_sitter::{Node, Tree};

/// One file, and the trees of what somebody asked about.
pub struct Module<'t> {
    pub text: &'t str,
    pub outline: Arc<Outline>,
    /// The project that the file is part of; none where the file is looked at alone.
    pub(super) linked: Option<(Inference<'t>, ModuleId)>,
    /// The texts of the other files; none where nobody has them at hand.
    pub(super) texts: Option<&'t dyn Texts>,
    trees: Trees,
    lines: OnceCell<Lines>,
    /// The headers of the classes that somebody asked about, parsed as calls: `Name(Base, metaclass=Meta)`.
    headers: Vec<OnceCell<Tree>>,
    /// What the functions, lambdas and comprehensions bind, by the id of their node.
    pub(super) scopes: RefCell<FxHashMap<usize, Rc<Names>>>,
    /// What binds the names that were asked for, directly in a class or in the module (`None`).
    pub(super) bindings: RefCell<FxHashMap<Option<u32>, Bound>>,
    /// What the calls that were asked for give, by the id of their node.
    pub(super) results: RefCell<FxHashMap<usize, Type>>,
    /// Whether they give a coroutine for certain.
    pub(super) awaitables: RefCell<FxHashMap<usize, Answer>>,
    /// What functions do with shared state, by the id of their node.
    pub(super) shared: RefCell<FxHashMap<usize, Rc<Shared>>>,
    /// What bodies do that were asked about, of whatever file of the run.
    pub(super) steps: RefCell<Steps>,
    /// What the bodies of this file call that were asked about.
    pub(super) passages: RefCell<FxHashMap<Definition, Option<Arc<Passage>>>>,
    /// The other files that bodies stand in.
    pub(super) others: RefCell<FxHashMap<ModuleId, Option<Source>>>,
    /// Which tests stand in the blocks that were asked for, and in the module (`None`).
    pub(super) tests: RefCell<FxHashMap<Option<usize>, Tests>>,
}

enum Trees {
    Whole(Tree),
    Regions { spans: Vec<Span>, trees: Vec<OnceCell<Tree>> },
}

/// A one-based row of the file, or of one cell of a notebook: `7`, or `2 of cell 5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    row: usize,
    cell: Option<u32>,
}

impl Row {
    /// The row alone.
    pub fn number(self) -> usize {
        self.row
    }
}

impl Display for Row {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        match self.cell {
            Some(cell) => write!(out, "{} of cell {cell}", self.row),
            None => write!(out, "{}", self.row),
        }
    }
}

impl<'t> Module<'t> {
    /// A file of which only the regions that are asked for are parsed. Where the outline is lost, the file is parsed
    /// whole, and the outline is taken from the tree.
    pub fn by_region(text: &'t str, outline: Arc<Outline>) -> Module<'t> {
        if outline.lost.is_some() {
            return Module::whole(text).with_cells(&outline);
        }
        let spans = outline.regions();
        let trees = Trees::Regions { trees: spans.iter().map(|_| OnceCell::new()).collect(), spans };
        Module::new(text, outline, trees)
    }

    /// A file parsed whole.
    pub fn whole(text: &'t str) -> Module<'t> {
        let tree = syntax::parse(text);
        let outline = outline::from_tree(&tree, text);
        Module::new(text, Arc::new(outline), Trees::Whole(tree))
    }

    /// The same file with the cells that its outline has, where it is that of a notebook.
    pub fn with_cells(mut self, outline: &Outline) -> Module<'t> {
        if outline.is_notebook() {
            Arc::make_mut(&mut self.outline).cells = outline.cells.clone();
        }
        self
    }

    /// The file as part of a project, which knows it by `id` and with the same text.
    pub fn within(self, inference: Inference<'t>, id: ModuleId) -> Module<'t> {
        Module { linked: Some((inference, id)), ..self }
    }

    /// The file with the texts of all others at hand.
    pub fn beside(self, texts: Option<&'t dyn Texts>) -> Module<'t> {
        Module { texts, ..self }
    }

    /// The texts of all files of the project, where they are at hand.
    pub fn texts(&self) -> Option<&'t dyn Texts> {
        self.texts
    }

    fn new(text: &'t str, outline: Arc<Outline>, trees: Trees) -> Module<'t> {
        let headers = outline.blocks.iter().map(|_| OnceCell::new()).collect();
        Module {
            text,
            outline,
            linked: None,
            texts: None,
            trees,
            lines: OnceCell::new(),
            headers,
            scopes: RefCell::default(),
            shared: RefCell::default(),
            steps: RefCell::default(),
            passages: RefCell::default(),
            others: RefCell::default(),
            results: RefCell::default(),
            awaitables: RefCell::default(),
            bindings: RefCell::default(),
            tests: RefCell::default(),
        }
    }

    /// The argument list that holds the bases of a class; none for a class without parentheses. The header of a class
    /// that no region holds is parsed as the call that it reads as, from the name to before the colon.
    pub fn bases_node(&self, class: u32) -> Option<Node<'_>> {
        if self.is_whole() || self.is_in_function(class) {
            return self.definition(class)?.child_by_field_name("superclasses");
        }
        let block = &self.outline.blocks[class as usize];
        let span = Span::new(block.name.start, block.header.end.saturating_sub(1).max(block.name.end));
        let tree = self.headers[class as usize].get_or_init(|| syntax::parse_region(self.text, span));
        let call = tree.root_node().named_child(0)?.named_child(0)?;
        call.child_by_field_name("arguments")
    }

    /// The dotted name of the module in its project.
    pub fn dotted_name(&self) -> Option<String> {
        self.inference().map(|(inference, id)| inference.entry(id).name.to_string())
    }

    /// Whether the file is parsed whole already.
    pub fn is_whole(&self) -> bool {
        matches!(self.trees, Trees::Whole(_))
    }

    /// The tree that holds the region at `offset`; the whole file's tree where there is one.
    pub fn tree_at(&self, offset: usize) -> Option<&Tree> {
        match &self.trees {
            Trees::Whole(tree) => Some(tree),
            Trees::Regions { spans, trees } => {
                let region = self.outline.region_of(offset);
                let at = spans
                    .binary_search_by_key(&(region.start, Reverse(region.end)), |span| (span.start, Reverse(span.end)));
                Some(trees[at.ok()?].get_or_init(|| syntax::parse_region(self.text, region)))
            }
        }
    }

    /// Where the first syntax error is in the region around `offset`, if there is one.
    pub fn error_near(&self, offset: usize) -> Option<usize> {
        let root = self.tree_at(offset)?.root_node();
        let region = self.outline.region_of(offset);
        let node = root.descendant_for_byte_range(region.start, region.end).unwrap_or(root);
        syntax::first_error(node)
    }

    /// Where the first syntax error is in a file that is parsed whole.
    pub fn first_error(&self) -> Option<usize> {
        syntax::first_error(self.tree_at(0)?.root_node())
    }

    /// The smallest node that covers `span`, anonymous ones left out.
    pub fn node_at(&self, span: Span) -> Option<Node<'_>> {
        self.tree_at(span.start)?.root_node().named_descendant_for_byte_range(span.start, span.end)
    }

    /// The text of a node.
    pub fn of(&self, node: Node) -> &'t str {
        &self.text[node.byte_range()]
    }

    pub fn slice(&self, span: Span) -> &'t str {
        &self.text[span.range()]
    }

    /// What one level of indentation is in this file: what the first indented statement of a block has, else four spaces.
    pub fn indentation_unit(&self) -> &'t str {
        let statements = self.outline.statements.iter().filter(|statement| statement.direct);
        let units = statements.filter_map(|statement| {
            let block = &self.outline.blocks[statement.block? as usize];
            let inner = text::indentation(self.text, statement.span.start);
            inner.strip_prefix(text::indentation(self.text, block.header.start)).filter(|unit| !unit.is_empty())
        });
        units.into_iter().next().unwrap_or("    ")
    }

    /// The zero-based line of an offset in the whole text.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        self.lines.get_or_init(|| Lines::of(self.text)).line_at(offset)
    }

    /// The row of an offset, for reasons told to people.
    pub fn row(&self, offset: usize) -> Row {
        let cell = self.outline.cell_at(offset);
        let first = cell.map_or(0, |cell| self.line_at(cell.span.start));
        Row { row: self.line_at(offset).saturating_sub(first) + 1, cell: cell.map(|cell| cell.number) }
    }

    /// The function or class whose `def` or `class` statement is `node`.
    pub fn block_of(&self, node: Node) -> Option<u32> {
        let name = node.child_by_field_name("name")?.start_byte();
        let at = self.outline.blocks.binary_search_by_key(&name, |block| block.name.start).ok()?;
        Some(at as u32)
    }

    /// The node of a function or class of the outline, without its decorators.
    pub fn definition(&self, block: u32) -> Option<Node<'_>> {
        let name = self.outline.blocks[block as usize].name;
        let node = self.node_at(name)?;
        node.parent().filter(|parent| matches!(parent.kind(), "function_definition" | "class_definition"))
    }

    /// Whether a block stands in a function, at whatever depth.
    pub fn is_in_function(&self, block: u32) -> bool {
        let mut around = self.outline.enclosing_blocks(self.outline.blocks[block as usize].parent);
        around.any(|around| matches!(self.outline.blocks[around].kind, BlockKind::Function { .. }))
    }

    /// Whether a block of the outline is a class.
    pub fn is_class(&self, block: u32) -> bool {
        self.outline.blocks[block as usize].kind == BlockKind::Class
    }

    /// The functions and classes directly in a block, or in the module.
    pub fn blocks_in(&self, parent: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        (0..self.outline.blocks.len() as u32).filter(move |&at| self.outline.blocks[at as usize].parent == parent)
    }

    /// The name of a block.
    pub fn name_of(&self, block: u32) -> &'t str {
        self.slice(self.outline.blocks[block as usize].name)
    }
}
