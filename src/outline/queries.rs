//! What callers ask of an outline.

use super::{BlockKind, Cell, Import, Outline, Statement};
use crate::text::Span;

impl Outline {
    /// Index of the innermost function or class around `offset`, its decorators and header included.
    pub fn innermost_block(&self, offset: usize) -> Option<usize> {
        let last = self.blocks.partition_point(|block| block.span.start <= offset).checked_sub(1)?;
        self.enclosing_blocks(Some(last as u32)).find(|&block| self.blocks[block].span.contains(offset))
    }

    /// `block` and the blocks around it, from the inside out.
    pub fn enclosing_blocks(&self, block: Option<u32>) -> impl Iterator<Item = usize> {
        std::iter::successors(block, |&block| self.blocks[block as usize].parent).map(|block| block as usize)
    }

    /// Whether some function around what stands directly in `block` is a coroutine function, or none is and the top level of
    /// the text is one.
    pub fn in_async(&self, block: Option<u32>) -> bool {
        self.enclosing_blocks(block).any(|block| self.blocks[block].kind == BlockKind::Function { is_async: true })
            || self.is_notebook() && !self.enclosing_blocks(block).any(|block| self.is_function(block))
    }

    /// Whether the text is that of a notebook's cells.
    pub fn is_notebook(&self) -> bool {
        !self.cells.is_empty()
    }

    /// The cell of a notebook that `offset` is in, the mark before it included.
    pub fn cell_at(&self, offset: usize) -> Option<&Cell> {
        let next = self.cells.partition_point(|cell| cell.span.start <= offset);
        self.cells.get(next.max(1) - 1)
    }

    /// Whether no byte of `span` is in a comment or in a string that holds no code.
    pub fn is_code(&self, span: Span) -> bool {
        !touches(&self.strings, span) && !touches(&self.comments, span)
    }

    /// The statement, or header of a compound one, that covers `offset`.
    pub fn statement_at(&self, offset: usize) -> Option<&Statement> {
        let last = self.statements.partition_point(|statement| statement.span.start <= offset).checked_sub(1)?;
        Some(&self.statements[last]).filter(|statement| statement.span.contains(offset))
    }

    /// What to parse in order to know all about `offset`: the outermost function around it with its decorators, else the
    /// whole module- or class-level statement around it. A method of a module-level class is an outermost function; a
    /// function or class inside a function belongs to that function. A compound statement goes from its first header to
    /// the end of its last suite, with the functions in it; a class, for an offset in its decorators or header, is one
    /// such statement. Between statements the region is empty.
    pub fn region_of(&self, offset: usize) -> Span {
        let block = self.innermost_block(offset);
        let around = self.enclosing_blocks(block.map(|block| block as u32));
        if let Some(function) = around.filter(|&block| self.is_function(block)).last() {
            return self.blocks[function].span;
        }
        match block {
            Some(class) if offset < self.blocks[class].header.end => self.class_region(class),
            _ => self.statement_region(block, offset).filter(|span| span.contains(offset)).unwrap_or(Span::at(offset)),
        }
    }

    /// Every region that [`Outline::region_of`] gives, in order of start, the longer first. A compound statement and a
    /// class enclose the regions of what stands in their suites.
    pub fn regions(&self) -> Vec<Span> {
        let mut regions = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            if self.enclosing_blocks(block.parent).any(|around| self.is_function(around)) {
                continue;
            }
            regions.push(if self.is_function(at) { block.span } else { self.class_region(at) });
        }
        for statement in &self.statements {
            if self.enclosing_blocks(statement.block).any(|around| self.is_function(around)) {
                continue;
            }
            regions.push(statement.compound.map_or(statement.span, |compound| self.compound_region(compound)));
        }
        regions.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        regions.dedup();
        regions
    }

    fn is_function(&self, block: usize) -> bool {
        matches!(self.blocks[block].kind, BlockKind::Function { .. })
    }

    fn class_region(&self, class: usize) -> Span {
        let class = &self.blocks[class];
        class.compound.map_or(class.span, |compound| self.compound_region(compound))
    }

    fn compound_region(&self, compound: u32) -> Span {
        let opener = &self.statements[compound as usize];
        Span::new(opener.span.start, opener.end)
    }

    /// The last statement directly in `level` (a class, or the module) that starts before or at `offset`.
    fn statement_region(&self, level: Option<usize>, offset: usize) -> Option<Span> {
        let level = level.map(|block| block as u32);
        let last = self.statements.partition_point(|statement| statement.span.start <= offset).checked_sub(1)?;
        let statement = &self.statements[last];
        if statement.block == level {
            return Some(statement.compound.map_or(statement.span, |compound| self.compound_region(compound)));
        }
        // The statement before `offset` is in a block that ended, perhaps inside a compound statement that did not.
        let ended = self.enclosing_blocks(statement.block).find(|&block| self.blocks[block].parent == level)?;
        self.blocks[ended].compound.map(|compound| self.compound_region(compound))
    }
}

impl Import {
    /// The name that the import binds in `text`: the alias, else the name, else the first part of the module, since
    /// `import a.b` binds `a`. `*` for a star import.
    pub fn bound_name<'t>(&self, text: &'t str) -> &'t str {
        match self.alias.or(self.name) {
            Some(name) => &text[name.range()],
            None => text[self.module.range()].split('.').next().unwrap_or_default().trim_end(),
        }
    }
}

/// Whether `span` shares a byte with one of `spans`, which are in order and apart.
fn touches(spans: &[Span], span: Span) -> bool {
    let first = spans.partition_point(|other| other.end <= span.start);
    spans.get(first).is_some_and(|other| other.start < span.end)
}
