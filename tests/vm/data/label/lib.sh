# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Sourced by t-label-*.sh after lib.sh: one exec from a label, and what its record says of the labels. A test sets MODULE, ATTR (the
# directory of the module's files of a process), D (a directory for programs, each of which tells its label when it is given
# $ATTR/current), MODE (what the module prints behind a label), and defines enter: LABEL becomes the label of the shell that calls it.

POLICY=$T_TMP/policy.d
CGROUP=/sys/fs/cgroup/label
MODE=
CGROUPS=
mkdir -p "$D" "$POLICY"
execward unload >/dev/null 2>&1 # a test before this one may have died

cgroups() {
	CGROUPS=$*
	for l_p; do mkdir -p "$CGROUP-$l_p"; done
}

# run PROFILE FROM PROGRAM...: PROGRAM from label FROM ("-": the label of the test), in the cgroup of PROFILE ("-": in none).
# ONEXEC is written to the task's own `exec` before. Into OUT what it prints, its exit status in RC, its pid in PID.
ONEXEC=
run() {
	r_p=$1 r_from=$2
	shift 2
	(
		[ "$r_p" = - ] || echo 0 >"$CGROUP-$r_p/cgroup.procs"
		[ "$r_from" = - ] || enter "$r_from"
		[ -z "$ONEXEC" ] || printf %s "$ONEXEC" >"$ATTR/exec"
		[ -z "${HOLD:-}" ] || { : >"$T_TMP/held" && read -r _ <"$HOLD"; }
		exec "$@"
	) >"$T_TMP/out" 2>"$T_TMP/err" &
	PID=$!
	[ -z "${HOLD:-}" ] || held
	wait "$PID" 2>/dev/null
	RC=$?
	OUT=$(tr -d '\0' <"$T_TMP/out")
}

# works NAME LABEL FROM PROGRAM: untagged
works() {
	run - "$3" "$D/$4" "$ATTR/current"
	is "$1" "$2 [0]" "$OUT [$RC]"
}
reading() { execward status --json | grep -q '"readers":1'; }
trace_begins() {
	execward trace --json >"$T_TMP/records" &
	TRACE=$!
	ok "the trace reads" wait_for 10 reading
}
trace_ends() {
	kill -TERM "$TRACE"
	wait "$TRACE"
}

# record: of PID's exec of PROGRAM, when it has come
record() {
	wait_for 10 grep -q "\"pid\":$PID,.*\"path\":\"$1\"" "$T_TMP/records"
	RECORD=$(grep "\"pid\":$PID,.*\"file\":{\"path\":\"$1\"" "$T_TMP/records" | tail -n 1)
}
# told NAME VERDICT REASON FROM TO PROGRAM: what the record of the last run says; FROM "": of no label
told() {
	record "$6"
	like "$1: verdict" "\"verdict\":\"$2\",\"reason\":\"$3\"" "$RECORD"
	if [ -n "$4" ]; then
		like "$1: gain" "\"gain\":\\[\"label:$5\"\\],\"cause\":\\[\"label\"\\]" "$RECORD"
		like "$1: labels" "\"label\":\\{\"module\":\"$MODULE\",\"before\":\"$4\",\"after\":\"$5\"[,}]" "$RECORD"
	else
		unlike "$1: no label" '"label":|"gain":\["|"cause":\["' "$RECORD"
	fi
}
# passes NAME PROFILE VERDICT REASON FROM TO PROGRAM; refused the same without VERDICT
passes() {
	run "$2" "$5" "$D/$7" "$ATTR/current"
	is "$1: it runs" "$6$MODE [0]" "$OUT [$RC]"
	told "$1" "$3" "$4" "${5#-}${NONE-}" "${AFTER-$6}" "$D/$7"
}
refused() {
	run "$2" "$4" "$D/$6" "$ATTR/current"
	is "$1: it does not start" "" "$OUT"
	is "$1: exit" "${STATUS-126}" "$RC"
	told "$1" "${VERDICT-deny}" "$3" "${BEFORE-$4}" "$5" "$D/$6"
}

done_with() {
	ok "unload" execward unload
	for l_p in $CGROUPS; do rmdir "$CGROUP-$l_p"; done
	rm -rf "$D"
	t_done
}
