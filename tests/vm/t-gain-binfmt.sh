# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# timeout: 120
# Files that binfmt_misc gives to an interpreter: whose creds count (flag C: the file's own), and the shape.
# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh

BINFMT=/proc/sys/fs/binfmt_misc
ok "the module loads" t_module binfmt_misc
ok "its files" mount -t binfmt_misc binfmt_misc $BINFMT
G_MOUNTS=$BINFMT

# format NAME MAGIC INTERPRETER FLAGS
format() { printf ':%s:M::%s::%s:%s' "$1" "$2" "$T_TMP/$3" "$4" >$BINFMT/register; }
# file NAME MAGIC OWNER:GROUP MODE [CAPS]
file() {
	printf '%s\n' "$2" >"$T_TMP/$1"
	chown "$3" "$T_TMP/$1"
	chmod "$4" "$T_TMP/$1"
	[ -z "${5:-}" ] || setcap "$5" "$T_TMP/$1"
}
g_program interpreter root:root 755
g_program setuid root:root 4755
g_program caps root:root 755 cap_net_raw=ep
format ew-plain EWPLAIN interpreter ''
format ew-creds EWCREDS interpreter C
format ew-setuid EWSETUID setuid ''
format ew-setuid-creds EWSCREDS setuid C
format ew-caps EWCAPS caps ''
file plain EWPLAIN root:root 755
file plain-setuid EWPLAIN root:root 4755
file creds EWCREDS root:root 755
file creds-setuid EWCREDS root:root 4755
file creds-setgid EWCREDS root:shadow 2755
file creds-caps EWCREDS root:root 755 cap_net_raw=ep
file by-setuid EWSETUID root:root 755
file by-setuid-creds EWSCREDS root:root 755
file by-caps EWCAPS root:root 755
printf '#!%s\n' "$T_TMP/plain" >"$T_TMP/script"
chmod 755 "$T_TMP/script"

g_profiles "$T_TMP/creds-setuid: \"uid:root\", caps" "$T_TMP/creds-setgid: \"gid:shadow\"" "$T_TMP/creds-caps: cap_net_raw" \
	"$T_TMP/setuid: \"uid:root\", caps" "$T_TMP/caps: cap_net_raw"
g_profile no_interpreted deny "shapes: [interpreted]"
g_profile not_interpreted deny "shapes: [memfd, unlinked, script, nosuid-mount, ptraced]"
g_profile shape_audit audit "shapes: [interpreted]"
g_profile shape_kill kill "shapes: [interpreted]"

NONE='"uid":1000,"euid":1000,"suid":1000,"gid":1000,"egid":1000,"sgid":1000,"permitted":"0000000000000000"'
SHADOW=$(sed -n 's,^shadow:[^:]*:\([0-9]*\):.*,\1,p' /etc/group)

# the file of a record is the one whose creds count
g_cases() {
	G_FILE=$T_TMP/interpreter g_nogain "a file with an interpreter" "||interpreted" "$NONE" "$T_TMP/plain"
	G_FILE=$T_TMP/interpreter g_nogain "its set-uid bit is nothing" "||setid,interpreted" "$NONE" "$T_TMP/plain-setuid"
	G_FILE=$T_TMP/creds g_nogain "flag C, nothing to gain" "||interpreted" "$NONE" "$T_TMP/creds"
	g_gain "flag C, set-uid" "uid:root,all|setuid|setid,interpreted" '"euid":0,' "$T_TMP/creds-setuid"
	g_gain "flag C, set-gid" "gid:shadow|setgid|setid,interpreted" "\"egid\":$SHADOW," "$T_TMP/creds-setgid"
	g_gain "flag C, file caps" "cap_net_raw|filecaps|setid,interpreted" '"permitted":"0000000000002000"' "$T_TMP/creds-caps"
	G_FILE=$T_TMP/setuid g_gain "a set-uid interpreter" "uid:root,all|setuid|setid,interpreted" '"euid":0,' "$T_TMP/by-setuid"
	G_FILE=$T_TMP/caps g_gain "an interpreter with file caps" "cap_net_raw|filecaps|setid,interpreted" \
		'"permitted":"0000000000002000"' "$T_TMP/by-caps"
	G_FILE=$T_TMP/by-setuid-creds g_nogain "a set-uid interpreter, flag C" "||setid,interpreted" "$NONE" "$T_TMP/by-setuid-creds"
	G_FILE=$T_TMP/interpreter g_nogain "a script whose interpreter has one" "||script,interpreted" "$NONE" "$T_TMP/script"

	for p in "no_interpreted deny" "shape_audit audit" "shape_kill kill"; do
		eval "rule=\$G_RULE_${p% *}"
		G_FILE=$T_TMP/interpreter g_one "shape" ${p% *} "${p#* } shape $rule ||interpreted" "$NONE" "$T_TMP/plain"
	done
	G_FILE=$T_TMP/interpreter g_one "other shapes" not_interpreted "allow no-gain $G_RULE_not_interpreted ||interpreted" \
		"$NONE" "$T_TMP/plain"
	g_one "no interpreter" no_interpreted "allow no-gain $G_RULE_no_interpreted ||" "$NONE" "$T_TMP/interpreter"
}

g_main
