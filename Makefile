# `make demo` and `make test` are all that a new machine needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What each of the three kinds of people needs: who uses newsdex, who runs its tests, who works on it.
USER := $(VENV)/installed-user
TEST := $(VENV)/installed-test
DEV := $(VENV)/installed
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: help install demo man test test-slow torture cluster-test mutants bench check format lint types layers docs clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

install: $(DEV)  ## make .venv and install newsdex in it, for working on it

# Made again when setup.cfg changes; offline after the first time.
$(USER): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "newsdex needs Python 3.10 or later; this is `$(PYTHON) --version`. Choose another: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing. Install it: sudo apt-get install -y python3-venv" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing newsdex and its models into $(VENV): a minute or two" >&2
	$(PIP) --editable .
	@$(BIN)/python -m compileall -q cli.py indexer newsdex search  # else the first question would, and each where Python may not write
	@touch $@

$(TEST): $(USER)
	$(PIP) --editable '.[test]'
	@touch $@

$(DEV): $(TEST)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "The checks of the code need Python 3.11 or later; this is `$(BIN)/python --version`, which runs newsdex and its tests: make demo, make test. For the checks: make clean, then make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PIP) --editable '.[dev]'
	@touch $@

demo: $(USER)  ## index the sample articles and ask them a question
	$(BIN)/newsdex index examples/articles || { $(BIN)/newsdex rebuild && $(BIN)/newsdex index examples/articles; }  # one of an older format
	$(BIN)/search "China support for Russia"

test: $(TEST)  ## run the tests, on all cores
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(TEST)  ## run the tests that take minutes as well
	$(BIN)/python -m pytest -m "not cluster"

torture: $(TEST)  ## kill, starve and cut off real processes at every step, for minutes
	$(BIN)/python -m pytest -m slow tests/store/test_store_crash.py tests/store/test_leaks.py tests/store/test_state_machine.py

cluster-test: $(TEST)  ## start a Milvus cluster and three Ray nodes, and kill parts of them while they work
	$(PIP) --editable '.[test,cluster]'
	$(BIN)/python tests/cluster/runtime.py .cluster
	$(BIN)/python -m pytest -m cluster tests/cluster

# Of some modules: make mutants ONLY="search/ranking/fusion.py newsdex/store/copies.py".
mutants: $(TEST)  ## double and halve each number that decides what a user sees; the nearest tests must fail
	$(BIN)/python tests/mutants.py $(ONLY)

# On another collection too: make bench DATA=FOLDER, in BEIR format.
bench: $(TEST)  ## run the benchmarks that need no data, quickly, for minutes
	$(PIP) --editable '.[test,bench]'
	$(BIN)/python benchmarks/run.py limits --quick
	$(BIN)/python benchmarks/run.py cold_start --quick
	$(BIN)/python benchmarks/run.py indexing $(DATA) --quick
	$(BIN)/python benchmarks/run.py memory --quick
	$(BIN)/python benchmarks/run.py large --quick
	$(BIN)/python benchmarks/run.py latency --quick
	$(BIN)/python benchmarks/run.py throughput --quick
	$(BIN)/python benchmarks/run.py filters --articles 2000
	$(BIN)/python benchmarks/run.py quotes --articles 500
	$(BIN)/python benchmarks/run.py everyday
ifdef DATA
	$(BIN)/python benchmarks/run.py precision $(DATA) --quick
endif

check: install  ## all that CI checks
	@$(MAKE) --no-print-directory --jobs 2 format lint types layers docs
	@$(MAKE) --no-print-directory test

format: install
	$(BIN)/ruff format --check .

lint: install
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

docs: install  ## build the documentation as a site, build/site; a broken link fails
	$(BIN)/zensical build --strict --clean

man: $(USER)  ## write the manual pages to build/man; read one: man build/man/man1/newsdex.1
	$(BIN)/python docs/man.py build/man/man1

clean:  ## remove .venv and everything that tools leave behind
	rm -rf $(VENV) build dist .cache *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
