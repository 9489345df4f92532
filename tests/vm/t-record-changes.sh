# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Records of changes: what is done to tags and to the policy comes to every reader, and to what the daemon writes.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2317 # words; called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

R=$T_TMP/records
cg_make /rc /rc/in /rcx
execward --policy-dir "$POLICY" daemon --records "$R" >"$T_TMP/daemon" 2>&1 &
DAEMON=$!
has() { [ "$(grep -c . "$1" 2>/dev/null)" -ge "$2" ]; }
ok "the daemon has said so, and looked at its programs once" wait_for 20 has "$R" 2
like "load" '^\{"v":1,"type":"policy","time":"[^"]*","action":"load","generation":1,"hash":"[0-9a-f]{16}","profile_count":[1-9][0-9]*,"exception_count":[0-9]+,"cgroup_count":[0-9]+,"pattern_count":[0-9]+,"by":\{"pid":'$DAEMON',"uid":0,"comm":"execward","command":"daemon"\}\}$' "$(sed -n 1p "$R")"

# reader NAME OPTION...: as in t-trace-filters.sh
pids='' want=1
reader() {
	r_name=$1
	shift
	execward trace "$@" >"$T_TMP/$r_name.out" 2>"$T_TMP/$r_name.err" &
	pids="$pids $!"
	want=$((want * 2 + 1))
}
ready() { [ "$(readers_live)" = "$want" ]; }
reader json --json
reader text --color=never
reader ecs -o ecs
reader denied --json --denied
reader profile --json --profile see
reader cgroup --json --cgroup /rc
reader small --json --buffer 4K
ok "all read" wait_for 60 ready
(exec tail -f /dev/null) &
TARGET=$!
execward tag --cgroup /rc/in no
execward tag --cgroup /rcx see
execward untag --cgroup /rc/in
execward tag --pid $TARGET see
execward untag --pid $TARGET
execward tag --user 1000-1999 see
execward untag --user 1000-1999 see
execward tag --user bob see
execward untag --user bob
execward tag --program "$T_TMP/plain" see
execward untag --program "$T_TMP/plain" see
nok "what fails" execward untag --cgroup /rc/in no
nok "what is refused" execward tag --cgroup /rc nix
EXECWARD_FAULT=announce execward tag --cgroup /rc/in see 2>"$T_TMP/untold"
is "what nobody can be told of is done" "execward: warning: done, but no reader could be told of it: Input/output error" "$(cat "$T_TMP/untold")"
like "and in force" 'see' "$(execward list)"
like "and counted" '"changes_untold":1[,}]' "$(execward status --json)"
rc "reload, nothing changed" 0 execward --policy-dir "$POLICY" reload
rc "dry run" 0 execward --policy-dir "$POLICY" reload --dry-run
kill -HUP $DAEMON
ok "the daemon has reloaded" wait_for 20 grep -q '"generation":4' "$T_TMP/json.out"
execward unload >/dev/null
kill $TARGET
wait $DAEMON
is "the daemon has ended" 0 $?
gone() { has "$T_TMP/small.out" 14; }
wait_for 10 gone
kill $pids
wait $pids

J=$T_TMP/json.out
what() { sed -n 's/.*"action":"\([a-z]*\)","generation":\([0-9]*\).*"kind":"\([a-z]*\)".*"profiles":\[\(.*\)\],.*/\1 \2 \3 \4/p; s/.*"type":"policy".*"action":"\([a-z]*\)","generation":\([0-9]*\).*/\1 \2/p' "$1" | tr -d '"'; }
ALL=$(sed -n 's/.*"action":"untag".*"kind":"process".*"profiles":\[\(.*\)\],"by.*/\1/p' "$J" | tr -d '"')
like "without a profile: all there are" '(^|,)no,.*see' "$ALL"
cat >"$T_TMP/expected" <<END
tag 2 cgroup no
tag 2 cgroup see
untag 2 cgroup no
tag 2 process see
untag 2 process $ALL
tag 2 users see
untag 2 users see
tag 2 users see
untag 2 users $ALL
tag 2 program see
untag 2 program see
reload 3
reload 4
unload 4
END
is "each change, once, in order" "" "$(what "$J" | diff "$T_TMP/expected" - | head -n 6)"
is "a small buffer has them, too" "" "$(what "$T_TMP/small.out" | diff "$T_TMP/expected" - | head -n 6)"
is "the daemon writes the same" "" "$(sed 1,2d "$R" >"$T_TMP/rest"; what "$T_TMP/rest" | diff "$T_TMP/expected" - | head -n 6)"
like "a cgroup" '"subject":\{"kind":"cgroup","id":'"$(stat -c %i /sys/fs/cgroup/rc/in)"',"path":"/rc/in"\},"profiles":\["no"\],"by":\{"pid":[0-9]+,"uid":0,"comm":"execward","command":"tag"\}\}$' "$(sed -n 1p "$J")"
like "a process" "\"subject\":\{\"kind\":\"process\",\"pid\":$TARGET\}" "$(sed -n 4p "$J")"
like "users" '"subject":\{"kind":"users","first":1000,"last":1999\}' "$(sed -n 6p "$J")"
like "a user" '"subject":\{"kind":"users","first":1001,"last":1001\}' "$(sed -n 8p "$J")"
like "a program" "\"subject\":\{\"kind\":\"program\",\"path\":\"$T_TMP/plain\"\}" "$(sed -n 10p "$J")"
like "who reloads" '"command":"reload"\}\}$' "$(sed -n 12p "$J")"
like "and who" '"by":\{"pid":'$DAEMON',"uid":0,"comm":"execward","command":"daemon"\}\}$' "$(sed -n 13p "$J")"
like "there is no policy any more" '"action":"unload","generation":4,"profile_count":0,' "$(sed -n 14p "$J")"
like "text" '^[0-9:.]+ TAG   execward\[[0-9]+\] .*→ cgroup /rc/in +\+no .*by tag$' "$(sed -n 1p "$T_TMP/text.out")"
like "text: users" ' UNTAG execward\[[0-9]+\] .*→ users 1000-1999 +-see .*by untag$' "$(sed -n 7p "$T_TMP/text.out")"
like "text: reload" ' RELOAD execward\[[0-9]+\] .*→ policy 3 +profiles [1-9][0-9]*, exceptions [0-9]+, cgroups [0-9]+, patterns [0-9]+ +by reload$' "$(sed -n 12p "$T_TMP/text.out")"
like "ecs" '"process":\{"pid":[0-9]+,"name":"execward"\},"user":\{"id":"0".*"event":\{"kind":"event","module":"execward","dataset":"execward.tag","action":"tag","category":\["configuration"\],"type":\["change"\]\}' "$(sed -n 1p "$T_TMP/ecs.out")"
is "--denied: none" "" "$(cat "$T_TMP/denied.out")"
is "--profile: tags with it" "$(grep '"profiles":\[[^]]*"see"' "$J" | sed 's/"time":"[^"]*"//')" "$(sed 's/"time":"[^"]*"//' "$T_TMP/profile.out")"
is "--cgroup: tags of those below" "$(grep '"path":"/rc/' "$J" | sed 's/"time":"[^"]*"//')" "$(sed 's/"time":"[^"]*"//' "$T_TMP/cgroup.out")"
is "nobody said anything" "" "$(cat "$T_TMP"/*.err)"

t_case "read back"
is "as they were" "$(cat "$R")" "$(execward log --json "$R")"
is "for people" "$(sed 's/^[^ ]* *//' "$T_TMP/text.out")" "$(execward log --color=never "$R" | sed '/^--/d; 1,2d; s/^[^ ]* *//')"
is "of a profile" "$(grep -c '"profiles":\[[^]]*"see"' "$R")" "$(execward log --json --profile see "$R" | grep -c .)"
{
	sed -n '3s/"action":"tag"/"action":"tug"/p; 4s/"kind":"cgroup"/"kind":"moon"/p; 5s/"path":"/"path":"\\u001b/p; 6s/"pid":[0-9]*/"pid":-1/p; 1s/"profile_count":[0-9]*/"profile_count":null/p; 1s/"type":"policy"/"type":"tag"/p' "$R"
	sed -n 2p "$R"
} >"$T_TMP/bad"
is "what is no change is left out" "$(sed -n 2p "$R")" "$(execward log --json "$T_TMP/bad" 2>"$T_TMP/said")"
is "each is named" 6 "$(grep -c 'the change that the record tells of is not whole, or not known here; left out' "$T_TMP/said")"
rm "$T_TMP/bad" # these records are none of ours
is "fds has nothing of them" "No descriptor crossed an exec." "$(execward fds "$R")"
cg_remove /rc/in /rc /rcx
t_done
