# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What execward needs is not mounted, or the kernel has no type information: the fix is named, nothing is half-loaded.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

# without COMMAND CMD...: CMD in a mount namespace of its own, where COMMAND took something away
without() {
	# shellcheck disable=SC2016 # expands in there
	unshare --mount sh -c 'eval "$1"; shift; "$@"' sh "$@"
}
LOAD="execward --policy-dir $POLICY load"

no_bpffs="umount -l /sys/fs/bpf"
fix="no bpf file system is mounted at /sys/fs/bpf; mount one: mount -t bpf bpf /sys/fs/bpf"
t_case "no bpf file system"
# shellcheck disable=SC2086 # words
rc "load" 1 without "$no_bpffs" $LOAD
is "says" "execward: this machine cannot enforce: bpf file system: not usable; $fix" "$(cat "$T_OUT")"
rc "doctor" 1 without "$no_bpffs" execward doctor
like "says" '^bad +bpf file system: not usable$' "$(cat "$T_OUT")"
like "and the fix" "^ +fix: $fix\$" "$(cat "$T_OUT")"
rc "status" 5 without "$no_bpffs" execward status
like "says" "mount -t bpf bpf /sys/fs/bpf" "$(cat "$T_OUT")"
rc "tag" 1 without "$no_bpffs" execward tag --cgroup / no
is "says" "execward: $fix" "$(cat "$T_OUT")"
rc "unload" 1 without "$no_bpffs" execward unload
is "says" "execward: $fix" "$(cat "$T_OUT")"
rc "run" 125 without "$no_bpffs" execward run no -- true
ok "nothing is left" wait_for 5 nothing_left

no_cgroup="umount -l /sys/fs/cgroup"
t_case "no cgroup v2"
# shellcheck disable=SC2086 # words
rc "load" 1 without "$no_cgroup" $LOAD
like "says" '^execward: this machine cannot enforce: cgroup v2 hierarchy: not usable: .*; mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup$' "$(cat "$T_OUT")"
rc "doctor" 1 without "$no_cgroup" execward doctor
like "the fix" '^ +fix: mount it: mount -t cgroup2 cgroup2 /sys/fs/cgroup$' "$(cat "$T_OUT")"
rc "status" 5 without "$no_cgroup" execward status
ok "nothing is left" wait_for 5 nothing_left
load >/dev/null
rc "tag, loaded" 1 without "$no_cgroup" execward tag --cgroup / no
like "says" '^execward: .*cgroup' "$(cat "$T_OUT")"
is "a process can still be tagged" refused "$(outcome without "$no_cgroup" execward run no -- asuser 1000 1000 1000 "$SUID")"
execward unload

t_case "a part of cgroup v2"
cg_make /part
sed 's|{name: no, |{name: no, cgroups: ["/par*"], |' "$POLICY/t.yaml" >"$T_TMP/t.yaml"
mkdir "$T_TMP/pattern"
mv "$T_TMP/t.yaml" "$T_TMP/pattern"
PART="execward: cgroups cannot be matched with patterns: only a part of the cgroup2 hierarchy is to be seen here; load where all of it is mounted, outside of containers"
rc "load, of a cgroup below" 1 without "mount --bind /sys/fs/cgroup/part /sys/fs/cgroup" \
	execward --policy-dir "$T_TMP/pattern" load
is "says" "$PART" "$(cat "$T_OUT")"
ok "nothing is left" wait_for 5 nothing_left
printf '%s\n' 'umount -l /sys/fs/cgroup' 'mount -t cgroup2 cgroup2 /sys/fs/cgroup' 'exec "$@"' >"$T_TMP/inside"
rc "load, in a cgroup namespace" 1 without "echo 0 >/sys/fs/cgroup/part/cgroup.procs" \
	unshare --cgroup sh "$T_TMP/inside" execward --policy-dir "$T_TMP/pattern" load
is "says" "$PART" "$(cat "$T_OUT")"
ok "nothing is left" wait_for 5 nothing_left
ok "with all of it: load" execward --policy-dir "$T_TMP/pattern" load
is "enforced" refused "$(gain_in /part)"
execward unload
cg_remove /part

t_case "no list of security modules"
no_list="umount -l /sys/kernel/security"
rc "doctor" 0 without "$no_list" execward doctor
like "says" '^unknown "bpf" in the list of security modules: ' "$(cat "$T_OUT")"
like "as a whole" '^This machine can enforce\.$' "$(cat "$T_OUT")"
rc "status" 3 without "$no_list" execward status

mkdir "$T_TMP/empty"
no_btf="mount --bind $T_TMP/empty /sys/kernel/btf"
t_case "no BTF"
# shellcheck disable=SC2086 # words
rc "load" 1 without "$no_btf" $LOAD
is "says" "execward: this machine cannot enforce: kernel type information (BTF): /sys/kernel/btf/vmlinux cannot be read: No such file or directory; mount sysfs at /sys, or boot a kernel built with CONFIG_DEBUG_INFO_BTF=y" "$(cat "$T_OUT")"
rc "doctor" 1 without "$no_btf" execward doctor
like "says" '^bad +kernel type information \(BTF\): /sys/kernel/btf/vmlinux cannot be read: No such file or directory$' "$(cat "$T_OUT")"
like "and the fix" '^ +fix: .*CONFIG_DEBUG_INFO_BTF=y' "$(cat "$T_OUT")"
like "as a whole" '^This machine cannot enforce\.$' "$(cat "$T_OUT")"
rc "status" 5 without "$no_btf" execward status --json
like "says" '"exit":5,.*"loaded":false' "$(cat "$T_OUT")"
ok "nothing is left" wait_for 5 nothing_left
ok "with it: load" load
execward unload
t_done
