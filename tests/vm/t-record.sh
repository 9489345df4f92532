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
records_begin

# 200 bytes of a name, a directory deeper than the 256 bytes that a record has of a parent, and one of 4,000 bytes
long=$(printf '%0200d' 0)
mkdir -p "$T_TMP/$long/$long"
cp /bin/dash "$T_TMP/$long/$long/parent"
cp /bin/dash "$T_TMP/gone"
mkdir "$T_TMP/deep"
(
	cd "$T_TMP/deep" || exit
	for _ in $(seq 19); do mkdir "$long" && cd "$long" || exit; done
	while [ "$(pwd | wc -c)" -lt 3990 ]; do mkdir x && cd x || exit; done
	cp /bin/dash shell
	printf '#!/bin/sh\nexec /ew/bin/tiny deep\n' >script
	chmod 755 script
	pwd >"$T_TMP/pwd"
	cg_run /re ./shell -c 'exec /ew/bin/tiny from-deep'
	cg_run /re ./script
)
read -r deep <"$T_TMP/pwd"

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

# bytes that break a line, end a string, drive a terminal, are no UTF-8
bad=$(printf 'a"b\\c\001\n\033[2J\302\205\377')
mkdir "$T_TMP/$bad"
cp /bin/dash "$T_TMP/$bad/$bad"
printf '#!%s\nexec /ew/bin/tiny "$@"\n' /bin/dash >"$T_TMP/$bad/s"
chmod 755 "$T_TMP/$bad/s"
cg_run /re "$T_TMP/$bad/$bad" -c '/ew/bin/tiny bad-names "$0" & wait' "$bad"
cg_run /re "$T_TMP/$bad/s" bad-script "$bad"

# a cgroup that goes before its record is read, and one of the same name after it; and one that was seen while it lived
cg_make /re/seen
cg_run /re/seen /ew/bin/tiny seen
wait_for 10 grep -q '"list":\["/ew/bin/tiny","seen"\]' "$T_TMP/records"
kill -STOP "$r_pid"
cg_make /re/again
cg_run /re/again /ew/bin/tiny before
cg_run /re/seen /ew/bin/tiny seen-too
cg_remove /re/again /re/seen
cg_make /re/again
cg_run /re/again /ew/bin/tiny after
kill -CONT "$r_pid"
wait_for 10 grep -q '"list":\["/ew/bin/tiny","after"\]' "$T_TMP/records"
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
like "the end of a long path" "^\[\{\"pid\":[0-9]*,\"exe\":\"\.\.\./$long/parent\",\"truncated\":true\}," "$(part parents "$(of long-parent)")"
like "a program without a name" "^\[\{\"pid\":[0-9]*,\"exe\":\"$T_TMP/gone\",\"deleted\":true\}," "$(part parents "$(of gone-parent)")"

t_case "arguments"
like "of a program that runs" '"argv":\{"from":"image","truncated":false,"list":\["/ew/bin/tiny","seen"\]\}' "$(of seen)"
like "of one that was refused" '"verdict":"deny".*"argv":\{"from":"caller","truncated":false,"list":\["[^"]*","refused","","two words"\]\}' \
	"$(of refused "$SUID")"
like "32 of them" '"truncated":false,"list":\[("[^"]*",){31}"30"\]' "$(part argv "$(of full)")"
like "33 are cut to 32" '"truncated":true,"list":\[("[^"]*",){31}"30"\]' "$(part argv "$(of most)")"
like "1,024 bytes" '"truncated":false,"list":\["/ew/bin/tiny","fits","0{1005}"\]' "$(part argv "$(of fits)")"
like "1,025 bytes" '"truncated":true,' "$(part argv "$(of over)")"
like "what is behind a large one is left out" '"truncated":true,"list":\["/ew/bin/tiny","large","0+"\]\}' "$(part argv "$(of large)")"

t_case "scripts"
record=$(of "$T_TMP/script" /bin/sh)
like "its path, beside the interpreter's" "\"file\":\{\"path\":\"/usr/bin/dash\".*\"script\":\"$T_TMP/script\"" "$record"
like "arguments as its interpreter has them" "\"list\":\[\"/bin/sh\",\"$T_TMP/script\",\"one\",\"\",\"two\"\]" "$record"
like "refused for what its interpreter gains" "\"verdict\":\"deny\".*\"file\":\{\"path\":\"$SUID\".*\"script\":\"$T_TMP/denied\"" "$(of three "$T_TMP/denied")"
unlike "no other exec has one" '"script":"' "$(of seen)"

t_case "paths of 4,000 bytes"
like "of the caller" "\"exe\":\"$deep/shell\"" "$(of from-deep)"
like "of the program" "\"file\":\{\"path\":\"$deep/shell\"" "$(grep -F '"./shell"' "$T_TMP/records")"
like "of the script" "\"script\":\"$deep/script\"" "$(grep -F '"./script"' "$T_TMP/records")"

t_case "hostile names"
# as JSON has what escape.h makes of it
name='a\"b\\\\c\\x01\\x0a\\x1b[2J\\xc2\\x85\\xff'
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
like "gone, but its path was known" '"cgroup":\{"id":[0-9]*,"path":"/re/seen"\}' "$(of seen-too)"
T_CASE=

ok "unload" execward unload
cg_remove /re/again /re
t_done
