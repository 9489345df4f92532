# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Cgroups that a pattern of the policy matches are tagged, those that are there and those that are made; others are not.
# images: small
# kernels: all
# timeout: 400
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317,SC2154 # called by name; tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

cat >"$POLICY/p.yaml" <<'YAML'
version: 1
profiles:
  - {name: one, mode: deny, gains: [uid], cgroups: ["/p/web*", "/p/x?z", /p/literal, "/after/*"]}
  - {name: deep, mode: kill, gains: [uid], cgroups: ["/p/**/end", "/q/a**z", "/p/both*"]}
  - {name: heard, mode: audit, gains: [uid], cgroups: ["/p/**/heard*", "/p/both?", "/long/**/x"]}
YAML
governed() { execward status --json | sed -n 's/.*"governed_cgroups":\([0-9]*\).*/\1/p'; }
paths_cut() { execward status --json | sed -n 's/.*"cgroup_paths_cut":\([0-9]*\).*/\1/p'; }

there="/p /p/web /p/web/below /p/we /p/xyz /p/x /p/end /p/a /p/a/end /p/a/b /p/a/b/end /p/literal /p/both1 /p/ended"
there="$there /q /q/a /q/a/b /q/a/b/cz"
# shellcheck disable=SC2086 # words
cg_make $there

t_case "without policy"
is "the program gains in a cgroup that would match" 0 "$(gain_in /p/web)"
is "in every one that is born" "20 ran, 0 refused" "$(tinto "$(cg /p/webnew)" 20 1000 "$SUID" | tail -n 1)"

ok "load" load
like "it says how many patterns" ', 1 cgroup, 9 patterns of cgroups$' "$(cat "$T_OUT")"

# expect CGROUP OUTCOME: how the set-uid program fares there
expect() { is "$1" "$2" "$(gain_in "$1")"; }
expect_all() {
	expect /p/web refused
	expect /p/web/below refused
	expect /p/we 0
	expect /p/xyz refused
	expect /p/x 0
	expect /p/end killed
	expect /p/a/end killed
	expect /p/a/b/end killed
	expect /p/a/b 0
	expect /p/ended 0
	expect /p/literal refused
	expect /p/both1 killed
	expect /q/a 0
	expect /q/a/b/cz killed
	expect /p 0
}
t_case "there before"
expect_all
list=$(execward --policy-dir "$POLICY" list)
like "list has what matches" '/p/web +one +pattern /p/web\* \(p.yaml:3\)$' "$list"
like "all the profiles" '/p/both1 +deep, heard +deep: pattern /p/both\* \(p.yaml:4\); heard: pattern /p/both\? \(p.yaml:5\)$' "$list"
unlike "not what inherits" 'below' "$list"

t_case "made later"
reversed=
for path in $there; do reversed="$path $reversed"; done
# shellcheck disable=SC2086 # words
cg_remove $reversed
is "all forgotten" 0 "$(governed)"
# shellcheck disable=SC2086 # words
cg_make $there
expect_all

t_case "one component, or several"
cg_make /p/websites /p/websites/x /p/x-z /p/xxxz /p/heard1 /p/a/heard2
expect /p/websites refused
expect /p/x-z refused
expect /p/xxxz 0
expect /p/heard1 0
cg_make /pp /pp/web /p/a/web
expect /pp/web 0
expect /p/a/web 0
records_begin --profile heard
gain_in /p/a/heard2 >/dev/null
records_end
like "an audit pattern is heard" '"verdict":"audit".*"profile":"heard"' "$RECORDS"
cg_remove /p/websites/x /p/websites /p/x-z /p/xxxz /p/heard1 /p/a/heard2 /pp/web /pp /p/a/web

t_case "with tags by command"
ok "tag" execward tag --cgroup /p/web dead
expect /p/web killed
ok "untag" execward untag --cgroup /p/web dead
expect /p/web refused
ok "untag what the policy put there" execward untag --cgroup /p/web one
expect /p/web 0
cg_remove /p/web/below /p/web
cg_make /p/web
expect /p/web refused

t_case "long paths"
is "none was too long yet" 0 "$(paths_cut)"
name=$(printf '%0200d' 7)
long=/long
# told_end: as records_end, with the records of changes
told_end() {
	kill "$r_pid"
	wait "$r_pid"
	RECORDS=$(tee -a "$T_TMP/told" <"$T_TMP/records")
}
# cut_told RECORDS: path, id, profiles and who made it, of the cgroups that are told to have a path that is cut
cut_told() {
	printf '%s\n' "$1" | sed -n 's/.*"type":"tag",.*"action":"tag",.*{"kind":"cgroup","id":\([0-9]*\),"path":"\([^"]*\)","truncated":true},"profiles":\[\([^]]*\)\],"by":{"pid":[0-9]*,"uid":0,"comm":"\([a-z]*\)"}}$/\2 \1 \3 \4/p' | tr -d '"' | tr '\n' ' '
}
cg_make $long
for _ in 1 2 3 4; do
	long=$long/$name
	cg_make "$long"
done
cg_make "$long/x" "$long/y" # 811 bytes
is "without a match" 0 "$(gain_in "$long/y")"
like "matched far beyond what a literal path can have" '/x +heard +pattern /long/\*\*/x \(p.yaml:5\)$' "$(execward --policy-dir "$POLICY" list)"
is "still none" 0 "$(paths_cut)"
# the kernel's path ends after 1,023 bytes: 1,022 are whole
fits=$long/$(printf '%0212d' 7) over=$long/$(printf '%0213d' 7)
is "bytes of the longest that is whole" 1022 ${#fits}
records_begin
cg_make "$fits" "$over" "$over/x" "$long/z"
told_end
is "each is a record, with the beginning of its path" \
	"$over $(stat -c %i "$(cg "$over")") one,deep mkdir $over $(stat -c %i "$(cg "$over/x")") one,deep mkdir " "$(cut_told "$RECORDS")"
is "whole, without a match" 0 "$(gain_in "$fits")"
is "cut: as if every pattern matched that refuses" killed "$(gain_in "$over")"
like "those alone" '[0-9] +one, deep +one: path too long to be matched \(profile p.yaml:3\); deep: path too long to be matched \(profile p.yaml:4\)$' "$(execward --policy-dir "$POLICY" list)"
is "and below" killed "$(gain_in "$over/x")"
is "beside it" 0 "$(gain_in "$long/z")"
is "both are counted" 2 "$(paths_cut)"
like "status says it" '2 times a cgroup.s path was too long to be matched' "$(execward status)"
cg_make /after /after/x
unload_load() {
	execward unload
	load
}
ok "load again" unload_load
is "there before: whole" 0 "$(gain_in "$fits")"
is "there before: cut" killed "$(gain_in "$over")"
is "there before: below" killed "$(gain_in "$over/x")"
is "there before: beside it" 0 "$(gain_in "$long/z")"
is "there before: what the walk came to later" refused "$(gain_in /after/x)"
is "and no more than that" 0 "$(gain_in /after)"
is "both are counted again" 2 "$(paths_cut)"
ok "reload" execward --policy-dir "$POLICY" reload
is "cut, after a reload" killed "$(gain_in "$over/x")"
is "a reload counts none again" 2 "$(paths_cut)"
# the names that the records have are those of the policy that is just coming
mv "$POLICY/p.yaml" "$T_TMP/p.yaml"
ok "reload without patterns" execward --policy-dir "$POLICY" reload
mv "$T_TMP/p.yaml" "$POLICY/p.yaml"
records_begin
ok "reload with them again" execward --policy-dir "$POLICY" reload
told_end
is "which tells of both" "$over $(stat -c %i "$(cg "$over")") one,deep execward $over $(stat -c %i "$(cg "$over/x")") one,deep execward " "$(cut_told "$RECORDS")"
is "and counts them" 4 "$(paths_cut)"
is "log has them as they were" "$(cat "$T_TMP/told")" "$(execward log --json "$T_TMP/told")"
like "and for people" ' TAG +mkdir\[[0-9]+\] +uid 0 +→ cgroup /long/[0-9/]+ +\+one \+deep +path too long to be matched$' "$(execward log --color=never "$T_TMP/told")"
mkfifo "$T_TMP/said"
exec 7<>"$T_TMP/said"
execward --policy-dir "$POLICY" daemon --records none 2>"$T_TMP/said" >&2 7<&- &
daemon=$!
# it looks every ten seconds
ok "the daemon tells it" timeout 180 grep -qm 1 'paths of cgroups were too long to be matched with the patterns, 4 since loading' "$T_TMP/said"
exec 7<&-
kill $daemon
wait $daemon
cg_remove "$over/x" "$over" "$fits" "$long/x" "$long/y" "$long/z" /after/x /after
while [ "$long" ]; do
	cg_remove "$long"
	long=${long%/*}
done

t_case "removed"
before=$(governed)
churn() {
	seq -f '/sys/fs/cgroup/p/web%g' 300 | xargs mkdir
	seq -f '/sys/fs/cgroup/p/web%g/x' 300 | xargs mkdir
	is "all are in the map" $((before + 600)) "$(governed)"
	seq -f '/sys/fs/cgroup/p/web%g/x' 300 | xargs rmdir
	seq -f '/sys/fs/cgroup/p/web%g' 300 | xargs rmdir
}
churn
is "the map is as before" "$before" "$(governed)"

t_case "version 1"
V1=$T_TMP/v1
mkdir "$V1"
ok "mount" mount -t cgroup -o none,name=foo none "$V1"
before=$(governed)
mkdir -p "$V1/p/web" "$V1/p/end"
is "a match there is not tagged" "$before" "$(governed)"
in_v1() (
	echo 0 >"$V1/p/web/cgroup.procs"
	"$@"
)
is "and a process in it free" 0 "$(outcome in_v1 alice "$SUID")"
for dir in "$V1/p/web" "$V1/p/end" "$V1/p"; do wait_for 10 rmdir "$dir"; done
is "nor is anything forgotten" "$before" "$(governed)"
expect /p/web refused
umount "$V1"

t_case "no moment untagged"
denied=$(counter deny) start=$(t_now)
is "every one of 500, from two threads, is refused" "0 ran, 500 refused" \
	"$(tinto "$(cg /p/web-born)" 500 1000 "$SUID" 2 | tail -n 1)"
note "500 births took $((($(t_now) - start) / 100)) s"
is "all are counted" $((denied + 500)) "$(counter deny)"
is "beside it they pass" "100 ran, 0 refused" "$(tinto "$(cg /p/we-born)" 100 1000 "$SUID" 2 | tail -n 1)"
is "audit lets them pass" "100 ran, 0 refused" "$(tinto "$(cg /p/heard-born)" 100 1000 "$SUID" 2 | tail -n 1)"

t_case "no moment untagged, while the policy reloads"
OTHER=$T_TMP/other.d
cp -R "$POLICY" "$OTHER"
sed -i -e 's,"/p/web\*","/p/w?b-*",' -e 's/name: one/name: two/' "$OTHER/p.yaml"
case $(uname -r) in 6.1.*) births=10000 ;; *) births=1000 ;; esac # where they are quickest in the emulator
births=$(asked births $births)
# By the daemon, so that no process has to start. What makes the cgroups shall get most of the processors.
nice -n 10 treload 1000000 1000000 "$POLICY" "$OTHER" >"$T_TMP/reloads" 2>&1 &
reloader=$!
is "every one of $births, from two threads, is refused" "0 ran, $births refused" \
	"$(tinto "$(cg /p/web-born)" $births 1000 "$SUID" 2 | tail -n 1)"
is "beside it they pass" "100 ran, 0 refused" "$(tinto "$(cg /p/we-born)" 100 1000 "$SUID" 2 | tail -n 1)"
kill $reloader
wait $reloader
like "no reload failed" '^reloads [0-9]+ refused 0 ' "$(cat "$T_TMP/reloads")"
note "$births births meanwhile: $(cat "$T_TMP/reloads")"
ok "there were several" test "$(awk '{ print $2 }' "$T_TMP/reloads")" -ge 4
expect /p/web refused

t_case "made while it loads"
execward unload
touch "$T_TMP/loading"
tborn "$T_TMP/loading" "$(cg /p/web-)" "$(cg /p/we-)" >"$T_TMP/born" &
ok "load" load
rm "$T_TMP/loading"
wait $!
n=$(cat "$T_TMP/born")
ok "some were made" test "$n" -ge 20
# all that match below /p, those that were there, and what is below them: as many as a load finds that nobody hurries
list=$(governed)
execward unload
ok "load again" load
is "every one that matches is governed" "$list" "$(governed)"
expect "/p/web-$n" refused
expect /p/web-1 refused
expect "/p/we-$n" 0
seq -f '/sys/fs/cgroup/p/web-%g' "$n" | xargs rmdir
seq -f '/sys/fs/cgroup/p/we-%g' "$n" | xargs rmdir

t_case "many"
# one_of_many N: what the policy with N patterns says
one_of_many() {
	{
		printf 'version: 1\nprofiles:\n  - name: many\n    mode: deny\n    cgroups:\n'
		seq 1 "$1" | sed 's,.*,      - "/many/**/unit&-*.service",'
	} >"$T_TMP/many.yaml"
	execward check "$T_TMP/many.yaml"
}
ok "1,024 patterns" one_of_many 1024
nok "1,025" one_of_many 1025
like "the limit is named" 'many.yaml:1030:9: error: too many cgroup patterns; expected at most 1024 in all files' "$(cat "$T_OUT")"
one_of_many 1024
execward unload
rm "$POLICY/p.yaml"
cp "$T_TMP/many.yaml" "$POLICY"
ok "load them" load
cg_make /many /many/unit1024-x.service /many/unit1025-x.service /many/a /many/a/unit512-.service
expect /many/unit1024-x.service refused
expect /many/a/unit512-.service refused
expect /many/unit1025-x.service 0
cg_remove /many/unit1024-x.service /many/unit1025-x.service /many/a/unit512-.service /many/a /many

execward unload
t_case "unloaded"
is "free" 0 "$(gain_in /p/web)"
is "in every one that is born" "20 ran, 0 refused" "$(tinto "$(cg /p/web-born)" 20 1000 "$SUID" 2 | tail -n 1)"
# shellcheck disable=SC2086 # words
cg_remove /p/a/heard2 /p/web $reversed
t_done
