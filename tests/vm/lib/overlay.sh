# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What both images add to the Debian tree: users, a name, and where their passwords and subordinate ids are.

# to_cpio DIR [FILES-ON-STDIN]: writes DIR as a cpio archive padded so that another may follow it
to_cpio() {
	(cd "$1" && find . -mindepth 1 ! -path './dev/*' | LC_ALL=C sort | cpio --quiet -o -H newc)
}

# overlay_users TREE OVERLAY: root, alice (1000) and bob (1001); each one's password is his name. alice may sudo.
overlay_users() {
	local tree=$1 etc=$2/etc name id
	mkdir -p "$etc/sudoers.d" "$2/home" "$2/root"
	chmod 700 "$2/root"
	cp -p "$tree"/etc/{passwd,group,shadow,gshadow} "$etc/"
	sed -i "s|^root:[^:]*:|root:$(password root):|" "$etc/shadow"
	sed -i 's|^\(root:.*\):[^:]*$|\1:/bin/sh|' "$etc/passwd"
	for name in alice:1000 bob:1001; do
		id=${name#*:} name=${name%:*}
		echo "$name:x:$id:$id:$name:/home/$name:/bin/sh" >>"$etc/passwd"
		echo "$name:x:$id:" >>"$etc/group"
		echo "$name:!::" >>"$etc/gshadow"
		echo "$name:$(password "$name"):19000:0:99999:7:::" >>"$etc/shadow"
		install -d -o "$id" -g "$id" -m 755 "$2/home/$name"
	done
	echo "alice:100000:65536" | tee "$etc/subuid" >"$etc/subgid"
	echo "alice ALL=(ALL:ALL) NOPASSWD: ALL" >"$etc/sudoers.d/execward-test"
	chmod 440 "$etc/sudoers.d/execward-test"
	echo ewguest >"$etc/hostname"
	printf '127.0.0.1 localhost ewguest\n::1 localhost\n' >"$etc/hosts"
	echo 00000000000000000000000000000e3d >"$etc/machine-id" # a fixed one: no first-boot work
}

# the tree's busybox is static: it runs here as well
password() { "$tree/usr/bin/busybox" mkpasswd -m sha512 -S execward "$1"; }

# publish TMP KIND KEY OUT: puts the finished image into the cache, drops the older ones, and links it to OUT
publish() {
	rm -f "$EW_CACHE/images/$2"-*.cpio
	mv "$1" "$EW_CACHE/images/$2-$3.cpio"
	give "$2" "$3" "$4"
}

# give KIND KEY OUT: a link of its own, so OUT outlives what becomes of the cache
give() {
	[ -s "$EW_CACHE/images/$1-$2.cpio" ] || return 1
	rm -f "$3"
	ln "$EW_CACHE/images/$1-$2.cpio" "$3" 2>/dev/null || cp "$EW_CACHE/images/$1-$2.cpio" "$3"
}
