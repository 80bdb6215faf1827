# Needs Python 3.11 or newer, git and GNU make; uses uv where it is there, venv and pip where not.
# Everything is put into .venv; nothing outside this folder is touched.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# What to report on: make report ORG=my-org SINCE=30d ARGS="--tier production"
ORG ?=
SINCE ?=
# Further options of dora, as the shell reads them.
ARGS ?=
# Taken as they are and handed on in the environment: neither make nor the shell reads them.
override ORG := $(value ORG)
override SINCE := $(value SINCE)
export ORG SINCE

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The first that runs and is new enough; looked for only when .venv is made.
PYTHON ?= $(firstword $(foreach one,$(PYTHONS),$(shell $(one) -c '$(IS_NEW_ENOUGH)' \
	2>/dev/null && echo $(one))))

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
READY := .venv/.ready
# What is installed: everything for work on it, or only what a report needs.
REQUIREMENTS ?= requirements.txt
YAML := .github .yamllint.yml docs/prometheus tests/system/stubs
SCRIPTS := .ci/run $(wildcard .github/actions/*/*.sh)
TYPED_BESIDE := docs/generate.py
GENERATED := README.md docs/configuration.md docs/cli.md docs/tables.md docs/database.md
COG := $(BIN)/cog -I docs
# Each process of the tests reads them compiled from __pycache__, or compiles them all anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto

.PHONY: help report test test-all test-beyond test-system check docs lock mutants bench calibrate demo clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

report: $(READY) ## print the report of ORG since SINCE (90d); without both, of a made-up one
	@if [ -n "$$ORG$${GITHUB_TOKEN:-}$${GH_TOKEN:-}$${DORA_APP_ID:-}" ]; then \
		if [ -z "$${ORG:=$${DORA_ORG:-}}" ]; then \
			echo "make report: there is a token, but no organization was named" >&2; \
			echo "             Name one: make report ORG=my-org" >&2; \
			exit 2; \
		fi; \
		exec $(BIN)/dora report --org="$$ORG" $${SINCE:+--since="$$SINCE"} $(ARGS); \
	else \
		echo "There is neither a token nor an ORG: this is a demonstration." >&2; \
		exec $(BIN)/dora demo $${SINCE:+--since="$$SINCE"} $(ARGS); \
	fi

test: $(READY) ## run the tests to run while working: every rule, few examples, no other programs
	@$(PYTEST) -m "not system and not thorough" $(ARGS)

test-all: $(READY) ## run every test, with many examples and real programs
	@$(PYTEST) --hypothesis-profile thorough $(ARGS)

test-beyond: $(READY) ## run what test-all has beyond test
	@$(PYTEST) --hypothesis-profile thorough -m "system or thorough or drawn" $(ARGS)

test-system: $(READY) ## run the tests of real programs alone: browser, databases, act, terraform
	@$(PYTEST) -m system $(ARGS)

check: $(READY) ## check form, types, who imports whom, and that generated documents are up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy $(TYPED_BESIDE)
	$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.house
	$(BIN)/yamllint --strict $(YAML)
	$(BIN)/shellcheck $(SCRIPTS)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/actionlint
	@$(BIN)/zizmor --offline --quiet --persona pedantic --strict-collection .github
	@$(COG) --check $(GENERATED) \
		|| { echo "make check: a generated document is out of date; run make docs" >&2; exit 1; }

docs: $(READY) ## write the generated parts of README.md and docs/ anew
	$(COG) -r $(GENERATED)

lock: ## pin every package anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock: uv is needed for this" >&2; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group dev pyproject.toml -o requirements.txt $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --extra slack --extra pagerduty --constraint requirements.txt \
		pyproject.toml -o .github/requirements.txt $(ARGS)

mutants: $(READY) ## break twenty rules one at a time and see that make test finds each
	@$(BIN)/python -m tests.mutants $(ARGS)

bench: $(READY) ## measure how long reports of large organizations take
	@$(BIN)/python -m tests.benchmarks.run $(ARGS)

calibrate: $(READY) ## measure on real histories whether intervals and words hold
	@$(BIN)/python -m tests.calibration --out docs/calibration.md $(ARGS)

demo: $(READY) ## start the stand-in for GitHub with a made-up organization, and say how to use it
	@$(BIN)/dora demo --serve $(ARGS)

clean: ## remove .venv and whatever tools left behind
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name .git -prune -o -name __pycache__ -exec rm -rf {} +

$(READY): pyproject.toml $(REQUIREMENTS)
	@$(BIN)/python -c '$(IS_NEW_ENOUGH)' 2>/dev/null || { \
		if [ -n "$(PYTHON)" ]; then \
			"$(PYTHON)" -m venv --clear .venv; \
		elif ! uv venv --quiet --clear --python ">=3.11" .venv 2>/dev/null; then \
			echo "make: no Python 3.11 or newer was found (looked for $(PYTHONS))" >&2; \
			echo "      Install one, or name it: make PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
	}
	@echo "Installing what $(REQUIREMENTS) pins into .venv …" >&2
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r $(REQUIREMENTS) 2>/dev/null \
		|| { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
		$(PIP) --require-hashes -r $(REQUIREMENTS); }
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . 2>/dev/null \
		|| $(PIP) --no-deps --no-build-isolation -e .
	@touch $@
