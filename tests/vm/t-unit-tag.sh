# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# tag --unit and untag --unit, on services that run as a plain user and try sudo; first as README.md tells it.
# images: debian
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/units.sh source=data/readme.sh
. /ew/lib.sh
. /ew/tests/data/units.sh
. /ew/tests/data/readme.sh

t_case "without policy"
for u in web holed seen other web@a; do ok "$u starts" unit $u; done
is "sudo" 0 "$(did web "$SUDO")"
rc "tag, not loaded" 1 execward tag --unit web no
like "says so" 'not loaded' "$(cat "$T_OUT")"

S=execward.service ETC=/etc/execward/policy.d
t_case "README"
mkdir -p $ETC
cd "$T_TMP" || exit
readme_shows 'cat /etc/execward/policy.d/web.yaml' >$ETC/web.yaml
sed 's/mode: deny/mode: deni/' $ETC/web.yaml >typo.yaml
readme_run 0 'execward doctor'
readme_run 0 'cat /etc/execward/policy.d/web.yaml'
readme_run 0 'execward check'
readme_run 1 'execward check typo.yaml'
readme_run 0 'execward load'
is "nothing is governed yet" 0 "$(did web "$SUDO")"
readme_run 0 'execward tag --unit web.service web'
readme_run 0 'execward list'
# shellcheck disable=SC2317 # called by name
gains() {
	wait_for 20 sh -c 'execward status --json | grep -q "\"readers\":1"'
	is "sudo" refused "$(did web "$SUDO")"
	like "ping" '^exit 0$' "$(ask web 'ping -q -c1 127.0.0.1')"
}
readme_while 'execward trace --gain' gains
readers_are_gone() { execward status --json | grep -q '"readers":0'; }
ok "the trace ends" wait_for 20 readers_are_gone
readme_run 0 'execward status'
readme_run 0 'systemctl enable --now execward.service'
readme_has 'execward daemon'
is "is what it runs" "execward daemon" "$(tr '\0' ' ' <"/proc/$(systemctl show -P MainPID $S)/cmdline" | sed 's/ $//')"
is "sudo" refused "$(did web "$SUDO")"
logged() { journalctl --sync && execward log --json --denied --cgroup /system.slice/web.service | grep -q '"profile":"web"'; }
ok "the refusal is in the journal" wait_for 30 logged
readme_run 0 'execward log --json | execward learn -'
like "an exception is made of it" 'program: /usr/bin/sudo' "$(cat readme.out)"
readme_run 0 'execward untag --unit web.service'
is "sudo after untag" 0 "$(did web "$SUDO")"
ok "disable the service" systemctl disable --quiet --now $S

ok "the policy of what follows" execward --policy-dir "$U_DIR/policy.d" reload
t_case "loaded, no tag"
is "sudo" 0 "$(did web "$SUDO")"

t_case "tagged as it runs"
main=$(systemctl show -P MainPID web.service)
ok "tag" execward tag --unit web.service no
is "sudo" refused "$(did web "$SUDO")"
is "what gains nothing" 1000 "$(did web 'id -u')"
is "in a child of a child" refused "$(did web "sh -c \"sh -c 'sudo -n id -u; exit \\\$?'; exit \\\$?\"")"
is "the service runs on" "$main" "$(systemctl show -P MainPID web.service)"
is "a service without a tag" 0 "$(did other "$SUDO")"
is "a login without a tag" 0 "$(as alice sudo -n id -u 2>&1)"
ok "allow twin: tag" execward tag --unit holed.service holes
is "allow twin" 0 "$(did holed "$SUDO")"
ok "audit twin: tag" execward tag --unit seen.service see
is "audit twin" 0 "$(did seen "$SUDO")"
status=$(execward status --json)
like "counted" '"deny":[1-9]' "$status"
like "and audited" '"audit":[1-9]' "$status"

t_case "names"
ok "no suffix is .service" execward tag --unit other no
is "it is that one" refused "$(did other "$SUDO")"
ok "untag, no suffix" execward untag --unit other no
is "gone" 0 "$(did other "$SUDO")"
ok "an instance of a template" execward tag --unit web@a no
is "it is that one" refused "$(did web@a "$SUDO")"
like "its cgroup" '/web@a.service +no +command' "$(execward list)"
ok "untag every profile" execward untag --unit web@a.service
is "gone" 0 "$(did web@a "$SUDO")"
ok "a slice" execward tag --unit system.slice see
list=$(execward list)
like "its cgroup" '^/system.slice +see +command' "$list"
like "the unit is below it" '[`└][-─]/system.slice/web.service +no +command' "$list"
like "another one too" '[├|][-─]/system.slice/holed.service +holes +command' "$list"
ok "JSON" execward list --json
like "JSON has the unit" '"path":"/system.slice/web.service","origin":"command","profiles":\["no"\]' "$(cat "$T_OUT")"
ok "untag the slice" execward untag --unit system.slice
is "the unit's own stays" refused "$(did web "$SUDO")"

# error DESC REGEX UNIT [PROFILE]: refused with exit 1 and such a message, and nothing is tagged or untagged by it
error() {
	rc "$1" 1 execward tag --unit "$3" "${4:-no}"
	like "$1: says so" "$2" "$(cat "$T_OUT")"
	is "$1: nothing changed" "$e_before" "$(execward list)"
}
t_case "errors"
e_before=$(execward list)
oneshot idle /bin/true
error "unknown unit" 'nosuch.service: systemd knows no such unit' nosuch
error "inactive unit" 'idle.service: has no cgroup, being inactive; start it' idle
error "type without a cgroup" 'basic.target: .*has no cgroup' basic.target
error "unknown profile" 'no profile "nosuch"' web nosuch
error "near miss of a profile" 'no profile "hole" .*"holes"' web hole
error "a path" 'not the name of one systemd unit' system.slice/web.service
error "a pattern" 'not the name of one systemd unit' 'w*'
error "an option" 'not the name of one systemd unit' '--help=x y'
error "empty" 'not the name of one systemd unit' ''
rc "untag of what has no tag" 1 execward untag --unit other
like "says so" 'has no such tag of its own' "$(cat "$T_OUT")"
rc "two kinds at once" 2 execward tag --unit web --pid 1 no
rc "no profile" 2 execward tag --unit web

t_case "gone"
ok "untag" execward untag --unit web no
is "sudo" 0 "$(did web "$SUDO")"
ok "tag again" execward tag --unit web no
is "refused again" refused "$(did web "$SUDO")"
readme_run 0 'execward unload'
is "sudo after unload" 0 "$(did web "$SUDO")"
is "systemd" running "$(systemctl is-system-running)"
rm -r /etc/execward
u_done
