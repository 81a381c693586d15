//! Classes: their bases, the order in which methods are looked up, and what an attribute of something is.

use crate::outline::BlockKind;
use crate::project::expression::Expression;
use crate::project::inference::{Inference, Inherited, Place, Question, Source};
use crate::project::linked::{Definition, Local};
use crate::project::standard::standard;
use crate::project::types::{ABSENT, Function, Kind, Type};
use crate::summary::FactKind;
use std::rc::Rc;

/// Classes in the order in which a method is looked up in them, with the type arguments that a base was given.
type Line = Vec<(Definition, Rc<[Type]>)>;

/// A class and what it inherits from.
#[derive(Debug)]
pub struct Order {
    /// The method resolution order; the class itself first.
    pub classes: Line,
    /// The first base that cannot be read, as what an instance of it is, and behind how many classes of the order it stands.
    pub missing: Option<(usize, Type)>,
}

impl Inference<'_> {
    /// The method resolution order of a class.
    pub fn order(&self, class: Definition) -> Rc<Order> {
        if let Some(known) = self.orders.borrow().get(&class) {
            return known.clone();
        }
        // A class that inherits from itself has only itself.
        let alone = Rc::new(Order { classes: vec![(class, Rc::new([]))], missing: None });
        self.orders.borrow_mut().insert(class, alone);
        let order = Rc::new(self.merged_order(class));
        self.orders.borrow_mut().insert(class, order.clone());
        order
    }

    fn merged_order(&self, class: Definition) -> Order {
        let (lines, missing) = self.lines_of_bases(class);
        let classes = merged(class, lines);
        let missing = missing.map(|(behind, reason)| {
            let behind = behind.and_then(|wanted| classes.iter().position(|(class, _)| *class == wanted));
            (behind.map_or(1, |at| at + 1), reason)
        });
        Order { classes, missing }
    }

    /// The orders that a class has to keep: that of each base, and that of the bases themselves. And the first base that is
    /// not known, with the class behind which it stands where it is one of another class.
    fn lines_of_bases(&self, class: Definition) -> (Vec<Line>, Option<(Option<Definition>, Type)>) {
        let entry = self.entry(class.module);
        let place = Place { module: class.module, block: entry.summary.blocks[class.block as usize].parent };
        let mut lines: Vec<Line> = Vec::new();
        let mut direct = Vec::new();
        let mut missing = None;
        for base in &entry.head(class.block).bases {
            match self.base(base, &place) {
                Base::Class(definition, arguments) => {
                    let order = self.order(definition);
                    let mut line = order.classes.clone();
                    for (_, given) in line.iter_mut().skip(1).filter(|_| !arguments.is_empty()) {
                        *given = given.iter().map(|each| self.with_arguments(each, definition, &arguments)).collect();
                    }
                    line[0].1 = arguments.clone();
                    if let (Some((at, reason)), None) = (&order.missing, &missing) {
                        missing = Some((line.get(at - 1).map(|(class, _)| *class), reason.clone()));
                    }
                    direct.push((definition, arguments));
                    lines.push(line);
                }
                Base::Unknown(reason, origin) if missing.is_none() => {
                    let shown = base.dotted().unwrap_or_default();
                    let unknown = Type::unknown(format!("the base class `{shown}` {reason}"));
                    let unknown = match origin {
                        Some(origin) => unknown.of_origin(|| origin),
                        None => unknown,
                    };
                    missing = Some((None, unknown));
                }
                Base::Plain | Base::Unknown(..) => {}
            }
        }
        lines.push(direct);
        (lines, missing)
    }

    /// What a base class is.
    fn base(&self, base: &Expression, place: &Place) -> Base {
        let (plain, arguments) = match base {
            Expression::Subscript(plain, arguments) => (&**plain, arguments.as_slice()),
            plain => (plain, &[][..]),
        };
        match self.infer(plain, place) {
            Type::Class(definition, _) => {
                let arguments: Vec<Type> = arguments.iter().map(|each| self.annotated(each, place)).collect();
                Base::Class(definition, arguments.into())
            }
            Type::Missing(from, path) => {
                let path = self.project.absolute(from, &path);
                let top = path.split('.').next().unwrap_or_default();
                if standard().modules.contains(top) || top == "typing_extensions" {
                    // What of the standard library has coroutine methods is in its table.
                    return Base::Plain;
                }
                Base::Unknown(format!("comes from `{top}`, which cannot be read"), Some(format!("{path}()")))
            }
            Type::Unknown(reason) | Type::Foreign(reason, _) => {
                Base::Unknown(format!("is not to be known: {reason}"), None)
            }
            Type::Value(..) | Type::None => Base::Plain,
            _ => Base::Unknown("is made at run time".to_owned(), None),
        }
    }

    /// Whether a class is another or inherits from it.
    pub fn inherits(&self, class: Definition, from: Definition) -> bool {
        self.order(class).classes.iter().any(|(each, _)| *each == from)
    }

    /// What an attribute of a value is.
    pub fn attribute(&self, ty: &Type, name: &str) -> Type {
        match ty {
            Type::Union(_) => ty.map(|part| self.attribute(part, name)),
            Type::Module(id) => {
                let sources = self.sources_in(*id, None, name, 1);
                if sources.is_empty() {
                    let entry = self.entry(*id);
                    return Type::Missing(*id, format!("{}.{name}", entry.name).into());
                }
                Type::join(sources.into_iter().map(|source| self.source(source)))
            }
            Type::Missing(from, path) => {
                let joined = format!("{path}.{name}");
                self.source(self.imported_module(*from, &joined))
            }
            Type::Instance(class, arguments) => match name {
                "__class__" => Type::Class(*class, arguments.clone()),
                _ => {
                    let member = self.bind(&self.member(*class, name, false), ty, *class, false);
                    self.with_origin(self.with_arguments(&member, *class, arguments), *class, name)
                }
            },
            Type::Class(class, arguments) => {
                let member = self.bind(&self.member(*class, name, true), ty, *class, true);
                self.with_origin(self.with_arguments(&member, *class, arguments), *class, name)
            }
            Type::Super(class) => {
                let rest = self.member_behind(*class, name);
                self.bind(&rest, &Type::Instance(*class, Rc::new([])), *class, false)
            }
            Type::Value(kind, parts) => self.value_attribute(*kind, parts, name),
            Type::Foreign(reason, origin) => Type::beyond(reason, origin, &format!(".{name}")),
            Type::Unknown(reason) => Type::Unknown(reason.clone()),
            Type::None => Type::unknown("nothing but None is assigned where that can be seen"),
            Type::Function(function) if name == "__call__" => Type::Function(function.clone()),
            Type::Coroutine(_) | Type::Awaitable(_) => Type::unknown("it is an attribute of an awaitable"),
            Type::Future(_) => Type::Callable(Rc::new(Type::plain())),
            _ => Type::unknown(format!("attribute `{name}` of {} is not known", self.describe(ty))),
        }
    }

    /// What the builtin containers' methods give.
    fn value_attribute(&self, kind: Kind, parts: &[Type], name: &str) -> Type {
        let result = match (kind, name) {
            (Kind::Mapping, "get" | "pop" | "setdefault" | "__getitem__") => parts.get(1).cloned(),
            (Kind::Mapping, "values") => parts.get(1).map(|value| Type::value(Kind::Iterable, vec![value.clone()])),
            (Kind::Mapping, "keys") => parts.first().map(|key| Type::value(Kind::Iterable, vec![key.clone()])),
            (Kind::Mapping, "items") => {
                Some(Type::value(Kind::Iterable, vec![Type::value(Kind::Tuple, parts.to_vec())]))
            }
            (Kind::Mapping | Kind::Iterable | Kind::Tuple, "copy") => Some(Type::value(kind, parts.to_vec())),
            (Kind::Iterable, "pop" | "popleft" | "__getitem__" | "__next__") => parts.first().cloned(),
            (Kind::AsyncIterable | Kind::AsyncGenerator, "__anext__" | "asend" | "athrow") => {
                let item = parts.first().cloned().unwrap_or(Type::unknown("what it yields is not told"));
                Some(Type::Coroutine(Rc::new(item)))
            }
            (Kind::AsyncGenerator, "aclose") => Some(Type::Coroutine(Rc::new(Type::None))),
            // What is declared to be iterable only may be a generator.
            (Kind::AsyncIterable, "aclose") => Some(Type::Awaitable(Rc::new(Type::None))),
            (Kind::AsyncManager, "__aenter__" | "__aexit__") => {
                Some(Type::Coroutine(Rc::new(Type::unknown("what it gives is not told"))))
            }
            // There is more to an object than what it is declared to be.
            (Kind::AsyncIterable | Kind::AsyncManager | Kind::Manager, _) => {
                return Type::unknown(format!("`{name}` is not part of what it is declared to be"));
            }
            _ => Some(Type::plain()),
        };
        Type::Callable(Rc::new(result.unwrap_or_else(|| Type::unknown("what it holds is not told"))))
    }

    /// The member of a class that `super()` gives.
    fn member_behind(&self, class: Definition, name: &str) -> Type {
        let order = self.order(class);
        for (at, (base, _)) in order.classes.iter().enumerate().skip(1) {
            if let Some((_, missing)) = order.missing.as_ref().filter(|(behind, _)| *behind <= at) {
                return self.attribute(missing, name);
            }
            if let Some(found) = self.own_member(*base, name, false) {
                return found;
            }
        }
        self.absent(class, &order, name)
    }

    /// What a class has under a name, in itself or by inheritance, before it is bound to a receiver.
    pub fn member(&self, class: Definition, name: &str, of_class: bool) -> Type {
        self.ask(Question::Member(class, name.into()), || {
            let order = self.order(class);
            for (at, (base, _)) in order.classes.iter().enumerate() {
                if let Some((_, missing)) = order.missing.as_ref().filter(|(behind, _)| *behind < at) {
                    return self.attribute(missing, name);
                }
                if let Some(found) = self.own_member(*base, name, of_class) {
                    let found = self.in_subclass(found, *base, name, class);
                    return self.instantiated(found, *base, class, &[]);
                }
            }
            self.absent(class, &order, name)
        })
    }

    fn absent(&self, class: Definition, order: &Order, name: &str) -> Type {
        if let Some((_, missing)) = &order.missing {
            return self.attribute(missing, name);
        }
        if self.declares(class, "__getattr__") || self.declares(class, "__getattribute__") {
            return Type::unknown(format!("`__getattr__` of `{}` may give `{name}`", self.path(class)));
        }
        Type::unknown(format!("`{}` has no `{name}` {ABSENT}", self.path(class)))
    }

    /// An attribute of a class of the project that is not to be known, as something of its own origin: that attribute.
    fn with_origin(&self, ty: Type, class: Definition, name: &str) -> Type {
        let ty = match ty {
            Type::None => Type::unknown("nothing but None is assigned where that can be seen"),
            // It is something else in each subclass, and of no origin.
            ty if ty.has_variable() && ty.is_unknown() => return ty.settled(),
            ty => ty,
        };
        let is_plain_unknown = match &ty {
            Type::Unknown(reason) => !reason.ends_with(ABSENT),
            Type::Callable(result) => matches!(**result, Type::Unknown(_)),
            _ => false,
        };
        if !is_plain_unknown {
            return ty;
        }
        let order = self.order(class);
        let has = |owner: Definition| !self.entry(owner.module).locals(Some(owner.block), name).is_empty();
        let owner = order.classes.iter().map(|(each, _)| *each).find(|each| has(*each)).unwrap_or(class);
        ty.of_origin(|| format!("{}:{}.{name}", owner.module.0, owner.block))
    }

    /// Whether a class or one that it inherits from binds a name.
    pub(super) fn declares(&self, class: Definition, name: &str) -> bool {
        let order = self.order(class);
        order.classes.iter().any(|(each, _)| !self.entry(each.module).locals(Some(each.block), name).is_empty())
    }

    /// What a class itself says of a name: an annotation, else its methods and all that is assigned to it.
    pub(super) fn own_member(&self, class: Definition, name: &str, of_class: bool) -> Option<Type> {
        let entry = self.entry(class.module);
        let locals = entry.locals(Some(class.block), name);
        if locals.is_empty() {
            return None;
        }
        let summary = &entry.summary;
        let facts = locals.iter().filter_map(|local| match local {
            Local::Fact(at) => Some(*at),
            _ => None,
        });
        let place = |fact: u32| {
            let of = &summary.facts[fact as usize];
            let block = if of.kind == FactKind::Attribute { of.block } else { Some(class.block) };
            Place { module: class.module, block }
        };
        for fact in facts.clone() {
            if let Some(annotation) = &entry.fact(fact).annotation {
                let ty = self.annotated(annotation, &place(fact));
                if !ty.is_unknown() || ty.as_variable().is_some() {
                    let row = summary.facts[fact as usize].row;
                    self.tell(|| {
                        format!(
                            "`{}.{name}` is {} ({})",
                            entry.qualified(class.block),
                            self.describe(&ty),
                            entry.place(row)
                        )
                    });
                    return Some(ty);
                }
            }
        }
        let mut types: Vec<Type> = Vec::new();
        let directly = self.sources_in(class.module, Some(class.block), name, 0);
        types.extend(directly.into_iter().map(|source| self.source(source)));
        if !of_class || types.is_empty() {
            let assigned = facts.filter(|fact| summary.facts[*fact as usize].kind == FactKind::Attribute);
            types.extend(assigned.map(|fact| self.source(Source::Fact(class.module, fact))));
        }
        Some(Type::join(types))
    }

    /// What an attribute that a class inherits is in it: what was assigned may come from methods that it overrides.
    fn in_subclass(&self, found: Type, owner: Definition, name: &str, class: Definition) -> Type {
        if owner == class || !found.is_unknown() && found != Type::None {
            return found;
        }
        let entry = self.entry(owner.module);
        let assigned = entry.locals(Some(owner.block), name).iter().filter_map(|local| match local {
            Local::Fact(at) if entry.summary.facts[*at as usize].kind == FactKind::Attribute => Some(*at),
            _ => None,
        });
        let types: Vec<Type> = assigned
            .map(|at| {
                let place = Place { module: owner.module, block: entry.summary.facts[at as usize].block };
                self.bound(entry.fact(at), &Inherited { place, class })
            })
            .collect();
        let again = if types.is_empty() { return found } else { Type::join(types) };
        if again.is_unknown() { found } else { again }
    }

    /// What a member is when it is reached through a value or a class.
    fn bind(&self, member: &Type, receiver: &Type, class: Definition, through_class: bool) -> Type {
        match member {
            Type::Union(_) => member.map(|part| self.bind(part, receiver, class, through_class)),
            Type::Function(function) if function.receiver.is_none() => {
                let receiver = if through_class { None } else { Some(receiver.clone()) };
                Type::Function(Rc::new(Function { receiver, ..(**function).clone() }))
            }
            Type::Property(getter) if through_class => Type::Property(getter.clone()),
            Type::Property(getter) => {
                let getter = self.bind(getter, receiver, class, false);
                self.called(&getter)
            }
            Type::StaticMethod(function) => (**function).clone(),
            Type::ClassMethod(function) => self.bind(function, &Type::Class(class, Rc::new([])), class, false),
            other => other.clone(),
        }
    }

    /// Whether the instances of a class have a method and, for certain, none of some others.
    pub fn speaks_only(&self, class: Definition, method: &str, others: &[&str]) -> bool {
        let is_missing = self.order(class).missing.is_some();
        !is_missing && self.declares(class, method) && !others.iter().any(|other| self.declares(class, other))
    }

    /// Whether a plain function is annotated to give what cannot be awaited.
    pub fn is_declared_plain(&self, function: &Function) -> bool {
        let entry = self.entry(function.definition.module);
        let block = &entry.summary.blocks[function.definition.block as usize];
        let is_plain = block.kind == BlockKind::Function { is_async: false } && block.decorators == 0;
        let is_annotated = entry.head(function.definition.block).returns.is_some();
        let result = self.result(function);
        is_plain && is_annotated && result.parts().iter().all(|part| matches!(part, Type::Value(Kind::Plain, _)))
    }

    /// The methods of subclasses that stand in for a method of a class.
    pub fn overrides(&self, class: Definition, name: &str) -> Vec<Definition> {
        let all = self.methods(name);
        let owner = |method: &Definition| {
            let entry = self.entry(method.module);
            let parent = entry.summary.blocks[method.block as usize].parent?;
            (entry.summary.blocks[parent as usize].kind == BlockKind::Class)
                .then_some(Definition { module: method.module, block: parent })
        };
        let is_override =
            |method: &&Definition| owner(method).is_some_and(|other| other != class && self.inherits(other, class));
        all.iter().filter(is_override).copied().collect()
    }
}

/// The order of a class that keeps those of its bases (C3).
fn merged(class: Definition, mut lines: Vec<Line>) -> Line {
    let mut classes = vec![(class, Rc::from([]))];
    loop {
        lines.retain(|line| !line.is_empty());
        if lines.is_empty() {
            return classes;
        }
        let is_head = |candidate: Definition| !lines.iter().any(|line| line[1..].iter().any(|(c, _)| *c == candidate));
        // Where no order keeps all promises Python refuses the class; the first base goes on.
        let next = lines.iter().map(|line| line[0].clone()).find(|(candidate, _)| is_head(*candidate));
        let next = next.unwrap_or_else(|| lines[0][0].clone());
        for line in &mut lines {
            line.retain(|(candidate, _)| *candidate != next.0);
        }
        if !classes.iter().any(|(known, _)| *known == next.0) {
            classes.push(next);
        }
    }
}

/// What a base class turns out to be.
enum Base {
    Class(Definition, Rc<[Type]>),
    /// A class without methods of interest.
    Plain,
    /// Why, and the origin of an instance of it where that can be told.
    Unknown(String, Option<String>),
}
