"""Run a graph on one row of symbols: NumPy does the shapes, and each operator says what it makes of cells."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from holdfast.errors import RequestError
from holdfast.export.pmml.symbols import (
    Apply,
    Column,
    Logistic,
    Lookup,
    Prefixed,
    Softmax,
    Symbol,
    Tree,
    Trees,
    is_linear,
    is_true_or_false,
    weighted,
)

FLOAT, INT64, DOUBLE = 1, 7, 11
MODES = ("<=", "<", ">=", ">")

# The encoders cut numbers off here, for the sake of single precision; no learned threshold is that far out.
LARGEST = 1e30

# What an operator is there for, to name the part of a model that PMML has no words for.
PARTS = {
    "Tokenizer": "the words of a text column",
    "TopK": "a choice among neighbours or ranks",
    "ReduceL2": "the words of a text column",
    "NonZero": "the spelling of categories, which --encode target leaves out",
}


def answer(onnx: bytes, inputs: Mapping[str, Sequence[Any]], output: str) -> list[Any]:
    """The cells of a graph's output for one row. inputs: the cells of each input.

    Raises RequestError for a graph that PMML has no words for.
    """
    from onnx import ModelProto, numpy_helper

    graph = ModelProto.FromString(onnx).graph
    values: dict[str, Any] = {name: _cells(cells)[None, :] for name, cells in inputs.items()}
    values |= {each.name: _constant(numpy_helper.to_array(each)) for each in graph.initializer}
    wanted = {output}
    needed = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            needed.append(node)
    with np.errstate(all="ignore"):
        for node in reversed(needed):
            if node.op_type not in OPERATORS:
                _refuse(node.op_type)
            values[node.output[0]] = OPERATORS[node.op_type](node, *[values[name] for name in node.input])
    return list(values[output].ravel())


def _refuse(operator: str, why: str = "") -> NoReturn:
    part = why or PARTS.get(operator, "an operator of its graph")
    raise RequestError(
        f"PMML can't hold this model: it needs {part} ({operator}); expected a linear model, trees, or an average of "
        "those: train with --learners lightgbm, or use --onnx"
    )


def _constant(array: Any) -> Any:
    if array.dtype == object:
        return _cells([each.decode() if isinstance(each, bytes) else each for each in array.ravel()]).reshape(
            array.shape
        )
    return array


def _cells(values: Sequence[Any]) -> Any:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _elementwise(compute: Callable[..., Any], write: Callable[..., Any]) -> Callable[..., Any]:
    """An operator on cells: numbers and tables are computed now, anything else is written down by `write`."""

    def one(*cells: Any) -> Any:
        symbols = [cell for cell in cells if isinstance(cell, Symbol)]
        if not symbols:
            return compute(*cells)
        first = symbols[0]
        if isinstance(first, Lookup) and all(isinstance(s, Lookup) and s.column is first.column for s in symbols):
            return _of_table(compute, cells, first.column)
        return write(*cells)

    def operator(node: Any, *arrays: Any) -> Any:
        made = np.frompyfunc(one, len(arrays), 1)(*arrays)
        return made if isinstance(made, np.ndarray) else _cells([made]).reshape(())

    return operator


def _of_table(compute: Callable[..., Any], cells: Sequence[Any], column: Column) -> Lookup:
    """A function of functions of one text column, worked out for every text they know."""
    keys = dict.fromkeys(key for cell in cells if isinstance(cell, Lookup) for key in cell.table)

    def at(key: str | None) -> Any:
        return compute(*[cell.at(key) if isinstance(cell, Lookup) else cell for cell in cells])

    return Lookup(column, {key: at(key) for key in keys}, at(None))


def _plain(function: str) -> Callable[..., Any]:
    return lambda *cells: Apply(function, cells)


def _of_one(function: str) -> Callable[..., Any]:
    return lambda cell: _of_known(cell, Apply(function, (cell,)))


def _of_known(cell: Symbol, value: Any) -> Any:
    """A gap where `cell` is one: readers refuse to compare or round what isn't there."""
    return Apply("if", (Apply("isNotMissing", (cell,)), value)) if cell.may_be_gap else value


def _add(a: Any, b: Any) -> Any:
    sums = is_linear(a) or is_linear(b)
    return weighted([(a, 1.0), (b, 1.0)]) if sums else Apply("+", (a, b))


def _sub(a: Any, b: Any) -> Any:
    sums = is_linear(a) or is_linear(b)
    return weighted([(a, 1.0), (b, -1.0)]) if sums else Apply("-", (a, b))


def _mul(a: Any, b: Any) -> Any:
    for cell, factor in ((a, b), (b, a)):
        if is_linear(cell) and not isinstance(factor, Symbol):
            return weighted([(cell, float(factor))])
    return Apply("*", (a, b))


def _div(a: Any, b: Any) -> Any:
    if is_linear(a) and not isinstance(b, Symbol):
        return weighted([(a, 1.0 / float(b))])
    return Apply("/", (a, b))


def _equal(a: Any, b: Any) -> Any:
    """A cell equals itself unless it is a gap; so does nothing (see `features.numeric.finite`) equal 0."""
    if a is b:
        return True if isinstance(a, Column) and a.text else Apply("isNotMissing", (a,))
    if isinstance(a, Column) and a.text and not isinstance(b, Symbol):
        return Lookup(a, {b: True}, default=False)
    if (
        isinstance(a, Apply)
        and a.function == "*"
        and not isinstance(a.arguments[1], Symbol)
        and a.arguments[1] == b == 0
    ):
        return Apply("isNotMissing", (a.arguments[0],))
    return Apply("equal", (a, b))


def _not(a: Any) -> Any:
    if isinstance(a, Apply) and a.function == "isNotMissing":
        return Apply("isMissing", a.arguments)
    return Apply("not", (a,))


def _less(a: Any, b: Any) -> Any:
    return False if a is b else Apply("lessThan", (a, b))


def _where(condition: Any, a: Any, b: Any) -> Any:
    if not isinstance(condition, Symbol):
        return a if condition else b
    if isinstance(condition, Apply) and condition.function == "isMissing" and condition.arguments[0] is b and a != a:
        return b  # a gap where there is a gap
    return Apply("if", (condition, a, b))


def _clip(a: Any, low: float, high: float) -> Any:
    """Not by PMML's min and max, which pass over gaps."""
    clipped = Apply("if", (Apply("lessThan", (high, a)), high, a)) if high < LARGEST else a
    clipped = Apply("if", (Apply("lessThan", (clipped, low)), low, clipped)) if low > -LARGEST else clipped
    return clipped if clipped is a else _of_known(a, clipped)


def _logistic(a: Any) -> Any:
    return Logistic("/", (1.0, Apply("+", (1.0, Apply("exp", (Apply("-", (0.0, a)),))))), score=a)


def _cast(node: Any, array: Any) -> Any:
    to = _attributes(node)["to"]
    kind: Any = {FLOAT: np.float32, DOUBLE: np.float64, INT64: np.int64}.get(to)
    if kind is None:
        _refuse("Cast", "a type that is no number")

    def compute(cell: Any) -> Any:
        return kind(cell).item()

    def write(cell: Any) -> Any:
        if is_true_or_false(cell):
            return Apply("if", (cell, 1.0, 0.0))
        if to == INT64 and not isinstance(cell, Trees):
            _refuse("Cast", "a whole number made of others")
        rounded = to != FLOAT or (isinstance(cell, Apply) and cell.function in ("float", "if") and _exact(cell))
        return cell if rounded else Apply("float", (cell,))

    return _elementwise(compute, write)(node, array)


def _exact(cell: Apply) -> bool:
    return cell.function == "float" or (is_true_or_false(cell.arguments[0]) and cell.arguments[1:] == (1.0, 0.0))


def _matmul(node: Any, a: Any, b: Any) -> Any:
    if any(isinstance(cell, Symbol) for cell in np.ravel(b)):
        _refuse("MatMul", "a product of two unknown matrices")
    if not any(isinstance(cell, Symbol) for cell in np.ravel(a)):
        return a.astype(np.float64) @ b
    return _cells([weighted(zip(a[0], column.tolist(), strict=True)) for column in b.T])[None, :]


def _reduce_sum(node: Any, array: Any, axes: Any) -> Any:
    axis = int(axes[0])
    lines = np.moveaxis(array, axis, -1)
    made = _cells([_total(list(line)) for line in lines.reshape(-1, lines.shape[-1])]).reshape(lines.shape[:-1])
    return np.expand_dims(made, axis) if _attributes(node).get("keepdims", 1) else made


def _total(cells: list[Any]) -> Any:
    first = cells[0]
    if all(isinstance(cell, Trees) and cell.columns is first.columns for cell in cells):
        return Trees(tuple(tree for cell in cells for tree in cell.trees), first.columns, first.mode)
    return weighted([(cell, 1.0) for cell in cells])


def _softmax(node: Any, array: Any) -> Any:
    scores = tuple(array[0])
    powers = [Apply("exp", (Apply("-", (score, highest)),)) for highest in [Apply("max", scores)] for score in scores]
    total = weighted([(power, 1.0) for power in powers])
    made = [Softmax("/", (power, total), scores=scores, place=place) for place, power in enumerate(powers)]
    return _cells(made)[None, :]


def _gather(node: Any, array: Any, places: Any) -> Any:
    if not any(isinstance(cell, Symbol) for cell in np.ravel(places)):
        return np.take(array, places.astype(np.int64), axis=_attributes(node).get("axis", 0))
    if any(isinstance(cell, Symbol) for cell in np.ravel(array)):
        _refuse("Gather", "a choice among unknown values")
    made = [_looked_up(place, column) for place in places[0] for column in array.T]
    return _cells(made).reshape(1, places.shape[1], -1)


def _looked_up(place: Any, column: Any) -> Any:
    if isinstance(place, Lookup):
        return place.map(lambda code: column[int(code)].item())
    if isinstance(place, Trees) and len(place.trees) == 1:
        tree = place.trees[0]
        value = np.asarray(column[tree.value.astype(np.int64)], dtype=np.float64)
        changed = Tree(tree.column, tree.threshold, tree.true, tree.false, tree.missing_true, value)
        return Trees((changed,), place.columns, place.mode)
    _refuse("Gather", "a place computed from numbers")


def _label_encoder(node: Any, array: Any) -> Any:
    facts = _attributes(node)
    codes = {key.decode(): code for key, code in zip(facts["keys_strings"], facts["values_int64s"], strict=True)}

    def coded(cell: Any) -> Lookup:
        prefix, column = (cell.prefix, cell.column) if isinstance(cell, Prefixed) else ("", cell)
        table = {key[len(prefix) :]: code for key, code in codes.items() if key.startswith(prefix)}
        return Lookup(column, table, facts["default_int64"])

    return _cells([coded(cell) for cell in array.ravel()]).reshape(array.shape)


def _tree_ensemble(node: Any, array: Any) -> Any:
    from onnx import numpy_helper

    facts = _attributes(node)
    arrays = {name: np.asarray(value) for name, value in facts.items() if isinstance(value, list)}
    thresholds = numpy_helper.to_array(facts["nodes_splits"])
    weights = numpy_helper.to_array(facts["leaf_weights"])
    mode = MODES[int(numpy_helper.to_array(facts["nodes_modes"])[0])]
    columns = tuple(array[0])
    sums: list[list[Tree]] = [[] for _ in range(facts["n_targets"])]
    for root in arrays["tree_roots"]:
        tree, leaf = _tree(int(root), arrays, thresholds, weights)
        sums[int(arrays["leaf_targetids"][leaf])].append(tree)
    return _cells([Trees(tuple(trees), columns, mode) if trees else 0.0 for trees in sums])[None, :]


def _tree(root: int, arrays: Mapping[str, Any], thresholds: Any, weights: Any) -> tuple[Tree, int]:
    """One tree of the operator's tables, numbered anew, and one of its leaves there."""
    splits, leaves, children = [root], [], []
    for split in splits:  # grows as children are met
        for side in ("true", "false"):
            child = int(arrays[f"nodes_{side}nodeids"][split])
            if arrays[f"nodes_{side}leafs"][split]:
                leaves.append(child)
                children.append(~(len(leaves) - 1))
            else:
                splits.append(child)
                children.append(len(splits) - 1)
    true, false = np.array(children[::2]), np.array(children[1::2])
    tree = Tree(
        column=arrays["nodes_featureids"][splits],
        threshold=thresholds[splits],
        true=true,
        false=false,
        missing_true=arrays["nodes_missing_value_tracks_true"][splits].astype(bool),
        value=weights[leaves],
    )
    return tree, leaves[0]


def _string_concat(prefix: Any, cell: Any) -> Any:
    if not (isinstance(prefix, str) and isinstance(cell, Column)):
        _refuse("StringConcat", "categories that are joined, which --cross none leaves out")
    return Prefixed(prefix, cell)


def _maximum(*cells: Any) -> Any:
    return np.max(cells)


def _minimum(*cells: Any) -> Any:
    return np.min(cells)


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": _elementwise(np.add, _add),
    "And": _elementwise(np.logical_and, _plain("and")),
    "Cast": _cast,
    "Clip": _elementwise(np.clip, _clip),
    "Concat": lambda node, *arrays: np.concatenate(arrays, axis=_attributes(node)["axis"]),
    "Cos": _elementwise(np.cos, _of_one("cos")),
    "Div": _elementwise(np.divide, _div),
    "Equal": _elementwise(np.equal, _equal),
    "Exp": _elementwise(np.exp, _of_one("exp")),
    "Floor": _elementwise(np.floor, _of_one("floor")),
    "Gather": _gather,
    "Identity": lambda node, array: array,
    "LabelEncoder": _label_encoder,
    "Less": _elementwise(np.less, _less),
    "Log": _elementwise(np.log, _of_one("ln")),
    "MatMul": _matmul,
    "Max": _elementwise(_maximum, _plain("max")),
    "Min": _elementwise(_minimum, _plain("min")),
    "Mul": _elementwise(np.multiply, _mul),
    "Not": _elementwise(np.logical_not, _not),
    "Reciprocal": _elementwise(np.reciprocal, lambda a: Apply("/", (1.0, a))),
    "ReduceSum": _reduce_sum,
    "Reshape": lambda node, array, shape: array.reshape(shape),
    "Sigmoid": _elementwise(lambda a: 1 / (1 + np.exp(-a)), _logistic),
    "Softmax": _softmax,
    "Sqrt": _elementwise(np.sqrt, _of_one("sqrt")),
    "StringConcat": _elementwise(np.add, _string_concat),
    "Sub": _elementwise(np.subtract, _sub),
    "TreeEnsemble": _tree_ensemble,
    "Where": _elementwise(lambda condition, a, b: a if condition else b, _where),
}
