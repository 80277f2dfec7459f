# The two commands a newcomer needs are `make run` and `make test`; `make help` lists all.

VENV := .venv
PY := $(VENV)/bin/python

# A stamp carries the lock's checksum in its name: the same lock is never installed twice.
RUNTIME := $(VENV)/.installed-run-$(shell cksum < requirements.txt | cut -d' ' -f1)
TOOLS := $(VENV)/.installed-test-$(shell cksum < tests/requirements.txt | cut -d' ' -f1)
INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --no-compile

# `make run` shows the product as people get it, on this machine only, with the demo company.
# PORT=8001 make run chooses another port; DEBUG=1 make run reloads the code as it is edited.
run: export PORT := $(or $(PORT),8000)
run: export HOST := $(or $(HOST),127.0.0.1)
run: export HTTPS := $(or $(HTTPS),0)
run: export DEMO := $(or $(DEMO),1)

.DEFAULT_GOAL := help
.PHONY: help run test test-full bench format lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) var/secret-key ## Set everything up, then start web, worker and beat (PORT=8001 make run)
	@SECRET_KEY="$${SECRET_KEY:-$$(cat var/secret-key)}" exec $(PY) manage.py serve --prepare --tied

test: $(TOOLS) ## Run every check and every suite this machine can run
	@$(PY) -m tests.run

test-full: $(TOOLS) ## The same with faults and property tests at full size
	@FULL=1 $(PY) -m tests.run

bench: $(TOOLS) ## Print the figures of docs/reference/speed.md as measured here
	@$(PY) -m benchmarks

format: $(TOOLS) ## Format the code and mend what the linter can mend
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

lock: $(TOOLS) ## Write the two locks anew from pyproject.toml
	@$(PY) tests/lock.py

clean: ## Remove the environment and the caches; what is in var/ stays
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov test-results
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

var/secret-key: | $(PY)
	@mkdir -p var && umask 077 && $(PY) -c 'import secrets; print(secrets.token_urlsafe(50))' > $@

$(RUNTIME): $(PY)
	@echo "Installing what the portal needs ..."
	@$(INSTALL) -r requirements.txt
	@rm -f $(VENV)/.installed-run-* && touch $@

$(TOOLS): $(PY)
	@echo "Installing what the tests need ..."
	@$(INSTALL) -r tests/requirements.txt
	@rm -f $(VENV)/.installed-test-* && touch $@

$(PY):
	@rm -rf $(VENV)
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    $$python -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo "Python cannot make a virtual environment here. On Debian or Ubuntu run: apt-get install python3-venv"; \
	    exit 1; \
	done; \
	echo "The portal needs Python 3.11 or newer, and none was found."; \
	echo "Install one, or name it: PYTHON=/path/to/python3.11 make run"; \
	exit 1
