# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What the tests of costs share (mode: count): instructions that our programs spend, and bounds. Sourced after lib.sh.

CGROUPS=/sys/fs/cgroup
# shellcheck disable=SC2034 # for tests
TINY=/ew/bin/tiny

# counted on|off: whether the kernel counts what programs spend; that costs something itself
counted() {
	[ "$1" = on ] && c_bit=1 || c_bit=0
	echo $c_bit >/proc/sys/kernel/bpf_stats_enabled
}

# spent ROUNDS CGROUP COMMAND...: instructions that our programs spend on each of the 30 execs that COMMAND makes there, to the
# instruction; what the kernel spends outside of them differs by more from one process to the next. The least of so many
# ROUNDS: an interrupt that comes in one of our programs is counted with it. Where COMMAND fails, more than any bound allows.
# CGROUP: its path from the root, or "-" for where the test is.
spent() {
	c_rounds=$1
	[ "$2" = - ] && c_cgroup=- || c_cgroup=$CGROUPS/$2
	shift 2
	countprogs "$c_rounds" 30 "$c_cgroup" "$@" || echo 999999999
}

# spent_execs ROUNDS CGROUP PROGRAM [PREFIX...]: on an exec of PROGRAM, out of countexec, which PREFIX executes (asuser)
spent_execs() {
	c_program=$3 c_where="$1 $2"
	shift 3
	# shellcheck disable=SC2086 # two words
	spent $c_where "$@" /ew/bin/countexec 10 "$c_program"
}

# in_force DIR: its policy, loaded or in the place of what is loaded, as that costs a hundredth
in_force() {
	[ -d /sys/fs/bpf/execward ] && c_verb=reload || c_verb=load
	execward --policy-dir "$1" $c_verb
}

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}
