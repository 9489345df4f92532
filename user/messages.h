/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_MESSAGES_H
#define EW_MESSAGES_H

/*
 * What the daemon writes to the journal: X(id, MESSAGE_ID, priority, verdict or type). The ids never change;
 * dist/execward.catalog explains each, and tests/docs-check holds both against docs/records.md. Priorities are those of
 * syslog(3).
 */
#define EW_MESSAGES(X)                                                               \
	X(ALLOW, "3efe7429d06b4f33b21828c9eff397ab", 6 /* informational */, "allow") \
	X(AUDIT, "9399a750f66e4654bc330f5dbcf00c54", 5 /* notice */, "audit")        \
	X(DENY, "a7930cb6215d4f629d271d46b19d8cfc", 4 /* warning */, "deny")         \
	X(KILL, "6395df00e4d0467da1ce720228d3bd47", 4 /* warning */, "kill")         \
	X(LOST, "99a60c0c52764a66a17b5a89547f78b3", 4 /* warning */, "lost")         \
	X(FDS, "1af96a5137b34677a5d5a28e88eaf90e", 5 /* notice */, "fds")            \
	X(TAG, "23e5c0c491fa430d9f470b6a1b8e03da", 5 /* notice */, "tag")            \
	X(POLICY, "ab7052fbe80f47b1933940c97872ccca", 5 /* notice */, "policy")      \
	X(CUT, "ff932e5dd1bf4861812e5c37647cd6ac", 4 /* warning */, "cut")

/* The first ones are enum ew_verdict. */
enum ew_message {
#define X(id, message_id, priority, word) EW_MESSAGE_##id,
	EW_MESSAGES(X)
#undef X
		EW_MESSAGE_MAX
};

#endif
