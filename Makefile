# Everything is built outside the checkout, so that a fresh clone starts warm. Logic longer than a line or two: .ci/
SHELL := bash
.NOTPARALLEL:

export POSTA_CACHE ?= $(HOME)/.cache/posta
export CARGO_TARGET_DIR ?= $(POSTA_CACHE)/target
export POSTA_WASM_TARGET_DIR ?= $(POSTA_CACHE)/target-wasm
export PATH := $(POSTA_CACHE)/tools/bin:$(PATH)
export CHROMIUM ?= $(firstword $(shell for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name; done))

_ := $(shell .ci/claim $(CARGO_TARGET_DIR) $(POSTA_WASM_TARGET_DIR))

BUNDLE := cargo run --quiet --package posta-bundle --
FAST := $(CARGO_TARGET_DIR)/fast/posta

.PHONY: help setup spa spa-dev build run demo check test kills browser bench soak openapi fast clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what this machine lacks (Debian or Ubuntu with Rust)
	@.ci/setup

spa: ## build the page into frontend/dist
	@.ci/setup spa
	@$(BUNDLE)

spa-dev: ## build the page unoptimised, and again after every edit
	@.ci/setup spa
	@$(BUNDLE) --watch

build: spa ## build the release: one program with the page inside
	@.ci/setup native
	cargo build --profile dist --package posta
	@echo "$(CARGO_TARGET_DIR)/dist/posta"

fast: spa
	cargo build --profile fast --package posta

run: fast ## start an empty Posta on http://127.0.0.1:8080 with its data in ./data
	exec $(FAST) serve --data-dir data

demo: fast ## start Posta with real mail servers, campaigns and customers who write
	@.ci/setup lab
	POSTA_BIN=$(FAST) cargo run --profile fast --package posta-e2e --bin posta-lab -- demo

check: ## format, lints and the quick tests: what to run before each commit
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo nextest run --package posta-shared --package posta --lib

test: ## what CI runs: lints, page, all tests on both engines, over real mail servers, with kills, and in Chromium
	@.ci/test

kills: ## the kill tests alone: at random moments and at every fail point, on both engines
	@.ci/setup native lab
	cargo build --package posta
	cargo nextest run --package posta-e2e --test kills

browser: ## the journeys in Chromium alone, axe and a screenshot on every page
	@.ci/setup native spa lab browser
	@$(BUNDLE) --check-budget
	cargo build --package posta --package posta-e2e
	cd e2e/browser && npx --no-install playwright test

bench: spa ## measure against the anchors, side by side
	@.ci/setup native lab
	cargo build --profile dist --package posta
	POSTA_BIN=$(CARGO_TARGET_DIR)/dist/posta cargo run --release --package posta-e2e --bin posta-bench

soak: spa ## the kill and fault tests, ten times as long
	@.ci/setup native lab
	cargo build --package posta
	POSTA_SOAK=1 cargo nextest run --profile soak --package posta-e2e

openapi: ## write openapi/openapi.json anew
	cargo run --quiet --package posta -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json
	cargo run --quiet --package posta -- openapi --live-events > openapi/live-events.json.new
	mv openapi/live-events.json.new openapi/live-events.json

clean: ## remove all that was built; data stays
	cargo clean --quiet
	rm -rf "$(POSTA_WASM_TARGET_DIR)" frontend/dist frontend/node_modules e2e/browser/node_modules e2e/oidc/node_modules e2e/browser/test-results
