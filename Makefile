# Needs make and Python 3.11 or newer with venv and pip; everything else goes into .venv.
PYTHON ?= python3
PYTHONS ?= python3.11 python3.12 python3.13
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow proofs mutants bench lint format check check-all

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## the whole bot against embedded clouds; ARGS="--story --seed 7" is passed on
	@$(BIN)/countersign demo $(ARGS)

unexport PYTHONDONTWRITEBYTECODE  # without kept bytecode every process compiles everything anew

test: $(VENV)/.dev ## run the tests but those of test-slow; ARGS="-k money" is passed on
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow" $(ARGS)

test-slow: $(VENV)/.dev ## run processes, browser, long scenes, and properties with more examples
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m "slow or hypothesis" \
	  --hypothesis-profile thorough --timeout 180 $(ARGS)

proofs: $(VENV)/.dev ## prove the promises and write docs/trust.md; SIZE=commit takes minutes
	@$(BIN)/python -m tests.proofs $(if $(filter commit,$(SIZE)),--size commit,--size full --bugs --write) $(ARGS)

mutants: $(VENV)/.dev ## change the code where it costs most, see what tests notice, write docs/mutants.md
	@$(PIP) -e '.[dev,mutants]' -c constraints.txt
	@$(BIN)/python -m tests.mutants $(if $(ARGS),,--write) $(ARGS)

bench: $(VENV)/.dev ## measure beside Bolt and the SDKs, write docs/performance.md; ARGS="acks" for one
	@$(BIN)/python -m tests.bench $(if $(ARGS),,--write) $(ARGS)

lint: $(VENV)/.dev ## check format, style, types and imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## lay out the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint test test-slow ## lint and all tests

check-all: ## check on every Python of PYTHONS="python3.11 python3.12 python3.13"
	@for python in $(PYTHONS); do \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])') || exit 1; \
	  echo "Python $$version"; \
	  $(MAKE) --no-print-directory check PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "$(PYTHON) was not found; install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) lacks venv or ensurepip; install them (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "Making $(VENV); this happens once." >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made $(INPUTS)
	@echo "Installing what countersign runs on." >&2
	@$(PIP) -e . -c constraints.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.made $(INPUTS)
	@echo "Installing what countersign runs on and is tested with." >&2
	@$(PIP) -e '.[dev]' -c constraints.txt
	@touch $@ $(VENV)/.runtime
