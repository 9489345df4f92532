# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Sourced by the tests in the guest (". /ew/lib.sh"). A test declares its cases with t_case, judges with ok, nok, is,
# like, rc and skip, and ends with t_done. POSIX sh: busybox in one image, dash in the other.

T_TEST=${0##*/t-}
T_TEST=${T_TEST%.sh}
T_CASE=
T_PASS=0 T_FAIL=0 T_SKIP=0
T_TMP=$(mktemp -d "/tmp/$T_TEST.XXXXXX")
chmod 755 "$T_TMP" # tests put programs for plain users there
T_OUT=$T_TMP/.out

PATH=/ew/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# One write(2) per line. The results port carries nothing else, so kernel messages cannot cut into a line; the console
# gets a copy for whoever reads the log.
t_report() {
	t_line=$*
	case $t_line in
	*'
'*) t_line=$(printf %s "$t_line" | tr '\n' ' ') ;;
	esac
	printf 'EWT|%s\n' "$t_line" >/dev/ttyS1
	printf '\nEWT|%s\n' "$t_line" >/dev/console
}

# Without a process of its own for the name: there are thousands of checks.
t_pass() {
	T_PASS=$((T_PASS + 1))
	t_report "PASS|$T_TEST|${T_CASE:+$T_CASE: }$1"
}

# t_fail DESC WHY [FILE]: FILE's first lines go along
t_fail() {
	T_FAIL=$((T_FAIL + 1))
	t_report "FAIL|$T_TEST|${T_CASE:+$T_CASE: }$1: $2"
	[ -z "${3:-}" ] || head -n 40 "$3" | while IFS= read -r t_l; do t_report "INFO|$T_TEST|    $t_l"; done
}

# t_case NAME: the following checks belong to this case
t_case() { T_CASE=$1; }

# t_run FUNCTION...: each function is a case of its name
t_run() {
	for t_f; do
		t_case "$t_f"
		"$t_f"
	done
	T_CASE=
}

# t_judge STATUS DESC WHY [FILE]: passes when STATUS is 0
t_judge() {
	if [ "$1" = 0 ]; then
		t_pass "$2"
	else
		shift
		t_fail "$@"
	fi
}

# ok DESC CMD...: CMD exits 0
ok() {
	t_d=$1
	shift
	"$@" >"$T_OUT" 2>&1
	t_rc=$?
	t_judge "$t_rc" "$t_d" "exit $t_rc of: $*" "$T_OUT"
}

# nok DESC CMD...: CMD exits with anything but 0, by itself: not killed, and not missing
nok() {
	t_d=$1
	shift
	"$@" >"$T_OUT" 2>&1
	t_rc=$?
	case $t_rc in
	0) t_fail "$t_d" "succeeded: $*" "$T_OUT" ;;
	127) t_fail "$t_d" "no such command: $*" "$T_OUT" ;;
	129 | 13? | 14? | 15?) t_fail "$t_d" "killed by signal $((t_rc - 128)): $*" "$T_OUT" ;;
	*) t_pass "$t_d" ;;
	esac
}

# rc DESC N CMD...: CMD exits with N (128+signal when killed)
rc() {
	t_d=$1 t_want=$2
	shift 2
	"$@" >"$T_OUT" 2>&1
	t_rc=$?
	[ "$t_rc" = "$t_want" ]
	t_judge $? "$t_d" "exit $t_rc, not $t_want, of: $*" "$T_OUT"
}

# is DESC EXPECTED ACTUAL
is() {
	[ "$2" = "$3" ]
	t_judge $? "$1" "expected '$2', got '$3'"
}

# like DESC REGEX TEXT: some line of TEXT matches the extended expression
like() {
	printf '%s\n' "$3" >"$T_OUT"
	grep -Eq -- "$2" "$T_OUT"
	t_judge $? "$1" "nothing matches '$2' in:" "$T_OUT"
}

# unlike DESC REGEX TEXT: no line of TEXT matches
unlike() {
	printf '%s\n' "$3" >"$T_OUT"
	! grep -Eq -- "$2" "$T_OUT"
	t_judge $? "$1" "matches '$2':" "$T_OUT"
}

# skip NAME WHAT: says what is missing
skip() {
	T_SKIP=$((T_SKIP + 1))
	t_report "SKIP|$T_TEST|${T_CASE:+$T_CASE: }$1: missing $2"
}

# note TEXT: shown with the results whatever happens (measured numbers)
note() { t_report "NOTE|$T_TEST|$*"; }

# t_module NAME: loads a module of this kernel and what it depends on (fetch-kernels keeps some)
t_module() {
	while read -r t_m; do
		[ -d "/sys/module/$t_m" ] || insmod "/ew/modules/$t_m.ko" || return
	done <"/ew/modules/$1.order"
}

# as USER CMD...: CMD as a plain user would run it after a login. The last exec is from asuser to CMD, as USER and without
# capabilities; it exits 126 when that is refused.
as() {
	t_u=$1
	shift
	(cd "/home/$t_u" && exec env -i HOME="/home/$t_u" USER="$t_u" LOGNAME="$t_u" SHELL=/bin/sh PATH="$PATH" TERM=dumb \
		LC_ALL=C.UTF-8 ${LD_LIBRARY_PATH:+"LD_LIBRARY_PATH=$LD_LIBRARY_PATH"} \
		asuser "$(id -u "$t_u")" "$(id -g "$t_u")" "$(id -G "$t_u" | tr ' ' ,)" "$@")
}

# wait_for SECONDS CMD...: polls until CMD succeeds; 1 when it has not by then. The seconds are those of a machine with nothing
# else to do; three times as many are given.
wait_for() {
	read -r t_up _ </proc/uptime
	t_end=$((${t_up%.*}${t_up#*.} + $1 * 300))
	shift
	until "$@" >/dev/null 2>&1; do
		read -r t_up _ </proc/uptime
		if [ "${t_up%.*}${t_up#*.}" -ge "$t_end" ]; then
			note "waited in vain for: $*"
			return 1
		fi
		tnap 100
	done
}

# uptime in hundredths of a second
t_now() {
	read -r t_up _ </proc/uptime
	printf %s "${t_up%.*}${t_up#*.}"
}

# t_records: hands over every record in a file of the test, to be held against the schema (lib/boot.sh). t_done does it; before
# that, who is going to change such files
t_records() {
	t_all=$(mktemp) # not among what is searched
	find "$T_TMP" -xdev -type f -exec grep -haE '^\{"v":[0-9]+,"type":"(exec|lost|fds|tag|policy)"' {} + >"$t_all"
	if [ -s "$t_all" ]; then
		gzip -c <"$t_all" | base64 -w 3000 | while IFS= read -r t_l; do
			printf 'EWT|PACKED|%s|%s\n' "$T_TEST" "$t_l" >/dev/ttyS1
		done
		printf 'EWT|RECORDS|%s|%s\n' "$T_TEST" "$(wc -l <"$t_all")" >/dev/ttyS1
	fi
	rm -f "$t_all"
}

# t_done: the last line of every test; without it the runner reports that the test died
t_done() {
	t_records
	rm -rf "$T_TMP"
	t_report "DONE|$T_TEST|$T_PASS $T_FAIL $T_SKIP"
	[ "$T_FAIL" = 0 ] && exit 0
	exit 1
}
