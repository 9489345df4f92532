#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# smp: 2
# timeout: 500
# Execs refused for the descriptors that would cross, each with its allow twin.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154
. /ew/lib.sh
. /ew/tests/data/fds.sh

TINY=/ew/bin/tiny
f_profile audit '{mode: audit}'
f_profile deny '{mode: deny}'
f_profile kill '{mode: kill}'
f_profile gain '{mode: deny, when: gain}'
f_profile min '{mode: deny, min: 10}'
f_profile all '{mode: deny, min: 0, ignore: []}'
f_profile listen '{mode: deny, ignore: [listen_fds]}'
f_profile kind '{mode: deny, allow: [{kind: regular}, {kind: bpf-map}]}'
f_profile memfd '{mode: deny, allow: [{kind: memfd}]}'
f_profile objects '{mode: deny, allow: [{kind: bpf-map}, {kind: pidfd}]}'
f_profile cgroup "{mode: deny, allow: [{kind: cgroup, program: /usr/sbin/chroot}, {kind: cgroup, program: $T_TMP/root/bin/tiny}]}"
f_profile program "{mode: deny, allow: [{kind: regular, program: $TINY}]}"
f_profile strict '{mode: deny, ignore: [stdio]}'
EXECUTOR=/usr/lib/systemd/systemd-executor # found when the policy is loaded
mkdir -p /usr/lib/systemd
cp /ew/bin/fdleak $EXECUTOR
echo text >"$T_TMP/file"
cp $TINY "$T_TMP/other"
chmod 755 "$T_TMP"
cp /ew/bin/gain-creds "$T_TMP/setuid"
chmod 4755 "$T_TMP/setuid"

# refused NAME PROFILE VERDICT FDS CMD...: CMD execs $FILE, with descriptors as FDS says
refused() {
	t_case "$1"
	f_v=$3 f_fds=$4
	f_p=$2
	shift 4
	f_run "$f_p" "$@"
	case $f_v in
	deny) is "the caller is told EPERM, and lives on" "126" "$F_RC" ;;
	kill) is "killed" 137 "$F_RC" ;;
	audit) is "it goes on" 0 "$F_RC" ;;
	esac
	f_record "$FILE"
	is "the verdict" "$f_v fds" "$(f_verdict)"
	like "the descriptors" "$f_fds" "$F_FDS"
	eval "f_rule=\$F_RULE_$f_p"
	like "the rule is that of the descriptors" "\"rule\":\"fds.yaml:$f_rule\"" "$F_RECORD"
}

# allowed NAME PROFILE CMD...
allowed() {
	t_case "$1"
	f_p=$2
	shift 2
	f_run "$f_p" "$@"
	is "it starts" 0 "$F_RC"
	f_record "$FILE"
	is "the verdict" "allow no-gain" "$(f_verdict)"
}

# bare NAME CMD...: the same without policy
bare() {
	t_case "$1"
	shift
	f_run - "$@"
	is "without policy it starts" 0 "$F_RC"
}

FILE=$TINY
LEAK="fdleak r=$T_TMP/file -- $TINY"
SHUT="fdleak r=$T_TMP/file cloexec -- $TINY"
SHELL_LEAK="exec 5<$T_TMP/file; exec $TINY"
# a runtime that leaves a descriptor of the host's cgroups open when it execs the container's first process
mkdir -p "$T_TMP/root/bin"
cp $TINY "$T_TMP/root/bin/tiny"
RUNC="chroot $T_TMP/root /bin/tiny"
# shellcheck disable=SC2086 # commands
{
	bare leak $LEAK
	bare shell sh -c "$SHELL_LEAK"
	bare CVE-2024-21626 fdleak dir=/sys/fs/cgroup -- /usr/sbin/$RUNC
	t_case race
	# more than it is asked for, where one of these takes longer to come
	f_run - fdrace 200 leaked clean
	note "without policy: $F_OUT"
	like "without policy descriptors leak" '^leaked [1-9][0-9]* clean [1-9][0-9]* refused 0 killed 0$' "$F_OUT"
	f_load
	for m in audit deny kill; do
		refused "$m" $m $m '"count":1,.*"fd":3,"kind":"regular"' $LEAK
		allowed "$m, close-on-exec" $m $SHUT
	done
	refused "a shell's exec 5<file" deny deny '"count":1,.*"fd":5,"kind":"regular"' sh -c "$SHELL_LEAK"
	allowed "a shell that closes it" deny sh -c "exec 5<$T_TMP/file; exec $TINY 5<&-"
	allowed "a shell, allowed by rule" kind sh -c "$SHELL_LEAK"
	refused "a bpf map and a pidfd" deny deny '"count":2,.*"fd":3,"kind":"bpf-map".*"fd":4,"kind":"pidfd"' fdleak map pidfd -- $TINY
	allowed "neither" deny fdleak map pidfd cloexec -- $TINY
	allowed "both, by rule" objects fdleak map pidfd -- $TINY

	FILE=/bin/tiny
	refused CVE-2024-21626 audit audit '"fd":3,"kind":"cgroup",.*"path":"/sys/fs/cgroup",.*"dangerous":true,"danger":\["outside-root","cgroup"\]' \
		fdleak dir=/sys/fs/cgroup -- /usr/sbin/$RUNC
	refused "CVE-2024-21626, in a mount namespace" audit audit '"fd":3,"kind":"cgroup",.*"dangerous":true,"danger":\["outside-root","cgroup"\]' \
		fdleak dir=/sys/fs/cgroup -- /usr/bin/unshare -m /usr/sbin/$RUNC
	# in the profile only from then on that the runtime has opened it, as a container is
	t_case "CVE-2024-21626"
	F_RC=$(cd / && sh -c "exec 9</sys/fs/cgroup && echo 0 >$F_CGROUP-deny/cgroup.procs && exec 3>/dev/null 3>&- && exec $RUNC" 2>&1; echo $?)
	like "the runtime's exec is refused" '126$' "$F_RC"
	F_RC=$(cd / && sh -c "exec 9</sys/fs/cgroup && echo 0 >$F_CGROUP-deny/cgroup.procs && exec 9<&- && exec $RUNC" 2>&1; echo $?)
	is "closed, it starts" 0 "$F_RC"
	F_RC=$(cd / && sh -c "exec 9</sys/fs/cgroup && echo 0 >$F_CGROUP-cgroup/cgroup.procs && exec $RUNC" 2>&1; echo $?)
	is "allowed by rule, it starts" 0 "$F_RC"

	FILE=$TINY
	allowed "when: gain, no gain" gain $LEAK
	FILE=$T_TMP/setuid
	refused "when: gain, a gain" gain deny '"count":1,' asuser 1000 1000 1000 /ew/bin/fdleak r=/etc/passwd -- "$T_TMP/setuid"
	t_case "when: gain, a gain without descriptors"
	f_run gain asuser 1000 1000 1000 "$T_TMP/setuid"
	is "it starts" 0 "$F_RC"

	FILE=$TINY
	allowed "below min" min $LEAK
	refused "from min on" min deny '"count":3,.*"list":\[{"fd":10,' fdleak "r=$T_TMP/file" N=10 -- $TINY
	refused "stdio, not ignored" all deny '"count":3,.*"list":\[{"fd":0,' $TINY
	allowed "stdio, ignored" deny $TINY
	refused "no child of the service manager" listen deny '"count":1,' env LISTEN_FDS=1 LISTEN_PID=1 $LEAK

	allowed "allow: a kind" kind $LEAK
	allowed "allow: two kinds" kind fdleak "r=$T_TMP/file" map -- $TINY
	refused "allow: another kind, too" kind deny '"count":3,' fdleak "r=$T_TMP/file" map eventfd -- $TINY
	refused "allow: a memfd is no regular file" kind deny '"count":2,' fdleak "r=$T_TMP/file" memfd -- $TINY
	allowed "allow: a memfd" memfd fdleak memfd -- $TINY
	allowed "allow: many of a kind" kind fdleak "r=$T_TMP/file" N=500 -- $TINY
	refused "allow: one of another kind after many" kind deny '"count":501,' fdleak "r=$T_TMP/file" N=500 eventfd -- $TINY
	allowed "allow: a program" program $LEAK
	FILE=$T_TMP/other
	refused "allow: another program" program deny '"count":1,' fdleak "r=$T_TMP/file" -- "$T_TMP/other"

	# one table, of which the processes that exec share the descriptors
	FILE=$TINY
	f_run - fdleak "r=$T_TMP/file" N=1000000 "in=$F_CGROUP-audit" "in=$F_CGROUP-deny" "in=$F_CGROUP-kind" eventfd "in=$F_CGROUP-kind" -- $TINY
	cp "$T_TMP/out" "$T_TMP/million"
	# million NAME LINE EXIT VERDICT COUNT: of the process of that line
	million() {
		t_case "1,000,000 descriptors, $1"
		F_PID=$(sed -n "$2s/ .*//p" "$T_TMP/million")
		is "exit status" "$3" "$(sed -n "$2s/.* //p" "$T_TMP/million")"
		f_record $TINY
		is "the verdict" "$4" "$(f_verdict)"
		like "each is counted" "^\{\"count\":$5,\"truncated\":true" "$F_FDS"
	}
	million "audit" 1 0 "audit fds" 1000000
	million "deny" 2 126 "deny fds" 1000000
	million "of an allowed kind" 3 0 "allow no-gain" 1000000
	million "of an allowed kind, and one of another" 4 126 "deny fds" 1000001

	refused "1,000 descriptors" deny deny '"count":1000,"truncated":true' fdleak "r=$T_TMP/file" N=1000 -- $TINY
	refused "holes, and close-on-exec amid a word" deny deny '"count":33333,"truncated":true' \
		fdleak "r=$T_TMP/file" N=99999 third -- $TINY
}
t_case "run --close-fds"
see() { execward run "$@" -- sh -c 'for n in 5 6 7 8; do [ ! -e /proc/self/fd/$n ] || printf "%s " $n; done' 2>&1; }
exec 5<"$T_TMP/file" 6<"$T_TMP/file" 7<"$T_TMP/file" 8<"$T_TMP/file"
is "without, the exec is refused" 126 "$(see deny >/dev/null; echo $?)"
is "it starts, with none" "" "$(see deny --close-fds)"
is "--keep-fd: those are left" "6 8 " "$(see audit --close-fds --keep-fd 8 --keep-fd 6)"
is "--keep-fd: the profile sees it" 126 "$(see deny --close-fds --keep-fd 6 >/dev/null; echo $?)"
exec 5<&- 6<&- 7<&- 8<&-
is "a descriptor that is not open" "execward: --keep-fd 6: no such descriptor is open" "$(see deny --close-fds --keep-fd 6)"
is "no number" 'execward: --keep-fd "x": expected the number of a descriptor' "$(see deny --close-fds --keep-fd x)"
like "--keep-fd alone" "without effect unless --close-fds" "$(see deny --keep-fd 1)"

# orphan PROFILE PROGRAM [ARG...]: what PROGRAM says when it is run by a process that was left to PID 1
orphan() {
	f_p=$1
	shift
	rm -f "$T_TMP/said"
	f_run "$f_p" /ew/bin/fdorphan "$T_TMP/said" "$@"
	wait_for 10 test -s "$T_TMP/said"
	cat "$T_TMP/said"
}
# first PROFILE PROGRAM [ARG...]: the same of one that PID 1 has started (guest-init)
first() {
	f_p=$1
	shift
	rm -f "$T_TMP/said"
	# PID 1 is in the profile as long as it starts it
	echo 1 >"$F_CGROUP-$f_p/cgroup.procs"
	echo "$* >$T_TMP/said 2>&1 &" >/run/ew-child
	kill -s USR2 1
	wait_for 10 test -s "$T_TMP/said"
	echo 1 >/sys/fs/cgroup/cgroup.procs
	cat "$T_TMP/said"
}
t_case "the service manager"
is "its executor passes descriptors" ran "$(first listen $EXECUTOR "r=$T_TMP/file" -- /bin/echo ran)"
is "unless the profile says otherwise" "fdleak: /bin/echo: Operation not permitted" "$(first strict $EXECUTOR "r=$T_TMP/file" -- /bin/echo ran)"
is "who was left to PID 1 is not its executor" "fdleak: /bin/echo: Operation not permitted" "$(orphan listen $EXECUTOR "r=$T_TMP/file" -- /bin/echo ran)"
is "nor another program of PID 1" "fdleak: /bin/echo: Operation not permitted" "$(first listen /ew/bin/fdleak "r=$T_TMP/file" -- /bin/echo ran)"
refused "the executor's program without PID 1" listen deny '"count":1,' $EXECUTOR "r=$T_TMP/file" -- $TINY
like "another program that was left to PID 1" "not permitted" "$(orphan listen /ew/bin/fdleak "r=$T_TMP/file" -- /bin/echo ran)"
# PID 1 is a shell here
like "PID 1's program, left to it" "not permitted" "$(orphan listen /bin/sh -c "exec 5<$T_TMP/file; exec /bin/echo ran")"
is "without descriptors it starts" ran "$(orphan listen /bin/sh -c "exec /bin/echo ran")"
rm $EXECUTOR

t_case counted
like "by reason" '"fds":[1-9]' "$(execward status --json)"

t_case reload
cp "$F_DIR/fds.yaml" "$T_TMP/before"
sed '/name: deny$/,/fds:/s/{mode: deny}/{mode: off}/' "$T_TMP/before" >"$F_DIR/fds.yaml"
like "the difference tells" 'profile deny: .*, fds deny.* -> mode audit' "$(execward --policy-dir "$F_DIR" reload 2>&1)"
# shellcheck disable=SC2086 # a command
f_run deny $LEAK
is "nothing is refused any more" 0 "$F_RC"
cp "$T_TMP/before" "$F_DIR/fds.yaml"
ok "and back" execward --policy-dir "$F_DIR" reload
# shellcheck disable=SC2086 # a command
f_run deny $LEAK
is "it is refused again" 126 "$F_RC"

t_case explain
minds() { execward explain --profile "$1" $TINY | sed -n 's/^note  *//p'; }
like "descriptors are not predicted" '^profile deny minds descriptors, which are not predicted: fds.yaml:[0-9]+$' "$(minds deny)"
like "nor those that a program may get" '^profile program minds descriptors' "$(minds program)"

kill -TERM "$F_TRACE"
wait "$F_TRACE"
# nobody reads thousands of records
t_case race
f_run deny fdrace 10000 clean refused killed
note "under deny: $F_OUT"
like "no descriptor reaches a new image alive" '^leaked 0 ' "$F_OUT"
like "some are refused, others pass, or come so late that the task is killed" \
	'^leaked 0 clean [1-9][0-9]* refused [1-9][0-9]* killed [1-9][0-9]*$' "$F_OUT"
ok "10,000 execs" test "$(printf %s "$F_OUT" | awk '{ print $2 + $4 + $6 + $8 }')" -ge 10000

# as if each had been opened after the decision to refuse
t_case "slipped in"
EXECWARD_FAULT=fds
export EXECWARD_FAULT
f_load
FILE=$TINY
# shellcheck disable=SC2086 # commands
{
	f_run deny fdleak "r=$T_TMP/file" -- /bin/echo ran
	is "killed before its first instruction" "137:" "$F_RC:$F_OUT"
	f_record '[a-z/]*/echo'
	is "the verdict" "kill fds" "$(f_verdict)"
	allowed "nothing slipped in" deny $SHUT
	allowed "slipped in, and allowed" kind $LEAK
}
f_end
