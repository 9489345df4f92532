#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# smp: 2
# Ways to get a descriptor past the decision: none does, and where it is allowed it passes.
# shellcheck shell=sh disable=SC2034,SC2154
. /ew/lib.sh
. /ew/tests/data/fds.sh

f_profile deny '{mode: deny}'
f_profile allow '{mode: deny, allow: [{kind: char}, {kind: regular}]}'
f_profile pipes '{mode: deny, allow: [{kind: char}, {kind: fifo}]}'
printf '#!/bin/sh\nexit 0\n' >"$T_TMP/script"
chmod 755 "$T_TMP/script"
echo text >"$T_TMP/file"

# outcome WORD: how often, of the last run
outcome() { printf %s "$F_OUT" | tr ' ' '\n' | grep -A 1 "^$1\$" | tail -n 1; }

# tries PROFILE WAY RUNS: whether one got through
tries() {
	f_run "$1" fdescape "$2" "$3"
	note "$2, $1: $F_OUT"
	[ "$(outcome failed)" = 0 ] && [ "$(outcome leaked)" -gt 0 ]
}

# refused_all PROFILE WAY
refused_all() {
	nok "$2: no descriptor reaches a new image alive" tries "$1" "$2" 50
	is "and every exec came to an end" "0 0" "$(outcome leaked) $(outcome failed)"
}

# by_fd PROFILE FILE [cloexec]: exit status
by_fd() {
	f_run "$1" fdescape fd "$2" ${3:+"$3"}
	printf %s "$F_RC"
}

execward unload >/dev/null 2>&1
t_case races
# of some tens a few get through, or none by chance
for w in thread ring large swap; do ok "$w: without policy one gets through" wait_for 60 tries - $w 10; done
t_case "by a descriptor"
is "without policy a program starts" 0 "$(by_fd - /ew/bin/tiny)"
is "and a script, of which the interpreter is told the descriptor" 0 "$(by_fd - "$T_TMP/script")"

ok "the policy loads" execward --policy-dir "$F_DIR" load
t_case races
for w in thread ring large; do
	refused_all deny $w
	ok "$w: allowed, one gets through" wait_for 60 tries allow $w 10
done
refused_all allow swap
ok "swap: allowed, one gets through" wait_for 60 tries pipes swap 10

t_case "by a descriptor"
is "a program: refused" 126 "$(by_fd deny /ew/bin/tiny)"
is "a script: refused" 126 "$(by_fd deny "$T_TMP/script")"
is "allowed, a program starts" 0 "$(by_fd allow /ew/bin/tiny)"
is "and a script" 0 "$(by_fd allow "$T_TMP/script")"
is "close-on-exec, a program starts" 0 "$(by_fd deny /ew/bin/tiny cloexec)"

# the interpreter gets the program as a descriptor that the kernel itself opens, when all is decided (begin_new_exec())
t_case "binfmt_misc, flag O"
if t_module binfmt_misc && mount -t binfmt_misc none /proc/sys/fs/binfmt_misc; then
	printf ':escape:M::EWESCAPE::/ew/bin/fdsee:O' >/proc/sys/fs/binfmt_misc/register
	echo EWESCAPE >"$T_TMP/odd"
	chmod 755 "$T_TMP/odd"
	f_run deny "$T_TMP/odd"
	is "is what the administrator asked for" 42 "$F_RC"
	f_run deny fdleak "r=$T_TMP/file" -- "$T_TMP/odd"
	is "with another it is refused" 126 "$F_RC"
	echo -1 >/proc/sys/fs/binfmt_misc/escape
	umount /proc/sys/fs/binfmt_misc
else
	skip "binfmt_misc" "the module binfmt_misc"
fi
ok "unload" execward unload

# as if it had been slipped in; init of a namespace takes no signal but from above it
t_case "init of a namespace of processes"
f_run - unshare -pf fdleak "r=$T_TMP/file" -- /bin/echo ran
is "without policy it starts" "0:ran" "$F_RC:$F_OUT"
EXECWARD_FAULT=fds
export EXECWARD_FAULT
ok "the policy loads" execward --policy-dir "$F_DIR" load
f_run deny unshare -pf fdleak "r=$T_TMP/file" -- /bin/echo ran
unlike "is killed before its first instruction" '^ran' "$F_OUT"
nok "which is seen" test "$F_RC" = 0
f_run allow unshare -pf fdleak "r=$T_TMP/file" -- /bin/echo ran
is "allowed, it starts" "0:ran" "$F_RC:$F_OUT"
ok "unload" execward unload
for p in $F_PROFILES; do rmdir "$F_CGROUP-$p"; done
t_done
