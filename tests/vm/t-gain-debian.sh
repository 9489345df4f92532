# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# Debian's own programs that gain power, as plain users run them.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh
G_UNTAGGED=1

g_profiles "/usr/bin/sudo: \"uid:root\", caps" "/usr/bin/su: \"uid:root\", caps" "/usr/bin/passwd: \"uid:root\", caps" \
	"/usr/bin/newuidmap: \"uid:root\", caps" "/usr/bin/ping: cap_net_raw" "/usr/sbin/unix_chkpwd: \"gid:shadow\""

printf 'root\n' >"$T_TMP/root" # passwords
printf 'bob\000' >"$T_TMP/bob"
ROOT="uid:root,all|setuid|setid"

# alice's process in a user namespace of its own, which nobody has mapped yet
holder() {
	$G_ALICE unshare -U sleep 600 &
	HOLDER=$!
	wait_for 10 grep -q sleep "/proc/$HOLDER/comm"
}

# mapped PROFILE [WRAPPER...]: alice maps it. Its uid_map, if any, is the effect: in MAP
mapped() {
	holder
	p=$1
	shift
	g_run "$p" $G_ALICE "$@" /usr/bin/newuidmap "$HOLDER" 0 100000 65536
	MAP=$(tr -s ' ' <"/proc/$HOLDER/uid_map")
	kill "$HOLDER"
	wait "$HOLDER" 2>/dev/null
}

newuidmap() {
	t_case newuidmap
	g_file=/usr/bin/newuidmap
	mapped -
	is "untagged, $G_PHASE: it maps" " 0 100000 65536" "$MAP"
	[ "$G_PHASE" = loaded ] || return 0
	for p in deny kill; do
		mapped "$p"
		is "$p: it does not map" "" "$MAP"
	done
	for p in audit except; do
		mapped "$p"
		is "$p: it maps" " 0 100000 65536" "$MAP"
	done
	mapped nnp /ew/bin/gain-launch -n
	g_sync
	g_judge deny 126 "deny gain $G_RULE_deny $ROOT"
	g_judge kill 137 "kill gain $G_RULE_kill $ROOT"
	g_judge audit 0 "audit gain $G_RULE_audit $ROOT"
	g_line "program: $g_file,"
	g_judge except 0 "allow exception $G_LINE $ROOT"
	g_judge nnp "$g_rc_nnp" "allow no-gain $G_RULE_nnp ||setid"
}

# What a record says besides: who, what, from where.
details() {
	t_case "a record in full"
	g_file=/usr/bin/sudo
	g_run deny $G_ALICE /usr/bin/sudo -n id -u
	like "the caller lives, and is told" '^asuser: /usr/bin/sudo: Operation not permitted$' "$(cat "$T_TMP/err")"
	g_sync
	g_record deny
	like "one line of known form" '^\{"v":1,"type":"exec","time":"20[0-9-]{8}T[0-9:]{8}\.[0-9]{9}Z","verdict":"deny","reason":"gain","profile":"deny","rule":' \
		"$G_RECORD"
	like "task" "\"task\":\{\"pid\":$G_PID,\"tid\":$G_PID,\"ppid\":$$,\"comm\":\"asuser\",\"exe\":\"/ew/bin/asuser\"\}" "$G_RECORD"
	like "file" "\"file\":\{\"path\":\"/usr/bin/sudo\",\"dev\":\"[0-9]+:[0-9]+\",\"ino\":$(stat -c %i /usr/bin/sudo),\"mode\":\"4755\",\"uid\":0,\"gid\":0\}" \
		"$G_RECORD"
	g_creds before
	is "before" '"uid":1000,"euid":1000,"suid":1000,"gid":1000,"egid":1000,"sgid":1000,"permitted":"0000000000000000"' "$G_CREDS"
	g_creds after
	is "after" "\"uid\":1000,\"euid\":0,\"suid\":0,\"gid\":1000,\"egid\":1000,\"sgid\":1000,\"permitted\":\"$G_FULL\"" "$G_CREDS"
	like "cgroup" "\"cgroup\":\{\"id\":$(stat -c %i "$G_CGROUP-deny"),\"path\":\"/gain-deny\"\},\"profiles\":\[\"deny\"\],\"users\":" "$G_RECORD"
}

g_cases() {
	g_gain sudo "$ROOT" '^0 \[0\]$' /usr/bin/sudo -n id -u
	G_AS=$G_BOB G_IN=$T_TMP/root g_gain su "$ROOT" '^0 \[0\]$' /usr/bin/su -c "id -u"
	# it reads /etc/shadow
	G_AS=$G_BOB g_gain passwd "$ROOT" '^bob P .*\[0\]$' /usr/bin/passwd -S
	G_AS=$G_BOB g_gain ping "cap_net_raw|filecaps|setid" '^PING 127.0.0.1.*\[0\]$' /usr/bin/ping -c 1 -W 2 127.0.0.1
	G_AS=$G_BOB G_IN=$T_TMP/bob g_gain unix_chkpwd "gid:shadow|setgid|setid" '^ \[0\]$' /usr/sbin/unix_chkpwd bob nullok
	newuidmap
}

g_more() { details; }

g_main
