# Needs Python >= 3.11 and make; all else is installed into .venv: requirements.lock to run, requirements-dev.lock to test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
# dbt's manifest: Dagster loads it, and loading writes nothing into the checkout.
MANIFEST := dbt_project/target/prepared/manifest.json
RESOLVE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-strip-extras --quiet
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --compile-bytecode
# Set on some machines: every start of the program would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
export DAGSTER_DISABLE_TELEMETRY = yes

# SPENDREADY_WAREHOUSE names the warehouse that `make dbt` builds in.
.PHONY: finding docs dbt prepare demo ui sample test oracle mutation check lint types layers definitions sql lock clean help licenses notice architecture audit crash
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# uv installs the locks in parallel. pip installs uv, and setuptools for the editable install, from their pins in the lock.
$(BIN)/uv: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "SpendReady needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^\(setuptools\|uv\)==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/bootstrap.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r $(VENV)/bootstrap.lock
	@touch $@

$(READY): $(BIN)/uv requirements.lock pyproject.toml
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEV): $(READY) requirements-dev.lock
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(MANIFEST): $(READY) $(shell find dbt_project -path dbt_project/target -prune -o -type f -print)
	@$(BIN)/python -m spendready_pipeline.orchestration.manifest

prepare: $(MANIFEST) ## installs what runs the product, and parses its dbt project

demo: $(MANIFEST) ## audits the demo org and says where the PDF is
	@$(BIN)/spendready demo

ui: $(MANIFEST) ## serves the demo org and Dagster: its runs, lineage and checks, and new runs
	@$(BIN)/spendready demo-ui

sample: $(DEV) $(MANIFEST) ## makes docs/sample-report.pdf and the README's picture of it anew
	$(BIN)/python -m tests.pipeline.sample

test: $(DEV) $(MANIFEST) ## runs the whole test suite
	$(BIN)/pytest -n 2 --dist loadgroup

oracle: $(DEV) ## compares the findings of 500 odd orgs with a slow reading of the rules
	$(BIN)/pytest --timeout 3600 --hypothesis-profile full --hypothesis-show-statistics tests/dbt/test_oracle.py

crash: $(DEV) $(MANIFEST) ## kills 50 audits at random moments, and says whether the next one is as if nothing had been
	$(BIN)/python -m tests.pipeline.crash --kills 50

mutation: $(DEV) ## breaks what each rule joins, keeps and compares, and says which breaks no test notices
	$(BIN)/python -m tests.dbt.mutation

check: lint types layers definitions sql licenses audit ## lint, format, types, import layers, Dagster's definitions, SQL, licenses, known vulnerabilities

finding: $(DEV) ## writes the files of a new finding type: make finding TYPE=stale_oauth_token THEME=tokens
	@$(BIN)/python -m tests.dbt.new_finding $(TYPE) $(THEME)

docs: $(DEV) ## writes docs/findings.md from the finding types
	$(BIN)/python -m spendready_pipeline.catalog.finding_types

dbt: $(DEV) ## runs dbt in dbt_project: make dbt ARGS="build --select finding_inactive_user"
	$(BIN)/dbt $(ARGS) --vars "$$($(BIN)/python -m spendready_pipeline.catalog.finding_models)" \
	  --project-dir dbt_project --profiles-dir dbt_project --log-path dbt_project/target

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

layers: $(DEV)
	$(BIN)/lint-imports
	$(BIN)/python .ci/architecture.py --check

definitions: $(DEV) $(MANIFEST)
	$(BIN)/dg check defs

sql: $(DEV)
	$(BIN)/sqlfluff lint --processes 2 dbt_project

licenses: $(DEV) ## checks the licenses of what the program runs with
	$(BIN)/python .ci/licenses.py

notice: $(DEV) ## rewrites the list of packages and licenses in NOTICE.md
	$(BIN)/python .ci/licenses.py --write

architecture: $(DEV) ## draws docs/architecture.md anew from the imports
	$(BIN)/python .ci/architecture.py

audit: $(DEV) ## asks osv.dev for known vulnerabilities; skipped where it cannot be reached
	$(BIN)/python .ci/audit.py

lock: ## resolves both locks again, to the same versions (needs uv)
	$(RESOLVE) --extra demo --extra dev -o requirements-dev.lock
	$(RESOLVE) --extra demo -c requirements-dev.lock -o requirements.lock

clean: ## removes what make and the demo made
	rm -rf $(VENV) demo build *.egg-info dbt_project/target
