# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# images: small
# kernels: all
# Files refused for what they look like, and no exec at all.
# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2154
. /ew/lib.sh
. /ew/tests/data/gain.sh

g_program plain root:root 755
g_program setuid-alice alice:root 4755
g_program setuid root:root 4755
g_program setgid root:shadow 2755
g_program caps-i root:root 755 cap_net_raw=i
g_program caps-ep root:root 755 cap_net_raw=ep
printf '#!%s\n' "$T_TMP/plain" >"$T_TMP/script"
chmod 755 "$T_TMP/script"
mkdir "$T_TMP/nosuid"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$T_TMP/nosuid"
G_MOUNTS=$T_TMP/nosuid
g_program nosuid/plain root:root 755

# Profile no_X refuses shape X, not_X every other one ("interpreted": t-gain-binfmt.sh).
ALL="setid memfd unlinked script nosuid-mount ptraced"
list() { printf %s "$*" | tr ' ' ,; }
for shape in $ALL; do
	word=${shape%-*} others=
	for s in $ALL; do [ "$s" = "$shape" ] || others="$others $s"; done
	g_profile "no_$word" deny "shapes: [$shape]"
	g_profile "not_$word" deny "shapes: [$(list $others)]"
done
g_profile audit audit "shapes: [$(list $ALL)]"
g_profile kill kill "shapes: [$(list $ALL)]"
g_profile any deny
g_profile none deny "exec: none"
g_profile none_audit audit "exec: none"
g_profile none_kill kill "exec: none"

SHADOW=$(sed -n 's,^shadow:[^:]*:\([0-9]*\):.*,\1,p' /etc/group)
AS_USER="-g 1000 -G 1000 -u 1000"
RUNS='^"uid":1000,"euid":1000,.*"permitted":"0{16}" \[0\]$'

# shape NAME SHAPES CMD...: refused by the profile of each of its shapes, and by no profile of other shapes. FILE is the
# file in the record, REFUSED the one in the record of a refusal, if that is another.
shape() {
	name=$1 shapes=$2
	shift 2
	[ "$G_PHASE" = loaded ] || { g_one "$name" - "" "$RUNS" "$@" && return; }
	for s in $(printf %s "$shapes" | tr , ' '); do
		word=${s%-*}
		eval "rule=\$G_RULE_no_$word"
		G_FILE=${REFUSED:-$FILE} g_one "$name" "no_$word" "deny shape $rule ||$shapes" "$RUNS" "$@"
	done
	case $shapes in *,*) word=any ;; *) word=not_$word ;; esac
	eval "rule=\$G_RULE_$word"
	G_FILE=$FILE g_one "$name" "$word" "allow no-gain $rule ||$shapes" "$RUNS" "$@"
	G_FILE=$FILE g_one "$name" audit "audit shape $G_RULE_audit ||$shapes" "$RUNS" "$@"
	G_FILE=${REFUSED:-$FILE} g_one "$name" kill "kill shape $G_RULE_kill ||$shapes" "$RUNS" "$@"
}

shapes() {
	FILE=$T_TMP/setuid-alice shape "set-uid without effect" setid "$T_TMP/setuid-alice"
	FILE=$T_TMP/caps-i shape "file caps without effect" setid "$T_TMP/caps-i"
	FILE=$T_TMP/plain REFUSED=$T_TMP/script shape script script "$T_TMP/script"
	FILE=$T_TMP/nosuid/plain shape "nosuid mount" nosuid-mount "$T_TMP/nosuid/plain"
	FILE="/memfd:gain (deleted)" G_AS="gain-launch -m $T_TMP/plain $AS_USER" shape memfd memfd,unlinked plain
	# the mount that holds memfds allows no set-id
	FILE="/memfd:gain (deleted)" G_AS="gain-launch -m $T_TMP/setuid $AS_USER" \
		shape "memfd, set-uid root" setid,memfd,unlinked setuid
	FILE=$T_TMP/plain G_AS="gain-launch $AS_USER -t" shape ptraced ptraced "$T_TMP/plain"
	FILE=$T_TMP/plain G_AS="gain-launch $AS_USER" shape_none "$T_TMP/plain"
	unlinked
}

# what has no shape passes the profile that refuses all of them
shape_none() { g_one "no shape" kill "allow no-gain $G_RULE_kill ||" "$RUNS" "$1"; }

# each file can be unlinked only once
unlinked() {
	G_FILE="$T_TMP/u (deleted)"
	for word in no_unlinked not_unlinked audit kill; do
		cp -p "$T_TMP/plain" "$T_TMP/u"
		eval "rule=\$G_RULE_$word"
		case $word in
		no_*) short="deny shape $rule" ;;
		not_*) short="allow no-gain $rule" ;;
		*) short="$word shape $rule" ;;
		esac
		G_AS="gain-launch -x $T_TMP/u $AS_USER" g_one unlinked "$word" "$short ||unlinked" "$RUNS" u
	done
	for word in any not_unlinked; do
		cp -p "$T_TMP/setuid" "$T_TMP/u"
		case $word in
		any) short="deny gain $G_RULE_any uid:root,all|setuid|setid,unlinked" ;;
		*) short="deny shape $G_RULE_not_unlinked ||setid,unlinked" ;;
		esac
		G_AS="gain-launch -x $T_TMP/u $AS_USER" g_one "unlinked, set-uid" "$word" "$short" '"euid":0,' u
	done
	G_FILE=
}

# a shape refuses whatever the file would gain
gains() {
	g_one "set-gid and gaining" no_setid "deny shape $G_RULE_no_setid ||setid" "\"egid\":$SHADOW," "$T_TMP/setgid"
	[ "$G_PHASE" = bare ] || as_before no_setid "$T_TMP/setgid"
	g_one "set-uid and gaining" no_setid "deny shape $G_RULE_no_setid ||setid" '"euid":0,' "$T_TMP/setuid"
	g_one "file caps and gaining" no_setid "deny shape $G_RULE_no_setid cap_net_raw|filecaps|setid" \
		'"permitted":"0000000000002000"' "$T_TMP/caps-ep"
}

# as_before PROFILE FILE: the record of a refusal has the file's identity, and credentials that do not change
as_before() {
	g_record "$1"
	like "$1: the file's identity" "\"dev\":\"$(mountpoint -d "$(df --output=target "$2" | tail -n 1)")\",\"ino\":$(stat -c %i "$2"),\"mode\":" "$G_RECORD"
	g_creds before
	g_before=$G_CREDS
	like "$1: credentials before" '"euid":[0-9]+,.*"permitted":"' "$g_before"
	g_creds after
	is "$1: and after" "$g_before" "$G_CREDS"
}

# none PROFILE RC SHORT: root's own exec
none() {
	g_file=$T_TMP/plain
	g_run "$1" "$g_file"
	case $3 in
	audit*) like "$1: it works" '"euid":0' "$G_OUT" ;;
	*) is "$1: it does not start" "" "$G_OUT" ;;
	esac
	g_sync
	g_judge "$1" "$2" "$3 ||"
	case $3 in deny*) as_before "$1" "$g_file" ;; esac
}

exec_none() {
	t_case "exec: none"
	if [ "$G_PHASE" = bare ]; then
		g_run - gain-launch -c "$T_TMP/plain"
		CHECK=$G_RC # 0, or 125: not before 6.14
		like "AT_EXECVE_CHECK without policy" '^(0|125)$' "$CHECK"
		return
	fi
	none none 126 "deny exec-none $G_RULE_none"
	none none_audit 0 "audit exec-none $G_RULE_none_audit"
	none none_kill 137 "kill exec-none $G_RULE_none_kill"
	g_run - execward run none -- sh -c "$T_TMP/plain; echo \$?"
	is "run: the command starts, and starts nothing" 126 "$G_OUT"
	g_run - execward run none_audit -- sh -c "$T_TMP/plain"
	like "run, audit: it works" '"euid":0' "$G_OUT"

	t_case "exec: none, AT_EXECVE_CHECK"
	g_run - execward run any -- gain-launch -c "$T_TMP/plain"
	is "allowed by another profile" "$CHECK" "$G_RC"
	g_run - execward run none -- gain-launch -c "$T_TMP/plain"
	case $CHECK in
	0) is "refused" 126 "$G_RC" ;;
	*) is "as without policy" "$CHECK" "$G_RC" ;;
	esac
	like "counted, as a check" "\"checks_refused\":$((CHECK == 0))," "$(execward status --json)"
}

g_cases() {
	shapes
	gains
	exec_none
}

g_main
