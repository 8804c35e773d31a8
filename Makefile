# What a developer and CI run. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Builds stay outside of the clone, so that a second clone does not pay for them again.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/asoc
export CARGO_TARGET_DIR ?= $(CACHE)/target
# Tests know the clone in which they were compiled, and cargo does not see that this one is another.
CLONE := $(CARGO_TARGET_DIR)/clone
ifneq ($(file <$(CLONE)),$(CURDIR))
$(shell mkdir -p $(CARGO_TARGET_DIR) && find shared functions local -name '*.rs' -exec touch {} + && echo '$(CURDIR)' > $(CLONE))
endif
export NEXT_TELEMETRY_DISABLED := 1
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# One feature set for lints and tests, so that nothing is compiled twice. `faults` lets a test kill the process.
TEST_FEATURES := --workspace --features asoc/faults
GENERATED := dashboard/openapi.json dashboard/src/api/schema.ts shared/domain/asoc-message.schema.json
DASHBOARD_SOURCES := $(shell find dashboard -path dashboard/node_modules -prune -o -path dashboard/out -prune -o -path dashboard/.next -prune -o -type f -print 2>/dev/null)

.PHONY: help up build dashboard test test-rust test-dashboard test-browser check lint lint-infra types bench bench-rules bench-chain bench-start fuzz functions deploy backup restore localstack clean

help: ## List what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

up: build dashboard ## Build what is missing and start A-SOC with the dashboard.
	@exec $(CARGO_TARGET_DIR)/debug/asoc up

build: | need-rust
	@echo "Building asoc (the first time takes minutes) ..."
	@cargo build --locked -p asoc

dashboard: dashboard/out/index.html ## Build the dashboard.

dashboard/out/index.html: dashboard/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	@echo "Building the dashboard ..."
	@cd dashboard && npm run --silent build
	@touch $@

# Not `npm ci`, which refuses a lock file that does not list the optional packages of every other platform.
dashboard/node_modules/.package-lock.json: dashboard/package.json dashboard/package-lock.json | need-node
	@echo "Fetching the dashboard's packages ..."
	@cd dashboard && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

test: test-rust test-dashboard test-browser ## Run all tests.

# The functions' programs are built first: tests run them as Lambda would.
test-rust: | need-rust need-cloud need-servers
	cargo build --locked --quiet $(TEST_FEATURES) --bins
	cargo test --locked --quiet $(TEST_FEATURES)

test-dashboard: dashboard/node_modules/.package-lock.json
	cd dashboard && npm run --silent check

test-browser: dashboard | need-rust need-chromium
	cargo build --locked --quiet -p asoc --features asoc/faults
	ASOC=$(CARGO_TARGET_DIR)/debug/asoc dashboard/node_modules/.bin/tsx dashboard/e2e/chain.ts
	cd dashboard && npm run --silent hostile && npm run --silent hosted

check: lint test ## All that CI runs: format, lints, generated files, tests.

lint: dashboard/node_modules/.package-lock.json | need-rust
	cargo fmt --check
	cargo clippy --locked --quiet $(TEST_FEATURES),cloud/hello --all-targets -- -D warnings
	$(MAKE) --no-print-directory lint-infra
	$(MAKE) --no-print-directory types
	@git diff --exit-code -- $(GENERATED) || { echo "Generated files were stale; make types has renewed them."; exit 1; }

# What is deployed, as far as that can be told without an account. Nothing here asks the network.
TOOLS := $(CACHE)/venv/bin
WORKFLOWS := $(wildcard infra/*.asl.json)
lint-infra: export SAM_CLI_TELEMETRY := 0
lint-infra: export AWS_DEFAULT_REGION := us-east-1
lint-infra: export AWS_ACCESS_KEY_ID := none
lint-infra: export AWS_SECRET_ACCESS_KEY := none
lint-infra: dashboard/node_modules/.package-lock.json | need-cloud ## Check templates, workflows, rights and CI.
	$(TOOLS)/sam validate --lint
	$(TOOLS)/cfn-lint infra/*.yaml
	@for file in $(WORKFLOWS); do machine=dashboard/node_modules/.$$(basename $$file); \
	  sed -e 's/$${Partition}/aws/' -e 's/$${\(\w*\)Function}/arn:aws:lambda:us-east-1:111122223333:function:\1/' $$file > $$machine \
	  && (cd dashboard && npx --no-install asl-validator --json-path ../$$machine) && $(TOOLS)/statelint $$machine || exit 1; done
	$(CACHE)/venv-checkov/bin/checkov --config-file infra/.checkov.yaml $(addprefix -f ,template.yaml $(wildcard infra/*.yaml))
	$(TOOLS)/zizmor --offline --quiet .github/workflows
	cd infra/tests && $(TOOLS)/python -m unittest --quiet

types: dashboard/node_modules/.package-lock.json | need-rust ## Generate the wire types anew from the Rust ones.
	cargo build --locked --quiet -p asoc --features asoc/faults
	$(CARGO_TARGET_DIR)/debug/asoc openapi > dashboard/openapi.json
	$(CARGO_TARGET_DIR)/debug/asoc message-schema > shared/domain/asoc-message.schema.json
	cd dashboard && npm run --silent types

bench: bench-rules bench-chain bench-start ## Measure speed and memory beside what is wanted of them.

bench-rules: | need-rust
	cargo bench --locked --quiet -p sigma -p asoc --bench engine --bench state --bench detect --bench ratios

bench-chain: | need-rust need-servers
	cargo bench --locked --quiet -p asoc --bench chain

# The functions as they are deployed, but for this machine's processor. The bench itself only waits for them.
bench-start: PROCESSOR := $(if $(filter arm64 aarch64,$(shell uname -m)),--arm64,--x86-64)
bench-start: | need-rust need-cloud ## Measure how fast the functions start, and how large they are.
	$(CARGO_LAMBDA) $(PROCESSOR) $(AGENTS:%=-p %) -p cloud --features cloud/hello --lambda-dir $(CARGO_TARGET_DIR)/start
	@$(MAKE) --no-print-directory build-Policies ARTIFACTS_DIR=$(CARGO_TARGET_DIR)/start
	cargo bench --locked --quiet --profile dev -p cloud --bench start

# Every test named fuzz_* in a module `fuzz` is a target. What led somewhere new is kept beside the builds, for the next time.
# Without what is deployed: a program beside the tests would be linked without the fuzzer that its code was compiled for.
FUZZ_SECONDS ?= 60
FUZZ := $(CACHE)/fuzz
fuzz: | need-rust ## Throw hostile input at every reader, FUZZ_SECONDS (60) each.
	@command -v cargo-bolero >/dev/null || { echo "Installing cargo-bolero ..."; cargo install --locked --quiet cargo-bolero; }
	@set -e; for source in $$(grep -rlE '^fn fuzz_' --include='*.rs' shared/*/tests functions/*/tests local/*/tests); do \
	  package=$$(cut -d/ -f2 <<<"$$source"); \
	  for target in $$(grep -oP '^fn \Kfuzz_\w+' "$$source"); do \
	    echo "== $$package $$target"; mkdir -p $(FUZZ)/$$package/$$target/{corpus,crashes}; \
	    cargo bolero test --no-default-features --package $$package fuzz::$$target --sanitizer NONE --target-dir $(CARGO_TARGET_DIR)/fuzz \
	      --corpus-dir $(FUZZ)/$$package/$$target/corpus --crashes-dir $(FUZZ)/$$package/$$target/crashes \
	      -T $(FUZZ_SECONDS)s --max-input-length 4096 \
	      --engine-args="-len_control=0" --engine-args="-rss_limit_mb=512" --engine-args="-malloc_limit_mb=256"; \
	  done; \
	done

AGENTS := telemetry detection supervisor forensics response compliance console
CARGO_LAMBDA := PATH=$(TOOLS):$$PATH cargo lambda build --locked --quiet --release

functions: | need-rust need-cloud ## Build the functions as they are deployed.
	PATH=$(TOOLS):$$PATH SAM_CLI_TELEMETRY=0 sam build

# What sam asks for, function by function. Each time all are built, which only the first time is work: a function that is built alone needs
# other parts of what they share than the next one, and EC2's SDK would be compiled three times.
build-%:
	@$(CARGO_LAMBDA) --arm64 $(AGENTS:%=-p %)
	@cp $(CARGO_TARGET_DIR)/lambda/$(shell tr A-Z a-z <<<'$*')/bootstrap $(ARTIFACTS_DIR)/

# The layer: what is in force, without the tests beside it, in a fixed order.
build-Policies:
	@tar -cf $(ARTIFACTS_DIR)/policies.tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
	  --exclude='*.tests.json' --exclude='*_test.rego' -C policies .

ENV ?= dev
deploy: dashboard | need-rust need-cloud ## Deploy to AWS: ENV=dev (or staging, production) of samconfig.toml.
	PATH=$(TOOLS):$$PATH SAM_CLI_TELEMETRY=0 $(TOOLS)/python infra/deploy.py $(ENV) $(DEPLOY_OPTIONS)

# Database and keys: in a container, or here where DATABASE_URL names a server.
COMPOSE := docker compose -f local/docker-compose.yml
HERE := $(DATABASE_URL)$(DATABASE_URL_FILE)
backup: ## Save database and keys of the local stack to FILE.
	@[ -n "$(FILE)" ] || { echo "Say where to: make backup FILE=asoc.backup"; exit 1; }
	@umask 077; $(if $(HERE),local/backup.sh,$(COMPOSE) run --rm -T backup) save > "$(FILE).new" && mv "$(FILE).new" "$(FILE)"

restore: ## Put back what `make backup` saved in FILE, in place of what is there.
	@[ -r "$(FILE)" ] || { echo "Say what: make restore FILE=asoc.backup"; exit 1; }
	@$(if $(HERE),,$(COMPOSE) stop asoc &&) $(if $(HERE),local/backup.sh,$(COMPOSE) run --rm -T backup) load < "$(FILE)" \
	  $(if $(HERE),,&& $(COMPOSE) up --detach)

localstack: | need-cloud ## Set up tables, buckets and queues at AWS_ENDPOINT_URL.
	$(TOOLS)/python infra/localstack.py

clean: ## Remove what was built in the clone.
	rm -rf dashboard/out dashboard/.next dashboard/node_modules

.PHONY: need-rust need-node need-chromium need-cloud need-servers
need-rust:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it with rustup (1.94 or later), then try again."; exit 1; }

need-node:
	@command -v npm >/dev/null || { echo "Node is missing: install Node.js 20 or later with npm, then try again."; exit 1; }

need-chromium:
	@[ -x /usr/bin/chromium ] || { echo "Installing Chromium for the browser test ($(SUDO) apt-get install chromium) ..."; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }

# Servers that tests start themselves. What Debian starts when it installs them stays off.
SERVERS := /usr/lib/postgresql /usr/bin/redis-server /usr/bin/prometheus /usr/bin/docker-compose /usr/sbin/nginx /usr/bin/curl /usr/bin/openssl
OPA_VERSION := v1.22.2
need-servers: $(CACHE)/opa-$(OPA_VERSION)/opa ## Install the servers that tests start.
	@for program in $(SERVERS); do [ -e $$program ] && continue; \
	  echo "Installing PostgreSQL, Redis, Prometheus, nginx, docker-compose and curl ($(SUDO) apt-get install) ..."; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
	    postgresql redis-server prometheus nginx-light docker-compose curl openssl >/dev/null || exit 1; break; done

# OPA is a Go module; a Go that is new enough is among the Python tools.
$(CACHE)/opa-$(OPA_VERSION)/opa: | need-cloud
	@echo "Building OPA $(OPA_VERSION) (once, minutes) ..."
	@mkdir -p $(@D) && PATH=$(TOOLS):$$PATH GOBIN=$(@D) GOTOOLCHAIN=local go install github.com/open-policy-agent/opa@$(OPA_VERSION)

# Each stamp carries the digest of what it stands for, so that other requirements are other stamps.
need-cloud: $(CACHE)/venv/.$(shell sha256sum < infra/requirements.txt | cut -c1-16) $(CACHE)/venv-checkov/.$(shell sha256sum < infra/requirements-checkov.txt | cut -c1-16)

$(CACHE)/venv/.%: REQUIREMENTS := infra/requirements.txt
$(CACHE)/venv-checkov/.%: REQUIREMENTS := infra/requirements-checkov.txt
$(CACHE)/venv/.% $(CACHE)/venv-checkov/.%:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "Installing Python's venv ($(SUDO) apt-get install python3-venv) ..."; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; }
	@echo "Fetching the tools of $(REQUIREMENTS) (once) ..."
	@python3 -m venv $(@D) && $(@D)/bin/pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS) && touch $@
