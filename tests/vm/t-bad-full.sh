# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The map of cgroups is full: a tag that does not fit is refused whole, and no cgroup gets away from the tags there are.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

CGROUPS=/sys/fs/bpf/execward/maps/cgroups
incomplete() { bpftool map dump pinned /sys/fs/bpf/execward/maps/state | sed -n 's/.*"cgroups_incomplete": \([0-9]*\).*/\1/p'; }

cg_make /full /full/old /other /other/a /other/b
load >/dev/null
execward tag --cgroup /full no
is "the map takes a million" 999998 "$(tfill $CGROUPS 2000000)"

t_case "tag"
out=$(execward tag --cgroup /other dead 2>&1)
is "exit" 1 "$?"
like "names the limit" '^execward: cgroup /other cannot be tagged: .*map of tagged cgroups is full.*1,?000,?000' "$out"
like "and what to do" 'tag fewer cgroups, or one further up$' "$out"
is "is not in force" 0 "$(gain_in /other)"
is "nor below" 0 "$(gain_in /other/a)"
tfill $CGROUPS -2 >/dev/null
is "room for two of three: exit" 1 "$(execward tag --cgroup /other dead >/dev/null 2>&1; echo $?)"
is "is not in force" 0 "$(gain_in /other)"
is "nor below: a" 0 "$(gain_in /other/a)"
is "nor below: b" 0 "$(gain_in /other/b)"
is "and takes no room" 2 "$(tfill $CGROUPS 2)"
is "what is there can be changed" "refused killed" "$(gain_in /full) $(execward tag --cgroup /full dead; gain_in /full/old)"
is "and back" refused "$(execward untag --cgroup /full dead; gain_in /full/old)"

t_case "a pattern"
mkdir "$T_TMP/pattern"
sed 's|{name: dead, |{name: dead, cgroups: ["/oth*"], |' "$POLICY/t.yaml" >"$T_TMP/pattern/t.yaml"
rc "reload is refused" 1 execward --policy-dir "$T_TMP/pattern" reload
like "says why" '^execward: [1-9][0-9]* cgroups cannot be tagged: the map of tagged cgroups is full, it holds 1000000; name fewer in the policy$' "$(cat "$T_OUT")"
is "is not in force" 0 "$(gain_in /other)"
is "what was is" refused "$(gain_in /full)"

t_case "cgroups made meanwhile"
is "none was missed so far" 0 "$(incomplete)"
cg_make /full/new /full/new/newer /full/new/other /free /free/new
is "governed" refused "$(gain_in /full/new)"
is "and below" refused "$(gain_in /full/new/newer)"
is "it is known that entries are missing" 1 "$(incomplete)"
is "others are free" 0 "$(gain_in /free/new)"
tfill $CGROUPS -100 >/dev/null
cg_make /full/later /full/new/later
is "made when there is room again" refused "$(gain_in /full/later)"
is "below one that had none" refused "$(gain_in /full/new/later)"
ok "a tag of its own below one that had none" execward tag --cgroup /full/new/newer see
is "adds to what is above" refused "$(gain_in /full/new/newer)"
ok "tag again fills the gaps" execward tag --cgroup /full no
is "governed" refused "$(gain_in /full/new)"
is "and below" refused "$(gain_in /full/new/newer)"
ok "untag" execward untag --cgroup /full
is "free" 0 "$(gain_in /full/new)"
is "free below" 0 "$(gain_in /full/new/other)"
execward unload
cg_remove /full/new/newer /full/new/other /full/new/later /full/new /full/later /full/old /full /other/a /other/b /other /free/new /free
t_done
