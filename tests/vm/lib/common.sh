# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What the host-side scripts share: where things are, where packages come from, a cache that two runs can share.

EW_VM=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
EW_ROOT=$(cd "$EW_VM/../.." && pwd)
EW_BUILD=$(realpath -ms "${EW_BUILD:-$EW_ROOT/build}")
EW_CACHE=$(realpath -ms "${EW_CACHE:-$EW_BUILD/cache}")

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

say() { echo "${0##*/}: $*" >&2; }

need_root() {
	[ "$(id -u)" = 0 ] || die "must be root: the image has set-id programs and other people's files"
}

need_tools() {
	local tool missing=
	for tool; do
		command -v "$tool" >/dev/null || missing+=" $tool"
	done
	[ -z "$missing" ] || die "missing:$missing (packages: tests/vm/README.md)"
}

# One run builds, others wait: the lock lives as long as the calling process.
cache_lock() {
	mkdir -p "$EW_CACHE"
	exec 9>"$EW_CACHE/$1.lock"
	flock 9
}

# All apt sources of this machine, one "options|uri|suite" a line. Only those with component main: third parties name
# their suites after Debian's, but not their components.
apt_sources() {
	local etc file
	etc=$(apt-config shell d Dir::Etc/d 2>/dev/null)
	etc=${etc#*\'} etc=${etc%\'*}
	etc=${etc:-/etc/apt/}
	for file in "${etc%/}"/sources.list "${etc%/}"/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		sed -En 's/[[:space:]]*#.*//; s/^deb[[:space:]]+(\[([^]]*)\][[:space:]]+)?([^[:space:]]+)[[:space:]]+([^[:space:]]+)[[:space:]]+(.*[[:space:]])?main([[:space:]].*)?$/\2|\3|\4/p' "$file"
	done
	for file in "${etc%/}"/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		deb822_sources "$file"
	done
}

# A continuation line belongs to the field above it; an inline key (Signed-By with a PGP block) cannot be said in a
# one-line source, so it is left out and apt's own trusted keys decide.
deb822_sources() {
	sed '/^#/d; s/\r$//' "$1" | awk '
	function flush(   u, s, nu, ns, i, j, opt) {
		if (f["types"] ~ /(^| )deb( |$)/ && f["components"] ~ /(^| )main( |$)/ && f["enabled"] !~ /^(no|false|0)$/) {
			if (f["signed-by"] ~ /^ *\/[^ ]*$/) { gsub(/ /, "", f["signed-by"]); opt = "signed-by=" f["signed-by"] }
			if (f["trusted"] ~ /^ *yes/) opt = opt " trusted=yes"
			nu = split(f["uris"], u, " "); ns = split(f["suites"], s, " ")
			for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++) print opt "|" u[i] "|" s[j]
		}
		split("", f)
	}
	/^[ \t]*$/ { flush(); next }
	/^[ \t]/ { f[key] = f[key] " " $0; next }
	{ key = tolower($0); sub(/:.*/, "", key); v = $0; sub(/^[^:]*:[ \t]*/, "", v); f[key] = v }
	END { flush() }'
}

# debian_sources SUITE...: one-line sources for the suites, from the mirrors this machine is configured with.
# A suite the machine does not list (backports) is taken from the mirror that has bookworm.
debian_sources() {
	local all base suite line
	all=$(apt_sources | grep -v '|cdrom:') || true
	base=$(grep -m1 '|bookworm$' <<<"$all") ||
		die "no apt source of this machine has suite bookworm and component main"
	for suite; do
		line=$(grep -m1 "|$suite\$" <<<"$all") || case $suite in
		*-security) continue ;; # lives on a mirror of its own; a machine without one gets what bookworm has
		*) line=$base ;;
		esac
		sed -E "s/^([^|]*)\|([^|]*)\|.*/deb [\1] \2 $suite main/; s/ \[\] / /" <<<"$line"
	done
}

# private_apt DIR SUITE...: sets APT, options that give apt a state of its own below DIR: the machine's own lists, cache and pins
# stay as they are
private_apt() {
	local dir=$1
	shift
	mkdir -p "$dir"/{lists/partial,archives/partial}
	debian_sources "$@" >"$dir/sources.list"
	# shellcheck disable=SC2034 # for the caller
	APT=(-qq -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=-
		-o Dir::Etc::preferencesparts="$dir/archives" -o Dir::State::Lists="$dir/lists" -o Dir::Cache::archives="$dir/archives"
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o Acquire::Languages=none
		-o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
}

# file_key FILE...: a short name for this content
file_key() {
	cat "$@" | sha256sum | cut -c1-16
}
