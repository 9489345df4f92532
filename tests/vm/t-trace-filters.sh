# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Each filter of `trace` against an unfiltered recording of the same run.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2154 # words; set by filter
. /ew/lib.sh
. /ew/tests/data/tags.sh

install -m 2755 -g 42 /ew/bin/teuid "$T_TMP/sgid"
install -m 755 /ew/bin/teuid "$T_TMP/caps"
setcap cap_net_raw=ep "$T_TMP/caps"
cg_make /tf /tf/in /tf/in/deep /tfx
load >/dev/null
execward tag --cgroup /tf no
execward tag --cgroup /tf/in see

# a process with children, some of whom fork without an exec. They live until their records have been read.
cat >"$T_TMP/tree" <<'SH'
#!/bin/sh
read -r go <"$1/in"
"$1/suid"
( ( "$1/plain"; "$1/sgid"; read -r end <"$1/end" ) ) &
( sh -c '"$0/caps"; sh -c "$0/plain; $0/suid; :"; read -r end <"$0/end"' "$1" ) &
read -r end <"$1/end"
exec "$1/suid"
SH
mkfifo "$T_TMP/end"
chmod 666 "$T_TMP/end"
chmod 755 "$T_TMP/tree"
alice "$T_TMP/tree" "$T_TMP" >/dev/null 2>&1 &
wait_for 10 pgrep -x -P $! tree
TREE=$!

# filter NAME OPTION...: a reader with these options and --all, writes to NAME.out
names='' pids='' want=0
filter() {
	f_name=$1
	shift
	execward trace --json --all "$@" >"$T_TMP/$f_name.out" 2>"$T_TMP/$f_name.err" &
	eval "pid_$f_name=$!"
	pids="$pids $!"
	names="$names $f_name"
	want=$((want * 2 + 1))
}
ready() { [ "$(readers_live)" = "$want" ]; }

filter every
filter gain --gain
filter uid --gain=uid
filter two --gain=gid --gain=caps
filter user --user bob
filter range --user 1-1000
filter program --program "$T_TMP/plain"
ln -s plain "$T_TMP/link"
filter link --program "$T_TMP/link"
filter cgroup --cgroup /tf/in
filter pid --pid $TREE
filter profile --profile see
filter denied --denied
filter several --denied --gain=uid --user alice --cgroup /tf --program "$T_TMP/suid"
filter first --user bob -n 3
filter ecs -o ecs --denied
ok "all read" wait_for 60 ready

for c in / /tf /tf/in /tf/in/deep /tfx; do
	for p in plain suid sgid caps; do
		cg_run $c alice "$T_TMP/$p"
		cg_run $c asuser 1001 1001 1001 "$T_TMP/$p"
	done
done >/dev/null 2>&1
cg_run /tfx execward run see -- "$SUID" >/dev/null
# another file by the same name, and the same by another
ln "$T_TMP/plain" "$T_TMP/other"
cg_run /tf "$T_TMP/other" >/dev/null
cp "$T_TMP/plain" "$T_TMP/new" && mv "$T_TMP/new" "$T_TMP/plain"
cg_run /tf "$T_TMP/plain" >/dev/null
cp /ew/bin/teuid "$T_TMP/unlike"
cg_run /tf "$T_TMP/unlike" >/dev/null
echo go >"$T_TMP/in"
pid_has() { [ "$(grep -c . "$T_TMP/pid.out")" -ge "$1" ]; }
wait_for 30 pid_has 8
exec 8<>"$T_TMP/end"
printf '\n\n\n' >&8
wait $TREE
exec 8<&-
bpftool map dump pinned /sys/fs/bpf/execward/maps/state >"$T_TMP/state"
kill $pids 2>/dev/null
wait $pids

# each reader reckons the time of day by itself
t_records # before they are cut
for n in $names; do [ $n = ecs ] || sed -i 's/"v":1,//; s/"time":"[^"]*",//' "$T_TMP/$n.out"; done

# passes NAME SED: what filter NAME printed is what SED leaves of the unfiltered recording, and that is something
passes() {
	sed -n "$2" "$T_TMP/every.out" >"$T_TMP/expected"
	note "$1: $(wc -l <"$T_TMP/expected") of $(wc -l <"$T_TMP/every.out")"
	ok "$1: something, and not all" test -s "$T_TMP/expected" -a "$(wc -l <"$T_TMP/expected")" -lt "$(wc -l <"$T_TMP/every.out")"
	# two processors that record at once: which comes first, each reader has from its own buffer
	sort "$T_TMP/expected" >"$T_TMP/expected.sorted"
	sort "$T_TMP/$1.out" | diff "$T_TMP/expected.sorted" - | cut -c 1-300 >"$T_TMP/differences"
	is "$1: what passes" "" "$(head -n 5 "$T_TMP/differences")"
}
is "nobody said anything" "" "$(for n in $names; do cat "$T_TMP/$n.err"; done)"
passes gain '/"gain":\["/p'
passes uid '/"gain":\["uid:/p'
passes two '/"gain":\[[^]]*"\(gid:\|cap_\)/p'
passes user '/"before":{"uid":1001,/p'
passes range '/"before":{"uid":1000,/p'
passes program "/\"path\":\"[^\"]*\/\(plain\|other\)\"/p"
passes link "/\"path\":\"[^\"]*\/\(plain\|other\)\"/p"
passes cgroup '/"path":"\/tf\/in\(\/deep\)\?"}/p'
passes profile '/"profiles":\[[^]]*"see"/p'
passes denied '/"verdict":"\(audit\|deny\)"/p'
passes several '/"verdict":"\(audit\|deny\)".*\/suid".*"gain":\["uid:.*"before":{"uid":1000,.*"path":"\/tf[/"]/p'
passes first "$(sed -n '/"before":{"uid":1001,/=' "$T_TMP/every.out" | head -n 3 | sed 's/$/p;/' | tr -d '\n')"
# sent PID: how many records the kernel put into that reader's buffer
sent() { awk -v pid="$1," '$1 == "\"pid\":" { mine = $2 == pid } mine && $1 == "\"received\":" { print $2 + 0; exit }' "$T_TMP/state"; }
# of cgroups and programs it sends more only of what was made since, or is named alike; here nothing is
for n in every gain uid two user range denied program link cgroup profile several; do
	eval "is \"\$n: the kernel sends no more than that\" \"\$(wc -l <\$T_TMP/\$n.out)\" \"\$(sent \$pid_$n)\""
done
is "ecs: the same records" "$(grep -c . "$T_TMP/denied.out")" "$(grep -c '^{"@timestamp":".*"event":{.*"execward":{"v":1,"type":"exec",' "$T_TMP/ecs.out")"
is "pid: the whole tree" "caps 1 dash 2 plain 2 sgid 1 suid 3 " \
	"$(sed 's/.*"file":{"path":"[^"]*\/\([a-z]*\)".*/\1/' "$T_TMP/pid.out" | sort | uniq -c | while read -r n p; do printf '%s %s ' "$p" "$n"; done)"
is "pid: nothing else of those programs" "$(wc -l <"$T_TMP/pid.out")" "$(grep -c '"before":{"uid":1000,' "$T_TMP/pid.out")"

t_case "a profile, across a reload"
execward trace --json --profile see >"$T_TMP/after.out" 2>"$T_TMP/after.err" &
AFTER=$!
want=1
ok "it reads" wait_for 20 ready
sed -i 's/name: dead/name: dread/' "$POLICY/t.yaml"
ok "reload" execward --policy-dir "$POLICY" reload
# the record of the reload, of another policy than it knows, is sent in any case
follows() {
	bpftool map dump pinned /sys/fs/bpf/execward/maps/state >"$T_TMP/state"
	[ "$(awk -v pid="$AFTER," '$1 == "\"generation\":" && !g { g = $2 } $1 == "\"pid\":" { mine = $2 == pid }
		mine && $1 == "\"generation\":" { print $2 == g; exit }' "$T_TMP/state")" = 1 ]
}
ok "it follows" wait_for 20 follows
for c in /tf /tf/in /tf /tf/in/deep; do cg_run $c "$T_TMP/plain"; done >/dev/null
printed() { [ "$(grep -c '"type":"exec"' "$T_TMP/after.out")" -ge 2 ]; }
ok "it prints two" wait_for 20 printed
follows
kill $AFTER
wait $AFTER
is "of four execs it is sent two, after the reload's record" 3 "$(sent $AFTER)"
is "which it prints" "/tf/in /tf/in/deep " "$(sed -n 's/.*"type":"exec".*"cgroup":{[^}]*"path":"\([^"]*\)".*/\1/p' "$T_TMP/after.out" | tr '\n' ' ')"

t_case "usage"
for words in "--user" "--user 5-1" "--program"; do nok "$words" execward trace $words --for 1; done
rc "no such format" 2 execward trace -o xml
rc "no such user" 1 execward trace --user nix
rc "no such program" 1 execward trace --program nix
rc "a program that is not there yet" 0 execward trace --program /not/yet --for 0.1
execward unload
cg_remove /tf/in/deep /tf/in /tf /tfx
t_done
