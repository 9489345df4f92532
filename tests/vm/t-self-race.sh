# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Self-service amid other things: 64 profiles, threads that enter at once, that fork, that exec while another enters.
# images: small
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2034 # ASKER is for asker_stop
. /ew/lib.sh
. /ew/tests/data/tags.sh

PLAIN=$T_TMP/plain
{
	printf 'version: 1\nprofiles:\n'
	n=0
	while [ $n -lt 64 ]; do
		mode=audit
		[ $n != 63 ] || mode=deny
		printf '  - {name: own-%s, mode: %s, gains: [uid, gid, caps], self_service: yes}\n' $n $mode
		n=$((n + 1))
	done
} >"$POLICY/t.yaml"
all=$(seq -f 'own-%g' 0 63)
but_one=$(seq -f 'own-%g' 0 62)

load >/dev/null
# shellcheck disable=SC2086 # words
{
	t_case "64 profiles"
	is "all" refused "$(outcome alice tenter in $all -- "$SUID")"
	is "all but the one that denies" 0 "$(outcome alice tenter in $but_one -- "$SUID")"
	is "in reverse" refused "$(outcome alice tenter in own-63 $but_one -- "$SUID")"
	records_begin
	alice tenter in $all -- "$PLAIN" >/dev/null
	records_end
	is "the record lists them" 64 "$(printf '%s\n' "$RECORDS" | grep -F "\"path\":\"$PLAIN\"" | sed 's/.*"profiles"//' | grep -o 'own-' | wc -l)"
	records_begin --denied
	for own in $all; do alice tenter in "$own" -- "$SUID" >/dev/null 2>&1; done
	records_end
	is "each alone is the one that decides" 64 "$(printf '%s\n' "$RECORDS" | grep -c '"profile":"\(own-[0-9]*\)",.*"profiles":\["\1"\]')"
}

t_case "threads that enter at once"
is "64, of which one denies" "0 failed, 64 refused
refused" "$(alice tenter many 64 own -- "$SUID" 2>&1 | sed 's/.*Operation not permitted/refused/')"
is "63 that do not" "0 failed, 0 refused
0" "$(alice tenter many 63 own -- "$SUID" 2>&1)"
records_begin
alice tenter many 64 own -- "$PLAIN" >/dev/null 2>&1
named() { tail -n 1 "$T_TMP/records" | grep -q '"own-63".*}$'; }
ok "the last is told" wait_for 60 named
# shellcheck disable=SC2154 # of records_begin
waited=$(sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$r_pid/status")
records_end
note "trace waited $waited times"
ok "and the kernel was not waited for to name each" test "${waited:-9999}" -lt 500
is "none is lost" 64 "$(printf '%s\n' "$RECORDS" | tail -n 1 | sed 's/.*"profiles"//' | grep -o 'own-' | wc -l)"

t_case "a thread that forks meanwhile"
is "no child that knows is untagged" "0 not refused" "$(alice tenter forks 100 own-63 -- "$SUID")"
is "twin" "20 not refused" "$(alice tenter forks 20 own-0 -- "$SUID")"

t_case "a thread that execs meanwhile"
cp "$(readlink -f /bin/sh)" "$T_TMP/shell"
sed "1s|.*|#!$T_TMP/shell|" "$T_TMP/asker" >"$T_TMP/held"
chmod 755 "$T_TMP/shell" "$T_TMP/held"
mkfifo "$T_TMP/ask"
tlease "$T_TMP/shell" >"$T_TMP/lease" &
lease=$!
wait_for 10 grep -q ready "$T_TMP/lease"
: >"$T_TMP/pid"
chmod 666 "$T_TMP/pid"
alice tenter amid own-63 -- "$T_TMP/held" "$T_TMP" <"$T_TMP/ask" >"$T_TMP/asked" &
exec 8>"$T_TMP/ask"
ok "the exec is under way" wait_for 10 grep -q waiting "$T_TMP/lease"
echo ask >&8
ok "the other thread asks" wait_for 10 grep -q asked "$T_TMP/asked"
is "and is told to ask again" "asked EAGAIN" "$(cat "$T_TMP/asked")"
kill $lease
wait $lease 2>/dev/null
ok "the exec goes on" wait_for 10 test -s "$T_TMP/pid"
read -r ASKER <"$T_TMP/pid"
like "under the profile or not, as nobody was told" '^(0|refused)$' "$(asker_ask)"
asker_stop
exec 8>&-
: >"$T_TMP/asked"
echo ask | asuser 1000 1000 1000 tenter alone own-63 -- "$PLAIN" >"$T_TMP/asked" &
alone=$!
wait_for 30 grep -q asked "$T_TMP/asked"
is "twin: nobody execs" 'asked EALREADY' "$(cat "$T_TMP/asked")"
kill $alone

execward unload
t_done
