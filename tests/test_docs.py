"""The documents keep up with the code."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from holdfast.cli.main import app
from holdfast.learners.catalogue import ORDER, catalogue
from holdfast.study.request import Request

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DOCS = "\n".join([README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))])
DEPENDENCIES = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", [command.callback.__name__ for command in app.registered_commands])
def test_every_verb_is_in_the_readme(verb):
    assert f"holdfast {verb}" in README


@pytest.mark.parametrize("name", sorted(Request.model_fields))
def test_every_setting_is_an_option(name):
    source = (ROOT / "src" / "holdfast" / "cli" / "train.py").read_text(encoding="utf-8")
    assert re.search(rf"[\"{{ ]{name}\b", source)


@pytest.mark.parametrize("verb", sorted(get_command(app).commands))
def test_every_option_is_documented(verb):
    options = [each for each in get_command(app).commands[verb].params if each.param_type_name == "option"]
    named = set(re.findall(r"--[a-z-]+", DOCS))
    assert [each.opts for each in options if not named & {*each.opts, *each.secondary_opts}] == []


def test_every_room_is_on_the_map():
    rooms = [
        path.name for path in (ROOT / "src" / "holdfast").iterdir() if path.is_dir() and path.name != "__pycache__"
    ]
    for room in rooms:
        assert f"| `{room}` |" in ARCHITECTURE or f"`{room}`" in ARCHITECTURE


def test_every_dependency_has_its_reason():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project[project.index("dependencies = [") : project.index("]", project.index("dependencies = ["))]
    for name in re.findall(r'"([a-z0-9-]+)', block):
        assert name in DEPENDENCIES


def test_the_order_of_trials_names_real_learners():
    for family, names in ORDER.items():
        assert set(names) == {
            each.name for each in catalogue() if each.task == family and not each.baseline and not each.opt_in
        }


def test_the_readme_links_to_files_that_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
