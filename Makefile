.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help setup demo test check style format lock

help:
	@echo "make setup   the environment, in .venv, from requirements.lock"
	@echo "make demo    one whole exit on real servers (ARGS=--json for one line at the end)"
	@echo "make test    all tests"
	@echo "make check   format, lint, types, import rule, all tests: the gate"

# The stamp carries the lock's age: a changed lock installs again, an unchanged one costs nothing.
.venv/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

setup: .venv/.installed

demo: setup
	@$(BIN)/farewell demo $(ARGS)

# Two files at a time: most of a test's time is spent waiting for a server.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile

test: setup
	@$(PYTEST) $(ARGS)

check: style
	@$(PYTEST)

style: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --verbose >/dev/null || $(BIN)/lint-imports --no-cache

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock:
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --all-extras pyproject.toml -o requirements.lock --upgrade --quiet
