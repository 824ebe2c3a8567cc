"""The map of the house: which room may import which, held for every file."""

import ast
import tomllib
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "holdfast"

LEAVES = {"errors", "arrays", "files"}
BELOW_TASKS = {"data", "metrics"}
BELOW_LEARNERS = {"features", "tasks", "graph", "data", "metrics"}
BELOW_EVALUATE = {"learners", *BELOW_LEARNERS}
BELOW_SEARCH = {"evaluate", *BELOW_EVALUATE}
ALL_BUT_OUTER = {
    "search", "explain", "compile", "model", "audit", "report", "testing", *BELOW_SEARCH,
}  # fmt: skip

MAP = {
    "metrics": set(),
    "graph": set(),
    "data": set(),
    "tasks": BELOW_TASKS,
    "features": {"data", "graph"},
    "audit": {"data", "features", "metrics"},
    "learners": BELOW_LEARNERS,
    "evaluate": BELOW_EVALUATE,
    "search": BELOW_SEARCH,
    "explain": BELOW_SEARCH,
    "model": set(),
    "serve": {"model"},
    "batch": {"model", "data"},
    "export": {"model", "serve"},
    "compile": {"model", "evaluate", "learners", "features", "tasks", "graph", "data"},
    "report": set(),
    "testing": ALL_BUT_OUTER - {"testing"},
    "study": ALL_BUT_OUTER - {"testing"},
    "cli": ALL_BUT_OUTER | {"study", "serve", "batch", "export"},
}

# Slow to import: only inside the function that uses them (or in a file nothing light imports).
HEAVY = {
    "catboost", "interpret", "lightgbm", "matplotlib", "onnx", "onnxruntime", "optuna", "pandas", "scipy", "sklearn",
    "torch", "uvicorn", "xgboost",
}  # fmt: skip

FILES = sorted(SRC.rglob("*.py"))


def imports(tree: ast.AST) -> list[tuple[str, ast.AST]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found.append((node.module or "", node))
    return found


def at_module_level(tree: ast.Module) -> set[int]:
    """Numbers of the nodes outside every function, type-checking blocks left out."""
    level, todo = set(), list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        level.add(id(node))
        todo += list(ast.iter_child_nodes(node))
    return level


def room_of(path: Path) -> str:
    relative = path.relative_to(SRC)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_room_imports_only_what_the_map_allows(path):
    room = room_of(path)
    for module, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if not module.startswith("holdfast"):
            continue
        other = [*module.split("."), ""][1]
        if room == "cli" and not other:
            continue  # a verb calls the public surface, whose names load when used
        if room == "__init__":
            continue
        allowed = LEAVES | {room} | MAP.get(room, set())
        assert other in allowed, f"{path.name} in {room} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_our_imports_stand_at_the_top(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = at_module_level(tree)
    hidden = [
        module
        for module, node in imports(tree)
        if module.startswith("holdfast") and id(node) not in top and path.name != "__init__.py"
    ]
    assert not hidden


def test_no_room_is_part_of_a_circle():
    def reach(room: str, seen: tuple[str, ...] = ()) -> None:
        assert room not in seen, f"circle: {' -> '.join((*seen, room))}"
        for other in MAP.get(room, ()):
            reach(other, (*seen, room))

    for room in MAP:
        reach(room)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_files_stay_readable(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 70, f"{node.name} is {node.end_lineno - node.lineno + 1} lines"


def test_every_room_is_on_the_map():
    rooms = {path.name for path in SRC.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(MAP)


def test_every_file_that_is_no_code_is_installed():
    settings = tomllib.loads((SRC.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["holdfast"]
    files = [path.relative_to(SRC) for path in SRC.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert [path for path in files if not any(path.match(pattern) for pattern in patterns)] == []
