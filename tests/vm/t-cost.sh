#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What an exec costs, in instructions, against the budgets of the project. The numbers repeat to 0.1 %.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
. /ew/lib.sh

tiny=/ew/bin/tiny
cgroups=/sys/fs/cgroup

cat >"$T_TMP/policy.yaml" <<'Y'
version: 1
profiles:
  - name: web
    mode: deny
Y
policy="--policy-dir $T_TMP"

# cost CGROUP: instructions for one vfork+exec+wait, from within CGROUP. The least of some medians: what the kernel's
# allocators do meanwhile only ever adds.
cost() {
	sh -c 'echo $$ >"$0/cgroup.procs"
		least=
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			n=$(countexec 60 "$1") || exit 1
			[ -n "$least" ] && [ "$n" -ge "$least" ] || least=$n
		done
		echo "$least"' "$cgroups/$1" $tiny
}

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}

# where things are mapped decides how many page tables an exec makes
echo 0 >/proc/sys/kernel/randomize_va_space
sleep 120 # boot work is over by then; it costs nothing, since nobody counts in between
path=deep
mkdir $cgroups/deep $cgroups/plain
for _ in $(seq 2 32); do
	path=$path/d
	mkdir $cgroups/$path
done

nothing=$(cost plain)
again=$(cost plain)
note "nothing attached: $nothing, and once more $again"
ok "the count repeats to 0.1 %" test $(((nothing - again) * (nothing - again))) -le $(((nothing / 1000) * (nothing / 1000)))
# what repeats no better than that cannot be told apart
same=$((nothing / 1000))
shallow=$(cost deep)
depth=$(($(cost $path) - shallow))
note "the kernel's own cost of 32 cgroups deep: $depth"

# shellcheck disable=SC2086 # two words
ok "load" execward $policy load
sleep 60 # what loading freed is given back meanwhile
untagged=$(cost plain)
within "untagged" 1500 $((untagged - nothing))
within "untagged, 32 cgroups deep, over 1 deep" $same $(($(cost $path) - $(cost deep) - depth))

ok "tag" execward tag --cgroup /deep web
tagged=$(cost deep)
within "tagged, no gain, no reader" 4000 $((tagged - shallow))
within "tagged 32 cgroups up, over tagged itself" $same $(($(cost $path) - tagged - depth))

# 100,000 tagged cgroups that do not exist: a look-up does not know
ok "fill the map with 100,000 cgroups" tfill /sys/fs/bpf/execward/maps/cgroups 100000
sleep 60
within "untagged among 100,000 tagged, over alone" $same $(($(cost plain) - untagged))
within "tagged among 100,000, over alone" $same $(($(cost deep) - tagged))
t_done
