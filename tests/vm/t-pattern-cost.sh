#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What patterns cost the mkdir of a cgroup, and that they cost an exec nothing, in instructions.
# images: small
# kernels: all
# mode: count
# timeout: 240
# mem: 1024
. /ew/lib.sh

cgroups=/sys/fs/cgroup
mkdir "$T_TMP/none" "$T_TMP/one" "$T_TMP/many"

# policy DIR FIRST LAST: with patterns of these numbers
policy() {
	printf 'version: 1\nprofiles:\n  - {name: fixed, mode: deny}\n  - name: web\n    mode: deny\n    cgroups:\n' >"$1/p.yaml"
	seq "$2" "$3" | sed 's,.*,      - "/s/**/unit&-*.service",' >>"$1/p.yaml"
}
printf 'version: 1\nprofiles:\n  - {name: fixed, mode: deny}\n  - {name: web, mode: deny}\n' >"$T_TMP/none/p.yaml"
policy "$T_TMP/one" 1 1
policy "$T_TMP/many" 1 1024

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}

# with POLICY: puts it in force
with() {
	[ -d /sys/fs/bpf/execward ] && verb=reload || verb=load
	execward --policy-dir "$T_TMP/$1" $verb >/dev/null || return 1
	sleep 30
}

# inside CGROUP: instructions that our programs spend on one exec there. The least of five, as an interrupt that comes
# amid a program is counted with it.
run_time() { bpftool prog show | awk '/ name ew_/ { for (i = 1; i < NF; i++) if ($i == "run_time_ns") sum += $(i + 1) } END { print sum + 0 }'; }
inside() {
	least=
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	for _ in 1 2 3 4 5; do
		before=$(run_time)
		sh -c 'echo $$ >"$0/cgroup.procs" && exec countexec 10 "$1"' "$cgroups/$1" /ew/bin/tiny >/dev/null
		n=$((($(run_time) - before) / 30))
		[ -n "$least" ] && [ "$n" -ge "$least" ] || least=$n
	done
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	echo "$least"
}

echo 0 >/proc/sys/kernel/randomize_va_space
mkdir $cgroups/s $cgroups/s/a $cgroups/s/unit1-tagged.service $cgroups/plain
# as long as a path can be that is matched
deep=$cgroups/s
for _ in 1 2 3 4; do
	deep=$deep/$(printf '%0200d' 7)
	mkdir "$deep"
done
long=$deep/$(printf '%0215d' 7)
short=$cgroups/s/a/unit512-x.service
is "bytes of the longest path" 1022 $((${#long} - ${#cgroups}))
sleep 120 # boot work is over by then; it costs nothing, since nobody counts in between

ok "load without patterns" with none
short_none=$(countmkdir 60 $short) long_none=$(countmkdir 60 "$long")
plain_none=$(inside plain)
ok "load one" with one
plain_one=$(inside plain) tagged_one=$(inside s/unit1-tagged.service)
ok "load 1,024" with many
short_many=$(countmkdir 60 $short) long_many=$(countmkdir 60 "$long")
plain_many=$(inside plain) tagged_many=$(inside s/unit1-tagged.service)
note "mkdir without patterns: $short_none, of the long path $long_none"
within "1,024 patterns, a path of 24 bytes that matches, over none" 200000 $((short_many - short_none))
within "1,024 patterns, a path of 1,022 bytes, over none" 200000 $((long_many - long_none))
ok "they are matched" test $((long_many - long_none)) -gt 1000

note "inside the programs, an exec: $plain_none without patterns, $plain_one with one, $plain_many with 1,024"
ok "the programs are counted" test "$plain_none" -gt 100 -a "$tagged_one" -gt "$plain_one"
within "untagged, 1,024 patterns" $((plain_one + plain_one / 20)) "$plain_many"
within "tagged by one of 1,024" $((tagged_one + tagged_one / 20)) "$tagged_many"
execward unload
t_done
