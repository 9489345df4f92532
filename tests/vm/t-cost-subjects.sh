#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What tags on users and programs cost an exec, in instructions of our programs: nothing before the first of them is set,
# and the same for one as for all that there can be.
# images: small
# kernels: 6.1 newest
# mode: count
# timeout: 240
# mem: 1024
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/cost.sh
. /ew/lib.sh
. /ew/tests/data/cost.sh

policy=$T_TMP/policy.d
files=$T_TMP/files
mkdir "$policy" "$files"
mkdir $CGROUPS/counted

# inside [UID]: instructions that our programs spend on one exec
inside() { spent_execs 3 counted $TINY asuser "${1:-5}" "${1:-5}" "${1:-5}"; }

# load TEXT: with a profile "web" that has TEXT as further keys; in the place of what is loaded, if anything is
load() {
	printf 'version: 1\nprofiles:\n  - name: web\n    mode: deny\n%s' "$1" >"$policy/t.yaml"
	in_force "$policy"
}

echo 0 >/proc/sys/kernel/randomize_va_space
counted on

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
ok "load the program itself" load "    programs: [$TINY]
"
note "an exec that enters a profile: $(inside)"

t_case "sticky"
# what programs need is not there then; a reload leaves it
ok "unload" execward unload
ok "load" load '    sticky: yes
'
one=$(inside)
within "untagged where a profile is sticky" $((none + 600)) "$one"
ok "tag" execward tag --cgroup /counted web
note "tagged, and stuck: $(inside), not sticky: $tagged"
execward unload
t_done
