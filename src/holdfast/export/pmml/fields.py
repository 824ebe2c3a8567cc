"""Symbols as the derived fields of a PMML document."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from holdfast.errors import RequestError
from holdfast.export.pmml.symbols import (
    Apply,
    Column,
    Lookup,
    Symbol,
    Trees,
    Weighted,
    beneath,
    is_true_or_false,
)

# Beyond this many arguments of functions a document would be read for minutes: kernels over training rows, wide networks.
MOST_PARTS = 50_000


class Fields:
    """The derived fields that the cells of an answer need, made when they are asked for.

    Those before the trees depend on the data alone; those after them on what trees answered.
    """

    def __init__(self, cells: Iterable[Any], taken: Iterable[str]) -> None:
        """cells: what will be asked for; taken: names that are in use."""
        self.before: list[Element] = []
        self.after: list[Element] = []
        self.forests: dict[Trees, str] = {}
        self._names: dict[Any, str] = {}
        self._trimmed: dict[Column, str] = {}
        self._taken = set(taken)
        self._uses, self._late = _survey(cells)

    def name(self, cell: Any) -> str:
        """The field that holds a cell."""
        if isinstance(cell, Column):
            return cell.name
        if cell not in self._names:
            self._names[cell] = self._make(cell)
        return self._names[cell]

    def of_tree(self, cell: Any) -> tuple[str, bool]:
        """The field that holds a column of trees, and whether it does so in single precision."""
        return self.name(cell), isinstance(cell, Apply) and cell.function == "float"

    def expression(self, cell: Any) -> Element:
        """What gives a cell: its field where it has one, else the function itself."""
        if not isinstance(cell, Symbol):
            return _number(cell)
        named = isinstance(cell, Column | Lookup | Trees) or (isinstance(cell, Apply) and cell.function == "float")
        if named or self._uses[cell] > 1:
            return Element("FieldRef", field=self.name(cell))
        return self._function(cell)

    def _function(self, cell: Any) -> Element:
        if isinstance(cell, Lookup):
            return self._table(cell)
        if isinstance(cell, Weighted):
            return self._sum(cell)
        if not isinstance(cell, Apply):
            return _number(cell)
        if cell.function == "float":
            return self.expression(cell.arguments[0])
        element = Element("Apply", function=cell.function)
        element.extend([self.expression(each) for each in cell.arguments])
        return element

    def _make(self, cell: Any) -> str:
        if isinstance(cell, Trees):
            self.forests[cell] = self._free("trees")
            return self.forests[cell]
        content = self._function(cell)
        kind = "float" if isinstance(cell, Apply) and cell.function == "float" else "double"
        truth = is_true_or_false(cell)
        field = Element(
            "DerivedField",
            name=self._free(_title(cell)),
            optype="categorical" if truth else "continuous",
            dataType="boolean" if truth else kind,
        )
        field.append(content)
        (self.after if cell in self._late else self.before).append(field)
        return field.get("name", "")

    def _sum(self, cell: Weighted) -> Element:
        element = Element("Apply", function="sum")
        for symbol, weight in cell.terms:
            product = SubElement(element, "Apply", function="*")
            product.extend([_number(weight), self.expression(symbol)])
        element.append(_number(cell.constant))
        return element

    def _table(self, cell: Lookup) -> Element:
        """Gaps and other texts have attributes of their own; blanks around a text don't matter."""
        missing, default = cell.table.get("", cell.default), cell.default
        rows = {key: value for key, value in cell.table.items() if key and value == value and value != default}
        column = Element("FieldRef", field=self._trim(cell.column))
        if not rows:
            element = Element("Apply", function="if")
            SubElement(element, "Apply", function="isMissing").append(column)
            element.extend([_number(missing), _number(default)])
            return element
        element = Element("MapValues", outputColumn="output", dataType="double")
        for attribute, value in (("mapMissingTo", missing), ("defaultValue", default)):
            if value == value:
                element.set(attribute, repr(float(value)))
        SubElement(element, "FieldColumnPair", field=self._trim(cell.column), column="input")
        table = SubElement(element, "InlineTable")
        for key, value in rows.items():
            row = SubElement(table, "row")
            SubElement(row, "input").text = key
            SubElement(row, "output").text = repr(float(value))
        return element

    def _trim(self, column: Column) -> str:
        if column not in self._trimmed:
            name = self._trimmed[column] = self._free(f"{column.name} (trimmed)")
            field = Element("DerivedField", name=name, optype="categorical", dataType="string")
            known = SubElement(field, "Apply", function="if")
            SubElement(SubElement(known, "Apply", function="isNotMissing"), "FieldRef", field=column.name)
            SubElement(SubElement(known, "Apply", function="trimBlanks"), "FieldRef", field=column.name)
            self.before.append(field)
        return self._trimmed[column]

    def _free(self, title: str) -> str:
        name, number = title, 1
        while name in self._taken:
            number += 1
            name = f"{title} {number}"
        self._taken.add(name)
        return name


def _survey(cells: Iterable[Any]) -> tuple[Counter[Any], set[Any]]:
    """How often each cell is part of others, and which depend on trees."""
    uses: Counter[Any] = Counter()
    late: set[Any] = set()
    n_parts = 0
    waiting = [(cell, False) for cell in cells if isinstance(cell, Symbol)]
    while waiting:
        cell, done = waiting.pop()
        parts = [part for part in beneath(cell) if isinstance(part, Symbol)]
        if done:
            if isinstance(cell, Trees) or any(part in late for part in parts):
                late.add(cell)
            continue
        uses[cell] += 1
        if uses[cell] > 1:
            continue
        n_parts += len(parts)
        if n_parts > MOST_PARTS:
            raise RequestError(
                f"PMML can't hold this model: its arithmetic has more than {MOST_PARTS:,} parts; expected a linear model, "
                "trees, or an average of those: train with --learners lightgbm, or use --onnx"
            )
        waiting.append((cell, True))
        waiting += [(part, False) for part in parts]
    return uses, late


def _title(cell: Any) -> str:
    """What to call a field: by the column it is made of, where that is one."""
    if isinstance(cell, Lookup):
        ones = [key for key, value in cell.table.items() if value == 1]
        one_hot = len(ones) == 1 and cell.default == 0 and all(value in (0, 1) for value in cell.table.values())
        return f"{cell.column.name} = {ones[0] or 'missing'}" if one_hot else f"{cell.column.name} (number)"
    columns: dict[Column, None] = {}
    waiting = [cell]
    while waiting and len(columns) < 2:
        cell = waiting.pop()
        if isinstance(cell, Column):
            columns[cell] = None
        elif isinstance(cell, Trees):
            return "value"
        else:
            waiting += beneath(cell)
    return f"{next(iter(columns)).name} (number)" if len(columns) == 1 else "value"


def _number(value: Any) -> Element:
    if value != value:
        return Element("Constant", missing="true")
    whole = isinstance(value, int)
    element = Element("Constant", dataType="integer" if whole else "double")
    element.text = repr(value if whole else float(value))
    return element
