# Everything a developer or an operator runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv/bin
NATIVE := switch_dpi/native
STAMPS := build/stamps
RUST_SOURCES := $(shell find $(NATIVE) -name '*.rs' -not -path '*/target/*' 2>/dev/null) $(shell find $(NATIVE) -name Cargo.toml -not -path '*/target/*' 2>/dev/null)
# Namespaces, bridges and packet rings need root.
ROOT := $(if $(filter 0,$(shell id -u)),,sudo -E)
CARGO := [ -f "$$HOME/.cargo/env" ] && . "$$HOME/.cargo/env"; cd $(NATIVE) &&

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up -----------------------------------------------------------------------------------------------------------
.PHONY: setup
setup: $(STAMPS)/venv ## Debian packages, Rust, .venv with a working appsteer

$(STAMPS)/packages: setup.sh
	./setup.sh packages
	@mkdir -p $(@D) && touch $@

$(STAMPS)/venv: $(STAMPS)/packages pyproject.toml $(RUST_SOURCES)
	./setup.sh venv
	@mkdir -p $(@D) && touch $@

$(STAMPS)/dev: $(STAMPS)/venv pyproject.toml
	./setup.sh dev demo
	@mkdir -p $(@D) && touch $@

$(STAMPS)/demo: $(STAMPS)/venv pyproject.toml
	./setup.sh demo
	@mkdir -p $(@D) && touch $@

$(STAMPS)/bench: $(STAMPS)/demo pyproject.toml
	./setup.sh bench
	@mkdir -p $(@D) && touch $@

$(STAMPS)/fuzz:
	$(CARGO) cargo fuzz --version >/dev/null 2>&1 || cargo install -q --locked cargo-fuzz
	@mkdir -p $(@D) && touch $@

# --- use --------------------------------------------------------------------------------------------------------------
.PHONY: demo
demo: $(STAMPS)/demo ## Three switches, real programs, policies, checks against outside evidence
	$(ROOT) $(VENV)/python -m topologies.demo

# --- tests ------------------------------------------------------------------------------------------------------------
SOAK_ROUNDS ?= 200
SOAK_SEED ?=
SOAK_FIRST ?= 1

.PHONY: test test-rust test-unit test-integration test-conntrack soak
test: test-rust test-unit test-integration ## All tests

test-rust: $(STAMPS)/dev ## Engine and capture: Rust tests
	$(CARGO) if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --cargo-profile tested; else cargo test --profile tested; fi

test-unit: $(STAMPS)/dev ## Python tests without network or root
	$(VENV)/python -m pytest tests/unit -n auto --dist worksteal

test-integration: $(STAMPS)/dev ## Real Open vSwitch, namespaces, packet rings, programs (root)
	$(ROOT) $(VENV)/python -m pytest tests/integration -m "not controllers and not slow"
	$(CARGO) cargo test $(if $(ROOT),--config 'target."cfg(all())".runner = "$(ROOT)"') --profile tested -q -p appsteer-capture -- --ignored

.PHONY: record-session
record-session: $(STAMPS)/dev ## Records tests/golden/session anew: a real agent, switch, controllers, programs (root)
	$(ROOT) $(VENV)/python -m tests.golden.record_session

.PHONY: test-controllers
test-controllers: $(STAMPS)/dev ## os-ken, Ryu, Faucet, ovs-ofctl, os-ken's conformance tests: directly and through the shim (root)
	$(ROOT) $(VENV)/python -m pytest tests/integration/controllers -s

MUTANTS ?= 300
MUTANTS_SEED ?= 1

.PHONY: mutants
mutants: $(STAMPS)/dev ## Faults in compiled networks that the verifier must catch: MUTANTS=300 of some 4,000, MUTANTS_SEED=1
	$(VENV)/python -m tests.mutants $(MUTANTS) $(MUTANTS_SEED)

test-conntrack: $(STAMPS)/dev ## Marks, with a connection tracker and with rules instead: thousands of connections, port reuse, floods, pauses; half an hour (root)
	$(ROOT) $(VENV)/python -m pytest tests/integration/conntrack

soak: $(STAMPS)/dev ## kill -9 of agent, controller, Open vSwitch under traffic: SOAK_ROUNDS=200 SOAK_SEED=... (root)
	$(ROOT) env SOAK_ROUNDS=$(SOAK_ROUNDS) SOAK_SEED=$(SOAK_SEED) SOAK_FIRST=$(SOAK_FIRST) $(VENV)/python -m tests.soak

# --- hostile input ----------------------------------------------------------------------------------------------------
# Captures, where there are some; without them the protocols' examples are all there is.
CAPTURES := $(wildcard ../shared/corpus/pcaps/*.pcap*)
FUZZ_SECONDS ?= 300
FUZZ_TARGETS := frame tunnels signatures capture probes engine
NOISE_COUNT ?= 10000000
FUZZ_MESSAGES ?= 10000000
FUZZ_CAPTURED ?= 100000

.PHONY: fuzz fuzz-openflow test-hostile fuzz-wireshark noise torture
fuzz: $(STAMPS)/fuzz ## Fuzzes every native parser, FUZZ_SECONDS=300 each; what breaks a rule is kept for test-rust
	$(CARGO) cargo run --release -q -p appsteer-bench -- seeds fuzz/corpus $(addprefix $(CURDIR)/,$(CAPTURES))
	$(CARGO) cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz build -s none
	$(CARGO) cd fuzz && for target in $(FUZZ_TARGETS); do \
	    mkdir -p kept/$$target; RUSTC_BOOTSTRAP=1 cargo fuzz run -s none $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 \
	        -rss_limit_mb=1024 -artifact_prefix=kept/$$target/ -print_final_stats=1 || failed="$${failed:-} $$target"; \
	done; [ -z "$${failed:-}" ] || { echo "rules broken in:$$failed; the inputs are in $(NATIVE)/fuzz/kept"; exit 1; }

fuzz-openflow: $(STAMPS)/dev ## FUZZ_MESSAGES=10000000 damaged OpenFlow messages through the shim, both ways; FUZZ_SEED to repeat
	FUZZ_MESSAGES=$(FUZZ_MESSAGES) $(VENV)/python -m tests.fuzz.openflow

fuzz-wireshark: $(STAMPS)/dev ## FUZZ_CAPTURED=100000 damaged messages through tshark and the extension's dissector; FUZZ_SEED to repeat
	FUZZ_MESSAGES=$(FUZZ_CAPTURED) $(VENV)/python -m tests.fuzz.wireshark

test-hostile: $(STAMPS)/dev ## Every attack of a hostile controller beside real bridges, while traffic runs (root)
	$(ROOT) env ALL_ATTACKS=1 $(VENV)/python -m pytest tests/integration/test_hostile_peers.py

noise: ## Who claims bytes that mean nothing: NOISE_COUNT=10000000 random payloads of each kind
	$(CARGO) cargo run --release -q -p appsteer-bench -- noise $(CURDIR)/plugins $(NOISE_COUNT)

torture: ## Captures byte by byte, reordered, cut at every length, with changed bytes: no panic, hang or memory past its bound
	$(CARGO) cargo run --release -q -p appsteer-bench -- torture $(CURDIR)/plugins $(addprefix $(CURDIR)/,$(CAPTURES))

# --- quality ----------------------------------------------------------------------------------------------------------
# Protocols are found by the build script, so cargo does not know their files.
FORMAT_PROTOCOLS := rustfmt --edition 2024 core/src/protocols/*/*.rs

.PHONY: lint format proto
lint: $(STAMPS)/dev ## Formatters, linters, types, import arrows, stubs, application data
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/python -m mypy.stubtest switch_dpi._native --ignore-disjoint-bases
	$(VENV)/python -m plugins.lint
	$(CARGO) cargo fmt --all --check && $(FORMAT_PROTOCOLS) --check
	$(CARGO) cargo clippy --release --all-targets -q -- -D warnings

format: $(STAMPS)/dev ## Formats Python and Rust
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	$(CARGO) cargo fmt --all && $(FORMAT_PROTOCOLS)

proto: $(STAMPS)/dev ## Regenerates the northbound stubs from the .proto files
	$(VENV)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. controller_app/northbound/appsteer.proto switch_dpi/northbound/agent.proto

# --- figures ----------------------------------------------------------------------------------------------------------
.PHONY: accuracy
accuracy: $(STAMPS)/dev ## Right and wrong over the labelled captures, confusion, first packets
	$(VENV)/python -m tests.accuracy

.PHONY: bench
bench: $(STAMPS)/bench ## Mark latency, shim relay, event rate, replay against ndpiReader and nfstream
	$(ROOT) $(VENV)/python -m tests.bench

.PHONY: bench-tls
bench-tls: $(STAMPS)/bench ## What TLS on one side of the shim, or on both, adds to a message (root)
	$(ROOT) $(VENV)/python -m tests.bench tls

.PHONY: bench-engine
bench-engine: $(STAMPS)/bench ## The engine from memory against libndpi: time, memory, instructions per packet, stages
	$(VENV)/python -m tests.bench engine

.PHONY: bench-live
bench-live: $(STAMPS)/bench ## Packets a second from an interface without loss: AppSteer, ndpiReader, tcpdump (root)
	$(ROOT) $(VENV)/python -m tests.bench live

.PHONY: bench-steering
bench-steering: $(STAMPS)/bench ## Time of a proof, and of one after a change: VERIFY_POLICIES=10 VERIFY_SWITCHES=5
	$(VENV)/python -m tests.bench verify

.PHONY: bench-openflow
bench-openflow: $(STAMPS)/bench ## The OpenFlow path against its goals: relay, marks, verdicts under load, records, the tap's cost (root)
	$(ROOT) $(VENV)/python -m tests.bench openflow

.PHONY: clean
clean: ## Removes what was built
	rm -rf build dist .venv $(NATIVE)/target switch_dpi/_native*.so
