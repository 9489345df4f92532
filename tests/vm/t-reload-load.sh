# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# reload in one step: under load, killed anywhere, and of the largest policy there can be.
# images: small
# kernels: all
# timeout: 600
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
# shellcheck disable=SC2317 # called by name
. /ew/lib.sh
. /ew/tests/data/tags.sh

A=$T_TMP/a B=$T_TMP/b BIG=$T_TMP/big
mkdir "$A" "$B" "$BIG"
P=$T_TMP/p Q=$T_TMP/q
install -m 4755 /ew/bin/tiny "$P"
install -m 4755 /ew/bin/tiny "$Q"
use() { execward --policy-dir "$1" reload; }
entries() { bpftool map dump pinned "/sys/fs/bpf/execward/maps/$1" -j | grep -o '"key":\[' | wc -l; }

# each the other's reverse: who is governed by what, and what passes. One process tag stays as it is.
cat >"$A/a.yaml" <<YAML
version: 1
profiles:
  - name: x
    mode: deny
    cgroups: [/rl]
    except:
      - {program: $P, gain: ["uid:root", caps]}
  - {name: y, mode: deny, cgroups: [/rl-not]}
YAML
cat >"$B/b.yaml" <<YAML
version: 1
profiles:
  - {name: x, mode: deny, cgroups: [/rl-not]}
  - name: y
    mode: deny
    cgroups: [/rl]
    except:
      - {program: $Q, gain: ["uid:root", caps]}
YAML
cg_make /rl
t_case "load"
ok "load" execward --policy-dir "$A" load
is "p passes" "" "$(outcome cg_run /rl alice "$P")"
is "q is refused" refused "$(outcome cg_run /rl alice "$Q")"
paths=$(entries cgroup_paths) exceptions=$(entries exceptions) cgroups=$(entries cgroups)

# which: the policy by which the two programs are judged
which() {
	w=$(cg_run /rl tswap 1000 once "$P" "$Q" 2>&1)
	case $w in
	"$P 1 0
$Q 0 1
"*) echo a ;;
	"$P 0 1
$Q 1 0
"*) echo b ;;
	*) echo "neither: $w" ;;
	esac
}

t_case "under load"
case $(uname -r) in 6.*) n=100 ;; *) n=1000 ;; esac # where a reload is quickest
n=$(asked reloads $n)
# With a pause after each exec: without one, the four take several times what the reloads do.
[ "$n" -gt 100 ] && pause=20 || pause=10
records_begin --cgroup /rl --buffer 64M
workers=
for i in 1 2 3 4; do
	(
		echo 0 >"$(cg /rl)/cgroup.procs"
		exec tswap 1000 $pause "$P" "$Q"
	) >"$T_TMP/worker$i" 2>&1 &
	workers="$workers $!"
done
# The daemon, so that no process has to start.
grep -q ' ew\.reloads=' /proc/cmdline && most=4000 || most=400 # seconds
treload "$n" $most "$A" "$B" >"$T_TMP/reloads" 2>&1
# shellcheck disable=SC2086 # words
kill $workers
for w in $workers; do wait "$w"; done
# whatever was recorded has to be read
total=$(awk '/ [0-9]+ [0-9]+$/ { n += $2 + $3 } END { print n + 0 }' "$T_TMP"/worker?)
have_all() { [ "$(grep -c "\"$T_TMP/[pq]\",\"dev\"" "$T_TMP/records")" -ge "$total" ]; }
wait_for 30 have_all
records_end
like "no reload was refused" '^reloads [0-9]+ refused 0 ' "$(cat "$T_TMP/reloads")"
is "there were $n" "$n" "$(awk '{ print $2 }' "$T_TMP/reloads")"
is "every worker went on to its end" 4 "$(grep -c '^longest' "$T_TMP"/worker? | grep -c ':1$')"
note "$(cat "$T_TMP/reloads") while $total execs; $(sed -n 's/^longest/longest (ms)/p' "$T_TMP"/worker? | tr '\n' ' ')"
ok "some passed and some were refused, of each" test "$(awk '/ [0-9]+ [0-9]+$/ { if (!$2 || !$3) bad++ } END { print bad + 0 }' "$T_TMP"/worker?)" = 0
is "none was lost" "" "$(grep '"type":"lost"' "$T_TMP/records")"
# kinds: "COUNT PROGRAM VERDICT REASON PROFILE RULE PROFILES" of the records of the two. sed takes 3 ms for each.
kinds() {
	awk -v dir="$T_TMP/" '
		{ at = index($0, "\"path\":\"" dir) + 8 + length(dir); name = substr($0, at, 8) }
		name !~ /^[pq]","dev/ { next }
		{
			split(substr($0, index($0, "\"verdict\":\"")), f, "\"")
			profiles = substr($0, index($0, "\"profiles\":[") + 11)
			kind = f[2] == "verdict" && f[6] == "reason" && f[10] == "profile" && f[14] == "rule" ? f[4] " " f[8] " " f[12] " " f[16] : "?"
			seen[substr(name, 1, 1) " " kind " " substr(profiles, 1, index(profiles, "]"))]++
		}
		END { for (kind in seen) print seen[kind], kind }
	' "$T_TMP/records" | sort -k2
}
kinds >"$T_TMP/kinds"
is "every exec was recorded, once" "$total" "$(awk '{ n += $1 } END { print n + 0 }' "$T_TMP/kinds")"
# the profiles that applied are slots in the record: x and y keep theirs
is "every record is of one policy" 'p allow exception x a.yaml:7 ["x"]
p deny gain y b.yaml:4 ["y"]
q allow exception y b.yaml:8 ["y"]
q deny gain x a.yaml:3 ["x"]' "$(sed 's/^[0-9]* //' "$T_TMP/kinds")"
for p in p q; do
	is "$p: what ran is what was allowed" "$(sed -n "s/^\([0-9]*\) $p allow .*/\1/p" "$T_TMP/kinds")" \
		"$(awk -v p="$T_TMP/$p" '$1 == p { n += $2 } END { print n + 0 }' "$T_TMP"/worker?)"
done
is "in the end it is the last one" a "$(which)"
is "the maps are as at first: paths" "$paths" "$(entries cgroup_paths)"
is "exceptions" "$exceptions" "$(entries exceptions)"
is "cgroups" "$cgroups" "$(entries cgroups)"

t_case "killed"
# many exceptions make a reload last
mkdir "$T_TMP/from"
(cd "$T_TMP/from" && seq 1 400 | xargs touch)
for dir in "$A" "$B"; do
	{
		printf 'version: 1\nprofiles:\n  - name: z\n    mode: deny\n    cgroups: [/rl-z]\n    except:\n'
		printf '      - program: %s\n        gain: [uid]\n        from:\n' "$P"
		find "$T_TMP/from" -type f | sort | sed 's/^/          - /'
	} >"$dir/z.yaml"
done
use "$A" >/dev/null
paths=$(entries cgroup_paths) exceptions=$(entries exceptions) cgroups=$(entries cgroups)
start=$(t_now)
use "$B" >/dev/null
use "$A" >/dev/null
took=$((($(t_now) - start) * 5)) # milliseconds of one
seen=' ' bad=
for i in $(seq 1 2 50); do
	execward --policy-dir "$B" reload >/dev/null 2>&1 &
	job=$!
	ms=$((took * i / 45))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -KILL $job 2>/dev/null
	wait $job 2>/dev/null
	now=$(which)
	case $now in a | b) ;; *) bad="$bad $i:$now" ;; esac
	case $seen in *" $now "*) ;; *) seen="$seen$now " ;; esac
	# from whatever is left, to the policy that the next one is killed on
	use "$A" >/dev/null 2>"$T_TMP/said" || bad="$bad $i:$(cat "$T_TMP/said")"
	now=$(which)
	[ "$now" = a ] || bad="$bad $i:after:$now"
done
is "always one policy, whole" "" "$bad"
note "a reload took $took ms; after kills in force:$seen"
case $seen in *" a "*) ok "some were killed before the swap" true ;; *) t_fail "some were killed before the swap" "seen:$seen" ;; esac
is "nothing is left: paths" "$paths" "$(entries cgroup_paths)"
is "exceptions" "$exceptions" "$(entries exceptions)"
is "cgroups" "$cgroups" "$(entries cgroups)"
execward --policy-dir "$B" reload >/dev/null 2>&1 &
job=$!
sleep 0.01
kill -KILL $job 2>/dev/null
wait $job 2>/dev/null
ok "and unload puts it right" execward unload
wait_for 5 nothing_left
is "nothing is left at all" "" "$(leftovers)"

t_case "the largest"
mkdir /p /f
(cd /p && seq 1 256 | xargs touch)
(cd /f && seq 1 256 | xargs touch)
largest() {
	echo 'version: 1'
	echo 'profiles:'
	echo '  - {name: x, mode: deny, cgroups: [/rl]}'
	echo '  - name: big'
	echo '    mode: deny'
	echo '    except:'
	awk 'BEGIN {
		for (p = 1; p <= 256; p++) {
			printf "      - program: /p/%d\n        gain: [uid]\n        from:\n", p
			for (f = 1; f <= 256; f++) printf "          - /f/%d\n", f
		}
	}'
}
largest >"$BIG/big.yaml"
ok "load" execward --policy-dir "$BIG" load
like "as many as there can be" 'loaded: 2 profiles, 65536 exceptions, 1 cgroup' "$(cat "$T_OUT")"
sed -i '$d' "$BIG/big.yaml"
(
	echo 0 >"$(cg /rl)/cgroup.procs"
	exec tswap 1000 10 "$P"
) >"$T_TMP/worker1" 2>&1 &
worker=$!
start=$(t_now)
ok "reload with one less" use "$BIG"
took=$((($(t_now) - start) * 10))
kill $worker
wait $worker
like "is the difference" '^- exception big /p/256 from /f/256: gain uid' "$(cat "$T_OUT")"
# t-reload-cost.sh counts it and judges
note "65,535 exceptions: reload took $took ms, meanwhile $(tr '\n' ' ' <"$T_TMP/worker1")"
longest=$(sed -n 's/^longest //p' "$T_TMP/worker1")
ok "no exec waited for it: longest $longest ms of $took" test "${longest:-999999}" -lt $((took / 2))
sed -i 's,/rl],/rl-not],' "$BIG/big.yaml"
ok "reload with the cgroup changed" use "$BIG"
is "and the cgroup is free" "" "$(outcome cg_run /rl alice "$P")"
ok "reload without them" use "$A"
is "nothing of the old is left" "$exceptions" "$(entries exceptions)"
ok "unload" execward unload
rm -r /p /f
cg_remove /rl
t_done
