# Everything here runs in .venv, which the first target that needs it makes from requirements.lock.
.DEFAULT_GOAL := help
.PHONY: help demo test coverage check bench openapi scanner migration lock vectors fuzz chaos drill
PYTHON ?= python3
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check
PORT ?= 8000
# One more than there are cores: page tests mostly wait for a browser.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 10

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --require-hashes -r requirements.lock
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# A second implementation of the compact token, kept apart because it wants an older cbor2.
.venv-oracle/installed: tests/oracles/requirements.lock
	$(PYTHON) -m venv .venv-oracle
	.venv-oracle/bin/python $(PIP) --require-hashes -r $<
	@touch $@

# Readers that others wrote in JavaScript. Without npm their tests are skipped, but not in CI.
NODE_READERS := tests/oracles/node/node_modules/.installed
$(NODE_READERS): tests/oracles/node/package-lock.json
	cd $(<D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# What the scanner at /scan is built from. Its built files are committed: whoever installs Bevis needs no Node.
SCANNER := verification/scanner/node_modules/.installed
$(SCANNER): verification/scanner/package-lock.json
	cd $(<D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

demo: .venv/installed ## fill a demo registry in ./bevis-demo and serve it (PORT=8000)
	$(BIN)/bevis demo --dir bevis-demo --port $(PORT)

test: .venv/installed .venv-oracle/installed $(if $(shell command -v npm),$(NODE_READERS) $(SCANNER)) ## set up and run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

coverage: .venv/installed .venv-oracle/installed ## the same, slower: which branches of code and tests they run
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term

check: .venv/installed ## format, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed $(if $(shell command -v npm),$(SCANNER)) ## measure, as ratios to a bare baseline in the same run
	$(BIN)/python tests/bench.py

fuzz: .venv/installed ## ask about a million spoilt certificates, and measure each answer
	$(BIN)/python -m tests.verification.fuzz

chaos: .venv/installed ## kill whoever issues two hundred times on each database, and whoever keeps the log five hundred times; damage it; see that nothing is lost (some 40 minutes)
	$(BIN)/python -m tests.chaos

drill: .venv/installed ## a signing key is stolen, on the demo's data: who lives and who dies, online and offline
	$(BIN)/python -m tests.drill

vectors: .venv/installed ## write the test vectors anew, byte for byte the same
	$(BIN)/python -m tests.verification.vectors.build

openapi: .venv/installed ## write openapi/bevis.json from the code
	$(BIN)/python -c "from registry.web.app import write_openapi; write_openapi('openapi/bevis.json')"

scanner: $(SCANNER) ## build the scanner's page from verification/scanner into verification/static/scan
	cd verification/scanner && node build.mjs

migration: .venv/installed ## write the next version of the tables from what the code says (NAME=what_changes)
	$(BIN)/python -m tests.migration $(NAME)

lock: .venv/installed ## pin all dependencies anew, with hashes and without hosts
	$(BIN)/python $(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --quiet --upgrade --output-file requirements.lock
	$(BIN)/uv pip compile tests/oracles/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --quiet --upgrade --output-file tests/oracles/requirements.lock
