# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `explain` held against the kernel: for every set-id and file-capability program of the image, under each kind of
# caller, what it predicts is what is recorded.
# images: small
# kernels: all
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh source=data/explain.sh
# shellcheck disable=SC2086,SC2046,SC2154,SC2317 # words; names called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh
. /ew/tests/data/explain.sh

# more cases than Debian has: scripts, a mount without set-id bits, capabilities not for everybody, programs that fail
mkdir "$T_TMP/no" "$T_TMP/noexec"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$T_TMP/no"
mount -t tmpfs -o noexec,mode=755 tmpfs "$T_TMP/noexec"
install -m 4755 /ew/bin/teuid "$T_TMP/no/suid"
cp "$SUID" "$T_TMP/noexec/suid"
install -m 4711 -o alice /ew/bin/teuid "$T_TMP/alices"
install -m 6755 -o bob -g shadow /ew/bin/teuid "$T_TMP/both"
install -m 2745 -g shadow /ew/bin/teuid "$T_TMP/nogid"
install -m 4755 /ew/bin/teuid "$T_TMP/rootcaps"
setcap cap_net_raw=ep "$T_TMP/rootcaps"
install -m 755 /ew/bin/teuid "$T_TMP/inherits"
setcap cap_net_raw=ei "$T_TMP/inherits"
install -m 755 /ew/bin/teuid "$T_TMP/permits"
setcap cap_net_raw,cap_sys_admin=p "$T_TMP/permits"
install -m 755 /ew/bin/teuid "$T_TMP/needs"
setcap cap_net_raw,cap_sys_admin=ep "$T_TMP/needs"
install -m 755 /ew/bin/teuid "$T_TMP/nscaps"
setcap -n 100000 cap_net_raw=ep "$T_TMP/nscaps"
install -m 750 /ew/bin/teuid "$T_TMP/roots"
printf '#!%s x\n' "$SUID" >"$T_TMP/script"
printf '#! \t%s\n' "$T_TMP/script" >"$T_TMP/script2"
printf '#!/nowhere\n' >"$T_TMP/lost"
printf 'text\n' >"$T_TMP/text"
chmod 4755 "$T_TMP/script"
chmod 755 "$T_TMP/script2" "$T_TMP/lost" "$T_TMP/text"
# shellcheck disable=SC2043 # as many as there are
for p in no/suid noexec/suid alices both nogid rootcaps inherits permits needs nscaps roots script script2 lost text; do
	PROGRAMS="$PROGRAMS $T_TMP/$p"
done

# ids that a mount maps: tmpfs can since 6.3
mapped=
case $(uname -r) in
6.1.*) ;;
*)
	mkdir "$T_TMP/fs" "$T_TMP/up" "$T_TMP/down"
	mount -t tmpfs -o mode=755 tmpfs "$T_TMP/fs"
	for p in zero thousand caps; do install -m 6755 /ew/bin/teuid "$T_TMP/fs/$p"; done
	chown 1000:1000 "$T_TMP/fs/thousand"
	chmod 6755 "$T_TMP/fs/thousand"
	chmod 755 "$T_TMP/fs/caps"
	setcap cap_net_raw=ep "$T_TMP/fs/caps"
	ok "0 is 100000" tidmap "$T_TMP/fs" "$T_TMP/up" "0 100000 1000"
	ok "1000 is 0" tidmap "$T_TMP/fs" "$T_TMP/down" "1000 0 1"
	for p in up/zero up/thousand up/caps down/zero down/thousand down/caps; do PROGRAMS="$PROGRAMS $T_TMP/$p"; done
	mapped="$T_TMP/up $T_TMP/down $T_TMP/fs"
	;;
esac

cat >"$POLICY/explain.yaml" <<YAML
version: 1
profiles:
  - {name: any, mode: audit, gains: [uid, gid, caps], cgroups: ["/explain*"]}
  - name: most
    mode: deny
    gains: [uid, gid, caps]
    cgroups: [/explain]
    allow_caps: [cap_audit_write]
    except:
      - {program: /usr/bin/passwd, gain: ["uid:root", caps]}
      - {program: /usr/bin/ping, gain: [cap_net_raw], from: [/ew/bin/gain-launch]}
      - {program: /usr/bin/su, gain: ["uid:root", caps], from: [/usr/bin/env]}
  - {name: alices, mode: audit, gains: [caps], users: [alice], userns: initial}
  - {name: strict, mode: deny, shapes: [script, nosuid-mount], cgroups: ["/explain-*/**"]}
  - {name: rooted, mode: audit, gains: [], programs: [/usr/bin/mount]}
YAML
load >/dev/null
for c in /explain /explain-x /explain-x/in; do cg_make $c; done
execward tag --cgroup /explain-x/in see

kind /explain/plain $ALICE
kind /explain/ambient -k $ALICE -a 13
kind /explain-x/in/nnp $ALICE -n
kind /explain/root -g 0
kind /explain/dropped -d
kind /explain-x/bounded -b 13
kind /explain/in-shadow -g 1000 -G 1000,$SHADOW -u 1000
kind /explain/userns -N 0,0,65536 -g 1000 -G 1000 -u 1000 -d
kind /explain/userns-root -N 0,100000,65536 -d
programs=$PROGRAMS PROGRAMS='/suid /script /plain' K_ROOT=$T_TMP/jail
mkdir -p "$K_ROOT/ew/bin" "$K_ROOT/dev"
mknod -m 666 "$K_ROOT/dev/null" c 1 3
cp /ew/bin/gain-launch "$K_ROOT/ew/bin"
install -m 4755 /ew/bin/teuid "$K_ROOT/suid"
printf '#!/suid\n' >"$K_ROOT/script"
chmod 755 "$K_ROOT/script"
ln -s /suid "$K_ROOT/plain"
kind /explain/jail $ALICE
of_jail=$PROGRAMS PROGRAMS=$programs K_ROOT=
go

of plain
like "sudo" '"verdict":"deny","reason":"gain","profile":"most","rule":"explain.yaml:4","file":{"path":"/usr/bin/sudo",.*"gain":\["uid:root","cap_chown",' "$(cat "$T_TMP/said")"
like "passwd, by its exception" '"verdict":"audit",.*"rule":"explain.yaml:3","file":{"path":"/usr/bin/passwd"' "$(cat "$T_TMP/said")"
like "its exception's line" '"name":"most","verdict":"allow","reason":"exception","rule":"explain.yaml:10"' "$(said_of /usr/bin/passwd)"
like "su: another image has one" '"profile most has an exception for another image of the caller: explain.yaml:12"' "$(said_of /usr/bin/su)"
like "why: pattern, path, user" '"name":"any",.*"because":\["cgroup /explain, by the policy.s pattern /explain\*"\].*"name":"most",.*"because":\["cgroup /explain, by the policy"\].*"name":"alices".*"because":\["user 1000, by the policy"\]' \
	"$(said_of /usr/bin/sudo)"
like "and what mount puts it under" '"enters":\[{"name":"rooted","because":\["program /usr/bin/mount, by the policy"\]}\]' "$(said_of /usr/bin/mount)"
like "env passes" '"passes":true' "$(said_of /usr/bin/env)"
like "sudo does not" '"passes":false' "$(said_of /usr/bin/sudo)"
is "fail by themselves" "EACCES EACCES ENOENT ENOEXEC" "$(grep -F "$T_TMP" "$T_TMP/all" | sed -n 's/.*"error":"\([A-Z]*\)".*/\1/p' | sort | tr '\n' ' ' | sed 's/ $//')"
if [ "$mapped" ]; then
	like "an id-mapped mount: uid" '"path":"[^"]*/up/zero".*"gain":\["uid:100000","gid:100000"\]' "$(cat "$T_TMP/seen")"
	like "and root" '"path":"[^"]*/down/thousand".*"gain":\["uid:root","gid:root","cap_chown"' "$(cat "$T_TMP/seen")"
	is "and none" 2 "$(grep -cE '"path":"[^"]*/(up/thousand|down/zero)".*"gain":\[\]' "$T_TMP/seen")"
fi

of ambient
like "of two capabilities it gains one" '"path":"[^"]*/permits".*"gain":\["cap_sys_admin"\]' "$(cat "$T_TMP/seen")"
of nnp
like "sudo: withheld" '"path":"/usr/bin/sudo".*"gain":\[\].*"withheld":\["uid:root","cap_chown"' "$(cat "$T_TMP/seen")"
like "a pattern from above" '"name":"any",[^}]*"because":\["cgroup /explain-x, by the policy.s pattern /explain\*"\]' "$(said_of /usr/bin/sudo)"
like "a tag by command" '"name":"see",[^}]*"because":\["cgroup /explain-x/in, by execward tag"\]' "$(said_of /usr/bin/sudo)"
of root
is "gains nothing" "" "$(grep -v '"gain":\[\]' "$T_TMP/seen")"
of dropped
like "and has them back" '"path":"/usr/bin/env".*"gain":\["cap_chown",.*"cause":\["root"\]' "$(cat "$T_TMP/seen")"
like "securebits: a note" '"the securebits of process [0-9]* cannot be read, and are taken to be 0;' "$(said_of /usr/bin/env)"
of bounded
like "of a capability that it cannot have" '"path":"[^"]*/permits"' "$(cat "$T_TMP/seen")"
is "or must have" EPERM "$(said_of "$T_TMP/needs" | sed -n 's/.*"error":"\([A-Z]*\)".*/\1/p')"
of in-shadow
is "gains no group" "" "$(grep '"gid:shadow' "$T_TMP/seen")"
of userns
like "alices: let pass" '"name":"alices","verdict":"allow","reason":"userns"' "$(said_of /usr/bin/sudo)"
of userns-root
like "capabilities for it alone" '"path":"[^"]*/nscaps".*"gain":\[' "$(cat "$T_TMP/seen")"

PROGRAMS=$of_jail
of jail
is "found in its root" 3 "$(grep -c '"file":{"path":"/suid".*"gain":\["uid:root"' "$T_TMP/seen")"
like "a policy is to name it otherwise" '"the path is the caller.s; in a policy' "$(said_of /suid)"

t_case "the exception that it prints"
execward explain --as alice --in /explain /usr/bin/sudo >"$T_TMP/text"
like "verdict" '^verdict +deny, gain, most \(explain.yaml:4\)$' "$(cat "$T_TMP/text")"
sed -n '/of profile most/,/gain:/s/^ \{12\}/      /p' "$T_TMP/text" >"$T_TMP/exception"
sed -i "/^    except:/r $T_TMP/exception" "$POLICY/explain.yaml"
ok "it is taken" execward --policy-dir "$POLICY" reload
rc "and allows" 0 execward explain --as alice --in /explain /usr/bin/sudo
is "so does the kernel" 0 "$(outcome cg_run /explain alice /usr/bin/sudo -n id -u)"

t_case "who and where"
rc "--profile: exec none" 1 execward explain --json --profile stop /usr/bin/env
like "says so" '"reason":"exec-none","profile":"stop".*"because":\["--profile"\]' "$(cat "$T_OUT")"
execward run see -- sleep 100 &
wait_for 10 grep -qs sleep /proc/$!/comm
rc "a process's own tag" 0 execward explain --json --pid $! --as alice /usr/bin/sudo
like "says so" "\"name\":\"see\",\"verdict\":\"audit\".*\"because\":\\[\"process $! has its tag\"\\]" "$(cat "$T_OUT")"
kill $!
rc "a cgroup that is not there" 1 execward explain --as bob --in /explain-x/new/deep $T_TMP/script2
like "script, refused by a pattern" '^verdict +deny, shape, strict ' "$(cat "$T_OUT")"
like "says so" '^note +there is no cgroup /explain-x/new/deep;' "$(cat "$T_OUT")"
rc "as itself" 0 execward explain --json sudo
like "gains nothing" '"gain":\[\]' "$(cat "$T_OUT")"
rc "securebits are known of itself" 0 gain-launch -s 1 /ew/bin/execward explain --json --in / /usr/bin/env
like "and count" '"after":{[^}]*"permitted":"0000000000000000"' "$(cat "$T_OUT")"
for words in "" "--pid x sudo" "--pid 1 --in / sudo" "--what sudo"; do rc "usage: $words" 2 execward explain $words; done
for words in "--pid 4194300 sudo" "--as nix sudo" "--in a sudo" "--profile nix sudo" "nix" "$T_TMP"; do rc "no such: $words" 1 execward explain $words; done

t_case "nothing loaded"
execward unload
rc "by the files" 1 execward --policy-dir "$POLICY" explain --json --as alice --in /explain /usr/bin/su
like "says so" '"rule":"explain.yaml:4".*"policy":"files".*"notes":\["judged by the policy files: execward is not loaded' "$(cat "$T_OUT")"
like "same reasons" '"because":\["cgroup /explain, by the policy.s pattern /explain\*"\].*"because":\["user 1000, by the policy"\]' "$(cat "$T_OUT")"
rc "an ordinary user may ask" 1 alice execward --policy-dir "$POLICY" explain --in /explain /usr/bin/su
umount $mapped "$T_TMP/no" "$T_TMP/noexec"
cg_remove $CGROUPS /explain-x/in /explain-x /explain
t_done
