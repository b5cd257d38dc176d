/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What shells need to complete a command line, from the rows: it never lags behind them. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "rows.h"

static void print_options_of(unsigned command, const char *before)
{
	for (size_t i = 0; i < n_rows; i++)
		if (rows[i].commands & command)
			printf("%s--%s", i > 0 ? before : "", rows[i].name);
}

/* After an option with a value comes a file, before the command a command. */
static void print_bash(void)
{
	puts("# " PROGRAM "(1) for bash\n"
	     "_convert_image() {\n"
	     "    local word=${COMP_WORDS[COMP_CWORD]} command= i\n"
	     "    COMPREPLY=()\n"
	     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "        case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break "
	     ";; esac\n"
	     "    done\n"
	     "    case ${COMP_WORDS[COMP_CWORD-1]} in\n"
	     "    --target) COMPREPLY=($(compgen -W \"$(" PROGRAM
	     " targets 2> /dev/null | cut -d' ' -f1)\" -- \"$word\")); return ;;\n"
	     "    esac\n"
	     "    case $command:$word in");
	for (size_t i = 0; i < n_commands; i++) {
		printf("    %s:-*) COMPREPLY=($(compgen -W \"", commands[i].name);
		print_options_of(commands[i].command, " ");
		puts("\" -- \"$word\")) ;;");
	}
	printf("    :*) COMPREPLY=($(compgen -W \"");
	for (size_t i = 0; i < n_commands; i++)
		printf("%s%s", i > 0 ? " " : "", commands[i].name);
	puts("\" -- \"$word\")) ;;\n"
	     "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	     "    esac\n"
	     "}\n"
	     "complete -o filenames -o bashdefault -F _convert_image " PROGRAM);
}

/* Help has no quotes but ' in it, which is doubled or escaped. */
static void print_quoted(const char *text, const char *quote)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs(quote, stdout);
		else
			putchar(*text);
}

static void print_zsh(void)
{
	puts("#compdef " PROGRAM "\n"
	     "local -a commands options\n"
	     "commands=(");
	for (size_t i = 0; i < n_commands; i++) {
		printf("    '%s:", commands[i].name);
		print_quoted(commands[i].help, "'\\''");
		puts("'");
	}
	puts(")\n"
	     "if ((CURRENT == 2)); then\n"
	     "    _describe command commands\n"
	     "    return\n"
	     "fi\n"
	     "case $words[2] in");
	for (size_t i = 0; i < n_commands; i++) {
		printf("%s) options=(", commands[i].name);
		print_options_of(commands[i].command, " ");
		puts(") ;;");
	}
	puts("esac\n"
	     "if [[ $words[CURRENT] == -* ]]; then\n"
	     "    compadd -a options\n"
	     "else\n"
	     "    _files\n"
	     "fi");
}

static void print_fish(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		printf("complete -c " PROGRAM " -n __fish_use_subcommand -f -a %s -d '",
		       commands[i].name);
		print_quoted(commands[i].help, "\\'");
		puts("'");
	}
	for (size_t i = 0; i < n_rows; i++) {
		printf("complete -c " PROGRAM " -n '__fish_seen_subcommand_from");
		for (size_t k = 0; k < n_commands; k++)
			if (rows[i].commands & commands[k].command)
				printf(" %s", commands[k].name);
		printf("' -l %s%s -d '", rows[i].name, rows[i].arg ? " -r" : "");
		print_quoted(rows[i].help, "\\'");
		puts("'");
	}
}

int options_print_completion(const char *shell, struct cvt_error *err)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = { { "bash", print_bash },
		       { "zsh", print_zsh },
		       { "fish", print_fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].shell, shell) == 0) {
			shells[i].print();
			return CVT_EXIT_OK;
		}
	return usage(err, "'completion' takes bash, zsh or fish, not '%s'", shell);
}
