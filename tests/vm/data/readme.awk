# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# readme.awk - the commands of README.md: "command TEXT", and "output TEXT" for each line that it shows behind one
#
# They are the lines behind "# " in blocks between fences, those of blocks that are indented, and what is written `amid the
# text` and begins with the name of a program. A word in capitals there stands for others, and is none.
/^ *```/ {
	fenced = !fenced
	match($0, /^ */)
	indent = RLENGTH
	console = $0 !~ /```./
	command = 0
	next
}
fenced {
	line = substr($0, indent + 1)
	if (console && line ~ /^# /) {
		command = 1
		print "command " substr(line, 3)
	} else if (command)
		print "output " line
	next
}
/^    [^ ]/ {
	sub(/^    /, "")
	sub(/  +#.*/, "") # what it does
	print "command " $0
	next
}
{
	while (match($0, /`(execward|make|systemctl|journalctl|tests\/[a-z\/-]+) [^`]*`/)) {
		line = substr($0, RSTART + 1, RLENGTH - 2)
		if (line !~ /[A-Z][A-Z]/) print "command " line
		$0 = substr($0, RSTART + RLENGTH)
	}
}
