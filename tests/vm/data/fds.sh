# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by t-fds*.sh after lib.sh: profiles with `fds`, programs that are run under them, and their records.

F_DIR=$T_TMP/fds.d
F_CGROUP=/sys/fs/cgroup/fds
F_PROFILES=
F_LINES=2 # of the policy file so far
mkdir -p "$F_DIR"
printf 'version: 1\nprofiles:\n' >"$F_DIR/fds.yaml"

# f_profile NAME FDS [LINE...]: adds a profile in mode audit, on a cgroup of its own; FDS is the flow mapping of `fds`, whose
# line is in $F_RULE_NAME
f_profile() {
	eval "F_RULE_$1=$((F_LINES + 4))"
	F_LINES=$((F_LINES + 2 + $#))
	F_PROFILES="$F_PROFILES $1"
	mkdir -p "$F_CGROUP-$1"
	printf '  - name: %s\n    mode: audit\n    cgroups: [/fds-%s]\n    fds: %s\n' "$1" "$1" "$2" >>"$F_DIR/fds.yaml"
	shift 2
	for f_l; do printf '    %s\n' "$f_l" >>"$F_DIR/fds.yaml"; done
}

f_reading() { execward status --json | grep -q '"readers":1'; }

f_load() {
	execward unload >/dev/null 2>&1 # a test before this one may have died
	ok "the policy loads" execward --policy-dir "$F_DIR" load
	[ "$t_rc" = 0 ] || t_done # nothing more can be told
	execward trace --json >"$T_TMP/trace" 2>"$T_TMP/trace.err" &
	F_TRACE=$!
	ok "the trace reads" wait_for 10 f_reading
}

f_end() {
	kill -TERM "$F_TRACE"
	wait "$F_TRACE"
	is "no record was lost" "" "$(grep '"type":"lost"' "$T_TMP/trace")"
	ok "unload" execward unload
	for f_p in $F_PROFILES; do rmdir "$F_CGROUP-$f_p"; done
	t_done
}

# f_run PROFILE CMD...: CMD in the profile's cgroup ("-": in none); F_RC and F_PID tell of it, F_OUT is its output
f_run() {
	f_p=$1
	shift
	(
		[ "$f_p" = - ] || echo 0 >"$F_CGROUP-$f_p/cgroup.procs"
		cd / && exec "$@"
	) </dev/null >"$T_TMP/out" 2>&1 &
	F_PID=$!
	wait "$F_PID" 2>/dev/null
	F_RC=$?
	f_three <"$T_TMP/out"
}
# f_three: the first three lines, into F_OUT. Nothing is executed for what is asked hundreds of times.
f_three() {
	IFS= read -r F_OUT || return
	for f_l in 2 3; do
		IFS= read -r f_l || [ "$f_l" ] || return
		F_OUT="$F_OUT
$f_l"
	done
}

# f_record FILE: the record of the last run's exec of FILE, the last one if there are several, into F_RECORD, and its list of
# descriptors into F_FDS
f_record() {
	F_RECORD='' F_FDS=''
	f_until=$(($(t_now) + 1500))
	until F_RECORD=$(grep "\"task\":{\"pid\":$F_PID,.*\"file\":{\"path\":\"$1\"" "$T_TMP/trace"); do
		[ "$(t_now)" -lt $f_until ] || return
		tnap 100
	done
	F_RECORD=${F_RECORD##*
}
	case $F_RECORD in *'"fds":{'*) F_FDS=${F_RECORD#*\"fds\":} ;; esac
	F_FDS=${F_FDS%,\"cgroup\":*}
}

# f_verdict: VERDICT REASON of the record
f_verdict() {
	f_v=${F_RECORD#*\"verdict\":\"} f_r=${F_RECORD#*\"reason\":\"}
	printf %s "${f_v%%\"*} ${f_r%%\"*}"
}
