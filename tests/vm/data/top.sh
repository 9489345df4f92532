# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# `execward top` on a terminal (tscreen). Sourced after lib.sh.

T_TERM=$T_TMP/terminal

# top_start COLUMNS LINES WORD...: on a terminal of that size
top_start() {
	rm -rf "$T_TERM"
	mkdir "$T_TERM"
	tscreen "$T_TERM" "$@" &
	wait_for 10 test -s "$T_TERM/pid"
	# shellcheck disable=SC2034 # for tests
	read -r TOP <"$T_TERM/pid"
}

# typed KEYS; sized COLUMNS LINES
typed() { printf 'k%s\n' "$1" >"$T_TERM/keys"; }
sized() { echo "s $1 $2" >"$T_TERM/keys"; }
# shellcheck disable=SC2034 # for tests
ENTER=$(printf '\r')

# on_screen ERE [LINES]: does a line of these match?
on_screen() { sed -n "${2:-1,\$}p" "$T_TERM/screen" | grep -Eq -- "$1"; }

# shows DESC ERE [LINES]: a line comes to match
shows() {
	wait_for 10 on_screen "$2" "${3:-}"
	s_rc=$?
	cp "$T_TERM/screen" "$T_OUT"
	t_judge $s_rc "$1" "nothing matches '$2' on the screen:" "$T_OUT"
}

# lacks DESC ERE: none does
lacks() {
	! on_screen "$2"
	t_judge $? "$1" "matches '$2' on the screen:" "$T_TERM/screen"
}

# ends DESC HOW: it ends so, and leaves the terminal as it was
ends() {
	wait_for 10 test -s "$T_TERM/end"
	is "$1" "$2, line restored, screen restored, cursor restored, keypad restored, attributes restored" \
		"$(sed -n '1h; 1!H; ${ g; s/\n/, /g; p; }' "$T_TERM/end")"
}
