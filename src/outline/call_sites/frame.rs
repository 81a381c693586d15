//! What stands around a call: the bracket or statement that it is directly in, and what came before it there.

use super::Place;
use crate::text::Span;

/// No site.
pub(super) const NONE: u32 = u32::MAX;
/// A call that is awaited, and so is a site only if its value is used before that.
pub(super) const AWAITED: u32 = u32::MAX - 1;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Statement,
    /// The arguments of a call.
    Arguments,
    /// Parentheses around an expression or a tuple.
    Group,
    /// A list, set or dictionary.
    Display,
    /// The parameters of a function, or type parameters.
    Parameters,
    Subscript,
    /// The replacement field of an f-string.
    Field,
}

/// What came before the operand that is being read, in its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing that takes its value: the start, a comma, `=`.
    Nothing,
    /// An operator, or anything else that needs a value.
    Operator,
    /// `yield`, `lambda …:`, or `=` among parameters.
    Body,
    /// `:=`.
    Walrus,
}

/// What came last in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// Nothing that ends an operand.
    Nothing,
    Dot,
    /// An identifier, which a parenthesis calls.
    Word,
    /// A literal or bracket.
    Other,
}

/// What comes behind a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The end of the frame.
    End,
    Comma,
    /// An attribute, a subscript or a call of it.
    Access,
    /// Something else that needs a value.
    Use,
    /// The `for` of a comprehension.
    For,
}

/// One open bracket, or the statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub kind: Kind,
    /// What becomes of a call that is all of the frame, or all between two commas.
    pub base: Place,
    pub before: Before,
    pub last: Last,
    /// Whether an `await` stands before the operand.
    pub is_awaited: bool,
    pub has_comma: bool,
    /// How many lambdas wait for their colon.
    pub lambdas: u32,
    /// Where the operand starts.
    pub chain: usize,
    /// The last identifier.
    pub word: Span,
    /// The identifier before the parenthesis of arguments.
    pub callee: Option<Span>,
    /// Whether that is the name of what takes all of a generator at once.
    pub is_consumer: bool,
    /// The call whose arguments are open just inside this frame.
    pub open: u32,
    /// The call that came last, until it is known what comes behind it.
    pub pending: u32,
}

impl Frame {
    pub fn new(kind: Kind, base: Place) -> Frame {
        Frame {
            kind,
            base,
            before: Before::Nothing,
            last: Last::Nothing,
            is_awaited: false,
            has_comma: false,
            lambdas: 0,
            chain: 0,
            word: Span::at(0),
            callee: None,
            is_consumer: false,
            open: NONE,
            pending: NONE,
        }
    }

    pub fn ends_operand(&self) -> bool {
        matches!(self.last, Last::Word | Last::Other)
    }

    /// An operator or keyword: what comes next is the next operand.
    pub fn start_over(&mut self, before: Before) {
        self.before = before;
        self.last = Last::Nothing;
        self.is_awaited = false;
    }

    /// What becomes of the pending call. None: what becomes of the parentheses around it.
    pub fn place(&self, next: Next) -> Option<Place> {
        if matches!(next, Next::Access | Next::Use) {
            return Some(Place::Value);
        }
        match self.before {
            Before::Operator => return Some(Place::Value),
            Before::Body => return Some(Place::Element),
            Before::Walrus if self.base != Place::Value => return Some(Place::Assigned),
            Before::Walrus | Before::Nothing => {}
        }
        let is_alone = next == Next::End && !self.has_comma;
        match self.kind {
            _ if self.base == Place::Value => Some(Place::Value),
            Kind::Statement if is_alone => Some(self.base),
            Kind::Group if is_alone => None,
            Kind::Arguments if next != Next::For => Some(Place::Argument),
            Kind::Arguments | Kind::Group if next == Next::For && !self.is_consumer => Some(Place::Generated),
            _ => Some(Place::Element),
        }
    }
}
