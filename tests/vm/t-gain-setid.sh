# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# Set-id bits and file capabilities in every combination, with and without effect.
# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh

g_program setuid root:root 4755
g_program setuid-bob bob:root 4755
g_program setuid-alice alice:root 4755
g_program setgid root:shadow 2755
g_program setgid-last root:20001 2755
g_program setgid-noexec root:shadow 2705
g_program setboth bob:shadow 6755
g_program caps-ep root:root 755 cap_net_raw=ep
g_program caps-p root:root 755 cap_net_raw,cap_sys_time=p
g_program caps-i root:root 755 cap_net_raw=i
g_program caps-all root:root 755 =ep
g_program both-bob bob:root 4755 cap_net_raw=ep
g_program both-root root:root 4755 cap_net_raw=ep
g_program both-all root:root 4755 =ep
g_program plain root:root 755
printf '#!%s\n' "$T_TMP/plain" >"$T_TMP/script"
chmod 6755 "$T_TMP/script"
printf '#!%s\n' "$T_TMP/setuid" >"$T_TMP/script-setuid"
printf '#!%s\n' "$T_TMP/script-setuid" >"$T_TMP/script-script"
chmod 755 "$T_TMP/script-setuid" "$T_TMP/script-script"
mkdir "$T_TMP/nosuid"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$T_TMP/nosuid"
G_MOUNTS=$T_TMP/nosuid
cp -p "$T_TMP/setuid" "$T_TMP/nosuid/setuid"
cp -p "$T_TMP/setgid" "$T_TMP/nosuid/setgid"
g_program nosuid/caps-ep root:root 755 cap_net_raw=ep

g_profiles "$T_TMP/setuid: \"uid:root\", caps" "$T_TMP/setuid-bob: \"uid:bob\"" "$T_TMP/setgid: \"gid:shadow\"" \
	"$T_TMP/setboth: \"uid:bob\", \"gid:shadow\"" "$T_TMP/caps-ep: cap_net_raw" \
	"$T_TMP/caps-p: cap_net_raw, cap_sys_time" "$T_TMP/caps-i: cap_net_raw" "$T_TMP/caps-all: caps" \
	"$T_TMP/both-bob: \"uid:bob\", cap_net_raw" "$T_TMP/both-root: \"uid:root\", cap_net_raw" "$T_TMP/both-all: uid, caps"

NET_RAW='"permitted":"0000000000002000"'
NONE='"uid":1000,"euid":1000,"suid":1000,"gid":1000,"egid":1000,"sgid":1000,"permitted":"0000000000000000"'
SHADOW=$(sed -n 's,^shadow:[^:]*:\([0-9]*\):.*,\1,p' /etc/group)

g_cases() {
	g_gain "set-uid root" "uid:root,all|setuid|setid" "\"uid\":1000,\"euid\":0,\"suid\":0,.*\"permitted\":\"$G_FULL\"" \
		"$T_TMP/setuid"
	g_gain "set-uid to non-root" "uid:bob|setuid|setid" '"uid":1000,"euid":1001,.*"permitted":"0{16}"' "$T_TMP/setuid-bob"
	g_nogain "set-uid to oneself" "||setid" "$NONE" "$T_TMP/setuid-alice"
	G_AS="gain-launch -u 1001,1000,1000" g_nogain "set-uid to one's real id" "||setid" '"uid":1001,"euid":1001,' \
		"$T_TMP/setuid-bob"
	G_AS="gain-launch -u 1000,1000,1001" G_NNP="gain-launch -n -u 1000,1000,1001" g_nogain "set-uid to one's saved id" "||setid" '"uid":1000,"euid":1001,' \
		"$T_TMP/setuid-bob"
	g_gain "set-gid" "gid:shadow|setgid|setid" "\"euid\":1000,.*\"gid\":1000,\"egid\":$SHADOW,.*\"permitted\":\"0{16}\"" \
		"$T_TMP/setgid"
	for g_ids in "real|$SHADOW,1000,1000" "saved|1000,1000,$SHADOW"; do
		G_AS="gain-launch -g ${g_ids#*|} -G 1000 -u 1000" G_NNP="gain-launch -n -g ${g_ids#*|} -G 1000 -u 1000" \
			g_nogain "set-gid to one's ${g_ids%|*} id" "||setid" "\"egid\":$SHADOW," "$T_TMP/setgid"
	done
	G_AS="asuser 1000 1000 4,1000,$SHADOW,65534" g_nogain "set-gid, already in the groups" "||setid" \
		"\"egid\":$SHADOW," "$T_TMP/setgid"
	G_AS="gain-launch -g 1000 -G $(seq -s , 2 20001) -u 1000" g_nogain "set-gid, already the last of 20,000 groups" "||setid" '"egid":20001,' "$T_TMP/setgid-last"
	g_nogain "set-gid without group-exec" "||setid" "$NONE" "$T_TMP/setgid-noexec"
	g_gain "set-uid and set-gid" "uid:bob,gid:shadow|setuid,setgid|setid" "\"euid\":1001,.*\"egid\":$SHADOW," "$T_TMP/setboth"

	g_gain "file caps, permitted and effective" "cap_net_raw|filecaps|setid" "\"euid\":1000,.*$NET_RAW" "$T_TMP/caps-ep"
	g_gain "file caps, permitted only" "cap_net_raw,cap_sys_time|filecaps|setid" '"permitted":"0000000002002000"' "$T_TMP/caps-p"
	g_nogain "file caps, inheritable only" "||setid" "$NONE" "$T_TMP/caps-i"
	G_AS="gain-launch -i 13 -g 1000 -G 1000 -u 1000" g_gain "file caps, inheritable in file and task" \
		"cap_net_raw|filecaps|setid" "$NET_RAW" "$T_TMP/caps-i"
	g_gain "file caps, all of them" "all|filecaps|setid" "\"euid\":1000,.*\"permitted\":\"$G_FULL\"" "$T_TMP/caps-all"
	g_gain "set-uid to non-root and file caps" "uid:bob,cap_net_raw|setuid,filecaps|setid" "\"euid\":1001,.*$NET_RAW" \
		"$T_TMP/both-bob"
	g_gain "set-uid root and file caps" "uid:root,cap_net_raw|setuid,filecaps|setid" "\"euid\":0,.*$NET_RAW" "$T_TMP/both-root"
	g_gain "set-uid root and file caps, all of them" "uid:root,all|setuid,filecaps|setid" "\"permitted\":\"$G_FULL\"" \
		"$T_TMP/both-all"

	g_nogain "nosuid mount, set-uid" "||setid,nosuid-mount" "$NONE" "$T_TMP/nosuid/setuid"
	g_nogain "nosuid mount, set-gid" "||setid,nosuid-mount" "$NONE" "$T_TMP/nosuid/setgid"
	# the kernel does not look at the file's capabilities there, so nobody can tell that it has some
	g_nogain "nosuid mount, file caps" "||nosuid-mount" "$NONE" "$T_TMP/nosuid/caps-ep"

	G_FILE=$T_TMP/plain g_nogain "set-uid script" "||setid,script" "$NONE" "$T_TMP/script"
	G_FILE=$T_TMP/setuid g_gain "set-uid interpreter" "uid:root,all|setuid|setid,script" '"euid":0,' "$T_TMP/script-setuid"
	G_FILE=$T_TMP/setuid g_gain "script whose interpreter is one with a set-uid interpreter" \
		"uid:root,all|setuid|setid,script" '"euid":0,' "$T_TMP/script-script"

	# the kernel takes the gain back from one who is traced by somebody who could not gain it
	G_AS="gain-launch -g 1000 -G 1000 -u 1000 -t" G_NNP=- g_nogain "traced, set-uid" "||setid,ptraced" "$NONE" "$T_TMP/setuid"
	G_AS="gain-launch -g 1000 -G 1000 -u 1000 -t" G_NNP=- g_nogain "traced, file caps" "||setid,ptraced" "$NONE" "$T_TMP/caps-ep"
	G_AS="gain-launch -g 1000 -G 1000 -u 1000 -t" G_NNP=- g_nogain "traced, set-gid" "||setid,ptraced" "$NONE" "$T_TMP/setgid"
	G_AS="gain-launch -n -g 1000 -G 1000 -u 1000" G_NNP=- g_nogain "no_new_privs, set-uid" "||setid" "$NONE" "$T_TMP/setuid"
	G_AS="gain-launch -n -g 1000 -G 1000 -u 1000" G_NNP=- g_nogain "no_new_privs, set-gid" "||setid" "$NONE" "$T_TMP/setgid"
	G_AS="gain-launch -n -g 1000 -G 1000 -u 1000" G_NNP=- g_nogain "no_new_privs, file caps" "||setid" "$NONE" "$T_TMP/caps-ep"
	G_AS="gain-launch -u 1000" g_nogain "a program without privilege" "||" '"euid":1000,' "$T_TMP/plain"
	G_AS="gain-launch" g_nogain "root with everything, set-uid" "||setid" '"euid":1001,' "$T_TMP/setuid-bob"
	G_AS="gain-launch" g_nogain "root with everything, file caps" "||setid" "\"permitted\":\"$G_FULL\"" "$T_TMP/caps-ep"
}

# what a record tells of the file
g_more() {
	t_case "the file"
	g_file=$T_TMP/setboth
	g_run audit $G_ALICE "$g_file"
	g_sync
	g_record audit
	like "its identity, mode and owners" "\"ino\":$(stat -c %i "$g_file"),\"mode\":\"6755\",\"uid\":1001,\"gid\":$SHADOW\}" "$G_RECORD"
}

g_main
