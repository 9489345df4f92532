# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# Root without capabilities, who regains them at any exec, and gains inside a user namespace.
# shellcheck shell=sh disable=SC2034,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh

g_program plain root:root 755
g_program setuid root:root 4755
g_program setuid-bob bob:root 4755
g_program setuid-sub 100000:100000 4755
g_program setuid-sub-uid 100000:root 4755
g_program setuid-sub-gid root:100000 4755
g_program caps-ep root:root 755 cap_net_raw=ep
g_program caps-all root:root 755 =ep
g_program caps-noroot root:root 755 cap_net_raw=ep
g_program setuid-noroot root:root 4755

g_profiles "$T_TMP/plain: caps" "$T_TMP/caps-ep: caps" "$T_TMP/caps-all: caps" "$T_TMP/setuid: \"uid:root\", caps" \
	"$T_TMP/setuid-bob: \"uid:bob\", caps" "$T_TMP/setuid-sub: \"uid:100000\", caps" \
	"$T_TMP/caps-noroot: cap_net_raw" "$T_TMP/setuid-noroot: \"uid:root\""
g_profile initial deny "userns: initial"

ZERO=0000000000000000
NONE="\"permitted\":\"$ZERO\""
FULL="\"permitted\":\"$G_FULL\""
NS="gain-launch -N 0,100000,65536" # uid N of the namespace is 100000+N
NS_USER="-g 1000 -G 1000 -u 1000 -d"

# creds UID EUID GID PERMITTED: as a record has them
creds() { printf '"uid":%s,"euid":%s,"suid":%s,"gid":%s,"egid":%s,"sgid":%s,"permitted":"%s"' "$1" "$2" "$2" "$3" "$3" "$3" "$4"; }

root_cases() {
	G_AS="gain-launch -d" G_NNP="gain-launch -n -d" g_gain "root" "all|root|" "\"euid\":0,.*$FULL" "$T_TMP/plain"
	# refused the capabilities, the kernel also takes the effective id back to the real one
	G_AS="gain-launch -u 0,1000,1000 -d" G_NNP="gain-launch -n -u 0,1000,1000 -d" G_NNP_AFTER=$(creds 0 0 0 $ZERO) \
		g_gain "root by real id only" "all|root|" "\"uid\":0,\"euid\":1000,.*$FULL" "$T_TMP/plain"
	G_AS="gain-launch -u 1000,0,1000 -d" G_NNP="gain-launch -n -u 1000,0,1000 -d" G_NNP_AFTER=$(creds 1000 1000 0 $ZERO) \
		g_gain "root by effective id only" "all|root|" "\"uid\":1000,\"euid\":0,.*$FULL" "$T_TMP/plain"
	G_AS="gain-launch -u 1000,1000,0 -d" g_nogain "root by saved id only" "||" "\"euid\":1000,\"suid\":1000,.*$NONE" \
		"$T_TMP/plain"
	G_AS="gain-launch -s 1 -d" g_nogain "root, SECBIT_NOROOT" "||" "\"euid\":0,.*$NONE" "$T_TMP/plain"
	G_AS="gain-launch -b 13 -d" G_NNP="gain-launch -n -b 13 -d" g_gain "root, bounded" "cap_net_raw|root|" \
		'"euid":0,.*"permitted":"0000000000002000"' "$T_TMP/plain"
	G_AS="gain-launch -d" G_NNP="gain-launch -n -d" g_gain "root, file caps" "all|root|setid" "\"euid\":0,.*$FULL" "$T_TMP/caps-ep"
	G_AS="gain-launch -d" G_NNP="gain-launch -n -d" g_gain "root, set-uid to non-root" "uid:bob,all|setuid,root|setid" \
		"\"uid\":0,\"euid\":1001,.*$FULL" "$T_TMP/setuid-bob"
	G_AS="gain-launch -s 1 -d" G_NNP="gain-launch -n -s 1 -d" g_gain "root, SECBIT_NOROOT, file caps" \
		"cap_net_raw|filecaps|setid" '"euid":0,.*"permitted":"0000000000002000"' "$T_TMP/caps-noroot"
	G_AS="gain-launch -s 1 -d" G_NNP="gain-launch -n -s 1 -d" g_gain "root, SECBIT_NOROOT, all file caps" \
		"all|filecaps|setid" "\"euid\":0,.*$FULL" "$T_TMP/caps-all"
	G_AS="gain-launch -s 1 -g 1000 -G 1000 -u 1000" g_gain "user, SECBIT_NOROOT, set-uid root" \
		"uid:root|setuid|setid" "\"euid\":0,.*$NONE" "$T_TMP/setuid-noroot"
	G_AS="gain-launch" g_nogain "root with everything" "||" "\"euid\":0,.*$FULL" "$T_TMP/plain"
}

userns_cases() {
	G_AS="$NS $NS_USER" G_AFTER=$(creds 101000 100000 101000 "$G_FULL") g_gain "namespace: set-uid to its root" \
		"uid:100000,all|setuid|setid" "\"uid\":1000,\"euid\":0,.*$FULL" "$T_TMP/setuid-sub"
	G_AS="$NS $NS_USER" G_AFTER=$(creds 101000 101000 101000 0000000000002000) g_gain "namespace: file caps" \
		"cap_net_raw|filecaps|setid" '"euid":1000,.*"permitted":"0000000000002000"' "$T_TMP/caps-noroot"
	G_AS="$NS -g 0 -G 0 -u 0 -d" G_NNP="gain-launch -n -N 0,100000,65536 -g 0 -G 0 -u 0 -d" \
		G_AFTER=$(creds 100000 100000 100000 "$G_FULL") g_gain "namespace: its root" "all|root|" "\"euid\":0,.*$FULL" "$T_TMP/plain"
	# its root is not of the first extent; and there are more extents than the kernel keeps in the map itself
	for g_map in 1,100001,65535,0,100000,1 5,100005,1,4,100004,1,3,100003,1,2,100002,1,1,100001,1,0,100000,1; do
		G_AS="gain-launch -N $g_map -g 0 -G 0 -u 0 -d" G_NNP="gain-launch -n -N $g_map -g 0 -G 0 -u 0 -d" \
			G_AFTER=$(creds 100000 100000 100000 "$G_FULL") g_gain "namespace: its root, map $g_map" "all|root|" \
			"\"euid\":0,.*$FULL" "$T_TMP/plain"
	done
	G_AS="$NS $NS_USER" G_AFTER=$(creds 101000 101000 101000 $ZERO) \
		g_nogain "namespace: set-uid to an id it has not" "||setid" "\"euid\":1000,.*$NONE" "$T_TMP/setuid"
	for g_half in uid gid; do
		G_AS="$NS $NS_USER" G_AFTER=$(creds 101000 101000 101000 $ZERO) \
			g_nogain "namespace: set-uid, of its owner's ids only the $g_half is one of it" "||setid" \
			"\"euid\":1000,.*$NONE" "$T_TMP/setuid-sub-$g_half"
	done
	# all of its capabilities come from unshare(2), none from the exec
	G_FILE=$T_TMP/plain G_AFTER=$(creds 1000 1000 1000 "$G_FULL") g_nogain "namespace: made by a user" "||" \
		"\"euid\":0,.*$FULL" /usr/bin/unshare -Ur "$T_TMP/plain"

	G_AS="$NS $NS_USER" g_one "userns: initial, in a namespace: set-uid" initial \
		"allow userns $G_RULE_initial uid:100000,all|setuid|setid" "\"euid\":0,.*$FULL" "$T_TMP/setuid-sub"
	G_AS="$NS $NS_USER" g_one "userns: initial, in a namespace: file caps" initial \
		"allow userns $G_RULE_initial cap_net_raw|filecaps|setid" '"permitted":"0000000000002000"' "$T_TMP/caps-noroot"
	g_one "userns: initial, outside: set-uid" initial "deny gain $G_RULE_initial uid:root,all|setuid|setid" \
		"\"euid\":0,.*$FULL" "$T_TMP/setuid"
	G_AS="gain-launch -d" g_one "userns: initial, outside: root" initial "deny gain $G_RULE_initial all|root|" \
		"\"euid\":0,.*$FULL" "$T_TMP/plain"
}

g_cases() {
	root_cases
	userns_cases
}

g_main
