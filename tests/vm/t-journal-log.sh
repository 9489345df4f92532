# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `log` reads back what the daemon wrote: each filter against the unfiltered list, of JSON Lines; and lines that are no records.
# images: small
# kernels: newest
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086 # words
. /ew/lib.sh
. /ew/tests/data/tags.sh

F=$T_TMP/records.jsonl
install -m 755 /ew/bin/teuid "$T_TMP/caps"
setcap cap_net_raw=ep "$T_TMP/caps"
cg_make /tl /tl/in /tl/inner
sed -i 's/name: see,/name: see, cgroups: [\/tl\/in],/; s/name: no,/name: no, cgroups: [\/tl],/' "$POLICY/t.yaml"
execward --policy-dir "$POLICY" daemon --records "$F" 2>"$T_TMP/err" >&2 &
daemon=$!
reading() { [ "$(readers_live)" = 1 ]; }
ok "the daemon reads" wait_for 20 reading
execward trace --color=never >"$T_TMP/trace" &
tracer=$!
both() { [ "$(readers_live)" = 3 ]; }
ok "and a trace" wait_for 20 both
cat >"$T_TMP/tree" <<'SH'
#!/bin/sh
"$1/suid"
sh -c '"$0/caps"; :' "$1"
SH
chmod 755 "$T_TMP/tree"
for c in /tl /tl/in /tl/inner; do
	for p in plain suid caps; do
		cg_run $c alice "$T_TMP/$p"
		cg_run $c asuser 1001 1001 1001 "$T_TMP/$p"
	done
done >/dev/null 2>&1
cg_run /tl sh -c 'echo $$ >"$0/root"; exec asuser 1000 1000 1000 "$0/tree" "$0"' "$T_TMP" >/dev/null 2>&1
cg_run /tl fdleak r=/etc/hosts -- /ew/bin/tiny
# that it has loaded, and looked for programs that were replaced, it told before the trace began
all() { [ "$(wc -l <"$F")" -ge 20 ] && [ "$(wc -l <"$F")" = "$(($(wc -l <"$T_TMP/trace") + 2))" ]; }
ok "all is written" wait_for 20 all
kill $tracer
wait $tracer
kill $daemon
wait $daemon
is "and what was done" "policy policy exec" "$(head -n 3 "$F" | sed 's/.*"type":"\([a-z]*\)".*/\1/' | tr '\n' ' ' | sed 's/ $//')"
sed -i '/"type":"policy"/d' "$F" # for t-record-changes.sh
note "$(wc -l <"$F") records"

t_case "text"
# each reader reckons the time of day by itself, so the trace's can be another by a millisecond
is "the same lines as the trace had" "$(sed 's/^[0-9:.]* //' "$T_TMP/trace" | sort)" "$(execward log "$F" | sed 's/^[0-9:.]* //' | sort)"
is "at the time that the record has" "$(sed 's/.*"time":"[^T]*T\([0-9:]*\.[0-9][0-9][0-9]\).*/\1/' "$F")" "$(execward log "$F" | cut -d' ' -f1)"
t_case "json"
is "each record as it was" "$(cat "$F")" "$(execward log --json "$F")"
is "from standard input" "$(cat "$F")" "$(execward log --json - <"$F")"
is "of two files" "$(cat "$F" "$F")" "$(execward log --json "$F" "$F")"
is "ecs: as many" "$(wc -l <"$F")" "$(execward log -o ecs "$F" | grep -c '^{"@timestamp":"20.*"execward":{"v":1,')"

t_case "filters"
# passes SED OPTION...: with these options log prints what SED leaves of the file, and that is something, and not all
passes() {
	p_sed=$1
	shift
	sed -n "$p_sed" "$F" >"$T_TMP/expected"
	ok "$*: something, and not all" test -s "$T_TMP/expected" -a "$(wc -l <"$T_TMP/expected")" -lt "$(wc -l <"$F")"
	execward log --json "$@" "$F" | diff "$T_TMP/expected" - | cut -c 1-300 >"$T_TMP/differences"
	is "$*: what passes" "" "$(head -n 5 "$T_TMP/differences")"
}
passes '/"gain":\["/p' --gain
passes '/"gain":\["uid:/p' --gain=uid
passes '/"gain":\[[^]]*"cap_/p' --gain=caps
passes '/"before":{"uid":1001,/p' --user bob
passes '/"before":{"uid":100[01],/p' --user 1000-1001
passes '/"file":{"path":"[^"]*\/caps"/p' --program "$T_TMP/caps"
passes '/"path":"\/tl\/in"}/p' --cgroup /tl/in
passes '/"path":"\/tl\/in"}/p' --cgroup /sys/fs/cgroup/tl/in/
passes '/"profiles":\[[^]]*"see"/p' --profile see
passes '/"verdict":"\(audit\|deny\)"/p' --denied
passes '/"verdict":"\(audit\|deny\)".*"before":{"uid":1001,/p' --denied --user bob
passes 1,3p -n 3
is "pid: the tree" "asuser caps dash suid " "$(execward log --json --pid "$(cat "$T_TMP/root")" "$F" | sed 's/.*"file":{"path":"[^"]*\/\([a-z]*\)".*/\1/' | sort -u | tr '\n' ' ')"
first=$(sed -n '1s/.*"time":"\([0-9-]*\)T.*/\1/p' "$F")
is "since that day" "$(wc -l <"$F")" "$(TZ=UTC execward log --json --since "$first" "$F" | wc -l)"
is "until that day" 0 "$(TZ=UTC execward log --json --until "$first" "$F" | wc -l)"
is "no such" "" "$(execward log --profile nix "$F")"

t_case "follow"
L=$T_TMP/live
head -n 2 "$F" >"$L"
execward log --json --follow "$L" >"$T_TMP/followed" 2>"$T_TMP/said" &
FOLLOWER=$!
got() { [ "$(grep -c . "$T_TMP/followed")" = "$1" ]; }
ok "what is there" wait_for 20 got 2
sed -n 3p "$F" | head -c 200 >>"$L"
ok "a part of a line is waited for" got 2
sed -n 3p "$F" | tail -c +201 >>"$L"
ok "its end" wait_for 20 got 3
mv "$L" "$L.1"
sed -n 4p "$F" >>"$L.1"
sed -n 5,6p "$F" >"$T_TMP/next" && mv "$T_TMP/next" "$L"
ok "rotated" wait_for 20 got 6
rm "$L"
sed -n 7p "$F" >"$T_TMP/next" && mv "$T_TMP/next" "$L"
ok "removed and made again" wait_for 20 got 7
echo '{"v":1' >>"$L"
said() { [ -s "$T_TMP/said" ]; }
ok "a line that is none" wait_for 20 said
is "is named" "execward: warning: $L:2: cut off; left out" "$(cat "$T_TMP/said")"
kill $FOLLOWER
is "all, in order" "$(head -n 7 "$F")" "$(cat "$T_TMP/followed")"
is "-n ends it" "$(sed -n 7p "$F")" "$(execward log --json -f -n 1 "$L" 2>/dev/null)"
rc "one file at a time" 2 execward log -f "$L" "$F"
rc "no such file" 1 execward log -f /nowhere
rm "$L" "$L.1"

t_case "bad lines"
{
	head -n 2 "$F"
	sed -n 3p "$F" | head -c 100
	echo
	echo '{"some":"JSON"}'
	sed -n 4p "$F" | sed 's/"v":1/"v":2/'
	head -c 500 /ew/bin/tiny | tr '\n' x
	echo
	sed -n 5p "$F" | sed 's/"verdict":"[a-z]*"/"verdict":"maybe"/'
	sed -n 6p "$F" | sed 's|"path":"/|"path":"\\u001b[2J/|'
	tail -n 2 "$F"
	sed -n 7p "$F" | head -c 200
} >"$T_TMP/bad"
rc "the rest is used" 0 execward log --json "$T_TMP/bad"
is "all of it" "$(head -n 2 "$F"; tail -n 2 "$F")" "$(execward log --json "$T_TMP/bad" 2>"$T_TMP/said")"
is "each is named" "3:cut 4:no 5:a 6:no 7:the 8:a 11:cut " "$(sed -n "s|^execward: warning: $T_TMP/bad:\([0-9]*\): \([a-z]*\) .*; left out|\1:\2|p" "$T_TMP/said" | tr '\n' ' ')"
is "and counted" "execward: warning: 7 of 11 lines were left out, as they are no records" "$(tail -n 1 "$T_TMP/said")"
rm "$T_TMP/bad" # these records are none of ours (t_records)
rc "nothing but such" 1 execward log /ew/bin/tiny
rc "nothing" 0 execward log /dev/null
rc "no such file" 1 execward log /nowhere
rc "usage" 2 execward log --since yesterday-ish
rc "no such user" 1 execward log --user nix /dev/null
execward unload >/dev/null
cg_remove /tl/in /tl/inner /tl
t_done
