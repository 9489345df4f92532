# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Cgroups come and go, 1,000 a round, 100 rounds (20 where that takes longest), in tagged cgroups and by patterns: what the maps hold for them goes, too.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

cat >"$POLICY/c.yaml" <<'YAML'
version: 1
profiles:
  - {name: named, mode: deny, gains: [uid], cgroups: [/churn/policy]}
  - {name: pattern, mode: audit, gains: [uid], cgroups: ["/churn/**/b*", "/churn/free/a1?"]}
YAML
case $(uname -r) in 6.1.*) rounds=100 ;; *) rounds=20 ;; esac
rounds=$(asked rounds $rounds)
pins=/sys/fs/bpf/execward/maps
entries() { bpftool map dump pinned "$pins/$1" -j | grep -o '"key":\[' | wc -l; }
memory() { bpftool map show pinned "$pins/$1" -j | sed -n 's/.*"bytes_memlock":\([0-9]*\).*/\1/p'; }
unreclaimable() { sed -n 's/^SUnreclaim: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
# sizes: entries of every map that cgroups are in, and memory, as the map itself has it: on Linux 6.1 it is that of a
# full one
sizes() { for map in cgroups cgroup_paths patterns; do echo "$map $(entries $map) $(memory $map)"; done; }
sizes_are() { [ "$(sizes)" = "$1" ]; }
# memory that the kernel cannot get back at will, kB
kernel_is_below() { [ "$(unreclaimable)" -lt "$1" ]; }
none_dying() { grep -q '^nr_dying_descendants 0$' "$(cg /cgroup.stat)"; }

cg_make /churn /churn/policy /churn/command /churn/free
ok "load" load
ok "tag" execward tag --cgroup /churn/command no
before=$(sizes)
note "at first: $(printf %s "$before" | tr '\n' ';')"

t_case "one round"
for where in policy command free; do ok "$where: made" tchurn "$(cg /churn/$where)" 1000 0; done
# all of two parents; of the third the odd ones and a10, a12 .. a18
is "entries" $((2 + 2000 + 500 + 5)) "$(entries cgroups)"
is "tagged by what is above" "refused refused" "$(gain_in /churn/policy/a998) $(gain_in /churn/command/a998)"
is "not tagged" "0" "$(gain_in /churn/free/a998)"
like "status counts them" '"governed_cgroups":2507,' "$(execward status --json)"
for where in policy command free; do ok "$where: removed" wait_for 10 tchurn "$(cg /churn/$where)" 1000 -1; done
ok "none is left" wait_for 10 sizes_are "$before"
ok "nor for the kernel" wait_for 30 none_dying

t_case "$rounds rounds"
kernel=$(unreclaimable)
start=$(t_now)
ok "in a cgroup of the policy" tchurn "$(cg /churn/policy)" 1000 $((rounds * 2 / 5))
ok "in one of a command" tchurn "$(cg /churn/command)" 1000 $((rounds * 2 / 5))
ok "by patterns" tchurn "$(cg /churn/free)" 1000 $((rounds / 5))
note "$rounds rounds of 1,000 took $((($(t_now) - start) / 100)) s"
ok "every cgroup is gone" wait_for 60 none_dying
ok "sizes are what they were" wait_for 10 sizes_are "$before"
is "sizes" "$before" "$(sizes)"
# half of what so many entries would take
ok "the kernel keeps none of it" wait_for 30 kernel_is_below $((kernel + 48 * rounds))
note "unreclaimable memory of the kernel: $kernel kB before, $(unreclaimable) kB after"
is "no entry was ever missed" '"cgroups_incomplete":false' "$(execward status --json | grep -o '"cgroups_incomplete":[a-z]*')"
is "tags hold" "refused refused" "$(gain_in /churn/policy) $(gain_in /churn/command)"
ok "unload" execward unload
cg_remove /churn/policy /churn/command /churn/free /churn
t_done
