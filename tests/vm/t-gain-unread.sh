# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Each gain and each shape alone, while nobody reads records: an exec is not followed then before something can come of it,
# so each hook has to find by itself what it is about. The other tests of gains (data/gain.sh) read all the time.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

BINFMT=/proc/sys/fs/binfmt_misc
AS="-g 1000 -G 1000 -u 1000"
SHADOW=$(sed -n 's,^shadow:[^:]*:\([0-9]*\):.*,\1,p' /etc/group)
FULL=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
# program FILE OWNER:GROUP MODE [CAPS]: tells its credentials
program() {
	cp /ew/bin/gain-creds "$T_TMP/$1"
	chown "$2" "$T_TMP/$1"
	chmod "$3" "$T_TMP/$1"
	[ -z "${4:-}" ] || setcap "$4" "$T_TMP/$1"
}
program plain root:root 755
program setuid bob:root 4755
program setgid root:shadow 2755
program caps root:root 755 cap_net_raw=ep
program setuid-alice alice:root 4755
program setgid-alice root:alice 2755
program caps-i root:root 755 cap_net_raw=i
mkdir "$T_TMP/nosuid"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$T_TMP/nosuid"
program nosuid/plain root:root 755
printf '#!%s\n' "$T_TMP/plain" >"$T_TMP/script"
printf 'EWUNREAD\n' >"$T_TMP/interpreted"
chmod 755 "$T_TMP/script" "$T_TMP/interpreted"
ok "the module loads" t_module binfmt_misc
ok "its files" mount -t binfmt_misc binfmt_misc $BINFMT
printf ':ew-unread:M::EWUNREAD::%s:' "$T_TMP/plain" >$BINFMT/register
ok "a page for a memfd of huge ones" sh -c 'echo 1 >/proc/sys/vm/nr_hugepages && grep -qx 1 /proc/sys/vm/nr_hugepages'

# NAME|what it gains, or its shape|what it tells when it runs|command
gains() {
	cat <<-END
		root's capabilities|caps|"permitted":"$FULL"|gain-launch -d $T_TMP/plain
		a user id|uid|"euid":1001,|gain-launch $AS $T_TMP/setuid
		a group id|gid|"egid":$SHADOW,|gain-launch $AS $T_TMP/setgid
		a capability|caps|"permitted":"0000000000002000"|gain-launch $AS $T_TMP/caps
	END
}
shapes() {
	cat <<-END
		set-uid without effect|setid|"euid":1000,|gain-launch $AS $T_TMP/setuid-alice
		set-gid without effect|setid|"egid":1000,|gain-launch $AS $T_TMP/setgid-alice
		file capabilities without effect|setid|"permitted":"0000000000000000"|gain-launch $AS $T_TMP/caps-i
		memfd|memfd|"euid":1000,|gain-launch -m $T_TMP/plain $AS plain
		memfd of huge pages|memfd|"euid":1000,|gain-launch -M $T_TMP/script $AS plain
		unlinked|unlinked|"euid":1000,|gain-launch -x $T_TMP/gone $AS plain
		unlinked by one of two names|unlinked|"euid":1000,|gain-launch -x $T_TMP/link $AS plain
		script|script|"euid":1000,|gain-launch $AS $T_TMP/script
		nosuid mount|nosuid-mount|"euid":1000,|gain-launch $AS $T_TMP/nosuid/plain
		ptraced|ptraced|"euid":1000,|gain-launch $AS -t $T_TMP/plain
		binfmt_misc|interpreted|"euid":1000,|gain-launch $AS $T_TMP/interpreted
	END
}


# No policy has both: where a shape is refused, a file that has one is followed from then on, whatever it gains.
mkdir "$T_TMP/gains" "$T_TMP/shapes"
cat >"$T_TMP/gains/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: uid, mode: deny, gains: [uid], cgroups: [/unread/uid, /unread/not-gid, /unread/not-caps]}
  - {name: gid, mode: deny, gains: [gid], cgroups: [/unread/gid, /unread/not-uid]}
  - {name: caps, mode: deny, gains: [caps], cgroups: [/unread/caps]}
  - {name: see, mode: audit, cgroups: [/unread/see]}
YAML
cat >"$T_TMP/shapes/t.yaml" <<'YAML'
version: 1
profiles:
  - {name: gains, mode: deny, cgroups: [/unread/not-shape]}
  - name: see
    mode: audit
    shapes: [setid, memfd, unlinked, script, nosuid-mount, ptraced, interpreted]
    cgroups: [/unread/see]
YAML
cg_make /unread /unread/uid /unread/gid /unread/caps /unread/not-uid /unread/not-gid /unread/not-caps /unread/not-shape /unread/see
for shape in setid memfd unlinked script nosuid-mount ptraced interpreted; do
	printf '  - {name: %s, mode: deny, gains: [], shapes: [%s], cgroups: [/unread/%s]}\n' $shape $shape $shape >>"$T_TMP/shapes/t.yaml"
	cg_make /unread/$shape
done

# each WHAT CGROUP: every way, in that cgroup; by-kind: in the one that refuses it; not-kind: in one that refuses others
each() {
	while IFS='|' read -r name kind effect words <&8; do
		cp "$T_TMP/plain" "$T_TMP/gone"
		ln -f "$T_TMP/plain" "$T_TMP/link"
		case $2/$kind in
		by-kind/*) cgroup=$kind ;;
		not-kind/uid | not-kind/gid | not-kind/caps) cgroup=not-$kind ;;
		not-kind/*) cgroup=not-shape ;;
		*) cgroup=$2 ;;
		esac
		# shellcheck disable=SC2086 # words
		got=$(outcome cg_run "/unread/$cgroup" $words 8<&-)
		case $2 in
		by-kind) is "$1: $name" refused "$got" ;;
		*) like "$1: $name" "$effect" "$got" ;;
		esac
	done 8<"$T_TMP/ways"
}

all() {
	n=$(wc -l <"$T_TMP/ways")
	each "without policy" see
	ok "load" execward --policy-dir "$T_TMP/$1" load
	each "refused" by-kind
	is "each is counted" "$n" "$(counter deny)"
	each "let pass by another profile" not-kind
	is "nothing more was refused" "$n" "$(counter deny)"
	each "audited" see
	is "each is counted, too" "$n" "$(counter audit)"
	is "nobody read" 0 "$(readers_live)"
	ok "unload" execward unload
}

for what in gains shapes; do
	t_case $what
	$what >"$T_TMP/ways"
	all $what
done
T_CASE=

echo 0 >/proc/sys/vm/nr_hugepages
umount $BINFMT "$T_TMP/nosuid"
find /sys/fs/cgroup/unread -depth -type d -exec rmdir {} +
t_done
