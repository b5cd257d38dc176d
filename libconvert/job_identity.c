/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the caller wants of the guest's identity. */
#include <config.h>

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "format/hostname.h"
#include "job.h"

#define KEYS_MAX 64
#define KEYS_BYTES_MAX ((size_t)64 << 10)

static bool is_account(const char *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	const size_t n = strlen(s);

	return n > 0 && n <= 32 && s[0] != '-' && s[0] != '.' && strspn(s, letters) == n;
}

/* A public key, maybe behind options (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
static bool is_key_line(const char *line)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-",
					     "sk-ecdsa-" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *type = strstr(line, types[i]);

		if (type && (type == line || type[-1] == ' ' || type[-1] == '\t') &&
		    strstr(type, " AAAA"))
			return true;
	}
	return false;
}

static bool are_keys(const char *text)
{
	CLEANUP_FREE char *copy = strdup(text);
	size_t n = 0;
	char *rest = NULL;

	for (char *line = copy ? strtok_r(copy, "\r\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (*line == '#')
			continue;
		if (!is_key_line(line))
			return false;
		n++;
	}
	return n > 0;
}

/* It goes through a channel of JSON. */
static bool is_text(const struct bytes *b)
{
	json_t *string = b->len > 0 ? json_stringn(b->data, b->len) : NULL;
	const bool ok = string && !bytes_has_nul(b);

	json_decref(string);
	return ok;
}

static int read_keys(const char *file, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_FCLOSE FILE *f = fopen(file, "re");
	char buf[4096];
	size_t n;

	if (!f)
		return error_raise(err, ERR_USAGE, file, "%s", strerror(errno));
	while (ret->len <= KEYS_BYTES_MAX && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		if (bytes_append(ret, buf, n) < 0)
			return error_nomem(err);
	if (ferror(f))
		return error_raise(err, ERR_USAGE, file, "%s", strerror(errno));
	if (ret->len > KEYS_BYTES_MAX)
		return error_raise(err, ERR_USAGE, file, "has more than %zu KiB",
				   KEYS_BYTES_MAX >> 10);
	if (!is_text(ret) || !are_keys(ret->data))
		return error_raise(
			err, ERR_USAGE, file,
			"is no file of public SSH keys, as ssh-keygen writes NAME.pub");
	return 0;
}

int job_add_ssh_key(struct cvt *c, const char *user, const char *text,
		    struct cvt_error *err)
{
	struct request_ssh_key *grown =
		realloc(c->ssh_keys, (c->request.n_ssh_keys + 1) * sizeof(*grown));
	struct request_ssh_key k = { strdup(user), strdup(text) };

	if (grown)
		c->request.ssh_keys = c->ssh_keys = grown;
	if (!grown || !k.user || !k.text) {
		free(k.user);
		free(k.text);
		return error_nomem(err);
	}
	c->ssh_keys[c->request.n_ssh_keys++] = k;
	return 0;
}

int cvt_add_ssh_key(struct cvt *c, const char *file, const char *user,
		    struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	int r;

	if (user && !is_account(user))
		return error_raise(err, ERR_USAGE, NULL, "'%s' is no name of an account",
				   user);
	if (c->request.n_ssh_keys == KEYS_MAX)
		return error_raise(err, ERR_USAGE, file, "more than %d files of keys",
				   KEYS_MAX);
	r = read_keys(file, &text, err);
	return r < 0 ? r : job_add_ssh_key(c, user ? user : "root", text.data, err);
}

int cvt_set_hostname(struct cvt *c, const char *name, struct cvt_error *err)
{
	char *copy = name ? strdup(name) : NULL;

	if (name && !hostname_is_valid(name)) {
		free(copy);
		return error_raise(err, ERR_USAGE, NULL,
				   "'%s' is no host name: at most 64 letters, digits and "
				   "hyphens between dots",
				   name);
	}
	if (name && !copy)
		return error_nomem(err);
	free(c->hostname);
	c->request.hostname = c->hostname = copy;
	return 0;
}

void cvt_set_remove_machine_id(struct cvt *c, int remove)
{
	c->request.remove_machine_id = remove != 0;
}

void job_clear_identity(struct cvt *c)
{
	for (size_t i = 0; i < c->request.n_ssh_keys; i++) {
		free(c->ssh_keys[i].user);
		free(c->ssh_keys[i].text);
	}
	free(c->ssh_keys);
	free(c->hostname);
}
