# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `execward run` by a plain user, with profiles for self-service.
# images: small
# kernels: all
# timeout: 120
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PLAIN=$T_TMP/plain
cat >>"$POLICY/t.yaml" <<YAML
  - {name: own, mode: deny, gains: [uid, gid, caps], self_service: yes}
  - {name: own-see, mode: audit, gains: [uid, gid, caps], self_service: yes}
  - {name: own-stop, mode: deny, exec: none, self_service: yes}
YAML
printf '#!/bin/sh\n%s\n' "$PLAIN" >"$T_TMP/execs"
chmod 755 "$T_TMP/execs"
run() { alice execward run "$@"; }

t_case "not loaded"
rc "run" 125 run own -- "$PLAIN"
is "says why, and starts nothing" 'execward: profile "own" cannot be entered: nothing is loaded, or no profile has "self_service: yes"; run this as root, or load a policy that has one' "$(cat "$T_OUT")"
ok "load" load

t_case "run"
is "refused" refused "$(outcome run own -- "$SUID")"
is "audit" 0 "$(outcome run own-see -- "$SUID")"
is "what gains nothing" 1000 "$(run own -- "$PLAIN")"
is "its children" refused "$(outcome run own -- sh -c "$SUID; exit")"
is "twin" 0 "$(outcome run own-see -- sh -c "$SUID; exit")"
is "one in another" refused "$(outcome run own -- execward run own-see -- "$SUID")"
is "and the other way round" refused "$(outcome run own-see -- execward run own -- "$SUID")"
is "root uses the same profiles" refused "$(outcome execward run own -- asuser 1000 1000 1000 "$SUID")"
is "as root of a user namespace" 0 "$(run own -- unshare -Ur execward run own-see -- unshare -U id -u >/dev/null 2>&1; echo $?)"
is "the command's own exit code" 7 "$(run own -- sh -c 'exit 7'; echo $?)"
is "nothing is left tagged" "Nothing is tagged." "$(execward list)"

t_case "why not"
rc "not for self-service" 125 run no -- "$PLAIN"
is "text" 'execward: profile "no" has no "self_service: yes"; run this as root, or give it that' "$(cat "$T_OUT")"
rc "no such profile" 125 run owner -- "$PLAIN"
is "text" 'execward: no profile "owner" in the loaded policy' "$(cat "$T_OUT")"
rc "a name that is too long" 125 run "$(printf '%064d' 0)" -- "$PLAIN"
rc "not found" 127 run own -- /nowhere/to/be/found
rc "refused" 126 run own -- "$SUID"
is "text" "execward: $SUID was refused: Operation not permitted; see: execward trace" "$(cat "$T_OUT")"

t_case "exec: none"
is "the command starts" 1000 "$(run own-stop -- "$PLAIN")"
is "its exec is refused" refused "$(outcome run own-stop -- sh -c "exec $PLAIN")"
is "its child's, too" refused "$(outcome run own-stop -- "$T_TMP/execs")"
is "and its thread's" refused "$(outcome run own-stop -- tchild thread "$PLAIN")"
is "twin" 1000 "$(outcome run own -- tchild thread "$PLAIN")"
is "a second run is no way around it" refused "$(outcome run own-stop -- execward run own-stop -- "$PLAIN")"
is "nor is asking the door for another exec" refused "$(run own-stop -- tenter starting own-stop -- "$PLAIN" 2>&1 </dev/null | sed -n 's/.*Operation not permitted/refused/p')"

t_case "--no-transition"
is "runs without its gain" 1000 "$(run own --no-transition -- "$SUID")"
is "with a profile that lets it pass, too" 1000 "$(run own-see --no-transition -- "$SUID")"
is "twin" 0 "$(run own-see -- "$SUID")"
is "sudo cannot" 1 "$(run own-see --no-transition -- sudo -n true 2>/dev/null; echo $?)"
is "by root" 1000 "$(execward run see --no-transition -- asuser 1000 1000 1000 "$SUID")"
records_begin
run own-see --no-transition -- "$SUID" >/dev/null
run own-see --no-transition -- "$PLAIN" >/dev/null
run own-see --no-transition -- /usr/bin/ping -V >/dev/null 2>&1
run own-see -- "$SUID" >/dev/null
records_end
of() { printf '%s\n' "$RECORDS" | grep -F "\"path\":\"$1\"" | sed -n "$2p"; }
like "set-uid: recorded as what would have gained" '"verdict":"allow","reason":"no-gain",.*"gain":\[\],"cause":\[\],"shape":\["setid"\],"withheld":\["uid:root","cap_chown",' "$(of "$SUID" 1)"
like "so is one with file capabilities" '"gain":\[\],.*"withheld":\["cap_net_raw"\],' "$(of "$(readlink -f /usr/bin/ping)" 1)"
unlike "one without is not" '"withheld"' "$(of "$PLAIN" 1)"
like "nor is one that gains" '"gain":\["uid:root",' "$(of "$SUID" 2)"
unlike "which has nothing withheld" '"withheld"' "$(of "$SUID" 2)"
is "for all that follows" 1000 "$(run own-see --no-transition -- sh -c "$SUID; exit")"

execward unload
t_done
