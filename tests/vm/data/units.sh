# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
# Sourced by t-unit-*.sh after lib.sh: services of systemd that run what they are asked to, and the policy for them.

U_DIR=/run/ew-units
U_UNITS=/run/systemd/system
U_POLICY=$U_DIR/policy.d/u.yaml
rm -rf "$U_DIR"
mkdir -p "$U_DIR/policy.d"
chmod 755 "$U_DIR" "$U_DIR/policy.d"
execward unload >/dev/null 2>&1 # a test before this one may have died
U_MADE=

cat >"$U_DIR/serve" <<'E'
while read -r line <"$1/ask"; do
	{ sh -c "$line"; echo "exit $?"; } >"$1/answer" 2>&1 </dev/null
done
E

# A process of its own user namespace, which waits to be given ids. Polls: unshare(1) says nothing when it is there.
cat >"$U_DIR/map" <<'E'
unshare -U sleep 1000 &
until [ "$(cat "/proc/$!/comm")" = sleep ]; do sleep 0.1; done
newuidmap $! 0 100000 65536
result=$?
kill $!
exit $result
E

# no: refuses every gain. holes: the same, with an exception for each of Debian's programs. see: only audits.
cat >"$U_POLICY" <<'E'
version: 1
profiles:
  - name: no
    mode: deny
    gains: [uid, gid, caps]
  - name: holes
    mode: deny
    gains: [uid, gid, caps]
    except:
      - {program: /usr/bin/sudo, gain: ["uid:root", caps]}
      - {program: /usr/bin/su, gain: ["uid:root", caps]}
      - {program: /usr/bin/passwd, gain: ["uid:root", caps]}
      - {program: /usr/bin/ping, gain: [cap_net_raw]}
      - {program: /usr/sbin/unix_chkpwd, gain: ["gid:shadow"]}
      - {program: /usr/bin/newuidmap, gain: ["uid:root", caps]}
  - name: see
    mode: audit
    gains: [uid, gid, caps]
E

u_load() { execward --policy-dir "$U_DIR/policy.d" load; }

# u_file NAME TEXT [LINE...]: writes the unit file of that name, of TEXT and LINEs. NAME is new to the test: such a unit systemd
# reads when it is first asked for it, and needs no daemon-reload, by which it reads all that there are.
u_file() {
	u_file=$U_UNITS/$1.service
	U_MADE="$U_MADE $1.service"
	shift
	printf '%s\n' "$@" >"$u_file"
}

# unit NAME [LINE...]: makes a service that runs, as alice, what it is asked to; LINEs go to its [Service]. Starts it.
unit() {
	u_name=$1
	shift
	mkdir -p "$U_DIR/$u_name"
	[ -p "$U_DIR/$u_name/ask" ] || mkfifo "$U_DIR/$u_name/ask" "$U_DIR/$u_name/answer"
	chown -R alice: "$U_DIR/$u_name"
	u_file "$u_name" "[Service]
User=alice
Environment=PATH=/usr/sbin:/usr/bin
ExecStart=/bin/sh $U_DIR/serve $U_DIR/$u_name" "$@"
	systemctl start "$u_name.service"
}

# oneshot NAME COMMAND [LINE...]: makes a service that execs COMMAND, as alice, and nothing else. Does not start it.
oneshot() {
	u_name=$1 u_command=$2
	shift 2
	u_file "$u_name" "[Service]
Type=oneshot
User=alice
ExecStart=$u_command" "$@"
}

# ask NAME COMMAND: what the service's shell and COMMAND print, and "exit N"
ask() {
	# shellcheck disable=SC2016 # expands in there
	timeout 180 sh -c 'printf "%s\n" "$2" >"$1/ask" && cat "$1/answer"' ask "$U_DIR/$1" "$2" || echo "no answer"
}

# did NAME COMMAND: "refused", or what COMMAND prints if it succeeds, or "exit N" and the like
did() {
	u_answer=$(ask "$1" "$2" 2>&1)
	case $u_answer in
	*"Operation not permitted"*"exit 126") echo refused ;;
	*"exit 0") printf '%s\n' "${u_answer%exit 0}" ;;
	*) printf '%s\n' "$u_answer" ;;
	esac
}

# shellcheck disable=SC2034 # of the tests
SUDO="sudo -n id -u" # prints 0 if it may

u_done() {
	execward unload >/dev/null 2>&1
	# shellcheck disable=SC2086 # a list of names
	systemctl stop $U_MADE 2>/dev/null
	# shellcheck disable=SC2086
	(cd "$U_UNITS" && rm -f $U_MADE)
	systemctl daemon-reload
	systemctl reset-failed
	rm -rf "$U_DIR"
	t_done
}
