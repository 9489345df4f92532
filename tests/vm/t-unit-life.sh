# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Tags and what systemd does to units: restart, first start, slices, delegation; and systemd itself under a policy.
# images: debian
# kernels: all
# timeout: 240
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh
. /ew/lib.sh
. /ew/tests/data/units.sh

cat >"$U_DIR/policy.d/literal.yaml" <<'E'
version: 1
profiles:
  - name: literal
    mode: deny
    gains: [uid, gid, caps]
    cgroups: [/system.slice/named.service, /system.slice/first.service]
  - name: literal-holes
    mode: deny
    gains: [uid, gid, caps]
    cgroups: [/system.slice/first-holed.service]
    except: [{program: /usr/bin/sudo, gain: [uid, caps]}]
  - name: literal-see
    mode: audit
    gains: [uid, gid, caps]
    cgroups: [/system.slice/first-seen.service]
E

t_case "without policy"
ok "a service starts" unit named
ok "another starts" unit tagged
is "sudo" 0 "$(did named "$SUDO")"
# their one exec is systemd's own, of sudo
oneshot first "/usr/bin/sudo -n /bin/true"
oneshot first-holed "/usr/bin/sudo -n /bin/true"
oneshot first-seen "/usr/bin/sudo -n /bin/true"
ok "sudo as a unit's program" systemctl start first.service

ok "load" u_load

t_case "policy path"
is "a service that ran before" refused "$(did named "$SUDO")"
like "list tells the policy" '^/system.slice/named.service +literal +profile literal.yaml:' "$(execward list)"
ok "restart" systemctl restart named.service
is "after restart" refused "$(did named "$SUDO")"
ok "stop" systemctl stop named.service
ok "the cgroup goes" wait_for 20 sh -c '! test -d /sys/fs/cgroup/system.slice/named.service'
unlike "list forgets it" 'named.service' "$(execward list)"
ok "start" systemctl start named.service
is "after stop and start" refused "$(did named "$SUDO")"
nok "the first exec in a new cgroup" systemctl start first.service
is "was refused" "203" "$(systemctl show -P ExecMainStatus first.service)"
nok "again" systemctl start first.service
ok "allow twin" systemctl start first-holed.service
ok "audit twin" systemctl start first-seen.service
systemctl reset-failed first.service

t_case "command tag"
ok "tag" execward tag --unit tagged no
is "sudo" refused "$(did tagged "$SUDO")"
ok "reload of systemd keeps it" systemctl daemon-reload
is "sudo after daemon-reload" refused "$(did tagged "$SUDO")"
ok "systemd execs itself anew" systemctl daemon-reexec
is "sudo after daemon-reexec" refused "$(did tagged "$SUDO")"
ok "restart" systemctl restart tagged.service
is "it died with its cgroup" 0 "$(did tagged "$SUDO")"
unlike "list forgets it" 'tagged.service' "$(execward list)"
ok "tag again" execward tag --unit tagged no
is "sudo" refused "$(did tagged "$SUDO")"

# session NAME: as a login's: a service in the user's own slice, which systemd makes for it
session() { unit "$1" Slice=user-1000.slice; }
t_case "slice"
ok "tag of a slice above" execward tag --cgroup /user.slice no
ok "a session starts later" session login1
like "it is below" '^/user.slice/user-1000.slice/login1.service$' "$(systemctl show -P ControlGroup login1.service)"
is "sudo" refused "$(did login1 "$SUDO")"
ok "it ends, with its slice" systemctl stop login1.service user-1000.slice
ok "the next one starts" session login2
is "sudo in the next" refused "$(did login2 "$SUDO")"
is "elsewhere" 0 "$(as alice sudo -n id -u)"
ok "a process in a new session" systemd-run --quiet --pipe --wait --slice=user-1000.slice --uid=alice /bin/id -u
nok "whose first exec gains" systemd-run --quiet --pipe --wait --slice=user-1000.slice --uid=alice /usr/bin/sudo -n id -u
systemctl reset-failed # so that the machine does not count as degraded by it
ok "a scope" systemd-run --quiet --scope --slice=user-1000.slice /bin/true
is "plain user in a scope" refused "$(systemd-run --quiet --scope --slice=user-1000.slice asuser 1000 1000 1000 \
	/bin/sh -c 'sudo -n id -u 2>/dev/null || echo refused')"
ok "untag" execward untag --cgroup /user.slice
is "sudo after untag" 0 "$(did login2 "$SUDO")"
is "in a scope after untag" 0 "$(systemd-run --quiet --scope --slice=user-1000.slice asuser 1000 1000 1000 \
	/bin/sh -c 'sudo -n id -u || echo refused')"

t_case "slice of a user"
ok "tag" execward tag --unit user-1000.slice no
is "sudo" refused "$(did login2 "$SUDO")"
ok "a new session in it" session login3
is "sudo in the new session" refused "$(did login3 "$SUDO")"
ok "untag" execward untag --unit user-1000.slice

t_case "delegation"
ok "a unit that may make cgroups" unit deleg Delegate=yes
sub=/sys/fs/cgroup/system.slice/deleg.service
# below NAME: runs sudo in the unit's child cgroup NAME
below() { did deleg "echo 0 >$sub/$1/cgroup.procs && exec $SUDO"; }
is "it makes one" "" "$(did deleg "mkdir $sub/before")"
is "sudo there, no tag" 0 "$(below before)"
ok "tag" execward tag --unit deleg no
is "child from before" refused "$(below before)"
is "it makes more" "" "$(did deleg "mkdir -p $sub/after/after")"
is "child from after" refused "$(below after)"
is "grandchild from after" refused "$(below after/after)"
like "the audit twin" '^$' "$(execward tag --unit deleg see 2>&1)"
ok "untag the refusing one" execward untag --unit deleg no
is "audit in a grandchild" 0 "$(below after/after)"
like "it cannot move itself out" 'Permission denied' "$(ask deleg "echo 0 >/sys/fs/cgroup/system.slice/tagged.service/cgroup.procs")"

t_case "systemd"
ok "the whole of system.slice is tagged" execward tag --unit system.slice no
is "running" running "$(systemctl is-system-running)"
oneshot works "/bin/true"
ok "a new unit runs" systemctl start works.service
ok "a transient one runs" systemd-run --quiet --pipe --wait /bin/true
ok "one as another user" systemd-run --quiet --pipe --wait --uid=bob /bin/true
ok "one in a sandbox" systemd-run --quiet --pipe --wait -p DynamicUser=yes -p ProtectSystem=strict -p PrivateTmp=yes /bin/true
ok "stop" systemctl stop deleg.service
ok "start" systemctl start deleg.service
ok "restart of the journal" systemctl restart systemd-journald.service
ok "systemd execs itself anew" systemctl daemon-reexec
is "refused in there" refused "$(did deleg "$SUDO")"
ok "untag" execward untag --unit system.slice
is "still running" running "$(systemctl is-system-running)"

ok "unload" execward unload
t_case "after unload"
is "sudo" 0 "$(did named "$SUDO")"
ok "sudo as a unit's program" systemctl start first.service
u_done
