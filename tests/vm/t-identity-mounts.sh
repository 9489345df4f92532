# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# timeout: 180
# A program is one file, by the device of its superblock and its inode, on every kind of mount: an exception covers the
# file under each of its names, and no other file.
# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh

setuid() { g_program "$1" bob:root 4755; }
fs() {
	mkdir "$T_TMP/$1"
	mount -t tmpfs -o mode=755 tmpfs "$T_TMP/$1"
	mkdir "$T_TMP/$1/lower" "$T_TMP/$1/upper" "$T_TMP/$1/work"
}
overlay() {
	mkdir "$T_TMP/$1"
	mount -t overlay -o "lowerdir=$T_TMP/$2/lower,upperdir=$T_TMP/$3/upper,workdir=$T_TMP/$3/work$4" overlay "$T_TMP/$1"
}

# names of one file, and a copy
mkdir "$T_TMP/plain" "$T_TMP/bound"
setuid plain/file
setuid plain/copy
ln "$T_TMP/plain/file" "$T_TMP/plain/link"
ln -s plain/file "$T_TMP/symlink"
mount --bind "$T_TMP/plain" "$T_TMP/bound"

# overlays: layers on one file system, and on two
ok "overlayfs" t_module overlay
fs one
fs two
for layer in one/lower one/upper two/lower; do
	setuid $layer/file
	setuid $layer/other
done
rm "$T_TMP/one/upper/file"
ok "an overlay of one file system" overlay same one one
fs three
setuid three/upper/more # numbers that two/lower/file has not: docs/design.md, "Overlays of several file systems"
setuid three/upper/most
setuid three/upper/upper
ok "an overlay of two" overlay apart two three
fs four
ok "an overlay of two, without xino" overlay noxino two four ",xino=off"
# copied from the lower layer to the upper one by this
fs five
setuid five/lower/file
ok "an overlay that copies" overlay copied five five
chown bob:bob "$T_TMP/copied/file"
chmod 4755 "$T_TMP/copied/file"

# btrfs, whose subvolumes have devices of their own for stat(2)
ok "btrfs" t_module btrfs
ok "loop" t_module loop
truncate -s 160M "$T_TMP/image"
ok "a file system of it" mkfs.btrfs -q "$T_TMP/image"
mkdir "$T_TMP/btrfs"
ok "is mounted" mount -o loop "$T_TMP/image" "$T_TMP/btrfs"
ok "with a subvolume" btrfs -q subvolume create "$T_TMP/btrfs/sub"
setuid btrfs/sub/file
setuid btrfs/more # numbers that files in the subvolume have: docs/design.md, "Subvolumes of btrfs"
setuid btrfs/most
setuid btrfs/file
setuid btrfs/sub/other
nok "stat tells two devices" test "$(stat -c %d "$T_TMP/btrfs/file")" = "$(stat -c %d "$T_TMP/btrfs/sub/file")"
G_MOUNTS="$T_TMP/bound $T_TMP/same $T_TMP/apart $T_TMP/noxino $T_TMP/copied $T_TMP/btrfs $T_TMP/one $T_TMP/two $T_TMP/three
	$T_TMP/four $T_TMP/five"

g_profile except deny except:
for path in plain/file same/file apart/file apart/upper noxino/file copied/file btrfs/sub/file; do
	printf '      - {program: %s, gain: ["uid:bob"]}\n' "$T_TMP/$path" >>"$G_POLICY"
done

BOB='"uid":1000,"euid":1001,'
# excepted NAME RULE [AS]: covered by the exception for RULE; AS is the path that the kernel has for it
excepted() {
	g_line "program: $T_TMP/$2,"
	G_FILE=$T_TMP/${3:-$1} g_one "$1" except "allow exception $G_LINE uid:bob|setuid|setid" "$BOB" "$T_TMP/$1"
}
refused() { g_one "$1" except "deny gain $G_RULE_except uid:bob|setuid|setid" "$BOB" "$T_TMP/$1"; }

g_cases() {
	excepted plain/file plain/file
	excepted plain/link plain/file
	excepted symlink plain/file plain/file
	excepted bound/file plain/file
	excepted bound/link plain/file
	refused plain/copy
	refused bound/copy
	excepted same/file same/file
	refused one/lower/file
	refused same/other
	excepted apart/file apart/file
	excepted apart/upper apart/upper
	refused two/lower/file
	refused apart/other
	excepted noxino/file noxino/file
	refused noxino/other
	excepted copied/file copied/file
	excepted btrfs/sub/file btrfs/sub/file
	refused btrfs/sub/other
	refused btrfs/file
}

g_main
