# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What goes into the guest on top of an image: the project's programs, the tests, the guest's init. A second archive behind
# the image's, so that changing a test costs no new image.

# payload STAGING OUT.cpio
payload() {
	local dir=$1/ew file
	mkdir -p "$dir"/{bin,tests}
	install -m 755 "$EW_VM/guest-init" "$dir/guest-init"
	install -m 644 "$EW_VM/lib.sh" "$dir/lib.sh"
	install -m 644 "$EW_TESTS"/t-*.sh "$dir/tests/"
	[ ! -d "$EW_TESTS/data" ] || cp -R "$EW_TESTS/data" "$dir/tests/"
	[ ! -d "$EW_ROOT/dist" ] || cp -R "$EW_ROOT/dist" "$dir/dist"
	[ ! -e "$EW_ROOT/README.md" ] || install -m 644 "$EW_ROOT/README.md" "$dir/" # whose commands are run
	# the demo, for its own test
	mkdir -p "$dir/demo/tests/vm"
	install -m 755 "$EW_ROOT/tests/demo" "$EW_ROOT/tests/demo-steps" "$dir/demo/tests/"
	cp -R "$EW_VM/lib" "$dir/demo/tests/vm/lib"
	[ ! -x "$EW_BUILD/execward" ] || install -m 755 "$EW_BUILD/execward" "$dir/bin/"
	if [ -d "$EW_BUILD/tests/guest" ]; then
		while read -r file; do
			install -m 755 "$file" "$dir/bin/"
		done < <(find "$EW_BUILD/tests/guest" -maxdepth 1 -type f -executable)
	fi
	security_policies "$dir/label"
	missing_libraries "$dir"
	# where "make install" puts them, for systemd to find; no test but one starts the service
	mkdir -p "$1/usr/local/lib/systemd/system" "$1/usr/local/sbin"
	[ ! -e "$EW_ROOT/dist/execward.service" ] || cp "$EW_ROOT/dist/execward.service" "$1/usr/local/lib/systemd/system/"
	ln -s /ew/bin/execward "$1/usr/local/sbin/execward"
	[ ! -d "$EW_TESTS/data/boot" ] || cp "$EW_TESTS"/data/boot/*.service "$1/usr/local/lib/systemd/system/"
	(cd "$1" && find ew usr | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$2"
}

# security_policies DIR: what t-label-*.sh give the security modules, compiled, so that no image needs their tools. By the
# features of a list of Debian's own, not of the kernel that runs here.
security_policies() {
	[ -d "$EW_TESTS/data/label" ] || return 0
	mkdir -p "$1"
	apparmor_parser --skip-kernel-load --skip-cache --features-file=/etc/apparmor.d/abi/3.0 -o "$1/apparmor" "$EW_TESTS/data/label/apparmor"
	secilc -c 31 -o "$1/selinux" -f /dev/null "$EW_TESTS/data/label/selinux.cil"
}

# The images have what execward is linked with on Debian 12. Anything else (a sanitizer's runtime, a newer library) goes to
# /ew/lib, which guest-init then puts first.
missing_libraries() {
	local dir=$1 library have
	have=$'\n'$(cd "$("$EW_VM/lib/tree")/usr/lib/x86_64-linux-gnu" && ls)$'\n'
	for library in "$dir"/bin/*; do
		[ -f "$library" ] || continue
		ldd "$library" 2>/dev/null || true
	done | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | while read -r library; do
		[[ $have != *$'\n'"${library##*/}"$'\n'* ]] || continue
		mkdir -p "$dir/lib"
		install -m 755 "$library" "$dir/lib/"
	done
}

# What the headers of tests say, by "TEST KEY": they are asked for thousands of times before the first guest starts.
declare -A HEADERS=()
# What they may say, as a regular expression: a word that is none would take a test from where it is meant to run, unsaid.
declare -A HEADER_VALUES=(
	[images]='(small|debian)( (small|debian))*'
	[kernels]='all|(6\.1|6\.12|newest)( (6\.1|6\.12|newest))*'
	[mode]='normal|count'
	[boot]='shared|own'
	[timeout]='[1-9][0-9]*'
	[mem]='[1-9][0-9]*'
	[smp]='[1-9][0-9]*'
)

# read_headers TEST...: the lines "# KEY: value" before each one's first command; of two with one key the first. A test that
# does not say where it runs, or says what cannot be, ends the run.
read_headers() {
	local test line key
	for test; do
		while IFS= read -r line; do
			[[ $line = '#'* || -z $line ]] || break
			[[ $line =~ ^'# '([a-z]+)':'\ *(.*)$ ]] || continue
			[ -n "${HEADERS["$test ${BASH_REMATCH[1]}"]:-}" ] || HEADERS["$test ${BASH_REMATCH[1]}"]=${BASH_REMATCH[2]}
		done <"$EW_TESTS/t-$test.sh"
		for key in images kernels; do
			[ -n "${HEADERS["$test $key"]:-}" ] || die "t-$test.sh has no line \"# $key: ...\" before its first command (tests/vm/README.md)"
		done
		for key in "${!HEADER_VALUES[@]}"; do
			[[ ${HEADERS["$test $key"]-} =~ ^(|${HEADER_VALUES[$key]})$ ]] ||
				die "t-$test.sh: \"# $key: ${HEADERS["$test $key"]}\" is not ${HEADER_VALUES[$key]} (tests/vm/README.md)"
		done
	done
}

# header_of TEST KEY DEFAULT: sets `value`; header prints it. Of tests that read_headers has read.
header_of() { value=${HEADERS["$1 $2"]:-$3}; }
header() {
	local value
	header_of "$@"
	echo "$value"
}

# for_here TEST KERNEL IMAGE: is the test meant for them?
for_here() {
	local value kernels images
	header_of "$1" kernels all && kernels=" $value "
	header_of "$1" images small && images=" $value "
	[[ $images == *" $3 "* ]] && [[ $kernels == *" all "* || $kernels == *" $2 "* ]]
}

# extra_key TEST: a short name for the packages that the test wants beyond its image; nothing if it wants none
extra_key() {
	local value
	header_of "$1" extra ''
	[ -z "$value" ] || echo "extra-$(file_key - <<<"$value")"
}
