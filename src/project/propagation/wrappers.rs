//! Decorators of the project's own, which stand between a function that turns and those who call it.
//!
//! A decorator that gives back what it got, or a wrapper that returns what a call of it gives at once, does for coroutine
//! functions what it did for plain ones; so does one that tells the two apart. A wrapper that does something with the value has
//! to await it: it turns, and with it everything that is decorated so. Only what is found to do nothing else with the function
//! is crossed.

use super::bodies::own_nodes;
use super::{Act, Frontier, Spreading};
use crate::project::Module;
use crate::project::expression::Expression;
use crate::project::inference::{Place, Source};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::types::Type;
use crate::syntax::{self, ancestors, named_children};
use std::rc::Rc;
use tree_sitter::Node;

/// What asks whether something is a coroutine function.
const TELLS_APART: &str = "iscoroutinefunction";

/// Functions that only look at a function that they are given, or write its name on another.
const LOOKS: [&str; 9] = [
    "wraps",
    "update_wrapper",
    "callable",
    "signature",
    "isgeneratorfunction",
    "isasyncgenfunction",
    "getattr",
    "hasattr",
    "repr",
];

/// What hands on a wrapper as it is.
const GIVES: [&str; 2] = ["update_wrapper", "cast"];

/// What stands between a decorated function and its callers.
pub(super) enum Crossing {
    /// The function itself comes out.
    Same,
    /// The wrapper, which returns what a call gives at once, and is a plain function to those who ask.
    Passing(Definition),
    /// Coroutine functions are told from plain ones, and from generators.
    Telling,
    /// The wrapper, which has to await.
    Awaiting(Definition),
}

/// What a decorator does with the function that it is given.
struct Wrapping<'a> {
    /// The function that it gives in its place.
    wrapper: Option<Node<'a>>,
    /// The calls in it.
    calls: Vec<Node<'a>>,
    tells_apart: bool,
}

impl Spreading<'_> {
    /// What it takes to cross a decorator, which stands in `place`; none where it is not one of the project's functions.
    pub(super) fn crossing(&self, decorator: &Expression, place: Place) -> Option<Result<Crossing, Frontier>> {
        let (callee, is_called) = match decorator {
            Expression::Call(callee, ..) => (&**callee, true),
            callee => (callee, false),
        };
        let Type::Function(function) = self.inference.infer(callee, &place) else { return None };
        let own = function.definition;
        if self.inference.entry(own.module).origin != Origin::Run || self.class_of(own).is_some() {
            return None;
        }
        let module = self.module(own.module)?;
        let taker = taker(&module, module.definition(own.block)?, is_called)?;
        let crossed = |wrapping: Wrapping| {
            let wrapper =
                wrapping.wrapper.filter(|_| !wrapping.tells_apart).and_then(|wrapper| module.block_of(wrapper));
            match wrapper.map(|block| Definition { module: own.module, block }) {
                Some(wrapper) if wrapping.calls.iter().all(|call| is_passed_on(*call)) => Crossing::Passing(wrapper),
                Some(wrapper) => Crossing::Awaiting(wrapper),
                None if wrapping.tells_apart => Crossing::Telling,
                None => Crossing::Same,
            }
        };
        let found = self.wrapping(&module, taker).map(crossed);
        Some(found.map_err(|(at, reason)| Frontier {
            path: self.inference.entry(own.module).path.clone(),
            row: module.row(at.start_byte()).number(),
            reason,
        }))
    }

    /// What a function that is given another does with it; an error is where it does something else, and what.
    fn wrapping<'a>(&self, module: &'a Module, taker: Node<'a>) -> Result<Wrapping<'a>, (Node<'a>, String)> {
        let shown = taker.child_by_field_name("name").map_or("", |name| module.of(name));
        let parameter = parameter(module, taker).ok_or_else(|| (taker, format!("`@{shown}` takes no function")))?;
        let odd = |at, what: &str| Err((at, format!("the decorator `@{shown}` {what}")));
        let mut wrapping = Wrapping { wrapper: None, calls: Vec::new(), tells_apart: false };
        let reads = module.reads(taker, parameter);
        let asking = |read: &&Node| looked_at_by(module, **read) == Some(TELLS_APART);
        if let Some(asked) = reads.iter().filter(asking).find(|read| is_refused(**read)) {
            return odd(*asked, "refuses coroutine functions");
        }
        // One wrapper for coroutine functions, and another for plain ones.
        wrapping.tells_apart = reads.iter().any(|read| asking(&read));
        for read in reads {
            let Some(parent) = read.parent() else { continue };
            let is_called = parent.kind() == "call" && parent.child_by_field_name("function") == Some(read);
            if is_called {
                let around = module.function_of(parent);
                if around.and_then(|wrapper| module.function_of(wrapper)) != Some(taker) {
                    return odd(read, &format!("calls `{parameter}` outside of its wrapper"));
                }
                if wrapping.wrapper.is_some() && wrapping.wrapper != around && !wrapping.tells_apart {
                    return odd(read, "has more than one wrapper");
                }
                wrapping.wrapper = around;
                wrapping.calls.push(parent);
            } else if looked_at_by(module, read).is_none()
                && !is_named(module, read)
                && !is_returned(module, read, taker)
            {
                return odd(read, &format!("does more with `{parameter}` than call it"));
            }
        }
        if wrapping.tells_apart {
            return Ok(wrapping);
        }
        let Some(wrapper) = wrapping.wrapper else { return Ok(wrapping) };
        if wrapper.kind() == "lambda" || syntax::is_async(wrapper) || module.is_generator(wrapper) {
            return odd(wrapper, "has a wrapper that is no plain function");
        }
        let name = wrapper.child_by_field_name("name").map_or("", |name| module.of(name));
        match module.reads(taker, name).into_iter().find(|read| !is_given(module, *read, taker)) {
            Some(read) => odd(read, &format!("does more with `{name}` than return it")),
            None => Ok(wrapping),
        }
    }

    /// The calls in a wrapper, and the decorator that it is of; none where it is not the wrapper of one.
    fn of_wrapper<'a>(&self, module: &'a Module, wrapper: Node<'a>) -> Option<(Vec<Node<'a>>, Node<'a>)> {
        let taker = module.function_of(wrapper).filter(|taker| taker.kind() == "function_definition")?;
        let wrapping = self.wrapping(module, taker).ok()?;
        if wrapping.wrapper != Some(wrapper) || wrapping.tells_apart {
            return None;
        }
        let factory = module.function_of(taker).filter(|outer| outer.kind() == "function_definition");
        Some((wrapping.calls, factory.unwrap_or(taker)))
    }

    /// Turns a function that is the wrapper of a decorator, with all that is decorated so. Whether it is one.
    pub(super) fn turn_wrapper(&mut self, function: Definition, because: Option<Definition>) -> bool {
        let file = function.module;
        let Some(module) = self.module(file) else { return false };
        let Some(node) = module.definition(function.block) else { return false };
        let Some((calls, decorator)) = self.of_wrapper(&module, node) else { return false };
        let Some(block) = module.block_of(decorator) else { return false };
        if let Err(frontier) = self.may_be_rewritten(function) {
            self.frontiers.insert(frontier);
            return true;
        }
        self.note_turned(function, because, false);
        for call in calls {
            self.look_at_call(&module, file, call, function, Act::Await);
        }
        let decorator = Definition { module: file, block };
        if self.decorators.insert(decorator, function).is_none() {
            self.look_at_references(&[decorator], false);
        }
        true
    }

    /// A mention of a decorator whose wrapper turns: what it decorates turns, too.
    pub(super) fn look_at_decorator(
        &mut self,
        module: &Rc<Module>,
        file: ModuleId,
        expression: Node,
        wrapper: Definition,
    ) {
        let mut used = expression;
        if let Some(call) = used.parent().filter(|outer| outer.kind() == "call")
            && call.child_by_field_name("function") == Some(used)
        {
            used = call;
        }
        let decorated = used.parent().filter(|parent| parent.kind() == "decorator").and_then(|parent| parent.parent());
        let Some(definition) = decorated.and_then(|decorated| decorated.child_by_field_name("definition")) else {
            let name = module.of(expression).split_whitespace().collect::<String>();
            let reason = format!("`{name}` is used, but not as a decorator");
            return self.refuse(module, file, expression.start_byte(), reason);
        };
        match module.block_of(definition).filter(|_| definition.kind() == "function_definition") {
            Some(block) if syntax::is_async(definition) => {
                let name = self.name(Definition { module: file, block });
                if module.is_generator(definition) {
                    let reason =
                        format!("the wrapper around `{name}`, an asynchronous generator, would have to iterate");
                    return self.refuse(module, file, expression.start_byte(), reason);
                }
                let (path, row) = (self.inference.entry(file).path.clone(), module.row(definition.start_byte()));
                self.note(format!("the wrapper around `{name}` awaits it before it goes on ({path}:{row})"));
            }
            Some(block) => self.enqueue(Definition { module: file, block }, Some(wrapper)),
            None => {
                let reason = format!("a class is decorated with `{}`", module.of(expression));
                self.refuse(module, file, expression.start_byte(), reason);
            }
        }
    }

    /// The functions that an expression names, whatever their decorators make of them.
    pub(super) fn defined_at(&self, module: &Module, file: ModuleId, expression: Node) -> Vec<Definition> {
        let inference = &self.inference;
        let Some(name) = expression.child_by_field_name("attribute").map(|name| module.of(name)) else {
            let block = module.outline.innermost_block(expression.start_byte()).map(|block| block as u32);
            return self.functions_named(Place { module: file, block }, module.of(expression));
        };
        let Some(object) = expression.child_by_field_name("object") else { return Vec::new() };
        let mut found = Vec::new();
        for part in module.infer(object).parts() {
            let (class, skipped) = match part {
                Type::Module(id) => {
                    found.extend(blocks(inference.sources_in(*id, None, name, 1)));
                    continue;
                }
                Type::Instance(class, _) | Type::Class(class, _) => (*class, 0),
                Type::Super(class) => (*class, 1),
                _ => continue,
            };
            let order = inference.order(class);
            let methods = order.classes.iter().skip(skipped).find_map(|(each, _)| self.own_method(*each, name));
            found.extend(methods.into_iter().flatten());
        }
        found
    }

    /// The definitions that a name stands for in a place, whatever their decorators make of them.
    pub(super) fn functions_named(&self, place: Place, name: &str) -> Vec<Definition> {
        blocks(self.inference.visible(place, name)).collect()
    }
}

fn blocks(sources: Vec<Source>) -> impl Iterator<Item = Definition> {
    sources.into_iter().filter_map(|source| if let Source::Block(found) = source { Some(found) } else { None })
}

/// The function that gets what is decorated: the decorator, or what it returns where it is called first.
fn taker<'a>(module: &'a Module, decorator: Node<'a>, is_called: bool) -> Option<Node<'a>> {
    if !is_called {
        return Some(decorator);
    }
    let nodes = own_nodes(decorator);
    let name =
        returned(&nodes).map(|value| module.of(value)).reduce(|one, other| if one == other { one } else { "" })?;
    let is_it = |node: &Node| {
        node.kind() == "function_definition"
            && node.child_by_field_name("name").is_some_and(|own| module.of(own) == name)
    };
    let mut inner = nodes.iter().copied().filter(is_it);
    inner.next().filter(|_| inner.next().is_none())
}

fn returned<'n, 'a>(nodes: &'n [Node<'a>]) -> impl Iterator<Item = Node<'a>> + 'n {
    let returns = nodes.iter().filter(|node| node.kind() == "return_statement");
    returns.filter_map(|node| named_children(*node).next())
}

/// The name of the first parameter, where nothing else binds it.
fn parameter<'a>(module: &'a Module, taker: Node<'a>) -> Option<&'a str> {
    let first = named_children(taker.child_by_field_name("parameters")?).next()?;
    let name = match first.kind() {
        "identifier" => first,
        "typed_parameter" => named_children(first).next().filter(|name| name.kind() == "identifier")?,
        _ => return None,
    };
    let found = module.lookup(module.of(name), taker.child_by_field_name("body")?)?;
    (found.bindings.len() == 1).then(|| module.of(name))
}

/// The last name of the function that takes a name as its argument and only looks at it.
fn looked_at_by(module: &Module, read: Node) -> Option<&'static str> {
    let call = read.parent().filter(|list| list.kind() == "argument_list")?.parent()?;
    let last = module.of(call.child_by_field_name("function")?).rsplit('.').next().unwrap_or_default();
    LOOKS.into_iter().chain([TELLS_APART]).find(|name| *name == last)
}

/// Whether something raises by what a name is: `if iscoroutinefunction(function): raise …`.
fn is_refused(read: Node) -> bool {
    let mut inner = read;
    for outer in ancestors(read) {
        match outer.kind() {
            "argument_list" | "call" | "not_operator" | "boolean_operator" | "parenthesized_expression" => {
                inner = outer
            }
            "assert_statement" => return true,
            "if_statement" | "elif_clause" if outer.child_by_field_name("condition") == Some(inner) => {
                let block = outer.child_by_field_name("consequence");
                return block
                    .and_then(|block| named_children(block).last())
                    .is_some_and(|last| last.kind() == "raise_statement");
            }
            _ => return false,
        }
    }
    false
}

/// Whether only a name that Python gives a function is read of it: `function.__name__`.
fn is_named(module: &Module, read: Node) -> bool {
    let attribute = read.parent().filter(|parent| parent.kind() == "attribute");
    attribute.and_then(|attribute| attribute.child_by_field_name("attribute")).is_some_and(|name| {
        let name = module.of(name);
        name.starts_with("__") && name.ends_with("__") && name != "__call__" && name != "__get__"
    })
}

/// Whether a name is what a function returns, by itself.
fn is_returned(module: &Module, read: Node, function: Node) -> bool {
    read.parent().is_some_and(|parent| parent.kind() == "return_statement")
        && module.function_of(read) == Some(function)
}

/// Whether a wrapper is returned, or only gets names and attributes.
fn is_given(module: &Module, read: Node, taker: Node) -> bool {
    if is_returned(module, read, taker) {
        return true;
    }
    let Some(parent) = read.parent() else { return false };
    match parent.kind() {
        "attribute" => ancestors(parent)
            .next()
            .is_some_and(|outer| outer.kind() == "assignment" && outer.child_by_field_name("left") == Some(parent)),
        "argument_list" => {
            let function = parent.parent().and_then(|call| call.child_by_field_name("function"));
            let last = function.map_or("", |function| match function.kind() {
                // `wraps(function)(wrapper)`
                "call" => function.child_by_field_name("function").map_or("", |inner| module.of(inner)),
                _ => module.of(function),
            });
            let last = last.rsplit('.').next().unwrap_or_default();
            GIVES.contains(&last) || last == "wraps"
        }
        _ => false,
    }
}

/// Whether a call is what its function returns at once, so that nobody waits in the function.
fn is_passed_on(call: Node) -> bool {
    let mut outer = ancestors(call);
    outer.next().is_some_and(|parent| parent.kind() == "return_statement")
        && !outer
            .take_while(|outer| outer.kind() != "function_definition")
            .any(|outer| matches!(outer.kind(), "try_statement" | "with_statement"))
}
