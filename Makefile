# Everything works from a fresh clone on a machine with Python >= 3.11 and make; what else is needed is fetched.
#
# The environment lies in the checkout, or in the user's cache where the checkout cannot be written.

SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.13.9

ifeq ($(shell test -w . && echo writable),writable)
  UV_HOME := .venv-uv
  VENV := .venv
else
  CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jieban
  UV_HOME := $(CACHE)/uv
  VENV := $(CACHE)/venv-$(shell pwd -P | cksum | cut -d ' ' -f 1)
  export PYTHONDONTWRITEBYTECODE := 1
endif

ifneq ($(origin PYTHON),file)
  export UV_PYTHON := $(PYTHON)
endif

UV := $(or $(shell command -v uv),$(UV_HOME)/bin/uv)
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced-with-lock
SOURCES := shared services cli tests bench chaos
MODULE_LIMIT := 300
BENCHES ?= intake pipeline latency stream verify timers routing

export UV_PROJECT_ENVIRONMENT := $(VENV)

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench chaos docs

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  ARGS are passed on:  make run ARGS='--port 9000 --data-dir /tmp/jieban'   make test ARGS='-k ledger -x'"

setup: $(SYNCED) ## Install everything into the environment, and no more

run: $(SYNCED) ## Start PostgreSQL, Kafka and the three services on http://127.0.0.1:8000
	@exec $(BIN)/jieban up $(ARGS)

test: $(SYNCED) ## Run all tests, in two processes that each have a real PostgreSQL and a real Kafka
	$(BIN)/pytest $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

check: $(SYNCED) ## Check format, style, types, imports, migrations, generated documents and module lengths
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/jieban migrate --scratch
	$(BIN)/jieban docs --check
	@find $(SOURCES) -name '*.py' -exec awk 'END { if (NR > $(MODULE_LIMIT)) \
	  print FILENAME ": " NR " lines, more than $(MODULE_LIMIT)" }' {} \; | { ! grep . ; }
	@echo "All checks passed."

format: $(SYNCED) ## Format the code and mend what can be mended by program
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(SYNCED) ## Measure intake, pipeline and latency beside their ceilings; prints tables and JSON
	@set -e; for program in $(BENCHES); do $(BIN)/python -m bench.$$program $(ARGS); done

chaos: $(SYNCED) ## Break everything under load, and check that nothing was lost (ARGS='--help' tells more)
	@$(BIN)/python -m chaos $(ARGS)

docs: $(SYNCED) ## Generate the AsyncAPI and OpenAPI documents from the code
	$(BIN)/jieban docs

$(SYNCED): uv.lock pyproject.toml $(wildcard */pyproject.toml */*/pyproject.toml) | $(UV)
	$(UV) sync --frozen --all-packages --compile-bytecode
	@test ! -w . || $(BIN)/python -m compileall -q $(SOURCES)
	@touch $@

$(UV_HOME)/bin/uv:
	@echo "Installing uv $(UV_VERSION) into $(UV_HOME)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python >= 3.11 is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(UV_HOME) || \
	  { echo "$(PYTHON) cannot make environments: install its venv module (Debian: python3-venv)." >&2; exit 1; }
	@$(UV_HOME)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
