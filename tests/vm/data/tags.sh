# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the tests of tags and of the life cycle share: a policy, a set-uid program, records. Sourced after lib.sh.

SUID=$T_TMP/suid # prints the euid it runs with; set-uid root
install -m 4755 /ew/bin/teuid "$SUID"
install -m 755 /ew/bin/teuid "$T_TMP/plain"

POLICY=$T_TMP/policy.d
mkdir -p "$POLICY"
cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, gains: [uid, gid, caps]}
  - {name: see, mode: audit, gains: [uid, gid, caps]}
  - {name: dead, mode: kill, gains: [uid, gid, caps]}
  - {name: stop, mode: deny, exec: none}
  - {name: watch, mode: audit, exec: none}
YAML

# what a test before, that was killed, left
execward unload >/dev/null 2>&1
rm -rf /sys/fs/bpf/execward*

# asked NAME DEFAULT: how many of something a test is to make; `make bench` asks for all of them by the argument ew.NAME=N
asked() {
	a_n=$(sed -n "s/.* ew\.$1=\([0-9]*\).*/\1/p" /proc/cmdline)
	echo "${a_n:-$2}"
}

load() { execward --policy-dir "$POLICY" load; }
# loads_programs: somebody is amid a load: the kernel runs the program that loads the others
loads_programs() { bpftool prog list | grep -q 'name __loader.prog'; }

# reload: unload if there is anything, then load
reload() {
	execward unload >/dev/null 2>&1
	load >/dev/null
}

# cg PATH: its directory
cg() { printf %s "/sys/fs/cgroup$1"; }

# cg_make PATH...
cg_make() { for cg_p; do mkdir "$(cg "$cg_p")"; done; }

# cg_remove PATH...: once they are empty, as what ran in them has to be reaped first
cg_remove() {
	for cg_p; do
		[ ! -d "$(cg "$cg_p")" ] || wait_for 10 rmdir "$(cg "$cg_p")"
	done
}

# cg_run PATH CMD...: CMD in the cgroup
cg_run() (
	echo 0 >"$(cg "$1")/cgroup.procs" || exit 99
	shift
	"$@"
)

# outcome CMD...: what came of it: the euid that it printed, "refused" or "killed"
outcome() {
	o_text=$("$@" 2>&1)
	o_rc=$?
	case $o_rc/$o_text in
	137/*) echo killed ;;
	126/*"Operation not permitted"*) echo refused ;;
	*) printf '%s\n' "$o_text" ;;
	esac
}

# gain: what alice gets out of the set-uid program;  gain_in CGROUP. As `as alice`, but quicker.
ALICE_GROUPS=$(id -G alice | tr ' ' ,)
alice() { asuser 1000 1000 "$ALICE_GROUPS" "$@"; }
gain() { outcome alice "$SUID"; }
gain_in() { outcome cg_run "$1" alice "$SUID"; }

# asker_start PREFIX...: a process that tries the set-uid program when asked; $ASKER is its pid. One at a time.
cat >"$T_TMP/asker" <<'SH'
#!/bin/sh
echo $$ >"$1/pid"
while read -r word <"$1/in"; do
	[ "$word" != exec ] || exec "$1/suid" 2>/dev/null
	[ "$word" = go ] || exit 0
	{ "$1/suid" 2>/dev/null || echo refused; } >"$1/out"
done
SH
chmod 755 "$T_TMP/asker"
mkfifo "$T_TMP/in" "$T_TMP/out"
chmod 666 "$T_TMP/in" "$T_TMP/out"
asker_start() {
	rm -f "$T_TMP/pid"
	: >"$T_TMP/pid"
	chmod 666 "$T_TMP/pid"
	"$@" "$T_TMP/asker" "$T_TMP" &
	wait_for 10 test -s "$T_TMP/pid"
	read -r ASKER <"$T_TMP/pid"
}
asker_ask() {
	echo go >"$T_TMP/in"
	cat "$T_TMP/out"
}
# asker_stop [exec]: with exec it tries the set-uid program in its own place
asker_stop() {
	echo "${1:-end}" >"$T_TMP/in"
	while kill -0 "$ASKER" 2>/dev/null; do tnap 50; done
}

# counter NAME: of all profiles together. Not for free: `status` looks through a million places of a map.
counter() { execward status --json | sed -n "s/.*\"counters\"://; s/\"gains\":.*}},//; s/.*\"$1\":\([0-9]*\).*/\1/p"; }

# threads_are PID N;  thread_of PID: one that is not the leader
threads_are() { set -- "$2" /proc/"$1"/task/* && [ $# = $(($1 + 1)) ]; }
thread_of() { find "/proc/$1/task" -mindepth 1 -maxdepth 1 ! -name "$1" | sed -n '1s/.*\///p'; }

# readers_live: as a number with a bit for each
readers_live() { bpftool map dump pinned /sys/fs/bpf/execward/maps/state | sed -n 's/.*"readers": \([0-9]*\).*/\1/p'; }
readers_are_not() { [ "$(readers_live)" != "$1" ]; }

# records_begin [OPTION...]; records_end: what was recorded between the two is in $T_TMP/records
records_begin() {
	r_before=$(readers_live)
	execward trace --json "$@" >"$T_TMP/records" &
	r_pid=$!
	wait_for 10 readers_are_not "$r_before"
}
records_end() {
	kill "$r_pid"
	wait "$r_pid"
	# of execs; t-record-changes.sh is about the others
	sed -i '/^{"v":1,"type":"\(tag\|policy\)"/d' "$T_TMP/records"
	# shellcheck disable=SC2034 # the tests look at it
	RECORDS=$(cat "$T_TMP/records")
}

# leftovers: what a loader left in the kernel and in the bpf file system. The kernel frees some of it a little later.
leftovers() {
	find /sys/fs/bpf -mindepth 1
	bpftool prog list | grep -wE 'name (ew_[a-z_]*|__loader.prog)' || :
	# every map there is in bpf/ (tests/docs-check compares); names are cut to 15 bytes
	bpftool map list | grep -wE 'name (state|changes|meta|policies|ew_profiles|exceptions|verities|cgroups|cgroup_paths|patterns|ew_patterns|cgroup_applies|path_works|user_tables|ew_user_table|programs|task_tags|scans|orphans|execs|callers|scripts|long_callers|long_scripts|counters|readers|ew_reader_buffe|scratches|label_changes|probes|__loader.map)' || :
}
nothing_left() { [ -z "$(leftovers)" ]; }
