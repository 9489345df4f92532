# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The guest itself: what the other tests take for granted.
# images: small debian
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh
. /ew/lib.sh

t_case kernel
ok "bpf is in the LSM list" grep -qw bpf /sys/kernel/security/lsm
ok "BTF is there" test -s /sys/kernel/btf/vmlinux
ok "bpffs is mounted" grep -q ' /sys/fs/bpf bpf ' /proc/mounts
ok "bpftool works" bpftool prog list

t_case cgroup2
ok "is mounted" grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts
ok "is writable" mkdir /sys/fs/cgroup/ew-selftest
ok "takes a process" sh -c 'echo $$ >/sys/fs/cgroup/ew-selftest/cgroup.procs && grep -q ew-selftest /proc/self/cgroup'
ok "can be emptied" wait_for 10 rmdir /sys/fs/cgroup/ew-selftest

t_case xattrs
cp /usr/bin/setpriv "$T_TMP/capable"
ok "a file takes capabilities" setcap cap_net_admin+ep "$T_TMP/capable"
like "and keeps them" 'cap_net_admin=ep' "$(getcap "$T_TMP/capable")"
ok "loopback is up" ping -c1 -W5 127.0.0.1

t_case "plain user"
is "uid" 1000 "$(as alice id -u)"
like "has no capabilities" '^CapPrm:\s0+$' "$(as alice cat /proc/self/status)"
is "sudo" 0 "$(as alice sudo -n id -u 2>&1)"
nok "sudo of bob, who may not" as bob sudo -n id -u
ok "ping" as alice ping -c1 -W5 127.0.0.1
like "ping by its file capability" 'cap_net_raw=ep' "$(getcap /usr/bin/ping)"
is "ping has no set-id bits" 755 "$(stat -c %a /usr/bin/ping)"
is "and nothing else lets it" "1 0" "$(tr "\t" " " </proc/sys/net/ipv4/ping_group_range)"
cp /usr/bin/ping "$T_TMP/ping"
nok "a copy without the capability" as alice "$T_TMP/ping" -c1 -W5 127.0.0.1
is "unix_chkpwd is set-gid shadow" "2755 root shadow" "$(stat -c '%a %U %G' /usr/sbin/unix_chkpwd)"
ok "unix_chkpwd takes the right password" as alice sh -c 'printf "alice\0" | unix_chkpwd alice nullok'
nok "unix_chkpwd refuses a wrong one" as alice sh -c 'printf "wrong\0" | unix_chkpwd alice nullok'
is "su" 0 "$(echo root | as alice su -c 'id -u' 2>/dev/null)"
like "passwd" '^alice P ' "$(as alice passwd -S 2>&1)"

# shellcheck disable=SC2317 # called by ok
newuidmap_works() {
	# its own word for its pid: $! would be a subshell above it
	as alice unshare -U sh -c 'echo $$ >pid; exec sleep 1000' &
	wait_for 20 test -s /home/alice/pid || return
	sleeper=$(cat /home/alice/pid)
	as alice newuidmap "$sleeper" 0 100000 65536
	result=$?
	grep -q 100000 "/proc/$sleeper/uid_map" || result=1
	kill "$sleeper"
	return "$result"
}
ok "newuidmap" newuidmap_works

t_case "libraries"
for program in /usr/bin/sudo /usr/bin/su /usr/sbin/bpftool /usr/lib/x86_64-linux-gnu/security/pam_unix.so \
	/usr/lib/x86_64-linux-gnu/libcyaml.so.1 /usr/lib/x86_64-linux-gnu/libsystemd.so.0; do
	ok "$program has all" sh -c "! /lib64/ld-linux-x86-64.so.2 --list $program | grep 'not found'"
done

t_done
