"""Reads typeshed's stubs of the standard library: what a module exports, and what a name in it stands for.

Every branch on `sys.version_info` and `sys.platform` counts, those of unreleased versions aside; a name keeps all nodes
that define it. Nothing is imported or executed.
"""

import ast
import functools

# Branches for this version and newer ones are left out.
UNRELEASED = (3, 15)


class Definition:
    """What a name stands for: a class, a function, a variable or an alias, with every node that defines it."""

    def __init__(self, module, name, nodes, owner=None):
        self.module, self.name, self.nodes, self.owner = module, name, nodes, owner

    @property
    def node(self):
        return self.nodes[0]

    @property
    def key(self):
        return (self.module.name, self.name)

    @property
    def is_class(self):
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self):
        return isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef))

    @property
    def is_imagined(self):
        """Whether it exists for type checkers only."""
        return (self.is_class or self.is_function) and "type_check_only" in decorators(self.node)

    @property
    def is_defined(self):
        return (self.is_class or self.is_function) and not self.is_imagined


class Module:
    def __init__(self, name, path):
        self.name = name
        self.package = name if path.name == "__init__.pyi" else name.rpartition(".")[0]
        self.bindings, self.reexports, self.stars, self.exports = {}, set(), [], set()
        for node in flat(ast.parse(path.read_text()).body):
            self.add(node)

    def add(self, node):
        if isinstance(node, ast.Import):
            for item in node.names:
                target = item.name if item.asname else item.name.partition(".")[0]
                self.bind(item.asname or target, (target, None), item.asname == item.name)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parts = self.package.split(".")
                source = ".".join(filter(None, [*parts[: len(parts) - node.level + 1], source]))
            for item in node.names:
                if item.name == "*":
                    self.stars.append(source)
                else:
                    self.bind(item.asname or item.name, (source, item.name), item.asname == item.name)
        elif isinstance(node, (ast.Assign, ast.AugAssign)) and spells(node, "__all__"):
            self.exports |= {leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant)}
        else:
            for name in names(node):
                self.bind(name, node, not name.startswith("_"))

    def bind(self, name, what, is_public):
        self.bindings.setdefault(name, []).append(what)
        if is_public and not name.startswith("_"):
            self.reexports.add(name)


def flat(body):
    """The statements of a body with those of its branches."""
    for node in body:
        if isinstance(node, ast.If):
            branches = [node.orelse] if is_unreleased(node.test) else [node.body, node.orelse]
            if ast.unparse(node.test) == "sys.platform == 'win32'":
                branches.reverse()
            for branch in branches:
                yield from flat(branch)
        elif isinstance(node, ast.Try):
            yield from flat([*node.body, *(s for handler in node.handlers for s in handler.body), *node.orelse])
        else:
            yield node


def is_unreleased(test):
    match test:
        case ast.Compare(left=ast.Attribute(attr="version_info"), ops=[ast.GtE()], comparators=[ast.Tuple() as wanted]):
            return ast.literal_eval(wanted) >= UNRELEASED
    return False


def spells(node, name):
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def names(node):
    """The names that a statement binds."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def decorators(node):
    """The last names of the decorators of a definition."""
    calls = (item.func if isinstance(item, ast.Call) else item for item in node.decorator_list)
    return {item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "") for item in calls}


class Stubs:
    """The standard library of one typeshed."""

    def __init__(self, root):
        self.root, self.resolved = root, {}

    @functools.cache
    def module(self, name):
        base = self.root.joinpath(*name.split("."))
        for path in (base / "__init__.pyi", base.with_suffix(".pyi") if name else base):
            if path.is_file():
                return Module(name, path)
        return None

    def modules(self):
        """The names of all modules."""
        for path in sorted(self.root.rglob("*.pyi")):
            parts = path.relative_to(self.root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @functools.cache
    def public(self, name):
        """The public names of a module."""
        module = self.module(name)
        found = set(module.reexports)
        for star in module.stars:
            source = self.module(star)
            found |= {n for n in (source.exports or self.public(star)) if not n.startswith("_")}
        return found | {n for n in module.exports if not n.startswith("_")}

    def resolve(self, module_name, name):
        """The definition behind a name of a module; a module itself; None where there is none, or only a circle."""
        key = (module_name, name)
        if key not in self.resolved:
            self.resolved[key] = None
            self.resolved[key] = self.find(module_name, name)
        return self.resolved[key]

    def find(self, module_name, name):
        module = self.module(module_name)
        if module is None:
            return None
        for binding in module.bindings.get(name, ()):
            if isinstance(binding, tuple):
                source, item = binding
                found = self.module(source) if item is None else self.resolve(source, item)
            else:
                nodes = [node for node in module.bindings[name] if type(node) is not tuple]
                found = self.unalias(Definition(module, name, nodes))
            if found is not None:
                return found
        for star in module.stars:
            source = self.module(star)
            if name in (source.exports or source.reexports) and (found := self.resolve(star, name)):
                return found
        return self.module(f"{module_name}.{name}")

    def unalias(self, definition):
        """Follows `name = other.name`."""
        node = definition.node
        is_alias = isinstance(node, ast.Assign) or isinstance(node, ast.AnnAssign) and node.value is not None
        if is_alias and isinstance(node.value, (ast.Name, ast.Attribute)):
            return self.lookup(node.value, definition.module) or definition
        return definition

    def lookup(self, expression, module, owner=None):
        """What a dotted name stands for."""
        if isinstance(expression, ast.Name):
            found = owner and self.member(owner, expression.id)
            found = found if found and found.is_class else None
            return found or self.resolve(module.name, expression.id) or self.resolve("builtins", expression.id)
        if isinstance(expression, ast.Attribute):
            left = self.lookup(expression.value, module, owner)
            if isinstance(left, Module):
                return self.resolve(left.name, expression.attr)
            if isinstance(left, Definition) and isinstance(left.node, ast.AnnAssign):
                left = self.lookup(left.node.annotation, left.module)
            if isinstance(left, Definition) and left.is_class:
                return self.member(left, expression.attr)
        return None

    @functools.cache
    def bases(self, definition):
        found = []
        for node in definition.nodes:
            for base in getattr(node, "bases", ()):
                while isinstance(base, ast.Subscript):
                    base = base.value
                item = self.lookup(base, definition.module)
                if isinstance(item, Definition) and item.is_class and item not in found:
                    found.append(item)
        return found

    @functools.cache
    def own_members(self, definition):
        """The members that the body of a class has, each with all its nodes."""
        members = {}
        for owner in definition.nodes:
            for node in flat(owner.body if isinstance(owner, ast.ClassDef) else ()):
                for name in names(node):
                    members.setdefault(name, []).append(node)
        return {
            name: Definition(definition.module, f"{definition.name}.{name}", nodes, definition)
            for name, nodes in members.items()
        }

    def member(self, definition, name):
        found = self.own_members(definition).get(name)
        if found:
            return found
        return next((item for base in self.bases(definition) if (item := self.member(base, name))), None)
