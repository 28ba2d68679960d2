/*
 * A request: what somebody asks for over SSH, taken apart into the words of a
 * verb by a list of our own. Nothing is expanded and nothing is guessed: what is
 * not on the list is refused whole.
 *
 *     CLEANUP(strings_done) struct strings words = {0};
 *     if (request_read(text, original, &words, err) < 0)
 *             return refuse(err);
 *     -> {"history", "shop", "--json"}; none at all: nothing was asked for
 *
 * A request is words of plain ASCII with exactly one space or tab between them:
 * a verb, then in any order at most one name and each option at most once.
 * Quotes, globs, variables, redirections, paths and the options that are not on
 * the list have no spelling in it. Pure.
 */
#ifndef DRILLBOX_MODEL_REQUEST_H
#define DRILLBOX_MODEL_REQUEST_H

#include "base/error.h"
#include "base/text.h"

#define REQUEST_LONGEST 512 /* bytes: twice what the longest dump's name needs */

/* What a key may ask beyond reading: the words behind "allow" in its line of authorized_keys. */
enum right {
	RIGHT_DRILL = 1 << 0,
	RIGHT_FETCH = 1 << 1,
};

#define RIGHTS_ALL ((unsigned)(RIGHT_DRILL | RIGHT_FETCH))

/*
 * 'command' is what sshd hands the login shell behind -c (NULL: nothing),
 * 'original' its SSH_ORIGINAL_COMMAND (NULL or "": none). A command "allow
 * [RIGHT...]" is the key's own line: it is 'original' that is asked for, with
 * those rights. Any other command is the request itself, with no rights.
 * ERR_USAGE says in one sentence what can be asked.
 */
MUST_CHECK int request_read(const char *command, const char *original, struct strings *ret_words, struct error *err);

/* One request with these rights of enum right. "" is refused like any other that names no verb. */
MUST_CHECK int request_parse(const char *text, unsigned rights, struct strings *ret_words, struct error *err);

/* "status, history [SOURCE], ...": what any key may ask; with 'rights', what those add. Owned by the caller. */
char *request_list(unsigned rights, const char *between);

#endif
