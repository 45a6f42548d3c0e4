# Needs python3.11 (or a later python3), its venv module, git and make. Everything else comes from the locks.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CONSOLE := gateway/console
# node and npm come from the pinned wheel, so that every machine builds with the same ones.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $(CONSOLE)
CONSOLE_SOURCES := $(shell find $(CONSOLE) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)
COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
  $(BIN)/pip-compile --quiet --no-config --generate-hashes --strip-extras --allow-unsafe --no-emit-options

.PHONY: help setup run test quick check bench fuzz soak lock wheel clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMPS)/venv:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "python3.11 or later is needed: apt-get install python3.11 python3.11-venv"; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV) || { echo "the venv module is needed: apt-get install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements.lock requirements-build.lock pyproject.toml $(STAMPS)/venv
	@echo "installing the locked requirements"
	@$(PIP) --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/runtime
	@echo "installing the locked test requirements"
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# The bundle needs vite and what it bundles; linting, type checks and unit tests need the rest.
$(STAMPS)/console: $(CONSOLE)/package.json $(CONSOLE)/package-lock.json requirements-build.lock | $(STAMPS)/runtime
	@echo "installing the console's packages"
	@rm -f $(STAMPS)/console-dev
	@$(NPM) install --omit=dev --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/console-dev: $(STAMPS)/console
	@echo "installing the console's test packages"
	@$(NPM) install --no-audit --no-fund --loglevel=error
	@touch $@

# Programs for node that somebody else wrote, for the tests: an identity provider, and axe, which judges pages as people with other senses meet them.
PEERS := oidc axe
$(STAMPS)/peer-%: tests/peers/%/package.json tests/peers/%/package-lock.json | $(STAMPS)/runtime
	@echo "installing the tests' $*"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix tests/peers/$* install --no-audit --no-fund --loglevel=error
	@touch $@

# Vite writes index.html in every build, so its time is the build's.
$(CONSOLE)/dist/index.html: $(CONSOLE_SOURCES) $(STAMPS)/console
	@echo "building the console"
	@$(NPM) run --silent bundle
	@touch $@

setup: $(STAMPS)/runtime $(CONSOLE)/dist/index.html ## .venv from the locks, and the built console

run: setup ## set-up, the sample district, its 119 cameras and the gateway on http://127.0.0.1:8080
	@exec $(BIN)/gateway run --sample --data ./data

test: setup $(STAMPS)/dev $(PEERS:%=$(STAMPS)/peer-%) ## set-up and every test: unit, contract, browser, kill (ARGS="-k wall" for some)
	@.ci/system-packages
	@$(BIN)/python -m pytest $(ARGS)

quick: $(STAMPS)/dev ## what needs no server and no browser, in under a minute
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not peer and not slow and not kill" tests/unit $(ARGS)

check: $(STAMPS)/dev $(STAMPS)/console-dev ## ruff, mypy --strict, import-linter, console lint, types and unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(NPM) run --silent lint
	$(NPM) run --silent typecheck
	$(NPM) run --silent --if-present test

bench: setup $(STAMPS)/dev ## measure and write docs/benchmarks.md (ONLY=key,... runs some and merges)
	@.ci/system-packages
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

fuzz: $(STAMPS)/dev ## the property tests with a hundred times the examples, at random
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz tests/unit tests/contract $(ARGS)

soak: setup $(STAMPS)/dev ## the sample district for MINUTES (10), failing on growth of memory, tasks or descriptors
	@$(BIN)/python -m tests.bench.soak --minutes $(or $(MINUTES),10)

lock: $(STAMPS)/dev ## the locks anew, from the index alone
	@$(COMPILE) -o requirements.lock pyproject.toml
	@$(COMPILE) -o requirements-build.lock requirements-build.in
	@$(COMPILE) -o requirements-dev.lock requirements-dev.in

wheel: setup $(STAMPS)/dev ## dist/*.whl and dist/*.tar.gz with the built console inside
	@$(BIN)/python -m build --no-isolation

clean: ## everything made here except ./data
	rm -rf $(VENV) $(PEERS:%=tests/peers/%/node_modules) $(CONSOLE)/node_modules $(CONSOLE)/dist dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
