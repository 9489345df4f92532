#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What an exec costs, in instructions, against the budgets of the project. The numbers repeat to 0.1 %.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
. /ew/lib.sh

runs=400
tiny=/ew/bin/tiny
cgroups=/sys/fs/cgroup

cat >"$T_TMP/policy.yaml" <<'Y'
version: 1
profiles:
  - name: web
    mode: deny
Y
policy="--policy-dir $T_TMP"

# cost [CGROUP]: instructions for one vfork+exec+wait, from within CGROUP
cost() {
	sh -c "echo \$\$ >$cgroups/${1:-}/cgroup.procs && exec countexec $runs $tiny"
}

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}

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

# shellcheck disable=SC2086 # two words
ok "load" execward $policy load
untagged=$(cost plain)
within "untagged" 1500 $((untagged - nothing))
within "untagged, 32 cgroups deep, over 1 deep" 100 $(($(cost $path) - $(cost deep)))

ok "tag" execward tag --cgroup /deep web
tagged=$(cost deep)
within "tagged, no gain, no reader" 4000 $((tagged - nothing))
within "tagged 32 cgroups up over tagged itself" 100 $(($(cost $path) - tagged))

# 100,000 tagged cgroups that do not exist: a look-up does not know
ok "fill the map with 100,000 cgroups" fillcgroups 100000
within "untagged among 100,000 tagged over alone" 100 $(($(cost plain) - untagged))
within "tagged among 100,000 over alone" 100 $(($(cost deep) - tagged))

ok "unload" execward unload
within "unloaded over never loaded" 600 $(($(cost plain) - nothing))
t_done
