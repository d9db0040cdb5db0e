# A fresh machine needs Python 3.11+, make and the package registries, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The project that `make dev` opens: yours with PROJECT=folder.
PROJECT ?= qn-demo
# Of the benchmarks: dossiers of a first load, sizes of the warehouses on which nights and refreshes run, and how often each.
DOSSIERS ?= 1000000
FULL ?= 100000 1000000
RUNS ?= 3
# Only for the invented people of the demo and the tests; a real project has a secret of its own.
DEMO_SEAL_KEY := demo-key-for-invented-people-only

.PHONY: setup demo test soak check dev bench generate lock clean

setup: $(STAMP) ## make the environment from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "qn_pipeline needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/^ *#/p' requirements.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	@# Behind a network with a certificate authority of its own, the machine's certificates are the ones to trust.
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock \
		|| $(BIN)/uv pip sync --quiet --compile-bytecode --system-certs --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## a simulated province: 11 months in one run, 2 nights, then the month's tables and what is in quarantine
	$(BIN)/qn demo

test: $(STAMP) ## all tests that guard correctness
	$(BIN)/pytest -m "not soak" -n 2 --dist loadfile --no-loadscope-reorder

soak: $(STAMP) ## the long ones: nights killed at any moment, disturbed in many ways or during dbt, and whole years on PostgreSQL; SOAK_REPORT=docs/soak.md writes the results down
	$(BIN)/pytest -m soak -n 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP) ## lint, types, layers, definitions, dbt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
	$(BIN)/qn-dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project
	DAGSTER_HOME= $(BIN)/dagster definitions validate -w workspace.yaml

dev: $(STAMP) ## Dagster's UI on http://127.0.0.1:3000
	QN_SEAL_KEY=$${QN_SEAL_KEY:-$(DEMO_SEAL_KEY)} QN_PROJECT=$(PROJECT) $(BIN)/python -m qn_pipeline.orchestration.dev

bench: $(STAMP) ## what everything costs: make bench DOSSIERS=1000000 FULL="100000 1000000" RUNS=3
	$(BIN)/python -m benchmarks.bench $(DOSSIERS) --runs $(RUNS) --pandas --dbt
	$(BIN)/python -m benchmarks.night $(FULL) --runs $(RUNS)
	$(BIN)/python -m benchmarks.refresh $(FULL) --runs $(RUNS)
	$(BIN)/python -m benchmarks.night $(FULL) --runs $(RUNS) --warehouse postgres
	$(BIN)/python -m benchmarks.refresh $(FULL) --runs $(RUNS) --warehouse postgres

generate: $(STAMP) ## the dbt files and the data dictionary that derive from the contracts, the page of the catalogue, and what derives from the schema bi
	$(BIN)/python -m qn_pipeline.warehouse.generated
	$(BIN)/python -m qn_pipeline.indicators.document
	$(BIN)/python -m qn_pipeline.publishing.bi_files

lock: $(STAMP) ## resolve pyproject.toml again into requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock

clean: ## the environment and what was generated
	rm -rf $(VENV) dbt_project/target examples/*/.qn qn-demo
