/*
 * What the files of plain share among themselves; nobody else includes it.
 * plain.c has the head and the end, plain_scan.c the bytes, each where it
 * stands, plain_heed.c what comes of them.
 */
#ifndef DRILLBOX_MODEL_PLAIN_INNER_H
#define DRILLBOX_MODEL_PLAIN_INNER_H

#include "model/plain.h"
#include "model/plain_statement.h"

#define PLAIN_HEAD_MOST 128 /* bytes, of the three lines that are looked at first */
#define PLAIN_LINE_MOST 65536 /* bytes of a comment or a command that are kept */
#define PLAIN_SHOWN_MOST 30 /* bytes of what is refused that the sentence shows */

/* Where the next byte stands. */
enum place {
	IN_SQL,
	IN_WORD,
	IN_NUMBER,
	AFTER_MINUS,
	AFTER_SLASH,
	AFTER_U_AND,	 /* U& */
	IN_TAG,		 /* $ta */
	IN_STRING,
	IN_STRING_ESCAPE, /* after a backslash */
	AFTER_STRING,	 /* its quote may be the first of two */
	IN_NAME,	 /* in double quotes */
	AFTER_NAME,
	IN_DOLLARS,
	IN_LINE_COMMENT,
	IN_COMMENT,
	IN_COMMAND,
	BEFORE_ROWS,	 /* between COPY's semicolon and the end of its line */
	IN_ROWS,
};

/* What becomes of the bytes. */
enum sink { SINK_PASS, SINK_HOLD, SINK_DROP };

/* Of the line of COPY's rows, how much of its end mark was seen. */
enum row { ROW_BEGINS, ROW_BACKSLASH, ROW_END, ROW_END_CR, ROW_OTHER };

struct plain {
	struct plain_ears ears;
	struct plain_facts facts;
	struct strings roles; /* sorted */

	/* of the piece at hand */
	const char *piece, *at, *end;
	const char *from;    /* what before it went on its way */
	const char *counted; /* lines before it are */
	uint64_t before;     /* bytes of the pieces before it */

	uint64_t statement_at;	 /* byte */
	size_t statement_line, mark_line; /* 'mark': of the comment, command or rows */
	size_t parentheses, comments; /* that are open */
	size_t tag_seen;      /* bytes of the closing tag */
	struct text held;     /* of the statement, until its fate is known */
	struct text line;     /* of a comment or a command */
	struct text tag;      /* "$tag$" */
	char *rows_of;	      /* the table, for the sentence */
	struct token token;
	struct statement statement;
	struct scene scene;

	enum place place;
	enum sink sink;
	enum row row;
	bool in_statement;
	bool escapes;	  /* in this string a backslash escapes */
	bool old_strings; /* SET standard_conforming_strings = off */
	bool objects;	  /* something was said that is not about the database itself */
	bool trailer;
	char last;	  /* byte of the pieces before */
	char comment_last; /* and of this comment */

	bool began;	  /* the head was judged; until then it is collected */
	char head[PLAIN_HEAD_MOST + 1];
	size_t head_bytes, head_lines;
};

/* plain_heed.c. All speak of p->at: what was looked at ends there. */

/* The number of the line that the next byte stands in. */
size_t plain_line_here(struct plain *p);
/* What was looked at since the last call goes where it belongs. */
MUST_CHECK int plain_flush(struct plain *p, struct error *err);
MUST_CHECK int plain_switch_sink(struct plain *p, enum sink sink, struct error *err);
void plain_count_lines(struct plain *p);

void plain_token_begin(struct plain *p, enum token_kind kind);
void plain_token_add(struct plain *p, const char *bytes, size_t n);
/* The token that was collected ends before the byte that comes next. */
MUST_CHECK int plain_token_end(struct plain *p, struct error *err);
MUST_CHECK int plain_take_sign(struct plain *p, char sign, struct error *err);

/* Unless one has begun. */
MUST_CHECK int plain_begin_statement(struct plain *p, struct error *err);
/* Its semicolon has just been passed. */
MUST_CHECK int plain_end_statement(struct plain *p, struct error *err);

/* A comment or a command is collected, and judged when its line is over. */
void plain_line_begin(struct plain *p);
void plain_line_add(struct plain *p, const char *bytes, size_t n);
void plain_heed_comment(struct plain *p);
MUST_CHECK int plain_heed_command(struct plain *p, struct error *err);

/* plain_scan.c */
MUST_CHECK int plain_add_bytes(struct plain *p, const char *bytes, size_t n, struct error *err);

#endif
