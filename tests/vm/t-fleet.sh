# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A machine of many: its policy is a file that somebody places, its health is an exit code, its records go to another journal and,
# in the names of the Elastic Common Schema, to a shipper (docs/fleet.md).
# images: debian
# kernels: newest
# timeout: 180
# extra: podman netavark conmon uidmap dbus-user-session systemd-journal-remote
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh
. /ew/lib.sh
. /ew/tests/data/units.sh
S=execward.service
ETC=/etc/execward/policy.d
mkdir -p "$ETC"

# place NAME: standard input, as a configuration management does: a file beside it, which is renamed
place() {
	cat >"$ETC/.$1.new"
	chmod 644 "$ETC/.$1.new"
	mv "$ETC/.$1.new" "$ETC/$1"
}
# policy MODE [UNIT...]
policy() {
	p_mode=$1
	shift
	printf 'version: 1\nprofiles:\n  - name: fleet\n    mode: %s\n    gains: [uid, gid, caps]\n    cgroups: [/system.slice/none.service' "$p_mode"
	printf ', /system.slice/%s.service' "$@"
	echo ']'
}
# health: what a check of the machine is told: the exit code, and two fields
health() {
	h_text=$(execward status --json)
	echo "$? $(printf '%s\n' "$h_text" | sed 's/.*"exit":\([0-9]*\),.*"loaded":\([a-z]*\).*/\1 \2/')"
}

t_case "health"
ok "two services" unit web
ok "(the other)" unit other
is "without policy" 0 "$(did web "$SUDO")"
is "not loaded" "3 3 false" "$(health)"
policy audit web | place fleet.yaml
ok "the service" systemctl start $S
is "nothing that refuses" "6 6 true" "$(health)"
is "audited" 0 "$(did web "$SUDO")"

t_case "policy by a file"
policy deny web | place fleet.yaml
is "placed, it is not in force" 0 "$(did web "$SUDO")"
ok "reload" execward reload
is "health" "0 0 true" "$(health)"
is "in force" refused "$(did web "$SUDO")"
is "allow twin: the other service" 0 "$(did other "$SUDO")"
policy deni other | place fleet.yaml
rc "one with an error" 1 execward reload
like "is told with its place" 'fleet.yaml:4:11: error' "$(cat "$T_OUT")"
is "and leaves what was in force" refused "$(did web "$SUDO")"
is "which is healthy" "0 0 true" "$(health)"
policy deny web | place fleet.yaml

t_case "journals"
# the units of systemd-journal-remote, but without TLS, as the other journal is here
systemd-sysusers >/dev/null 2>&1
mkdir -p /run/systemd/system/systemd-journal-remote.service.d
cat >/run/systemd/system/systemd-journal-remote.service.d/test.conf <<'UNIT'
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-journal-remote --listen-http=-3 --output=/var/log/journal/remote/
UNIT
mkdir -p /run/systemd/system/systemd-journal-remote.socket.d /etc/systemd/journal-upload.conf.d
printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:19532\n' >/run/systemd/system/systemd-journal-remote.socket.d/test.conf
printf '[Upload]\nURL=http://127.0.0.1:19532\n' >/etc/systemd/journal-upload.conf.d/test.conf
systemctl daemon-reload
ok "a journal that listens" systemctl start systemd-journal-remote.socket
ok "one that is sent" systemctl start --no-block systemd-journal-upload.service
REMOTE="--quiet --directory=/var/log/journal/remote"
# shellcheck disable=SC2086 # a list of options
there() { journalctl $REMOTE -o "$@"; }
arrived() { [ -n "$(there cat EXECWARD_VERDICT=deny EXECWARD_PROFILE=fleet)" ]; }
ok "the refusal arrives" wait_for 60 arrived
# ours: an entry's message, its place and the fields that execward gave it
ours() { grep -oE '"(__REALTIME_TIMESTAMP|MESSAGE|MESSAGE_ID|PRIORITY|OBJECT_PID|SYSLOG_IDENTIFIER|_SYSTEMD_UNIT|EXECWARD_[A-Z]+)" *: *("([^"\\]|\\.)*"|\[[^]]*\])' | sort; }
journalctl --sync
HERE=$(journalctl --quiet -o json --all -n 1 EXECWARD_VERDICT=deny EXECWARD_PROFILE=fleet | ours)
like "with its fields" '^"EXECWARD_RECORD"' "$HERE"
is "all of them" "$HERE" "$(there json --all -n 1 EXECWARD_VERDICT=deny EXECWARD_PROFILE=fleet | ours)"
is "of the right ones" "$(printf '"%s"\n' EXECWARD_CAUSE EXECWARD_CGROUP EXECWARD_COMM EXECWARD_EXE EXECWARD_GAIN EXECWARD_PROFILE EXECWARD_PROGRAM \
	EXECWARD_REASON EXECWARD_RECORD EXECWARD_REMEDY EXECWARD_RULE EXECWARD_SHAPE EXECWARD_UID EXECWARD_VERDICT EXECWARD_WHY)" \
	"$(printf '%s\n' "$HERE" | grep -o '^"EXECWARD_[A-Z]*"')"
there cat --output-fields=EXECWARD_RECORD EXECWARD_VERDICT=deny | tee "$T_TMP/arrived" | execward log --no-pager - >"$T_TMP/read"
like "and reads as records there" 'DENY .*/usr/bin/sudo .*gain, fleet \(fleet.yaml:3\)' "$(cat "$T_TMP/read")"
policies() { there cat EXECWARD_ACTION=reload EXECWARD_COMMAND=reload | grep -q .; }
ok "so do changes of the policy" wait_for 60 policies

t_case "a shipper"
mkfifo "$T_TMP/pipe"
# who ships: takes what it reads, and refuses what is none
awk -f /ew/tests/data/json-paths.awk <"$T_TMP/pipe" >"$T_TMP/paths" &
shipper=$!
execward trace -o ecs >"$T_TMP/pipe" &
tracer=$!
readers() { execward status --json | grep -q '"readers":2'; }
ok "reads" wait_for 20 readers
is "a refusal" refused "$(did web "$SUDO")"
is "what is allowed" uid=1000 "$(did web "id | cut -c 1-8")"
ok "a change" execward tag --user 4711 fleet
kill $tracer
wait $tracer
ok "every line is JSON" wait $shipper
NAMES=$(sort -u "$T_TMP/paths" | grep -v '^execward\.')
is "and has no name that the schema has not" "" "$(printf '%s\n' "$NAMES" | LC_ALL=C comm -23 - /ew/tests/data/ecs-names)"
is "but each that the documents tell of" "" "$(printf '%s\n' "$NAMES" | LC_ALL=C comm -13 - /ew/tests/data/ecs-names)"
like "the rest is below" '^execward\.verdict$' "$(cat "$T_TMP/paths")"

t_case "not in force"
rm /sys/fs/bpf/execward/links/ew_creds_from_file
is "a program taken away" "1 1 true" "$(health)"
ok "unload" execward unload
is "everything taken away" "3 3 false" "$(health)"

systemctl stop $S systemd-journal-upload.service systemd-journal-remote.socket systemd-journal-remote.service 2>/dev/null
rm -rf /run/systemd/system/systemd-journal-remote.*.d /etc/systemd/journal-upload.conf.d /var/log/journal/remote "$ETC/fleet.yaml"
u_done
