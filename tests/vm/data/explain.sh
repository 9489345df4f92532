# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2046,SC2154
# Sourced by t-explain*.sh after lib.sh and tags.sh: kinds of caller, what `explain` predicts of each and every program, and the
# records of what happens then.

ALICE="-g 1000 -G 1000 -u 1000"
SHADOW=$(sed -n 's/^shadow:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)

# every program of the image that can give something, and one that cannot
PROGRAMS="$(find / -xdev -type f -perm /6000 -path '/usr/*' | sort) $(getcap -r /usr 2>/dev/null | sed 's/ .*//') /usr/bin/env"
note "$(echo $PROGRAMS | wc -w) programs: $(echo $PROGRAMS | tr '\n' ' ')"

# What both have, in the same words: a line of trace, or of explain. On an id-mapped mount a record has the owner that the file
# system knows, and goes by it for `withheld` (docs/design.md, "Known limits"); explain by the one that the mount shows.
common() {
	sed -n 's/"type":"[a-z]*",//; s/"time":"[^"]*",//; s/"task":{[^}]*},//
		/"path":"[^"]*\/\(up\|down\)\// { s/\("mode":"[0-7]*"\),[^}]*/\1/; s/"withheld":[^]]*\],//; }
		s/\("profiles":\[[^]]*\]\).*/\1}/p'
}

# kind CGROUP OPTION...: a process made by gain-launch with these options, in a new cgroup of its own, which stops before it
# executes each of PROGRAMS. What is predicted of it is in all.KIND, KIND being the last part of the path. K_ROOT: its root.
KINDS='' CGROUPS=''
kind() {
	k_path=$1 k_name=${1##*/}
	shift
	cg_make "$k_path"
	CGROUPS="$k_path $CGROUPS"
	(echo 0 >"$(cg $k_path)/cgroup.procs" && exec ${K_ROOT:+chroot "$K_ROOT"} gain-launch "$@" -w $PROGRAMS) &
	KINDS="$KINDS $k_name:$!"
	wait_for 10 grep -q '^State:.T' /proc/$!/status
	execward explain --json --pid $! $PROGRAMS >"$T_TMP/all.$k_name"
}
# go: lets all of them execute what they are to
go() {
	records_begin
	for k_kind in $KINDS; do
		kill -CONT ${k_kind#*:}
		wait ${k_kind#*:}
		is "${k_kind%:*}: ended well" 0 $?
	done
	records_end
}

# of KIND: the case is that kind; its predictions are in $T_TMP/all, those of execs that come to a record in said, records in
# seen
of() {
	t_case "$1"
	mv "$T_TMP/all.$1" "$T_TMP/all"
	is "every program was explained" $(echo $PROGRAMS | wc -w) $(wc -l <"$T_TMP/all")
	grep '"error":null\|"verdict":"\(deny\|kill\)"' "$T_TMP/all" | common >"$T_TMP/said"
	grep "/$1\"},\"profiles\"" "$T_TMP/records" | common >"$T_TMP/seen"
	ok "predicted is what happened" diff "$T_TMP/said" "$T_TMP/seen"
	note "$1: $(wc -l <"$T_TMP/seen") execs, $(grep -c '"gain":\[\]' "$T_TMP/seen") without a gain, $(grep -c '"verdict":"deny"' "$T_TMP/seen") refused; $(grep -c '"error":"' "$T_TMP/all") fail by themselves"
}
# said_of PROGRAM: the whole prediction
said_of() { grep -F "\"path\":\"$1\"" "$T_TMP/all"; }
