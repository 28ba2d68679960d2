/*
 * drillbox as a login shell: the user 'history' reads the box over SSH, and
 * there is no shell behind it.
 *
 *     if (login_asked(argc, argv)) {
 *             CLEANUP(strings_done) struct strings words = {0};
 *             if (login_open(argc, argv, &words, err) < 0)
 *                     return say_error(err);
 *             ... run the verb words.items[0]; none: greet, then end
 *     }
 *
 * The account's shell is the program itself (/usr/bin/drillbox in passwd). sshd
 * starts it as '-drillbox' for a login without a command and as 'drillbox -c
 * TEXT' for everything else: what the client typed, a forced command, a
 * subsystem (sftp), scp, rsync, ~/.ssh/rc. No verb's spelling begins with '-c',
 * so those two are how it knows. TEXT is taken apart by model/request.h and by
 * nothing else; standard input is never read.
 *
 * What a key may ask beyond reading stands in front of it in authorized_keys:
 *
 *     restrict ssh-ed25519 AAAA...                          status, history, show, dumps
 *     restrict,command="allow fetch" ssh-ed25519 AAAA...    and fetch
 *     restrict,command="allow drill fetch" ssh-ed...        and drill: the daemon does it, see run/control.h
 *
 * A client can type 'allow fetch' as well, and gains nothing by it: that text
 * only says which rights the request in SSH_ORIGINAL_COMMAND has, and for a
 * client's own text there is none. sshd sets that variable after every other
 * and only beside a forced command, so rights and request come together or not
 * at all. (The other way, 'environment=' in authorized_keys, wants
 * PermitUserEnvironment, which opens more than it gives.) A client could send
 * a variable of that name only to a server that accepts it (AcceptEnv); SetEnv
 * below overwrites even that, and is itself overwritten by a forced command's.
 *
 * For /etc/ssh/sshd_config.d, with the keys in a file of root's that the user
 * cannot write:
 *
 *     Match User history
 *         AuthenticationMethods publickey
 *         PasswordAuthentication no
 *         KbdInteractiveAuthentication no
 *         AuthorizedKeysFile /etc/ssh/authorized_keys/%u
 *         SetEnv SSH_ORIGINAL_COMMAND=
 *         DisableForwarding yes
 *         PermitTTY no
 *         PermitUserRC no
 *     Match all
 *
 * No ForceCommand there: it would take the place of the keys' own. And no
 * 'Subsystem sftp internal-sftp' in sshd_config: sshd serves that one itself,
 * without asking any shell, to a key that has no command of its own.
 *
 * The user needs to read: the configuration, and DATA as a member of the groups
 * drillbox-read and, for fetch, drillbox-fetch (store/store.h, ledger/ledger.h);
 * for drill it is a member of drillbox-drill (run/control.h).
 */
#ifndef DRILLBOX_RUN_LOGIN_H
#define DRILLBOX_RUN_LOGIN_H

#include "base/error.h"
#include "base/text.h"

/* Whether the program was started as somebody's shell. */
bool login_asked(int argc, char **argv);

/*
 * The words of the request, none for a login without one. From here on the
 * process has an environment of TERM and NO_COLOR alone, no descriptor beyond
 * the standard three, an empty standard input, and the kernel lets it start no
 * other process. A refusal (ERR_USAGE) is in the system log, with who asked.
 */
MUST_CHECK int login_open(int argc, char **argv, struct strings *ret_words, struct error *err);

/* After the status, for a login without a request: what can be asked. To standard output. */
void login_greet(void);

#endif
