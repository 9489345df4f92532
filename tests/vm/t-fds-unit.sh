#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: debian
# kernels: all
# Descriptors that systemd passes to services, and others that only look so.
# shellcheck shell=sh disable=SC2034
. /ew/lib.sh

UNITS=/run/systemd/system
POLICY=$T_TMP/policy.d
SEE="/ew/bin/fdrace see 41" # exits 42 when it has a descriptor from 3 on, else 41
mkdir -p "$POLICY"
execward unload >/dev/null 2>&1 # a test before this one may have died

# service NAME COMMAND [LINE...]: a service that ends as COMMAND does
service() {
	s_name=$1 s_command=$2
	shift 2
	printf '[Service]\nType=oneshot\nExecStart=%s\n' "$s_command" >"$UNITS/$s_name.service"
	for s_line; do printf '%s\n' "$s_line" >>"$UNITS/$s_name.service"; done
}

# started NAME: exit status of the service's command
started() {
	systemctl reset-failed "$1.service" 2>/dev/null
	systemctl start "$1.service" 2>/dev/null
	systemctl show -P ExecMainStatus "$1.service"
}

for n in listen strict; do
	printf '[Socket]\nListenStream=/run/fds-%s.sock\nService=fds-%s.service\n' $n $n >"$UNITS/fds-$n.socket"
	service "fds-$n" "$SEE"
done
service fds-user "$SEE" User=alice Sockets=fds-listen.socket
service fds-forged "/ew/bin/fdleak r=/etc/hosts -- $SEE" Environment=LISTEN_FDS=1 Environment=LISTEN_FDNAMES=x
service fds-none "/ew/bin/fdleak r=/etc/hosts cloexec -- $SEE" Environment=LISTEN_FDS=1
for n in activate allowed; do
	service "fds-$n" "/usr/bin/systemd-socket-activate -l 127.0.0.1:$([ $n = activate ] && echo 901 || echo 902) $SEE" TimeoutStartSec=60
done
for n in kept strict-kept; do
	printf '[Service]\nExecStart=/ew/bin/fdstore /run/fds-%s.result\nNotifyAccess=all\nFileDescriptorStoreMax=4\n' $n >"$UNITS/fds-$n.service"
	printf 'Restart=on-failure\nRestartSec=100ms\n' >>"$UNITS/fds-$n.service"
done
cat >"$POLICY/p.yaml" <<'E'
version: 1
profiles:
  - name: listen
    mode: audit
    cgroups: ["/system.slice/fds-*.service"]
    fds: {mode: deny, allow: [{kind: socket, program: /ew/bin/tiny}]}
  - name: strict
    mode: audit
    cgroups: [/system.slice/fds-strict.service, /system.slice/fds-strict-kept.service]
    fds: {mode: deny, ignore: [stdio]}
E
systemctl daemon-reload
systemctl start fds-listen.socket fds-strict.socket

# activated NAME PORT: exit status of a service of systemd-socket-activate, which waits for a connection
activated() {
	(wait_for 30 bash -c "exec 3<>/dev/tcp/127.0.0.1/$2") &
	started "$1"
	wait
}

# kept NAME: what the service has after its restart, or what becomes of it
kept() {
	rm -f "/run/fds-$1.result"
	systemctl reset-failed "fds-$1.service" 2>/dev/null
	systemctl start "fds-$1.service" 2>/dev/null
	if wait_for 30 kept_ends "$1" && [ -s "/run/fds-$1.result" ]; then
		cat "/run/fds-$1.result"
	else
		systemctl show -P Result -P ExecMainStatus "fds-$1.service" | tr '\n' ' '
	fi
	systemctl stop "fds-$1.service"
}
kept_ends() { [ -s "/run/fds-$1.result" ] || systemctl is-failed -q "fds-$1.service"; }

t_case "without policy"
for n in listen strict user forged; do is "$n: has a descriptor" 42 "$(started fds-$n)"; done
is "none: has none" 41 "$(started fds-none)"
is "systemd-socket-activate passes one" 42 "$(activated fds-activate 901)"

for n in kept strict-kept; do is "$n: has its descriptor again" /etc/hosts "$(kept $n)"; done

t_case "a socket unit"
ok "load" execward --policy-dir "$POLICY" load
is "listen_fds: passed" 42 "$(started fds-listen)"
is "passed to a service of a plain user" 42 "$(started fds-user)"
is "not ignored: refused" 203 "$(started fds-strict)"
t_case "the descriptor store"
is "listen_fds: passed after the restart" /etc/hosts "$(kept kept)"
is "not ignored: refused" "exit-code 203 " "$(kept strict-kept)"
t_case "LISTEN_FDS"
is "forged: refused" 126 "$(started fds-forged)"
is "without a descriptor it starts" 41 "$(started fds-none)"
t_case "systemd-socket-activate"
# which exits 0 when it cannot execute the program
is "is not the service manager: refused" 0 "$(activated fds-activate 901)"
sed -i 's,/ew/bin/tiny,/ew/bin/fdrace,' "$POLICY/p.yaml"
ok "reload" execward --policy-dir "$POLICY" reload
is "allowed for that program" 42 "$(activated fds-allowed 902)"
is "by kind: another descriptor is refused as before" 126 "$(started fds-forged)"

ok "unload" execward unload
systemctl stop fds-listen.socket fds-strict.socket
rm "$UNITS"/fds-*
systemctl daemon-reload
t_done
