# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A plain user is told what is missing, by every verb, loaded or not.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

root="run this as root"
verbs() {
	rc "load" 1 as alice execward --policy-dir "$POLICY" load
	is "load says" "execward: this machine cannot enforce: privilege: cap_sys_admin is missing; $root, outside of a container" "$(cat "$T_OUT")"
	rc "status" 4 as alice execward status
	like "status says" "^status    no privilege to look: privilege: cap_sys_admin is missing; $root" "$(cat "$T_OUT")"
	rc "status --json" 4 as alice execward status --json
	like "status --json says" '"exit":4,.*"loaded":false' "$(cat "$T_OUT")"
	rc "doctor" 1 as alice execward doctor
	like "doctor says" '^bad +privilege: cap_sys_admin is missing$' "$(cat "$T_OUT")"
	for verb in "tag --pid $$ no" "untag --pid $$ no" "list" "trace" "unload"; do
		# shellcheck disable=SC2086 # words
		rc "${verb%% *}" 1 as alice execward $verb
		like "${verb%% *} says" "^execward: .*(Permission denied|Operation not permitted); $root" "$(cat "$T_OUT")"
	done
	rc "run" 125 as alice execward run no -- true
	like "run says" "; $root" "$(cat "$T_OUT")"
	ok "check needs none" as alice execward check "$POLICY/t.yaml"
	ok "nor does help" as alice execward --help
}
t_case "not loaded"
verbs
t_case "loaded"
load >/dev/null
cg_make /u
execward tag --cgroup /u no
verbs
is "nothing changed" refused "$(gain_in /u)"
ok "the lock is there" test -e /run/execward/lock
nok "and not to be held by a plain user, who would keep root waiting" as alice flock -n /run/execward/lock true
nok "nor by one that he puts there" as alice touch /run/execward/other
t_case "root without capabilities"
rc "load" 1 setpriv --bounding-set=-all --inh-caps=-all execward load
rc "status" 4 setpriv --bounding-set=-all --inh-caps=-all execward status
execward unload
cg_remove /u
t_done
