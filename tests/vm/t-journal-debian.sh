# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The daemon writes what is recorded to the journal, whatever becomes of journald; journalctl -x explains it.
# images: debian
# kernels: newest
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh
. /ew/lib.sh
. /ew/tests/data/units.sh

# message SUBJECT: the MESSAGE_ID of the catalog's entry whose subject begins so
message() { sed -n "s/^-- //; /^Subject: $1/{x;p;x}; h" /ew/dist/execward.catalog; }
ALLOW=$(message 'Allowed: ') AUDIT=$(message 'Would be refused: ') DENY=$(message 'Refused: ') LOST=$(message '@EXECWARD_LOST@ ')
TAG=$(message '@EXECWARD_ACTION@: ') POLICY=$(message '@EXECWARD_ACTION@ of the policy')
START=$(date +@%s)
# entries MATCH...: of this run, as JSON
entries() { journalctl --sync; journalctl -q --since "$START" -o json --all _UID=0 "$@"; }
# of N MATCH...: there are N at least
of() {
	o_n=$1
	shift
	[ "$(entries "$@" | wc -l)" -ge "$o_n" ]
}
# field NAME: its value in the entry in $E, or its values, in brackets
field() { printf '%s\n' "$E" | sed -n "s/.*\"$1\" *: *\(\"[^\"]*\"\|\[[^]]*\]\).*/\1/p"; }

ok "a service" unit web
ok "another" unit other
is "without policy" 0 "$(did web "$SUDO")"
sed -i 's/name: no/&\n    cgroups: [\/system.slice\/web.service]/; s/name: see/&\n    cgroups: [\/system.slice\/other.service]/' "$U_POLICY"
daemon() {
	systemd-run --quiet --unit ew-journal --service-type notify -p LogRateLimitIntervalSec=0 -p Environment=PATH=/ew/bin:/usr/bin \
		/ew/bin/execward --policy-dir "$U_DIR/policy.d" daemon "$@"
}
ok "the daemon" daemon --buffer 64K

t_case "an entry"
is "sudo" refused "$(did web "$SUDO")"
ok "is there" wait_for 20 of 1 "MESSAGE_ID=$DENY"
E=$(entries "MESSAGE_ID=$DENY" | head -n 1)
note "$(field MESSAGE)"
like "message" '^"deny: sh\[[0-9]+\] /usr/bin/dash -> /usr/bin/sudo \+uid:root \+caps:all\([0-9]+\): gain, no \(u.yaml:[0-9]+\)"$' "$(field MESSAGE)"
is "priority" '"4"' "$(field PRIORITY)"
is "verdict" '"deny"' "$(field EXECWARD_VERDICT)"
is "reason" '"gain"' "$(field EXECWARD_REASON)"
is "profile" '"no"' "$(field EXECWARD_PROFILE)"
like "rule" '^"u.yaml:[0-9]+"$' "$(field EXECWARD_RULE)"
is "program" '"/usr/bin/sudo"' "$(field EXECWARD_PROGRAM)"
like "each gain" '^\["uid:root","cap_chown",.*"cap_checkpoint_restore"\]$' "$(field EXECWARD_GAIN | tr -d ' ')"
is "cgroup" '"/system.slice/web.service"' "$(field EXECWARD_CGROUP)"
like "the process" '^"[0-9]+"$' "$(field OBJECT_PID)"
is "which is the record's" "$(field OBJECT_PID)" "\"$(printf '%s\n' "$E" | sed 's/.*\\"task\\":{\\"pid\\":\([0-9]*\),.*/\1/')\""
is "the other service's sudo" 0 "$(did other "$SUDO")"
ok "is there" wait_for 20 of 1 "MESSAGE_ID=$AUDIT" EXECWARD_PROFILE=see
is "an audited one has another MESSAGE_ID" 0 "$(entries "MESSAGE_ID=$DENY" | grep -vc '"EXECWARD_VERDICT" *: *"deny"')"
ok "what passes is there, too" wait_for 20 of 1 EXECWARD_VERDICT=allow
is "by the daemon" '"ew-journal.service"' "$(field _SYSTEMD_UNIT)"
ok "what the daemon did is there, too" wait_for 20 of 1 "MESSAGE_ID=$POLICY" EXECWARD_ACTION=load EXECWARD_COMMAND=daemon
execward tag --user 4711 see
ok "and what is done to a tag" wait_for 20 of 1 "MESSAGE_ID=$TAG" EXECWARD_ACTION=tag "EXECWARD_OBJECT=users 4711" EXECWARD_PROFILE=see
E=$(entries "MESSAGE_ID=$TAG" | head -n 1)
like "its message" '^"tag: users 4711: \+see, by execward\[[0-9]+\] of user id 0"$' "$(field MESSAGE)"
is "its priority" '"5"' "$(field PRIORITY)"

t_case "catalog"
mkdir -p /usr/local/lib/systemd/catalog
cp /ew/dist/execward.catalog /usr/local/lib/systemd/catalog/
ok "update" journalctl --update-catalog
X=$(journalctl -q -x --since "$START" "MESSAGE_ID=$DENY" | head -n 30)
like "subject" 'Subject: Refused: /usr/bin/sudo$' "$X"
like "rule" 'Profile: no \(u.yaml:[0-9]+\); reason: gain\.' "$X"
like "cause" 'Cause: The program would give the task power' "$X"
like "remedy" 'Remedy: If the task needs the program, add an exception' "$X"
unlike "all of them are filled in" '@EXECWARD' "$X"
X=$(journalctl -q -x --since "$START" "MESSAGE_ID=$TAG" "MESSAGE_ID=$POLICY")
like "of a tag" 'Subject: tag: users 4711$' "$X"
like "of the policy" 'Subject: load of the policy$' "$X"
unlike "these, too" '@EXECWARD' "$X"

t_case "journald restarts"
n=$(entries "MESSAGE_ID=$DENY" | wc -l)
ok "restart" systemctl restart systemd-journald
is "sudo" refused "$(did web "$SUDO")"
ok "is there" wait_for 20 of $((n + 1)) "MESSAGE_ID=$DENY"

t_case "journald stops for a while"
journald=$(systemctl show -P MainPID systemd-journald)
kill -STOP "$journald"
# More than its socket and the daemon's buffer hold, which is 610. By a shell, which takes as long to start each as the daemon needs
# to tell of it: else the buffer is full before the socket is.
did web 'i=0; while [ $i -lt 900 ]; do /ew/bin/tiny; i=$((i + 1)); done' >"$T_TMP/flood"
is "execs go on" "" "$(cat "$T_TMP/flood")"
is "sudo" refused "$(did web "$SUDO")"
sed -i 's/mode: audit/mode: deny/' "$U_POLICY"
pid=$(systemctl show -P MainPID ew-journal)
kill -HUP "$pid"
reloaded() { execward status --json | grep -q '"name":"see","mode":"deny"'; }
ok "the daemon is not kept from its work" wait_for 30 reloaded
kill -CONT "$journald"
ok "losses are told" wait_for 30 of 1 "MESSAGE_ID=$LOST"
note "$(journalctl -q --since "$START" -o cat | grep '^lost: ' | head -n 1)"
is "sudo" refused "$(did web "$SUDO")"
ok "and it goes on" wait_for 20 of $((n + 2)) "MESSAGE_ID=$DENY"

t_case "log"
journalctl --sync
# anybody can write an entry that looks like one
printf 'MESSAGE=x\nMESSAGE_ID=%s\nEXECWARD_RECORD=%s\n' "$DENY" "$(execward log --json --denied --since "$START" -n 1 | sed -n '$s/"comm":"[^"]*"/"comm":"forged"/p')" >"$T_TMP/forged"
ok "an entry by somebody else" as alice sh -c "logger --journald <$T_TMP/forged"
printf 'MESSAGE=x\nMESSAGE_ID=%s\nEXECWARD_RECORD={"v":3,"type":"exec"}\n' "$DENY" | logger --journald
journalctl --sync
execward log --json --since "$START" >"$T_TMP/every" 2>"$T_TMP/said"
is "all entries but the last" "$(($(entries "MESSAGE_ID=$ALLOW" "MESSAGE_ID=$AUDIT" "MESSAGE_ID=$DENY" "MESSAGE_ID=$LOST" "MESSAGE_ID=$TAG" "MESSAGE_ID=$POLICY" | wc -l) - 1))" "$(wc -l <"$T_TMP/every")"
is "which is named" 1 "$(grep -c '^execward: warning: journal, @[0-9.]*: a record of another version than 1, .*; left out$' "$T_TMP/said")"
like "and counted" '1 of [0-9]+ lines were left out' "$(cat "$T_TMP/said")"
is "the other one is not read" 0 "$(grep -c forged "$T_TMP/every")"
# passes SED OPTION...: with these options log prints what SED leaves of all, and that is something, and not all
passes() {
	p_sed=$1
	shift
	sed -n "/\"type\":\"lost\"/p; $p_sed" "$T_TMP/every" | uniq >"$T_TMP/expected"
	ok "$*: something, and not all" test "$(wc -l <"$T_TMP/expected")" -gt 1 -a "$(wc -l <"$T_TMP/expected")" -lt "$(wc -l <"$T_TMP/every")"
	execward log --json --since "$START" "$@" 2>/dev/null | diff "$T_TMP/expected" - | cut -c 1-300 >"$T_TMP/differences"
	is "$*: what passes" "" "$(head -n 5 "$T_TMP/differences")"
}
passes '/"verdict":"\(audit\|deny\)"/p' --denied
passes '/"gain":\["uid:/p' --gain=uid
passes '/"file":{"path":"\/usr\/bin\/sudo"/p' --program /usr/bin/sudo
passes '/"path":"\/system.slice\/web.service"/p' --cgroup /system.slice/web.service
passes '/"profiles":\["no"\]/p' --profile no
passes '/"before":{"uid":1000,/p' --user alice
is "text" "$(grep -c . "$T_TMP/every")" "$(execward log --since "$START" 2>/dev/null | grep -c '^[0-9:.]* \(ALLOW\|AUDIT\|DENY\|LOST\|TAG\|LOAD\|RELOAD\) ')"

t_case "follow"
execward log --json --follow --since "$START" --denied -n $(($(grep -c '"verdict":"\(audit\|deny\)"' "$T_TMP/every") + 1)) >"$T_TMP/followed" 2>/dev/null &
FOLLOWER=$!
is "sudo" refused "$(did web "$SUDO")"
ended() { ! kill -0 $FOLLOWER 2>/dev/null; }
ok "it ends with one that came since" wait_for 30 ended
is "all" "$(execward log --json --since "$START" --denied 2>/dev/null)" "$(cat "$T_TMP/followed")"

t_case "ends"
ok "stop" systemctl stop ew-journal
rm -f /usr/local/lib/systemd/catalog/execward.catalog
journalctl --update-catalog
u_done
