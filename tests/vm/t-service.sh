# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# execward.service: started at boot, in its sandbox, reloaded, killed, stuck, stopped; and tags of units that persist.
# images: debian
# kernels: all
# timeout: 240
# append: systemd.wants=execward.service systemd.wants=ew-boot-policy.service systemd.wants=ew-boot-clean.service systemd.wants=ew-boot-first.service systemd.wants=ew-boot-other.service
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh
. /ew/lib.sh

S=execward.service
prop() { systemctl show -P "$1" "${2:-$S}"; }
# the policy of the machine, in the directory that the service reads
ETC=/etc/execward/policy.d
# main: the process of the service, if there is one, from its cgroup: to ask systemd costs more than the rest of a poll
main() { read -r m_pid <"/sys/fs/cgroup/system.slice/$S/cgroup.procs" && echo "$m_pid"; } 2>/dev/null
# restarts N PID: the service has another process than PID, and is there, having been started again N times at least
restarts() {
	r_pid=$(main)
	[ "${r_pid:-$2}" != "$2" ] && [ "$(prop NRestarts)" -ge "$1" ] && [ "$(prop ActiveState)" = active ]
}

in_state() { [ "$(prop ActiveState)" = "$1" ]; }
# says WHAT UNIT COMMAND: did prints that
says() { [ "$(did "$2" "$3")" = "$1" ]; }

t_case "boot"
is "it was started" active "$(prop ActiveState)"
[ "$(prop ActiveEnterTimestampMonotonic)" -le "$(prop ActiveEnterTimestampMonotonic sysinit.target)" ]
is "before sysinit.target was reached" 0 $?
rc "the policy that was there is in force" 0 execward status
like "by it" 'execward.*loaded: 1 profile' "$(journalctl -q -b -u $S)"
# other services of this boot; see data/boot
ended() { [ "$(prop ExecMainExitTimestampMonotonic "$1")" != 0 ]; }
for u in ew-boot-first.service ew-boot-other.service; do ok "$u was started, too" wait_for 60 ended $u; done
is "the first exec of one that the policy names was refused" 203 "$(prop ExecMainStatus ew-boot-first.service)"
is "allow twin: that of another" 0 "$(prop ExecMainStatus ew-boot-other.service)"
rm "$ETC/boot.yaml"
systemctl reset-failed
ok "its sandbox scores 2.0 or better" systemd-analyze security --offline=yes --no-pager --threshold=20 /usr/local/lib/systemd/system/$S
ok "systemd has nothing to say of it" systemd-analyze verify --man=no /usr/local/lib/systemd/system/$S
is "(not a word)" "" "$(cat "$T_OUT")"
# what follows wants to begin without anything loaded
ok "unload" execward unload
ok "ends it" wait_for 30 in_state inactive
. /ew/tests/data/units.sh

# replaced FILE: a new file of that name
replaced() { cp "$1" "$1.new" && chmod 4755 "$1.new" && mv "$1.new" "$1"; }
mkdir -p "$ETC" /opt/ew /home/alice/bin
for file in /opt/ew/sudo /home/alice/bin/sudo /tmp/sudo; do install -m 4755 /usr/bin/sudo "$file"; done
chmod 700 /home/alice # where root gets by a capability alone
sed "s|name: no|&\n    cgroups: [/system.slice/web.service, \"/system.slice/pat*.service\"]|; \$a\\
  - name: elsewhere\\
    mode: deny\\
    gains: [uid, gid, caps]\\
    users: [bob]\\
    cgroups: [/system.slice/other.service]\\
    except:\\
      - {program: /opt/ew/sudo, gain: [uid, caps]}\\
      - {program: /home/alice/bin/sudo, gain: [uid, caps]}\\
      - {program: /tmp/sudo, gain: [uid, caps]}" "$U_POLICY" >"$ETC/web.yaml"
web() { did web "$SUDO"; }

t_case "start"
ok "a service" unit web
ok "another" unit other
is "nothing is loaded" 0 "$(web)"
echo nonsense >"$ETC/zz.yaml"
nok "a policy with an error" systemctl start $S
rc "loads nothing" 3 execward status
like "which is in the journal" 'zz.yaml:1:1: error' "$(journalctl --sync; journalctl -q -b -u $S)"
rm "$ETC/zz.yaml"
systemctl reset-failed $S
ok "one without" systemctl start $S
in_state active || u_done # nothing of the rest can work
is "the service is governed" refused "$(web)"
is "the other one, too" refused "$(did other "$SUDO")"

t_case "the sandbox lets it do its job"
for dir in /opt/ew /home/alice/bin /tmp; do is "exception below $dir" 0 "$(did other "$dir/sudo -n id -u")"; done
is "users are looked up" 1 "$(execward list | grep -c '^user 1001 .*elsewhere')"
for dir in /opt/ew /home/alice/bin /tmp; do
	replaced "$dir/sudo"
	ok "$dir/sudo is followed when it is replaced" wait_for 30 says 0 other "$dir/sudo -n id -u"
done
ok "a unit that a pattern names" unit patty
is "is governed" refused "$(did patty "$SUDO")"
denied() { journalctl --sync; journalctl -q -b -u $S EXECWARD_VERDICT=deny EXECWARD_PROFILE=no | grep -q 'dash -> /usr/bin/sudo'; }
ok "refusals are in the journal" wait_for 30 denied

t_case "reload"
sed -i '/name: no$/,/cgroups/ s|, "/system.slice/pat[^]]*||' "$ETC/web.yaml"
ok "reload" systemctl reload $S
is "the new policy" 0 "$(did patty "$SUDO")"
is "governs whom it names" refused "$(web)"
echo nonsense >"$ETC/zz.yaml"
nok "one with an error fails the reload" systemctl reload $S
is "and not the service" active "$(prop ActiveState)"
is "what was in force still is" refused "$(web)"
rm "$ETC/zz.yaml"
sed -i 's|web.service]|web.service, /system.slice/patty.service]|' "$ETC/web.yaml"
ok "SIGHUP" systemctl kill --kill-whom=main -s HUP $S
ok "reloads, too" wait_for 30 says refused patty "$SUDO"
is "the service is there" active "$(wait_for 30 in_state active; prop ActiveState)"

t_case "crash"
pid=$(main)
ok "SIGKILL" systemctl kill --kill-whom=main -s KILL $S
is "enforced" refused "$(web)"
ok "it is started again" wait_for 60 restarts 1 "$pid"
is "enforced still" refused "$(web)"
replaced /opt/ew/sudo
ok "and it works on" wait_for 30 says 0 other "/opt/ew/sudo -n id -u"

t_case "watchdog"
mkdir -p $U_UNITS/$S.d
# and with programs of another build, which it upgrades to
printf '[Service]\nWatchdogSec=3s\nEnvironment=EXECWARD_FAULT=build\n' >$U_UNITS/$S.d/test.conf
systemctl daemon-reload
ok "restart" systemctl restart $S
is "enforced" refused "$(web)"
like "by programs that took the place of others" 'upgraded: programs' "$(journalctl --sync; journalctl -q -b -u $S)"
pinged=$(prop WatchdogTimestampMonotonic)
later() { [ "$(prop WatchdogTimestampMonotonic)" -gt "$pinged" ]; }
ok "the daemon pings" wait_for 30 later
is "and was not restarted" 0 "$(prop NRestarts)"
pid=$(main)
ok "SIGSTOP" systemctl kill --kill-whom=main -s STOP $S
is "enforced by the kernel alone" refused "$(web)"
ok "it is killed and started again" wait_for 60 restarts 1 "$pid"
like "by the watchdog" 'Watchdog timeout' "$(journalctl --sync; journalctl -q -b -u $S)"
is "enforced still" refused "$(web)"
rm -r $U_UNITS/$S.d

t_case "stop"
ok "stop" systemctl stop $S
is "enforcement stays" refused "$(web)"
rc "status" 0 execward status
ok "start" systemctl start $S
is "taken over" refused "$(web)"

D=/etc/systemd/system
t_case "a tag that persists"
ok "a unit" oneshot fresh "/usr/bin/sudo -n /bin/true" "ExecStartPre=/usr/bin/sudo -n /bin/true"
ok "starts untagged" systemctl start fresh.service
ok "tag" execward tag --unit fresh --persist no
ok "the drop-in" [ -f $D/fresh.service.d/50-execward.conf ]
is "is nothing to hide" 644 "$(stat -c %a $D/fresh.service.d/50-execward.conf)"
nok "it does not start" systemctl start fresh.service
like "as its first instruction is refused" 'ExecStartPre=.*status=203' "$(prop ExecStartPre fresh.service | sed 's/^/ExecStartPre=/')"
ok "another profile" execward tag --unit fresh --persist see
is "has a line of its own" 2 "$(grep -c ^ExecCondition= $D/fresh.service.d/50-execward.conf)"
ok "untag of one" execward untag --unit fresh --persist no
is "leaves the other" see "$(sed -n 's/^ExecCondition=.* //p' $D/fresh.service.d/50-execward.conf)"
ok "which only audits: it starts" systemctl start fresh.service
rc "there is none of that name" 1 execward untag --unit fresh --persist no
ok "untag of all" execward untag --unit fresh --persist
nok "nothing is left" [ -e $D/fresh.service.d ]

t_case "a unit that runs"
ok "tag" execward tag --unit patty --persist no
ok "a unit with Delegate=" unit deleg Delegate=yes
is "sudo" 0 "$(did deleg "$SUDO")"
ok "tag, as it runs" execward tag --unit deleg --persist no
is "sudo" refused "$(did deleg "$SUDO")"
ok "restart" systemctl restart deleg.service
is "sudo" refused "$(did deleg "$SUDO")"
sub=/sys/fs/cgroup/system.slice/deleg.service/sub
is "in a cgroup that it makes" refused "$(did deleg "mkdir $sub && echo 0 >$sub/cgroup.procs && exec $SUDO")"
ok "untag" execward untag --unit deleg --persist
is "takes effect at once" 0 "$(did deleg "$SUDO")"

t_case "systemd-run"
transient() { systemd-run --quiet --pipe --wait --collect --unit trans --uid alice "$@"; }
ok "tag of a unit that is not there yet" execward tag --unit trans.service --persist no
like "is told" 'knows no such unit now' "$(cat "$T_OUT")"
nok "a transient unit of that name" transient /usr/bin/sudo -n id -u
nok "with other properties" transient -p Delegate=yes -p ProtectSystem=strict -p PrivateUsers=no /usr/bin/sudo -n id -u
ok "what gains nothing runs" transient /usr/bin/id -u
ok "untag" execward untag --unit trans --persist
ok "without a tag again" transient /usr/bin/sudo -n id -u

t_case "no tag, no start"
ok "a unit that must be tagged" execward tag --unit fresh --persist holes
ok "starts" systemctl start fresh.service
sed -i 's/ holes$/ unheard-of/' $D/fresh.service.d/50-execward.conf
systemctl daemon-reload
nok "not with a profile that is not loaded" systemctl start fresh.service
is "it failed" failed "$(prop ActiveState fresh.service)"
is "before anything of it ran" "" "$(prop ExecStartPre fresh.service | grep -o 'status=[1-9].*')"
like "the journal tells why" 'no profile "unheard-of"' "$(journalctl --sync; journalctl -q -b -u fresh.service)"
ok "untag of what the policy does not have" execward untag --unit fresh --persist unheard-of
ok "tagged once more" execward tag --unit fresh --persist holes
sed -i 's|[^ ]*/execward %n|/nowhere/execward %n|' $D/fresh.service.d/50-execward.conf
systemctl daemon-reload
nok "not with a program that is gone" systemctl start fresh.service
is "it failed" failed "$(prop ActiveState fresh.service)"
printf '[Service]\nRootDirectory=/opt/ew\n' >$D/fresh.service.d/root.conf
systemctl daemon-reload
systemctl start fresh.service
is "where the program is not to be found nothing of it runs" "" "$(systemctl show -p ExecStartPre,ExecStart fresh.service | grep -o 'pid=[1-9][0-9]*')"
ok "untag, though it could not be tagged now" execward untag --unit fresh --persist
rm -r $D/fresh.service.d
systemctl daemon-reload

t_case "bad input"
rc "not of a cgroup" 2 execward tag --cgroup /system.slice --persist no
rc "not of a slice" 1 execward tag --unit system.slice --persist no
rc "nor of a template" 1 execward tag --unit 'getty@.service' --persist no
rc "not of what starts before it" 1 execward tag --unit systemd-journald --persist no
like "advice" 'name its cgroup in the policy' "$(cat "$T_OUT")"
ok "(a unit with a root of its own)" oneshot rooted /bin/true RootDirectory=/opt/ew
rc "not of what does not see the program" 1 execward tag --unit rooted --persist no
like "says so" 'rooted.service has RootDirectory=/opt/ew, where execward is not to be found; name its cgroup in the policy' "$(cat "$T_OUT")"
rc "no such profile" 1 execward tag --unit fresh --persist unheard-of
rc "no tag" 1 execward untag --unit fresh --persist
nok "nothing was made" [ -e $D/fresh.service.d ]
nok "of any of them" [ -e $D/rooted.service.d ]
mkdir $D/fresh.service.d
echo "[Service]" >$D/fresh.service.d/50-execward.conf
rc "a file that is not by execward" 1 execward tag --unit fresh --persist no
is "is left as it is" "[Service]" "$(cat $D/fresh.service.d/50-execward.conf)"
rm -r $D/fresh.service.d

t_case "unload"
ok "unload" execward unload
is "takes it away" 0 "$(web)"
ok "the service ends" wait_for 30 in_state inactive
is "and that is success" success "$(prop Result)"
nok "what must be tagged does not start" sh -c 'systemctl stop patty.service; systemctl mask --runtime -q execward.service; systemctl start patty.service'
systemctl unmask --runtime -q $S
systemctl daemon-reload
ok "until the service is there, which it brings" systemctl start patty.service
is "governed" refused "$(did patty "$SUDO")"
ok "untag" execward untag --unit patty --persist
t_case "the test that comes with the package"
rm "$ETC"/*.yaml
ok "passes here, too" sh /ew/dist/debian/tests/enforce
rm -rf /etc/execward /opt/ew /home/alice/bin /tmp/sudo
u_done
