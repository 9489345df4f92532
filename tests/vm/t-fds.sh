#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# Descriptors that cross an exec: seen and described.
# shellcheck shell=sh disable=SC2034,SC2154
. /ew/lib.sh
. /ew/tests/data/fds.sh

f_profile see '{mode: audit}'
f_profile off '{mode: off}'
echo text >"$T_TMP/file"
echo gone >"$T_TMP/gone"
mkdir -p "$T_TMP/a-directory-whose-name-is-so-long-that-a-few-of-them-do-not-fit/another-directory-with-a-name-that-is-long/and-one-more-that-is-long-as-well-so-that-the-path-is-too-long/and-still-there-is-one-more-for-good-measure-as-this-has-to-have-more-than-the-room-there-is/0123456789"
long=$(echo "$T_TMP"/a-dir*/an*/and*/and*/0*)
TINY=/ew/bin/tiny

# kind NAME OPEN WANTED: one descriptor, 3
kind() {
	t_case "$1"
	f_run see fdleak "$2" -- $TINY
	if [ "$F_RC" = 124 ]; then
		case $F_OUT in *"not implemented"* | *"not supported"*) note "$1: this kernel has none" && return ;; esac
	fi
	is "it goes on" "0:" "$F_RC:$F_OUT"
	f_record $TINY
	like "described" "\"list\":\\[\\{\"fd\":3,$3" "$F_FDS"
	is "audited" "audit fds" "$(f_verdict)"
}

f_load
kind regular "r=$T_TMP/file" "\"kind\":\"regular\",\"access\":\"r\",\"path\":\"$T_TMP/file\",\"dev\":\"[0-9]+:[0-9]+\",\"ino\":$(stat -c %i "$T_TMP/file")\\}\\]"
kind "read and write" "rw=$T_TMP/file" "\"kind\":\"regular\",\"access\":\"rw\""
kind directory "dir=$T_TMP" "\"kind\":\"directory\",\"access\":\"r\",\"path\":\"$T_TMP\",[^}]*[0-9]\\}\\]"
kind O_PATH "path=$T_TMP" '"kind":"directory","access":"path"'
kind root dir=/ '"kind":"directory","access":"r","path":"/"'
kind char w=/dev/null '"kind":"char","access":"w","path":"/dev/null"'
kind memfd memfd '"kind":"memfd","access":"rw","path":"/memfd:secret"'
kind "memfd of huge pages" huge '"kind":"memfd","access":"rw","path":"/memfd:secret"'
kind pipe pipe '"kind":"fifo","access":"r","path":"pipe:\[[0-9]+\]"'
kind unix unix '"kind":"socket","access":"rw","path":"socket:\[[0-9]+\]",.*"family":"unix","type":"stream","peer":\{"pid":[0-9]+\}'
kind "a bound unix socket" "peer=$T_TMP/socket" ".*\\{\"fd\":4,\"kind\":\"socket\",.*\"family\":\"unix\",\"type\":\"stream\",\"peer\":\\{\"pid\":[0-9]+,\"address\":\"$T_TMP/socket\"\\}"
kind tcp tcp '"kind":"socket",.*"family":"inet","type":"stream"\}'
kind udp udp '"kind":"socket",.*"family":"inet6","type":"dgram"\}'
for k in eventfd epoll timerfd signalfd inotify fanotify pidfd io_uring perf; do kind $k $k "\"kind\":\"$k\""; done
kind map map '"kind":"bpf-map","access":"rw","path":"anon_inode:bpf-map"'
kind prog prog '"kind":"bpf-prog"'
kind link link '"kind":"bpf-prog".*\{"fd":4,"kind":"bpf-link"'
kind "an object without a kind of its own" landlock '"kind":"anon",.*"path":"anon_inode:.*landlock'
kind uffd uffd '"kind":"userfaultfd"'
kind fsopen fsopen '"kind":"fs-context"'
kind namespace ns '"kind":"namespace","access":"r","path":"mnt:\[[0-9]+\]"'
kind cgroup dir=/sys/fs/cgroup '"kind":"cgroup","access":"r","path":"/sys/fs/cgroup",.*"dangerous":true,"danger":\["cgroup"\]'
mkdir "$T_TMP/v1"
mount -t cgroup -o none,name=ew-fds cgroup "$T_TMP/v1"
kind "cgroup of version 1" "dir=$T_TMP/v1" '"kind":"cgroup","access":"r",.*"dangerous":true,"danger":\["cgroup"\]'
umount "$T_TMP/v1"
kind "/proc of another" r=/proc/1/status '"kind":"regular",.*"dangerous":true,"danger":\["proc"\]'
kind "its own /proc" r=/proc/self/status '"kind":"regular",[^}]*[0-9]\}'
kind "no process's /proc" r=/proc/meminfo '"kind":"regular",[^}]*[0-9]\}'
kind "a long path" "dir=$long" '.*"path":"\.\.\.(/[a-z0-9-]*)*/0123456789",.*"truncated":true'
mknod "$T_TMP/block" b 7 0
kind "a block device's node" "path=$T_TMP/block" '"kind":"block","access":"path",.*"danger":\["block"\]'

t_case deleted
f_run see fdleak "r=$T_TMP/gone" "unlink=$T_TMP/gone" -- $TINY
f_record $TINY
like "marked" "\"path\":\"$T_TMP/gone\",.*\"deleted\":true" "$F_FDS"

t_case chroot
mkdir -p "$T_TMP/root/bin"
cp $TINY /ew/bin/fdleak "$T_TMP/root/bin"
f_run see chroot "$T_TMP/root" /bin/fdleak dir=/bin -- /bin/tiny
f_record /bin/tiny
like "a directory below the task's root" '"path":"/bin",[^}]*[0-9]\}' "$F_FDS"
f_run see fdleak dir=/etc -- /usr/sbin/chroot "$T_TMP/root" /bin/tiny
f_record /bin/tiny
like "one outside of it" '"path":"/etc",.*"dangerous":true,"danger":\["outside-root"\]' "$F_FDS"

t_case "another mount namespace"
f_run see fdleak dir=/etc -- /usr/bin/unshare -m $TINY
f_record $TINY
like "marked" '"path":"/etc",.*"other_mount_namespace":true,"dangerous":true,"danger":\["outside-root"\]' "$F_FDS"

t_case "close-on-exec"
f_run see fdleak "r=$T_TMP/file" cloexec -- $TINY
f_record $TINY
is "nothing crosses" '{"count":0,"truncated":false,"list":[]}' "$F_FDS"
is "allowed" "allow no-gain" "$(f_verdict)"

t_case many
f_run see fdleak "r=$T_TMP/file" N=1000 -- $TINY
f_record $TINY
like "counted, and the first described" '^\{"count":1000,"truncated":true,"list":\[\{"fd":3,' "$F_FDS"
is "32 of them" 32 "$(printf %s "$F_FDS" | grep -o '"kind":"regular"' | grep -c .)"

t_case off
f_run off fdleak "r=$T_TMP/file" -- $TINY
f_record $TINY
is "nothing is looked at" "allow no-gain" "$(f_verdict)$F_FDS"
f_end
