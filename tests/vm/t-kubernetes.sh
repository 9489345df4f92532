# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# dist/kubernetes/execward.yaml, without a cluster: its policy on cgroups as the kubelet names them, by both of its drivers; its
# daemon in a container of that shape, with its policy in a volume as the kubelet makes one of a ConfigMap.
# images: debian
# kernels: newest
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh
YAML=/ew/dist/kubernetes/execward.yaml

# the pods: a set-uid program, run by a plain user
B=$T_TMP/bundle
mkdir -p "$B/rootfs/proc" "$B/rootfs/dev" "$B/rootfs/bin"
cp /bin/busybox "$B/rootfs/bin/busybox"
ln -s busybox "$B/rootfs/bin/sh"
install -m 4755 /ew/bin/teuid "$B/rootfs/suid"
COMMON='{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}'
# pod MANAGER CGROUPSPATH: what comes of it. An initramfs cannot be left by pivot_root(2).
pod() {
	cat >"$B/config.json" <<-JSON
		{"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "mounts": [$COMMON],
		 "process": {"user": {"uid": 1000, "gid": 1000}, "cwd": "/", "args": ["/bin/sh", "-c", "/suid || echo refused"],
		  "capabilities": {"bounding": ["CAP_SETUID"]}},
		 "linux": {"cgroupsPath": "$2", "namespaces": [{"type": "pid"}, {"type": "mount"}]}}
	JSON
	(cd "$B" && crun --cgroup-manager="$1" run --no-pivot pod 2>/dev/null)
}
# the two drivers' names of the same: CLASS is besteffort- or burstable-, or empty for guaranteed pods
by_systemd() { pod systemd "kubepods-$1pod8a5e_11.slice:${2:-cri-containerd}:4711"; }
by_cgroupfs() { pod cgroupfs "/kubepods/${1%-}/pod8a5e-11/4711"; }

# the kubelet's volume: anybody's to see, files behind two links, the first of which is exchanged
V=$T_TMP/volume
version() {
	mkdir "$V/..$1"
	cat >"$V/..$1/pods.yaml"
	ln -s "..$1" "$V/..data_tmp"
	mv -T "$V/..data_tmp" "$V/..data"
}
mkdir -m 777 "$V"
ln -s ..data/pods.yaml "$V/pods.yaml"
sed -n '/^  pods.yaml: |/,/^---/s/^    //p' $YAML | version 2026

t_case "policy"
ok "that of the ConfigMap" execward --policy-dir "$V/..data" check --strict
nok "not by the links beside it" execward --policy-dir "$V" check
like "which are refused" 'symbolic link' "$(cat "$T_OUT")"
is "without it a pod gains" 0 "$(by_systemd besteffort-)"

# mounts: of the DaemonSet's container, as a runtime is told
mounts() {
	awk -v policy="$V" '
		/volumeMounts:/ { part = "mount" } / volumes:/ { part = "volume" }
		/- name:/ { name = $3; n[part]++; of[part, n[part]] = name }
		/mountPath:/ { at[name] = $2 } /readOnly: true/ { ro[name] = ",\"ro\"" } / path:/ { source[name] = $2 } /configMap:/ { source[name] = policy }
		END { for (i = 1; i <= n["mount"]; i++) { m = of["mount", i]
			printf ", {\"destination\": \"%s\", \"type\": \"bind\", \"source\": \"%s\", \"options\": [\"rbind\"%s]}", at[m], source[m], ro[m] } }
	' $YAML
}
# the rest is of an image, here the guest
D=$T_TMP/daemon
mkdir -p "$D/rootfs/proc" "$D/rootfs/dev" "$D/rootfs/sys" "$D/rootfs/usr" "$D/rootfs/ew" "$D/rootfs/etc/execward/policy.d" "$D/rootfs/run/execward" /run/execward
for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$D/rootfs/$dir"; done
ARGS=$(sed -n 's/^ *args: \[\(.*\)\]$/\1/p' $YAML | tr -d '"' | sed 's/[^ ,][^,]*/"&"/g')
CAPS=$(capsh --print | sed -n 's/^Bounding set =//p' | tr a-z A-Z | sed 's/[^,]*/"&"/g')
image() { printf ', {"destination": "%s", "type": "bind", "source": "%s", "options": ["rbind", "ro"]}' "$1" "$1"; }
cat >"$D/config.json" <<JSON
{"ociVersion": "1.0.2", "root": {"path": "rootfs", "readonly": true},
 "mounts": [$COMMON, {"destination": "/sys", "type": "sysfs", "source": "sysfs"}$(image /usr)$(image /ew)$(mounts)],
 "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "env": ["PATH=/ew/bin:/usr/bin"], "args": ["execward", $ARGS],
  "capabilities": {"bounding": [$CAPS], "effective": [$CAPS], "permitted": [$CAPS]}},
 "linux": {"cgroupsPath": "kubepods-burstable-podda.slice:cri-containerd:da", "namespaces": [{"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]}}
JSON
daemon() { (cd "$D" && exec crun --cgroup-manager=systemd run --no-pivot --detach da >>"$T_TMP/records" 2>"$T_TMP/err" </dev/null); }
inside() { crun --cgroup-manager=systemd exec da execward "$@"; }
# recorded N VERDICT PROFILE: so many. Not where: a container's cgroup may be gone before its record is read.
recorded() { [ "$(grep -c "\"verdict\":\"$2\".*\"profile\":\"$3\".*/suid\"" "$T_TMP/records")" = "$1" ]; }

t_case "the daemon"
ok "starts" daemon
ok "its probe" wait_for 60 inside status
ok "here, too, all is in force" execward status
# classes DRIVER N: for pods of each class; there are N records of each verdict then
classes() {
	is "a pod without requests" refused "$("$1" besteffort-)"
	is "allow twin: one with" 0 "$("$1" burstable-)"
	is "and one with limits" 0 "$("$1" '')"
	ok "the refusal is recorded" wait_for 30 recorded "$2" deny besteffort
	ok "and what would be refused of the others" wait_for 30 recorded "$((2 * $2))" audit pods
}
t_case "systemd"
classes by_systemd 1
t_case "cgroupfs"
is "beside it: nobody's" 0 "$(pod cgroupfs /others/besteffort/pod8a5e-11/4711)"
classes by_cgroupfs 2
is "of another runtime" refused "$(by_systemd besteffort- crio)"

t_case "the ConfigMap changes"
sed 's/besteffort/burstable/g' "$V/..data/pods.yaml" | version 2027
is "the old policy is in force" 0 "$(by_systemd burstable-)"
ok "until it is told" inside --policy-dir /etc/execward/policy.d/..data reload
is "the new one" refused "$(by_systemd burstable-)"
is "allow twin: whom it no longer names" 0 "$(by_systemd besteffort-)"

t_case "the pod goes"
ok "killed" crun --cgroup-manager=systemd delete --force da
is "what was in force is" refused "$(by_cgroupfs burstable-)"
ok "another one comes" daemon
ok "and takes over" wait_for 60 inside status
is "with the same policy" refused "$(by_cgroupfs burstable-)"
ok "unload, from inside" inside unload
is "nothing is governed" 0 "$(by_cgroupfs burstable-)"
crun --cgroup-manager=systemd delete --force da >/dev/null 2>&1
t_done
