# `make help` lists the targets. Everything is installed into .venv and node_modules of this folder, nothing elsewhere.

PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
READY := .venv/.ready
# What only `make check` runs pins other versions of the project's packages: an environment of its own.
CHECKS_READY := .venv-checks/.ready
# What only tests run: MCP's inspector alone is larger than everything else.
TEST_TOOLS_READY := tests/npm/node_modules/.ready
# The virtual environment's node comes first: the CDK needs one, and the machine may have none or an old one.
export PATH := $(BIN):$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# Images for containers like to set it; every process would then compile all that it imports, the CDK's megabytes among it.
unexport PYTHONDONTWRITEBYTECODE
STAGE ?= dev
SEEDS ?= 200

.DEFAULT_GOAL := help
.PHONY: help demo test teeth chaos check check-teeth secrets-baseline bench simulate bench-forecast docs synth deploy local catalog lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(READY) ## Run a batch of inventory tools on the local cloud: the main job, on real input
	@tool-executor run examples/morning_check.json --local

test: $(READY) $(TEST_TOOLS_READY) ## Run all tests (unit tests, infrastructure, local cloud, the CDK and AWS CLIs against it)
	@tool-executor browser install
	@python -m pytest -n 2 --dist loadgroup $(ARGS)

teeth: $(READY) ## Show that the tests notice faults: each mutation of the code must be caught (takes its time)
	@python -m tests.mutations $(ARGS)

chaos: $(READY) ## Random executions under random faults, held against one oracle (SEEDS=200 take three minutes)
	@python -m tests.faults.chaos --seeds $(SEEDS) $(ARGS)

check: $(READY) $(CHECKS_READY) ## Lint, format, types, imports, catalog; then what is unsafe in code and stack
	@ruff check . && ruff format --check . && mypy && lint-imports && python -m infra.write_catalog --check
	@python -m infra.checks

check-teeth: $(READY) $(CHECKS_READY) ## Show that the checks notice faults: each planted one must be found
	@python -m tests.check_teeth $(ARGS)

secrets-baseline: $(READY) $(CHECKS_READY) ## Write down what detect-secrets finds and is no secret: look at the diff
	@python -m infra.checks.known_secrets

bench: $(READY) ## Measure, and print the figures (python -m bench.makespan for one of them)
	@tool-executor browser install
	@python -m bench $(ARGS)

simulate: $(READY) ## Run CALLS= calls through the project's code and modelled services (ARGS="--shards 1", --folder, --processes, --help ...)
	@python -m bench.simulation --calls $(or $(CALLS),20000) $(ARGS)

bench-forecast: $(READY) ## Measure the demand forecast on real data, beside statsforecast's methods (some minutes)
	@python -m bench.forecast $(ARGS)

docs: $(READY) ## Build the documentation's site into build/site
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict && echo "The site is build/site/index.html"

synth: $(READY) ## Synthesize the CloudFormation template for AWS into cdk.out (STAGE=dev)
	@node_modules/.bin/cdk synth --quiet -c stage=$(STAGE) && echo "The template is in cdk.out/"

deploy: $(READY) ## Deploy to the AWS account of your credentials (STAGE=dev)
	@node_modules/.bin/cdk deploy -c stage=$(STAGE) $(ARGS)

local: $(READY) ## Serve the local cloud until Ctrl-C
	@tool-executor local up

catalog: $(READY) ## Write src/tool_contract/catalog.json from the tools' code
	@python -m infra.write_catalog

lock: $(READY) ## Resolve the dependencies anew into requirements/ and package-lock.json
	@uv pip compile requirements/bootstrap.in $(LOCK) -o requirements/bootstrap.lock
	@uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --override requirements/overrides.txt \
		$(LOCK) -o requirements/dev.lock
	@cd requirements && for name in $$(ls lambda-*.in | sed "s/lambda-//;s/.in$$//"); do \
		uv pip compile lambda-$$name.in --python-version 3.13 --python-platform x86_64-manylinux_2_28 \
			--only-binary :all: --constraints dev.lock $(LOCK) -o lambda-$$name.lock || exit 1; done
	@uv pip compile requirements/bench.in $(LOCK) --universal --python-version 3.11 -o requirements/bench.lock
	@uv pip compile requirements/checks.in $(LOCK) --universal --python-version 3.11 -o requirements/checks.lock
	@npm install --package-lock-only
	@cd tests/npm && npm install --package-lock-only

clean: ## Remove what the targets made
	rm -rf .venv .venv-checks node_modules tests/npm/node_modules .local cdk.out build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Locks hold versions and hashes, and no address of any package index.
LOCK := --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

$(READY): requirements/bootstrap.lock requirements/dev.lock package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 ..."; exit 2; }
	@test -x .venv/bin/python || { echo "Creating .venv"; $(PYTHON) -m venv .venv; }
	@echo "Installing the pinned packages (once; about a minute)"
	@python -m pip install --quiet --require-hashes -r requirements/bootstrap.lock
	@VIRTUAL_ENV=.venv uv pip sync --quiet --require-hashes requirements/dev.lock \
		|| python -m pip install --quiet --require-hashes --no-deps -r requirements/dev.lock
	@VIRTUAL_ENV=.venv uv pip install --quiet --no-deps --no-build-isolation --editable .
	@npm ci --silent --no-fund --no-audit
	@touch $(READY)

$(CHECKS_READY): requirements/checks.lock | $(READY)
	@echo "Installing the checks' own packages (once; some seconds to a minute)"
	@test -x .venv-checks/bin/python || python -m venv .venv-checks
	@VIRTUAL_ENV=.venv-checks uv pip sync --quiet --require-hashes requirements/checks.lock \
		|| .venv-checks/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/checks.lock
	@touch $(CHECKS_READY)

$(TEST_TOOLS_READY): tests/npm/package-lock.json | $(READY)
	@echo "Installing what only the tests run (once; some seconds)"
	@cd tests/npm && npm ci --silent --no-fund --no-audit
	@touch $(TEST_TOOLS_READY)
