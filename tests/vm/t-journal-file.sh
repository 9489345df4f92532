# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Without journald: the daemon's records as JSON Lines, in a file that is rotated, on standard output, with a slow reader.
# images: small
# kernels: newest
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

F=$T_TMP/records.jsonl
D=$T_TMP/daemon.d
mkdir "$D"
sed 's/name: no,/name: no, cgroups: [\/jf],/' "$POLICY/t.yaml" >"$D/t.yaml"
cg_make /jf
daemon_start() {
	: >"$T_TMP/err"
	execward --policy-dir "$D" daemon "$@" >"$T_TMP/stdout" 2>"$T_TMP/err" &
	daemon=$!
	wait_for 20 reads
}
reads() { [ "$(readers_live)" = 1 ]; }
daemon_stop() {
	kill -TERM "$daemon"
	wait "$daemon"
}
refused() { [ "$(gain_in /jf)" = refused ]; }
# lines N FILE...: records of refusals
lines() { [ "$(cat "$2" "${3:-/dev/null}" 2>/dev/null | grep -c '^{"v":1,.*"verdict":"deny".*}$')" = "$1" ]; }

t_case "file"
rc "in no directory" 1 execward --policy-dir "$D" daemon --records "$T_TMP/nowhere/records"
like "says so" "records cannot be written to $T_TMP/nowhere/records: No such file" "$(cat "$T_OUT")"
rc "usage" 2 execward daemon --buffer 0
ok "starts" daemon_start --records "$F"
is "says nothing" "" "$(cat "$T_TMP/err")"
ok "refused" refused
ok "is there" wait_for 10 lines 1 "$F"
is "root's alone" 600 "$(stat -c %a "$F")"
is "nothing on standard output but what load says" 1 "$(grep -c . "$T_TMP/stdout")"
t_case "rotated"
mv "$F" "$F.1"
ok "refused" refused
ok "a new file" wait_for 10 lines 1 "$F"
ok "the old one stays as it was" lines 1 "$F.1"
rm "$F.1"
# renamed again and again while execs go on: every exec is in one of them
(
	echo 0 >"$(cg /jf)/cgroup.procs"
	i=0
	while [ $i -lt 150 ]; do
		alice "$SUID"
		i=$((i + 1))
	done
) >"$T_TMP/many" 2>&1 &
many=$!
n=1
while kill -0 $many 2>/dev/null; do
	[ ! -f "$F" ] || mv "$F" "$F.$n"
	n=$((n + 1))
	tnap 50
done
wait $many
cat "$F".* "$F" >"$T_TMP/all" 2>/dev/null
all() { cat "$F".[0-9]* "$F" >"$T_TMP/all" 2>/dev/null; lines 151 "$T_TMP/all"; }
ok "nothing is lost" wait_for 20 all
is "each line is whole" 0 "$(grep -vc '^{"v":1,"type":"exec",.*}$' "$T_TMP/all")"
note "$n files"
ok "several files" test "$n" -gt 3
t_case "no place for it"
rm -f "$F" "$F".*
mkdir "$F"
ok "refused all the same" refused
said() { grep -q "$1" "$T_TMP/err"; }
ok "is told" wait_for 10 said "records cannot be written to $F: Is a directory"
rmdir "$F"
ok "nothing is lost" wait_for 10 lines 1 "$F"
ok "is told, too" said "records are written to $F again"
t_case "loaded anew by somebody else"
kill -STOP $daemon
execward unload >/dev/null
execward --policy-dir "$D" load >/dev/null
kill -CONT $daemon
ok "it reads what is loaded now" wait_for 20 reads
ok "refused" refused
ok "is there" wait_for 10 lines 2 "$F"
daemon_stop
is "ends" 0 $?
ok "what was recorded before the end is there" lines 2 "$F"

t_case "a slow reader"
mkfifo "$T_TMP/slow"
exec 7<>"$T_TMP/slow"
execward --policy-dir "$D" daemon --buffer 64K >"$T_TMP/slow" 2>"$T_TMP/err" 7<&- &
daemon=$!
wait_for 20 reads
cg_run /jf /ew/bin/tagain 399 # 400 execs
ok "refused all the same" refused
cat <"$T_TMP/slow" >"$T_TMP/got" 7<&- &
reader=$!
exec 7<&-
lost() { grep -q '^{"v":1,"type":"lost",.*"count":[1-9]' "$T_TMP/got"; }
ok "what is lost is told" wait_for 20 lost
ok "refused" refused
daemon_stop
wait $reader
total=$(sed -n 's/.*"type":"lost".*"total":\([0-9]*\)}/\1/p' "$T_TMP/got" | tail -n 1)
note "$total lost"
is "as many as are missing" 404 "$((total + $(grep -c '"type":"exec".*"path":"/jf"' "$T_TMP/got")))"

t_case "all readers are taken"
readers=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	execward trace --json --buffer 64K >"$T_TMP/trace.$i" 2>&1 &
	readers="$readers $!"
done
taken() { [ "$(readers_live)" = 65535 ]; }
ok "by others" wait_for 30 taken
rm "$F"
: >"$T_TMP/err"
execward --policy-dir "$D" daemon --records "$F" >"$T_TMP/stdout" 2>"$T_TMP/err" &
daemon=$!
ok "is told" wait_for 20 said "no records are written, as all 16 readers are taken"
ok "it does the rest of its work" wait_for 20 said "taken over"
kill "${readers##* }"
# it tries every ten seconds; to look for it all the time would take a fifth of them
hears() { timeout 60 tail -n +1 -f "$T_TMP/err" | grep -qm 1 "$1"; }
ok "one ends" hears "records are written from here on"
ok "refused" refused
ok "is there" wait_for 10 lines 1 "$F"
is "told once" 1 "$(grep -c 'no records are written' "$T_TMP/err")"
daemon_stop
# shellcheck disable=SC2086 # words
kill $readers 2>/dev/null
# shellcheck disable=SC2086
wait $readers

t_case "none"
: >"$T_TMP/err"
execward --policy-dir "$D" daemon --records none >"$T_TMP/stdout" 2>"$T_TMP/err" &
daemon=$!
ok "starts" wait_for 20 said 'taken over'
is "no reader" 0 "$(readers_live)"
daemon_stop
execward unload >/dev/null
cg_remove /jf
t_done
