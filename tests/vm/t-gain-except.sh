# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# What lets a gain pass: kinds that are not controlled, allow_caps, exceptions; and what an exception's program is.
# shellcheck shell=sh disable=SC2154,SC2034
. /ew/lib.sh
. /ew/tests/data/gain.sh

g_program plain root:root 755
g_program setuid root:root 4755
g_program setuid_bob bob:root 4755
g_program setgid root:shadow 2755
g_program setboth bob:shadow 6755
g_program caps1 root:root 755 cap_net_raw=ep
g_program caps2 root:root 755 cap_net_raw,cap_sys_time=ep
g_program replaced root:root 4755
printf '#!%s\n' "$T_TMP/setuid" >"$T_TMP/script"
chmod 755 "$T_TMP/script"
ln "$T_TMP/setuid" "$T_TMP/hard-link"
ln -s setuid "$T_TMP/symbolic-link"
cp -p "$T_TMP/setuid" "$T_TMP/copy"

# a file of another file system with setuid's inode number
mkdir "$T_TMP/other"
mount -t tmpfs -o mode=755 tmpfs "$T_TMP/other"
G_MOUNTS=$T_TMP/other
INO=$(stat -c %i "$T_TMP/setuid")
# shellcheck disable=SC2046
touch $(seq -f "$T_TMP/other/%g" "$INO")
TWIN=$(find "$T_TMP/other" -inum "$INO" -type f)
cp "$T_TMP/setuid" "$TWIN"
chmod 4755 "$TWIN"

# exceptions PROFILE EXCEPTION...: a profile that denies, with these; "PROGRAM: GAIN, GAIN[; from: PROGRAM]". The rule of
# the last one for a program is in R_PROFILE_PROGRAM.
exceptions() {
	p=$1
	shift
	g_profile "$p" deny except:
	for e; do
		g=${e#*: }
		case $g in *'; from: '*) from=", from: [${g#*; from: }]" ;; *) from= ;; esac
		printf '      - {program: %s, gain: [%s]%s}\n' "$T_TMP/${e%%: *}" "${g%%;*}" "$from" >>"$G_POLICY"
		eval "R_${p}_${e%%: *}=gain.yaml:$(($(wc -l <"$G_POLICY")))"
	done
}

g_profile uids deny "gains: [uid]" "except:" "  - {program: $T_TMP/setuid, gain: [\"uid:root\"]}"
R_uids_setuid=gain.yaml:$(($(wc -l <"$G_POLICY")))
g_profile gids deny "gains: [gid]"
g_profile caps deny "gains: [caps]"
g_profile allow_caps deny "allow_caps: [cap_net_raw]"
exceptions whole 'setuid: "uid:root", caps' 'setboth: "uid:bob", "gid:shadow"' 'caps2: cap_net_raw, cap_sys_time' \
	'setuid_bob: uid' 'setgid: gid' 'replaced: uid, caps'
exceptions part 'setuid: "uid:root"' 'setboth: "uid:bob"' 'caps2: cap_net_raw' 'setuid_bob: "uid:root"' 'setgid: uid, caps' \
	'script: "uid:root", caps'
exceptions part2 'setuid: caps' 'setboth: "gid:shadow"' 'caps2: cap_sys_time' 'setgid: "gid:root"'
exceptions from_asuser 'setuid: uid, caps; from: /ew/bin/asuser' 'caps2: caps; from: /ew/bin/asuser'
exceptions from_dash 'setuid: uid, caps; from: /usr/bin/dash' 'caps2: cap_net_raw; from: /ew/bin/asuser' 'caps2: caps'
g_profile allow_more deny "allow_caps: [cap_net_raw]" "except:" "  - {program: $T_TMP/caps2, gain: [cap_sys_time]}"
R_allow_more_caps2=gain.yaml:$(($(wc -l <"$G_POLICY")))

ROOT="uid:root,all|setuid|setid"
BOTH="uid:bob,gid:shadow|setuid,setgid|setid"
BOB="uid:bob|setuid|setid"
SHADOW="gid:shadow|setgid|setid"
CAPS1="cap_net_raw|filecaps|setid"
CAPS2="cap_net_raw,cap_sys_time|filecaps|setid"

# one NAME PROFILE SHORT PROGRAM
one() { g_one "$1" "$2" "$3" '^"uid":1000,.* \[0\]$' "$T_TMP/$4"; }

kinds() {
	one "gains: [uid], a uid" uids "deny gain $G_RULE_uids $BOB" setuid_bob
	one "gains: [uid], a gid" uids "allow not-controlled $G_RULE_uids $SHADOW" setgid
	one "gains: [uid], caps" uids "allow not-controlled $G_RULE_uids $CAPS2" caps2
	one "gains: [uid], both" uids "deny gain $G_RULE_uids $BOTH" setboth
	one "gains: [uid], an exception needs to list no more" uids "allow exception $R_uids_setuid $ROOT" setuid
	one "gains: [gid], a uid" gids "allow not-controlled $G_RULE_gids $ROOT" setuid
	one "gains: [gid], a gid" gids "deny gain $G_RULE_gids $SHADOW" setgid
	one "gains: [gid], caps" gids "allow not-controlled $G_RULE_gids $CAPS1" caps1
	one "gains: [caps], a uid" caps "allow not-controlled $G_RULE_caps $BOB" setuid_bob
	one "gains: [caps], a uid with caps" caps "deny gain $G_RULE_caps $ROOT" setuid
	one "gains: [caps], caps" caps "deny gain $G_RULE_caps $CAPS1" caps1
	one "allow_caps, no other" allow_caps "allow not-controlled $G_RULE_allow_caps $CAPS1" caps1
	one "allow_caps, one more" allow_caps "deny gain $G_RULE_allow_caps $CAPS2" caps2
	one "allow_caps, a uid" allow_caps "deny gain $G_RULE_allow_caps $BOB" setuid_bob
	one "allow_caps and an exception for the rest" allow_more "allow exception $R_allow_more_caps2 $CAPS2" caps2
}

lists() {
	one "all listed" whole "allow exception $R_whole_setuid $ROOT" setuid
	one "all listed, uid and gid" whole "allow exception $R_whole_setboth $BOTH" setboth
	one "all listed, caps" whole "allow exception $R_whole_caps2 $CAPS2" caps2
	one "any uid" whole "allow exception $R_whole_setuid_bob $BOB" setuid_bob
	one "any gid" whole "allow exception $R_whole_setgid $SHADOW" setgid
	one "the uid, not the caps" part "deny gain $G_RULE_part $ROOT" setuid
	one "the caps, not the uid" part2 "deny gain $G_RULE_part2 $ROOT" setuid
	one "the uid, not the gid" part "deny gain $G_RULE_part $BOTH" setboth
	one "the gid, not the uid" part2 "deny gain $G_RULE_part2 $BOTH" setboth
	one "one cap of two" part "deny gain $G_RULE_part $CAPS2" caps2
	one "the other cap of two" part2 "deny gain $G_RULE_part2 $CAPS2" caps2
	one "another uid" part "deny gain $G_RULE_part $BOB" setuid_bob
	one "another gid" part2 "deny gain $G_RULE_part2 $SHADOW" setgid
	one "other kinds" part "deny gain $G_RULE_part $SHADOW" setgid
	one "another program" whole "deny gain $G_RULE_whole $CAPS1" caps1
}

from() {
	one "from: the caller" from_asuser "allow exception $R_from_asuser_setuid $ROOT" setuid
	one "from: another" from_dash "deny gain $G_RULE_from_dash $ROOT" setuid
	G_AS="$G_ALICE sh -c" G_FILE=$T_TMP/setuid
	g_one "from: the caller, a shell" from_dash "allow exception $R_from_dash_setuid $ROOT" '"euid":0,' "exec $T_TMP/setuid"
	g_one "from: another, a shell" from_asuser "deny gain $G_RULE_from_asuser $ROOT" '"euid":0,' "exec $T_TMP/setuid"
	G_AS='' G_FILE=''
	one "from: the caller lists part, any lists all" from_dash "allow exception $R_from_dash_caps2 $CAPS2" caps2
}

identity() {
	one "hard link" whole "allow exception $R_whole_setuid $ROOT" hard-link
	G_FILE=$T_TMP/setuid one "symbolic link" whole "allow exception $R_whole_setuid $ROOT" symbolic-link
	one "copy" whole "deny gain $G_RULE_whole $ROOT" copy
	one "same inode number, other file system" whole "deny gain $G_RULE_whole $ROOT" "${TWIN#"$T_TMP/"}"
	G_FILE=$T_TMP/setuid one "the script of a set-uid interpreter" part "deny gain $G_RULE_part ${ROOT},script" script
	G_FILE=$T_TMP/setuid one "the interpreter" whole "allow exception $R_whole_setuid ${ROOT},script" script
}

g_cases() {
	is "a twin was found" "$INO" "$(stat -c %i "$TWIN")"
	kinds
	lists
	from
	identity
}

g_more() {
	one "replaced: before" whole "allow exception $R_whole_replaced $ROOT" replaced
	mv "$T_TMP/replaced" "$T_TMP/moved"
	cp -p "$T_TMP/setuid" "$T_TMP/new"
	mv "$T_TMP/new" "$T_TMP/replaced"
	one "replaced: the new file, not yet" whole "deny gain $G_RULE_whole $ROOT" replaced
	one "replaced: the old file, elsewhere" whole "allow exception $R_whole_replaced $ROOT" moved
	T_CASE=
	ok "the policy is loaded again" execward --policy-dir "$G_DIR" reload
	one "replaced: the new file, after a reload" whole "allow exception $R_whole_replaced $ROOT" replaced
	one "replaced: the old file, after a reload" whole "deny gain $G_RULE_whole $ROOT" moved
}

g_main
