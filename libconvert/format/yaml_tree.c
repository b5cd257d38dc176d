/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "format/yaml_tree.h"

#define DEPTH_MAX 64
#define NODES_MAX 65536

/*
 * libyaml counts positions in characters, not bytes.  It reads a copy in which
 * every byte beyond ASCII is '~', so that the two are the same; we compare
 * values with ASCII words only.
 */
static char *ascii_copy(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	for (size_t i = 0; copy && i < len; i++)
		copy[i] = (unsigned char)text[i] < 0x80 ? text[i] : '~';
	if (copy)
		copy[len] = '\0';
	return copy;
}

struct builder {
	struct yaml_tree *t;
	size_t skip;		  /* bytes of a byte order mark */
	size_t open[DEPTH_MAX];	  /* collections that are not closed */
	size_t newest[DEPTH_MAX]; /* the newest child of each; 0: none */
	size_t depth;
};

static int add_node(struct builder *b, const struct yaml_node *node,
		    struct cvt_error *err)
{
	struct yaml_tree *t = b->t;
	struct yaml_node *grown = t->v;

	if (t->n >= NODES_MAX)
		return error_set(err, -E2BIG, "more than %d YAML nodes", NODES_MAX);
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((t->n & (t->n - 1)) == 0)
		grown = realloc(t->v, (t->n ? 2 * t->n : 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	t->v = grown;
	t->v[t->n] = *node;
	t->v[t->n].last = t->n;
	if (b->depth > 0) {
		if (b->newest[b->depth - 1])
			t->v[b->newest[b->depth - 1]].next = t->n;
		b->newest[b->depth - 1] = t->n;
	}
	t->n++;
	return 0;
}

static int open_node(struct builder *b, const struct yaml_node *node,
		     struct cvt_error *err)
{
	int r;

	if (b->depth == DEPTH_MAX)
		return error_set(err, -E2BIG, "YAML deeper than %d levels", DEPTH_MAX);
	r = add_node(b, node, err);
	if (r < 0)
		return r;
	b->open[b->depth] = b->t->n - 1;
	b->newest[b->depth++] = 0;
	return 0;
}

static void close_node(struct builder *b, size_t end)
{
	struct yaml_node *node = &b->t->v[b->open[--b->depth]];

	node->last = b->t->n - 1;
	/* The mark of a block's end stands behind the comments that follow. */
	node->end = node->is_flow || !b->newest[b->depth]
			    ? end
			    : b->t->v[b->newest[b->depth]].end;
}

static int add_scalar(struct builder *b, const yaml_event_t *e, struct yaml_node *node,
		      struct cvt_error *err)
{
	int r;

	node->kind = YAML_SCALAR;
	node->is_anchored = e->data.scalar.anchor != NULL;
	node->value = strdup((const char *)e->data.scalar.value);
	if (!node->value)
		return error_nomem(err);
	r = add_node(b, node, err);
	if (r < 0)
		free(node->value);
	return r;
}

static int add_event(struct builder *b, const yaml_event_t *e, struct cvt_error *err)
{
	size_t end = e->end_mark.index + b->skip;
	struct yaml_node node = { .at = e->start_mark.index + b->skip, .end = end };

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(b, e, &node, err);
	case YAML_ALIAS_EVENT:
		node.kind = YAML_ALIAS;
		return add_node(b, &node, err);
	case YAML_MAPPING_START_EVENT:
		node.kind = YAML_MAPPING;
		node.is_flow = e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		node.is_anchored = e->data.mapping_start.anchor != NULL;
		return open_node(b, &node, err);
	case YAML_SEQUENCE_START_EVENT:
		node.kind = YAML_SEQUENCE;
		node.is_flow = e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
		node.is_anchored = e->data.sequence_start.anchor != NULL;
		return open_node(b, &node, err);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_node(b, end);
		return 0;
	default:
		return 0;
	}
}

static int build(yaml_parser_t *parser, struct builder *b, struct cvt_error *err)
{
	struct yaml_node documents = { .kind = YAML_SEQUENCE };
	int r = open_node(b, &documents, err);
	bool more = true;

	while (r == 0 && more) {
		yaml_event_t e;

		if (!yaml_parser_parse(parser, &e))
			return error_set(err, -EINVAL, "line %zu: %s",
					 parser->problem_mark.line + 1,
					 parser->problem ? parser->problem : "no YAML");
		more = e.type != YAML_STREAM_END_EVENT;
		r = add_event(b, &e, err);
		yaml_event_delete(&e);
	}
	if (r == 0)
		close_node(b, 0);
	return r;
}

static int refuse(const struct yaml_tree *t, size_t node, const char *why,
		  struct cvt_error *err)
{
	size_t line = 1;

	for (size_t i = 0; i < t->v[node].at; i++)
		line += t->text[i] == '\n';
	return error_set(err, -ENOTSUP, "line %zu: %s", line, why);
}

struct key {
	size_t map;
	const char *name;
	size_t node;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->map != y->map)
		return x->map < y->map ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* YAML 1.2, 3.2.1.1: keys are unique.  Of two no edit could be sure to mean the one that
 * counts.
 */
static int check_keys(const struct yaml_tree *t, struct cvt_error *err)
{
	CLEANUP_FREE struct key *keys = calloc(t->n, sizeof(*keys));
	size_t n = 0;

	if (!keys)
		return error_nomem(err);
	for (size_t map = 0; map < t->n; map++) {
		if (t->v[map].kind != YAML_MAPPING)
			continue;
		for (size_t i = yaml_first(t, map); i; i = t->v[t->v[i].next].next)
			if (t->v[i].kind == YAML_SCALAR)
				keys[n++] = (struct key){ map, t->v[i].value, i };
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (compare_keys(&keys[i - 1], &keys[i]) == 0)
			return refuse(t, keys[i].node, "a key stands twice", err);
	return 0;
}

int yaml_tree_parse(const char *text, struct yaml_tree *ret, struct cvt_error *err)
{
	CLEANUP_YAML_TREE struct yaml_tree t = { .text = text };
	struct builder b = { .t = &t };
	size_t len = strlen(text);
	CLEANUP_FREE char *copy = NULL;
	yaml_parser_t parser;
	int r;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		b.skip = 3;
	copy = ascii_copy(text + b.skip, len - b.skip);
	if (!copy || !yaml_parser_initialize(&parser))
		return error_nomem(err);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)copy, len - b.skip);
	r = build(&parser, &b, err);
	yaml_parser_delete(&parser);
	if (r == 0)
		r = check_keys(&t, err);
	if (r < 0)
		return r;
	*ret = t;
	t = (struct yaml_tree){ 0 };
	return 0;
}

void yaml_tree_clear(struct yaml_tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].value);
	free(t->v);
	*t = (struct yaml_tree){ 0 };
}

size_t yaml_first(const struct yaml_tree *t, size_t node)
{
	return t->v[node].last > node ? node + 1 : 0;
}

size_t yaml_key(const struct yaml_tree *t, size_t map, const char *key)
{
	size_t i;

	if (map == 0 || t->v[map].kind != YAML_MAPPING)
		return 0;
	for (i = yaml_first(t, map); i; i = t->v[t->v[i].next].next)
		if (t->v[i].kind == YAML_SCALAR && strcmp(t->v[i].value, key) == 0)
			return i;
	return 0;
}

size_t yaml_get(const struct yaml_tree *t, size_t map, const char *key)
{
	return t->v[yaml_key(t, map, key)].next;
}

const char *yaml_value(const struct yaml_tree *t, size_t node)
{
	return node && t->v[node].kind == YAML_SCALAR ? t->v[node].value : "";
}

/* The last node of the entry that starts with @i: the value of a pair, or the item. */
static size_t entry_end(const struct yaml_tree *t, size_t map, size_t i)
{
	return t->v[map].kind == YAML_MAPPING ? t->v[i].next : i;
}

static size_t line_start(const char *text, size_t at)
{
	while (at > 0 && text[at - 1] != '\n')
		at--;
	return at;
}

static int check_anchors(const struct yaml_tree *t, size_t node, struct cvt_error *err)
{
	for (size_t i = node; i <= t->v[node].last; i++)
		if (t->v[i].is_anchored)
			return refuse(t, i, "an anchor stands where a change is needed",
				      err);
	return 0;
}

/* Whole lines: nothing but blanks and the dash of an item may stand before the entry, and
 * nothing but a comment behind it.
 */
static int remove_lines(const struct yaml_tree *t, size_t first, size_t last,
			struct splices *out, struct cvt_error *err)
{
	const char *text = t->text;
	size_t at = line_start(text, t->v[first].at), end = t->v[last].end;
	size_t before = at + strspn(text + at, " ");

	if (text[before] == '-' && before < t->v[first].at)
		before += 1 + strspn(text + before + 1, " ");
	if (before != t->v[first].at)
		return refuse(t, first, "the line holds more than what is to go", err);
	if (end == 0 || text[end - 1] != '\n') {
		end += strspn(text + end, " \t\r");
		if (text[end] == '#')
			end += strcspn(text + end, "\n");
		if (text[end] != '\n' && text[end] != '\0')
			return refuse(t, last, "the line holds more than what is to go",
				      err);
		end += text[end] == '\n';
	}
	return splice_drop(out, at, end - at) < 0 ? error_nomem(err) : 0;
}

static int remove_entries(const struct yaml_tree *t, size_t node, struct splices *out,
			  struct cvt_error *err)
{
	size_t kept_end = 0, gone_end = 0, next;
	int r = 0;

	for (size_t i = yaml_first(t, node); r == 0 && i; i = next) {
		size_t last = entry_end(t, node, i);

		next = t->v[last].next;
		gone_end = 0;
		if (!t->v[i].is_gone) {
			kept_end = t->v[last].end;
			continue;
		}
		gone_end = t->v[last].end;
		if (!t->v[node].is_flow)
			r = remove_lines(t, i, last, out, err);
		else if (next &&
			 splice_drop(out, t->v[i].at, t->v[next].at - t->v[i].at) < 0)
			r = error_nomem(err);
	}
	/* In a flow the comma before the last entries goes with them. */
	if (r == 0 && t->v[node].is_flow && gone_end > 0 &&
	    splice_drop(out, kept_end, gone_end - kept_end) < 0)
		r = error_nomem(err);
	return r;
}

static int empty_collection(const struct yaml_tree *t, size_t key, size_t node,
			    struct splices *out, struct cvt_error *err)
{
	const struct yaml_node *n = &t->v[node];
	const char *empty = n->kind == YAML_MAPPING ? "{}" : "[]";
	size_t colon;

	if (n->is_flow)
		return splice_add(out, n->at, n->end - n->at, "%s", empty) < 0
			       ? error_nomem(err)
			       : 0;
	colon = t->v[key].end + strspn(t->text + t->v[key].end, " \t");
	if (key == 0 || t->text[colon] != ':')
		return refuse(t, node, "nothing would be left here", err);
	return splice_add(out, colon + 1, 0, " %s", empty) < 0 ? error_nomem(err) : 0;
}

int yaml_remove_gone(const struct yaml_tree *t, size_t key, size_t node,
		     struct splices *out, struct cvt_error *err)
{
	bool any_gone = false, any_kept = false;
	int r = 0;

	for (size_t i = yaml_first(t, node), last; r == 0 && i; i = t->v[last].next) {
		last = entry_end(t, node, i);
		any_kept = any_kept || !t->v[i].is_gone;
		if (!t->v[i].is_gone)
			continue;
		any_gone = true;
		r = check_anchors(t, i, err);
		if (r == 0 && last != i)
			r = check_anchors(t, last, err);
	}
	if (r < 0 || !any_gone)
		return r;
	if (!any_kept) {
		r = empty_collection(t, key, node, out, err);
		if (r < 0 || t->v[node].is_flow)
			return r;
	}
	return remove_entries(t, node, out, err);
}

int yaml_replace_pair(const struct yaml_tree *t, size_t key, const char *text,
		      struct splices *out, struct cvt_error *err)
{
	size_t value = t->v[key].next, at = t->v[key].at, end = t->v[value].end;
	int r = check_anchors(t, key, err);

	if (r == 0)
		r = check_anchors(t, value, err);
	if (r < 0)
		return r;
	return splice_add(out, at, end - at, "%s", text) < 0 ? error_nomem(err) : 0;
}

int yaml_set_scalar(const struct yaml_tree *t, size_t node, const char *value,
		    struct splices *out, struct cvt_error *err)
{
	const struct yaml_node *n = &t->v[node];
	char quote = t->text[n->at];
	int r = n->kind != YAML_SCALAR ? refuse(t, node, "no plain value", err)
				       : check_anchors(t, node, err);

	if (r < 0)
		return r;
	if (quote == '"' || quote == '\'')
		r = splice_add(out, n->at, n->end - n->at, "%c%s%c", quote, value, quote);
	else
		r = splice_add(out, n->at, n->end - n->at, "%s%s",
			       n->at == n->end ? " " : "", value);
	return r < 0 ? error_nomem(err) : 0;
}
