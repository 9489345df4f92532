# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Containers of podman, of root and of a plain user: by the pattern of their cgroup, and by the annotation that the hook reads.
# images: debian
# kernels: newest
# timeout: 280
# extra: podman netavark conmon uidmap dbus-user-session systemd-journal-remote
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

# memfd: and the runtime, which executes itself from a memfd, wherever that profile is in force
cat >"$POLICY/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: no, mode: deny, gains: [uid], shapes: [memfd]}
  - {name: see, mode: audit, gains: [uid], shapes: [memfd]}
  - {name: pod, mode: deny, gains: [uid], shapes: [memfd], cgroups: ["/machine.slice/libpod-*.scope/**"]}
  # the scope of conmon has no cgroup below it, and so is not named by "pod"; here it is
  - {name: asked, mode: deny, gains: [], shapes: [memfd], cgroups: ["/asked.slice/libpod-*.scope"]}
  - {name: kube, mode: deny, gains: [uid], cgroups: ["/kubepods.slice/kubepods-besteffort.slice/**", "/kubepods/besteffort/**"]}
  - {name: home, mode: deny, gains: [uid], cgroups: ["/user.slice/user-*.slice/user@*.service/user.slice/libpod-*.scope/**"]}
  - {name: ids, mode: audit, gains: [uid], users: [100000-165535]}
YAML

# a container's root: the set-uid program, and one that executes another from a memfd
R=$T_TMP/rootfs
mkdir -p "$R/bin" "$R/dev" "$R/etc" "$R/proc" "$R/run" "$R/sys" "$R/tmp"
cp /bin/busybox "$R/bin/busybox"
ln -s busybox "$R/bin/sh"
cp /ew/bin/gain-launch "$T_TMP/plain" "$R/"
install -m 4755 /ew/bin/teuid "$R/suid"
chmod 1777 "$R/tmp"
TRIES='{ /suid || echo refused; /gain-launch -m /plain x || echo refused; } 2>/dev/null'

# a guest runs from an initramfs, which pivot_root(2) cannot leave; and there is no image to have containers of
cat >"$T_TMP/containers.conf" <<'CONF'
[containers]
netns = "none"
seccomp_profile = "unconfined"
log_driver = "k8s-file"
no_hosts = true
[engine]
no_pivot_root = true
events_logger = "none"
CONF
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/root"\nrunroot = "%s/runroot"\n' "$T_TMP" "$T_TMP" >"$T_TMP/storage.conf"
export CONTAINERS_CONF="$T_TMP/containers.conf" CONTAINERS_STORAGE_CONF="$T_TMP/storage.conf"
rm -f /etc/cni/net.d/*
# where podman looks for hooks by itself
mkdir -p /usr/share/containers/oci/hooks.d
cp /ew/dist/oci/execward.json /usr/share/containers/oci/hooks.d/
# it takes more time of the emulator than it gives back in so short a life
export GOGC=off
# by which podman knows a service of systemd, and leaves conmon in its cgroup
unset INVOCATION_ID

# pod MANAGER OPTION... [-- COMMAND...]: what the two tries in a container say; not what podman says
pod() {
	p_manager=$1
	shift
	podman --cgroup-manager "$p_manager" run --rm --user 1000 "$@" --rootfs "$R" /bin/sh -c "$TRIES" 2>"$T_TMP/err" | paste -s -d ' '
}
starts() { [ -n "$(pod "$@")" ]; }
profile() { printf 'execward.profile=%s' "$1"; }
journal() { journalctl --sync; journalctl --quiet --output=cat --identifier=execward | tail -n 1; }

t_case "without policy"
is "it gains" "0 1000" "$(pod systemd)"
nok "a profile, and nothing is loaded: it does not start" starts systemd --annotation "$(profile no)"
like "as the hook failed" 'error executing hook' "$(cat "$T_TMP/err")"
like "the journal tells the reason" 'container [0-9a-f]{64}: .*not loaded' "$(journal)"

ok "load" load
t_case "by annotation"
records_begin --all
ok "a container" podman run -d --rm --name c --annotation "$(profile no)" --cgroup-parent elsewhere.slice --user 1000 --rootfs "$R" \
	/bin/sh -c "($TRIES) >/tmp/tries; until [ -e /tmp/end ]; do /bin/busybox sleep 0.1; done"
read -r ID <"$T_OUT"
SCOPE=/elsewhere.slice/libpod-$ID.scope CONMON=/elsewhere.slice/libpod-conmon-$ID.scope
tried() { [ "$(wc -l <"$R/tmp/tries")" = 2 ]; }
ok "its first program" wait_for 30 tried
is "is refused both" "refused refused" "$(paste -s -d ' ' "$R/tmp/tries")"
is "so is what is executed in it later" "refused refused" "$(podman exec c /bin/sh -c "$TRIES" | paste -s -d ' ')"
: >"$R/tmp/end"
gone() { [ ! -d "/sys/fs/cgroup$CONMON" ]; }
ok "it ends" wait_for 60 gone
records_end
# execs CGROUP PATTERN: records of execs in the cgroup that have the pattern
execs() { printf '%s\n' "$RECORDS" | grep -F "\"path\":\"$1\"}" | grep -c -- "$2"; }
MEMFD='"shape":\[[^]]*"memfd"' NO='"profiles":\["no"\]'
is "the container's own execs are all judged by it" "$(execs "$SCOPE/container" '')" "$(execs "$SCOPE/container" "$NO")"
is "those from a memfd are two" 2 "$(execs "$SCOPE/container" "$MEMFD")"
ok "the runtime's own, from a memfd" [ "$(execs "$CONMON" "$MEMFD")" -ge 2 ]
is "are not" 0 "$(execs "$CONMON" '"profiles":')"

t_case "by pattern"
is "of the container alone" "refused refused" "$(pod systemd)"
nok "of the scope of conmon, too: the runtime is refused itself" starts systemd --cgroup-parent asked.slice
like "which is what podman tells" 'crun' "$(cat "$T_TMP/err")"
is "in the kubelet's layout, by systemd" "refused 1000" "$(pod systemd --cgroup-parent kubepods-besteffort-pod8a5e.slice)"
is "allow twin: another class" "0 1000" "$(pod systemd --cgroup-parent kubepods-burstable-pod8a5e.slice)"
is "by cgroupfs" "refused 1000" "$(pod cgroupfs --cgroup-parent /kubepods/besteffort/pod8a5e)"
is "allow twin: another class, and audited by annotation" "0 1000" \
	"$(pod cgroupfs --cgroup-parent /kubepods/burstable/pod8a5e --annotation "$(profile see)")"

t_case "of a plain user"
ok "a manager of the user's" systemctl start user@1000.service
cp -a "$R" /home/alice/rootfs
chown -R alice: /home/alice/rootfs
chmod 4755 /home/alice/rootfs/suid
# home MANAGER OPTION...: the set-uid program gives the user's own id there, which is 0 in the container
home() {
	p_manager=$1
	shift
	as alice env XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus CONTAINERS_CONF="$CONTAINERS_CONF" GOGC=off \
		podman --cgroup-manager "$p_manager" run --rm --user 1000 "$@" --rootfs /home/alice/rootfs /bin/sh -c "$TRIES" 2>"$T_TMP/err" |
		paste -s -d ' '
}
home_starts() { [ -n "$(home "$@")" ]; }
is "by pattern" "refused 1000" "$(home systemd)"
sed -i 's/name: home,/& userns: initial,/' "$POLICY/t.yaml"
ok "gains in a user namespace" execward --policy-dir "$POLICY" reload
is "are let pass where the policy says so" "0 1000" "$(home systemd)"
records_begin
is "without cgroups of its own, it is in none that a pattern names" "0 1000" "$(home cgroupfs)"
records_end
like "but its subordinate ids are found" '"verdict":"audit".*"profile":"ids".*"gain":\["uid:alice"' "$RECORDS"
nok "by annotation it does not start: the hook is the user's, too" home_starts cgroupfs --annotation "$(profile see)"
like "as that failed" 'error executing hook' "$(cat "$T_TMP/err")"

systemctl stop user@1000.service
rm -r /usr/share/containers/oci/hooks.d /home/alice/rootfs /home/alice/.local /home/alice/.config 2>/dev/null
ok "unload" execward unload
t_done
