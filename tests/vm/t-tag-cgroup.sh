# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A tag on a cgroup covers everything below it, whenever it was made, and nothing else.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

cg_make /t /t/old /t/old/older /other
deep=/t
for i in $(seq 31); do
	deep=$deep/d$i
	cg_make "$deep"
done

t_case "without policy"
is "the program gains" 0 "$(gain_in /t/old/older)"
is "sudo works" 0 "$(outcome cg_run /t as alice sudo -n id -u)"

printf '  - {name: holes, mode: deny, except: [{program: %s, gain: ["uid:root", caps]}]}\n' "$SUID" >>"$POLICY/t.yaml"
ok "load" load
is "loaded, without a tag" 0 "$(gain_in /t)"

t_case "tagged"
ok "tag" execward tag --cgroup /t no
is "the cgroup itself" refused "$(gain_in /t)"
is "sudo there" refused "$(outcome cg_run /t as alice sudo -n id -u)"
is "what gains nothing" 1000 "$(outcome cg_run /t as alice "$T_TMP/plain")"
is "child from before" refused "$(gain_in /t/old)"
is "grandchild from before" refused "$(gain_in /t/old/older)"
is "at depth 32" refused "$(gain_in "$deep")"
cg_make /t/new /t/new/newer "$deep/new"
is "child from after" refused "$(gain_in /t/new)"
is "grandchild from after" refused "$(gain_in /t/new/newer)"
is "at depth 33, from after" refused "$(gain_in "$deep/new")"
is "a cgroup beside it" 0 "$(gain_in /other)"
is "outside" 0 "$(gain)"
ok "the path of the file system names it too" execward tag --cgroup /sys/fs/cgroup/t see

t_case "list"
list=$(execward list)
like "the cgroup" '^/t +no, see +command$' "$list"
unlike "not what inherits" '/t/old' "$list"
like "JSON" '"path":"/t","origin":"command","profiles":\["no","see"\]' "$(execward list --json)"
like "status counts" '"tagged_cgroups":1,"governed_cgroups":37,' "$(execward status --json)"

t_case "moves"
asker_start alice
is "not yet in" 0 "$(asker_ask)"
echo "$ASKER" >"$(cg /t/old)/cgroup.procs"
is "moved in" refused "$(asker_ask)"
echo "$ASKER" >"$(cg /other)/cgroup.procs"
is "moved out" 0 "$(asker_ask)"
cg_make /seen /holed /holed/old
ok "a cgroup that is audited" execward tag --cgroup /seen see
ok "one with an exception" execward tag --cgroup /holed holes
cg_make /holed/new
is "which passes in a child from before and after" "0 0" "$(gain_in /holed/old) $(gain_in /holed/new)"
is "and no other there" "refused refused" "$(outcome cg_run /holed/old as alice sudo -n id -u) $(outcome cg_run /holed/new as alice sudo -n id -u)"
audited=$(counter audit)
echo "$ASKER" >"$(cg /seen)/cgroup.procs"
is "moved into the first" "0 $((audited + 1))" "$(asker_ask) $(counter audit)"
echo "$ASKER" >"$(cg /holed)/cgroup.procs"
is "from there into the other" "0 $((audited + 1))" "$(asker_ask) $(counter audit)"
is "which lets no other pass" refused "$(outcome cg_run /holed as alice sudo -n id -u)"
echo "$ASKER" >"$(cg /other)/cgroup.procs"
is "and out" "0 $((audited + 1))" "$(asker_ask) $(counter audit)"
asker_stop
cg_remove /seen /holed/old /holed/new /holed

t_case "two profiles"
ok "another further down" execward tag --cgroup /t/old dead
is "the stricter decides" killed "$(gain_in /t/old/older)"
ok "the first goes" execward untag --cgroup /t no
audited=$(counter audit)
is "where only audit is left" 0 "$(gain_in /t)"
is "child and grandchild, from before and after" "0 0 0 0" "$(gain_in /t/d1) $(gain_in /t/d1/d2) $(gain_in /t/new) $(gain_in /t/new/newer)"
is "all five are counted" $((audited + 5)) "$(counter audit)"
is "where the strict one is" killed "$(gain_in /t/old)"
ok "tag again" execward tag --cgroup /t no
records_begin --denied
is "both on one task" killed "$(gain_in /t/old)"
records_end
is "one record" 1 "$(printf '%s\n' "$RECORDS" | grep -c '"type":"exec"')"
like "the one that decided" '"verdict":"kill","reason":"gain","profile":"dead","rule":"t.yaml:5"' "$RECORDS"
like "all that applied" '"profiles":\["no","see","dead"\]' "$RECORDS"

t_case "untag"
out=$(execward untag --cgroup /t/new no 2>&1)
is "what is inherited: exit" 1 "$?"
is "what is inherited: text" "execward: cgroup /t/new has no such tag of its own, but inherits it from a cgroup above; see: execward list" "$out"
out=$(execward untag --cgroup /other no 2>&1)
is "what is not there: text" "execward: cgroup /other has no such tag of its own; see: execward list" "$out"
is "nothing changed" refused "$(gain_in /t/new)"
ok "all of its own" execward untag --cgroup /t
is "free" 0 "$(gain_in /t)"
is "free at depth 32" 0 "$(gain_in "$deep")"
is "but for the tag further down" killed "$(gain_in /t/old/older)"
ok "that one by name" execward untag --cgroup /t/old dead
is "free there too" 0 "$(gain_in /t/old/older)"
is "nothing is tagged" "Nothing is tagged." "$(execward list)"
like "nothing is governed" '"tagged_cgroups":0,"governed_cgroups":0,' "$(execward status --json)"

t_case "removed and made again"
ok "tag" execward tag --cgroup /t/old/older no
cg_remove /t/old/older
like "its entry is gone" '"governed_cgroups":0,' "$(execward status --json)"
cg_make /t/old/older
is "a tag by command is not the name's" 0 "$(gain_in /t/old/older)"

# as after a reload that freed its slot while the cgroup was tagged with it (docs/design.md, Reload)
t_case "a profile that is not there"
id=$(stat -c %i "$(cg /t)")
key=$(for i in 0 8 16 24 32 40 48 56; do printf '%s ' $((id >> i & 255)); done)
slot40="0 0 0 0 0 1 0 0"
# shellcheck disable=SC2086 # words
ok "its bit alone" bpftool map update pinned /sys/fs/bpf/execward/maps/cgroups key $key value \
	$slot40 $slot40 0 0 0 0 0 0 0 0 $slot40 $slot40
is "nothing starts" refused "$(outcome cg_run /t "$T_TMP/plain")"
like "the reason" '"unevaluable":1[,}]' "$(execward status --json | sed 's/.*"counters"://')"
ok "nor with a reader" records_begin
cg_run /t "$T_TMP/plain" >/dev/null 2>&1
records_end
like "which is told" '"verdict":"deny","reason":"unevaluable","task":' "$RECORDS"
# shellcheck disable=SC2086 # words
ok "it goes" bpftool map delete pinned /sys/fs/bpf/execward/maps/cgroups key $key
is "free" 1000 "$(outcome cg_run /t as alice "$T_TMP/plain")"

t_case "root cgroup"
ok "tag" execward tag --cgroup / see
ok "and one further down" execward tag --cgroup /other no
records_begin --profile see --denied
gain >/dev/null
is "a stricter one below still counts" refused "$(gain_in /other)"
records_end
like "governs the machine" '"verdict":"audit".*"path":"/"\},"profiles":\["see"\]' "$RECORDS"
ok "untag" execward untag --cgroup /

execward unload
is "unloaded: free" 0 "$(gain_in /other)"
while [ "$deep" != /t ]; do
	cg_remove "$deep/new" "$deep"
	deep=${deep%/*}
done
cg_remove /t/new/newer /t/new /t/old/older /t/old /t /other
t_done
