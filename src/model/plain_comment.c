#include "model/plain_comment.h"

#include <string.h>

#define FACT_MOST 200 /* bytes of what the head tells */

static const char *const beginnings[] = {
	"-- Name: ",
	"-- Data for Name: ",
	"-- Statistics for Name: ", /* since pg_dump 18 */
};

/* The last occurrence: names are odd more often than schemas and owners, and come first. Cut off there; NULL: there is none. */
static char *cut_at_last(char *line, const char *mark)
{
	char *found = NULL;

	for (char *at = line; (at = strstr(at, mark)); at++)
		found = at;
	if (!found)
		return NULL;
	*found = '\0';
	return found + strlen(mark);
}

bool plain_comment_entry(char *line, struct plain_entry *ret)
{
	char *type, *schema, *owner, *tablespace;

	for (size_t i = 0; i < COUNT(beginnings); i++) {
		if (!starts_with(line, beginnings[i]))
			continue;
		if (!(owner = cut_at_last(line, "; Owner: ")) || !(schema = cut_at_last(line, "; Schema: ")) ||
		    !(type = cut_at_last(line, "; Type: ")))
			return false;
		if ((tablespace = strstr(owner, "; Tablespace: ")))
			*tablespace = '\0';
		*ret = (struct plain_entry){.type = type, .schema = schema,
					    .name = line + strlen(beginnings[i]), .owner = owner};
		return true;
	}
	return false;
}

void plain_comment_fact(const char *line, struct plain_facts *facts)
{
	const struct {
		const char *words;
		char **slot;
	} told[] = {
		{"-- Dumped from database version ", &facts->server_version},
		{"-- Dumped by pg_dump version ", &facts->dumped_by},
		{"-- Started on ", &facts->started},
	};

	for (size_t i = 0; i < COUNT(told); i++) {
		autofree char *value = NULL;

		if (!starts_with(line, told[i].words) || *told[i].slot)
			continue;
		value = xstrndup(line + strlen(told[i].words), FACT_MOST);
		*told[i].slot = printable(value, false);
	}
}
