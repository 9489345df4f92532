/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy_yaml.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

#include "utf8.h"

#define BLOCK_SIZE (256U << 10) /* bytes */

/*
 * The nodes and texts of a tree lie one after the other in few blocks of memory, as there can be millions of them. The
 * root is the first of all, so the first block can be told from it.
 */
struct block {
	struct block *next;
	size_t room; /* bytes in it, and how many of them are used */
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

struct builder {
	const char *file;
	struct ew_diagnostics *diag;
	const unsigned char *text; /* what the parser reads */
	size_t length;
	struct block *first, *last;
	struct ew_node *root;
	struct {
		struct ew_node *node;
		size_t begin;	   /* of its items among the pending ones */
	} open[EW_YAML_DEPTH_MAX]; /* collections that have not ended, outermost first */
	struct ew_node **pending;  /* their items so far */
	size_t n_pending, pending_room;
	size_t depth;
	size_t n_nodes;
	unsigned int documents;
};

/* Why CHARACTER cannot be in a policy file, or NULL. NEXT is the byte after it, or -1. */
static const char *refused_character(uint32_t character, int next)
{
	switch (character) {
	case 0:
		return "NUL byte";
	case '\r':
		return next == '\n' ? NULL : "carriage return without a line feed";
	case 0x85:
	case 0x2028:
	case 0x2029:
		/* To YAML they end a line, also that of a comment, in most editors they do not. */
		return "invisible line separator";
	case 0xfeff:
		return "byte order mark inside the file";
	}
	if ((character < 0x20 && character != '\t' && character != '\n') || (character >= 0x7f && character < 0xa0))
		return "control character";
	if ((character & 0xfffe) == 0xfffe)
		return "character that YAML does not allow";
	return NULL;
}

/*
 * Every byte is looked at before libyaml sees any: it says "control characters are not allowed" without a place, and
 * only for the first. Here the first of each line is told, and then the file is given up.
 */
static int check_characters(const struct builder *b)
{
	unsigned int line = 1, column = 1, told = 0;
	size_t length, before = b->diag->n_errors;

	for (size_t i = 0; i < b->length; i += length, column++) {
		int next = i + 1 < b->length ? b->text[i + 1] : -1;
		uint32_t character = 0;
		const char *why;

		length = 1;
		if (b->text[i] >= 0x20 && b->text[i] < 0x7f)
			continue;
		length = ew_utf8_decode(b->text + i, b->length - i, &character);
		if (!length) {
			if (told != line)
				ew_diagnose_error(b->diag, b->file, line, column,
						  "invalid UTF-8, byte 0x%02x; expected text in UTF-8", b->text[i]);
			told = line;
			length = 1;
			continue;
		}
		why = refused_character(character, next);
		if (why && told != line) {
			ew_diagnose_error(b->diag, b->file, line, column, "%s (U+%04X); expected printable text", why,
					  character);
			told = line;
		}
		if (character == '\n') {
			line++;
			column = 0;
		}
	}
	return b->diag->n_errors == before ? 0 : -EINVAL;
}

static unsigned int line_of(yaml_mark_t mark)
{
	return (unsigned int)mark.line + 1;
}

static unsigned int column_of(yaml_mark_t mark)
{
	return (unsigned int)mark.column + 1;
}

/* SIZE bytes for the tree, or NULL. */
static void *take(struct builder *b, size_t size)
{
	struct block *block = b->last;
	size_t room;

	size = (size + _Alignof(struct ew_node) - 1) / _Alignof(struct ew_node) * _Alignof(struct ew_node);
	if (!block || block->room - block->used < size) {
		room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->next = NULL;
		block->room = room;
		block->used = 0;
		*(b->last ? &b->last->next : &b->first) = block;
		b->last = block;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

/* An item of the innermost collection that has not ended. */
static int append(struct builder *b, struct ew_node *item)
{
	if (b->n_pending == b->pending_room) {
		size_t room = b->pending_room ? 2 * b->pending_room : 1024;
		struct ew_node **grown = reallocarray(b->pending, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		b->pending = grown;
		b->pending_room = room;
	}
	b->pending[b->n_pending++] = item;
	return 0;
}

/* Adds a node where the parser is, owned by the tree from then on. */
static int add_node(struct builder *b, const yaml_event_t *event, enum ew_node_type type, struct ew_node **out)
{
	struct ew_node *node;

	if (b->n_nodes >= EW_YAML_NODES_MAX) {
		ew_diagnose_error(b->diag, b->file, line_of(event->start_mark), column_of(event->start_mark),
				  "too many values; expected at most %d in a file", EW_YAML_NODES_MAX);
		return -EINVAL;
	}
	node = take(b, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct ew_node){
		.type = type,
		.line = line_of(event->start_mark),
		.column = column_of(event->start_mark),
	};
	if (!b->depth)
		b->root = node;
	else if (append(b, node))
		return -ENOMEM;
	b->n_nodes++;
	*out = node;
	return 0;
}

static void refuse_properties(struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
			      const yaml_char_t *tag)
{
	unsigned int line = line_of(event->start_mark), column = column_of(event->start_mark);
	struct ew_shown shown;

	if (anchor)
		ew_diagnose_error(b->diag, b->file, line, column, "anchor \"&%s\"; expected a value without an anchor",
				  ew_shown((const char *)anchor, &shown));
	if (tag)
		ew_diagnose_error(b->diag, b->file, line, column, "tag \"%s\"; expected a value without a tag",
				  ew_shown((const char *)tag, &shown));
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
	struct ew_node *node;
	int err = add_node(b, event, EW_NODE_SCALAR, &node);

	if (err)
		return err;
	refuse_properties(b, event, event->data.scalar.anchor, event->data.scalar.tag);
	node->length = event->data.scalar.length;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = take(b, node->length + 1);
	if (!node->text)
		return -ENOMEM;
	/* libyaml ends it by a NUL */
	memcpy(node->text, event->data.scalar.value, node->length + 1);
	return 0;
}

static int on_alias(struct builder *b, const yaml_event_t *event)
{
	struct ew_node *node;
	struct ew_shown shown;
	int err = add_node(b, event, EW_NODE_ALIAS, &node);

	if (!err)
		ew_diagnose_error(
			b->diag, b->file, node->line, node->column,
			"alias \"*%s\"; expected the value itself (a text that begins with \"*\" needs quotes)",
			ew_shown((const char *)event->data.alias.anchor, &shown));
	return err;
}

static int on_start(struct builder *b, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	struct ew_node *node;
	int err;

	if (b->depth == EW_YAML_DEPTH_MAX) {
		ew_diagnose_error(b->diag, b->file, line_of(event->start_mark), column_of(event->start_mark),
				  "nested too deep; expected at most %d levels", EW_YAML_DEPTH_MAX);
		return -EINVAL;
	}
	err = add_node(b, event, mapping ? EW_NODE_MAPPING : EW_NODE_SEQUENCE, &node);
	if (err)
		return err;
	if (mapping)
		refuse_properties(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
	else
		refuse_properties(b, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
	b->open[b->depth].node = node;
	b->open[b->depth++].begin = b->n_pending;
	return 0;
}

/* The items of the innermost collection are known now. */
static int on_end(struct builder *b)
{
	struct ew_node *node = b->open[--b->depth].node;
	size_t begin = b->open[b->depth].begin, n = b->n_pending - begin;

	if (!n)
		return 0;
	node->items = take(b, n * sizeof(*node->items));
	if (!node->items)
		return -ENOMEM;
	memcpy(node->items, b->pending + begin, n * sizeof(*node->items));
	node->n = n;
	b->n_pending = begin;
	return 0;
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++b->documents == 1)
			return 0;
		/* The rest would be told as mistakes of a policy that nobody wrote. */
		ew_diagnose_error(b->diag, b->file, line_of(event->start_mark), column_of(event->start_mark),
				  "another document; expected one in a file");
		return -EINVAL;
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_start(b, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(b);
	default:
		return 0;
	}
}

/* What libyaml says, at the place it says, except for the mistake that it explains worst. */
static int on_syntax_error(const struct builder *b, const yaml_parser_t *parser)
{
	const yaml_mark_t mark = parser->problem_mark;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_SCANNER_ERROR && mark.index < b->length &&
	    strstr(problem, "cannot start any token")) {
		size_t at = 0, length;
		uint32_t character = 0;

		/* The mark counts characters. */
		for (size_t i = 0; i <= mark.index && at < b->length; i++, at += length)
			length = ew_utf8_decode(b->text + at, b->length - at, &character);
		if (character == '\t') {
			ew_diagnose_error(b->diag, b->file, line_of(mark), column_of(mark),
					  "tab used to indent; expected spaces");
			return -EINVAL;
		}
	}
	ew_diagnose_error(b->diag, b->file, line_of(mark), column_of(mark), "%s%s%s; expected YAML", problem,
			  parser->context ? " " : "", parser->context ? parser->context : "");
	return -EINVAL;
}

static int parse_events(struct builder *b)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, b->text, b->length);
	while (!end && !err) {
		if (!yaml_parser_parse(&parser, &event)) {
			err = on_syntax_error(b, &parser);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		err = on_event(b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err;
}

static void free_blocks(struct block *block)
{
	while (block) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

int ew_yaml_parse(const char *file, const char *text, size_t length, struct ew_node **out, struct ew_diagnostics *diag)
{
	struct builder b = {.file = file, .diag = diag, .text = (const unsigned char *)text, .length = length};
	int err;

	err = check_characters(&b);
	if (!err)
		err = parse_events(&b);
	/* "---" alone makes a document that holds an empty scalar. */
	if (!err && (!b.root || (b.root->type == EW_NODE_SCALAR && b.root->plain && !b.root->length))) {
		ew_diagnose_error(diag, file, 1, 1, "empty file; expected a policy that begins with \"version: 1\"");
		err = -EINVAL;
	}
	free(b.pending);
	if (err)
		free_blocks(b.first);
	else
		*out = b.root;
	return err;
}

const struct ew_node *ew_node_get(const struct ew_node *mapping, const char *key)
{
	if (!mapping || mapping->type != EW_NODE_MAPPING)
		return NULL;
	for (size_t i = 0; i + 1 < mapping->n; i += 2) {
		if (mapping->items[i]->type == EW_NODE_SCALAR && EW_STREQ(mapping->items[i]->text, key))
			return mapping->items[i + 1];
	}
	return NULL;
}

const struct ew_node *ew_node_item(const struct ew_node *sequence, size_t index)
{
	if (!sequence || sequence->type != EW_NODE_SEQUENCE || index >= sequence->n)
		return NULL;
	return sequence->items[index];
}

void ew_node_free(struct ew_node **root)
{
	if (*root)
		free_blocks((struct block *)((char *)*root - offsetof(struct block, bytes)));
	*root = NULL;
}
