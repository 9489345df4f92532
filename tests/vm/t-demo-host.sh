# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `make demo` on a machine whose own kernel can enforce: it runs there, in units of its own, and leaves nothing behind.
# images: debian
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh
. /ew/lib.sh

# the demo as `make demo` calls it, but for where the programs are
demo() { EW_BUILD=/ew/bin EW_CACHE=$T_TMP/cache bash /ew/demo/tests/demo >"$T_TMP/out" 2>&1 </dev/null; }
# what of the machine it could have changed
machine() {
	find /run/systemd/system /etc/systemd /etc/sudoers* /sys/fs/bpf /run/execward* -mindepth 1 2>/dev/null | grep -v '^/run/execward\(/lock\)\?$' | sort
	find /sys/fs/cgroup -maxdepth 1 -type d | sort
	bpftool prog list | grep -c 'name ew_'
}
is_machine() { [ "$(machine)" = "$before" ]; }

execward unload >/dev/null 2>&1
before=$(machine)
t_case "here"
ok "the demo runs" demo
text=$(cat "$T_TMP/out")
like "on this machine" '^This machine can enforce' "$text"
unlike "in no guest" 'QEMU' "$text"
like "sudo is refused" '^    sh: 1: sudo: Operation not permitted' "$text"
like "and so says the trace" ' DENY .* → /usr/bin/sudo .*/demo.slice/web-demo.service' "$text"
like "ping passes" ' ALLOW .* → /usr/bin/ping .*/demo.slice/web-demo.service' "$text"
like "the other unit is left alone" ' ALLOW .* → /usr/bin/sudo .*/demo.slice/other-demo.service' "$text"
like "it shows what it set out to" '^Shown: ' "$text"
rc "nothing is loaded" 3 execward status
ok "nothing else is left" wait_for 20 is_machine

t_case "loaded already"
mkdir -p "$T_TMP/policy.d"
printf 'version: 1\nprofiles:\n  - {name: mine, mode: audit}\n' >"$T_TMP/policy.d/mine.yaml"
ok "load" execward --policy-dir "$T_TMP/policy.d" load
nok "the demo goes elsewhere, and has no guest here" demo
like "saying why" '^Not on this machine: execward is loaded already, and the demo leaves that alone\.$' "$(cat "$T_TMP/out")"
like "what was loaded stays" '"name":"mine"' "$(execward status --json)"
ok "unload" execward unload

t_case "units of the same names"
printf '[Service]\nExecStart=/bin/true\n' >/run/systemd/system/web-demo.service
systemctl daemon-reload
nok "the demo goes elsewhere" demo
like "saying why" 'it has units of the names that the demo would use' "$(cat "$T_TMP/out")"
ok "the unit stays" grep -q /bin/true /run/systemd/system/web-demo.service
rm /run/systemd/system/web-demo.service
systemctl daemon-reload

t_case "interrupted"
EW_BUILD=/ew/bin EW_CACHE=$T_TMP/cache bash /ew/demo/tests/demo >"$T_TMP/out" 2>&1 </dev/null &
demo=$!
wait_for 60 grep -q '^5\.' "$T_TMP/out"
kill "$demo"
wait "$demo"
is "it says that it was" 130 $?
rc "nothing is loaded" 3 execward status
ok "nothing else is left" wait_for 20 is_machine
t_done
