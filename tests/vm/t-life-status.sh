# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What status, doctor, check and list say, and how they end. 4 and 5 of status: t-bad-privilege, t-bad-mounts, t-bad-lsm.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

t_case "status"
rc "not loaded" 3 execward status
is "text" "status    execward is not loaded; load it: execward load" "$(cat "$T_OUT")"
rc "as JSON" 3 execward status --json
is "text" '{"v":1,"status":"execward is not loaded; load it: execward load","exit":3,"kernel":"can enforce","loaded":false}' "$(cat "$T_OUT")"
load >/dev/null
rc "enforcing" 0 execward status
like "text" '^status    enforcing$' "$(cat "$T_OUT")"
like "profiles and where they come from" '^profile   dead \(kill, t.yaml:5\): 0 allowed, 0 audited, 0 denied, 0 killed$' "$(cat "$T_OUT")"
execward run no -- asuser 1000 1000 1000 "$SUID" 2>/dev/null
execward run see -- asuser 1000 1000 1000 "$SUID" >/dev/null
execward run dead -- asuser 1000 1000 1000 "$SUID" 2>/dev/null
rc "enforcing, as JSON" 0 execward status --json
status=$(cat "$T_OUT")
like "head" '^\{"v":1,"status":"enforcing","exit":0,"kernel":"can enforce","loaded":true,"version":"[0-9.]+","profiles":\[' "$status"
like "counted by profile: deny" '\{"allow":1,"audit":0,"deny":1,"kill":0,"reasons":[^}]*"gain":1,[^}]*\},"name":"no","mode":"deny"\}' "$status"
like "audit" '\{"allow":1,"audit":1,"deny":0,"kill":0,"reasons":[^}]*"gain":1,[^}]*\},"name":"see","mode":"audit"\}' "$status"
like "kill" '\{"allow":1,"audit":0,"deny":0,"kill":1,"reasons":[^}]*"gain":1,[^}]*\},"name":"dead","mode":"kill"\}' "$status"
like "and in all" '"counters":\{"allow":3,"audit":1,"deny":1,"kill":1,"reasons":\{"untagged":0,"no-gain":3,[^}]*"gain":3,' "$status"
G='"allow":0,"audit":1,"deny":1,"kill":1'
N='"allow":0,"audit":0,"deny":0,"kill":0'
like "and gains by kind and verdict" "\"gains\":\{\"uid\":\{$G\},\"gid\":\{$N\},\"caps\":\{$G\},\"label\":\{$N\}\}" "$status"
links=/sys/fs/bpf/execward/links
for link in creds_for_exec creds_from_file committing_creds cgroup_mkdir cgroup_rmdir; do
	mv "$links/ew_$link" /sys/fs/bpf/away
	rc "a hook was taken away: $link" 1 execward status
	like "says which" "^status    not whole: program ew_$link is not attached; unload and load again\$" "$(cat "$T_OUT")"
	mv /sys/fs/bpf/away "$links/ew_$link"
done
rc "put back" 0 execward status
rm $links/ew_task_alloc
rc "a hook was taken away" 1 execward status
like "says which, and what to do" '^status    not whole: program ew_task_alloc is not attached; unload and load again$' "$(cat "$T_OUT")"
ok "unload, all the same" execward unload
ok "nothing is left" wait_for 5 nothing_left
mkdir "$T_TMP/soft"
printf 'version: 1\nprofiles:\n  - {name: see, mode: audit, gains: [uid]}\n' >"$T_TMP/soft/s.yaml"
execward --policy-dir "$T_TMP/soft" load >/dev/null
rc "audit only" 6 execward status
like "text" '^status    audit only: no profile refuses anything$' "$(cat "$T_OUT")"
execward unload
rc "wrong option" 2 execward status --nonsense
rc "argument" 2 execward status now

t_case "doctor"
rc "this machine can" 0 execward doctor
like "text" '^This machine can enforce\.$' "$(cat "$T_OUT")"
like "the trial" '^ok +trial of a BPF-LSM program: loaded, attached, and obeyed$' "$(cat "$T_OUT")"
unlike "no fixes" 'fix:' "$(cat "$T_OUT")"
rc "as JSON" 0 execward doctor --json
like "text" '^\{"v":1,"can_enforce":true,"checks":\[\{"check":"privilege","result":"ok","found":' "$(cat "$T_OUT")"
ok "leaves nothing" wait_for 5 nothing_left

t_case "check"
rc "a good directory" 0 execward --policy-dir "$POLICY" check
is "text" "1 file, 5 profiles, 0 exceptions: valid" "$(cat "$T_OUT")"
rc "a good file" 0 execward check "$POLICY/t.yaml"
printf 'version: 1\nprofiles:\n  - {name: see, mode: audits, gains: [uid]}\n' >"$T_TMP/soft/s.yaml"
rc "a bad one" 1 execward check "$T_TMP/soft/s.yaml"
like "says where, and the nearest word" "^$T_TMP/soft/s.yaml:3:[0-9]+: .*audits.*audit" "$(cat "$T_OUT")"
rc "as JSON" 1 execward check --json "$T_TMP/soft/s.yaml"
like "text" '^\{"v":1,"valid":false,"errors":1,"warnings":0,"diagnostics":\[\{' "$(cat "$T_OUT")"
rc "not there" 1 execward check /nowhere.yaml
like "text" '^/nowhere.yaml: .*No such file or directory' "$(cat "$T_OUT")"
rc "wrong option" 2 execward check --nonsense
rc "a plain user may" 0 as alice execward check "$POLICY/t.yaml"
is "examples are good" "" "$(for f in /ew/dist/examples/*.yaml; do execward check "$f" >/dev/null 2>&1 || echo "$f"; done)"

t_case "list"
rc "not loaded" 1 execward list
is "text" "execward: execward is not loaded; load it: execward load" "$(cat "$T_OUT")"
load >/dev/null
is "nothing" "Nothing is tagged." "$(execward list)"
is "nothing, as JSON" '{"v":1,"cgroups":[],"users":[],"programs":[],"processes":[]}' "$(execward list --json)"
cg_make "/s p" "/s p/x"
execward tag --cgroup "/s p" no
execward tag --cgroup "/s p/x" see
execward run dead -- sleep 100 &
job=$!
wait_for 5 grep -qx sleep /proc/$job/comm
list=$(execward list)
like "a tree: above" '^/s p +no +command$' "$list"
like "below" '^.{1,6}/s p/x +see +command$' "$list"
like "a process" "^$job sleep +dead +command\$" "$list"
kill $job
cg_remove "/s p/x" "/s p"
rc "wrong option" 2 execward list --nonsense
execward unload
t_done
