#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An exec costs the same, in instructions of our programs, with one profile and with 64, with one exception and with
# 65,536: at most one in twenty more. Users, programs, patterns and cgroups: t-cost-subjects, t-pattern-cost, t-cost.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
. /ew/lib.sh

tiny=/ew/bin/tiny
gains=$T_TMP/gains # set-user-id, let pass by an exception
policy=$T_TMP/policy.d
files=$T_TMP/files
install -m 4755 $tiny "$gains"
mkdir "$policy" "$files" /sys/fs/cgroup/counted

# run_time: nanoseconds, that is instructions, that our programs have run so far
run_time() { bpftool prog show | awk '/ name ew_/ { for (i = 1; i < NF; i++) if ($i == "run_time_ns") sum += $(i + 1) } END { print sum + 0 }'; }

# inside TIMES CGROUP PROGRAM: instructions that our programs spend on one exec of it by a plain user there, the least of
# so many measurements: an interrupt that comes in one of our programs is counted with it
inside() {
	least=''
	for _ in $(seq "$1"); do
		before=$(run_time)
		sh -c 'echo $$ >"/sys/fs/cgroup/$0/cgroup.procs" && exec asuser 1000 1000 1000 countexec 10 "$1"' "$2" "$3" \
			>/dev/null || return
		n=$((($(run_time) - before) / 30))
		[ -n "$least" ] && [ "$n" -ge "$least" ] || least=$n
	done
	echo "$least"
}

# load: puts what is in $policy in force, with /counted under the profile "web", in the place of what is loaded
load() {
	if [ -d /sys/fs/bpf/execward ]; then
		execward --policy-dir "$policy" reload
	else
		execward --policy-dir "$policy" load && execward tag --cgroup /counted web
	fi
}

# profiles N: web, and before it N - 1 others of which nobody has the tag. One refuses a shape in any case, since that is
# one more program for every exec to pass.
profiles() {
	{
		printf 'version: 1\nprofiles:\n'
		[ "$1" = 1 ] || seq -f '  - {name: other%g, mode: deny, exec: none, shapes: [memfd]}' 2 "$1"
		printf '  - name: web\n    mode: deny\n    gains: [uid, gid, caps]\n    shapes: [memfd]\n    except:\n'
		printf '      - {program: %s, gain: [uid, caps]}\n' "$gains"
	} >"$policy/t.yaml"
}

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}
# measure: what an exec costs who has no tag, who has one, and who has one and gains. The last is remembered from hook to
# hook, and how long the kernel's allocator takes over that differs, on Linux 6.1 by a quarter.
measure() { untagged=$(inside 3 . $tiny) tagged=$(inside 3 counted $tiny) gaining=$(inside 16 counted "$gains"); }
# grown DESC: against what the first call of measure found
grown() {
	measure
	within "untagged, $1" $((untagged_one + untagged_one / 20)) "$untagged"
	within "tagged, $1" $((tagged_one + tagged_one / 20)) "$tagged"
	within "gaining by an exception, $1" $((gaining_one + gaining_one / 20)) "$gaining"
}

echo 0 >/proc/sys/kernel/randomize_va_space
echo 1 >/proc/sys/kernel/bpf_stats_enabled

t_case "one"
profiles 1
ok "load" load
measure
untagged_one=$untagged tagged_one=$tagged gaining_one=$gaining
note "one profile, one exception: untagged $untagged, tagged $tagged, gaining $gaining"
ok "the programs are counted" test "$untagged" -gt 100 -a "$tagged" -gt "$untagged" -a "$gaining" -gt "$tagged"

t_case "profiles"
profiles 64
ok "load 64" load
like "64" '"profiles":\[(\{[^}]*\{[^}]*\}[^}]*\},){63}\{' "$(execward status --json)"
grown "64 profiles"

t_case "exceptions"
# 255 programs by 257 images, and the one there is
for n in $(seq 257); do : >"$files/$n"; done
profiles 1
from=$(seq -s , -f "$files/%g" 257)
for n in $(seq 255); do echo "      - {program: $files/$n, gain: [uid], from: [$from]}"; done >>"$policy/t.yaml"
ok "load 65,536" load
is "beside the one there is" 65535 "$(grep -c '^+ exception web ' "$T_OUT")"
grown "65,536 exceptions"
execward unload
rmdir /sys/fs/cgroup/counted
t_done
