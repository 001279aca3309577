# `make help` lists what there is. Everything works on a bare Debian or Ubuntu with Python >= 3.11.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
# Some machines forbid Python its compiled files: each of the servers that tests start would then
# compile everything anew, for four seconds.
export PYTHONDONTWRITEBYTECODE :=
# Lets the kernel end the whole tree of processes when make itself is killed.
WITH_MAKE := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM --)
PYTEST_ARGS ?=
PYTEST_WORKERS ?= auto

##@ Run

.PHONY: run
run: ## Start everything at http://127.0.0.1:8000 (PORT=, DATABASE_URL=)
	@scripts/bootstrap.sh runtime
	@scripts/build_web.sh
	@exec $(WITH_MAKE) $(BIN)/hientruong dev

##@ Work on it

.PHONY: test
test: dev web ## Run all tests on a throw-away database (PYTEST_ARGS="-k word")
	@$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadgroup $(PYTEST_ARGS)

.PHONY: test-long
test-long: dev web ## Phones on a bad network, and whatever schemathesis thinks of: minutes
	@$(BIN)/pytest -m long -s $(PYTEST_ARGS)

.PHONY: test-clients
test-clients: ## Open the map in QGIS, which this installs (930 MB)
	@scripts/bootstrap.sh clients
	@$(BIN)/pytest tests/clients $(PYTEST_ARGS)

.PHONY: test-s3
test-s3: ## Keep photos in Ceph, which this installs (400 MB), with attacks on presigned uploads
	@scripts/bootstrap.sh s3
	@$(BIN)/pytest tests/s3 $(PYTEST_ARGS)

.PHONY: coverage
coverage: dev web ## Run all tests and say which lines and branches they miss
	@$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadgroup --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

.PHONY: check
check: dev ## Lint, format, types, imports: under a minute
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/basedpyright
	@if [ -f web/package.json ]; then scripts/build_web.sh --run typecheck; fi

.PHONY: format
format: dev ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: bench
bench: dev ## Say how to run the benchmarks
	@echo 'Each file of benchmarks/ says what it measures and how to run it:'
	@ls benchmarks/*.py 2>/dev/null || echo '  (there are none yet)'

##@ Generated files

.PHONY: requirements
requirements: dev ## Compile requirements/*.txt (REQUIREMENTS_ARGS=--upgrade takes newer versions)
	scripts/requirements.sh $(REQUIREMENTS_ARGS)

.PHONY: openapi
openapi: dev ## Write web/openapi.json and the types that the pages use
	$(BIN)/hientruong openapi > web/openapi.json.new
	mv web/openapi.json.new web/openapi.json
	scripts/build_web.sh --run types

##@ House keeping

.PHONY: dev
dev: ## Make .venv with the developers' tools
	@scripts/bootstrap.sh dev

.PHONY: web
web: dev ## Build the pages if their sources changed
	@scripts/build_web.sh

.PHONY: hooks
hooks: dev ## Run the gates before each commit
	$(BIN)/pre-commit install

.PHONY: clean
clean: ## Remove what was built and the local database with its data
	@if [ -e .local/pg/lock ] && ! flock -n .local/pg/lock true; then \
		echo 'clean: `make run` is running here: stop it first' >&2; exit 1; fi
	@# Under a closed home the data is elsewhere, see cli/cluster.py.
	@if [ -L .local/pg ]; then rm -rf "$$(readlink .local/pg)"; fi
	rm -rf .venv .venv-ogctests .local web/dist web/node_modules htmlcov .coverage
	rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
