# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# AT_EXECVE_CHECK (Linux 6.14) under exec: none is refused and counted, and is no exec that would be recorded.
# images: small
# kernels: newest
# timeout: 60
# shellcheck source-path=SCRIPTDIR source=lib.sh source=data/tags.sh
. /ew/lib.sh
. /ew/tests/data/tags.sh

refused="Operation not permitted"

is "without policy" may "$(tcheck /bin/true)"
is "the kernel's own answer counts" "Permission denied" "$(tcheck /etc/passwd)"
ok "load" load
is "untagged" may "$(tcheck /bin/true)"
is "none is counted" 0 "$(counter checks_refused)"
records_begin --all
is "exec: none" "$refused" "$(execward run stop -- tcheck /bin/true)"
is "exec: none, audit" may "$(execward run watch -- tcheck /bin/true)"
is "exec: any" may "$(execward run no -- tcheck "$SUID")"
is "before its own exec, too" "$refused" "$(execward run stop -- tchild thread "$(command -v tcheck)" /bin/true 2>&1 | sed 's/.*: Op/Op/')"
records_end
is "counted" 1 "$(counter checks_refused)"
unlike "not recorded" '"path":"/usr/bin/true"' "$RECORDS"
like "as an exec of tcheck is" '"path":"/ew/bin/tcheck"' "$RECORDS"
is "nor counted as an exec refused" 1 "$(counter deny)"
execward unload
is "unloaded" may "$(tcheck /bin/true)"
t_done
