/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a file, and of all that was made of the old MAC address of a
 * card which gets another one.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/udev_net.h"
#include "step/network.h"

static int plan_text_change(const struct guest *g, const char *path, char *text,
			    const struct why *why, struct plan *p, struct cvt_error *err)
{
	bool is_rules = strncmp(path, "/etc/udev/", strlen("/etc/udev/")) == 0;

	if (is_rules && udev_net_is_empty(text) &&
	    !udev_net_is_empty(plan_text(p, g, path))) {
		free(text);
		return plan_remove(p, g, path, why, err);
	}
	return plan_write_text(p, g, path, text, why, err);
}

int net_change_text(const struct guest *g, const struct net_format *format,
		    const char *path, const struct nic_change *c, struct plan *p,
		    char **ret, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path);
	struct cvt_error reason = { 0 };
	int r;

	if (!text || !format->rewrite)
		return 0;
	r = format->rewrite(text, c, ret, &reason);
	if (r == -ENOMEM ||
	    (r < 0 && plan_warn(p, "net-file", path, "check the file by hand",
				"left alone: %s", reason.msg) < 0))
		return error_nomem(err);
	return 0;
}

/* The file goes to @to, with @text (taken). */
static int move_file(const struct guest *g, const char *path, const char *to, char *text,
		     const struct why *why, struct plan *p, struct cvt_error *err)
{
	const struct guest_file *file = guest_file(g, path);
	int r = plan_write_text(p, g, to, text, why, err);

	if (r < 0)
		return r;
	if (file)
		plan_set_mode(p, to, file->mode);
	return plan_remove(p, g, path, why, err);
}

int net_change_file(const struct guest *g, const struct net_format *format,
		    const char *path, const struct nic_change *c, const struct why *why,
		    struct plan *p, struct cvt_error *err)
{
	CLEANUP_FREE char *to = NULL;
	char *changed = NULL;
	int r = net_change_text(g, format, path, c, p, &changed, err);

	if (!changed)
		return r;
	if (format->move && format->move(path, c, &to, err) < 0) {
		free(changed);
		return -ENOMEM;
	}
	return to && strcmp(to, path) != 0
		       ? move_file(g, path, to, changed, why, p, err)
		       : plan_text_change(g, path, changed, why, p, err);
}

static const char *new_mac(const struct nic_pin *pin, const struct net_binding *v,
			   size_t n)
{
	for (size_t i = 0; i < n && !pin->to[0] && pin->name[0]; i++)
		if (strcmp(v[i].name, pin->name) == 0)
			return v[i].mac;
	return pin->to;
}

static int find_moves(const struct nic_pin *pins, size_t n_pins,
		      const struct net_binding *v, size_t n, struct nic_move **ret,
		      size_t *n_ret)
{
	struct nic_move *moves = calloc(n_pins + 1, sizeof(*moves));
	size_t count = 0;

	if (!moves)
		return -ENOMEM;
	for (size_t i = 0; i < n_pins; i++) {
		const char *to = new_mac(&pins[i], v, n);

		if (!to[0] || strcmp(to, pins[i].mac) == 0)
			continue;
		memcpy(moves[count].name, pins[i].name, sizeof(moves[count].name));
		memcpy(moves[count].from, pins[i].mac, sizeof(moves[count].from));
		memcpy(moves[count].to, to, strlen(to) + 1);
		count++;
	}
	*ret = moves;
	*n_ret = count;
	return 0;
}

/* "ens3 had ::250:…, and will have ::5054:…" */
static int tell_change(struct bytes *text, const struct nic *nic, const char *from,
		       const char *to)
{
	CLEANUP_FREE char *line = NULL;
	char old[NIC_TOKEN_SIZE] = "", new[NIC_TOKEN_SIZE];

	nic_token(to, new);
	if (from[0])
		nic_token(from, old);
	if (asprintf(&line, "%s%s: %s%s%s", text->len > 0 ? ", " : "",
		     nic->name[0] ? nic->name : from, old, old[0] ? " becomes " : "",
		     new) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return bytes_append(text, line, strlen(line));
}

/* The new address of the card that @nic is for; "": it is not given. */
static const char *given_mac(const struct nic *nic, const struct nic_move *move,
			     const struct net_binding *v, size_t n)
{
	for (size_t i = 0; i < n && nic->name[0]; i++)
		if (strcmp(v[i].name, nic->name) == 0)
			return v[i].mac;
	return move ? move->to : "";
}

static int warn_eui64(const struct nics *nics, const char *path,
		      const struct nic_change *c, const struct net_binding *v, size_t n,
		      struct plan *p)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < nics->n; i++) {
		const struct nic *nic = &nics->v[i];
		const struct nic_move *move = nic_find_move(c, nic->name, nic->mac);
		const char *to;

		if (!move && nic->mac[0])
			move = nic_find_move(c, nic->name, "");
		to = given_mac(nic, move, v, n);
		if (nic->is_eui64 && to[0] && !nic->is_virtual &&
		    !(nic->takes_token && move))
			r = tell_change(&text, nic, move ? move->from : "", to);
	}
	if (r < 0 || text.len == 0)
		return r;
	return plan_warn(
		p, "nic-eui64", path,
		"make the new address known, or give the interface a token or a "
		"fixed address",
		"IPv6 addresses are made of the MAC address, and end differently "
		"now: %s",
		text.data);
}

static int change_moved(const struct guest *g, const struct net_format *format,
			const char *path, const struct nic_change *c,
			const struct net_binding *v, size_t n, struct plan *p,
			struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	const char *text = plan_text(p, g, path);

	if (!text || net_read(format, text, path, &nics, NULL) < 0)
		return 0;
	if (warn_eui64(&nics, path, c, v, n, p) < 0)
		return error_nomem(err);
	if (c->n_moves == 0)
		return 0;
	return net_change_file(g, format, path, c,
			       WHY("net-rebind", "the interface has a new MAC address"),
			       p, err);
}

int net_change_moves(const struct guest *g, const struct net_facts *f,
		     const struct nic_pin *pins, size_t n_pins,
		     const struct net_binding *v, size_t n, struct plan *p,
		     struct cvt_error *err)
{
	CLEANUP_FREE struct nic_move *moves = NULL;
	struct nic_change c = { 0 };
	int r = 0;

	if (find_moves(pins, n_pins, v, n, &moves, &c.n_moves) < 0)
		return error_nomem(err);
	c.moves = moves;
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (f->formats[i])
			r = change_moved(g, f->formats[i], g->files[i].path, &c, v, n, p,
					 err);
	return r;
}
