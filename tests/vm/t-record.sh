#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a record tells of where an exec comes from: parents, arguments, script, cgroup; and names that are meant to break it.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2016,SC2154 # expands in there; tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

ok "load" load
cg_make /re
execward tag --cgroup /re no

t_case "without a reader"
# built: the times of the last records that were built in the first place of each processor
built() {
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		bpftool map lookup name scratches key $((cpu * 4)) 0 0 0 |
			awk '/"record":/ { inside = 1 } inside && /"time":/ { print $2 + 0; exit }'
	done
}
printf '#!/bin/sh\nexec /ew/bin/tiny script\n' >"$T_TMP/unread"
chmod 755 "$T_TMP/unread"
every() {
	is "it is refused" refused "$(gain_in /re)"
	cg_run /re "$T_TMP/unread"
	/ew/bin/tiny untagged
}
is "no record was ever built" 0 "$(built | sort -u)"
every
like "the execs are counted" '"allow":[1-9][0-9]*,"audit":0,"deny":1,' "$(execward status --json)"
is "and still none was built" 0 "$(built | sort -u)"
records_begin
/ew/bin/tiny untagged
is "nor with a reader that does not ask for it" 0 "$(built | sort -u)"
every
like "with one they are" '[1-9]' "$(built)"
T_CASE=

# 200 bytes of a name, a directory deeper than the 256 bytes that a record has of a parent
long=$(printf '%0200d' 0)
mkdir -p "$T_TMP/$long/$long"
cp /bin/dash "$T_TMP/$long/$long/parent"
cp /bin/dash "$T_TMP/gone"

# bytes that break a line, end a string, drive a terminal, are no UTF-8; and as JSON has what escape.h makes of them
bad=$(printf 'a"b\\c\001\n\033[2J\302\205\377')
name='a\"b\\\\c\\x01\\x0a\\x1b[2J\\xc2\\x85\\xff'

# a directory of such bytes, 4,089 of them: with a name of five in it 4,095, PATH_MAX - 1
part=$bad$bad$bad$bad$bad$bad$bad$bad$bad$bad$bad$bad$bad$bad
parts=$name$name$name$name$name$name$name$name$name$name$name$name$name$name
mkdir "$T_TMP/deep"
deep=$T_TMP/deep deeper=$T_TMP/deep
while [ $((${#deep} + 1 + ${#part})) -lt 4088 ]; do deep=$deep/$part deeper=$deeper/$parts; done
rest=$(printf "%0$((4088 - ${#deep}))d" 0)
deep=$deep/$rest deeper=$deeper/$rest
(
	mkdir -p "$deep" && cd "$deep" || exit
	install -m 755 /bin/dash shell
	install -m 755 /bin/dash longer
	install -m 4755 "$SUID" power
	printf '#!./shell\nexec /ew/bin/tiny deep\n' >enter
	printf '#!/bin/sh\nexec /ew/bin/tiny deeper\n' >script
	chmod 755 enter script
	cg_run /re ./shell -c 'exec ./enter from-deep'
	cg_run /re ./longer -c 'exec ./script from-longer'
	cg_run /re alice ./power at-end >/dev/null 2>&1
)

# who runs whom; each ends before the record is looked at. The first argument tells them apart.
printf '#!/bin/sh\nexec /ew/bin/tiny last\n' >"$T_TMP/script"
printf '#!%s\n' "$SUID" >"$T_TMP/denied"
chmod 755 "$T_TMP/script" "$T_TMP/denied"
nest='[ "$1" -gt 0 ] || exec /ew/bin/tiny nested; dash -c "$2" x "$(($1 - 1))" "$2" & wait'
cg_run /re dash -c "$nest" x 10 "$nest"
echo 'echo $$ >"$0.pid"; dash "${0%top}mid" & wait' >"$T_TMP/top"
echo 'echo $$ >"$0.pid"; dash "${0%mid}low" & wait' >"$T_TMP/mid"
echo 'exec /ew/bin/tiny orphan' >"$T_TMP/low"
cg_run /re dash "$T_TMP/top"
cg_run /re "$T_TMP/$long/$long/parent" -c '/ew/bin/tiny long-parent & wait'
cg_run /re "$T_TMP/gone" -c 'rm "$0"; /ew/bin/tiny gone-parent & wait' "$T_TMP/gone"
cg_run /re alice "$SUID" refused '' 'two words' >/dev/null 2>&1
cg_run /re "$T_TMP/script" one '' two
cg_run /re alice "$T_TMP/denied" three >/dev/null 2>&1
# shellcheck disable=SC2046 # words
cg_run /re /ew/bin/tiny full $(seq 30)
# shellcheck disable=SC2046 # words
cg_run /re /ew/bin/tiny most $(seq 31)
cg_run /re /ew/bin/tiny fits "$(printf '%01005d' 0)"
cg_run /re /ew/bin/tiny over "$(printf '%01006d' 0)"
cg_run /re /ew/bin/tiny large "$(printf '%05000d' 0)" x

cg_run /re alice tchild thread "$SUID" by-thread >/dev/null 2>&1
cg_run /re alice gain-launch "$SUID" by-execveat >/dev/null 2>&1
cg_run /re tchild forked /ew/bin/tiny of-thread
printf '#!%s outer\n' "$T_TMP/script" >"$T_TMP/outer"
chmod 755 "$T_TMP/outer"
cg_run /re "$T_TMP/outer"
began=$(date -u +%Y-%m-%dT%H:%M:%S)
cg_run /re /ew/bin/tiny timed
ended=$(date -u +%Y-%m-%dT%H:%M:%S.999999999)

mkdir "$T_TMP/$bad"
cp /bin/dash "$T_TMP/$bad/$bad"
printf '#!%s\nexec /ew/bin/tiny "$@"\n' /bin/dash >"$T_TMP/$bad/s"
chmod 755 "$T_TMP/$bad/s"
cg_run /re "$T_TMP/$bad/$bad" -c '/ew/bin/tiny bad-names "$0" & wait' "$bad"
cg_run /re "$T_TMP/$bad/s" bad-script "$bad"

# a cgroup that goes before its record is read, and one of the same name after it; and one that was seen while it lived.
# Who asked for that name is shown both.
cg_make /re/seen /re/again
r_before=$(readers_live)
execward trace --json --cgroup /re/again >"$T_TMP/of-again" &
again=$!
ok "another reads of one cgroup" wait_for 10 readers_are_not "$r_before"
cg_run /re/seen /ew/bin/tiny seen
wait_for 10 grep -q '"list":\["/ew/bin/tiny","seen"\]' "$T_TMP/records"
kill -STOP "$r_pid" "$again"
cg_run /re/again /ew/bin/tiny before
cg_run /re/seen /ew/bin/tiny seen-too
cg_remove /re/again /re/seen
cg_make /re/again
cg_run /re/again /ew/bin/tiny after
kill -CONT "$r_pid" "$again"
wait_for 10 grep -q '"list":\["/ew/bin/tiny","after"\]' "$T_TMP/records"
# once more while it reads, with one below
cg_remove /re/again
cg_make /re/again /re/again/below /re/beside
cg_run /re/again /ew/bin/tiny third
cg_run /re/again/below /ew/bin/tiny below
cg_run /re/beside /ew/bin/tiny beside
cg_run /re/again /ew/bin/tiny last-of-all
wait_for 10 grep -q '"last-of-all"' "$T_TMP/of-again"
kill "$again"
wait "$again"
records_end

# of ARG [FILE]: the record of the exec with that first argument
of() { grep -F "\"list\":[\"${2:-/ew/bin/tiny}\",\"$1\"" "$T_TMP/records"; }
# part KEY TEXT: from there on
part() { printf %s "${2#*"\"$1\":"}"; }

t_case "parents"
record=$(part parents "$(of nested)")
is "eight of them" 8 "$(printf %s "$record" | grep -o '"pid"' | wc -l)"
unlike "all are there" '"exe":null' "$record"
read -r mid <"$T_TMP/mid.pid"
read -r top <"$T_TMP/top.pid"
nok "they have gone" test -d "/proc/$mid" -o -d "/proc/$top"
like "and are in the record" "^\[\{\"pid\":$mid,\"exe\":\"/usr/bin/dash\"\},\{\"pid\":$top,\"exe\":\"/usr/bin/dash\"\},.*\{\"pid\":$$,\"exe\":\"/usr/bin/dash\"\},.*\{\"pid\":1,\"exe\":\"[^\"]*\"\}\]\}" \
	"$(part parents "$(of orphan)")"
like "the first is the parent" "\"ppid\":$mid," "$(of orphan)"
record=$(of of-thread)
ppid=$(part ppid "$record")
like "a thread's child has its process for a parent" "^\[\{\"pid\":${ppid%%,*},\"exe\":\"/ew/bin/tchild\"\}," "$(part parents "$record")"
like "the end of a long path" "^\[\{\"pid\":[0-9]*,\"exe\":\"\.\.\./$long/parent\",\"truncated\":true\}," "$(part parents "$(of long-parent)")"
like "a program without a name" "^\[\{\"pid\":[0-9]*,\"exe\":\"$T_TMP/gone\",\"deleted\":true\}," "$(part parents "$(of gone-parent)")"

t_case "the task"
record=$(part pid "$(of by-thread "$SUID")")
tid=${record#*'"tid":'}
ok "a thread that is not the leader is told by its own number" test "${record%%,*}" -ne "${tid%%,*}"
when=$(part time "$(of timed)")
when=${when#\"}
when=${when%%Z*}
is "and when it was" "$began $when $ended" "$(printf '%s\n' "$began" "$when" "$ended" | sort | tr '\n' ' ' | sed 's/ $//')"

t_case "arguments"
like "of a program that runs" '"argv":\{"from":"image","truncated":false,"list":\["/ew/bin/tiny","seen"\]\}' "$(of seen)"
like "of one that was refused" '"verdict":"deny".*"argv":\{"from":"caller","truncated":false,"list":\["[^"]*","refused","","two words"\]\}' \
	"$(of refused "$SUID")"
like "and by execveat(2)" '"verdict":"deny".*"argv":\{"from":"caller","truncated":false,"list":\["[^"]*","by-execveat"\]\}' "$(of by-execveat "$SUID")"
like "32 of them" '"truncated":false,"list":\[("[^"]*",){31}"30"\]' "$(part argv "$(of full)")"
like "33 are cut to 32" '"truncated":true,"list":\[("[^"]*",){31}"30"\]' "$(part argv "$(of most)")"
like "1,024 bytes" '"truncated":false,"list":\["/ew/bin/tiny","fits","0{1005}"\]' "$(part argv "$(of fits)")"
like "1,025 bytes" '"truncated":true,' "$(part argv "$(of over)")"
like "what is behind a large one is left out" '"truncated":true,"list":\["/ew/bin/tiny","large","0+"\]\}' "$(part argv "$(of large)")"

t_case "scripts"
record=$(of "$T_TMP/script" /bin/sh)
like "its path, beside the interpreter's" "\"file\":\{\"path\":\"/usr/bin/dash\".*\"script\":\"$T_TMP/script\"" "$record"
like "of a script that is another's interpreter the first is told" "\"file\":\{\"path\":\"/usr/bin/dash\".*\"script\":\"$T_TMP/outer\"" \
	"$(grep -F "\"$T_TMP/script\",\"outer\"" "$T_TMP/records")"
like "arguments as its interpreter has them" "\"list\":\[\"/bin/sh\",\"$T_TMP/script\",\"one\",\"\",\"two\"\]" "$record"
like "refused for what its interpreter gains" "\"verdict\":\"deny\".*\"file\":\{\"path\":\"$SUID\".*\"script\":\"$T_TMP/denied\"" "$(of three "$T_TMP/denied")"
unlike "no other exec has one" '"script":"' "$(of seen)"

t_case "hostile paths of 4,095 bytes"
is "that long" 4095 "$(printf %s "$deep/shell" | wc -c)"
# has RECORD TEXT
has() { case $1 in *"$2"*) ;; *) return 1 ;; esac; }
record=$(grep -F '"./enter","from-deep"' "$T_TMP/records")
ok "of the caller" has "$record" "\"exe\":\"$deeper/shell\""
ok "of the program" has "$record" "\"file\":{\"path\":\"$deeper/shell\""
ok "and of the script, in the same record" has "$record" "\"script\":\"$deeper/enter\""
record=$(grep -F '"list":["./power","at-end"]' "$T_TMP/records")
ok "of a program that was refused" has "$record" "\"file\":{\"path\":\"$deeper/power\""
like "(it was)" '"verdict":"deny","reason":"gain"' "$record"
# bpf_d_path() has 4,096 bytes, of which a NUL takes one; the kernel itself gives no longer paths (getcwd(2), /proc)
record=$(grep -F '"./script","from-longer"' "$T_TMP/records")
like "of 4,096 there is none: of the caller" '"exe":null' "$record"
like "of the script" '"script":null' "$record"
like "of the program" '"file":\{"path":null,"dev":"[0-9]+:[0-9]+","ino":[1-9]' "$(grep -F '"list":["./longer",' "$T_TMP/records")"

t_case "hostile names"
ok "an argument" grep -qF "\"bad-names\",\"$name\"]" "$T_TMP/records"
ok "the name and the program of a task" grep -qF "\"comm\":\"$name\",\"exe\":\"$T_TMP/$name/$name\"" "$T_TMP/records"
ok "a parent" grep -qF ",\"exe\":\"$T_TMP/$name/$name\"}," "$T_TMP/records"
ok "a script" grep -qF "\"script\":\"$T_TMP/$name/s\"" "$T_TMP/records"

t_case "names of ids"
like "of the user that asks, and of the one that it would be" '"users":\{"1000":"alice","0":"root"\},"groups":\{"1000":"alice","0":"root"\}' "$(of refused "$SUID")"

t_case "cgroups"
before=$(part id "$(part cgroup "$(of before)")") after=$(part id "$(part cgroup "$(of after)")")
ok "made again, it is another" test "${before%%,*}" != "${after%%,*}"
like "gone before anybody asked for its path" '"cgroup":\{"id":[0-9]*,"path":null\}' "$(of before)"
like "the one of the same name" '"cgroup":\{"id":[0-9]*,"path":"/re/again"\}' "$(of after)"
is "who asked for it by path has those in each of them, and below" "before after third below last-of-all " \
	"$(sed -n 's/.*"list":\["\/ew\/bin\/tiny","\([a-z-]*\)".*/\1/p' "$T_TMP/of-again" | tr '\n' ' ')"
like "gone, but its path was known" '"cgroup":\{"id":[0-9]*,"path":"/re/seen"\}' "$(of seen-too)"
T_CASE=

ok "unload" execward unload
cg_remove /re/again/below /re/again /re/beside /re
t_done
