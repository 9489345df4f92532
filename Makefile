# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# make            builds execward into build/
# make demo       shows the main job        make check      every test, on every kernel of the matrix
# make help       lists the rest

VERSION := 0.1.0

# Everything is made in $(O); a build with sanitizers has a place of its own.
SANITIZE ?=
comma := ,
O ?= build$(if $(SANITIZE),/sanitize)
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
OCIHOOKDIR ?= $(PREFIX)/share/containers/oci/hooks.d
V ?= 0
DEPS ?= yes

CC ?= gcc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(or $(wildcard /usr/sbin/bpftool),bpftool)
PKG_CONFIG ?= pkg-config
INSTALL ?= install
SCDOC ?= scdoc
# of the tests' builds; who says -j decides for them too
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
BPF_ARCHES := x86_64 arm64
bpf_target_x86_64 := x86
bpf_target_arm64 := arm64

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# --- what it needs, by Debian package name ------------------------------------------------------------------------

BUILD_PACKAGES := gcc libc6-dev linux-libc-dev clang llvm pkg-config bpftool libbpf-dev libcyaml-dev libyaml-dev \
	libjson-c-dev libcap-dev libsmartcols-dev libncurses-dev libsystemd-dev scdoc
UNIT_PACKAGES := $(BUILD_PACKAGES) libcmocka-dev
DEB_PACKAGES := dpkg-dev debhelper
# what the packages and pages are held against, and the shells that complete
PACKAGING_PACKAGES := $(DEB_PACKAGES) lintian rpm rpmlint fish zsh bash-completion python3-kubernetes \
	python3-prometheus-client systemd tmux valgrind chromium
VM_PACKAGES := qemu-system-x86 mmdebstrap cpio xz-utils python3-fastjsonschema apparmor secilc
LINT_PACKAGES := clang-format shellcheck git

# need PACKAGES - says what is missing and installs it; with DEPS=no only checks
need = $(Q)DEPS=$(DEPS) ./.ci/need $(1)

# --- flags --------------------------------------------------------------------------------------------------------

LIBS := libbpf libcyaml yaml-0.1 json-c libcap smartcols libsystemd ncursesw
# asked for by the first that is compiled, and not by each; a target that compiles nothing does without
pkg_cflags = $(eval pkg_cflags := $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null))$(pkg_libs)
cmocka_libs = $(eval cmocka_libs := $(shell $(PKG_CONFIG) --libs cmocka))$(cmocka_libs)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Werror \
	$(if $(SANITIZE),-Wno-format-truncation) # which is mistaken where less is optimized
# What is made with sanitizers runs once: with -O2 it took as long again to compile as it takes to compile and run.
CFLAGS ?= $(if $(SANITIZE),-O1 -g1,-O2 -g)
# Nothing unwinds the stack at run time: C without exceptions or cancelled threads; debuggers have .debug_frame. A sixteenth of the program.
EW_CFLAGS := -fno-asynchronous-unwind-tables -std=gnu11 -D_GNU_SOURCE -DEW_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(O)/bpf $(WARNINGS) \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE)
EW_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE))
BPF_CFLAGS := -g -O2 -mcpu=v3 -target bpf -Wall -Wextra -Wshadow -Wno-unused-parameter -Wno-missing-declarations -Werror \
	-Iinclude $(addprefix -idirafter ,/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)) \
	-ffile-prefix-map=$(CURDIR)=. # BTF names the source files; built elsewhere, it is to be the same

USER_SRC := $(wildcard user/*.c)
USER_OBJ := $(USER_SRC:%.c=$(O)/%.o)
# what the unit tests link: all that needs neither the skeleton nor a command line
UNIT_OBJ := $(filter-out $(O)/user/main.o $(O)/user/skeleton.o $(O)/user/loader.o $(O)/user/upgrade.o $(O)/user/status.o $(O)/user/cmd_%.o,$(USER_OBJ))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
# docs/NAME.SECTION.scd
MAN_PAGES := $(patsubst docs/%.scd,$(O)/man/%,$(wildcard docs/*.scd)) $(O)/man/execward.policy.5
COMPLETIONS := $(addprefix $(O)/completion/,bash zsh fish)
GUEST_TOOLS := $(patsubst tests/vm/guest/%.c,$(O)/tests/guest/%,$(wildcard tests/vm/guest/*.c))

# --- building -----------------------------------------------------------------------------------------------------

.PHONY: all help deps deps-unit deps-vm bpf demo unit-tests check check-unit check-vm bench install uninstall deb clean format lint vmlinux
.DELETE_ON_ERROR:
.SECONDARY:

all: deps
	$(Q)$(MAKE) --no-print-directory $(O)/execward bpf $(MAN_PAGES) $(COMPLETIONS)

help:
	@echo 'all demo check check-unit check-vm bench install uninstall deb clean format lint vmlinux deps'
	@echo 'V=1 shows commands, SANITIZE=address,undefined, DEPS=no installs nothing, PREFIX, DESTDIR, SYSCONFDIR, UNITDIR, ZSHDIR, OCIHOOKDIR, O'

deps:
	$(call need,$(BUILD_PACKAGES))
deps-unit:
	$(call need,$(UNIT_PACKAGES))
deps-vm:
	$(call need,$(UNIT_PACKAGES) $(VM_PACKAGES))

# the objects; the others are included by the first
BPF_OBJECTS := execward announce label
bpf: $(foreach arch,$(BPF_ARCHES),$(BPF_OBJECTS:%=$(O)/bpf/$(arch)/%.bpf.o))

define bpf_rules
$(O)/bpf/$(1)/%.bpf.o: bpf/%.bpf.c vmlinux/$(1)/vmlinux.h Makefile
	$$(call say,BPF,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CLANG) $$(BPF_CFLAGS) -Ivmlinux/$(1) -D__TARGET_ARCH_$(bpf_target_$(1)) -MMD -MP -MT $$@ -MF $$(@:.o=.d) -c $$< -o $$@.tmp
	$$(Q)$$(LLVM_STRIP) -g $$@.tmp -o $$@ && rm -f $$@.tmp
endef
$(foreach arch,$(BPF_ARCHES),$(eval $(call bpf_rules,$(arch))))

$(O)/bpf/execward.skel.h: $(O)/bpf/$(HOST_ARCH)/execward.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton -L $< name execward > $@

$(O)/bpf/announce.skel.h: $(O)/bpf/$(HOST_ARCH)/announce.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name announce > $@

$(O)/bpf/label.skel.h: $(O)/bpf/$(HOST_ARCH)/label.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton -L $< name label > $@

# by which the programs of one build are told from those of another
$(O)/bpf/build.h: $(BPF_OBJECTS:%=$(O)/bpf/$(HOST_ARCH)/%.bpf.o)
	$(Q)cat $^ | sha256sum | sed 's/^\(........\).*/#define EW_BUILD 0x\1U/' > $@

$(O)/user/skeleton.o: $(O)/bpf/execward.skel.h $(O)/bpf/announce.skel.h $(O)/bpf/build.h
$(O)/tests/unit/test_light.o: $(O)/bpf/execward.skel.h
$(O)/user/label.o: $(O)/bpf/label.skel.h

$(O)/%.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(EW_CFLAGS) $(pkg_cflags) $(CFLAGS) -MMD -MP -c $< -o $@

$(O)/execward: $(USER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(EW_LDFLAGS) $(LDFLAGS) $^ $(pkg_libs) -o $@

$(O)/man/%: docs/%.scd
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(SCDOC) < $< > $@

# its one source is the text that README.md leads to
$(O)/man/execward.policy.5: docs/policy.md docs/man-of-markdown
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)docs/man-of-markdown execward.policy 5 'what execward refuses, and of whom' \
		'execward(1), execward-records(5), execward.service(8), execward_enter(3)' < $< > $@.scd
	$(Q)$(SCDOC) < $@.scd > $@ && rm -f $@.scd

# of what the program itself says of its verbs and options
$(O)/completion/%: $(O)/execward dist/make-completion
	$(call say,SHELL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)dist/make-completion $(@F) $(O)/execward > $@

# --- tests --------------------------------------------------------------------------------------------------------

# what makes the JSON of records goes through tests/unit/keep_records.c
KEEP_RECORDS := $(patsubst %,-Wl$(comma)--wrap=%,ew_record_json ew_record_json_lost ew_record_json_again ew_change_json)
# tables of cases override defaults on purpose, and leave out what is nothing
$(O)/tests/unit/%.o: EW_CFLAGS += -Wno-override-init -Wno-missing-field-initializers -Ibpf -DEW_TEST_DIR='"$(CURDIR)/tests/unit"' -DEW_SOURCE_DIR='"$(CURDIR)"'
# Of the archive a program gets what it calls, but for one, which shows that none of it needs what is not there.
$(O)/tests/unit/test_escape: UNIT_ALL := -Wl$(comma)--whole-archive
$(O)/tests/unit/units.a: $(UNIT_OBJ)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(O)/tests/unit/test_%: $(O)/tests/unit/test_%.o $(O)/tests/unit/keep_records.o $(O)/tests/unit/units.a
	$(call say,LD,$@)
	$(Q)$(CC) $(EW_LDFLAGS) $(LDFLAGS) $(KEEP_RECORDS) $(filter %.o,$^) $(UNIT_ALL) $(filter %.a,$^) -Wl$(comma)--no-whole-archive $(pkg_libs) $(cmocka_libs) -o $@

# run inside test guests, which may have no shared libraries; GUEST_BARE without libc
GUEST_BARE := fdsee tagain tiny tnap
$(GUEST_BARE:%=$(O)/tests/guest/%): GUEST_FLAGS := -nostdlib -ffreestanding -fno-tree-loop-distribute-patterns -fno-stack-protector -Wl,--build-id=none,-z,noseparate-code
$(O)/tests/guest/%: tests/vm/guest/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARNINGS) -Iinclude -static -pthread $(GUEST_FLAGS) -MMD -MP $< -o $@

unit-tests: $(UNIT_TESTS)

check: deps-vm
	$(call need,$(LINT_PACKAGES) $(PACKAGING_PACKAGES))
	$(Q)$(MAKE) $(JOBS) --no-print-directory all unit-tests $(GUEST_TOOLS) DEPS=no || { echo '0 passed, 1 failed, 0 skipped'; exit 1; }
	$(Q)O=$(O) tests/check unit sanitized docs build packages demo runner vm

check-unit: deps-unit
	$(Q)$(MAKE) $(JOBS) --no-print-directory $(UNIT_TESTS) $(O)/execward $(O)/man/execward.policy.5 DEPS=no
	$(Q)O=$(O) tests/check unit docs

check-vm: deps-vm
	$(Q)$(MAKE) $(JOBS) --no-print-directory all $(GUEST_TOOLS) DEPS=no
	$(Q)O=$(O) tests/check runner vm

demo: deps-vm
	$(Q)$(MAKE) $(JOBS) --no-print-directory all $(GUEST_TOOLS) DEPS=no
	$(Q)O=$(O) tests/demo

bench: deps-vm
	$(Q)$(MAKE) $(JOBS) --no-print-directory all $(GUEST_TOOLS) DEPS=no
	$(Q)O=$(O) tests/bench/run
	$(Q)O=$(O) tests/bench/report

# --- installing ---------------------------------------------------------------------------------------------------

# FILE:PLACE of all that is installed but man pages, and what names the program that is installed with it
DATA = include/execward/enter.h:$(PREFIX)/include/execward/enter.h \
	$(foreach f,README.md CHANGELOG.md dist/execward-record.schema.json,$(f):$(PREFIX)/share/doc/execward/$(notdir $(f))) \
	$(foreach f,$(wildcard dist/examples/*.yaml dist/examples/*.c),$(f):$(PREFIX)/share/doc/execward/examples/$(notdir $(f))) \
	dist/metrics/execward-dashboard.json:$(PREFIX)/share/doc/execward/examples/metrics/execward-dashboard.json \
	dist/metrics/execward-metrics.timer:$(UNITDIR)/execward-metrics.timer \
	dist/kubernetes/execward.yaml:$(PREFIX)/share/doc/execward/examples/kubernetes/execward.yaml \
	dist/execward.catalog:$(PREFIX)/lib/systemd/catalog/execward.catalog \
	dist/etc/README:$(SYSCONFDIR)/execward/policy.d/README \
	$(O)/completion/bash:$(PREFIX)/share/bash-completion/completions/execward \
	$(O)/completion/zsh:$(ZSHDIR)/_execward $(O)/completion/fish:$(PREFIX)/share/fish/vendor_completions.d/execward.fish \
	$(foreach page,$(MAN_PAGES),$(page):$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page)))
SERVICES := dist/execward.service dist/metrics/execward-metrics.service

install: all
	$(foreach d,$(DATA),$(INSTALL) -D -m 0644 $(subst :, "$(DESTDIR),$(d))" &&) true
	$(INSTALL) -D -m 0755 $(O)/execward "$(DESTDIR)$(PREFIX)/sbin/execward"
	$(foreach s,$(SERVICES),sed '/^Exec/s|=execward |=$(PREFIX)/sbin/execward |' $(s) > $(O)/$(notdir $(s)) && \
		$(INSTALL) -D -m 0644 $(O)/$(notdir $(s)) "$(DESTDIR)$(UNITDIR)/$(notdir $(s))" &&) true
	sed 's|/usr/local/sbin/execward|$(PREFIX)/sbin/execward|' dist/oci/execward.json > $(O)/oci-hook.json
	$(INSTALL) -D -m 0644 $(O)/oci-hook.json "$(DESTDIR)$(OCIHOOKDIR)/execward.json"

uninstall:
	rm -f $(foreach d,$(DATA),"$(DESTDIR)$(lastword $(subst :, ,$(d)))") "$(DESTDIR)$(PREFIX)/sbin/execward" $(foreach s,$(SERVICES),"$(DESTDIR)$(UNITDIR)/$(notdir $(s))") "$(DESTDIR)$(OCIHOOKDIR)/execward.json"
	-rmdir --ignore-fail-on-non-empty $(foreach d,$(SYSCONFDIR)/execward/policy.d $(SYSCONFDIR)/execward $(PREFIX)/include/execward \
		$(PREFIX)/share/doc/execward/examples/kubernetes $(PREFIX)/share/doc/execward/examples/metrics $(PREFIX)/share/doc/execward/examples $(PREFIX)/share/doc/execward,"$(DESTDIR)$(d)")

# --- packages -----------------------------------------------------------------------------------------------------

# dpkg-buildpackage wants debian/ at the top: in a copy it is
deb:
	$(call need,$(BUILD_PACKAGES) $(DEB_PACKAGES))
	$(Q)dist/build-deb $(O)/deb

clean:
	rm -rf $(O)/bpf $(O)/man $(O)/completion $(O)/oci-hook.json $(O)/deb $(O)/user $(O)/tests $(O)/execward $(O)/sanitize $(O)/vm

# the pinned headers anew: make vmlinux BTF_x86_64=FILE BTF_arm64=FILE (vmlinux/btf-of-image makes such a file)
vmlinux:
	$(foreach arch,$(BPF_ARCHES),$(if $(BTF_$(arch)),vmlinux/make-header $(BTF_$(arch)) > vmlinux/$(arch)/vmlinux.h.new && mv vmlinux/$(arch)/vmlinux.h.new vmlinux/$(arch)/vmlinux.h;))

C_FILES = $(shell git ls-files '*.c' '*.h' | grep -v '^vmlinux/')
SHELL_FILES = $(shell git ls-files .ci dist docs tests vmlinux | xargs grep -lE '^\#(!.*(ba)?sh| shellcheck shell=)')
format:
	clang-format -i $(C_FILES)
lint:
	$(call need,$(LINT_PACKAGES))
	clang-format --dry-run -Werror $(C_FILES)
	shellcheck -x -P SCRIPTDIR -S warning $(SHELL_FILES)

-include $(shell find $(O)/bpf $(O)/user $(O)/tests -type f -name "*.d" 2>/dev/null)
