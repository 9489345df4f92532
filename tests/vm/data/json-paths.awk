# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The path of each value in lines of JSON, as "a.b.c", one a line; an item of a list has the list's. Exits 1 at a line that is not
# one JSON object, without blanks, as json-c writes it.
function fail() {
	failed = 1
	at = length(text) + 1
}

# what PATTERN matches here, and goes behind it
function take(pattern,   got) {
	if (!match(substr(text, at), "^" pattern)) {
		fail()
		return ""
	}
	got = substr(text, at, RLENGTH)
	at += RLENGTH
	return got
}

# members of an object or items of a list, up to the bracket that ends them
function members(path, end,   key) {
	at++
	if (substr(text, at, 1) == end) {
		at++
		return
	}
	while (!failed) {
		key = ""
		if (end == "}") {
			key = take("\"([^\"\\\\]|\\\\.)*\":")
			key = substr(key, 2, length(key) - 3)
		}
		value(key == "" ? path : path == "" ? key : path "." key)
		if (substr(text, at, 1) != ",")
			break
		at++
	}
	if (substr(text, at, 1) != end)
		fail()
	at++
}

function value(path,   first) {
	first = substr(text, at, 1)
	if (first == "{")
		members(path, "}")
	else if (first == "[")
		members(path, "]")
	else
		take(first == "\"" ? "\"([^\"\\\\]|\\\\.)*\"" : "(true|false|null|-?[0-9]+(\\.[0-9]+)?)")
	if (first != "{" && !failed)
		print path
}

{
	text = $0
	at = 1
	failed = substr(text, 1, 1) != "{"
	value("")
	if (failed || at != length(text) + 1)
		exit 1
}
