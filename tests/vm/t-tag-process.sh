# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# A process tag is not shed: by no way to have a child, a thread, another session or namespace, nor by exec upon exec.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086 # words
. /ew/lib.sh
. /ew/tests/data/tags.sh

U="asuser 1000 1000 1000"
ASUSER=$(command -v asuser)
run() { execward run "$@"; }

# as a user, with the words of a command that has another command at its end. The last ones are root's, who can map ids.
ways() {
	cat <<-END
		itself|$U
		child|$U sh $T_TMP/in-child
		grandchild|$U sh $T_TMP/in-child sh $T_TMP/in-child
		chain of ten execs|$U env env env env env env env env env
		thread|$U tchild thread
		thread whose leader ended|$U tchild headless
		thread after a failed exec|$U tchild failed
		a thread's child|$U tchild forked
		leader with a thread|$U tchild leader
		vfork|$U tchild vfork
		posix_spawn|$U tchild spawn
		CLONE_PARENT|$U tchild parent
		daemon|$U tchild daemon
		thread, vfork, session|$U tchild thread $TCHILD vfork $TCHILD session
		session|$U tchild session
		process and mount namespace|unshare --pid --fork --mount --mount-proc $U
		a child that shares descriptors|$U tchild shared
		user namespace|tchild userns $ASUSER 1000 1000 1000
		born into namespaces of its own|tchild unshared $ASUSER 1000 1000 1000
	END
}
TCHILD=$(command -v tchild)
printf '%s\n' '"$@"' 'exit' >"$T_TMP/in-child"

# each way, WANT, then what to start it with
each() {
	e_want=$1
	shift
	ways >"$T_TMP/ways"
	while IFS='|' read -r e_name e_words; do
		# shellcheck disable=SC2086 # words
		is "$e_name" "$e_want" "$(outcome "$@" $e_words "$SUID" </dev/null)"
	done <"$T_TMP/ways"
}

printf '  - {name: holes, mode: deny, except: [{program: %s, gain: ["uid:root", caps]}]}\n' "$SUID" >>"$POLICY/t.yaml"
t_case "without policy"
each 0 env
ok "load" load
t_case "loaded, no tag"
each 0 env
is "nothing was refused" 0 "$(counter deny)"

t_case "tagged"
each refused run no --
is "each counted once" "$(wc -l <"$T_TMP/ways")" "$(counter deny)"
is "sudo" refused "$(outcome run no -- $U env sudo -n id -u)"
is "what gains nothing" 1000 "$(run no -- $U "$T_TMP/plain")"

t_case "audit"
each 0 run see --
is "each counted once" "$(wc -l <"$T_TMP/ways")" "$(counter audit)"

t_case "an exception"
denied=$(counter deny)
each 0 run holes --
is "nothing was refused" "$denied" "$(counter deny)"
is "but what has none" refused "$(outcome run holes -- $U env sudo -n id -u)"

t_case "kill"
is "itself" killed "$(outcome run dead -- $U "$SUID")"
is "a child" killed "$(outcome run dead -- $U tchild vfork "$SUID")"
is "a thread takes its process along" killed "$(outcome run dead -- $U tchild thread "$SUID")"
is "the parent lives on" "137 here" "$(run dead -- $U sh -c "'$SUID'; echo \$? here" 2>/dev/null)"
is "what gains nothing" 1000 "$(run dead -- $U "$T_TMP/plain")"

t_case "two profiles"
records_begin --denied
is "both must allow" refused "$(outcome run see -- execward run no -- $U "$SUID")"
is "in any order" refused "$(outcome run no -- execward run see -- $U "$SUID")"
records_end
like "the one that decided, and all" '"verdict":"deny".*"profile":"no",.*"profiles":\["no","see"\]' "$RECORDS"
cg_make /p
execward tag --cgroup /p see
is "one of the process, one of the cgroup" refused "$(outcome cg_run /p execward run no -- $U "$SUID")"
cg_remove /p

t_case "after all"
is "the caller is as it was" 0 "$(gain)"
is "no tag is left" "Nothing is tagged." "$(execward list)"
execward unload
t_case "unloaded"
is "free" 0 "$(gain)"
t_done
