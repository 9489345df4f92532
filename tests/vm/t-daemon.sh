# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# The daemon: it loads or takes over, follows programs that are replaced, reloads at SIGHUP, and can be killed.
# images: small
# kernels: all
# timeout: 180
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

P=$T_TMP/programs
D=$T_TMP/daemon.d
mkdir -p "$P/opt" "$D"
chmod 755 "$P" "$P/opt"
# program NAME: a new set-uid file
program() {
	cp "$SUID" "$P/$1.new"
	chmod 4755 "$P/$1.new"
	mv "$P/$1.new" "$P/$1"
}
# policy MODE NAME...: exceptions for these
policy() {
	{
		printf 'version: 1\nprofiles:\n  - name: no\n    mode: %s\n    cgroups: [/d]\n    except:\n' "$1"
		shift
		for name; do printf '      - {program: %s, gain: [uid, gid, caps]}\n' "$P/$name"; done
	} >"$D/d.yaml"
}
daemon_start() {
	: >"$T_TMP/said"
	execward --policy-dir "$D" daemon 2>"$T_TMP/said" >&2 &
	daemon=$!
}
said() { grep -q "$1" "$T_TMP/said"; }
runs() { [ "$(outcome cg_run /d alice "$P/$1")" = 0 ]; }
refused() { [ "$(outcome cg_run /d alice "$P/$1")" = refused ]; }

program ping
program other
ln -s ../ping "$P/opt/link"
cg_make /d
policy deny ping opt/link
sed -i '/opt.link/d' "$D/d.yaml" # one file, one exception: the link comes later
ok "without policy" runs ping
ok "without policy, the other" runs other

t_case "start"
echo nonsense >"$D/e.yaml"
rc "a bad policy" 1 execward --policy-dir "$D" daemon
like "says where" "e.yaml:1:1: error: " "$(cat "$T_OUT")"
ok "nothing is loaded" wait_for 30 nothing_left # the kernel frees what an earlier test had a little later
rm "$D/e.yaml"
daemon_start
ok "loads" wait_for 20 refused other
ok "the exception" runs ping
rc "a second one" 1 execward --policy-dir "$D" daemon
like "says" "another execward daemon is running" "$(cat "$T_OUT")"
rc "usage" 2 execward daemon more

t_case "replaced"
program ping
ok "followed" wait_for 30 runs ping
ok "no other is let through" refused other
rm "$P/ping"
ok "gone: told" wait_for 30 said 'program ".*/ping" does not exist'
program ping
ok "back" wait_for 30 runs ping
kill -STOP $daemon
program ping
ok "before it is followed, the exception does not apply" refused ping
kill -CONT $daemon
ok "after" wait_for 30 runs ping

t_case "a program that puts its process under a profile"
cp "$(readlink -f /bin/sh)" "$P/sh"
policy deny ping
sed -i "s|    except:|    programs: [$P/sh]\n    except:|" "$D/d.yaml"
kill -HUP $daemon
entered() { [ "$("$P/sh" -c "asuser 1000 1000 1000 $P/other; echo \$?" 2>/dev/null | tail -n 1)" = 126 ]; }
ok "is under it" wait_for 30 entered
cp "$P/sh" "$P/sh.new"
kill -STOP $daemon
mv "$P/sh.new" "$P/sh"
nok "another file is not" entered
kill -CONT $daemon
ok "until it is followed" wait_for 30 entered

t_case "edited, and not reloaded"
policy audit ping other
program ping
ok "followed" wait_for 30 runs ping
ok "the files wait" refused other
t_case "SIGHUP"
kill -HUP $daemon
ok "the new policy" wait_for 30 runs other
ok "says what changes" wait_for 30 said "^~ profile no.*audit"
echo nonsense >"$D/e.yaml"
policy deny ping
kill -HUP $daemon
ok "a bad one is told" wait_for 30 said 'the policy is refused: 1 error; what was in force still is'
ok "and not taken" runs other
rm "$D/e.yaml"
kill -HUP $daemon
ok "a good one is" wait_for 30 refused other

t_case "reloaded by somebody else"
policy deny other
ok "reload" execward --policy-dir "$D" reload
ok "in force" refused ping
program other
ok "followed by the new policy" wait_for 30 runs other
ok "the old one is forgotten" refused ping
mkdir "$T_TMP/elsewhere.d"
sed 's/mode: deny/mode: audit/' "$D/d.yaml" >"$T_TMP/elsewhere.d/d.yaml"
ok "from elsewhere" execward --policy-dir "$T_TMP/elsewhere.d" reload
ok "is told" wait_for 30 said "another policy in force than this daemon's files have"
ok "and left alone" runs ping
# a link to the file
policy deny opt/link
kill -HUP $daemon
ok "its own policy again" wait_for 30 refused other
ok "a link" runs ping
ln -s ../other "$P/opt/new"
mv "$P/opt/new" "$P/opt/link"
ok "leads elsewhere" wait_for 30 runs other
ok "and not where it led" refused ping

t_case "ends"
ok "a process's tag" execward tag --pid $$ no
kill -TERM $daemon
wait $daemon
is "SIGTERM" 0 $?
ok "what is in force stays" refused ping
ok "with its exception" runs other
like "and the tag" "^$$ .* no " "$(execward list)"
program other
ok "nobody follows" refused other
daemon_start
ok "taken over" wait_for 30 said "taken over what is loaded"
ok "with what was replaced" runs other
like "the tag is still there" "^$$ .* no " "$(execward list)"
kill -KILL $daemon
wait $daemon 2>/dev/null
ok "killed: what is in force stays" refused ping
daemon_start
ok "taken over again" wait_for 30 said "taken over what is loaded"
echo nonsense >"$D/e.yaml"
kill -KILL $daemon
wait $daemon 2>/dev/null
rc "a bad policy in its place" 1 execward --policy-dir "$D" daemon
ok "changes nothing" refused ping
rm "$D/e.yaml"
daemon_start
ok "once more" wait_for 30 said "taken over what is loaded"
ok "unload" execward unload
ok "it sees that" wait_for 30 said "execward is not loaded any more"
wait $daemon
is "and ends" 0 $?
ok "nothing is left" wait_for 30 nothing_left
t_done
