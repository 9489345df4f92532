# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# scan: what it finds held against find and getcap, what it says held against explain; mounts of all kinds; what cannot be read.
# images: small debian
# kernels: newest
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2046,SC2086 # words
. /ew/lib.sh
. /ew/tests/data/tags.sh

scan() { execward --policy-dir "$POLICY" scan "$@"; }
# programs FILE: a document of scan, a line for each program
programs() { sed 's/,"mounts":.*//; s/{"path":/\n&/g' "$1" | grep '^{"path":'; }
paths() { programs "$1" | sed 's/^{"path":"\([^"]*\)".*/\1/'; }
# verdict: "PATH VERDICT REASON" of each line, of scan or of explain; "PATH cannot" where the kernel itself would refuse
verdicts_of_scan() { sed -n 's/^{"path":"\([^"]*\)".*"error":"[^"]*".*/\1 cannot/p; s/^{"path":"\([^"]*\)".*"verdict":"\([^"]*\)","reason":"\([^"]*\)".*/\1 \2 \3/p'; }
verdicts_of_explain() { sed 's/.*"verdict":"\([^"]*\)","reason":"\([^"]*\)".*"file":{"path":"\([^"]*\)".*"error":\(null\|"\).*/\3 \1 \2 \4/; s/^\([^ ]*\) .* "$/\1 cannot/; s/ null$//'; }
mount_state() { sed 's/.*"mounts"://; s/{"path":/\n&/g' "$1" | sed -n "s|^{\"path\":\"$2\".*\"state\":\"\([a-z ]*\)\".*|\1|p"; }

M=$T_TMP/mounts
mkdir -p "$M/a" "$M/b" "$M/nosuid" "$M/over" "$M/shut"
ESC=$(printf '\033')

t_case "all of them"
rc "nothing was passed over" 0 scan --json
cp "$T_OUT" "$T_TMP/doc"
{
	# without the mounts that tests before had, and what find calls a program of a group that may not execute it
	find / -xdev -type f \( -perm -4000 -o -perm -2010 \) -perm /111
	getcap -r / 2>/dev/null | sed 's/ .*//' | grep -v '^/\(proc\|sys\)/'
} | sort -u >"$T_TMP/wanted"
paths "$T_TMP/doc" | while read -r path; do [ "$(stat -c %d "$path")" != "$(stat -c %d /)" ] || echo "$path"; done >"$T_TMP/found"
ok "those that find and getcap know, and no others" diff "$T_TMP/wanted" "$T_TMP/found"
[ "$(wc -l <"$T_TMP/found")" -ge 8 ]
is "some, at that" 0 $?
is "the file systems of the kernel's own making are left out" virtual "$(mount_state "$T_TMP/doc" /proc)"
like "a set-uid program" "^\{\"path\":\"$SUID\",\"mode\":\"4755\",\"by\":\[\"setuid\"\],\"package\":null,\"uid\":0,\"gid\":0,\"nosuid\":false,\"who\":\"everybody\",\"gain\":\[\"uid:root\",\"cap_chown\"," "$(programs "$T_TMP/doc")"
like "one with a capability" '"by":\["filecaps"\],.*"gain":\["cap_net_raw"\]' "$(programs "$T_TMP/doc")"

t_case "the verdicts"
scan --as alice --profile no --json >"$T_TMP/alice"
programs "$T_TMP/alice" | verdicts_of_scan >"$T_TMP/said"
execward --policy-dir "$POLICY" explain --as alice --profile no --json $(paths "$T_TMP/alice") | verdicts_of_explain >"$T_TMP/explained"
ok "are those of explain" diff "$T_TMP/explained" "$T_TMP/said"
like "some are refused" ' deny gain$' "$(cat "$T_TMP/said")"
like "of each profile one" '"profiles":\[\{"profile":"no","verdict":"deny","reason":"gain","rule":"t.yaml:3"\},\{"profile":"see","verdict":"audit",.*"profile":"stop","verdict":"deny","reason":"exec-none"' "$(programs "$T_TMP/doc")"
rc "a profile that is not there" 1 scan --profile now
like "is told, with the nearest" 'no profile "now" in the policy; did you mean "no"\?' "$(cat "$T_OUT")"
rc "nor is this user" 1 scan --as nobody-at-all
rc "what it does not take" 2 scan /usr
load >/dev/null
rc "with a policy in force" 0 execward scan --profile no
like "it is that" '^judged by the policy in force, for a user who may execute it and can nothing else$' "$(cat "$T_OUT")"
like "as a table" "^$SUID +setuid +- +everybody +uid:root caps:all\([0-9]+\) +deny, gain *$" "$(cat "$T_OUT")"
execward unload

t_case "mounts"
mount -t tmpfs -o mode=755 tmp "$M/a"
mount --make-private "$M/a" # or what is mounted on a bind mount would be on the other, too
mount -t tmpfs -o nosuid tmp "$M/nosuid"
mkdir "$M/a/sub" "$M/a/deep"
cp -p "$SUID" "$M/a/one"
cp -p "$SUID" "$M/a/sub/covered"
cp -p "$SUID" "$M/a/deep/${ESC}[2J"
cp -p "$SUID" "$M/nosuid/without"
mount -t tmpfs tmp "$M/a/sub"
mount --bind "$M/a" "$M/b"
mount --bind "$M/a/deep" "$M/over"
mount -t tmpfs tmp "$M/over"
touch "$M/file"
mount --bind "$M/a/one" "$M/file"
rc "all can be looked at" 0 scan --profile no --json
cp "$T_OUT" "$T_TMP/doc"
is "each program once, also what another mount covers in one place" "$(printf '%s\n' "$M/a/deep/\\\\x1b[2J" "$M/a/one" "$M/b/sub/covered" "$M/file" "$M/nosuid/without")" "$(paths "$T_TMP/doc" | grep -F "$M")"
is "hidden" hidden "$(mount_state "$T_TMP/doc" "$M/over" | head -n 1)"
like "nosuid, which takes the bits their effect" "^\{\"path\":\"$M/nosuid/without\",.*\"nosuid\":true,\"who\":\"everybody\",\"gain\":\[\],.*\"verdict\":\"allow\",\"reason\":\"no-gain\"" "$(programs "$T_TMP/doc")"
scan --profile no >"$T_TMP/table"
like "is said" "^$M/nosuid/without +setuid \(nosuid\) +- +everybody +- +allow, no-gain *$" "$(cat "$T_TMP/table")"
unlike "a name cannot drive the terminal" "$ESC" "$(cat "$T_TMP/table")"
umount "$M/file" "$M/over" "$M/over" "$M/b"
mount --bind "$M/a" "$M/b"
mount --bind "$M/a/deep" "$M/over"
umount "$M/a/sub"
scan --json >"$T_TMP/doc"
is "a bind mount of what was seen" "seen before" "$(mount_state "$T_TMP/doc" "$M/over")"
umount "$M/over" "$M/b" "$M/a" "$M/nosuid"

t_case "what cannot be read"
mount -t tmpfs -o mode=700 tmp "$M/shut"
mkdir "$M/closed" && chmod 700 "$M/closed"
chmod 755 "$T_TMP" "$M"
rc "is a reason to fail" 1 as bob execward --policy-dir "$POLICY" scan --profile no
cp "$T_OUT" "$T_TMP/as-bob"
like "but the rest is there" "^$SUID +setuid .* deny, gain *$" "$(cat "$T_TMP/as-bob")"
like "and it is said" '^execward: warning: the inventory is not whole; run this as root$' "$(cat "$T_TMP/as-bob")"
as bob execward --policy-dir "$POLICY" scan --json >"$T_TMP/doc" 2>/dev/null
is "a mount" unreadable "$(mount_state "$T_TMP/doc" "$M/shut")"
like "a directory" "\"unreadable\":\[.*\{\"path\":\"$M/closed\",\"error\":\"Permission denied\"\}" "$(cat "$T_TMP/doc")"
umount "$M/shut"

# serve KIND: mounts such a file system (tmount) at $M/KIND, and waits until it is there
serve() {
	mkdir -p "$M/$1"
	tmount "$1" "$M/$1" >"$T_TMP/$1" 2>&1 &
	server=$!
	wait_for 10 grep -q mounted "$T_TMP/$1" || note "tmount $1: $(cat "$T_TMP/$1")"
}
# whole KIND: whether what else there is was found
whole() { paths "$T_TMP/doc" | grep -v "$M/$1/" | diff "$T_TMP/wanted" - >"$T_TMP/diff"; }
grep -q fuse /proc/filesystems || t_module fuse
scan --json >"$T_TMP/doc"
paths "$T_TMP/doc" >"$T_TMP/wanted"

t_case "a mount whose server is gone"
serve dead
wait $server
rc "is a reason to fail" 1 scan --profile no
like "it is said" "^execward: warning: the mount $M/dead \(fuse\.test\) cannot be looked at: Transport endpoint is not connected$" "$(cat "$T_OUT")"
rc "as a document, too" 1 sh -c "execward --policy-dir $POLICY scan --json >$T_TMP/doc"
is "the mount" unreadable "$(mount_state "$T_TMP/doc" "$M/dead")"
like "why, and that something is missing" "\"whole\":false,.*\"unreadable\":\[\{\"path\":\"$M/dead\",\"error\":\"Transport endpoint is not connected\"\}\]\}$" "$(cat "$T_TMP/doc")"
ok "the rest goes on" whole dead
umount "$M/dead"

t_case "a mount that root may not look at"
serve private
rc "is a reason to fail" 1 scan --profile no
like "it is said" "^execward: warning: the mount $M/private \(fuse\.test\) cannot be looked at: Permission denied$" "$(cat "$T_OUT")"
like "last" '^execward: warning: the inventory is not whole$' "$(cat "$T_OUT")"
kill $server && wait $server
umount "$M/private"

t_case "a directory that cannot be read"
serve broken
scan --json >"$T_TMP/doc" 2>"$T_TMP/err"
is "is a reason to fail" 1 $?
like "it is said" "^execward: warning: $M/broken/broken cannot be looked at: Input/output error$" "$(cat "$T_TMP/err")"
like "nor can a file be whose attributes cannot be read" "^execward: warning: $M/broken/odd cannot be looked at: Input/output error$" "$(cat "$T_TMP/err")"
is "the mount was looked at" walked "$(mount_state "$T_TMP/doc" "$M/broken")"
is "what is beside it was found" "$M/broken/prog" "$(paths "$T_TMP/doc" | grep "^$M/broken/")"
ok "the rest goes on" whole broken
kill $server && wait $server
umount "$M/broken"

t_case "a mount that never answers"
# how many threads nobody can end: in the kernel they wait for the server, which has their requests
stuck() { grep -l '^State:.*D (disk sleep)' /proc/[0-9]*/task/*/status 2>/dev/null | xargs -r grep -l '^Name:.*execward' | wc -l; }
serve mute
rc "does not stop it" 1 timeout 60 execward --policy-dir "$POLICY" scan --timeout 2 --profile no
like "it is said" "^execward: warning: the mount $M/mute \(fuse\.test\) does not answer: given up after 2 seconds$" "$(cat "$T_OUT")"
like "where" "^execward: warning: $M/mute/stuck cannot be looked at: it does not answer$" "$(cat "$T_OUT")"
like "what it told of before is there, but not judged" "^$M/mute/prog +setuid +- +- +it does not answer +- *$" "$(cat "$T_OUT")"
is "a thread of it is still there" 1 "$(stuck)"
rc "who reads it does not wait for that one" 0 timeout 60 sh -c "execward --policy-dir $POLICY scan --timeout 1 --json 2>$T_TMP/err | cat >$T_TMP/doc"
is "the mount" "not answering" "$(mount_state "$T_TMP/doc" "$M/mute")"
like "counted" "\"unreadable\":\[\{\"path\":\"$M/mute\",\"error\":\"it does not answer\"\},\{\"path\":\"$M/mute/stuck\",\"error\":\"it does not answer\"\}" "$(sed 's#{"path":"[^"]*/mute/\(broken\|odd\)"[^}]*},##g' "$T_TMP/doc")"
ok "the rest goes on" whole mute
rc "a time that is none" 2 scan --timeout 0
kill $server && wait $server
# the requests end with the server, and those threads with them
ok "nothing is left of it" wait_for 10 sh -c '! pidof execward'
umount "$M/mute"

t_case "several mounts that never answer"
serve silent
mkdir -p "$M/silent2"
mount --bind "$M/silent" "$M/silent2"
rc "of one file system" 1 timeout 60 execward --policy-dir "$POLICY" scan --timeout 2 --profile no
like "both are named" "^execward: warning: the mount $M/silent \(fuse\.test\) does not answer" "$(cat "$T_OUT")"
scan --timeout 1 --json >"$T_TMP/doc" 2>/dev/null
is "and the other" "not answering" "$(mount_state "$T_TMP/doc" "$M/silent2")"
is "one is waited for, in each scan" 2 "$(stuck)"
kill $server && wait $server
umount "$M/silent2" "$M/silent"

if command -v insmod >/dev/null; then # which Debian's image has not
	t_case "an automount"
	t_module autofs4
	serve autofs
	rc "is passed over" 0 scan --json
	cp "$T_OUT" "$T_TMP/doc"
	is "as the kernel's own" virtual "$(mount_state "$T_TMP/doc" "$M/autofs")"
	is "nothing is mounted for it" mounted "$(cat "$T_TMP/autofs")"
	nok "who goes there" ls "$M/autofs/"
	like "does mount" '^triggered$' "$(cat "$T_TMP/autofs")"
	kill $server && wait $server
	umount "$M/autofs"
fi

t_case "packages"
# one that knows a file of the test; Debian's own, where there is one, is asked for all others
tool=/usr/bin/dpkg-query
[ ! -e $tool ] || mv $tool $tool.real
cat >$tool <<SH
#!/bin/sh
echo "of-a-test: $SUID"
[ ! -e $tool.real ] || exec $tool.real "\$@"
SH
chmod 755 $tool
like "as dpkg has them" "^$SUID +setuid +of-a-test +everybody" "$(scan)"
[ ! -e $tool.real ] || like "and Debian's own" '^/usr/bin/passwd +setuid +passwd +everybody' "$(scan)"
rm $tool
[ ! -e $tool.real ] || mv $tool.real $tool
# another package's program in place of that of passwd, and one of the administrator's own
if [ -e $tool ]; then
	login=$(dpkg-query --search /usr/bin/newgrp | sed 's/:.*//')
	dpkg-divert --package sudo --divert /usr/bin/chsh.distrib --rename --add /usr/bin/chsh >/dev/null
	dpkg-divert --local --divert /usr/bin/newgrp.distrib --rename --add /usr/bin/newgrp >/dev/null
	cp -p "$SUID" /usr/bin/chsh
	cp -p "$SUID" /usr/bin/newgrp
	scan >"$T_TMP/table"
	like "what is diverted is still of its package" '^/usr/bin/chsh\.distrib +setuid +passwd ' "$(cat "$T_TMP/table")"
	like "what is there in its stead is not" '^/usr/bin/chsh +setuid +- ' "$(cat "$T_TMP/table")"
	like "by the administrator, too" "^/usr/bin/newgrp\\.distrib +setuid +$login " "$(cat "$T_TMP/table")"
	like "of no package" '^/usr/bin/newgrp +setuid +- ' "$(cat "$T_TMP/table")"
	rm /usr/bin/chsh /usr/bin/newgrp
	dpkg-divert --rename --remove /usr/bin/chsh >/dev/null
	dpkg-divert --rename --remove /usr/bin/newgrp >/dev/null
fi
t_done
