/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ui.h"

static int fail(struct cvt_error *err, enum cvt_exit exit, const char *what,
		const char *path)
{
	*err = (struct cvt_error){ .code = -errno, .exit = exit };
	snprintf(err->id, sizeof(err->id), exit == CVT_EXIT_USAGE ? "usage" : "internal");
	snprintf(err->path, sizeof(err->path), "%s", path);
	snprintf(err->msg, sizeof(err->msg), "%s %s: %s", what, path, strerror(errno));
	snprintf(err->remedy, sizeof(err->remedy),
		 "check the path, permissions and space");
	return exit;
}

int ui_open_events(struct ui *ui, const char *where, struct cvt_error *err)
{
	if (strncasecmp(where, "fd:", 3) == 0) {
		char *end;
		long fd = strtol(where + 3, &end, 10);

		errno = EBADF;
		if (end > where + 3 && *end == '\0' && fd >= 0 && fd < 65536 &&
		    fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0)
			ui->events = fdopen((int)fd, "w");
	} else {
		ui->events = fopen(where, "we");
	}
	return ui->events ? CVT_EXIT_OK : fail(err, CVT_EXIT_USAGE, "events to", where);
}

/* A new name beside @path.  What is no regular file, a pipe say, is written as it is: a
 * rename would replace it.
 */
int ui_open_report(struct ui *ui, const char *path, struct cvt_error *err)
{
	struct stat st;
	mode_t mask;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		ui->report = fopen(path, "we");
		return ui->report ? CVT_EXIT_OK
				  : fail(err, CVT_EXIT_USAGE, "report to", path);
	}
	ui->report_path = strdup(path);
	if (!ui->report_path || asprintf(&ui->report_temp, "%s.XXXXXX", path) < 0) {
		ui->report_temp = NULL;
		return fail(err, CVT_EXIT_INTERNAL, "report to", path);
	}
	fd = mkostemp(ui->report_temp, O_CLOEXEC);
	if (fd >= 0) {
		mask = umask(0);
		umask(mask);
		(void)fchmod(fd, 0666 & ~mask);
		ui->report = fdopen(fd, "w");
	} else {
		free(ui->report_temp);
		ui->report_temp = NULL;
	}
	return ui->report ? CVT_EXIT_OK : fail(err, CVT_EXIT_USAGE, "report to", path);
}

/* The heartbeat writes events too, until it is told to stop. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;

static void stop_beat(struct ui *ui)
{
	if (!ui->beats)
		return;
	pthread_mutex_lock(&lock);
	ui->beats = false;
	pthread_cond_signal(&stopped);
	pthread_mutex_unlock(&lock);
	(void)pthread_join(ui->beat, NULL);
}

void ui_close(struct ui *ui)
{
	stop_beat(ui);
	if (ui->report)
		fclose(ui->report);
	if (ui->report_temp)
		unlink(ui->report_temp);
	if (ui->events)
		fclose(ui->events);
	free(ui->report_path);
	free(ui->report_temp);
	free(ui->job);
	json_decref(ui->labels);
}

/* Length of the UTF-8 sequence at @s, or 0; overlong ones do no harm here. */
static size_t sequence(const unsigned char *s)
{
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* No terminal control comes from a guest: C0 but @allowed, DEL, C1, what is no UTF-8. */
static void put_safe(FILE *out, const char *text, const char *allowed)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t n = sequence(p);

		if (n == 0 || (*p < 0x20 && !strchr(allowed, *p)) || *p == 0x7f ||
		    (p[0] == 0xc2 && p[1] < 0xa0))
			putc('?', out);
		else
			fwrite(p, 1, n, out);
		p += n > 0 ? n : 1;
	}
}

/* A line without its end. */
static void put_line_of(FILE *out, char *line, const char *color, bool safe)
{
	fputs(color, out);
	if (safe)
		put_safe(out, line, "\t");
	else
		fputs(line, out);
	fputs(*color ? COLOR_OFF "\n" : "\n", out);
}

void ui_print(const struct ui *ui, const char *text,
	      const char *(*color_of)(const char *line))
{
	bool colored = color_of && color_is_on(ui->color, stdout);
	bool safe = isatty(STDOUT_FILENO);
	char *copy = colored || safe ? strdup(text) : NULL;

	if (!copy) {
		fputs(text, stdout);
		return;
	}
	for (char *line = copy, *end; *line; line = end) {
		size_t n = strcspn(line, "\n");

		end = line + n + (line[n] == '\n');
		line[n] = '\0';
		put_line_of(stdout, line, colored ? color_of(line) : "", safe);
	}
	free(copy);
}

static void put_message(struct ui *ui, const char *before, const char *text,
			const char *between, const char *remedy)
{
	bar_clear(&ui->bar);
	fputs(PROGRAM ": ", stderr);
	fputs(before, stderr);
	put_safe(stderr, text, "");
	fputs(between, stderr);
	put_safe(stderr, remedy, "");
	putc('\n', stderr);
}

void ui_error(struct ui *ui, const struct cvt_error *err)
{
	put_message(ui, "", err->msg, err->remedy[0] ? "; " : "", err->remedy);
}

/* jansson refuses what is no UTF-8. */
static json_t *any_string(const char *text)
{
	json_t *s = json_string(text);
	char *copy = s ? NULL : strdup(text);

	for (char *p = copy; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	if (copy)
		s = json_string(copy);
	free(copy);
	return s;
}

/* The time of an event, with milliseconds, as RFC 3339 has it. */
static json_t *now(void)
{
	struct timespec t;
	struct tm tm;
	char text[32];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", t.tv_nsec / 1000000);
	return json_string(text);
}

void ui_name_job(struct ui *ui, const char *document)
{
	json_t *root = json_loads(document, 0, NULL);
	const char *name = json_string_value(json_object_get(root, "name"));

	ui->job = name ? strdup(name) : NULL;
	ui->labels = json_incref(json_object_get(root, "labels"));
	json_decref(root);
}

/* Takes @event.  A reader that went away is no reason to stop. */
static void put_line(struct ui *ui, json_t *event)
{
	if (ui->job) {
		(void)json_object_set_new(event, "time", now());
		(void)json_object_set_new(event, "job", json_string(ui->job));
		(void)json_object_set(event, "labels",
				      ui->labels ? ui->labels : json_null());
	}
	if (event && json_dumpf(event, ui->events, JSON_COMPACT) == 0) {
		putc('\n', ui->events);
		fflush(ui->events);
	}
	json_decref(event);
}

static void put_event(struct ui *ui, json_t *event)
{
	pthread_mutex_lock(&lock);
	put_line(ui, event);
	pthread_mutex_unlock(&lock);
}

static void *beat(void *data)
{
	struct ui *ui = data;
	struct timespec until;

	pthread_mutex_lock(&lock);
	while (ui->beats) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += ui->heartbeat;
		if (pthread_cond_timedwait(&stopped, &lock, &until) == ETIMEDOUT)
			put_line(ui, json_pack("{ss}", "event", "heartbeat"));
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void on_log(enum cvt_log_level level, const char *line, void *data)
{
	static const char *const names[] = { "warning", "info", "debug" };
	struct ui *ui = data;

	if (ui->events)
		put_event(ui, json_pack("{ss ss so}", "event", "log", "level",
					names[level], "text", any_string(line)));
	if (ui->verbose > (level == CVT_LOG_DEBUG))
		put_message(ui, level == CVT_LOG_WARNING ? "warning: " : "", line, "",
			    "");
}

static void on_progress(const char *stage, unsigned percent, void *data)
{
	struct ui *ui = data;

	if (ui->events)
		put_event(ui, json_pack("{ss so si}", "event", "stage", "stage",
					any_string(stage), "percent", (int)percent));
	if (!ui->quiet)
		bar_show(&ui->bar, stage, percent);
}

void ui_attach(struct ui *ui, struct cvt *c)
{
	cvt_set_log(c, on_log, ui);
	cvt_set_progress(c, on_progress, ui);
	/* Signals are for the thread that does the work. */
	if (ui->events && ui->heartbeat) {
		sigset_t all, before;

		sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		ui->beats = true;
		ui->beats = pthread_create(&ui->beat, NULL, beat, ui) == 0;
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
}

/* What the name of the file asks for. */
static const char *in_format(const struct ui *ui, struct cvt_report *report)
{
	const char *dot = ui->report_path ? strrchr(ui->report_path, '.') : NULL;

	if (dot && (strcasecmp(dot, ".html") == 0 || strcasecmp(dot, ".htm") == 0))
		return cvt_report_html(report);
	if (dot && strcasecmp(dot, ".txt") == 0)
		return cvt_report_text(report);
	return cvt_report_json(report);
}

static int write_report(struct ui *ui, struct cvt_report *report, struct cvt_error *err)
{
	int bad = fputs(in_format(ui, report), ui->report) < 0 ||
		  fflush(ui->report) != 0 ||
		  (ui->report_temp && fsync(fileno(ui->report)) != 0);

	if (!bad && ui->report_temp) {
		bad = rename(ui->report_temp, ui->report_path) != 0;
		if (!bad) {
			free(ui->report_temp);
			ui->report_temp = NULL;
		}
	}
	if (bad)
		fail(err, CVT_EXIT_INTERNAL, "report to",
		     ui->report_path ? ui->report_path : "its file");
	return bad ? -1 : 0;
}

int ui_result(struct ui *ui, struct cvt_report *report, const struct cvt_error *failure,
	      struct cvt_error *err)
{
	bar_clear(&ui->bar);
	if (ui->events && failure)
		put_event(ui, json_pack("{ss ss si ss so}", "event", "result", "status",
					"failed", "exit", failure->exit, "id",
					failure->id, "text", any_string(failure->msg)));
	else if (ui->events)
		put_event(ui, json_pack("{ss ss si}", "event", "result", "status",
					cvt_report_status(report), "exit", 0));
	return ui->report && report ? write_report(ui, report, err) : 0;
}

/* A reader that has seen enough and left is no failure: poll(2) tells it by POLLERR. */
int ui_flush(struct cvt_error *err)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	errno = EIO;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fail(err, CVT_EXIT_INTERNAL, "write to", "standard output");
	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) ? 0 : -1;
}
