#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What patterns cost the mkdir of a cgroup, and that they cost an exec nothing, in instructions.
# images: small
# kernels: all
# mode: count
# timeout: 240
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/cost.sh

mkdir "$T_TMP/none" "$T_TMP/one" "$T_TMP/many"

# policy DIR FIRST LAST: with patterns of these numbers
policy() {
	printf 'version: 1\nprofiles:\n  - {name: fixed, mode: deny}\n  - name: web\n    mode: deny\n    cgroups:\n' >"$1/p.yaml"
	seq "$2" "$3" | sed 's,.*,      - "/s/**/unit&-*.service",' >>"$1/p.yaml"
}
printf 'version: 1\nprofiles:\n  - {name: fixed, mode: deny}\n  - {name: web, mode: deny}\n' >"$T_TMP/none/p.yaml"
policy "$T_TMP/one" 1 1
policy "$T_TMP/many" 1 1024

# with POLICY: puts it in force
with() {
	in_force "$T_TMP/$1" >/dev/null || return 1
	sleep 30
}

# inside CGROUP: instructions that our programs spend on one exec there
inside() {
	counted on
	spent_execs 3 "$1" $TINY
	counted off
}

echo 0 >/proc/sys/kernel/randomize_va_space
mkdir $CGROUPS/s $CGROUPS/s/a $CGROUPS/s/unit1-tagged.service $CGROUPS/plain
# as long as a path can be that is matched
deep=$CGROUPS/s
for _ in 1 2 3 4; do
	deep=$deep/$(printf '%0200d' 7)
	mkdir "$deep"
done
long=$deep/$(printf '%0215d' 7)
short=$CGROUPS/s/a/unit512-x.service
is "bytes of the longest path" 1022 $((${#long} - ${#CGROUPS}))
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
