#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# The same leak a thousand times: told once in a period, counted, and summed up.
# shellcheck shell=sh disable=SC2034,SC2154
. /ew/lib.sh
. /ew/tests/data/fds.sh

f_profile see '{mode: audit}'
f_profile no '{mode: deny, allow: [{kind: fifo}]}'
echo text >"$T_TMP/file"
echo text >"$T_TMP/other"
TINY=/ew/bin/tiny
f_load

# reads NAME OPTION...: a reader more
reads() {
	r_name=$1
	shift
	execward trace --fds "$@" >"$T_TMP/$r_name" 2>"$T_TMP/$r_name.err" &
	eval "$r_name=\$!"
}
all_read() { execward status --json | grep -q '"readers":6'; }
execward --policy-dir "$F_DIR" daemon --period 1000 --records "$T_TMP/daemon" >"$T_TMP/daemon.err" 2>&1 &
daemon=$!
reads json --json --period 1000
reads text --period 1000
reads short --json --period 1
reads two --json --period 1000 -n 2
ok "they read" wait_for 10 all_read
for i in 1 2 3 4 5; do f_run see fdleak "r=$T_TMP/file" -- $TINY; done
f_run see fdleak "r=$T_TMP/file" "w=$T_TMP/other" -- $TINY
f_run see fdleak "w=$T_TMP/other" "r=$T_TMP/file" -- $TINY
f_run see fdleak dir=/sys/fs/cgroup -- $TINY
f_run no fdleak "r=$T_TMP/file" -- $TINY
is "refused" "126" "$F_RC"
f_run see $TINY
f_run no fdleak pipe -- $TINY
f_run see fdleak pipe -- $TINY
f_run see fdleak pipe -- $TINY
f_record $TINY
sleep 1.1
f_run see fdleak "r=$T_TMP/file" -- $TINY
f_record $TINY
kill $json $text $short
wait $json $text $short
wait $two
rc=$?
kill $daemon
wait $daemon

t_case "json"
whole() { grep -c '"type":"exec"' "$T_TMP/$1"; }
# file; with other; cgroup; file under another profile; a pipe, but not where it is allowed
is "records with something new" 5 "$(whole json)"
is "each whole" 5 "$(grep '"type":"exec"' "$T_TMP/json" | grep -c '"fds":{"count":[12],')"
again() { sed -n "s|.*\"type\":\"fds\",.*\"count\":\([0-9]*\),\"seconds\":[0-9]*,\"profile\":\"$2\",\"task\":{\"exe\":\"/ew/bin/fdleak\"},\"file\":{\"path\":\"$TINY\"},\"fd\":{\"kind\":\"$3\",\"access\":\"[rw]*\",\"path\":\"$4\".*|\1|p" "$T_TMP/$1"; }
is "the file, six times more" 6 "$(again json see regular "$T_TMP/file")"
is "the other, once more" 1 "$(again json see regular "$T_TMP/other")"
is "a pipe is a pipe, and has two ends" "1 1 " "$(again json see fifo pipe | tr '\n' ' ')"
is "what came once, not at all" 4 "$(grep -c '"type":"fds"' "$T_TMP/json")"
ok "a short period: told again" test "$(whole short)" -ge 6
execward fds "$T_TMP/short" >"$T_TMP/fds.short"
is "-n counts what is printed" 2 "$(whole two)"
is "and ends" 0 $rc
is "summed up, too" 4 "$(again two see regular "$T_TMP/file")"

t_case "daemon"
rc "usage: a period" 2 execward daemon --period x
is "records of leaks with something new" 5 "$(grep -c '"reason":"fds"' "$T_TMP/daemon")"
is "all others, too" 2 "$(grep -c '"verdict":"allow".*"file":{"path":"'$TINY'"' "$T_TMP/daemon")"
is "the file, six times more" 6 "$(again daemon see regular "$T_TMP/file")"
is "what came once, not at all" 4 "$(grep -c '"type":"fds"' "$T_TMP/daemon")"

t_case "text"
note "$(sed -n 1p "$T_TMP/text")"
like "giver, receiver, leak, profile" "AUDIT fdleak\\[[0-9]+\\] +/ew/bin/fdleak +→ $TINY +3 $T_TMP/file r +/fds-see +fds, see \\(fds.yaml:[0-9]+\\)\$" "$(cat "$T_TMP/text")"
like "dangerous" '3 /sys/fs/cgroup r \(dangerous\)' "$(cat "$T_TMP/text")"
like "refused" 'DENY .* fds, no ' "$(cat "$T_TMP/text")"
like "again" "AGAIN 7 times +/ew/bin/fdleak +→ $TINY +$T_TMP/file +in [1-9][0-9]? s, see\$" "$(cat "$T_TMP/text")"
is "a line each" "6 4" "$(grep -vc AGAIN "$T_TMP/text") $(grep -c AGAIN "$T_TMP/text")"
is "nobody complains" "" "$(cat "$T_TMP/json.err" "$T_TMP/text.err" "$T_TMP/short.err" "$T_TMP/two.err")"

t_case "fds"
execward fds "$T_TMP/json" >"$T_TMP/fds"
like "the dangerous one first" "^1 time +/ew/bin/fdleak -> $TINY  DANGEROUS" "$(head -n 1 "$T_TMP/fds")"
like "then the one that came most often" "^8 times +/ew/bin/fdleak -> $TINY\$" "$(sed -n 4p "$T_TMP/fds")"
like "what" "^    what   regular $T_TMP/file \\(r\\), profile see\$" "$(sed -n 5p "$T_TMP/fds")"
like "what would have to change" "^    change open\\(\"$T_TMP/file\", O_RDONLY \\| O_CLOEXEC\\)\$" "$(sed -n 6p "$T_TMP/fds")"
like "refused" "^1 time .*  refused\$" "$(cat "$T_TMP/fds")"
# the plain recording has every record, and comes to the same
execward fds "$T_TMP/trace" >"$T_TMP/fds.trace"
is "of a short period: the same" "$(cat "$T_TMP/fds")" "$(cat "$T_TMP/fds.short")"
is "of every record: the same" "$(cat "$T_TMP/fds")" "$(cat "$T_TMP/fds.trace")"
is "of the daemon's file: the same" "$(cat "$T_TMP/fds")" "$(execward fds "$T_TMP/daemon")"
is "from standard input: the same" "$(cat "$T_TMP/fds")" "$(execward fds <"$T_TMP/json")"
like "json" '^\{"v":1,"lines":9,"lines_bad":0,.*"leaks":\[\{"count":1,"giver":"/ew/bin/fdleak","receiver":"/ew/bin/tiny","profile":"see","kind":"cgroup","path":"/sys/fs/cgroup","access":"r","fd":3,"dangerous":true,"refused":false,"change":"open' \
	"$(execward fds --json "$T_TMP/json")"
{ cat "$T_TMP/json"; echo nonsense; printf '{"v":2,"type":"exec"}\n'; head -n 1 "$T_TMP/json" | sed 's|/fdleak|/\\u001b[31m|'
	grep -m 1 '"count":2' "$T_TMP/json" | sed 's|\(.*\)"kind":"regular"|\1"kind":"new"|'; } >"$T_TMP/bad"
rc "lines that are no records" 0 execward fds "$T_TMP/bad"
is "are named" "execward: warning: $T_TMP/bad:10: no record of execward: it is no JSON; left out" "$(execward fds "$T_TMP/bad" 2>&1 >/dev/null | head -n 1)"
is "counted" "execward: warning: 4 of 13 lines were left out, as they are no records" "$(execward fds "$T_TMP/bad" 2>&1 >/dev/null | tail -n 1)"
is "and the rest is used" "$(cat "$T_TMP/fds")" "$(execward fds "$T_TMP/bad" 2>/dev/null)"
rm "$T_TMP/bad" # these records are none of ours (t_records)
rc "nothing but such" 1 execward fds "$T_TMP/file"
rc "no such file" 1 execward fds /nowhere
rc "usage" 2 execward fds --what
rc "usage: a period" 2 execward trace --fds --period 0
t_case "hostile names"
# a giver and a file that would end a line, drive a terminal, and end a string
esc=$(printf '\033')
hostile="$T_TMP/a
b${esc}[31m\"c\\d"
cp /ew/bin/fdleak "$hostile"
execward trace --fds --color=never -n 1 >"$T_TMP/hostile" 2>&1 &
hostile_reader=$!
ok "a reader" wait_for 10 sh -c "execward status --json | grep -q '\"readers\":2'"
f_run see "$hostile" "r=$hostile" -- $TINY
ok "tells" wait_for 10 test -s "$T_TMP/hostile"
wait $hostile_reader
f_record $TINY
shown="$T_TMP/a\\x0ab\\x1b[31m\"c\\\\d"
ok "a line, escaped" grep -qF " $shown → " "$T_TMP/hostile"
ok "with what is leaked" grep -qF " 3 $shown r " "$T_TMP/hostile"
is "and no more" "1 0" "$(wc -l <"$T_TMP/hostile") $(grep -c "$esc" "$T_TMP/hostile")"
execward fds "$T_TMP/trace" >"$T_TMP/hostile.fds"
ok "fds: who" grep -qF "1 time  $shown -> $TINY" "$T_TMP/hostile.fds"
ok "what" grep -qF "    what   regular $shown (r), profile see" "$T_TMP/hostile.fds"
ok "the call, of which no quote ends the path" \
	grep -qxF "    change open(\"$T_TMP/a\\x0ab\\x1b[31m\\x22c\\\\d\", O_RDONLY | O_CLOEXEC)" "$T_TMP/hostile.fds"
is "no terminal is driven" 0 "$(grep -c "$esc" "$T_TMP/hostile.fds")"
rm "$T_TMP/hostile" # a name that t_records would not open
is "nothing" "No descriptor crossed an exec." "$(execward fds </dev/null)"
f_end
