# make run, make test: each sets everything up first. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
VOTERS ?= 1000000 4000000 7500000
STATE ?= NC
RECORDS ?= 50000
NEW ?= 1000
WITHIN ?= 600
# Of the tests those that take seconds and find most mistakes.
FAST := tests/integration/test_dbt_project.py tests/unit
# Two at a time, a module's tests together since they share what takes long to make; in their order, which begins with the
# long ones: a module of one test that takes minutes would come last otherwise, with nothing to do beside it.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

.PHONY: help run test check rest dev lint bench bench-identity lock
help:
	@echo "make run     from the inbox to the published database (AS_OF=YYYY-MM-DD: the day that the files show)"
	@echo "make test    the whole test suite"
	@echo "make check   what fails early: style, types, unit tests, the dbt project without data"
	@echo "make dev     the Dagster UI and daemon on 127.0.0.1:3000"
	@echo "make lint    style and types"
	@echo "make bench   speed against a bare DuckDB read, and its growth (VOTERS='1000000 4000000' STATE=NC), or the"
	@echo "             raw step of several states (STATE='NC OH');"
	@echo "             NEWER=1: what newer voters and donations take against everything from nothing; SOURCES=1: with the campaign's sources"
	@echo "make bench-identity  how well people are resolved and families told on labelled data, beside plain ways, and how ids stay"
	@echo "             (RECORDS='1000000 10000000' in the sample state, of which NEW=1000 come later; each way stopped after WITHIN=600 seconds)"
	@echo "make lock    renew requirements.lock from pyproject.toml"

.venv/.installed: requirements.lock pyproject.toml
	@echo "setting up .venv (once, some minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/.installed
	@$(BIN)/groundgame run $(if $(AS_OF),--as-of $(AS_OF))

test: check rest

check: lint
	@$(PYTEST) $(FAST)

# Of the tests what `make check` leaves.
rest: .venv/.installed
	@$(PYTEST) tests $(addprefix --ignore=,$(FAST))

dev: .venv/.installed
	@$(BIN)/groundgame dev

lint: .venv/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/.installed
	@$(BIN)/python -m tests.bench --voters $(VOTERS) --state $(STATE) $(if $(NEWER),--newer) $(if $(SOURCES),--sources) $(if $(EXPORT),--export)

.venv-bench/.installed: tests/bench_identity.txt
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/bench_identity.txt
	@touch $@

bench-identity: .venv/.installed .venv-bench/.installed
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
		.venv-bench/bin/python tests/bench_identity_data.py $$data 2> $$data/log || { cat $$data/log; exit 1; } && \
		$(BIN)/python -m tests.bench_identity --data $$data --records $(RECORDS) --new $(NEW) --within $(WITHIN)

lock: .venv/.installed
	@$(BIN)/uv pip compile -q --universal --no-strip-extras --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock pyproject.toml
