//! What has to become asynchronous together with a function, over all files.
//!
//! In: the definition of a plain function, and the texts of the project. Out: a [`Spread`], which is every function that
//! turns into a coroutine function or an asynchronous generator with it, and every place that has to change for that; or
//! the [`Frontier`]s that it could not cross, with file and row. There is nothing in between: a call that was forgotten
//! would get a coroutine in place of its value.
//!
//! It starts at one function. All methods that stand in for each other turn together (`family`). Every mention of their
//! name is looked at in its tree (`references`) for what it stands for (`meaning`): a call is awaited where a coroutine runs
//! it, and the plain function around it is next, unless it is where a framework or the program itself enters (`entries`),
//! where `asyncio.run` starts the loop. Whoever reaches a function by its name in a string calls it plainly (`by_name`).
//! What the functions do to reach coroutines themselves turns into `await` (`bodies`); what calls a generator has to iterate
//! (`generators`). Decorators of the project that call what they decorate turn with it, where they have to (`wrappers`).
//!
//! Nothing here edits a text, and what is found does not depend on the order of files.

mod bodies;
mod by_name;
mod entries;
mod family;
mod generators;
mod meaning;
mod references;
mod twins;
mod wrappers;

use crate::outline::{self, BlockKind, Outline};
use crate::plan::Joint;
use crate::project::Module;
use crate::project::descent::Goal;
use crate::project::inference::Inference;
use crate::project::layout::ModuleId;
use crate::project::linked::{Definition, Project};
use crate::syntax;
use crate::text::Span;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use tree_sitter::Node;

pub use twins::{Naming, twins};

/// How many functions may turn at once. More is no edit that somebody would review.
const MOST: usize = 2000;

/// A file with its outline, which is read when somebody asks for it.
pub struct FileText {
    pub text: Arc<str>,
    outline: OnceLock<Arc<Outline>>,
}

impl FileText {
    pub fn new(text: Arc<str>) -> FileText {
        FileText { text, outline: OnceLock::new() }
    }

    pub fn outline(&self) -> &Arc<Outline> {
        self.outline.get_or_init(|| Arc::new(outline::read(&self.text)))
    }
}

/// The texts of the files of a project.
pub trait Texts: Sync {
    /// A file by its number; none where it cannot be read.
    fn text(&self, file: ModuleId) -> Option<&FileText>;
    /// The files in which a word stands, in the order of their numbers.
    fn mentioning(&self, word: &str) -> Vec<ModuleId>;
    /// A file of the same project that is not among these, and in which a word stands.
    fn mentioned_beyond(&self, word: &str) -> Option<String>;
    /// The configuration of the project, which names the functions that are commands: `name = "pkg.mod:main"`.
    fn configuration(&self) -> &str;
    /// Whether another file may mean an imported name of a file, so that its import has to stay.
    fn keeps_import(&self, file: ModuleId, name: &str) -> bool;
}

/// A function that turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turned {
    pub definition: Definition,
    /// What it calls, for which it turns; none for the first.
    pub because: Option<Definition>,
    /// Whether it becomes an asynchronous generator.
    pub is_generator: bool,
}

/// What has to be done with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The call is awaited.
    Await,
    /// The call is given to `asyncio.run`, where a plain function stays the entry.
    Run,
    /// The call ran a coroutine to its end; the argument at this span is awaited instead.
    Bridge(Span),
    /// The loop, or the clause of a comprehension, iterates the call asynchronously.
    Iterate,
    /// The call takes all of an iterable, which an asynchronous comprehension collects for it.
    Collect(Span),
    /// `next` becomes `await anext`.
    Next,
}

/// A place that has to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub module: ModuleId,
    pub span: Span,
}

/// What has to change at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub act: Act,
    /// What turns and makes it necessary.
    pub of: Definition,
    /// The function around the place; none outside of functions.
    pub within: Option<Definition>,
}

/// All that turns, and all that changes for it.
#[derive(Debug, Default)]
pub struct Spread {
    /// In the order in which they were reached, the first one first.
    pub turned: Vec<Turned>,
    pub changes: BTreeMap<Place, Change>,
    /// What is worth knowing, a sentence each.
    pub notes: Vec<String>,
    /// How the twins are called that functions get, where they do not turn themselves.
    pub naming: Option<Naming>,
    /// The files that change, once somebody asked for them, and the Python 3 minor version that they are for.
    pub written: OnceLock<(u8, Result<Vec<Joint>, String>)>,
}

impl Spread {
    fn turns(&self, function: Definition) -> bool {
        self.turned.iter().any(|turned| turned.definition == function)
    }
}

/// What could not be crossed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Frontier {
    pub path: String,
    /// One-based.
    pub row: usize,
    /// A clause.
    pub reason: String,
}

impl std::fmt::Display for Frontier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}:{})", self.reason, self.path, self.row)
    }
}

/// All that turns with a function. `stops` are functions that stay plain.
pub fn spread(
    project: &Project,
    texts: &dyn Texts,
    function: Definition,
    stops: &[Definition],
) -> Result<Spread, Vec<Frontier>> {
    spread_to(function, Spreading::new(project, texts, stops))
}

/// What was found of functions, for all that ask.
pub type Spreads = Mutex<FxHashMap<Definition, Arc<Result<Spread, Frontier>>>>;

/// The same for those who want to know one frontier alone, which ends the search. Found out once for all calls of a function.
pub fn spread_or_frontier(project: &Project, texts: &dyn Texts, function: Definition) -> Arc<Result<Spread, Frontier>> {
    let locked = || project.spreads().lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let known = locked().get(&function).cloned();
    known.unwrap_or_else(|| {
        // What it gets to has to turn with it, and is the same for many.
        let holder = project.ways(Goal::Loop).holder(function);
        if holder != function {
            let of_holder = spread_or_frontier(project, texts, holder);
            // Where the one turns the other, they turn the same.
            let is_told = of_holder.as_ref().as_ref().map_or(true, |spread| spread.turns(function));
            if is_told {
                return of_holder;
            }
        }
        let spreading = Spreading { ends_at_first: true, ..Spreading::new(project, texts, &[]) };
        let first = |frontiers: Vec<Frontier>| frontiers.into_iter().next().expect("a refusal has a frontier");
        let found = Arc::new(spread_to(function, spreading).map_err(first));
        locked().insert(function, found.clone());
        found
    })
}

fn spread_to(function: Definition, mut spreading: Spreading) -> Result<Spread, Vec<Frontier>> {
    spreading.enqueue(function, None);
    while let Some((next, because)) = spreading.queue.pop_front() {
        spreading.turn(next, because);
        if spreading.spread.turned.len() > MOST {
            spreading.refuse_at(function, format!("more than {MOST} functions would have to change"));
            break;
        }
        if spreading.is_over() {
            break;
        }
    }
    match spreading.frontiers.is_empty() {
        true => Ok(spreading.spread),
        false => Err(spreading.frontiers.into_iter().collect()),
    }
}

/// By a class and the name of a method.
type Heirs = FxHashMap<(Definition, String), Rc<[Definition]>>;

/// A spread in the making.
struct Spreading<'p> {
    project: &'p Project,
    texts: &'p dyn Texts,
    stops: &'p [Definition],
    inference: Inference<'p>,
    modules: RefCell<FxHashMap<ModuleId, Option<Rc<Module<'p>>>>>,
    queue: VecDeque<(Definition, Option<Definition>)>,
    /// All that was ever in the queue.
    reached: BTreeSet<Definition>,
    spread: Spread,
    frontiers: BTreeSet<Frontier>,
    /// The decorators whose wrapper, which stands beside each, turns.
    decorators: BTreeMap<Definition, Definition>,
    ends_at_first: bool,
    /// The classes that may have another method of a name than a class.
    heirs: RefCell<Heirs>,
    /// The functions that stand in for each other.
    families: Vec<Vec<Definition>>,
    /// Where a way up ends, and why.
    ends: BTreeMap<Definition, Frontier>,
    /// Functions, each with one that it calls and that would turn.
    callers: BTreeSet<(Definition, Definition)>,
    /// Functions, each with one that runs an event loop for it.
    needs: Vec<(Definition, Definition)>,
}

impl<'p> Spreading<'p> {
    fn new(project: &'p Project, texts: &'p dyn Texts, stops: &'p [Definition]) -> Spreading<'p> {
        Spreading {
            project,
            texts,
            stops,
            inference: Inference::new(project),
            modules: RefCell::default(),
            queue: VecDeque::new(),
            reached: BTreeSet::new(),
            spread: Spread::default(),
            frontiers: BTreeSet::new(),
            decorators: BTreeMap::new(),
            ends_at_first: false,
            heirs: RefCell::default(),
            families: Vec::new(),
            ends: BTreeMap::new(),
            callers: BTreeSet::new(),
            needs: Vec::new(),
        }
    }

    /// Whether enough is known.
    fn is_over(&self) -> bool {
        self.ends_at_first && !self.frontiers.is_empty()
    }

    fn enqueue(&mut self, function: Definition, because: Option<Definition>) {
        if self.reached.insert(function) {
            self.queue.push_back((function, because));
        }
    }

    /// Turns a function with all that stands in for it, and looks at everything that mentions them.
    fn turn(&mut self, function: Definition, because: Option<Definition>) {
        // Two methods of one family may wait in the queue.
        if self.spread.turns(function) {
            return;
        }
        if self.spread.naming.is_none() && self.turn_wrapper(function, because) {
            return;
        }
        let family = match self.family(function) {
            Ok(family) => family,
            Err(frontier) => return self.end(function, frontier),
        };
        let mut is_sound = true;
        for member in &family {
            self.reached.insert(*member);
            let wrappers = self.wrappers_around(*member);
            match wrappers.and_then(|wrappers| self.may_turn(*member).map(|()| wrappers)) {
                Ok(wrappers) => wrappers.into_iter().for_each(|wrapper| self.enqueue(wrapper, Some(*member))),
                Err(frontier) => {
                    self.end(function, frontier);
                    is_sound = false;
                }
            }
        }
        if !is_sound {
            return;
        }
        self.families.push(family.clone());
        let makes = family.iter().any(|member| self.block(*member).is_generator);
        for member in &family {
            // What is abstract yields nothing, and a coroutine function in its place could not be iterated.
            if makes && self.block(*member).is_empty {
                continue;
            }
            let because = because.filter(|_| *member == function).or(Some(function).filter(|_| *member != function));
            self.note_turned(*member, because, makes);
        }
        self.look_at_references(&family, makes);
    }

    /// A function cannot turn. Where it were to get a twin, nobody needs to know yet.
    fn end(&mut self, function: Definition, frontier: Frontier) {
        match self.spread.naming {
            Some(_) => {
                self.ends.entry(function).or_insert(frontier);
            }
            None => {
                self.frontiers.insert(frontier);
            }
        }
    }

    fn note_turned(&mut self, function: Definition, because: Option<Definition>, is_generator: bool) {
        self.spread.turned.push(Turned { definition: function, because, is_generator });
        self.replace_bridges(function);
        self.turn_callees(function);
    }

    /// A file with its trees; none where it is not Python.
    fn module(&self, id: ModuleId) -> Option<Rc<Module<'p>>> {
        if let Some(known) = self.modules.borrow().get(&id) {
            return known.clone();
        }
        let made = self.texts.text(id).map(|file| {
            let module = Module::by_region(&file.text, file.outline().clone());
            Rc::new(module.within(Inference::new(self.project), id))
        });
        self.modules.borrow_mut().insert(id, made.clone());
        made
    }

    fn block(&self, function: Definition) -> crate::summary::Block {
        self.inference.entry(function.module).summary.blocks[function.block as usize].clone()
    }

    fn name(&self, function: Definition) -> String {
        self.inference.entry(function.module).summary.name_of(function.block).to_owned()
    }

    /// The class that a method belongs to.
    fn class_of(&self, function: Definition) -> Option<Definition> {
        let parent = self.block(function).parent?;
        let class = Definition { module: function.module, block: parent };
        (self.block(class).kind == BlockKind::Class).then_some(class)
    }

    fn is_async(&self, function: Definition) -> bool {
        self.block(function).kind == (BlockKind::Function { is_async: true })
    }

    fn frontier_at(&self, function: Definition, reason: String) -> Frontier {
        let row = self.block(function).row as usize;
        Frontier { path: self.inference.entry(function.module).path.clone(), row, reason }
    }

    fn refuse_at(&mut self, function: Definition, reason: String) {
        let frontier = self.frontier_at(function, reason);
        self.frontiers.insert(frontier);
    }

    fn refuse(&mut self, module: &Module, id: ModuleId, offset: usize, reason: String) {
        // The plain function is still there for whoever uses it so.
        if self.spread.naming.is_some() {
            return;
        }
        let path = self.inference.entry(id).path.clone();
        self.frontiers.insert(Frontier { path, row: module.row(offset).number(), reason });
    }

    fn note(&mut self, note: String) {
        if !self.spread.notes.contains(&note) {
            self.spread.notes.push(note);
        }
    }

    fn act(&mut self, module: &Module, file: ModuleId, node: Node, act: Act, of: Definition) {
        let mut around = std::iter::successors(module.function_of(node), |function| module.function_of(*function));
        let block = around.find_map(|function| module.block_of(function));
        let within = block.map(|block| Definition { module: file, block });
        self.spread.changes.insert(Place { module: file, span: syntax::span(node) }, Change { act, of, within });
    }
}
