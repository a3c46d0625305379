# Thin names over real commands. On a fresh machine `make demo` and `make test`
# first make .venv from requirements.lock; later calls find it made.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON_VERSION := 3.11
PYTEST_ARGS ?=

export PATH := $(BIN):$(PATH)
# Where byte code is switched off, every process compiles its imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-slow serve bench lint format lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## make .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@uv=$$(command -v uv || true)
	if [ -z "$$uv" ]; then
	  python3 -m venv .tools
	  .tools/bin/python -m pip install --quiet uv
	  uv=.tools/bin/uv
	fi
	[ -x $(BIN)/python ] || "$$uv" venv --quiet --python $(PYTHON_VERSION) $(VENV)
	"$$uv" pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	"$$uv" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: setup ## the whole loop on the drawn cards world
	@efuda run
	efuda promote
	efuda results
	echo
	echo "Start the service with: make serve    (then open http://127.0.0.1:8000/)"

serve: setup ## the service for the demo project
	@exec efuda serve

test: lint ## lint, types, import contracts and every test that is not slow
	@pytest -m "not slow" $(PYTEST_ARGS)

test-slow: setup ## the long tests alone
	@pytest -m slow $(PYTEST_ARGS)

lint: setup ## ruff, import-linter, pyright
	@ruff check .
	ruff format --check .
	lint-imports
	if command -v node >/dev/null; then pyright; else echo "no Node.js here: pyright did not check types"; fi

format: setup ## mend what ruff can mend
	@ruff check --fix .
	ruff format .

bench: setup ## every measurement, one JSON line a figure
	@for file in benchmarks/*.py; do
	  name=$$(basename "$$file" .py)
	  case "$$name" in _*) continue ;; esac
	  if ! grep -q '__main__' "$$file"; then continue; fi
	  echo "# $$name" >&2
	  python -m "benchmarks.$$name" --json
	done

lock: ## write requirements.lock anew from requirements.in
	@uv pip compile requirements.in -o requirements.lock --quiet --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  --python-version $(PYTHON_VERSION)

clean: ## remove what the demo wrote, but not .venv
	@rm -rf .efuda data reports mlflow.db mlartifacts decisions dvc.lock .dvc/cache .dvc/tmp
