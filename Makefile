# Needs Python >= 3.11 and make; everything else comes from requirements.lock into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Set on some machines: every start of the program would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
export DAGSTER_DISABLE_TELEMETRY = yes

.PHONY: demo ui sample test oracle mutation check lint types layers sql lock clean help
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "SpendReady needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Setting up $(VENV) (a minute the first time)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## audits the demo org and says where the PDF is
	@$(BIN)/spendready demo

ui: $(READY) ## shows the demo's runs, lineage and checks in Dagster
	DAGSTER_HOME=$(CURDIR)/demo/data/.dagster SPENDREADY_CONFIG=$(CURDIR)/demo/spendready.yml \
	  DEMO_CLIENT_ID=ended DEMO_CLIENT_SECRET=ended \
	  PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/dagster dev -w workspace.yaml

sample: $(READY) ## makes docs/sample-report.pdf and the README's picture of it anew
	$(BIN)/python -m tests.pipeline.sample

test: $(READY) ## runs the whole test suite
	$(BIN)/pytest -n 2 --dist loadgroup

oracle: $(READY) ## compares the findings of 500 odd orgs with a slow reading of the rules
	$(BIN)/pytest --timeout 3600 --hypothesis-profile full --hypothesis-show-statistics tests/dbt/test_oracle.py

mutation: $(READY) ## breaks what each rule joins, keeps and compares, and says which breaks no test notices
	$(BIN)/python -m tests.dbt.mutation

check: lint types layers sql ## lint, format, types, import layers, SQL

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

sql: $(READY)
	$(BIN)/sqlfluff lint --processes 2 dbt_project

lock: ## resolves requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-strip-extras --quiet -o requirements.lock

clean: ## removes what make and the demo made
	rm -rf $(VENV) demo build *.egg-info
