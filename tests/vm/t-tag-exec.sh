# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# exec: none lets `run` start its command and refuses every exec after; the exit codes of `run`.
# images: small
# kernels: all
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

PLAIN=$T_TMP/plain
printf '#!/bin/sh\necho script\n' >"$T_TMP/script"
printf '#!/bin/sh\n%s\n' "$PLAIN" >"$T_TMP/execs"
chmod 755 "$T_TMP/script" "$T_TMP/execs"

t_case "without policy"
is "a command that executes another" 0 "$(sh -c "$PLAIN; exit")"
rc "run needs something loaded" 125 execward run stop -- true
is "and says so" "execward: execward is not loaded; load it: execward load" "$(cat "$T_OUT")"
ok "load" load

t_case "exec: none"
is "the command itself starts" 0 "$(execward run stop -- "$PLAIN")"
is "a set-uid one too, as no gain is controlled" 0 "$(execward run stop -- asuser 1000 1000 1000 true >/dev/null 2>&1; execward run stop -- "$SUID")"
is "a script starts with its interpreter" script "$(execward run stop -- "$T_TMP/script")"
refused=$(counter deny)
is "its exec is refused" "sh: 1: $PLAIN: Operation not permitted" "$(execward run stop -- sh -c "exec $PLAIN" 2>&1 | sed 's/exec: //')"
is "its child's exec is refused" refused "$(outcome execward run stop -- sh -c "$PLAIN; exit")"
is "a script's exec is refused" refused "$(outcome execward run stop -- "$T_TMP/execs")"
is "so is a thread's" refused "$(outcome execward run stop -- tchild thread "$PLAIN")"
is "a command of its own is only for itself" refused "$(outcome execward run stop -- execward run no -- "$PLAIN")"
is "all are counted" $((refused + 5)) "$(counter deny)"
records_begin --denied
execward run stop -- sh -c "$PLAIN; exit" >/dev/null 2>&1
records_end
like "the record" '"verdict":"deny","reason":"exec-none","profile":"stop","rule":"t.yaml:6"' "$RECORDS"
like "names both" "\"exe\":\"/usr/bin/dash\"\},\"file\":\{\"path\":\"$PLAIN\"" "$RECORDS"
is "audit lets pass" 0 "$(execward run watch -- sh -c "$PLAIN; exit")"
cg_make /n
ok "tag a cgroup" execward tag --cgroup /n stop
is "nothing starts in it" refused "$(cg_run /n env -i "$PLAIN" 2>&1 | sed -n 's/.*Operation not permitted/refused/p; s/.*Permission denied/other/p')"
is "nor does run" refused "$(cg_run /n execward run no -- "$PLAIN" 2>&1 | sed -n 's/.*Operation not permitted/refused/p')"
cg_remove /n

t_case "exit codes of run"
rc "the command's own" 7 execward run no -- sh -c 'exit 7'
rc "killed by a signal" 143 execward run no -- sh -c 'kill $$'
rc "not found" 127 execward run no -- /nowhere/to/be/found
is "text" "execward: /nowhere/to/be/found cannot be executed: No such file or directory" "$(cat "$T_OUT")"
rc "not found in PATH" 127 execward run no -- no-such-command
rc "not executable" 126 execward run no -- /etc/passwd
is "text" "execward: /etc/passwd cannot be executed: Permission denied" "$(cat "$T_OUT")"
rc "a directory" 126 execward run no -- /etc
rc "refused" 126 execward run stop -- execward run no -- "$PLAIN"
is "text" "execward: $PLAIN was refused: Operation not permitted; see: execward trace" "$(cat "$T_OUT")"
rc "unknown profile" 125 execward run nobody -- true
is "text" 'execward: no profile "nobody" in the loaded policy; see: execward status' "$(cat "$T_OUT")"
rc "nearly a profile" 125 execward run sea -- true
is "text" 'execward: no profile "sea" in the loaded policy; did you mean "see"?; see: execward status' "$(cat "$T_OUT")"
rc "no command" 125 execward run no
rc "no command after --" 125 execward run no --
rc "no profile" 125 execward run -- true
rc "unknown option" 125 execward run no --nonsense -- true
is "options before the profile" 0 "$(execward run --close-fds no -- "$PLAIN")"
is "the command's options are its own" "-x --help" "$(execward run no -- echo -x --help)"

t_case "options of run"
is "--no-transition: nothing gains" 1000 "$(execward run see --no-transition -- asuser 1000 1000 1000 "$SUID")"
exec 7</etc/hosts
like "descriptors are kept" '(^| )7( |$)' "$(execward run see -- ls /proc/self/fd | tr '\n' ' ')"
unlike "--close-fds: closed" '(^| )7( |$)' "$(execward run see --close-fds -- ls /proc/self/fd | tr '\n' ' ')"
is "none of its own are left open" "0 1 2 3 7" "$(execward run see -- ls /proc/self/fd </dev/null | sort -n | tr '\n' ' ' | sed 's/ $//')"
exec 7<&-

execward unload
t_done
