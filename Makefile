PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all check clean

demo: $(READY)          ## the main job on real data: from a file to a verdict, a report and a model
	$(BIN)/python examples/demo.py

test: $(READY) check    ## lint, types and the fast tests
	$(BIN)/python -m pytest -q -m "not slow"

test-all: $(READY) check    ## everything, slow suites included
	$(BIN)/python -m pytest -q

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Holdfast needs Python 3.11 or newer; say make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache
