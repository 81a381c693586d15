//! What a function does beside giving a value, its callees' bodies included.
//!
//! In: a function or class of the project. Out: its [`Conduct`], where all that runs when it is called is seen to change nothing that others
//! could see: no attribute, item or global name is written but of objects that were made on the way, and whatever is
//! called is a function of the project of which the same is true, or is in the table of what does no harm
//! ([`super::harmless`]). Else the reason, with its place. A function that cannot be read, or that a subclass may
//! override with one, has no conduct.
//!
//! Each body is looked at once for itself ([`Step`]), in the file that it stands in; together they are a walk over calls.
//! What an object is one's own by is [`super::own`]'s affair, what a call does that of `calls`.

mod calls;

pub(super) use calls::{is_logging, methods_of};

use crate::outline::{self, Outline};
use crate::project::Module;
use crate::project::inference::{Consulted, Inference};
use crate::project::layout::ModuleId;
use crate::project::linked::Definition;
use crate::project::presumption::{asks_by_name, wraps_by_name};
use crate::summary::containers::changes_container;
use crate::syntax::{descendants, is_async, named_children};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use tree_sitter::Node;

/// How many bodies are looked at for one.
const BODIES: usize = 40;

/// Decorators that leave a function what it is.
const TRANSPARENT: [&str; 8] =
    ["staticmethod", "classmethod", "override", "final", "abstractmethod", "property", "overload", "no_type_check"];

/// What all that runs in a call does together, where that changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// Something in it waits for an answer.
    pub waits: bool,
    /// It has a `raise` of its own.
    pub raises: bool,
    /// Every name and attribute that it mentions.
    pub mentions: FxHashSet<Box<str>>,
    /// Where something is presumed: the objects that it asks of which nobody says that they serve many at once.
    pub asked: FxHashSet<Box<str>>,
}

impl Conduct {
    /// Whether two may ask the same object.
    pub fn shares<'a>(&'a self, other: &'a Conduct) -> Option<&'a str> {
        self.asked.intersection(&other.asked).min().map(|object| &**object)
    }
}

/// What is called: a function, or a class that is instantiated.
pub(super) type Callee = (Definition, bool);

/// What bodies do that were asked about, or why they may do more than give a value.
pub(super) type Steps = FxHashMap<(Callee, Trust), Result<Arc<Step>, String>>;

/// A text with its outline.
pub(super) type Source = (Arc<str>, Arc<Outline>);

/// What one body does by itself, and what it calls.
#[derive(Debug, Default)]
pub struct Step {
    conduct: Conduct,
    calls: Vec<Callee>,
    /// How what cannot be read is judged.
    trust: Trust,
}

/// How what cannot be read is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Not at all.
    #[default]
    Proof,
    /// By its name, and by what it is called on ([`super::presumption`]).
    Names,
}

impl Module<'_> {
    /// What a call of the file does, or why it may do more than give a value; its arguments may await nothing.
    pub fn conduct_of(&self, call: Node, trust: Trust) -> Result<Conduct, String> {
        if trust == Trust::Names && !asks_by_name(self.called_name(call)) {
            return Err(format!("nothing says that `{}` only asks", self.called_name(call)));
        }
        let mut step = Step { trust, ..Step::default() };
        let parts = [call.child_by_field_name("function"), call.child_by_field_name("arguments")];
        let mut suspensions = parts.into_iter().flatten().flat_map(descendants);
        if let Some(other) = suspensions.find(|node| matches!(node.kind(), "await" | "yield" | "named_expression")) {
            return Err(format!("`{}` happens before it waits", self.of(other)));
        }
        self.walk(call, None, &mut step)?;
        self.conduct_with_callees(step)
    }

    /// What a piece of code does with all that it calls.
    fn conduct_with_callees(&self, step: Step) -> Result<Conduct, String> {
        let trust = step.trust;
        let mut whole = step.conduct;
        let mut open = step.calls;
        let mut seen: FxHashSet<Callee> = open.iter().copied().collect();
        while let Some(callee) = open.pop() {
            if seen.len() > BODIES {
                return Err("it calls too much to look at all of it".to_owned());
            }
            let step = self.step(callee, trust)?;
            whole.waits |= step.conduct.waits;
            whole.raises |= step.conduct.raises;
            whole.mentions.extend(step.conduct.mentions.iter().cloned());
            whole.asked.extend(step.conduct.asked.iter().cloned());
            open.extend(step.calls.iter().copied().filter(|callee| seen.insert(*callee)));
        }
        Ok(whole)
    }

    /// Refuses statements of the file that may do more than change what the function around them made.
    pub(super) fn refuse_harm(&self, statements: &[Node]) -> Result<(), String> {
        let mut step = Step::default();
        statements.iter().try_for_each(|statement| self.walk(*statement, None, &mut step))?;
        self.conduct_with_callees(step).map(drop)
    }

    /// What one body does by itself, in whatever file of the run it stands. Looked at once.
    fn step(&self, callee: Callee, trust: Trust) -> Result<Arc<Step>, String> {
        if let Some(known) = self.steps.borrow().get(&(callee, trust)) {
            return known.clone();
        }
        let found = self.find_step(callee, trust);
        self.steps.borrow_mut().insert((callee, trust), found.clone());
        found
    }

    fn find_step(&self, callee @ (definition, is_made): Callee, trust: Trust) -> Result<Arc<Step>, String> {
        let (inference, own) = self.inference().ok_or("the file is looked at alone")?;
        let look = |module: &Module| module.body(definition.block, is_made, trust).map(Arc::new);
        if definition.module == own {
            return look(self);
        }
        let unread = || Err(format!("`{}` cannot be read", inference.path(definition)));
        let kept = inference.project.bodies().steps.get(&(callee, trust), || {
            let (found, consulted) = self.in_other_file(definition.module, look);
            Arc::new((found.unwrap_or_else(unread), consulted))
        });
        inference.consult(&kept.1);
        kept.0.clone()
    }

    /// What `look` finds in another file of the run, none where it cannot be read, and what that leans on.
    pub(super) fn in_other_file<T>(&self, id: ModuleId, look: impl Fn(&Module) -> T) -> (Option<T>, Consulted) {
        let Some((inference, _)) = self.inference() else { return Default::default() };
        let theirs = Inference::new(inference.project);
        theirs.read(id);
        let Some((text, outline)) = self.other_file(id) else { return (None, theirs.consulted()) };
        let other = Module::by_region(&text, outline).within(theirs, id);
        let found = look(&other);
        (Some(found), other.inference().map(|(theirs, _)| theirs.consulted()).unwrap_or_default())
    }

    /// The text of another file of the run with its outline. Read once.
    fn other_file(&self, module: ModuleId) -> Option<Source> {
        if let Some(known) = self.others.borrow().get(&module) {
            return known.clone();
        }
        let (inference, _) = self.inference()?;
        let read = inference.text(module).map(|text| {
            let outline = Arc::new(outline::read(&text));
            (text, outline)
        });
        let count = inference.entry(module).summary.blocks.len();
        let read = read.filter(|(_, outline)| outline.lost.is_none() && outline.blocks.len() == count);
        self.others.borrow_mut().insert(module, read.clone());
        read
    }

    /// What the body of a function of this file does; `is_made` where it runs on an object that is being made.
    fn body(&self, block: u32, is_made: bool, trust: Trust) -> Result<Step, String> {
        let name = self.name_of(block);
        let function = self.definition(block).ok_or_else(|| format!("`{name}` cannot be read"))?;
        let decorated = function.parent().filter(|outer| outer.kind() == "decorated_definition");
        for decorator in decorated.into_iter().flat_map(named_children).filter(|node| node.kind() == "decorator") {
            let last = self.of(decorator).rsplit(['.', '@']).next().unwrap_or_default().trim();
            let is_presumed = trust == Trust::Names && !wraps_by_name(self.of(decorator));
            if !TRANSPARENT.contains(&last) && !is_presumed {
                return Err(
                    self.located(decorator, &format!("`{}` may do something around `{name}`", self.of(decorator)))
                );
            }
        }
        if self.is_generator(function) {
            return Err(self.located(function, &format!("`{name}` is a generator")));
        }
        let body = function.child_by_field_name("body").ok_or_else(|| format!("`{name}` has no body"))?;
        let receiver = if is_made { self.first_parameter(function) } else { None };
        let mut step = Step { trust, ..Step::default() };
        self.walk(body, receiver, &mut step)?;
        Ok(step)
    }

    pub(super) fn first_parameter<'a>(&'a self, function: Node<'a>) -> Option<&'a str> {
        let parameters = function.child_by_field_name("parameters")?;
        named_children(parameters).find(|parameter| parameter.kind() == "identifier").map(|name| self.of(name))
    }

    /// A reason with its place.
    pub(super) fn located(&self, node: Node, reason: &str) -> String {
        let path = self.inference().map(|(inference, id)| inference.entry(id).path.clone()).unwrap_or_default();
        format!("{reason} ({path}:{})", self.row(node.start_byte()))
    }

    /// All that a piece of code does; `made` is the name of an object that is being made.
    fn walk(&self, root: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            self.visit(node, made, step)?;
            if node.kind() != "type" {
                stack.extend(named_children(node));
            }
        }
        Ok(())
    }

    fn visit(&self, node: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "identifier" => drop(step.conduct.mentions.insert(self.of(node).into())),
            "assignment" | "augmented_assignment" => self.targets(field("left"), made)?,
            "for_statement" | "for_in_clause" => {
                self.targets(field("left"), made)?;
                if is_async(node) {
                    let is_presumed = |iterable: &Node| step.trust == Trust::Names && iterable.kind() == "call";
                    let iterable =
                        field("right").filter(|iterable| is_presumed(iterable) || self.is_own(*iterable, made));
                    iterable.ok_or_else(|| self.located(node, "it iterates something asynchronously"))?;
                }
            }
            "delete_statement" => named_children(node).try_for_each(|target| self.targets(Some(target), made))?,
            "global_statement" | "nonlocal_statement" => {
                return Err(self.located(node, &format!("`{}` lets it bind a name that others see", self.of(node))));
            }
            "raise_statement" => step.conduct.raises = true,
            "await" => {
                let operand = node.named_child(0).map(unparenthesized);
                if operand.is_none_or(|operand| operand.kind() != "call") {
                    return Err(self.located(node, &format!("`{}` awaits what somebody else made", self.of(node))));
                }
            }
            "with_item" => self.entered(node, made, step)?,
            "call" => self
                .call(node, made, step)
                .or_else(|reason| if self.changes_own(node, made) { Ok(()) } else { Err(reason) })?,
            _ => {}
        }
        Ok(())
    }

    /// Refuses what is assigned to, or deleted, in an object that others may have.
    fn targets(&self, target: Option<Node>, made: Option<&str>) -> Result<(), String> {
        let Some(target) = target else { return Ok(()) };
        match target.kind() {
            "attribute" | "subscript" => {
                let holder = target.child_by_field_name("object").or_else(|| target.child_by_field_name("value"));
                match holder.filter(|holder| self.is_own(*holder, made)) {
                    Some(_) => Ok(()),
                    None => Err(self.located(target, &format!("it writes `{}`", self.of(target)))),
                }
            }
            "identifier" => Ok(()),
            _ => named_children(target).try_for_each(|part| self.targets(Some(part), made)),
        }
    }

    /// Whether a call changes a container that nobody else has, or asks an answer that was waited for.
    fn changes_own(&self, call: Node, made: Option<&str>) -> bool {
        let object = call.child_by_field_name("function").and_then(|function| function.child_by_field_name("object"));
        let is_changer = changes_container(self.called_name(call));
        object.is_some_and(|object| self.is_answer(object) || is_changer && self.is_own(object, made))
    }

    /// Refuses to enter what may be a lock, a transaction or the like.
    fn entered(&self, item: Node, made: Option<&str>, step: &mut Step) -> Result<(), String> {
        let Some(value) = item.child_by_field_name("value") else { return Ok(()) };
        let value = if value.kind() == "as_pattern" { value.named_child(0).unwrap_or(value) } else { value };
        let value = unparenthesized(value);
        let value = if value.kind() == "await" { value.named_child(0).unwrap_or(value) } else { value };
        self.managed(value, step);
        // Calls are looked at by themselves.
        if value.kind() == "call" || self.is_own(value, made) {
            return Ok(());
        }
        Err(self.located(item, &format!("it enters `{}`", self.of(value))))
    }
}

/// What stands in parentheses.
pub(super) fn unparenthesized(node: Node) -> Node {
    let mut node = node;
    while let Some(inner) = node.named_child(0).filter(|_| node.kind() == "parenthesized_expression") {
        node = inner;
    }
    node
}
