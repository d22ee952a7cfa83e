# Builds, tests, shows and installs Legwork. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build guest page demo test test-others test-vm bench install uninstall clean

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
# The tests live through seeds 0 to 9,999; each commit tries ten thousand of its own beside them.
NEW_SEEDS := $(shell echo $$((16#$$(git rev-parse --short=7 HEAD 2>/dev/null || echo 0) + 10000)))
GUEST := $(TARGET_DIR)/$(HOST)/guest/legwork-guest
READER := $(dir $(GUEST))legwork-reader

help:
	@echo 'make           build legwork and its guest in $(TARGET_DIR)/release'
	@echo 'make demo      an expense report from the example receipts, from the request to the result'
	@echo 'make test      everything that CI runs'
	@echo 'make test-vm   the part of it that is about virtual machines'
	@echo 'make test-others  against model servers and SDKs that others wrote (npm, pip; minutes)'
	@echo 'make bench     measure; a table, and $(TARGET_DIR)/bench.json'
	@echo 'make install   into $(PREFIX), or into PREFIX=… (and below DESTDIR=…)'
	@echo 'make uninstall remove what install put there'

# What is delivered must not be without its page.
build: guest page
	LEGWORK_REQUIRE_PAGE=1 $(CARGO) build --locked --release -p cli
	install -m 755 $(GUEST) $(READER) $(TARGET_DIR)/release

# Runs inside the machine, where there is no library of the host to rely on: linked statically.
guest:
	scripts/need.sh cargo cc
	RUSTFLAGS='-C target-feature=+crt-static' \
		$(CARGO) build --locked -p guest --profile guest --target $(HOST)

# The window's page, which the daemon takes into itself. Only what its lock file names, and no script of it.
page: web/dist/index.html

web/dist/index.html: $(shell find web/src web/public -type f 2>/dev/null) web/index.html \
		web/package-lock.json web/vite.config.ts
	scripts/need.sh node npm
	cd web && ../scripts/node.sh npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cd web && ../scripts/node.sh npm run --silent build

# What others wrote, as it is today: none of it is pinned, so it is not part of `make test`.
test-others:
	scripts/need.sh cargo curl node npm
	sh crates/model/tests/others/aimock.sh
	sh crates/model/tests/others/litellm.sh
	sh crates/model/tests/others/sdk.sh

demo:
	scripts/need.sh cargo cc bwrap node npm
	@$(MAKE) --no-print-directory build
	scripts/demo.sh '$(TARGET_DIR)'

# The quick ones first, so that a slip is seen early; nextest's summary is the last word.
test:
	scripts/need.sh cargo cc bwrap curl git node npm chromium
	$(CARGO) fmt --all --check
	$(CARGO) xtask tidy
	@$(MAKE) --no-print-directory guest page
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) xtask sim --seed $(NEW_SEEDS) --seeds 10000
	LEGWORK_GUEST="$$(realpath '$(GUEST)')" scripts/test-all.sh

# Virtual machines alone, in software emulation; `make test` runs them too.
test-vm: guest
	scripts/need.sh cargo cc bwrap
	scripts/vm-image.sh
	LEGWORK_GUEST="$$(realpath '$(GUEST)')" $(CARGO) nextest run --locked -p machine -p cli \
		--ignore-default-filter -E 'binary(vm) | (package(cli) & test(/^vm::/))'

bench: build
	$(CARGO) xtask bench

install: build
	install -D -m 755 $(TARGET_DIR)/release/legwork '$(DESTDIR)$(PREFIX)/bin/legwork'
	install -d '$(DESTDIR)$(PREFIX)/libexec/legwork'
	install -m 755 $(GUEST) $(READER) '$(DESTDIR)$(PREFIX)/libexec/legwork'
	$(TARGET_DIR)/release/legwork man '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -d '$(DESTDIR)$(PREFIX)/share/bash-completion/completions'
	$(TARGET_DIR)/release/legwork completions bash \
		> '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/legwork'

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/legwork' '$(DESTDIR)$(PREFIX)'/share/man/man1/legwork*.1
	rm -f '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/legwork'
	rm -rf '$(DESTDIR)$(PREFIX)/libexec/legwork'

clean:
	$(CARGO) clean
	rm -rf web/dist web/node_modules
