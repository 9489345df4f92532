# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Hooks that only some policies need: there from the load on, though nobody reads and no command tags; or with the first
# reader. In other tests of shapes there is always a reader, which has these attached.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2034,SC2154 # of asker_start; of tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

LINKS=/sys/fs/bpf/execward/links SCRIPT=$T_TMP/script CAPS=$T_TMP/caps
printf '#!/bin/sh\n"$@"; exit\n' >"$SCRIPT"
chmod 755 "$SCRIPT"
install -m 755 /ew/bin/teuid "$CAPS"
setcap cap_net_raw=i "$CAPS" # gives nobody anything
cg_make /h /h/deny /h/see
by_script() { outcome alice "$SCRIPT" "$SUID"; }
caps_in() { outcome cg_run "/h/$1" alice "$CAPS"; }
# missing HOOK: status tells of one that is not attached
missing() {
	mv "$LINKS/$1" /sys/fs/bpf/away
	like "status misses $1" "^status    not whole: program $1 is not attached" "$(execward status)"
	mv /sys/fs/bpf/away "$LINKS/$1"
}

t_case "without policy"
is "a script's command gains" 0 "$(by_script)"
is "the file with capabilities starts" 1000 "$(caps_in deny)"

t_case "a script as a tagged program"
cat >"$POLICY/t.yaml" <<YAML
version: 1
profiles:
  - {name: no, mode: deny, programs: [$SCRIPT]}
YAML
ok "load" load
is "who executes it is governed" refused "$(by_script)"
is "who does not is not" 0 "$(gain)"
missing ew_check_security
missing ew_task_alloc

t_case "the first reader"
nok "nobody learns of capabilities" test -e $LINKS/ew_vfs_caps
records_begin --all
"$CAPS" >/dev/null
records_end
like "then each record has them" '"path":"[^"]*/caps",.*"shape":\["setid"\]' "$RECORDS"
ok "unload" execward unload

t_case "shapes"
cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, gains: [], shapes: [setid], cgroups: [/h/deny]}
  - {name: see, mode: audit, gains: [], shapes: [setid], cgroups: [/h/see]}
  - {name: own, mode: deny, self_service: yes}
YAML
ok "load" load
is "capabilities without effect are refused" refused "$(caps_in deny)"
is "in audit mode they pass" 1000 "$(caps_in see)"
is "and are counted" 1 "$(counter audit)"
is "what has none passes" 1000 "$(outcome cg_run /h/deny alice "$T_TMP/plain")"
for hook in ew_check_security ew_vfs_caps ew_task_alloc ew_task_fork ew_task_prctl; do missing $hook; done
like "put back" '^status    enforcing$' "$(execward status)"
ok "unload" execward unload
cg_remove /h/deny /h/see /h
t_done
