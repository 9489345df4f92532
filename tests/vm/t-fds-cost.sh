#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What it costs to look at descriptors, in instructions: nothing where no profile does, else at most 6,000 an exec, 3 for
# each slot of the table, and 1,500 for each descriptor that is described, 500 for each that is looked at. A record of three: 25,000, and 3,000 for each further reader.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/cost.sh

mkdir -p "$T_TMP/off" "$T_TMP/on" $CGROUPS/fd-plain $CGROUPS/fd-off $CGROUPS/fd-audit $CGROUPS/fd-deny $CGROUPS/fd-kind
cat >"$T_TMP/off/p.yaml" <<'Y'
version: 1
profiles:
  - {name: off, mode: deny, cgroups: [/fd-off]}
Y
cat "$T_TMP/off/p.yaml" - >"$T_TMP/on/p.yaml" <<'Y'
  - {name: audit, mode: deny, cgroups: [/fd-audit], fds: {mode: audit}}
  - {name: deny, mode: deny, cgroups: [/fd-deny], fds: {mode: deny, min: 1000000}}
  - {name: kind, mode: deny, cgroups: [/fd-kind], fds: {mode: deny, allow: [{kind: regular}, {kind: eventfd}, {kind: socket}]}}
Y

# what looks at descriptors keeps something for a while, and how long Linux 6.1's allocator takes over that differs by 2,000
ROUNDS=8
# inside CGROUP N [OPEN]: instructions that our programs spend on one exec there with N descriptors from 3 on, of a regular
# file, or as OPEN says (fdleak)
inside() {
	if [ "$2" = 0 ]; then
		spent_execs $ROUNDS "$1" $TINY
	else
		spent_execs $ROUNDS - $TINY fdleak "${3:-r=/etc/passwd}" "N=$2" "into=$CGROUPS/$1" --
	fi
}

sleep 60 # boot work is over by then
counted on
ok "load, without fds" in_force "$T_TMP/off"
plain=$(inside fd-plain 0)
off=$(inside fd-off 0)
ok "reload, with fds" execward --policy-dir "$T_TMP/on" reload
with=$(inside fd-plain 0)
# The same programs come to 740 or to 750 from one time to the next: the least of each that was seen is compared. A look-up more
# would be a dozen at least.
for _ in 1 2 3; do
	[ "$with" -gt $((plain + 8)) ] || break
	ok "reload, without fds" in_force "$T_TMP/off"
	again=$(inside fd-plain 0)
	plain=$((again < plain ? again : plain))
	ok "reload, with fds" in_force "$T_TMP/on"
	again=$(inside fd-plain 0)
	with=$((again < with ? again : with))
done
note "inside the programs, untagged: $plain without fds in the policy, $with with; tagged: $off, $(inside fd-off 0)"
within "untagged, with fds in the policy" $((plain + 8)) "$with"
audit=$(inside fd-audit 0)
within "audit, no descriptor, over tagged" 6000 $((audit - off))
within "deny, no descriptor, over tagged" 6000 $(($(inside fd-deny 0) - off))
rounds=$ROUNDS
ROUNDS=3 # of so many instructions that is a small part
within "audit, 10,000 descriptors (16,384 slots)" $((6000 + 3 * 16384)) $(($(inside fd-audit 10000) - off))
within "deny, 10,000 descriptors (16,384 slots)" $((6000 + 3 * 16384)) $(($(inside fd-deny 10000) - off))
# where kinds are allowed each is looked at, though not described: once, and once more if somebody shares the table
VISIT=500
ROUNDS=2 # and so is an interrupt
for open in r=/etc/passwd eventfd; do
	looked=$(($(inside fd-kind 1000 $open) - off))
	within "1,000 descriptors of an allowed kind, $open (1,024 slots)" $((6000 + 3 * 1024 + VISIT * 1000)) $looked
	ok "each was looked at" test $looked -gt 100000
done
ROUNDS=$rounds

execward trace >/dev/null 2>&1 &
reader=$!
ok "the trace reads" wait_for 10 sh -c "execward status --json | grep -q '\"readers\":1'"
none=$(inside fd-audit 0)
within "with a reader, no descriptor, over tagged" 6000 $((none - $(inside fd-off 0)))
within "with a reader, 32 descriptors described, over none" $((32 * 1500 + 3 * 256)) $(($(inside fd-audit 32) - none))

# a record, and what each further reader of it costs
readers=$reader
with=$(inside fd-audit 3)
for n in 2 3 4; do
	execward trace --json >"$T_TMP/reader-$n" 2>&1 &
	readers="$readers $!"
	ok "reader $n reads" wait_for 10 sh -c "execward status --json | grep -q '\"readers\":$n'"
done
within "a record of three descriptors, for each further reader" 3000 $((($(inside fd-audit 3) - with) / 3))
# a reader is woken once for what comes in 10 ms, so it has to look again
sleep 0.1
told=$(wc -l <"$T_TMP/reader-2")
sleep 3
is "what comes is told soon" "$(wc -l <"$T_TMP/reader-2")" "$told"
ok "and is much" test "$told" -gt 100
# shellcheck disable=SC2086 # words
kill $readers
wait
within "a record of three descriptors, one reader, over none" 25000 $((with - $(inside fd-audit 3)))
counted off
ok "unload" execward unload
rmdir $CGROUPS/fd-plain $CGROUPS/fd-off $CGROUPS/fd-audit $CGROUPS/fd-deny $CGROUPS/fd-kind
t_done
