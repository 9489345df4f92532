# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The OCI hook: a container that names a profile is under it from its first instruction, or does not start.
# images: debian
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, gains: [uid]}
  - {name: see, mode: audit, gains: [uid]}
  - {name: pod, mode: deny, gains: [uid], cgroups: ["/machine.slice/libpod-*.scope"]}
YAML
B=$T_TMP/bundle
mkdir -p "$B/rootfs/proc" "$B/rootfs/dev" "$B/rootfs/bin"
cp /bin/busybox "$B/rootfs/bin/busybox"
ln -s busybox "$B/rootfs/bin/sh"
install -m 4755 /ew/bin/teuid "$B/rootfs/suid"
HOOK=/ew/bin/execward

# config ANNOTATIONS CGROUP [HOOK]: a container that runs the set-uid program as a plain user and says how that went
config() {
	cat >"$B/config.json" <<JSON
{"ociVersion": "1.0.2", "hostname": "c",
 "process": {"terminal": false, "user": {"uid": 1000, "gid": 1000}, "cwd": "/", "env": ["PATH=/bin"],
  "args": ["/bin/sh", "-c", "/suid || echo refused"],
  "capabilities": {"bounding": ["CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"]}},
 "root": {"path": "rootfs"},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
 "linux": {"cgroupsPath": "$2", "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]},
 "annotations": {$1},
 "hooks": {"createRuntime": [{"path": "${3:-$HOOK}", "args": ["execward", "tag", "--oci-state"]}]}}
JSON
}
profile() { printf '"execward.profile": "%s"' "$1"; }
# run NAME: the container's output, and what the runtime says. An initramfs cannot be left by pivot_root(2).
run() { (cd "$B" && crun --cgroup-manager=cgroupfs run --no-pivot "$1" 2>&1); }

t_case "without policy"
config '' /oci/plain
is "no annotation: it gains" 0 "$(run c0)"
config "$(profile no)" /oci/none
nok "a profile, and nothing is loaded: it does not start" run c1
unlike "and nothing ran" '^(0|refused)$' "$(cat "$T_OUT")"
# the runtime throws away what its hooks say
journal() { journalctl --quiet --output=cat --identifier=execward | tail -n 1; }
like "the journal tells the reason" 'container c1: .*not loaded' "$(journal)"

ok "load" load
t_case "under a profile"
config "$(profile no)" /oci/no
is "refused, by the first process" refused "$(run c2 | grep -v 'Operation not permitted')"
records_begin --gain
config "$(profile no)" /oci/recorded
run c3 >/dev/null
seen() { grep -q '"verdict":"deny".*"profile":"no".*"path":"[^"]*/suid"' "$T_TMP/records"; }
ok "it is recorded" wait_for 20 seen
records_end
config "$(profile see)" /oci/see
is "allow twin: audited" 0 "$(run c4)"
config '' /oci/plain2
is "allow twin: no annotation" 0 "$(run c5)"
config '' "/machine.slice/libpod-4711.scope"
is "by a pattern, without the hook's doing" refused "$(run c6 | grep -v 'Operation not permitted')"
config '' "/machine.slice/other-4711.scope"
is "beside the pattern" 0 "$(run c7)"

t_case "wrong"
list=$(execward list)
config "$(profile nosuch)" /oci/wrong
nok "an unknown profile: it does not start" run c8
like "the journal says so" 'container c8: .*no profile .*nosuch' "$(journal)"
unlike "nothing ran" '^(0|refused)$' "$(cat "$T_OUT")"
config '"execward.profile": ""' /oci/wrong2
nok "no name: it does not start" run c9
like "the journal says so" 'is not the name of a profile' "$(journal)"
config "$(profile no)" /oci/wrong3 /nosuch/execward
nok "no hook: it does not start" run c10
unlike "nothing ran" '^(0|refused)$' "$(cat "$T_OUT")"
# state PID: on standard input, as a runtime gives it
state() { printf '{"ociVersion":"1.0.2","id":"x","status":"creating","pid":%s,"bundle":"/","annotations":{%s}}' "$1" "$(profile no)"; }
hook() { state "$1" | execward tag --oci-state; }
rc "the hook's own cgroup" 1 hook $$
like "says so" 'which is not its own: others would be governed with it' "$(cat "$T_OUT")"
rc "the root cgroup" 1 hook 2
like "says so" 'is in cgroup /, which is not its own' "$(cat "$T_OUT")"
rc "no such process" 1 hook 4194300
like "says so" 'process 4194300 of the container cannot be read' "$(cat "$T_OUT")"
no_state() { echo '{' | execward tag --oci-state; }
rc "no state" 1 no_state
rc "with a profile" 2 execward tag --oci-state no
rc "untag" 2 execward untag --oci-state
is "nothing was tagged by any of them" "$list" "$(execward list)"
ok "unload" execward unload
t_done
