# A thin front for CMake: `make help` lists what there is.
.DEFAULT_GOAL := all
PRESET ?= release

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

all: ## build the release binary: build/release/ahoy
	@tools/build release

demo: ## two phones talk through the server, proved and drawn
	@tools/demo

test: ## everything that CI runs
	@tools/test

check: ## a developer's loop: layers, format, warnings, unit tests, scenarios
	@tools/check

long: ## hours: more seeds, longer fuzzing, benchmarks
	@tools/long

bench: ## what it costs, beside Kamailio; ROUNDS=5 MINUTES=20 ONLY=PART QUICK=1
	@tools/bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

fuzz: ## every fuzzer for SECONDS=60
	@tools/fuzz $(or $(SECONDS),60)

format: ## clang-format over all sources
	@tools/format

install: all ## into PREFIX (default /usr/local)
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

deps: ## install what building and testing need (apt)
	@tools/deps all

stats: ## files, function lengths, the ten longest functions
	@tools/stats

.PHONY: help all demo test check long bench fuzz format install deps stats
