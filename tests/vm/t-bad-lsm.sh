# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A kernel without "bpf" in its list of security modules would load every program and call none: that is found out.
# images: small
# kernels: all
# timeout: 60
# append: lsm=capability,landlock
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2016,SC2317 # expands in there; called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

nok "the list is as asked for" grep -qw bpf /sys/kernel/security/lsm
list=$(cat /sys/kernel/security/lsm)
rc "load" 1 load
is "says" "execward: this machine cannot enforce: \"bpf\" in the list of security modules: $list; boot with lsm=$list,bpf on the kernel's command line" "$(cat "$T_OUT")"
ok "nothing is left" wait_for 5 nothing_left
is "no pins" "" "$(ls /sys/fs/bpf)"
rc "doctor" 1 execward doctor
like "says" "^bad +\"bpf\" in the list of security modules: $list\$" "$(cat "$T_OUT")"
like "and the fix" "^ +fix: boot with lsm=$list,bpf on the kernel's command line\$" "$(cat "$T_OUT")"
like "found by trial too" '^bad +trial of a BPF-LSM program: loaded and attached, but the kernel never calls it$' "$(cat "$T_OUT")"
rc "doctor --json" 1 execward doctor --json
like "says" '^\{"v":1,"can_enforce":false,' "$(cat "$T_OUT")"
rc "status" 5 execward status
like "says" '^status    this machine cannot enforce: "bpf" in the list of security modules: ' "$(cat "$T_OUT")"
rc "status --json" 5 execward status --json
like "says" '"exit":5,.*"loaded":false\}$' "$(cat "$T_OUT")"
# without the list the trial tells
unseen() { unshare --mount sh -c 'umount -l /sys/kernel/security && exec "$@"' sh "$@"; }
rc "the list is not to be seen: load" 1 unseen execward --policy-dir "$POLICY" load
is "says" 'execward: this machine cannot enforce: trial of a BPF-LSM program: loaded and attached, but the kernel never calls it; add "bpf" to lsm= on the kernel'"'"'s command line' "$(cat "$T_OUT")"
is "no pins" "" "$(ls /sys/fs/bpf)"
rc "the list is not to be seen: status" 5 unseen execward status
rc "tag" 1 execward tag --pid $$ no
rc "run does not start the command" 125 execward run no -- touch "$T_TMP/started"
nok "really" test -e "$T_TMP/started"
ok "check works anywhere" execward check "$POLICY/t.yaml"
ok "still nothing is left" wait_for 5 nothing_left
t_done
