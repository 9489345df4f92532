# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Debian's own programs that gain power, run by a service as a plain user: without policy, denied, excepted, audited.
# images: debian
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh
. /ew/lib.sh
. /ew/tests/data/units.sh

for u in plain deny holed seen; do ok "$u starts" unit $u; done

# each_works UNIT: every program does its work there
each_works() {
	is "sudo" 0 "$(did "$1" "$SUDO")"
	is "su" 0 "$(did "$1" 'echo root | su -c "id -u" 2>/dev/null')"
	like "passwd" '^alice P ' "$(did "$1" 'passwd -S')"
	like "ping" ' 1 received' "$(did "$1" 'ping -q -c1 -W5 127.0.0.1')"
	is "unix_chkpwd" "" "$(did "$1" 'printf "alice\0" | unix_chkpwd alice nullok')"
	like "unix_chkpwd does check" '^exit [1-9]' "$(did "$1" 'printf "wrong\0" | unix_chkpwd alice nullok')"
	is "newuidmap" "" "$(did "$1" "sh $U_DIR/map")"
}

# each_refused UNIT: none of them starts, and what gains nothing does
each_refused() {
	is "sudo" refused "$(did "$1" "$SUDO")"
	is "su" refused "$(did "$1" 'echo root | su -c "id -u"')"
	is "passwd" refused "$(did "$1" 'passwd -S')"
	is "ping" refused "$(did "$1" 'ping -q -c1 -W5 127.0.0.1')"
	is "unix_chkpwd" refused "$(did "$1" 'printf "alice\0" | unix_chkpwd alice nullok')"
	is "newuidmap" refused "$(did "$1" "sh $U_DIR/map")"
	is "id" 1000 "$(did "$1" 'id -u')"
	cp /usr/bin/sudo "$U_DIR/copy" # has no set-id bits, so it gains nothing and is let
	like "sudo without its bits" 'must be owned by uid 0 and have the setuid bit' "$(did "$1" "$U_DIR/copy -n id -u")"
}

t_case "without policy"
each_works plain
ok "load" u_load
ok "tag" execward tag --unit deny no
ok "tag the allow twin" execward tag --unit holed holes
ok "tag the audit twin" execward tag --unit seen see

execward trace --json >"$T_TMP/trace" 2>&1 &
tracer=$!
# shellcheck disable=SC2317 # called by wait_for
reading() { execward status --json | grep -q '"readers":1'; }
ok "a reader" wait_for 20 reading

t_case "deny"
each_refused deny
t_case "allow twin"
each_works holed
t_case "audit twin"
each_works seen
t_case "untagged"
is "sudo" 0 "$(did plain "$SUDO")"
like "ping" ' 1 received' "$(did plain 'ping -q -c1 -W5 127.0.0.1')"

# recorded UNIT PROGRAM VERDICT REASON GAIN-ERE: there is such a record
recorded() {
	# shellcheck disable=SC2317 # called by wait_for
	has() { grep -Eq "\"verdict\":\"$3\",\"reason\":\"$4\",.*\"path\":\"$2\",.*\"gain\":\\[$5\\].*/system.slice/$1.service\"" "$T_TMP/trace"; }
	wait_for 10 has "$@"
	t_judge $? "${2##*/}" "no record of $*" "$T_TMP/trace"
}
root='"uid:root","cap_chown",.*'
newuidmap=$root # where Debian has it set-uid; else by its file capability
[ -u /usr/bin/newuidmap ] || newuidmap='"cap_setuid"'
each_recorded() {
	recorded "$1" /usr/bin/sudo "$2" "$3" "$root"
	recorded "$1" /usr/bin/su "$2" "$3" "$root"
	recorded "$1" /usr/bin/passwd "$2" "$3" "$root"
	recorded "$1" /usr/bin/ping "$2" "$3" '"cap_net_raw"'
	recorded "$1" /usr/sbin/unix_chkpwd "$2" "$3" '"gid:shadow"'
	recorded "$1" /usr/bin/newuidmap "$2" "$3" "$newuidmap"
}
t_case "records of deny"
each_recorded deny deny gain
t_case "records of the allow twin"
each_recorded holed allow exception
t_case "records of the audit twin"
each_recorded seen audit gain
t_case "records"
unlike "none of the untagged" '/plain.service' "$(cat "$T_TMP/trace")"
unlike "none lost" '"type":"lost"' "$(cat "$T_TMP/trace")"
kill "$tracer"
wait "$tracer"

ok "unload" execward unload
t_case "after unload"
is "sudo" 0 "$(did deny "$SUDO")"
is "unix_chkpwd" "" "$(did deny 'printf "alice\0" | unix_chkpwd alice nullok')"
u_done
