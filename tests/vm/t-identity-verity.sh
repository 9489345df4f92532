# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# An exception that names a program by its fs-verity digest, too: files with the same content are accepted wherever they
# are, if the file system vouches for it. On btrfs, which has fs-verity. Before Linux 6.8 such a policy is refused.
# images: small
# kernels: all
# timeout: 90
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

M=$T_TMP/btrfs
mkdir "$M"
ok "btrfs" t_module btrfs
ok "loop" t_module loop
truncate -s 160M "$T_TMP/image"
ok "a file system of it" mkfs.btrfs -q "$T_TMP/image"
ok "is mounted" mount -o loop "$T_TMP/image" "$M"
mkdir "$M/elsewhere"
for file in copy elsewhere/again plain long; do install -m 4755 /ew/bin/teuid "$M/$file"; done
{ cat /ew/bin/teuid && printf x; } >"$M/other"
chmod 4755 "$M/other"
chmod 755 "$M" "$M/elsewhere"
ok "verity" tverity "$M/copy"
digest=$(cat "$T_OUT")
like "digest" '^sha256:[0-9a-f]{64}$' "$digest"
is "of the same content the same" "$digest" "$(tverity "$M/elsewhere/again")"
unlike "of another not" "$digest" "$(tverity "$M/other")"
# the algorithm is a module that 6.1 has not loaded
case $(uname -r) in 6.1.*) ;; *) like "another algorithm" '^sha512:' "$(tverity "$M/long" 2)" ;; esac

# policy MODE [DIGEST]: the path is that of another file, which has no verity
policy() {
	program="$SUID"
	[ $# = 1 ] || program="{path: $SUID, verity: $2}"
	cat >"$POLICY/t.yaml" <<-YAML
		version: 1
		profiles:
		  - name: no
		    mode: $1
		    cgroups: [/v]
		    except:
		      - {program: $program, gain: ["uid:root", caps]}
	YAML
}
reload_it() { execward --policy-dir "$POLICY" reload; }
expect() {
	is "$1" "$2" "$(outcome cg_run /v alice "$M/$1")"
}
by_path() { is "the program itself" "$1" "$(outcome cg_run /v alice "$SUID")"; }
cg_make /v

t_case "without policy"
for file in copy elsewhere/again plain other long; do expect $file 0; done
by_path 0

policy deny "$digest"
case $(uname -r) in
6.1.*)
	t_case "not supported"
	rc "load" 1 load
	like "says why" 't.yaml:7: "verity" cannot be enforced: this kernel \(6\.1\..*expected Linux 6\.8' "$(cat "$T_OUT")"
	policy deny
	ok "load without it" load
	by_path 0
	expect copy refused
	policy deny "$digest"
	rc "reload" 1 reload_it
	like "says why" '"verity" cannot be enforced' "$(cat "$T_OUT")"
	by_path 0
	expect copy refused
	ok "check accepts it" execward check "$POLICY/t.yaml"
	;;
*)
	t_case "deny"
	ok "load" load
	by_path 0
	expect copy 0
	expect elsewhere/again 0
	expect plain refused
	expect other refused
	expect long refused
	for file in copy elsewhere/again; do
		ok "explain $file" execward --policy-dir "$POLICY" explain "$M/$file" --as alice --in /v
		like "goes by the digest" 'exception' "$(cat "$T_OUT")"
	done
	for file in plain other long; do rc "explain $file" 1 execward --policy-dir "$POLICY" explain "$M/$file" --as alice --in /v; done
	like "show tells it" "exception +$digest .*: gain caps uid:0" "$(execward --policy-dir "$POLICY" show no)"
	t_case "in a container"
	# another root, and namespaces of mounts and processes
	install -m 755 /ew/bin/asuser "$M/asuser"
	contained() { is "$1" "$2" "$(outcome cg_run /v unshare -m -p -f chroot "$M" /asuser 1000 1000 1000 "/$1")"; }
	contained copy 0
	contained elsewhere/again 0
	contained plain refused
	contained other refused
	ok "overlay" t_module overlay
	mkdir "$T_TMP/over" "$M/upper" "$M/work"
	ok "is mounted" mount -t overlay overlay -o "lowerdir=$M/elsewhere,upperdir=$M/upper,workdir=$M/work" "$T_TMP/over"
	# overlayfs has inodes of its own, without fs-verity (docs/policy.md)
	is "by overlayfs there is no digest" refused "$(outcome cg_run /v alice "$T_TMP/over/again")"
	umount "$T_TMP/over"
	t_case "audit"
	policy audit "$digest"
	ok "reload" reload_it
	records_begin --cgroup /v
	expect copy 0
	expect plain 0
	recorded() { grep -q '"path":"[^"]*/plain","dev"' "$T_TMP/records"; }
	wait_for 10 recorded
	records_end
	like "by its digest" '"verdict":"allow","reason":"exception","profile":"no","rule":"t.yaml:7".*/copy","dev"' "$RECORDS"
	like "without" '"verdict":"audit","reason":"gain","profile":"no","rule":"t.yaml:3".*/plain","dev"' "$RECORDS"
	t_case "reload"
	policy deny
	ok "without it" reload_it
	by_path 0
	expect copy refused
	is "nothing is left of it" "[]" "$(bpftool map dump pinned /sys/fs/bpf/execward/maps/verities -j)"
	policy deny "$digest"
	ok "with it" reload_it
	like "is the difference" "^\\+ exception no $digest: gain caps uid:0 \\(t.yaml:7\\)" "$(cat "$T_OUT")"
	expect copy 0
	expect plain refused
	# the last digit: the digest is looked up as a whole
	policy deny "$(printf %s "$digest" | sed 's/.$/0/; t')"
	[ "${digest%0}" = "$digest" ] || policy deny "${digest%0}1"
	ok "with another" reload_it
	expect copy refused
	by_path 0
	;;
esac
ok "unload" execward unload
cg_remove /v
ok "umount" umount "$M"
t_done
