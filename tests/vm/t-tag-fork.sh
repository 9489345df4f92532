# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A child whose tag cannot be stored is not born; where the profiles only audit, it is, and the loss is counted.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PLAIN=$T_TMP/plain
try() { execward run "$1" -- tchild "$2" "$PLAIN" 2>&1; }
again="tchild: fork: Resource temporarily unavailable"

t_case "tags cannot be stored"
ok "load with the fault" env EXECWARD_FAULT=fork execward --policy-dir "$POLICY" load
is "deny: fork fails" "$again" "$(try no session)"
is "deny: vfork fails" "tchild: vfork: Resource temporarily unavailable" "$(try no vfork)"
is "deny: posix_spawn fails" "tchild: $PLAIN: Resource temporarily unavailable" "$(try no spawn)"
is "deny: fork for CLONE_PARENT fails" "$again" "$(try no parent)"
is "kill: fork fails" "$again" "$(try dead session)"
is "exec: none: fork fails" "$again" "$(try stop session)"
is "deny and audit: fork fails" "$again" "$(execward run see -- execward run no -- tchild session "$PLAIN" 2>&1)"
is "a thread needs no tag of its own" 0 "$(try no leader)"
is "nor does an exec" 0 "$(execward run no -- env env "$PLAIN")"
status=$(execward status --json)
like "each is counted" '"forks_failed":7,' "$status"
like "none was let go" '"tags_lost":0,' "$status"
is "audit: fork goes on" 0 "$(try see session)"
is "audit: vfork goes on" 0 "$(try see vfork)"
is "audit of execs: fork goes on" 0 "$(try watch session)"
status=$(execward status --json)
like "lost tags are counted" '"tags_lost":3,' "$status"
like "and no failure" '"forks_failed":7,' "$status"
is "untagged: fork" 0 "$(tchild session "$PLAIN")"
is "untagged: the set-uid program gains" 0 "$(gain)"
cg_make /f
execward tag --cgroup /f no
is "tagged by cgroup alone: fork" 0 "$(cg_run /f tchild session "$PLAIN")"
is "and is governed" refused "$(outcome cg_run /f asuser 1000 1000 1000 tchild session "$SUID")"
cg_remove /f
status=$(execward status)
like "status tells" '7 forks refused' "$status"

ok "unload" execward unload

t_case "tags can be stored"
ok "load, without the fault" load
is "fork" 0 "$(try no session)"
is "vfork" 0 "$(try no vfork)"
is "posix_spawn" 0 "$(try no spawn)"
is "CLONE_PARENT" 0 "$(try no parent)"
is "nothing failed" 0 "$(counter forks_failed)"
is "nothing was lost" 0 "$(counter tags_lost)"
execward unload
t_done
