"""Prints the table of the standard library that `src/project/library.rs` reads, from the facts in typeshed's stubs.

Python 3.11 and nothing else. The stubs come with mypy, the newest first and an older one for what has gone since:

    pip download mypy==2.4.1 --no-deps -d new && unzip -q new/*.whl 'mypy/typeshed/*' -d new
    pip download mypy==1.11.2 --no-deps -d old && unzip -q old/*.whl 'mypy/typeshed/*' -d old
    python3 tests/real/library.py table --stubs new/mypy/typeshed/stdlib --stubs old/mypy/typeshed/stdlib \
        --source "typeshed of mypy 2.4.1 and 1.11.2" > src/project/library.toml
    python3 tests/real/library.py names … > src/project/library_names.txt

Typeshed has the Apache License 2.0. Only facts are taken: which names there are, which are coroutines, what they give.

How the stubs are read: every branch on `sys.version_info` and `sys.platform` counts (`stubs.py` beside this file). A
name with several definitions (overloads, branches) is a coroutine where all of them are, and has a result where all
have the same one. Where two versions disagree on what a name is, the newer stubs and the first branch win, Windows
last. A base class that is not in the table is replaced with its members and its own bases.
"""

import argparse
import ast
from pathlib import Path

from stubs import Definition, Stubs, decorators

# The modules of the table. Of `asyncio` all submodules are added.
MODULES = """
abc argparse array asyncio atexit base64 bisect builtins collections collections.abc concurrent.futures
concurrent.futures.process concurrent.futures.thread configparser contextlib contextvars copy csv dataclasses datetime
decimal enum functools gc getpass glob gzip hashlib heapq hmac http http.client http.cookiejar http.cookies http.server
inspect io itertools json json.decoder json.encoder logging logging.config logging.handlers math multiprocessing
multiprocessing.connection multiprocessing.context multiprocessing.managers multiprocessing.pool
multiprocessing.process multiprocessing.queues multiprocessing.shared_memory multiprocessing.synchronize os os.path
pathlib pickle pprint queue random re sched secrets select selectors shelve shlex shutil signal smtplib socket
socketserver sqlite3 ssl statistics string struct subprocess sys tempfile textwrap threading time timeit traceback
types typing unittest unittest.async_case unittest.case unittest.mock urllib.error urllib.parse urllib.request uuid
warnings weakref xmlrpc.client zipfile zlib zoneinfo
""".split()

# The special methods that say how a value is awaited, iterated over, entered, called and looked into.
SPECIAL = {
    f"__{name}__"
    for name in "aenter aexit aiter anext await call enter exit getattr getitem iter next truediv".split()
}

# Where the stubs cannot say what is so, or say it by a type variable. The key is where the fact stands in the table.
CORRECTIONS = {
    # One overload gives back what `__anext__` made, the other is a coroutine: either way there is something to await.
    ("builtins", "anext"): "def typing.Awaitable",
    # The overloads differ in the mode; each gives a file.
    ("builtins", "open"): "def typing.IO",
    # A future goes through as it is, all else becomes a task, which is one.
    ("asyncio", "ensure_future"): "def asyncio.Future",
    # The overloads differ in whether tasks or futures come back; a task is a future.
    ("asyncio", "wait"): "async tuple[set[asyncio.Future], set[asyncio.Future]]",
}

# What the stubs let any awaitable stand for, and CPython has a coroutine of.
PROTOCOL = {"__aenter__", "__aexit__", "__anext__", "aclose", "asend", "athrow"}

# Classes that say nothing about a value.
OPAQUE = {("typing", "Any"), ("builtins", "object")}

# Gone since Python 3.9, and misleading: a lock that is not acquired is nothing to await.
DROPPED = {f"{name}.{special}" for name in ("Condition", "Lock", "Semaphore") for special in ("__await__", "__iter__")}


class Table:
    """The facts of one typeshed."""

    def __init__(self, stubs):
        self.stubs = stubs
        rooms = (name for name in stubs.modules() if name.startswith("asyncio.") and "._" not in name)
        self.modules = sorted({*MODULES, *rooms})
        self.modules = [name for name in self.modules if stubs.module(name)]
        self.spelling, self.aliases = {}, {}
        self.choose_spellings()

    def choose_spellings(self):
        """The spelling of a definition that has several: the shortest module, the module of the definition, by name."""
        found = {}
        for module in self.modules:
            for name in self.stubs.public(module):
                item = self.stubs.resolve(module, name)
                if isinstance(item, Definition) and item.is_defined and item.owner is None:
                    found.setdefault(item.key, []).append((module, name))
        for key, places in found.items():
            rank = lambda place: (place[0].count("."), place[0] != key[0], place[1] != key[1], place)
            self.spelling[key] = min(places, key=rank)

    def facts(self):
        """The facts of each module."""
        return {module: self.module_facts(module) for module in self.modules}

    def module_facts(self, module):
        facts = {}
        for name in self.stubs.public(module):
            item = self.stubs.resolve(module, name)
            if not isinstance(item, Definition) or item.is_imagined:
                continue
            place = self.spelling.get(item.key)
            if place not in (None, (module, name)):
                facts[name] = f"alias {'.'.join(place)}"
            elif item.is_class:
                facts |= self.class_facts(name, item)
            elif item.is_function:
                facts[name] = self.function_fact(item)
            elif isinstance(item.node, ast.AnnAssign) and (result := self.spell(item.node.annotation, item)):
                facts |= {name: f"attribute {result}"} if "." in result else {}
        facts |= {name: fact for (room, name), fact in CORRECTIONS.items() if room == module and name in facts}
        return {name: fact for name, fact in facts.items() if module != "asyncio" or name not in DROPPED}

    def class_facts(self, key, definition):
        bases, members = self.outer(definition)
        facts = {key: f"class {', '.join(bases)}".strip()}
        for name, item in members.items():
            if name.startswith("_") and name not in SPECIAL:
                continue
            if item.is_class:
                facts |= self.class_facts(f"{key}.{name}", item)
            elif item.is_function:
                facts[f"{key}.{name}"] = self.function_fact(item)
            else:
                facts[f"{key}.{name}"] = self.attribute_fact(item)
        return facts

    def outer(self, definition):
        """The bases that are in the table, and the members of the class and of the bases that are not."""
        bases, members = [], dict(self.stubs.own_members(definition))
        for base in self.stubs.bases(definition):
            if spelling := self.named(base):
                more = [spelling] if spelling != "object" else []
            else:
                more, inherited = self.outer(base)
                members = inherited | members
            bases += [name for name in more if name not in bases]
        return bases, members

    def named(self, definition):
        """The public spelling of a class that is in the table."""
        if definition.owner is not None:
            outer = self.named(definition.owner)
            return outer and f"{outer}.{definition.name.rpartition('.')[2]}"
        place = self.spelling.get(definition.key)
        return place and (place[1] if place[0] == "builtins" else ".".join(place))

    def attribute_fact(self, item):
        node = item.node
        if isinstance(node, ast.AnnAssign):
            return f"attribute {self.spell(node.annotation, item) or ''}".strip()
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            other = self.stubs.member(item.owner, node.value.id)
            if other and other.is_function:
                return self.function_fact(other)
        return "attribute"

    def function_fact(self, item):
        functions = [node for node in item.nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        functions = [node for node in functions if not decorators(node) & {"setter", "deleter"}]
        given = [self.result(node, item) for node in functions]
        marks = decorators(functions[0])
        kind = "async" if all(is_async for is_async, _ in given) else "def"
        if marks & {"property", "cached_property"}:
            kind = "property"
        elif marks & {"classmethod", "staticmethod"}:
            assert kind == "def", f"no word for a coroutine {marks}: {item.key}"
            kind = "classmethod" if "classmethod" in marks else "staticmethod"
        results = {result for _, result in given}
        result = results.pop() if len(results) == 1 else None
        return f"{kind} {result}" if result else kind

    def result(self, node, item):
        """Whether a call makes a coroutine, and what the call or the coroutine gives."""
        is_async, returns = isinstance(node, ast.AsyncFunctionDef), node.returns
        if "contextmanager" in decorators(node) or "asynccontextmanager" in decorators(node):
            return False, None
        if isinstance(returns, ast.Subscript) and not is_async and not decorators(node) & {"property"}:
            given = self.stubs.lookup(returns.value, item.module)
            name = given.name if isinstance(given, Definition) and given.module.name == "typing" else None
            if name == "Coroutine":
                is_async, returns = True, returns.slice.elts[-1]
            elif name == "Awaitable" and node.name in PROTOCOL:
                is_async, returns = True, returns.slice
        return is_async, returns and self.spell(returns, item)

    def spell(self, annotation, item):
        """An annotation with full names, of classes in the table; None where it has anything else."""
        match annotation:
            case ast.Constant(value=None):
                return "None"
            case ast.Constant(value=str() as text):
                return self.spell(ast.parse(text, mode="eval").body, item)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.union([left, right], item)
            case ast.Subscript(value=generic, slice=inside):
                return self.spell_generic(generic, inside, item)
        given = self.stubs.lookup(annotation, item.module, item.owner)
        if not isinstance(given, Definition):
            return None
        if given.name == "Self":
            return "typing.Self"
        if given.is_class:
            return self.named(given) if given.key not in OPAQUE else None
        value = getattr(given.node, "value", None)
        if given.key not in self.aliases:
            # An alias that speaks of itself has no spelling.
            self.aliases[given.key] = None
            is_type = isinstance(value, (ast.BinOp, ast.Subscript, ast.Name, ast.Attribute))
            self.aliases[given.key] = self.spell(value, given) if is_type else None
        return self.aliases[given.key]

    def union(self, parts, item):
        found = []
        for part in parts:
            spelled = self.spell(part, item)
            if spelled is None:
                return None
            found += [one for one in split(spelled, " | ") if one not in found]
        found.sort(key=lambda one: one == "None")
        # Whoever reads the table could make nothing of one class or another.
        return " | ".join(found) if len(found) - ("None" in found) <= 1 else None

    def spell_generic(self, generic, inside, item):
        given = self.stubs.lookup(generic, item.module, item.owner)
        if not isinstance(given, Definition):
            return None
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if given.name in ("Optional", "Union"):
            return self.union([*parts, *([ast.Constant(None)] if given.name == "Optional" else [])], item)
        if given.name in ("ClassVar", "Final", "Annotated", "Required", "NotRequired"):
            return self.spell(parts[0], item)
        if given.name in ("TypeGuard", "TypeIs"):
            return "bool"
        if given.name == "Literal":
            kinds = {type(getattr(part, "value", None)) for part in parts}
            return kinds.pop().__name__ if len(kinds) == 1 and kinds <= {bool, int, str, bytes} else None
        name = self.spell(generic, item)
        if name is None or given.module.name not in ("builtins", "typing") or name == "type":
            return name
        return self.with_parameters(name, parts, item)

    def with_parameters(self, name, parts, item):
        is_rest = lambda part: isinstance(part, ast.Constant) and part.value is ...
        spelled = ["..." if is_rest(part) else self.spell(part, item) for part in parts]
        known = [one for one in spelled if one not in (None, "...", "None")]
        if not known or (None in spelled and name not in ("tuple", "dict")):
            return name
        return f"{name}[{', '.join(one or 'typing.Any' for one in spelled)}]"


def split(text, separator):
    """Splits an annotation at a separator that stands outside of brackets."""
    parts, depth = [""], 0
    for piece in text.split(separator):
        parts[-1] += (separator if depth else "") + piece
        depth += piece.count("[") - piece.count("]")
        if not depth:
            parts.append("")
    return parts[:-1]


def merged(tables):
    """The facts of all stubs; those of the first ones count where several speak of one name."""
    facts = {}
    for table in tables:
        for module, found in table.facts().items():
            known = facts.setdefault(module, {})
            for name in sorted(found):
                outer = name.rpartition(".")[0]
                if name not in known and (not outer or known.get(outer, "").startswith("class")):
                    known[name] = found[name]
    return facts


TABLE_HEAD = """\
# What the standard library has, and what of it is a coroutine: facts as data.
# Written by tests/real/library.py; do not edit. Python 3.8 to 3.14 on all platforms together.
# Source: {source} (Apache License 2.0).
#
# One table a module, one line a name, sorted. Spellings are public: `asyncio.Queue`, not `asyncio.queues.Queue`. A fact
# is a word, and behind it a type where one is known and of use: an annotation with full names of classes of this table,
# those of `builtins` without their module, `typing.Self` for the class that a method is called on, `typing.Any` for a
# part of a type that may be anything.
#
#   async [TYPE]         a coroutine function or method, and what awaiting its call gives
#   def [TYPE]           a plain function or method, and what its call gives; without a type that may be anything
#   classmethod [TYPE]   a class method, staticmethod [TYPE] a static one
#   property [TYPE]      a property, attribute [TYPE] an attribute or a variable of a module
#   class [BASE, BASE]   a class; the base `typing.Any` stands for attributes of any name. Its members have its name and
#                        a dot in front
#   alias NAME           another name of the same thing
"""

NAMES_HEAD = """\
# The names of the methods and attributes of the public classes of the standard library, coroutine methods aside: one a
# line, sorted by bytes. Written by tests/real/library.py; do not edit. Python 3.8 to 3.14 on all platforms together.
# Source: {source} (Apache License 2.0).
"""


def print_table(tables, source):
    print(TABLE_HEAD.format(source=source), end="")
    for module, facts in sorted(merged(tables).items()):
        print(f'\n["{module}"]')
        for name, fact in sorted(facts.items()):
            print(f'"{name}" = "{fact}"')


def print_names(tables, source):
    found = set()
    for table in tables:
        for module in table.stubs.modules():
            if any(part.startswith("_") for part in module.split(".")):
                continue
            for name in table.stubs.public(module):
                item = table.stubs.resolve(module, name)
                if isinstance(item, Definition) and item.is_class:
                    found |= plain_names(table, item)
    print(NAMES_HEAD.format(source=source), end="")
    print("\n".join(sorted(found)))


def plain_names(table, definition):
    found = set()
    for name, item in table.outer(definition)[1].items():
        is_coroutine = item.is_function and table.function_fact(item).startswith("async")
        if not name.startswith("_") and not is_coroutine:
            found.add(name)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["table", "names"])
    parser.add_argument("--stubs", action="append", required=True, type=Path, help="typeshed/stdlib, the newest first")
    parser.add_argument("--source", required=True, help="the name and version of the stubs, for the head of the file")
    options = parser.parse_args()
    tables = [Table(Stubs(root)) for root in options.stubs]
    (print_table if options.what == "table" else print_names)(tables, options.source)


if __name__ == "__main__":
    main()
