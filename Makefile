PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_READY := $(VENV)/.demo-ready

# A file's tests stay in one process, as they share what is made for them.
PYTEST := $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

.PHONY: demo test test-all check clean

demo: $(DEMO_READY)     ## the main job on real data: from a file to a verdict, a report and a model
	$(BIN)/python examples/demo.py

test: $(READY) check    ## lint, types and the fast tests
	$(PYTEST) -m "not slow"

test-all: $(READY) check    ## everything, slow suites included
	$(PYTEST)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

$(DEMO_READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[boost]'
	touch $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Holdfast needs Python 3.11 or newer; say make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache
