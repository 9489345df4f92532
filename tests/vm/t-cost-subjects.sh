#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What tags on users and programs cost an exec, in instructions of our programs: nothing before the first of them is set,
# and the same for one as for all that there can be.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
# shellcheck disable=SC2086 # words
. /ew/lib.sh

tiny=/ew/bin/tiny
policy=$T_TMP/policy.d
files=$T_TMP/files
mkdir "$policy" "$files"
mkdir /sys/fs/cgroup/counted

# run_time: nanoseconds, that is instructions, that our programs have run so far
run_time() { bpftool prog show | awk '/ name ew_/ { for (i = 1; i < NF; i++) if ($i == "run_time_ns") sum += $(i + 1) } END { print sum + 0 }'; }

# inside [UID]: instructions that our programs spend on one exec
inside() {
	least=''
	# an interrupt that comes in one of our programs is counted with it
	for _ in 1 2 3 4 5; do
		before=$(run_time)
		sh -c 'echo $$ >/sys/fs/cgroup/counted/cgroup.procs && exec asuser "$1" "$1" "$1" countexec 10 "$0"' $tiny "${1:-5}" >/dev/null
		n=$((($(run_time) - before) / 30))
		[ -n "$least" ] && [ "$n" -ge "$least" ] || least=$n
	done
	echo "$least"
}

# load TEXT: with a profile "web" that has TEXT as further keys; in the place of what is loaded, if anything is
load() {
	[ -d /sys/fs/bpf/execward ] && verb=reload || verb=load
	printf 'version: 1\nprofiles:\n  - name: web\n    mode: deny\n%s' "$1" >"$policy/t.yaml"
	execward --policy-dir "$policy" $verb
}

# within DESC LIMIT NUMBER
within() {
	note "$1: $3 (at most $2)"
	ok "$1: at most $2 instructions, is $3" test "$3" -le "$2"
}

echo 0 >/proc/sys/kernel/randomize_va_space
echo 1 >/proc/sys/kernel/bpf_stats_enabled

t_case "none"
ok "load" load ''
none=$(inside)
note "no user, no program: $none"
ok "the programs are counted" test "$none" -gt 100
ok "a cgroup is tagged elsewhere, as before" execward tag --cgroup /counted web
tagged=$(inside)
note "tagged by its cgroup: $tagged"
ok "and no more" execward untag --cgroup /counted web

t_case "users"
ok "load" load '    users: [1000]
'
one=$(inside) one_tagged=$(inside 1000)
note "untagged, one user tagged: $one; as that user: $one_tagged"
within "one tagged user costs others" $((none + 600)) "$one"
ok "load as many as there can be" load "    users: [$(seq -s , 1000 2 5092)]
"
within "untagged among 2,047 tagged" $((one + one / 20)) "$(inside)"
within "untagged, amid them" $((one + one / 20)) "$(inside 3001)"
within "tagged, amid them" $((one_tagged + one_tagged / 20)) "$(inside 3000)"
ok "load a large range" load '    users: [1000-60000]
'
within "untagged, beside a large range" $((one + one / 20)) "$(inside)"
within "tagged, in a large range" $((one_tagged + one_tagged / 20)) "$(inside 30000)"

t_case "programs"
for n in $(seq 4096); do : >"$files/$n"; done
ok "load" load "    programs: [$files/1]
"
one=$(inside)
note "untagged, one program tagged: $one"
within "one tagged program costs others" $((none + 1200)) "$one"
ok "load as many as there can be" load "    programs: [$(seq -s , -f "$files/%g" 4096)]
"
within "untagged among 4,096" $((one + one / 20)) "$(inside)"
ok "load the program itself" load "    programs: [$tiny]
"
note "an exec that enters a profile: $(inside)"

t_case "sticky"
# what programs need is not there then
ok "unload" execward unload
ok "load" load '    sticky: yes
'
one=$(inside)
within "untagged where a profile is sticky" $((none + 600)) "$one"
ok "tag" execward tag --cgroup /counted web
note "tagged, and stuck: $(inside), not sticky: $tagged"
execward unload
t_done
