# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Words that name nothing, files that are no policy: each error says what, where and what to do, and changes nothing.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

# says CODE TEXT CMD...: ends with CODE and says TEXT, whole
says() {
	s_want=$1 s_text=$2
	shift 2
	s_got=$("$@" 2>&1)
	s_rc=$?
	is "$* ($s_want)" "$s_want $s_text" "$s_rc $s_got"
}

t_case "not loaded"
none="execward: execward is not loaded; load it: execward load"
says 1 "$none" execward tag --cgroup / no
says 1 "$none" execward untag --cgroup / no
says 1 "$none" execward list
says 1 "$none" execward trace
says 125 "$none" execward run no -- true

load >/dev/null
cg_make /in
execward tag --cgroup /in no

t_case "profile"
says 1 'execward: no profile "nobody" in the loaded policy; see: execward status' execward tag --cgroup /in nobody
says 1 'execward: no profile "deed" in the loaded policy; did you mean "dead"?; see: execward status' execward tag --cgroup /in deed
says 1 'execward: no profile "wtach" in the loaded policy; did you mean "watch"?; see: execward status' execward untag --pid $$ wtach
like "nothing changed" '^/in +no +command$' "$(execward list)"

t_case "cgroup"
says 1 "execward: there is no cgroup /no/such; see: systemd-cgls" execward tag --cgroup /no/such no
says 1 "execward: there is no cgroup /no/such; see: systemd-cgls" execward untag --cgroup /no/such no
says 1 "execward: there is no cgroup /sys/fs/cgroup/no; see: systemd-cgls" execward tag --cgroup /sys/fs/cgroup/no no
says 1 "execward: there is no cgroup /in/cgroup.procs; see: systemd-cgls" execward tag --cgroup /in/cgroup.procs no
like "a path that does not begin at the root" '^execward: "in" is not the path of a cgroup: it has to begin with /' "$(execward tag --cgroup in no 2>&1)"
rc "is refused" 1 execward tag --cgroup in no
rc "an empty one" 1 execward tag --cgroup "" no
rc "one with .." 1 execward tag --cgroup /in/.. no
rc "one too long" 1 execward tag --cgroup "/$(printf '%05000d' 0)" no

t_case "process"
sleep 0 &
gone=$!
wait
says 1 "execward: there is no process $gone; see: ps -e" execward tag --pid $gone no
says 1 "execward: there is no process $gone; see: ps -e" execward untag --pid $gone no
for word in abc 12x "" 0 -1 99999999999999999999; do
	says 1 "execward: \"$word\" is not a process id; give its number, see: ps -e" execward tag --pid="$word" no
done
like "kernel thread" '^execward: 2 \(kthreadd\) is a kernel thread, which never execs; tag a process$' "$(execward tag --pid 2 no 2>&1)"
rc "is refused" 1 execward tag --pid 2 no
asuser 1000 1000 1000 tthreads 1 "$T_TMP/go" "$SUID" >/dev/null &
job=$!
wait_for 10 threads_are $job 2
thread=$(thread_of $job)
says 1 "execward: $thread is a thread of process $job; a tag is the whole process's: use --pid $job" \
	execward tag --pid "$thread" no
like "nothing is tagged" '"processes":\[\]' "$(execward list --json)"
: >"$T_TMP/go"
wait $job

t_case "usage"
for words in "tag" "tag no" "tag --cgroup /in" "tag --cgroup" "tag --cgroup /in no more" "tag --nonsense" "untag" \
	"tag --cgroup /in --pid 1 no" "untag no" "tag --persist --pid 1 no" \
	"tag --oci-state no" "untag --oci-state" "load --nonsense" "unload x" "list x" "nonsense" "" "--nonsense load"; do
	# shellcheck disable=SC2086 # words
	rc "$words" 2 execward $words
done
like "where help is" '^execward: see: execward tag --help$' "$(execward tag 2>&1)"
is "an unknown verb" 'execward: there is no verb "nonsense"; see: execward --help' "$(execward nonsense 2>&1)"
for verb in load unload status doctor check tag untag list run trace; do rc "$verb --help" 0 execward $verb --help; done
is "nothing changed" refused "$(gain_in /in)"
execward unload

# refuses WHAT ERE: what load says of the policy, and that it leaves nothing
refuses() {
	rc "$1" 1 load
	like "$1: says" "$2" "$(cat "$T_OUT")"
	like "$1: and that nothing was done" '^execward: the policy is refused: [0-9]+ errors?; nothing was loaded$' "$(cat "$T_OUT")"
	is "$1: nothing was" "" "$(ls /sys/fs/bpf)"
}
t_case "policy"
Z=$POLICY/z.yaml
printf 'version: 1\nprofiles:\n  - name: z\n    mode: deny\n    except:\n      - {program: /usr/bin/missing, gain: [uid]}\n' >"$Z"
refuses "missing program" "^$Z:6:[0-9]+: error: program \"/usr/bin/missing\" does not exist; expected an installed program"
chmod 666 "$Z"
refuses "writable by others" "^$Z: .*writable by others, mode 0666; expected only root to write it \(chmod go-w\)"
chmod 644 "$Z"
chown alice "$Z"
refuses "another's" "^$Z: .*owned by user id 1000; expected root \(chown root\)"
chown root "$Z"
chmod 600 "$Z"
rc "one that may not be read" 1 asuser 1000 1000 1000 execward check "$Z"
like "says why, and what to do" "^$Z: error: cannot be opened: Permission denied; read it as root, or let everybody read it \(chmod a\+r\)$" "$(cat "$T_OUT")"
rm "$Z"
mkdir "$Z"
refuses "a directory" "^$Z: .*not a regular file; expected one"
rmdir "$Z"
mkfifo "$Z"
refuses "a fifo" "^$Z: .*not a regular file; expected one"
rm "$Z"
ln -s /etc/passwd "$Z"
refuses "a link" "^$Z: .*symbolic link; expected a regular file, or a link to /dev/null to disable it"
rm "$Z"
printf 'version: 1\nprofiles:\n  - {name: no, mode: deny}\n' >"$Z"
refuses "a name twice" "^$Z:3:[0-9]+: .*\"no\""
rm "$Z"
chmod 777 "$POLICY"
refuses "directory writable by others" "^$POLICY: .*writable by others"
chmod 755 "$POLICY"
ln -s /dev/null "$Z"
ok "a link to /dev/null is none" load
execward unload
rm "$Z"
cg_remove /in
t_done
