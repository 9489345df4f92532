# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Sourced by t-gain-*.sh after lib.sh: one transition, run without a policy and under each kind of profile, and held
# against its record. A test defines g_cases, which calls g_gain, g_nogain and the like, and then calls g_main, which
# goes through g_cases twice: G_PHASE=bare before anything is loaded, G_PHASE=loaded after, and then calls g_more.

G_DIR=$T_TMP/gain.d # policy directory
G_POLICY=$G_DIR/gain.yaml
G_PHASE=bare
G_N=0
G_CGROUP=/sys/fs/cgroup/gain
G_PROFILES=
G_LOST=
G_MOUNTS= # unmounted in the end
G_IN=/dev/null # of the commands
mkdir -p "$G_DIR"

# every capability this kernel can give, as the kernel says it and as libcap names it
G_FULL=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
G_ALL=$(capsh --decode="$G_FULL" | sed 's/.*=//')
G_ALL_QUOTED=\"$(printf %s "$G_ALL" | sed 's/,/","/g')\"

# commands run as these, without a capability at the time of the exec
G_ALICE="asuser 1000 1000 1000"
G_BOB="asuser 1001 1001 1001"

# g_profile NAME MODE [LINE...]: adds a profile, and a cgroup under it; exceptions go last
g_profile() {
	G_PROFILES="$G_PROFILES $1"
	mkdir -p "$G_CGROUP-$1"
	[ -e "$G_POLICY" ] || printf 'version: 1\nprofiles:\n' >"$G_POLICY"
	eval "G_RULE_$1=gain.yaml:$(($(wc -l <"$G_POLICY") + 1))"
	printf '  - name: %s\n    mode: %s\n    cgroups: [/gain-%s]\n' "$1" "$2" "$1" >>"$G_POLICY"
	shift 2
	for g_l; do printf '    %s\n' "$g_l" >>"$G_POLICY"; done
}

# g_program FILE OWNER:GROUP MODE [CAPS]: FILE, a copy of gain-creds in the test's directory
g_program() {
	cp /ew/bin/gain-creds "$T_TMP/$1"
	chown "$2" "$T_TMP/$1"
	chmod "$3" "$T_TMP/$1"
	[ -z "${4:-}" ] || setcap "$4" "$T_TMP/$1"
}

# g_line ERE: the rule at the policy's first line that matches, in G_LINE
g_line() {
	g_l=$(grep -nEm1 -- "$1" "$G_POLICY")
	G_LINE=gain.yaml:${g_l%%:*}
}

g_reading() { execward status --json | grep -q '"readers":1'; }

g_load() {
	[ -d "$G_CGROUP-sync" ] || g_profile sync audit
	ok "the policy loads" execward --policy-dir "$G_DIR" load
	[ "$t_rc" = 0 ] || g_done # nothing more can be told
	mkfifo "$T_TMP/fifo"
	execward trace --json >"$T_TMP/fifo" &
	G_TRACE=$!
	exec 7<"$T_TMP/fifo"
	ok "the trace reads" wait_for 10 g_reading
	G_PHASE=loaded G_N=0
}

g_unload() {
	kill -TERM "$G_TRACE"
	wait "$G_TRACE"
	is "the trace ends well" 0 $?
	g_read -
	is "no record was lost" "" "$G_LOST"
	exec 7<&-
	rm "$T_TMP/fifo"
	ok "unload" execward unload
	G_PHASE=bare
}

g_main() {
	execward unload >/dev/null 2>&1 # a test before this one may have died
	g_cases
	T_CASE=
	g_load
	g_cases
	! command -v g_more >/dev/null || g_more
	T_CASE=
	g_unload
	g_done
}

g_done() {
	for g_p in $G_PROFILES; do [ ! -d "$G_CGROUP-$g_p" ] || rmdir "$G_CGROUP-$g_p"; done
	[ -z "$G_MOUNTS" ] || umount "$G_MOUNTS"
	t_done
}

# g_run PROFILE CMD...: CMD in the profile's cgroup ("-": in none). Tells its pid, exit code and first line of output in
# G_PID, G_RC and G_OUT, and under the profile's name for later
g_run() {
	g_p=$1
	shift
	(
		[ "$g_p" = - ] || echo 0 >"$G_CGROUP-$g_p/cgroup.procs"
		cd / && exec "$@"
	) <"$G_IN" >"$T_TMP/out" 2>"$T_TMP/err" 7<&- &
	G_PID=$!
	wait "$G_PID" 2>/dev/null
	G_RC=$?
	G_OUT=
	IFS= read -r G_OUT <"$T_TMP/out"
	[ "$g_p" = - ] || eval "g_pid_$g_p=$G_PID g_rc_$g_p=$G_RC"
}

# g_key KEY TEXT: what follows "KEY": in the JSON text
g_key() { g_v=${2#*"\"$1\":"}; }

# g_read PID: takes in records up to one of PID's ("-": all), as g_record_PID; only those of exec of $g_file
g_read() {
	while IFS= read -r g_l <&7; do
		printf '%s\n' "$g_l" >>"$T_TMP/records"
		case $g_l in *'"type":"lost"'*) G_LOST="$G_LOST$g_l" && continue ;; esac
		g_key pid "$g_l"
		g_pid=${g_v%%,*}
		[ "$g_pid" != "$1" ] || return 0
		g_key path "$g_v"
		case $g_v in "\"$g_file\""*) eval "g_record_$g_pid=\$g_l" ;; esac
	done
	[ "$1" = - ]
}

# g_sync: takes in the records of all that was run, by running one more thing, whose record is known to come
g_sync() {
	(echo 0 >"$G_CGROUP-sync/cgroup.procs" && exec gain-creds) >/dev/null 7<&- &
	g_last=$!
	wait "$g_last"
	g_read "$g_last" || t_fail "trace" "ended early"
}

# g_record PROFILE: into G_RECORD the record of what was last run under the profile
g_record() {
	eval "g_l=\$g_pid_$1"
	eval "G_RECORD=\${g_record_$g_l:-no record of $g_file by $g_l}"
}

# The record in short, into G_SHORT: "VERDICT REASON RULE GAINS|CAUSES|SHAPES", all capabilities being "all"
g_short() {
	G_SHORT=
	for g_k in verdict reason rule; do
		g_key $g_k "$G_RECORD"
		g_v=${g_v#\"}
		G_SHORT="$G_SHORT${g_v%%\"*} "
	done
	for g_k in gain cause shape; do
		g_key $g_k "$g_v"
		g_l=${g_v#\[}
		g_unquote "${g_l%%\]*}"
		G_SHORT="$G_SHORT$g_u|"
	done
	G_SHORT=${G_SHORT%|}
}
# g_unquote LIST: into g_u
g_unquote() {
	g_u=$1
	case $g_u in *"$G_ALL_QUOTED") g_u=${g_u%"$G_ALL_QUOTED"}all ;; esac
	while :; do
		case $g_u in *\"*) g_u=${g_u%%\"*}${g_u#*\"} ;; *) break ;; esac
	done
}

# g_creds before|after: its credentials, into G_CREDS
g_creds() {
	g_key "$1" "$G_RECORD"
	g_v=${g_v#\{}
	G_CREDS=${g_v%%\}*}
}

# g_judge PROFILE RC SHORT: of the last run under it
g_judge() {
	eval "is \"$1: exit\" \"\$2\" \"\$g_rc_$1\""
	g_record "$1"
	g_short
	is "$1: record" "$3" "$G_SHORT"
}

# Both take NAME GAINS EFFECT CMD...: GAINS as in g_short, EFFECT (ERE) what CMD prints, and "[EXIT CODE]", when it runs
# as its makers meant. Before them may stand:
#   G_UNTAGGED=1  run it untagged also while a policy is loaded
#   G_AS      what runs CMD (default: alice)
#   G_FILE    the file in the record, when it is not CMD's first word
#   G_AFTER   the credentials in the record, where gain-creds sees others (in a user namespace)
#   G_NNP_AFTER  its credentials with no_new_privs (default: as before)
#   G_NNP     what runs CMD with no_new_privs (default: $G_AS gain-launch -n); "-" in a g_nogain: nothing does
# gain-creds tells what it has; what a record says of after must be the same.

# g_before CMD...: 0 in the bare phase, having run CMD without policy and kept what came of it for the other
g_before() {
	G_N=$((G_N + 1))
	if [ "$G_PHASE" = bare ] || [ "${G_UNTAGGED:-}" ]; then
		g_run - $g_as "$@"
		like "untagged, $G_PHASE: it works" "$g_effect" "$G_OUT [$G_RC]"
		eval "g_rc_of_$G_N=\$G_RC g_out_of_$G_N=\$G_OUT"
	fi
	eval "g_rc=\$g_rc_of_$G_N g_out=\$g_out_of_$G_N"
	g_after=${G_AFTER:-$g_out}
	[ "$G_PHASE" = bare ]
}

# g_gain: refused under profile "deny", and so on; allowed under "except", by the exception for the file
g_gain() {
	t_case "$1"
	g_gains=$2 g_effect=$3
	shift 3
	g_file=${G_FILE:-$1} g_as=${G_AS:-$G_ALICE}
	g_before "$@" && return

	g_run deny $g_as "$@"
	is "deny: it does not start" "" "$G_OUT"
	g_run kill $g_as "$@"
	is "kill: it does not start" "" "$G_OUT"
	g_run audit $g_as "$@"
	like "audit: it works" "$g_effect" "$G_OUT [$G_RC]"
	g_run except $g_as "$@"
	like "except: it works" "$g_effect" "$G_OUT [$G_RC]"
	g_run nnp ${G_NNP:-$g_as /ew/bin/gain-launch -n} "$@"
	g_sync

	g_judge deny 126 "deny gain $G_RULE_deny $g_gains"
	g_after_is deny
	g_judge kill 137 "kill gain $G_RULE_kill $g_gains"
	g_judge audit "$g_rc" "audit gain $G_RULE_audit $g_gains"
	g_after_is audit
	g_line "program: $g_file,"
	g_judge except "$g_rc" "allow exception $G_LINE $g_gains"
	g_after_is except

	# the kernel's own answer to what would have been gained
	g_record nnp
	g_short
	is "no_new_privs: no gain" "allow no-gain $G_RULE_nnp ||${g_gains##*|}" "$G_SHORT"
	g_key withheld "$G_RECORD"
	g_l=${g_v#\[}
	g_unquote "${g_l%%\]*}"
	is "no_new_privs: withheld is what was gained without" "${g_gains%%|*}" "$g_u"
	g_creds before
	case $g_after in '"uid":'*) g_after=${G_NNP_AFTER:-$G_CREDS} ;; esac
	g_after_is nnp
}

g_after_is() {
	case $g_after in
	'"uid":'*)
		g_record "$1"
		g_creds after
		is "$1: credentials" "$g_after" "$G_CREDS"
		;;
	esac
}

# g_nogain: passes everywhere, and is seen to gain nothing. GAINS is "||SHAPES".
g_nogain() {
	t_case "$1"
	g_gains=$2 g_effect=$3
	shift 3
	g_file=${G_FILE:-$1} g_as=${G_AS:-$G_ALICE}
	g_before "$@" && return
	for g_mode in deny audit; do
		g_run $g_mode $g_as "$@"
		is "$g_mode: it runs as before" "$g_out" "$G_OUT"
	done
	[ "${G_NNP:-}" = - ] || g_run nnp ${G_NNP:-$g_as /ew/bin/gain-launch -n} "$@"
	g_sync
	for g_mode in deny audit; do
		eval "g_judge $g_mode \$g_rc \"allow no-gain \$G_RULE_$g_mode \$g_gains\""
		g_after_is $g_mode
	done
	[ "${G_NNP:-}" != - ] || return 0
	g_record nnp
	unlike "no_new_privs: nothing is withheld" '"withheld":\["|^no record' "$G_RECORD"
}

# g_one NAME PROFILE SHORT EFFECT CMD...: one run under one profile; SHORT is the record, whose verdict tells whether
# EFFECT is to be seen. G_AS and G_FILE as above.
g_one() {
	t_case "$1"
	g_mode=$2 g_gains=$3 g_effect=$4
	shift 4
	g_file=${G_FILE:-$1} g_as=${G_AS:-$G_ALICE}
	if [ "$G_PHASE" = bare ]; then
		g_run - $g_as "$@"
		like "without policy: it works" "$g_effect" "$G_OUT [$G_RC]"
		return
	fi
	g_run "$g_mode" $g_as "$@"
	g_rc=$G_RC
	case $g_gains in
	allow* | audit*) like "$g_mode: it works" "$g_effect" "$G_OUT [$G_RC]" ;;
	deny*) g_rc=126 ;;
	kill*) g_rc=137 ;;
	esac
	case $g_gains in deny* | kill*) is "$g_mode: it does not start" "" "$G_OUT" ;; esac
	g_sync
	g_judge "$g_mode" "$g_rc" "$g_gains"
}

# g_profiles [EXCEPTION...]: the profiles that g_gain needs; "PROGRAM: GAIN, GAIN"
g_profiles() {
	for g_mode in deny audit kill; do g_profile $g_mode $g_mode; done
	g_profile nnp deny
	g_profile except deny except:
	for g_l; do printf '      - {program: %s, gain: [%s]}\n' "${g_l%%: *}" "${g_l#*: }" >>"$G_POLICY"; done
}
