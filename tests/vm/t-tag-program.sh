# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Tags on programs: who execs one is under the profile from then on, with all descendants; nobody else is.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2086,SC2016 # words; expands in there
. /ew/lib.sh
. /ew/tests/data/tags.sh

# ENV, HOLES and SH: programs that run what they are told to. SCRIPT: the same as a script.
ENV=$T_TMP/env HOLES=$T_TMP/holes SH=$T_TMP/sh SCRIPT=$T_TMP/script PLAIN=$T_TMP/plain
install -m 755 "$(command -v env)" "$ENV"
install -m 755 "$(command -v env)" "$HOLES"
install -m 755 "$(command -v dash)" "$SH"
printf '#!/bin/sh\n"$@"; exit\n' >"$SCRIPT"
chmod 755 "$SCRIPT"

u() { outcome asuser 1000 1000 1000 "$@"; }
listed() { execward list | sed -n "s,^program $1  *,,p"; }

t_case "without policy"
is "gains" "0 0" "$(u "$ENV" "$SUID") $(u "$SCRIPT" "$SUID")"

t_case "by command"
ok "load" load
ok "tag" execward tag --program "$ENV" no
is "who execs it is governed" refused "$(u "$ENV" "$SUID")"
is "who does not is not" 0 "$(u env "$SUID")"
is "what gains nothing goes on" 1000 "$(u "$ENV" "$PLAIN")"
is "through other programs" refused "$(u "$ENV" env sh -c "env env $SUID; exit")"
is "a thread, a fork, a vfork" "refused refused refused" \
	"$(for how in thread session vfork; do u "$ENV" tchild $how "$SUID"; done | tr '\n' ' ' | sed 's/ $//')"
is "execed by a thread, a fork, a vfork" "refused refused refused" \
	"$(for how in thread session vfork; do u tchild $how "$ENV" "$SUID"; done | tr '\n' ' ' | sed 's/ $//')"
is "by a thread whose leader ended" refused "$(u tchild headless "$ENV" "$SUID")"
is "by posix_spawn, in a session" "refused refused" \
	"$(for how in spawn session; do u tchild $how "$ENV" "$SUID"; done | tr '\n' ' ' | sed 's/ $//')"
like "by a daemon" 'suid.: Operation not permitted$' "$(u tchild daemon "$ENV" "$SUID")"
is "its parent is not" 0 "$(u sh -c "$ENV true; exec $SUID")"
mkdir "$T_TMP/first" "$T_TMP/second"
printf '#!/no/such/interpreter\n' >"$T_TMP/first/prog"
chmod 755 "$T_TMP/first/prog"
ln "$SUID" "$T_TMP/second/prog"
ok "tag a program that cannot run" execward tag --program "$T_TMP/first/prog" no
is "an exec that failed does not count" 0 "$(u env PATH="$T_TMP/first:$T_TMP/second" prog)"
ok "untag it" execward untag --program "$T_TMP/first/prog"
is "another user" refused "$(outcome asuser 1001 1001 1001 "$ENV" "$SUID")"
like "list" '^no +command$' "$(listed "$ENV")"
like "JSON" "\"programs\":\[\{\"dev\":\"$(mountpoint -d "$(df --output=target "$ENV" | tail -1)")\",\"ino\":$(stat -c %i "$ENV"),\"path\":\"$ENV\",\"origin\":\"command\",\"profiles\":\[\"no\"\],\"origins\":\[\{\"profile\":\"no\",\"by\":\"command\"\}\]\}\]" "$(execward list --json)"
ok "a second profile, which only audits" execward tag --program "$SH" see
is "passes" 0 "$(u "$SH" -c "exec $SUID")"
is "counted" 1 "$(counter audit)"
records_begin --denied
is "both" refused "$(u "$SH" -c "exec $ENV $SUID")"
records_end
like "in the record" '"verdict":"deny".*"profile":"no",.*"profiles":\["no","see"\]' "$RECORDS"
ok "kill" execward tag --program "$SH" dead
is "killed" killed "$(u "$SH" -c "exec $SUID")"
ok "untag" execward untag --program "$SH"
is "free" 0 "$(u "$SH" -c "exec $SUID")"

t_case "several profiles of one program"
ok "tag" execward tag --program "$SH" see
ok "tag with another" execward tag --program "$SH" dead
like "both" '^see, dead +command$' "$(listed "$SH")"
ok "untag one" execward untag --program "$SH" dead
like "the other stays" '^see +command$' "$(listed "$SH")"
audited=$(counter audit)
is "in force" 0 "$(u "$SH" -c "exec $SUID")"
is "counted" $((audited + 1)) "$(counter audit)"
ln "$SH" "$T_TMP/sh-link"
ok "untag by another name of the file" execward untag --program "$T_TMP/sh-link"
is "gone" "" "$(listed "$SH")"
long=$T_TMP/$(printf '%0200d' 7)
mkdir "$long"
for name in one two; do
	install -m 755 "$(command -v env)" "$long/$name-$(printf '%060d' 7)"
	ok "a long path" execward tag --program "$long/$name-$(printf '%060d' 7)" no
done
shown=$(execward list | sed -n "s,^program \.\.\.[^ ]*/\([a-z]*\)-0*7  *no.*,\1,p" | sort | tr '\n' ' ')
is "is listed by its end" "one two " "$shown"
rm "$long/one-$(printf '%060d' 7)"
ok "untag by the path it had" execward untag --program "$long/one-$(printf '%060d' 7)"
like "the other stays" '/two-0*7 +no +command$' "$(execward list)"
ok "untag it" execward untag --program "$long/two-$(printf '%060d' 7)"

t_case "what went under it stays"
asker_start asuser 1000 1000 1000 "$ENV"
is "governed" refused "$(asker_ask)"
ok "untag the program" execward untag --program "$ENV" no
is "it still is" refused "$(asker_ask)"
is "others no more" 0 "$(u "$ENV" "$SUID")"
asker_stop

t_case "the exec itself"
ok "reload" execward --policy-dir "$POLICY" reload
ok "tag a set-uid program" execward tag --program "$SUID" no
is "it gains, judged by what applied before" 0 "$(gain)"
ok "exec: none" execward tag --program "$ENV" stop
is "it starts" 0 "$("$ENV" >/dev/null && echo 0)"
is "and execs nothing" refused "$(u "$ENV" "$PLAIN")"
is "nor do its children" refused "$(u "$SH" -c "exec $ENV $PLAIN")"
is "entered again: refused" refused "$(u "$ENV" "$ENV" true)"
ok "untag" execward untag --program "$ENV"

t_case "which file"
ok "tag a script" execward tag --program "$SCRIPT" no
is "governed" refused "$(u "$SCRIPT" "$SUID")"
is "as another script's interpreter" refused "$(printf '#!%s %s\n' "$SCRIPT" "$SUID" >"$T_TMP/by"; chmod 755 "$T_TMP/by"; u "$T_TMP/by")"
is "its interpreter alone" 0 "$(u sh -c "exec $SUID")"
is "read by its interpreter: no exec of the script" 0 "$(u sh "$SCRIPT" "$SUID")"
ok "tag an interpreter" execward tag --program "$SH" see
printf '#!%s\nexec "$@"\n' "$SH" >"$T_TMP/by-sh"
chmod 755 "$T_TMP/by-sh"
audited=$(counter audit)
is "a script by it" 0 "$(u "$T_TMP/by-sh" "$SUID")"
is "counted" $((audited + 1)) "$(counter audit)"
ok "tag that script, too" execward tag --program "$T_TMP/by-sh" no
is "it enters what both have" refused "$(u "$T_TMP/by-sh" "$SUID")"
ok "untag it" execward untag --program "$T_TMP/by-sh"
ln "$SCRIPT" "$T_TMP/link"
ln -s "$SCRIPT" "$T_TMP/symlink"
cp "$SCRIPT" "$T_TMP/copy"
mkdir "$T_TMP/bound"
mount --bind "$T_TMP" "$T_TMP/bound"
is "a hard link, a symbolic link, a bind mount" "refused refused refused" "$(u "$T_TMP/link" "$SUID") $(u "$T_TMP/symlink" "$SUID") $(u "$T_TMP/bound/script" "$SUID")"
is "a copy" 0 "$(u "$T_TMP/copy" "$SUID")"
umount "$T_TMP/bound"
mv "$T_TMP/copy" "$SCRIPT"
is "another file in its place" 0 "$(u "$SCRIPT" "$SUID")"
is "the old one, by its other name" refused "$(u "$T_TMP/link" "$SUID")"
ok "untag by the path it had" execward untag --program "$SCRIPT"
is "free" 0 "$(u "$T_TMP/link" "$SUID")"

t_case "bad input"
out=$(execward tag --program /no/such/program no 2>&1)
is "no such file: exit" 1 "$?"
like "text" '^execward: program /no/such/program cannot be tagged: there is no such file; name an executable file by its path$' "$out"
like "a directory" '^execward: program /etc cannot be tagged: it is not a regular file$' "$(execward tag --program /etc no 2>&1)"
out=$(execward untag --program "$PLAIN" no 2>&1)
is "untag what is not: exit" 1 "$?"
like "text" "^execward: program $PLAIN has no such tag; see: execward list\$" "$out"
ok "untag what is left" execward untag --program "$SH"
ok "and the set-uid program" execward untag --program "$SUID"

t_case "by policy"
cat >"$POLICY/t.yaml" <<YAML
version: 1
profiles:
  - {name: no, mode: deny, programs: [$ENV, $T_TMP/link]}
  - {name: see, mode: audit, programs: [$SH, $ENV]}
  - {name: dead, mode: kill}
  - {name: stop, mode: deny, exec: none}
  - name: holes
    mode: deny
    programs: [$HOLES]
    except:
      - {program: $SUID, gain: ["uid:root", caps]}
YAML
audited=$(counter audit)
ok "reload" execward --policy-dir "$POLICY" reload
is "an exception" "0 refused" "$(u "$HOLES" "$SUID") $(u "$HOLES" ping 2>&1 | sed 's/.*Operation not permitted.*/refused/')"
is "governed" refused "$(u "$ENV" "$SUID")"
is "others are not" 0 "$(u env "$SUID")"
is "descendants" refused "$(u "$ENV" tchild session "$SUID")"
like "list" '^no, see +no: profile t.yaml:3; see: profile t.yaml:4$' "$(listed "$ENV")"
like "status counts them" '"tagged_users":0,"tagged_programs":4,' "$(execward status --json)"
is "audit" 0 "$(u "$SH" -c "exec $SUID")"
is "counted" $((audited + 1)) "$(counter audit)"
is "a program of two profiles, by who is under one of them" refused "$(u "$SH" -c "exec $ENV $SUID")"
ok "one more by command" execward tag --program "$SH" dead
is "both" killed "$(u "$SH" -c "exec $SUID")"
like "status" '^status +enforcing$' "$(execward status)"
out=$(execward untag --program "$ENV" 2>&1)
is "untag the policy's: exit" 0 "$?"
like "it comes back" 'is tagged by the policy: the tag comes back when the policy is loaded again$' "$out"
is "free until then" 0 "$(u "$ENV" "$SUID")"
ok "unload" execward unload
is "unloaded: free, tagged by the policy" "0 0" "$(u "$ENV" "$SUID") $(u "$HOLES" ping | grep -c "not permitted")"
is "unloaded: free, tagged by command" 0 "$(u "$SH" -c "exec $SUID")"

t_case "the tag cannot be stored"
ok "load with the fault" env EXECWARD_FAULT=exec execward --policy-dir "$POLICY" load
is "killed before its first instruction" killed "$(outcome "$ENV" echo ran)"
is "so is one that may not exec" killed "$(execward tag --program "$PLAIN" stop; outcome "$PLAIN")"
status=$(execward status --json)
like "counted" '"kill":2,.*"unevaluable":2' "$(printf %s "$status" | sed 's/.*"counters"://')"
is "audit: it goes on" ran "$(outcome "$SH" -c "echo ran")"
is "and is counted" 1 "$(counter tags_lost)"
is "others go on" ran "$(outcome env echo ran)"
execward unload
t_done
