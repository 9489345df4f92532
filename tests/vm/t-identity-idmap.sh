# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# ID-mapped mounts: a program is the same file there, and gains what its owner is there. On btrfs, as tmpfs can be mapped
# from Linux 6.3 on only.
# images: small
# kernels: all
# timeout: 90
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

M=$T_TMP/btrfs MAPPED=$T_TMP/mapped NOBODY=$T_TMP/nobody
mkdir "$M" "$MAPPED" "$NOBODY"
ok "btrfs" t_module btrfs
ok "loop" t_module loop
truncate -s 160M "$T_TMP/image"
ok "a file system of it" mkfs.btrfs -q "$T_TMP/image"
ok "is mounted" mount -o loop "$T_TMP/image" "$M"
chmod 755 "$M"
for file in bob both other; do install -o bob -g bob -m 4755 /ew/bin/teuid "$M/$file"; done
# set-id bits count only where both owners are somebody
ok "bob is 0 there" tidmap "$M" "$MAPPED" "1001 0 1"
ok "nobody owns anything there" tidmap "$M" "$NOBODY" "5000 6000 1"
is "owners there" 0 "$(stat -c %u "$MAPPED/bob")"

bare() {
	is "$1" 1001 "$(outcome alice "$M/$1")"
	is "$1, mapped" 0 "$(outcome alice "$MAPPED/$1")"
	is "$1, owned by nobody" 1000 "$(outcome alice "$NOBODY/$1")"
}
in_no() { is "$1" "$2" "$(outcome cg_run /no alice "$1")"; }

t_case "without policy"
bare bob

cat >"$POLICY/t.yaml" <<YAML
version: 1
profiles:
  - name: no
    mode: deny
    cgroups: [/no]
    except:
      - {program: $M/bob, gain: ["uid:bob"]}
      - {program: $MAPPED/both, gain: ["uid:bob", "uid:root", caps]}
  - {name: see, mode: audit, cgroups: [/see]}
YAML
cg_make /no /see
ok "load" load

t_case "deny"
in_no "$M/bob" 1001
# the same file, and another gain
in_no "$MAPPED/bob" refused
# without a gain there is nothing to refuse
in_no "$NOBODY/bob" 1000
# named by its path there, it is the file here
in_no "$M/both" 1001
in_no "$MAPPED/both" 0
in_no "$M/other" refused
in_no "$MAPPED/other" refused
in_no "$NOBODY/other" 1000

t_case "audit"
records_begin --cgroup /see
is "passes" 0 "$(outcome cg_run /see alice "$MAPPED/bob")"
recorded() { grep -q '"path":"[^"]*/mapped/bob","dev"' "$T_TMP/records"; }
wait_for 10 recorded
records_end
like "is recorded as what it gained" '"verdict":"audit","reason":"gain".*"gain":\["uid:root",.*"cause":\["setuid"\].*"before":\{"uid":1000,"euid":1000,.*"after":\{"uid":1000,"euid":0,' \
	"$(grep /mapped/bob "$T_TMP/records")"
ok "unload" execward unload
cg_remove /no /see
umount "$MAPPED" "$NOBODY" "$M"
t_done
