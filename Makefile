# `make demo` runs the main job, `make test` passes the tests, `make check` holds the rules. All start from a fresh clone.
#
#   make demo PORT=8000 DATA=../shared/data ONCE=1     DATA: real papers instead of the synthetic sample;
#                                                      ONCE=1: end after the service has answered
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
WORKERS ?= 2

# uv is fast, pip knows this machine's own settings: what the first cannot fetch, the second may.
INSTALL = $(BIN)/python .ci/install.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header

.PHONY: demo test check rules types lock clean environment

demo: $(VENV)/.runtime
	$(BIN)/broadsheet demo --port $(PORT) $(if $(DATA),--data '$(DATA)') $(if $(filter 1,$(ONCE)),--once)

test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# Two halves, so that make -j2 has one on each core.
check: rules types

rules: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/contracts

types: $(VENV)/.dev
	$(BIN)/mypy

lock: $(VENV)/.dev
	$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(LOCK) pyproject.toml -c requirements/constraints.in -o requirements/runtime.txt
	$(LOCK) pyproject.toml --extra postgres --extra onnx --extra cluster --extra s3 --group dev -c requirements/runtime.txt -o requirements/dev.txt

$(VENV)/.bootstrap: requirements/bootstrap.txt
	@test -n "$(PYTHON)" || { echo "Broadsheet needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than Python 3.11; name a newer one with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: install python3-venv (apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.bootstrap requirements/runtime.txt pyproject.toml
	$(INSTALL) --require-hashes -r requirements/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

environment: $(VENV)/.dev

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
