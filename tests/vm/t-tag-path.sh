# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A cgroup that the policy names is tagged from the instant it exists, however often it is made. Version 1 is not touched.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

cat >"$POLICY/u.yaml" <<'YAML'
version: 1
profiles:
  - {name: named, mode: deny, gains: [uid], cgroups: [/named/later, /named/now]}
  - {name: heard, mode: audit, gains: [uid], cgroups: [/named/heard, /named/now]}
YAML
cg_make /named /named/now /named/now/below /named/laterx

t_case "without policy"
is "the program gains in a cgroup of that name" 0 "$(gain_in /named/now)"
is "every time" "20 ran, 0 refused" "$(tinto "$(cg /named/later)" 20 1000 "$SUID" | tail -n 1)"

ok "load" load

t_case "there before"
is "tagged" refused "$(gain_in /named/now)"
is "and what is below" refused "$(gain_in /named/now/below)"
is "not what is above" 0 "$(gain_in /named)"
is "not a name that begins alike" 0 "$(gain_in /named/laterx)"
like "list tells the origin" '^/named/now +named, heard +named: u.yaml:3; heard: u.yaml:4$' "$(execward --policy-dir "$POLICY" list)"

t_case "made later"
cg_make /named/later /named/later/below
is "tagged" refused "$(gain_in /named/later)"
is "and what is below" refused "$(gain_in /named/later/below)"
cg_remove /named/later/below /named/later
like "forgotten with it" '"governed_cgroups":2,' "$(execward status --json)"
cg_make /named/later
is "tagged again" refused "$(gain_in /named/later)"
ok "untag" execward untag --cgroup /named/later named
like "says what it is worth" 'the tag comes back when the policy is loaded, or the cgroup made, again' "$(cat "$T_OUT")"
is "free" 0 "$(gain_in /named/later)"
cg_remove /named/later
cg_make /named/later
is "tagged anew" refused "$(gain_in /named/later)"
ok "another tag by command" execward tag --cgroup /named/later dead
is "adds to the policy's" killed "$(gain_in /named/later)"
like "and is told" '^/named/later +dead, named +dead: command; named: u.yaml:3$' "$(execward --policy-dir "$POLICY" list)"
cg_remove /named/later

t_case "no moment untagged"
denied=$(counter deny)
is "born in it, every one is refused" "0 ran, 100 refused" "$(tinto "$(cg /named/later)" 100 1000 "$SUID" | tail -n 1)"
is "all are counted" $((denied + 100)) "$(counter deny)"
is "audit lets them pass" "20 ran, 0 refused" "$(tinto "$(cg /named/heard)" 20 1000 "$SUID" | tail -n 1)"
is "beside it they pass" "20 ran, 0 refused" "$(tinto "$(cg /named/free)" 20 1000 "$SUID" | tail -n 1)"

t_case "version 1"
V1=$T_TMP/v1
mkdir "$V1"
ok "mount" mount -t cgroup -o none,name=foo none "$V1"
before=$(execward status --json | grep -o '"governed_cgroups":[0-9]*')
mkdir -p "$V1/named/later" "$V1/t"
is "a path of the policy there is not tagged" "$before" "$(execward status --json | grep -o '"governed_cgroups":[0-9]*')"
sh -c 'echo 0 >"$1/named/later/cgroup.procs"; shift; exec "$@"' sh "$V1" cat /proc/self/cgroup >"$T_TMP/where"
like "a process is there" 'name=foo:/named/later' "$(cat "$T_TMP/where")"
in_v1() (
	echo 0 >"$V1/named/later/cgroup.procs"
	"$@"
)
is "and free" 0 "$(outcome in_v1 alice "$SUID")"
both() (
	echo 0 >"$V1/t/cgroup.procs"
	cg_run /named/now alice "$SUID"
)
is "while its v2 cgroup counts" refused "$(outcome both)"
out=$(execward tag --cgroup "$V1/t" no 2>&1)
is "tag: exit" 1 "$?"
is "tag: text" "execward: $V1/t is a cgroup of version 1; only those of version 2 can be tagged, see: mount -t cgroup2" "$out"
is "nothing was tagged" "$before" "$(execward status --json | grep -o '"governed_cgroups":[0-9]*')"
for dir in "$V1/named/later" "$V1/named" "$V1/t"; do wait_for 10 rmdir "$dir"; done
is "rmdir forgets nothing else" "$before" "$(execward status --json | grep -o '"governed_cgroups":[0-9]*')"
is "that of v2 is still tagged" refused "$(gain_in /named/now)"
umount "$V1"

execward unload
t_case "unloaded"
is "born in it, every one runs" "20 ran, 0 refused" "$(tinto "$(cg /named/later)" 20 1000 "$SUID" | tail -n 1)"
cg_remove /named/now/below /named/now /named/laterx /named
t_done
