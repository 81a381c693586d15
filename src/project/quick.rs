//! What can be told of a call without a tree: a [`Glance`].
//!
//! A chain of names (`self.session.get`) is followed through summaries, and through what binds the locals it begins with
//! (`locals`). The flow of control is left out: what any binding of a local allows is allowed, and so is what any test
//! around it says. A look into a tree is worth it only where the call may make a coroutine, or where nobody knows and the
//! name alone may tell; where that is in doubt, it is.

mod locals;

use crate::outline::Outline;
use crate::project::blocking::Families;
use crate::project::blocks::Blocked;
use crate::project::descent::{Goal, Reached};
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Names, Place};
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Origin};
use crate::project::standard::standard;
use crate::project::types::{Kind, Type};
use crate::project::vocabulary::Vocabulary;
use crate::text::is_word;
use locals::{FILLED, Inside, Locals, UNTOLD};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A look at one file that costs no tree.
pub struct Glance<'a, 'p> {
    pub inference: &'a Inference<'p>,
    pub id: ModuleId,
    pub text: &'a str,
    pub outline: &'a Outline,
    functions: RefCell<FxHashMap<u32, Rc<Locals<'a>>>>,
    bound: RefCell<FxHashMap<(usize, Box<str>), Type>>,
    depth: Cell<usize>,
    is_ambiguous: Cell<bool>,
    /// What chains of names may be, by the block that they stand in.
    known: RefCell<FxHashMap<(Option<u32>, &'a str), Callees<'a>>>,
}

/// What is known of what a chain of names calls.
struct Callee<'a> {
    /// What the receiver may be; none for a name alone.
    receiver: Option<Type>,
    name: &'a str,
    ty: Type,
}

/// What a chain may be, one for each binding of the local that it begins with. None where only a tree can tell.
type Callees<'a> = Option<Rc<[Callee<'a>]>>;

impl<'a, 'p> Glance<'a, 'p> {
    pub fn new(inference: &'a Inference<'p>, id: ModuleId, text: &'a str, outline: &'a Outline) -> Glance<'a, 'p> {
        Glance {
            inference,
            id,
            text,
            outline,
            functions: RefCell::default(),
            bound: RefCell::default(),
            depth: Cell::new(0),
            is_ambiguous: Cell::new(false),
            known: RefCell::default(),
        }
    }

    pub fn awaitable_names(&self) -> Vocabulary<'p> {
        self.inference.project.awaitable_names(self.id)
    }

    /// Whether something of that name, whatever it is, is called and awaited somewhere.
    pub fn is_awaited_name(&self, name: &str) -> bool {
        self.inference.project.index().uses.contains_key(name)
    }

    /// Whether calling the chain from `start` to `end` could make something that has to be awaited.
    pub fn may_make_coroutine(&self, start: usize, end: usize) -> bool {
        self.callees(start, end).is_none_or(|callees| self.may_be_made_by(&callees))
    }

    /// Whether the chain from `start` to `end`, which is not called, may be a coroutine function, for certain.
    pub fn may_be_coroutine_function(&self, start: usize, end: usize) -> bool {
        let makes = |callee: &Callee| {
            let result = self.inference.called(&callee.ty);
            result.parts().iter().any(|part| matches!(part, Type::Coroutine(_) | Type::Awaitable(_)))
        };
        self.callees(start, end).is_none_or(|callees| callees.iter().any(makes))
    }

    /// Whether other calls of the same show that what the chain gives has to be awaited; that a tree might tell is no sign.
    pub fn is_awaited_elsewhere(&self, start: usize, end: usize) -> bool {
        let chain = &self.text[start..end];
        self.is_awaited_name(chain.rsplit('.').next().unwrap_or(chain))
            && self.callees(start, end).is_some_and(|callees| {
                callees.iter().any(|callee| {
                    let result = self.inference.called(&callee.ty);
                    self.inference.awaited_elsewhere(&result, callee.name, self.id).is_some()
                        || self.inference.awaited_alike(&result, chain, self.id).is_some()
                })
            })
    }

    /// What a chain of names gives, called or not, where that can be told without a tree; nothing that matters is unknown.
    pub fn may_be_asynchronous(&self, start: usize, end: usize, is_called: bool) -> bool {
        let Some(callees) = self.callees(start, end) else { return true };
        callees.iter().any(|callee| {
            let ty = match is_called {
                true => self.inference.called(&callee.ty),
                false => callee.ty.clone(),
            };
            ty.parts().iter().any(|part| match part {
                Type::Value(kind, _) => matches!(kind, Kind::AsyncIterable | Kind::AsyncGenerator | Kind::AsyncManager),
                Type::Instance(class, _) => {
                    self.inference.speaks_only(*class, "__aiter__", &["__iter__", "__getitem__"])
                        || self.inference.speaks_only(*class, "__aenter__", &["__enter__"])
                }
                // Some of what cannot be read is known by name.
                Type::Missing(..) | Type::Unknown(_) | Type::Foreign(..) => {
                    let path = self.inference.path_of(&callee.ty).unwrap_or_default();
                    let protocols = &standard().protocols;
                    protocols.managers.contains(&path) || protocols.iterables.contains(&path)
                }
                _ => false,
            })
        })
    }

    /// The families of what blocks that the chain from `start` to `end` may be of, where one of its names is `name`.
    pub fn may_block(&self, start: usize, end: usize, families: Families) -> Families {
        let Some(callees) = self.callees(start, end) else { return families };
        let blocked = callees.iter().map(|callee| match &callee.receiver {
            Some(receiver) => self.inference.method_blocks(receiver, callee.name),
            None => self.inference.function_blocks(&callee.ty),
        });
        // What only looks like a local may hide a module.
        let imported = is_dotted(&self.text[start..end]).then(|| self.imported_blocks(&self.text[start..end]));
        blocked.chain(imported).fold(Families::default(), |all, blocked| match blocked {
            Blocked::By(family, _) => all.with(family),
            _ => all,
        })
    }

    /// Whether calling the chain from `start` to `end` may run plain functions that get to an end.
    pub fn may_descend(&self, start: usize, end: usize, goal: Goal) -> bool {
        let descends = |callee: &Callee| matches!(self.inference.descends(&callee.ty, goal), Reached::By(_));
        self.callees(start, end).is_none_or(|callees| callees.iter().any(descends))
    }

    /// What the table says of a chain of names whose first is the module's: by the names, as of `sys.stdin.read`, or by what
    /// they stand for.
    fn imported_blocks(&self, chain: &str) -> Blocked {
        let place = Place { module: self.id, block: None };
        let (first, rest) = chain.split_once('.').unwrap_or((chain, ""));
        let root = place.name(self.inference, first, 0);
        if let Type::Module(id) = root
            && let Some((family, group)) = self.inference.group(&format!("{}.{rest}", self.inference.entry(id).name))
        {
            return Blocked::By(family, group);
        }
        let names = rest.split('.').filter(|name| !name.is_empty());
        self.inference.function_blocks(&names.fold(root, |ty, name| self.inference.attribute(&ty, name)))
    }

    fn may_be_made_by(&self, callees: &[Callee]) -> bool {
        callees.iter().any(|callee| {
            let result = self.inference.called(&callee.ty);
            if !result.parts().iter().any(Type::is_unknown) {
                return result.parts().iter().any(|part| matches!(part, Type::Coroutine(_) | Type::Awaitable(_)))
                    || matches!(result, Type::Future(_))
                        && (self.inference.gathers(&callee.ty) || self.is_of_run(callee))
                    || result.parts().iter().any(|part| self.is_awaitable_object(part));
            }
            let by_name = callee.receiver.as_ref().is_some_and(|receiver| {
                let may_have = |part: &Type| {
                    part.is_unknown() || matches!(part, Type::Instance(..) | Type::Class(..) | Type::Super(_))
                };
                receiver.parts().iter().any(may_have)
            });
            by_name && self.inference.may_be_known_by_name(callee.name)
        })
    }

    /// Whether a callee is a function of the project.
    fn is_of_run(&self, callee: &Callee) -> bool {
        let function = self.inference.function_of_type(&callee.ty);
        function.is_some_and(|function| self.inference.entry(function.definition.module).origin == Origin::Run)
    }

    fn is_awaitable_object(&self, part: &Type) -> bool {
        matches!(part, Type::Instance(class, _) if self.inference.declares(*class, "__await__"))
    }

    /// Whether calling the chain from `start` to `end` could give something that cannot be awaited, for certain.
    pub fn may_make_plain(&self, start: usize, end: usize) -> bool {
        let Some(callees) = self.callees(start, end) else { return true };
        callees.iter().any(|callee| {
            let result = self.inference.called(&callee.ty);
            let awaits = |part: &Type| {
                part.is_unknown() || matches!(part, Type::Coroutine(_) | Type::Awaitable(_) | Type::Future(_))
            };
            !result.parts().iter().any(awaits)
        })
    }

    fn callees(&self, start: usize, end: usize) -> Callees<'a> {
        let chain = &self.text[start..end];
        let block = self.outline.innermost_block(start).map(|block| block as u32);
        let first = first_name(chain);
        let is_header = block.is_some_and(|block| start < self.outline.blocks[block as usize].header.end);
        if is_header || self.is_lambda_parameter(start, first) {
            return None;
        }
        // A comprehension binds for its own statement only.
        let is_lasting = match is_dotted(chain) {
            true => self.clauses(start, first).is_empty(),
            false => !self.has_clauses(start),
        };
        if let Some(known) = self.known.borrow().get(&(block, chain)).filter(|_| is_lasting) {
            return known.clone();
        }
        let place = Place { module: self.id, block };
        let names = Inside { glance: self, place, at: if is_lasting { None } else { Some(start) } };
        let found: Callees = match is_dotted(chain) {
            true => self.dotted(chain, &names).map(Rc::from),
            false => self.parsed(chain, &names).map(|callee| Rc::from([callee])),
        };
        if is_lasting {
            self.known.borrow_mut().insert((block, chain), found.clone());
        }
        found
    }

    /// The same of a chain of names.
    fn dotted(&self, chain: &'a str, names: &Inside) -> Option<Vec<Callee<'a>>> {
        let first = first_name(chain);
        let block = names.place.block;
        let mut roots = match first {
            "super()" => {
                let class = self.inference.entry(self.id).class_around(block)?;
                vec![Type::Super(Definition { module: self.id, block: class })]
            }
            _ => names.alternatives(first).unwrap_or_else(|| vec![names.place.name(self.inference, first, 0)]),
        };
        let is = |root: &Type, why: &str| matches!(root, Type::Unknown(reason) if &**reason == why);
        // The methods of a container give no coroutine, and what they give may be anything.
        if chain[first.len()..].matches('.').count() == 1 {
            roots.iter_mut().filter(|root| is(root, FILLED)).for_each(|root| *root = Type::plain());
        }
        if roots.iter().any(|root| is(root, UNTOLD) || is(root, FILLED)) {
            return None;
        }
        roots.extend(self.tested(block, first)?);
        let mut callees: Vec<Callee> =
            roots.into_iter().map(|root| Callee { receiver: None, name: first, ty: root }).collect();
        let mut end = first.len();
        for name in chain[first.len()..].split('.').skip(1) {
            end += 1 + name.len();
            let name = &chain[end - name.len()..end];
            for callee in &mut callees {
                let ty = self.inference.attribute(&callee.ty, name);
                *callee = Callee { receiver: Some(std::mem::replace(&mut callee.ty, ty.clone())), name, ty };
            }
            let tested = self.tested(block, &chain[..end])?;
            callees.extend(tested.into_iter().map(|ty| Callee { receiver: None, name, ty }));
        }
        Some(callees)
    }

    /// The same of a chain that has more than names in it.
    fn parsed(&self, chain: &'a str, names: &Inside) -> Option<Callee<'a>> {
        const LONGEST: usize = 400;
        let name = &chain[chain.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1)..];
        // What is called may be the result of a call, or an item.
        let object = chain[..chain.len() - name.len()].trim_end();
        let object = if name.is_empty() { object } else { object.strip_suffix('.')? };
        if object.starts_with(['"', '\'', '[', '{']) && !object.contains("await") {
            return Some(Callee { receiver: Some(Type::plain()), name, ty: Type::plain() });
        }
        let holds = |word: &str| object.contains(word);
        let mut tests = self.tests(names.place.block);
        let mut is_tested =
            || tests.any(|(chain, classes)| object.starts_with(chain) && !classes.is_some_and(is_builtin));
        if object.len() > LONGEST || holds("lambda") || holds("for ") || holds(":=") || is_tested() {
            return None;
        }
        self.is_ambiguous.set(false);
        let ty = self.inference.infer(&Expression::parse(object), names);
        if self.is_ambiguous.get() || ty.reason().is_some_and(|reason| &**reason == UNTOLD) {
            return None;
        }
        if name.is_empty() {
            return Some(Callee { receiver: None, name, ty });
        }
        Some(Callee { ty: self.inference.attribute(&ty, name), receiver: Some(ty), name })
    }
}

/// Whether some classes are all builtin, so that what an instance of them gives is no more known than before.
fn is_builtin(classes: &str) -> bool {
    const BUILTIN: [&str; 11] =
        ["dict", "list", "tuple", "set", "frozenset", "str", "bytes", "int", "float", "bool", "Mapping"];
    let mut words = classes.split([',', '(', ')', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty());
    words.all(|word| BUILTIN.contains(&word))
}

/// The first name of a chain; `super()` counts as one.
fn first_name(chain: &str) -> &str {
    if chain.starts_with("super()") {
        return &chain[.."super()".len()];
    }
    &chain[..chain.bytes().position(|byte| !is_word(byte)).unwrap_or(chain.len())]
}

/// Whether a chain is made of names alone.
fn is_dotted(chain: &str) -> bool {
    let first = first_name(chain);
    !first.is_empty() && chain[first.len()..].bytes().all(|byte| is_word(byte) || byte == b'.')
}
