# The commands of the project; CI and the README call the same ones.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# In CI one target folder outside the clone is shared by all runs, so that nothing is compiled twice.
CACHE := $(HOME)/.cache/leasehold
PROGRAMS := leasehold leasehold-node license-reporter-tool license_viewer ftlm_deobfuscate lmmgr
export CARGO_TARGET_DIR ?= $(if $(CI),$(CACHE)/target,$(CURDIR)/target)

.PHONY: help build run test check ci bench fuzz chaos dist docs clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the release binaries, in the target folder's release/
	@scripts/setup
	@scripts/site
	cargo build --release --locked -p server -p leasehold-node -p leasehold-reporting

run: build ## everything: a licensing node, a server registered with it, a fresh server; data in ./.leasehold*
	@scripts/run "$(CARGO_TARGET_DIR)/release"

test: ## all tests, the browser's included; one line per suite at the end
	@scripts/setup tests
	@scripts/test

ci: ## tests and checks side by side, in less time than one after the other
	@scripts/setup tests
	@scripts/test --with-checks

check: ## format, lints, licenses and sources of what we depend on
	@scripts/check

bench: build ## speed and memory, each with its goal: PARTS="refresh clients" for some, KEEP=DIR keeps the large data, CHECKOUTS=N
	@scripts/bench "$(CARGO_TARGET_DIR)/release" $(PARTS) $(if $(KEEP),--keep "$(KEEP)") $(if $(CHECKOUTS),--checkouts $(CHECKOUTS))

fuzz: ## libFuzzer on each parser of what others wrote: MINUTES=N on each, TARGETS="conf words" for some
	@scripts/fuzz "$(or $(MINUTES),1)" $(TARGETS)

chaos: ## everything fails for MINUTES=N, by SEED=S; nothing acknowledged may be lost
	@scripts/setup tests
	@scripts/chaos "$(or $(MINUTES),10)" $(SEED)

docs: ## rewrite the documents that are made from the code
	WRITE_DOCUMENTS=1 cargo test --quiet --locked --workspace --bin xtask documents

dist: build ## the binaries with their checksums, in dist/
	@mkdir -p dist
	@cd "$(CARGO_TARGET_DIR)/release" && cp $(PROGRAMS) "$(CURDIR)/dist/"
	@cd dist && sha256sum $(PROGRAMS) > SHA256SUMS
	@ls -l dist

clean: ## remove what was built here
	rm -rf target dist end2end/test-results end2end/screenshots
