# Two halves. Outside the build root every goal is handed to `tools/inside make`; inside, it is made.
# `make help` lists the goals. V=1 shows whole commands; T='PATTERN...' picks tests; JOBS=N sets how much runs at once.

VERSION := 0.1.0

.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

prefix := /usr
DESTDIR ?=
share = $(DESTDIR)$(prefix)/share
boards := $(patsubst board/%/panel.conf,%,$(wildcard board/*/panel.conf))
man_pages := $(wildcard src/*.[1-8])

publisher_packages := libpq jansson inih smartcols libcrypto libssl

# The image takes these without the host's program.
.PHONY: install-data
install-data:
	$(foreach name,$(boards),install -D -m 644 board/$(name)/panel.conf $(share)/drillbox/boards/$(name).conf;)

ifeq ($(INSIDE),)
# ---------------------------------------------------------------- outside the build root

here := help clean install install-data image publisher
goals := $(filter-out $(here),$(or $(MAKECMDGOALS),all) $(if $(filter install,$(MAKECMDGOALS)),all))
JOBS ?= $(or $(patsubst -j%,%,$(filter -j%,$(MFLAGS))),$(shell nproc))

# All goals in one call: the first carries the others.
.PHONY: $(here) $(goals) inside
$(goals): inside ;
inside: $(if $(filter device-test,$(MAKECMDGOALS)),image)
	@tools/inside --cache make -j$(JOBS) $(filter-out -j% --jobserver%,$(MFLAGS)) $(MAKEOVERRIDES) $(sort $(goals))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile | sort

clean: ## remove build/
	rm -rf build

install: all install-data ## program, boards and man page into $(DESTDIR)$(prefix)
	install -D -m 755 build/host/drillbox $(DESTDIR)$(prefix)/bin/drillbox
	$(foreach page,$(man_pages),install -D -m 644 $(page) \
		$(share)/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page));)

# Made by this machine's own compiler for this machine's own libraries: nothing of the build root has a part in it.
publisher: ## build/publisher/drillbox-publish, the publishing half, from what Debian 12 and Ubuntu 24.04 package
	@command -v gcc pkg-config >/dev/null && pkg-config --exists $(publisher_packages) || { \
		echo "publisher: sudo apt-get install gcc make pkg-config libpq-dev libjansson-dev libinih-dev libsmartcols-dev libssl-dev" >&2; \
		exit 1; }
	@$(MAKE) INSIDE=publisher -j$(JOBS) build/publisher/drillbox-publish

image: ## the device's image, in build/image; FRESH=1 with today's packages, EXTRA_PACKAGES='...' with more
	@tools/inside make -j$(JOBS) $(MAKEOVERRIDES) build/aarch64/drillbox \
		build/aarch64/firmware/template build/aarch64/firmware/steady.so
	@EXTRA_PACKAGES='$(EXTRA_PACKAGES)' POSTGRES_APT='$(POSTGRES_APT)' POSTGRES_KEY='$(POSTGRES_KEY)' FRESH='$(FRESH)' firmware/image

else
# ---------------------------------------------------------------- inside the build root

say = @$(if $(V),:,printf '%-6s %s\n' '$(1)' '$(2)')
quiet := $(if $(V),,@)

.PHONY: all bench cross deb demo fuzz test test-asan device-test unit lint floors FORCE
.SECONDARY:

all: build/host/drillbox ## build/host/drillbox (the default)
cross: build/aarch64/drillbox unit-aarch64 ## build/aarch64/drillbox, for the device; its unit tests run in emulation

# -------- what is there

# The publishing half: files of the rooms above, none of its own but main_publish.c. It needs libpq and little else.
publisher_sources := $(patsubst %,src/%.c, \
	$(addprefix base/,cleanup clock errand error file log pace text) \
	$(addprefix model/,archive_head check config config_value dump dump_head duration exempt manifest precheck retention schedule url \
	web_url window) \
	$(addprefix port/,digest ini json pg pg_login pg_parameters process relay resolve survey survey_sql table toolset) \
	$(addprefix pull/,dumping explain postgres precheck) \
	$(addprefix store/,catalogue incoming index manifest_file removal store sums) \
	$(addprefix report/,layout progress publish setup) \
	$(addprefix run/,account configuration examine lock options program publishing secret stop_signal verbs_config verbs_publish) \
	drill/smoke drill/sql_checks provision/held provision/record provision/vault)
sources := $(if $(filter publisher,$(INSIDE)),$(publisher_sources),$(wildcard src/*/*.c))
texts := $(wildcard $(foreach kind,sql txt,src/*/*.$(kind)))
unit_tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
fuzz_targets := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# -------- how it is compiled

warnings := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wswitch-enum
packages := $(if $(filter publisher,$(INSIDE)),$(publisher_packages),libpq sqlite3 mbedtls mbedx509 mbedcrypto libgpiod \
	jansson inih smartcols libllhttp expat libseccomp libcrypto libssl zlib libzstd)
common := -std=gnu17 -g -D_GNU_SOURCE $(warnings) -ffile-prefix-map=$(CURDIR)=. -Isrc
hardened := -O2 -D_FORTIFY_SOURCE=3 -fPIE -fstack-protector-strong -fstack-clash-protection
hardened_link := -pie -Wl,-z,relro,-z,now,-z,noexecstack

# What was compiled before, in this clone or another, is taken from the cache that lasts from call to call.
kept := $(wildcard /var/cache/drillbox)
ccache := $(if $(and $(kept),$(shell command -v ccache)),ccache $())
export CCACHE_DIR := $(kept)/ccache
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_MAXSIZE := 2G

host_cc := $(ccache)gcc
host_cflags := $(hardened) -fcf-protection
host_ldflags := $(hardened_link)
asan_cc := $(ccache)gcc
asan_cflags := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan_ldflags := -fsanitize=address,undefined
aarch64_cc := $(ccache)aarch64-linux-gnu-gcc
aarch64_cflags := $(hardened) -mbranch-protection=standard
aarch64_ldflags := $(hardened_link)
# The fuzz flavour is linked to fuzz targets only; what clang thinks of the sources is lint's business.
fuzz_cc := $(ccache)clang
fuzz_cflags := -O1 -w -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz_ldflags := -fsanitize=fuzzer,address,undefined
publisher_cc := gcc
publisher_cflags := $(hardened)
publisher_ldflags := $(hardened_link)
# The lint flavour is compiled to be looked at, never linked.
lint_cc := $(ccache)gcc
lint_cflags := -O2 -D_FORTIFY_SOURCE=3 -Werror
# Neither this nor clang's analyzer looks at tests: they do not know that cmocka's asserts do not return.
$(patsubst src/%.c,build/lint/%.o,$(wildcard src/*.c src/*/*.c)): lint_cflags += -fanalyzer

pkgconfig = $(if $(filter aarch64,$(1)),PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig )pkg-config
system_flags := $(shell pkg-config --cflags $(packages) $(if $(filter publisher,$(INSIDE)),,cmocka))

# -------- version.h: rewritten only when it changes

git_state := $(shell git describe --always --dirty --exclude '*' 2>/dev/null || true)
version := $(VERSION)$(if $(git_state),+$(git_state))
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)

define version_h
/* Made by the Makefile. */
#define DRILLBOX_VERSION "$(version)"
#define DRILLBOX_SHARE "$(prefix)/share/drillbox"
#define DRILLBOX_BUILD_TIME $(SOURCE_DATE_EPOCH) /* seconds since the epoch: any clock before it is wrong */
endef
export version_h

# -------- one set of rules for each flavour

define flavour
$(1)_gen := build/$(1)/gen/version.h $$(texts:src/%=build/$(1)/gen/%.h)
$(1)_flags = $$($(1)_cc) $$(common) $$($(1)_cflags) -Ibuild/$(1)/gen $$(system_flags) $$(CFLAGS)

build/$(1)/drillbox: build/$(1)/main.o build/$(1)/libdrillbox.a
	$$(call say,LINK,$$@)
	$$(quiet)$$($(1)_cc) $$($(1)_cflags) -o $$@ $$^ $$($(1)_ldflags) -Wl,--as-needed $$$$($(call pkgconfig,$(1)) --libs $(packages)) -lm

build/$(1)/drillbox-publish: build/$(1)/main_publish.o $$(publisher_sources:src/%.c=build/$(1)/%.o)
	$$(call say,LINK,$$@)
	$$(quiet)$$($(1)_cc) $$($(1)_cflags) -o $$@ $$^ $$($(1)_ldflags) -Wl,--as-needed $$$$($(call pkgconfig,$(1)) --libs $(publisher_packages)) -lm

build/$(1)/libdrillbox.a: $$(sources:src/%.c=build/$(1)/%.o)
	$$(call say,AR,$$@)
	$$(quiet)rm -f $$@ && ar rcsD $$@ $$^

build/$(1)/tests/%: build/$(1)/tests/%.o build/$(1)/libdrillbox.a
	$$(call say,LINK,$$@)
	$$(quiet)$$($(1)_cc) $$($(1)_cflags) -o $$@ $$^ $$($(1)_ldflags) -Wl,--as-needed $$$$($(call pkgconfig,$(1)) --libs $(packages) cmocka) -lm

build/$(1)/tests/%.o: tests/unit/%.c Makefile | $$($(1)_gen)
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -Itests -MMD -MP -c -o $$@ $$<

build/$(1)/targets/%: build/$(1)/targets/%.o build/$(1)/libdrillbox.a
	$$(call say,LINK,$$@)
	$$(quiet)$$($(1)_cc) $$($(1)_cflags) -o $$@ $$^ $$($(1)_ldflags) -Wl,--as-needed $$$$($(call pkgconfig,$(1)) --libs $(packages)) -lm

build/$(1)/targets/%.o: tests/fuzz/%.c Makefile | $$($(1)_gen)
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -Itests -MMD -MP -c -o $$@ $$<

build/$(1)/%.o: src/%.c Makefile | $$($(1)_gen)
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -MMD -MP -c -o $$@ $$<

# src/room/name.sql is included as "room/name.sql.h" and is the string name_sql.
build/$(1)/gen/%.h: src/% Makefile
	$$(quiet)mkdir -p $$(@D) && { \
		echo '/* Made from $$<. */'; \
		echo 'static const char $$(subst -,_,$$(subst .,_,$$(notdir $$<)))[] ='; \
		sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$<; echo '"";'; } >$$@

build/$(1)/gen/version.h: FORCE
	@mkdir -p $$(@D); [ "$$$$version_h" = "$$$$(cat $$@ 2>/dev/null)" ] || echo "$$$$version_h" >$$@

build/$(1)/firmware/%.o: firmware/%.c Makefile | $$($(1)_gen)
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -MMD -MP -c -o $$@ $$<

build/$(1)/bench/%.o: tests/bench/%.c Makefile | $$($(1)_gen)
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -MMD -MP -c -o $$@ $$<

build/$(1)/device/%.o: tests/device/%.c Makefile
	$$(call say,CC,$$<)
	$$(quiet)mkdir -p $$(@D) && $$($(1)_flags) -MMD -MP -c -o $$@ $$<

-include $$(sources:src/%.c=build/$(1)/%.d) build/$(1)/main.d build/$(1)/main_publish.d build/$(1)/firmware/template.d build/$(1)/bench/starts.d $$(unit_tests:%=build/$(1)/tests/%.d) $$(fuzz_targets:%=build/$(1)/targets/%.d)
endef
$(foreach name,$(if $(filter publisher,$(INSIDE)),publisher,host asan fuzz aarch64 lint),$(eval $(call flavour,$(name))))

# -------- tests

$(foreach name,host asan aarch64,$(eval unit_$(name) := $(unit_tests:%=build/$(name)/tests/%)))

demo: all ## the main job before your eyes: a good round, then a damaged dump
	@tools/demo

bench: all build/host/bench/starts ## drillbox beside a script and beside the hand-tuned limit, in ratios; SIZE=small takes two minutes, SIZE=https is a pull from a web server, SIZE=parity 20 000 tables
	@tests/bench/bench $(SIZE)

build/host/bench/starts: build/host/bench/starts.o build/host/libdrillbox.a
	$(call say,LINK,$@)
	$(quiet)$(host_cc) $(host_cflags) -o $@ $^ $(host_ldflags) -Wl,--as-needed $$($(call pkgconfig,host) --libs $(packages)) -lm

# Makes what the image ships prepared; runs in emulation when the image is made.
build/aarch64/firmware/template: build/aarch64/firmware/template.o build/aarch64/libdrillbox.a
	$(call say,LINK,$@)
	$(quiet)$(aarch64_cc) $(aarch64_cflags) -o $@ $^ $(aarch64_ldflags) -Wl,--as-needed $$($(call pkgconfig,aarch64) --libs $(packages)) -lm

build/aarch64/firmware/steady.so: firmware/steady.c Makefile
	$(call say,CC,$<)
	$(quiet)mkdir -p $(@D) && $(aarch64_cc) $(common) -O2 -fPIC -shared -o $@ $<

# The panel is tested in an emulated machine, which runs the arm64 program and starts with a small one of the tests' own.
machine := build/aarch64/drillbox build/aarch64/device/init
needs_machine = $(or $(if $(T),,all),$(findstring device,$(T)))

build/aarch64/device/init: build/aarch64/device/init.o
	$(call say,LINK,$@)
	$(quiet)$(aarch64_cc) $(aarch64_cflags) -o $@ $^ $(aarch64_ldflags)

test: all build/host/drillbox-publish $(unit_host) $(if $(needs_machine),$(machine)) ## the whole suite that needs no device image; T='PATTERN...' picks some
	@tests/run --build build/host $(T)

device-test: all $(machine) ## the panel of an emulated machine, and the image in one: its life, its theft, and CUTS=10 power cuts
	@IMAGE=build/image/drillbox-arm64.img.zst CUTS=$(or $(CUTS),10) tests/run -j 2 --build build/host $(or $(T),tests/device/)

unit: $(unit_host) ## the unit tests
	@tests/run --build build/host $(or $(T),tests/unit/)

test-asan: build/asan/drillbox build/asan/drillbox-publish $(unit_asan) $(if $(needs_machine),$(machine)) ## the suite under AddressSanitizer and UBSan
	@tests/run --build build/asan $(T)

FUZZ_SECONDS ?= 60
fuzz: $(fuzz_targets:%=build/fuzz/targets/%) ## the parsers of bytes from outside, a minute each; FUZZ_SECONDS=N
	@JOBS=$(JOBS) tests/fuzz/run $(FUZZ_SECONDS) $^

.PHONY: unit-aarch64
unit-aarch64: $(unit_aarch64)
	@tests/run --build build/aarch64 tests/unit/

# The suite's closing line stays the last one of `make lint test`.
ifneq ($(filter lint,$(MAKECMDGOALS)),)
test unit test-asan device-test: | lint
endif

# -------- packages

# Grows with every commit, as apt wants it; git's own number alone does not.
deb_version := $(VERSION)$(if $(git_state),+$(shell date -u -d @$(SOURCE_DATE_EPOCH) +%Y%m%d.%H%M).$(subst -,.,$(git_state)))

deb: build/host/drillbox build/aarch64/drillbox ## Debian packages for Debian 13, amd64 and arm64, in build/deb
	@rm -rf build/deb
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) tools/deb $(deb_version) amd64 build/host/drillbox build/deb
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) tools/deb $(deb_version) arm64 build/aarch64/drillbox build/deb
	@ls -1 build/deb/*.deb

# -------- lint: what did not change since it was last found clean is not looked at again

files := $(wildcard $(shell git ls-files -co --exclude-standard 2>/dev/null || find . -type f -not -path './build/*' -printf '%P\n'))
with_shebang = $(shell awk 'FNR == 1 { if (/^\#!.*[\/ ]$(1)( |$$)/) print FILENAME; nextfile }' $(files))
shell_scripts := $(call with_shebang,(ba|da)?sh)
python_scripts := $(sort $(call with_shebang,python3) $(filter %.py,$(files)))
narrow := $(filter %.c %.h,$(files))
lint_objects := $(sources:src/%.c=build/lint/%.o) $(patsubst src/%.c,build/lint/%.o,$(wildcard src/main*.c)) \
	$(unit_tests:%=build/lint/tests/%.o) $(fuzz_targets:%=build/lint/targets/%.o) build/lint/device/init.o \
	build/lint/firmware/template.o build/lint/firmware/steady.o build/lint/bench/starts.o

lint: floors ## gcc -fanalyzer, clang-tidy, width of lines, shellcheck, python, man page, floors
lint: $(lint_objects:.o=.tidy) $(narrow:%=build/lint/width/%.ok) $(shell_scripts:%=build/lint/shell/%.ok) $(python_scripts:%=build/lint/python/%.ok) \
	$(man_pages:%=build/lint/man/%.ok)
	@echo "lint: clean"

define tidy
$(call say,TIDY,$<)
$(quiet)key=$$({ $(lint_flags) -Itests -E -C -P $<; cat .clang-tidy; clang-tidy --version; echo '$(1)'; } | sha256sum | cut -c 1-64); \
	tools/seen $$key || { clang-tidy --quiet $(1) $< -- $(common) -O2 -Ibuild/lint/gen -Itests $(system_flags) 2>&1 | \
	{ grep -vE '^[0-9]+ warnings?( treated as errors?| and | generated)|^(Suppressed|Use -header-filter)' || true; } && \
	tools/seen --note $$key; } && touch $@
endef

build/lint/tests/%.tidy: tests/unit/%.c build/lint/tests/%.o .clang-tidy
	$(call tidy,--checks='-clang-analyzer-*')
build/lint/targets/%.tidy: tests/fuzz/%.c build/lint/targets/%.o .clang-tidy
	$(call tidy)
build/lint/device/%.tidy: tests/device/%.c build/lint/device/%.o .clang-tidy
	$(call tidy)
build/lint/firmware/%.tidy: firmware/%.c build/lint/firmware/%.o .clang-tidy
	$(call tidy)
build/lint/bench/%.tidy: tests/bench/%.c build/lint/bench/%.o .clang-tidy
	$(call tidy)
build/lint/%.tidy: src/%.c build/lint/%.o .clang-tidy
	$(call tidy)

build/lint/width/%.ok: %
	@expand -t 8 $< | awk 'length > 132 { print "$<:" NR ": longer than 132 columns"; wide = 1 } END { exit wide }' && \
		mkdir -p $(@D) && touch $@

build/lint/shell/%.ok: %
	$(call say,SHELL,$<)
	@shellcheck $< && mkdir -p $(@D) && touch $@

build/lint/python/%.ok: %
	$(call say,PYTHON,$<)
	@python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' $< && mkdir -p $(@D) && touch $@

build/lint/man/%.ok: %
	$(call say,MAN,$<)
	@mandoc -Tlint -Wwarning $< && mkdir -p $(@D) && touch $@

floors: ## the include rule: base <- model <- port <- rooms <- run <- main
	@tools/floors

endif
