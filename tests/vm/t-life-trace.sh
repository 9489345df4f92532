# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Readers: what each gets to see, how it ends, and that it harms nobody but itself.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2317,SC2016 # words; called by name; expands in there
. /ew/lib.sh
. /ew/tests/data/tags.sh

U="asuser 1000 1000 1000"
cg_make /tr /tr/in
rc "trace needs something loaded" 1 execward trace
load >/dev/null
execward tag --cgroup /tr no

# reader NAME OPTION...: writes to $T_TMP/NAME.out
pids='' bad='' started=0
reader() {
	r_name=$1
	shift
	execward trace "$@" >"$T_TMP/$r_name.out" 2>"$T_TMP/$r_name.err" &
	pids="$pids $!"
	eval "pid_$r_name=$!"
	started=$((started * 2 + 1))
}
readers_are() { [ "$(readers_live)" = "$1" ]; }
readers_ready() { wait_for 20 readers_are $started; }
readers_end() {
	# shellcheck disable=SC2086 # words
	kill $pids 2>/dev/null
	for r_pid in $pids; do
		wait "$r_pid"
		r_rc=$?
		# 127: it was waited for before
		[ $r_rc = 0 ] || [ $r_rc = 127 ] || bad="$bad $r_pid:$r_rc"
	done
	pids='' started=0
}
out() { cat "$T_TMP/$1.out"; }
lines() { grep -c . "$T_TMP/$1.out"; }

t_case "filters"
asker_start execward run no -- $U
reader pid --json --denied --pid "$ASKER"
reader every --json
reader denied --json --denied
reader profile --json --profile see
reader cgroup --json --cgroup /tr/in
reader untagged --json --all
reader gain --json --gain=uid --denied
reader nogain --json --gain=gid
reader text --denied --color=never
reader one --json --denied -n 1
readers_ready
gain_in /tr >/dev/null
cg_run /tr/in $U "$T_TMP/plain" >/dev/null
execward run see -- $U "$SUID" >/dev/null
gain >/dev/null
asker_ask >/dev/null
asker_stop exec
# shellcheck disable=SC2154 # set by reader
wait "$pid_one"
is "-n: ends by itself" 0 "$?"
readers_end
is "all end well" "" "$bad"
like "every: what was refused" '"verdict":"deny","reason":"gain","profile":"no"' "$(out every)"
like "every: what was let pass" '"verdict":"allow","reason":"no-gain","profile":"no".*"path":"[^"]*/plain"' "$(out every)"
unlike "every: nothing untagged" '"reason":"untagged"' "$(out every)"
like "--all: untagged too" '"verdict":"allow","reason":"untagged".*"path":"[^"]*/suid".*"gain":\["uid:root",.*"path":"/"' "$(out untagged)"
is "--denied: what was refused, or audited" "deny audit deny deny" "$(sed 's/.*"verdict":"\([a-z]*\)".*/\1/' "$T_TMP/denied.out" | tr '\n' ' ' | sed 's/ $//')"
is "--profile: its own only" "$(grep -c . "$T_TMP/profile.out")" "$(grep -c '"profile":"see"' "$T_TMP/profile.out")"
like "--profile: sees them" '"verdict":"audit"' "$(out profile)"
is "--cgroup: its own only" "$(lines cgroup)" "$(grep -c '"path":"/tr/in"}' "$T_TMP/cgroup.out")"
like "--cgroup: sees them" '/plain' "$(out cgroup)"
timeless() { sed 's/"time":"[^"]*"//' "$T_TMP/$1.out"; }
is "--gain=uid: as --denied here" "$(timeless denied)" "$(timeless gain)"
is "--gain=gid: none" 0 "$(lines nogain)"
is "--pid: its own and its child's" 2 "$(lines pid)"
like "--pid: its own" "\"task\":\{\"pid\":$ASKER," "$(out pid)"
is "-n 1: one" 1 "$(lines one)"
is "text: a line each" 4 "$(lines text)"
like "text: says what" 'DENY .*/suid +\+uid:root ' "$(out text)"
is "nobody said anything" "" "$(cat "$T_TMP"/*.err)"
is "each is a line of JSON" "$(cat "$T_TMP/every.out" "$T_TMP/untagged.out" | grep -c .)" \
	"$(cat "$T_TMP/every.out" "$T_TMP/untagged.out" | grep -c '^{"v":1,"type":"exec","time":"20.*}$')"
start=$(t_now)
rc "--for ends by itself" 0 execward trace --for 1
ok "in time" test $(($(t_now) - start)) -ge 100
is "no reader is left" 0 "$(readers_live)"

t_case "usage"
for words in "--nonsense" "-n 0" "-n x" "--for 0" "--gain=power" "--pid x" "--color=red" "--buffer 0" "extra"; do
	# shellcheck disable=SC2086 # words
	rc "$words" 2 execward trace $words
done
rc "unknown profile" 1 execward trace --profile sea
like "text" 'no profile "sea" in the loaded policy; did you mean "see"\?' "$(cat "$T_OUT")"
rc "no such cgroup" 1 execward trace --cgroup /nowhere
is "text" "execward: /nowhere: there is no such cgroup; see: systemd-cgls" "$(cat "$T_OUT")"

t_case "a reader that stands still"
reader still --json --buffer 4K
reader well --json --denied
reader rss --json
reader told --color=never --buffer 4K
readers_ready
# shellcheck disable=SC2154 # set by reader
kill -STOP "$pid_still" "$pid_told"
many() { cg_run /tr sh -c 'i=0; while [ $i -lt 100 ]; do "$1"; i=$((i + 1)); done' sh "$T_TMP/plain" >/dev/null; }
many
is "refusals go on" refused "$(gain_in /tr)"
like "the other reader has its record" '"verdict":"deny"' "$(sleep 1.2; out well)"
rc "status: losing records" 6 execward status --json
like "how many" '"status":"enforcing, but readers have lost [1-9][0-9]* records"' "$(cat "$T_OUT")"
like "counted" '"records_lost":[1-9]' "$(cat "$T_OUT")"
kill -CONT "$pid_still" "$pid_told"
# shellcheck disable=SC2154 # set by reader
rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid_rss/status")
note "trace: resident $rss KiB"
ok "a reader takes less than 16 MiB" test "$rss" -lt 16384
readers_end
like "its losses are in its own stream" '^\{"v":1,"type":"lost",.*"count":[0-9]+,"total":[1-9]' "$(out still)"
unlike "and in no other" '"type":"lost"' "$(out well)"
told=$(sed -n 's/^[0-9:.]* LOST  [0-9]* records not kept up with (\([0-9]*\) in all)$/\1/p' "$T_TMP/told.out" | tail -n 1)
ok "so they are for people" test "${told:-0}" -gt 0
is "and at the end" "execward: warning: $told records were lost ($told: buffer full, 0: no scratch space); see --buffer" "$(cat "$T_TMP/told.err")"
is "nor did another lose any" 100 "$(grep -c '"file":{"path":"[^"]*/plain"' "$T_TMP/rss.out")"
lost=$(sed -n 's/.*"type":"lost".*"total":\([0-9]*\).*/\1/p' "$T_TMP/still.out" | tail -n 1)
is "lost and seen are all" "$(lines rss)" "$((lost + $(grep -c '"type":"exec"' "$T_TMP/still.out")))"

rc "another in its place" 0 execward trace --for 0.1
is "has lost nothing" "" "$(cat "$T_OUT")"

t_case "nobody reads what it prints"
{
	execward trace --json
	echo $? >"$T_TMP/code"
} | true &
unread=$!
ok "it ends by itself" wait_for 5 test -s "$T_TMP/code"
is "well" 0 "$(cat "$T_TMP/code")"
wait $unread
is "no reader is left" 0 "$(readers_live)"

t_case "a dead reader's place"
# its parent does not wait for it
sh -c 'execward trace >/dev/null & echo $! >"$1"; exec sleep 1000' sh "$T_TMP/dead" &
parent=$!
ok "it reads" wait_for 20 readers_are 1
dead=$(cat "$T_TMP/dead")
kill -KILL "$dead"
ok "it is a zombie" wait_for 5 grep -q '^State:.Z' "/proc/$dead/status"
rc "the next one" 0 execward trace --for 0.1
is "frees a zombie's" 0 "$(readers_live)"
kill $parent
wait $parent
execward trace >/dev/null &
dead=$!
ok "it reads" wait_for 20 readers_are 1
kill -KILL $dead
wait $dead
heir=
for _ in 1 2 3 4 5 6 7 8 9 10; do
	echo $((dead - 1)) >/proc/sys/kernel/ns_last_pid
	sleep 1000 &
	heir=$!
	[ $heir != $dead ] || break
	kill $heir
done
is "another process has its number" $dead $heir
rc "the next one" 0 execward trace --for 0.1
is "frees it all the same" 0 "$(readers_live)"
kill $heir
wait $heir

t_case "sixteen readers"
for i in $(seq 16); do reader "n$i" --json --denied --buffer 4K; done
readers_ready
is "all in place" 65535 "$(readers_live)"
rc "one more is refused" 1 execward trace --json
is "text" "execward: all 16 readers are taken; end one first, see: execward status" "$(cat "$T_OUT")"
gain_in /tr >/dev/null
# shellcheck disable=SC2154 # set by reader
kill -KILL "$pid_n7"
wait "$pid_n7" 2>/dev/null
rm "$T_TMP/n7.out" # it may have seen it, or not
execward trace --json -n 1 >"$T_TMP/after.out" &
after=$!
wait_for 10 sh -c "ls -l /proc/$after/fd | grep -q signalfd && ls -l /proc/$after/fd | grep -q eventpoll"
wait_for 5 cg_run /tr sh -c '"$1" >/dev/null; ! kill -0 "$2" 2>/dev/null' sh "$T_TMP/plain" "$after"
wait $after
is "a dead one's place is taken" 0 "$?"
is "and used" 1 "$(lines after)"
readers_end
is "each of the others saw the refusal" 15 "$(cat "$T_TMP"/n*.out | grep -c '"verdict":"deny"')"
is "no reader is left" 0 "$(readers_live)"
execward unload
cg_remove /tr/in /tr
t_done
