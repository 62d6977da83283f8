# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PYTHONUTF8 := 1
# Forbidden by some environments: then each of hundreds of processes compiles all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test ui check bench lock clean

setup: $(STAMP)

# Wheels with their hashes, then the project itself without looking anything up.
$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gemello needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	@$(BIN)/gemello demo

ui: setup
	@$(BIN)/gemello ui

# One worker more than cores: some tests wait for processes of their own.
test: setup
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $$(( $$(nproc) + 1 )) --dist worksteal -m "not server and not slow"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/gemello contract check
	$(BIN)/dagster definitions validate -w workspace.yaml

bench: setup
	@$(BIN)/python -m tests.bench

# For maintainers: resolves anew. Needs uv.
lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-strip-extras \
	  --group dev --all-extras --quiet --custom-compile-command "make lock" pyproject.toml -o requirements.txt

clean:
	rm -rf .venv .gemello
