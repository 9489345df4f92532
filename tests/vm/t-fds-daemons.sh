#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: debian
# kernels: all
# Programs of Debian that get descriptors by exec: lvm, which warns of each; sshd, which executes itself with two of them for
# every connection; nginx, whose new binary gets the listening sockets of the old one at USR2 (NGINX=).
# shellcheck shell=sh disable=SC2154
. /ew/lib.sh
. /ew/tests/data/fds.sh

f_profile audit '{mode: audit}'
f_profile deny '{mode: deny}'
f_profile allow '{mode: deny, allow: [{kind: socket, program: /usr/sbin/sshd}, {kind: fifo, program: /usr/sbin/sshd}, {kind: socket, program: /usr/sbin/nginx}, {kind: regular, program: /usr/sbin/lvm}]}'

# recorded PROFILE PROGRAM VERDICT: an exec of PROGRAM with that verdict and with descriptors
is_recorded() { grep "\"verdict\":\"$3\".*\"file\":{\"path\":\"$2\".*\"fds\":{\"count\":[1-9].*\"path\":\"/fds-$1\"" "$T_TMP/trace" >"$T_TMP/found"; }
recorded() { ok "recorded, $3, with its descriptors" wait_for 10 is_recorded "$@"; }

# lvm PROFILE COMMANDS: what lvm says after COMMANDS of the shell that executes it
lvm_says() {
	f_run "$1" sh -c "$2 exec /usr/sbin/lvm version"
	grep -o '^File descriptor 5.*leaked on lvm invocation\|LVM version\|Operation not permitted' "$T_TMP/out" | tr '\n' ';'
}
warning='File descriptor 5 (/etc/hosts) leaked on lvm invocation;'

SSHD=$T_TMP/sshd
mkdir -p /run/sshd "$SSHD"
ssh-keygen -q -t ed25519 -N '' -f "$SSHD/key"
# sshd PROFILE: takes one connection up to its key, which the client prints; what it says goes to $SSHD/PROFILE
answers() { ssh-keyscan -T 20 -p 2222 127.0.0.1 2>/dev/null | grep -q ed25519; }
sshd_takes() {
	(
		[ "$1" = - ] || echo 0 >"$F_CGROUP-$1/cgroup.procs"
		exec /usr/sbin/sshd -D -e -f /dev/null -p 2222 -h "$SSHD/key" -o ListenAddress=127.0.0.1
	) 2>"$SSHD/$1" &
	s_pid=$!
	ok "sshd answers" wait_for 30 answers
	kill $s_pid
	wait $s_pid
}

NGINX=$T_TMP/nginx
mkdir -p "$NGINX"
cat >"$NGINX/conf" <<C
worker_processes 1;
pid $NGINX/pid;
error_log $NGINX/log notice;
events {}
http { access_log off; server { listen 127.0.0.1:8099; } }
C
# nginx_upgrade PROFILE: starts it, and has it execute its program anew
nginx_upgrade() {
	: >"$NGINX/log"
	f_run "$1" /usr/sbin/nginx -c "$NGINX/conf"
	ok "nginx starts" test "$F_RC" = 0
	wait_for 10 test -s "$NGINX/pid"
	n_old=$(cat "$NGINX/pid")
	kill -USR2 "$n_old"
}
upgraded() { [ -s "$NGINX/pid.oldbin" ] && [ -s "$NGINX/pid" ] && [ "$(cat "$NGINX/pid")" != "$n_old" ]; }
failed_to() { grep -q 'execve() failed while executing new binary process "/usr/sbin/nginx" (1: Operation not permitted)' "$NGINX/log"; }
# a master that is told to end between its beginning and its first wait forgets that, so it is told again
nginx_gone() {
	n_left=$(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3)
	[ -n "$n_left" ] || return 0
	# shellcheck disable=SC2086 # words
	kill -TERM $n_left 2>/dev/null
	return 1
}
nginx_ends() {
	ok "nginx ends" wait_for 30 nginx_gone
	rm -f "$NGINX/pid" "$NGINX/pid.oldbin"
}

t_case "without policy"
is "lvm warns" "${warning}LVM version;" "$(lvm_says - 'exec 5</etc/hosts;')"
is "but not of what is closed" "LVM version;" "$(lvm_says - 'exec 5</etc/hosts 5<&-;')"
sshd_takes -
nginx_upgrade -
ok "nginx has a new binary" wait_for 20 upgraded
nginx_ends
f_load

t_case "lvm"
is "audit: it warns" "${warning}LVM version;" "$(lvm_says audit 'exec 5</etc/hosts;')"
recorded audit /usr/sbin/lvm audit
like "the file, by the shell" '"exe":"/usr/bin/dash".*\[\{"fd":5,"kind":"regular","access":"r","path":"/etc/hosts"' "$(cat "$T_TMP/found")"
is "deny: it does not start" "Operation not permitted;" "$(lvm_says deny 'exec 5</etc/hosts;')"
recorded deny /usr/sbin/lvm deny
is "allowed by rule: it warns" "${warning}LVM version;" "$(lvm_says allow 'exec 5</etc/hosts;')"
recorded allow /usr/sbin/lvm allow
is "closed, it starts" "LVM version;" "$(lvm_says deny 'exec 5</etc/hosts 5<&-;')"

t_case "sshd"
sshd_takes audit
recorded audit /usr/sbin/sshd audit
sshd_takes deny
recorded deny /usr/sbin/sshd deny
like "it was told, and goes on as it is" 'rexec of /usr/sbin/sshd failed: Operation not permitted' "$(cat "$SSHD/deny")"
sshd_takes allow
is "allowed by rule: it is not" "" "$(grep 'rexec of' "$SSHD/allow")"
recorded allow /usr/sbin/sshd allow

t_case "nginx at USR2"
nginx_upgrade audit
ok "audit: there is a new binary" wait_for 20 upgraded
recorded audit /usr/sbin/nginx audit
like "with the listening socket" '"kind":"socket"' "$(cat "$T_TMP/found")"
nginx_ends
nginx_upgrade deny
ok "deny: it is told that it may not" wait_for 20 failed_to
recorded deny /usr/sbin/nginx deny
nginx_ends
nginx_upgrade allow
ok "allowed by rule: there is a new binary" wait_for 20 upgraded
recorded allow /usr/sbin/nginx allow
nginx_ends

f_end
