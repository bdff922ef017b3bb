/* SPDX-License-Identifier: MIT */
#include "nasty_arguments.h"

#include <string.h>

static const char *const pieces[] = {
    "\"",
    "\"",
    "\\",
    "\\",
    " ",
    "\t",
    "\n",
    "\v",
    "\r",
    "\"\"",
    "\\\"",
    "\\\\\"",
    "\\\\\\\\",
    "\" \"",
    "\\ ",
    "%",
    "%PATH%",
    "^",
    "&",
    "|",
    "<",
    ">",
    "!",
    "(",
    ")",
    ";",
    ",",
    "=",
    "'",
    "`",
    "$",
    "*",
    "?",
    "~",
    "/",
    "-",
    "@",
    "#",
    "a",
    "Z",
    "0",
    "&whoami",
    "\"&whoami",
    "\xC3\xA9",
    "\xE6\x97\xA5",
    "\xF0\x9F\x98\x80",
    "\xED\xA0\x80" /* half of a pair */
};

uint32_t nasty_number(uint64_t *state, uint32_t limit)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % limit;
}

void nasty_arguments_seed(struct nasty_arguments *arguments, uint64_t seed)
{
    memset(arguments, 0, sizeof *arguments);
    arguments->state = seed * 2 + 1;
}

static void make_argument(uint64_t *state, char *text)
{
    enum { MOST_PIECES = 16 };
    uint32_t count = nasty_number(state, MOST_PIECES);

    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        strcat(text, pieces[nasty_number(state, sizeof pieces / sizeof pieces[0])]);
    }
}

static void make_program(uint64_t *state, char *text)
{
    make_argument(state, text);
    strcat(text, "p");
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            *text = ' ';
        }
    }
}

void nasty_arguments_next(struct nasty_arguments *arguments)
{
    arguments->count = 1 + nasty_number(&arguments->state, NASTY_ARGUMENTS_MOST);
    make_program(&arguments->state, arguments->texts[0]);
    for (size_t i = 1; i < arguments->count; i++) {
        make_argument(&arguments->state, arguments->texts[i]);
    }
    for (size_t i = 0; i < arguments->count; i++) {
        arguments->argv[i] = arguments->texts[i];
    }
    arguments->argv[arguments->count] = NULL;
}
