# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Full preemption: Linux 6.1 overlooks process tags then, and is refused; later kernels find them.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

# preemption [MODE]: what the kernel says of it, after setting it if asked. The loader has to find that out without a mount.
preemption() (
	mount -t debugfs debugfs "$T_TMP/debug" && cd "$T_TMP/debug/sched" || exit
	[ -z "${1:-}" ] || echo "$1" >preempt
	cat preempt
	cd / && umount "$T_TMP/debug"
)
mkdir "$T_TMP/debug"
was=$(preemption | sed 's/.*(//; s/).*//')
# as preempt=full on the kernel's command line does (kernel/sched/core.c: sched_dynamic_update())
trap 'preemption "$was" >/dev/null' EXIT
like "preemption is full" '\(full\)' "$(preemption full)"
case $(uname -r) in
6.1.*)
	rc "load" 1 load
	like "says why, and what to do" '^execward: this machine cannot enforce: preemption: .*\(full\); boot with preempt=voluntary on the kernel.s command line, or Linux 6\.2 or later' "$(cat "$T_OUT")"
	ok "nothing is left" wait_for 5 nothing_left
	rc "doctor" 1 execward doctor
	like "says so too" '^bad +preemption: .*\(full\)' "$(cat "$T_OUT")"
	rc "status" 5 execward status
	;;
*)
	ok "load" load
	# more than one processor has tasks, so that each is preempted wherever it is
	cat >"$T_TMP/many" <<-'SH'
		for _ in 1 2 3 4 5 6 7 8; do
			sh -c 'for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$0"; done' "$1/suid" &
		done
		wait
	SH
	execward run no -- asuser 1000 1000 1000 sh "$T_TMP/many" "$T_TMP" >"$T_TMP/came" 2>&1
	is "160 are refused" 160 "$(counter deny)"
	nok "none gains" grep -qx 0 "$T_TMP/came"
	execward unload
	;;
esac
trap - EXIT
like "and as before" "\\($was\\)" "$(preemption "$was")"
t_done
