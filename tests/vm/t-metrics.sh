# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# What metrics prints of what the kernel has counted, and the unit that writes it for node_exporter.
# images: small debian
# kernels: newest
# timeout: 90
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

# value METRIC...: what each is now, by one run
value() {
	execward metrics | awk 'BEGIN { for (i = 1; i < ARGC; i++) name[i] = "execward_" ARGV[i]; n = ARGC; ARGC = 1 } { now[$1] = $2 }
		END { for (i = 1; i < n; i++) printf "%s%s", (i > 1 ? " " : ""), now[name[i]] }' "$@"
}

t_case "not loaded"
rc "is no failure" 0 execward metrics
is "is told" "0 3" "$(value up status)"
unlike "and nothing else" 'transitions' "$(cat "$T_OUT")"

t_case "loaded"
load >/dev/null
execward tag --cgroup / see
execward run no -- asuser 1000 1000 1000 "$SUID" 2>/dev/null
is "up" "1 0" "$(value up status)"
is "denied, by profile" 1 "$(value 'profile_transitions_total{profile="no",verdict="deny"}')"
is "why" 1 "$(value 'profile_transition_reasons_total{profile="no",reason="gain"}')"
is "in all" 1 "$(value 'transitions_total{verdict="deny"}')"
is "what it would have gained" "1 1 0 0" "$(value 'gains_total{kind="uid",verdict="deny"}' 'gains_total{kind="caps",verdict="deny"}' 'gains_total{kind="gid",verdict="deny"}' 'gains_total{kind="uid",verdict="allow"}')"
is "tags" 1 "$(value 'tags{kind="cgroup"}')"
is "cgroups that are governed, as the map has them" "$(value governed_cgroups)" "$(value 'map_entries{map="cgroups"}')"
is "the room that the map has" 1000000 "$(value 'map_entries_max{map="cgroups"}')"
is "no exceptions" 0 "$(value 'map_entries{map="exceptions"}')"
is "the first policy" "1 1" "$(value policy_generation last_reload_success)"
[ "$(($(date +%s) - $(value load_timestamp_seconds | sed 's/\..*//')))" -lt 80 ]
is "loaded just now" 0 $?
execward --policy-dir "$POLICY" reload >/dev/null
is "the second policy" "2 1" "$(value policy_generation last_reload_success)"
mkdir "$T_TMP/bad"
echo nonsense >"$T_TMP/bad/x.yaml"
rc "a reload that is refused" 1 execward --policy-dir "$T_TMP/bad" reload
is "is told" "2 0" "$(value policy_generation last_reload_success)"
rc "one that only shows" 0 execward --policy-dir "$POLICY" reload --dry-run
is "counts for nothing" 0 "$(value last_reload_success)"

t_case "readers"
execward trace --all --for 60 >/dev/null 2>&1 &
tracer=$!
reads() { execward metrics | grep -q "^execward_reader_lost_records_total{reader=\"0\",pid=\"$tracer\",full=\"buffer\"} 0$"; }
ok "a trace is one, with what it lost" wait_for 20 reads
like "and what it got" "^execward_reader_records_total\{reader=\"0\",pid=\"$tracer\"\} [1-9]" "$(execward metrics)"
is "one" 1 "$(value readers)"
kill $tracer
wait $tracer

t_case "--textfile"
P=$T_TMP/execward.prom
rc "is written" 0 execward metrics --textfile "$P"
is "for others to read" 644 "$(stat -c %a "$P")"
like "whole" '^execward_map_entries_max\{map="verities"\} [1-9]' "$(cat "$P")"
is "with nothing beside it" execward.prom "$(cd "$T_TMP" && find . -name '*execward.prom*' | sed 's|.*/||')"
rc "where it cannot be" 1 execward metrics --textfile "$T_TMP/none/execward.prom"
like "says so" "^execward: $T_TMP/none/execward.prom cannot be written: No such file or directory; " "$(cat "$T_OUT")"
rc "what it does not take" 2 execward metrics --nonsense
rc "nor that" 2 execward metrics now
rc "a plain user" 1 as alice execward metrics
like "is told why" 'execward: no privilege to look' "$(cat "$T_OUT")"
like "as a metric, too" '^execward_status 4$' "$(cat "$T_OUT")"

if [ -d /run/systemd/system ]; then
	t_case "the timer"
	D=/var/lib/prometheus/node-exporter
	cp /ew/dist/metrics/execward-metrics.* /run/systemd/system/
	systemctl daemon-reload
	systemctl start execward-metrics.service
	is "without the directory nothing is done" no "$(systemctl show -P ConditionResult execward-metrics.service)"
	mkdir -p "$D" && chown alice "$D"
	ok "the service, in its sandbox" systemctl start execward-metrics.service
	is "writes what is counted" 1 "$(sed -n 's/^execward_profile_transitions_total{profile="no",verdict="deny"} //p' "$D/execward.prom")"
	is "all of it" "$(execward metrics | grep -c '^execward_')" "$(grep -c '^execward_' "$D/execward.prom")"
	rm "$D/execward.prom"
	ok "the timer starts it" systemctl start execward-metrics.timer
	ok "by itself" wait_for 60 test -e "$D/execward.prom"
	systemctl stop execward-metrics.timer
	rm -r "$D" /run/systemd/system/execward-metrics.*
	systemctl daemon-reload
fi
execward unload >/dev/null
nok "how the last reload went is forgotten with it" test -e /run/execward/reload
is "once unloaded" "0 3" "$(value up status)"
t_done
