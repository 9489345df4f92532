# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A sticky profile of a cgroup stays with who forks or execs there; another is shed by leaving.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2016 # words; expands in there
. /ew/lib.sh
. /ew/tests/data/tags.sh

CG=/sys/fs/cgroup
# leave CGROUP CMD...: enters CGROUP, execs there, is moved out by itself, and runs CMD as alice
leave() { outcome sh -c 'echo $$ >"$0/$1/cgroup.procs" && shift && exec env sh -c '\''echo $$ >"$0/cgroup.procs" && exec asuser 1000 1000 1000 "$@"'\'' "$0" "$@"' $CG "$@"; }
# fork_leave CGROUP CMD...: the same with a fork in place of the exec; echo is the shell's own, and so no exec
fork_leave() { outcome sh -c '{ echo $$ >"$0/$1/cgroup.procs" && (:); echo $$ >"$0/cgroup.procs"; } && shift && exec asuser 1000 1000 1000 "$@"' $CG "$@"; }
# pass CGROUP CMD...: neither
pass() { outcome sh -c 'echo $$ >"$0/$1/cgroup.procs" && echo $$ >"$0/cgroup.procs" && shift && exec asuser 1000 1000 1000 "$@"' $CG "$@"; }

cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, cgroups: [/loose, /both]}
  - {name: keep, mode: deny, sticky: yes, cgroups: [/sticky, /both]}
  - {name: see, mode: audit, sticky: yes}
  - {name: dead, mode: kill, sticky: yes}
  - name: holes
    mode: deny
    sticky: yes
    cgroups: [/holes]
    except:
YAML
printf '      - {program: %s, gain: ["uid:root", caps]}\n' "$SUID" >>"$POLICY/t.yaml"
install -m 4755 /ew/bin/teuid "$T_TMP/other"
cg_make /holes /loose /sticky /sticky/below /both /see /dead

t_case "without policy"
is "gains" 0 "$(leave /sticky "$SUID")"
ok "load" load

t_case "not sticky"
is "in the cgroup" refused "$(gain_in /loose)"
is "after an exec there" 0 "$(leave /loose "$SUID")"
is "after a fork there" 0 "$(fork_leave /loose "$SUID")"

t_case "sticky"
is "in the cgroup" refused "$(gain_in /sticky)"
is "after an exec there" refused "$(leave /sticky "$SUID")"
is "what gains nothing goes on" 1000 "$(leave /sticky "$T_TMP/plain")"
is "after an exec below" refused "$(leave /sticky/below "$SUID")"
is "after a fork there" refused "$(fork_leave /sticky "$SUID")"
is "descendants" refused "$(leave /sticky tchild session "$SUID")"
is "an exec by a thread" refused "$(outcome sh -c 'echo $$ >"$0/sticky/cgroup.procs" && exec tchild thread "$1" -c "echo \$\$ >$0/cgroup.procs && exec asuser 1000 1000 1000 $2"' $CG /bin/dash "$SUID")"
is "neither fork nor exec there" 0 "$(pass /sticky "$SUID")"
is "others" 0 "$(gain)"
is "an exception, and what it does not name" "0 refused" "$(leave /holes "$SUID") $(leave /holes "$T_TMP/other")"
is "one sticky, one not: the sticky one stays" refused "$(leave /both "$SUID")"
records_begin --denied
leave /both "$SUID" >/dev/null
records_end
like "and it alone" '"verdict":"deny".*"profile":"keep",.*"profiles":\["keep"\]' "$RECORDS"

t_case "by command"
ok "audit" execward tag --cgroup /see see
ok "kill" execward tag --cgroup /dead dead
is "audit passes" 0 "$(leave /see "$SUID")"
is "counted" 1 "$(counter audit)"
is "kill" killed "$(leave /dead "$SUID")"
asker_start sh -c 'echo $$ >"$0/dead/cgroup.procs" && exec env sh -c '\''echo $$ >"$0/cgroup.procs" && exec asuser 1000 1000 1000 "$@"'\'' "$0" "$@"' $CG
like "listed as a process" "^$ASKER asker +dead +sticky$" "$(execward list)"
ok "untag the process" execward untag --pid "$ASKER"
is "free" 0 "$(asker_ask)"
asker_stop
like "status" '^status +enforcing$' "$(execward status)"
ok "unload" execward unload
is "unloaded: free" "0 0" "$(leave /sticky "$SUID") $(gain_in /sticky)"

t_case "the tag cannot be stored"
ok "load with the fault" env EXECWARD_FAULT=exec execward --policy-dir "$POLICY" load
is "exec is refused there" refused "$(outcome cg_run /sticky "$T_TMP/plain" 2>&1 | sed 's/.*Permission denied\|.*Operation not permitted/refused/')"
like "so is fork" 'Cannot fork$' "$(sh -c 'echo $$ >"$0/sticky/cgroup.procs"; (:); :' $CG 2>&1)"
is "not sticky: goes on" 0 "$(cg_run /loose "$T_TMP/plain")"
status=$(execward status --json)
like "the exec is counted, as unevaluable" '\{"allow":[0-9]*,"audit":0,"deny":1,"kill":0,"reasons":[^}]*"unevaluable":1[^}]*\},"name":"keep"' "$status"
like "and in all" '"counters":\{"allow":[0-9]*,"audit":0,"deny":1,"kill":0,"reasons":[^}]*"unevaluable":1[,}]' "$status"
ok "kill" execward tag --cgroup /dead dead
is "kill: who execs is" killed "$(outcome cg_run /dead "$T_TMP/plain")"
records_begin
cg_run /sticky "$T_TMP/plain" >/dev/null 2>&1
records_end
like "a reader is told of what it cannot have" '^\{"v":1,"type":"lost",.*"count":1[,}]' "$RECORDS"
ok "audit" execward tag --cgroup /see see
is "audit: exec and fork go on" 0 "$(cg_run /see tchild session "$T_TMP/plain")"
ok "the fork is counted" test "$(counter tags_lost)" -gt 0
execward unload
cg_remove /holes /loose /sticky/below /sticky /both /see /dead
t_done
