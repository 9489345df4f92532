#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What an exec costs, in instructions, against the budgets of the project. The numbers repeat to 0.1 %.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/cost.sh

cat >"$T_TMP/policy.yaml" <<'Y'
version: 1
profiles:
  - name: web
    mode: deny
Y
policy="--policy-dir $T_TMP"

# cost CGROUP: instructions for one vfork+exec+wait, from within CGROUP. The least of several processes, with some more
# alive each time: what the allocators happen to hold, and how far they search, only ever adds.
cost() {
	least='' alive=''
	for _ in 1 2 3 4 5 6; do
		sleep 100000 >/dev/null &
		alive="$alive $!"
		for n in $(sh -c 'echo $$ >"$0/cgroup.procs"
			for _ in 1 2; do countexec 40 "$1" || exit 1; done' "$CGROUPS/$1" $TINY); do
			[ -n "$least" ] && [ "$n" -ge "$least" ] || least=$n
		done
	done
	# shellcheck disable=SC2086 # words
	kill $alive
	wait
	echo "$least"
}

# inside CGROUP: instructions that our programs spend on one exec there
inside() { spent_execs 3 "$1" $TINY; }

# where things are mapped decides how many page tables an exec makes
echo 0 >/proc/sys/kernel/randomize_va_space
sleep 120 # boot work is over by then; it costs nothing, since nobody counts in between
path=deep
mkdir $CGROUPS/deep $CGROUPS/plain
for _ in $(seq 2 32); do
	path=$path/d
	mkdir $CGROUPS/$path
done

again=$(cost plain)
# an allocator may reach the state that is the cheapest only in a later round: until two rounds agree
for _ in 1 2 3 4 5; do
	nothing=$again again=$(cost plain)
	note "nothing attached: $nothing, and once more $again"
	off=$((nothing > again ? nothing - again : again - nothing))
	[ "$off" -gt $((nothing / 1000)) ] || break
done
ok "the count repeats to 0.1 %" test "$off" -le $((nothing / 1000))
# shellcheck disable=SC2086 # two words
ok "load" execward $policy load
sleep 60 # what loading freed is given back meanwhile
untagged=$(cost plain)
shallow=$(cost deep)
note "untagged: $untagged, and once more $shallow"
untagged=$((untagged < shallow ? untagged : shallow))

counted on
plain=$(inside plain)
within "untagged 32 cgroups down" $((plain + plain / 20)) "$(inside $path)"
counted off
ok "tag" execward tag --cgroup /deep web
within "tagged, no gain, no reader, over untagged" 2500 $(($(cost deep) - shallow))

# growth, by the programs' own counts: at most one in twenty between the ends of each range
counted on
tagged=$(inside deep) far=$(inside $path)
note "inside the programs: untagged $plain, tagged $tagged, tagged 32 cgroups up $far"
# the budgets above have room for what the kernel adds, which differs; of the programs it is exact
within "inside the programs, untagged" 800 "$plain"
within "inside the programs, tagged" 1250 "$tagged"
ok "the programs are counted" test "$plain" -gt 100 -a "$tagged" -gt "$plain"
within "tagged 32 cgroups up" $((tagged + tagged / 20)) "$far"
# tagged cgroups that do not exist: a look-up does not know
ok "fill the map with 100,000 cgroups" tfill /sys/fs/bpf/execward/maps/cgroups 100000
within "untagged among 100,000 tagged" $((plain + plain / 20)) "$(inside plain)"
within "tagged among 100,000" $((tagged + tagged / 20)) "$(inside deep)"
within "tagged 32 cgroups up among 100,000" $((far + far / 20)) "$(inside $path)"

# what is left in the allocators differs from boot to boot, so nothing is measured on both sides of something
counted off
ok "unload" execward unload
sleep 60
after=$(cost plain)
note "nothing attached before: $nothing, after: $after"
# what the allocators add is the same until something else is loaded: seen 580 to 1,204, and twice more than 1,500
for _ in 1 2 3; do
	[ $((untagged - (nothing + after) / 2)) -gt 1400 ] || break
	# shellcheck disable=SC2086 # two words
	ok "load another time" execward $policy load
	sleep 60
	again=$(cost plain)
	note "untagged, another time: $again"
	untagged=$((untagged < again ? untagged : again))
	ok "unload" execward unload
	sleep 60
done
within "untagged" 1500 $((untagged - (nothing + after) / 2))

# loading, on its processor and beyond the verifier's own time, as the kernel's tracer sees that
tracing=/sys/kernel/tracing
echo bpf_check >$tracing/set_ftrace_filter
echo function_graph >$tracing/current_tracer
# shellcheck disable=SC2086 # two words
ok "load again" oncpu "$T_TMP/on_cpu" execward $policy load
verifier=$(awk '/bpf_check/ { for (i = 2; i <= NF; i++) if ($i == "us") { sum += $(i - 1); n++ } }
	END { if (n > 10) printf "%.0f\n", sum * 1000 }' $tracing/trace)
ok "the verifier was seen" test "${verifier:-0}" -gt 1000000
note "load: $(cat "$T_TMP/on_cpu"), of which the verifier took ${verifier:-0}"
within "load, beyond the verifier" 100000000 $(($(cat "$T_TMP/on_cpu") - ${verifier:-0}))
echo nop >$tracing/current_tracer
t_done
