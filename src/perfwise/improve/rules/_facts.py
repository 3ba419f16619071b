"""What the text tells of names, effects and types; everything here errs towards not knowing."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from perfwise.improve.rewriting import Function, Program

__all__ = [
    "boolean_context",
    "changed",
    "is_int",
    "is_zero",
    "kind",
    "leaves",
    "loads",
    "loop_over",
    "pure",
    "read_after",
    "same",
    "scope_of",
    "stored",
    "uses",
]

_PURE = frozenset(
    [
        "abs",
        "all",
        "any",
        "bin",
        "bool",
        "bytes",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "hash",
        "hex",
        "int",
        "isinstance",
        "len",
        "list",
        "map",
        "max",
        "min",
        "oct",
        "ord",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    ]
)
_PURE_METHODS = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "splitlines",
        "startswith",
        "endswith",
        "replace",
        "join",
        "count",
        "index",
        "find",
        "rfind",
        "isdigit",
        "isalpha",
        "isalnum",
        "isspace",
        "isupper",
        "islower",
        "isnumeric",
        "isdecimal",
        "title",
        "capitalize",
        "swapcase",
        "casefold",
        "zfill",
        "keys",
        "values",
        "items",
        "get",
        "copy",
        "format",
        "encode",
        "decode",
        "center",
        "ljust",
        "rjust",
        "partition",
        "rpartition",
        "bit_length",
        "bit_count",
        "isdisjoint",
        "issubset",
        "issuperset",
        "union",
        "intersection",
        "difference",
        "symmetric_difference",
        "is_integer",
    ]
)
_CHANGING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "sort",
        "reverse",
        "add",
        "discard",
        "update",
        "popitem",
        "setdefault",
        "appendleft",
        "popleft",
        "extendleft",
        "rotate",
        "intersection_update",
        "difference_update",
        "symmetric_difference_update",
        "write",
    ]
)
_INTS = frozenset({"len", "ord", "int", "hash"})
_OF_CALL = {
    "str": "str", "repr": "str", "chr": "str", "bin": "str", "hex": "str", "oct": "str", "list": "list",
    "sorted": "list", "set": "set", "frozenset": "set", "dict": "dict", "tuple": "tuple", "float": "float",
    "bool": "bool", "isinstance": "bool", "any": "bool", "all": "bool", "range": "range",
}  # fmt: skip
_OF_METHOD = {
    "lower": "str", "upper": "str", "strip": "str", "replace": "str", "join": "str", "split": "list",
    "splitlines": "list", "isdigit": "bool", "isalpha": "bool", "startswith": "bool", "endswith": "bool",
    "count": "int", "find": "int", "bit_length": "int",
}  # fmt: skip
_ANNOTATED = {
    "int": "int", "str": "str", "float": "float", "bool": "bool", "list": "list", "List": "list", "dict": "dict",
    "Dict": "dict", "set": "set", "Set": "set", "tuple": "tuple", "Tuple": "tuple",
}  # fmt: skip


# Names and effects


def loads(*nodes: ast.AST) -> set[str]:
    """Names that are read anywhere inside."""
    return {
        each.id
        for node in nodes
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def stored(*nodes: ast.AST) -> set[str]:
    """Names that are bound or deleted anywhere inside; those of comprehensions too."""
    found: set[str] = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                found.add(each.id)
            elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(each.name)
            elif isinstance(each, ast.alias):
                found.add((each.asname or each.name).partition(".")[0])
            elif isinstance(each, ast.arg):
                found.add(each.arg)
            elif isinstance(each, ast.ExceptHandler) and each.name:
                found.add(each.name)
    return found


def changed(program: Program, *nodes: ast.AST) -> set[str]:
    """Names that are bound, or whose values may be changed in place, anywhere inside.

    A value that is handed to a function that is not known to be pure may be changed by it.
    """
    found = stored(*nodes)
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Subscript | ast.Attribute) and not isinstance(each.ctx, ast.Load):
                found |= loads(each.value)
            elif isinstance(each, ast.Call):
                found |= _changed_by(program, each)
    return found


def _changed_by(program: Program, call: ast.Call) -> set[str]:
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _PURE_METHODS:
            return set()
        receiver = loads(call.func.value)
        known = call.func.attr in _CHANGING or _is_module(program, call.func.value)
        return receiver if known else receiver | loads(*call.args, *[each.value for each in call.keywords])
    if program.builtin(call.func, *_PURE, "print", "next", "iter"):
        return loads(*call.args) if program.builtin(call.func, "next", "iter", "map", "filter") else set()
    return loads(*call.args, *[each.value for each in call.keywords])


def _is_module(program: Program, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and program._imports.get(node.id, "") in {"math", "re", "string", "operator"}


def pure(program: Program, *nodes: ast.AST) -> bool:
    """Whether evaluating has no effect but its value: no calls except of pure builtins and pure methods of data."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                return False
            if isinstance(each, ast.Call) and not _pure_call(program, each):
                return False
    return True


def _pure_call(program: Program, call: ast.Call) -> bool:
    if program.builtin(call.func, *_PURE):
        return True
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _PURE_METHODS:
            return True
        module = program._imports.get(call.func.value.id, "") if isinstance(call.func.value, ast.Name) else ""
        return module == "math"
    return isinstance(call.func, ast.Name) and program._imports.get(call.func.id, "").startswith("math.")


def leaves(*nodes: ast.AST) -> bool:
    """Whether something inside may leave the loop or function, or wait: break, continue, return, yield, try, with."""
    kinds = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Try, ast.With, ast.Raise)
    return any(isinstance(each, kinds) for node in nodes for each in ast.walk(node))


def scope_of(program: Program, node: ast.AST) -> ast.AST:
    """The innermost function that a node is in, or the module."""
    return program.function(node) or program.tree


def uses(scope: ast.AST, name: str) -> list[ast.Name]:
    """Every occurrence of a name in a scope, in the order of the text."""
    found = [each for each in ast.walk(scope) if isinstance(each, ast.Name) and each.id == name]
    return sorted(found, key=lambda each: (each.lineno, each.col_offset))


def read_after(program: Program, statement: ast.stmt, name: str) -> bool:
    """Whether the name may be read after the statement: later in its function, or before it in a loop around it.

    A use behind an assignment that always comes first is counted too; it errs towards yes.
    """
    scope = scope_of(program, statement)
    if any(isinstance(each, ast.Global | ast.Nonlocal) and name in each.names for each in ast.walk(program.tree)):
        return True
    inside = set(map(id, ast.walk(statement)))
    around = [up for up in program.above(statement) if isinstance(up, ast.For | ast.While | ast.AsyncFor)]
    end = (statement.end_lineno or 0, statement.end_col_offset or 0)
    for each in uses(scope, name):
        if id(each) in inside or not isinstance(each.ctx, ast.Load):
            continue
        if (each.lineno, each.col_offset) >= end or any(id(each) in set(map(id, ast.walk(up))) for up in around):
            if not _rebound_first(program, each, statement):
                return True
    return False


def _rebound_first(program: Program, use: ast.Name, statement: ast.stmt) -> bool:
    """Whether the use is inside a for or comprehension that binds the name itself and does not hold the statement."""
    for up in program.above(use):
        if statement in ast.walk(up):
            return False
        if isinstance(up, ast.For) and use.id in stored(up.target) and use not in ast.walk(up.iter):
            return True
        if isinstance(up, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if any(use.id in stored(each.target) for each in up.generators):
                return True
    return False


def same(a: ast.AST, b: ast.AST) -> bool:
    """Whether two expressions are written alike."""
    return ast.dump(a).replace("Store()", "Load()") == ast.dump(b).replace("Store()", "Load()")


# Shapes


def is_int(node: ast.AST | None, value: int) -> bool:
    """Whether a node is this integer constant."""
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == value


def is_zero(node: ast.AST | None) -> bool:
    """Whether a node is the constant 0."""
    return is_int(node, 0)


def loop_over(statement: ast.stmt) -> tuple[ast.For, str] | None:
    """A plain for loop over one name, without else."""
    if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name) and not statement.orelse:
        return statement, statement.target.id
    return None


def boolean_context(program: Program, node: ast.expr) -> bool:
    """Whether only the truth of an expression is used."""
    up = program.parent(node)
    if isinstance(up, ast.If | ast.While | ast.IfExp | ast.Assert):
        return up.test is node
    if isinstance(up, ast.UnaryOp):
        return isinstance(up.op, ast.Not)
    if isinstance(up, ast.BoolOp):
        return boolean_context(program, up)
    return isinstance(up, ast.comprehension) and node in up.ifs


# Types


def kind(program: Program, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> str:  # noqa: C901 - a case a shape
    """Type of an expression as far as the text tells: int, bool, float, str, list, tuple, set, dict, range, or nothing.

    Annotations are believed; what is found is a suggestion that running has to confirm.
    """
    match node:
        case ast.Constant(value=value):
            return type(value).__name__
        case ast.JoinedStr():
            return "str"
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Tuple():
            return "tuple"
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "bool"
        case ast.UnaryOp(operand=operand):
            return _number(kind(program, operand, seen))
        case ast.BinOp():
            return _of_operation(program, node, seen)
        case ast.IfExp(body=body, orelse=orelse):
            return _joined([kind(program, body, seen), kind(program, orelse, seen)])
        case ast.Call():
            return _of_call(program, node, seen)
        case ast.Name(id=name):
            return "" if name in seen else _of_name(program, node, seen | {name})
    return ""


def _number(found: str) -> str:
    return "int" if found == "bool" else found


def _of_operation(program: Program, node: ast.BinOp, seen: frozenset[str]) -> str:
    left, right = (_number(kind(program, each, seen)) for each in (node.left, node.right))
    if isinstance(node.op, ast.Div):
        return "float" if {left, right} <= {"int", "float"} else ""
    if isinstance(node.op, ast.Mod) and left == "str":
        return "str"
    if isinstance(node.op, ast.Mult) and "int" in {left, right} and left != right:
        other = left if right == "int" else right
        return other if other in {"str", "list", "tuple", "float"} else ""
    if isinstance(node.op, ast.Pow):
        return "int" if left == right == "int" and isinstance(node.right, ast.Constant) else ""
    if left == right:
        return left if left in {"int", "float", "str", "list", "tuple", "set"} else ""
    return "float" if {left, right} == {"int", "float"} else ""


def _of_call(program: Program, node: ast.Call, seen: frozenset[str]) -> str:
    if program.builtin(node.func, *_INTS):
        return "int"
    if program.builtin(node.func, *_OF_CALL) and isinstance(node.func, ast.Name):
        return _OF_CALL[node.func.id]
    if program.builtin(node.func, "abs", "sum", "max", "min") and node.args:
        kinds = [kind(program, each, seen) for each in node.args]
        return _joined(kinds) if len(kinds) > 1 and program.builtin(node.func, "max", "min") else ""
    if isinstance(node.func, ast.Attribute):
        return _OF_METHOD.get(node.func.attr, "")
    return ""


def _of_name(program: Program, name: ast.Name, seen: frozenset[str]) -> str:
    scope = scope_of(program, name)
    kinds = list(_bindings(program, scope, name.id, seen))
    return _joined(kinds) if kinds else ""


def _joined(kinds: Sequence[str]) -> str:
    numbers = set(map(_number, kinds))
    return numbers.pop() if len(numbers) == 1 else ""


def _bindings(  # noqa: C901, PLR0912 - a case a kind of binding
    program: Program, scope: ast.AST, name: str, seen: frozenset[str]
) -> Iterator[str]:
    """Kinds of everything that binds a name in a scope; nothing known of a binding is an empty one."""
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        yield from (_annotation(arg.annotation) for arg in _arguments(scope) if arg.arg == name)
    for each in ast.walk(scope):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    if not _only_self(each.value, name, seen):
                        yield kind(program, each.value, seen)
                elif name in stored(target) and not isinstance(target, ast.Subscript | ast.Attribute):
                    yield _unpacked(program, target, each.value, name, seen)
        elif isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name) and each.target.id == name:
            found = "float" if isinstance(each.op, ast.Div) else kind(program, each.value, seen)
            if found or not _only_self(each.value, name, seen):
                yield found
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.target.id == name:
            yield kind(program, each.value, seen) or _annotation(each.annotation)
        elif isinstance(each, ast.For | ast.comprehension) and name in stored(each.target):
            yield _item(program, each.target, each.iter, name)
        elif isinstance(each, ast.NamedExpr) and each.target.id == name:
            yield kind(program, each.value, seen)
        elif isinstance(each, ast.withitem) and each.optional_vars and name in stored(each.optional_vars):
            yield ""


def _only_self(value: ast.expr, name: str, seen: frozenset[str]) -> bool:
    """`n = n + 1` or `n //= k` says nothing that the other bindings do not, where all else in it is an int constant."""
    del seen
    kept = (ast.Name, ast.Constant, ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop, ast.expr_context)
    if any(isinstance(each, ast.Div | ast.Pow) for each in ast.walk(value)):
        return False
    return all(
        isinstance(each, kept)
        and (not isinstance(each, ast.Name) or each.id == name)
        and (not isinstance(each, ast.Constant) or type(each.value) is int)
        for each in ast.walk(value)
    ) and name in loads(value)


def _unpacked(program: Program, target: ast.expr, value: ast.expr, name: str, seen: frozenset[str]) -> str:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, given in zip(target.elts, value.elts, strict=True):
            if isinstance(one, ast.Name) and one.id == name:
                return kind(program, given, seen)
    return ""


def _item(program: Program, target: ast.expr, over: ast.expr, name: str) -> str:
    if isinstance(over, ast.Call) and program.builtin(over.func, "range"):
        return "int"
    if program.calls(over, "enumerate") and isinstance(target, ast.Tuple) and isinstance(target.elts[0], ast.Name):
        return "int" if target.elts[0].id == name else ""
    return "str" if kind(program, over, frozenset({name})) == "str" and isinstance(target, ast.Name) else ""


def _arguments(scope: Function) -> Iterable[ast.arg]:
    return [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]


def _annotation(node: ast.expr | None) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return _ANNOTATED.get(node.attr, "")
    return _ANNOTATED.get(node.id, "") if isinstance(node, ast.Name) else ""
