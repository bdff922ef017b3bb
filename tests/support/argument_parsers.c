/* SPDX-License-Identifier: MIT */
#include "argument_parsers.h"

#include <stdbool.h>

static void begin(struct parsed_arguments *parsed)
{
    if (parsed->count < PARSED_ARGUMENTS_MOST) {
        parsed->argv[parsed->count++] = parsed->units + parsed->used;
    }
}

static void put(struct parsed_arguments *parsed, uint16_t unit)
{
    if (parsed->used < PARSED_UNITS_MOST) {
        parsed->units[parsed->used++] = unit;
    }
}

static bool is_blank(uint16_t unit)
{
    return unit == ' ' || unit == '\t';
}

/* ----------------------------------------------------------------------------------------------- C runtime --- */

static const uint16_t *c_runtime_program(const uint16_t *line, struct parsed_arguments *parsed)
{
    bool in_quotes = false;

    begin(parsed);
    for (; *line != 0 && (in_quotes || !is_blank(*line)); line++) {
        if (*line == '"') {
            in_quotes = !in_quotes;
        } else {
            put(parsed, *line);
        }
    }
    put(parsed, 0);
    return line;
}

static const uint16_t *c_runtime_argument(const uint16_t *line, struct parsed_arguments *parsed)
{
    bool in_quotes = false;

    begin(parsed);
    while (*line != 0 && (in_quotes || !is_blank(*line))) {
        size_t backslashes = 0;

        while (line[backslashes] == '\\') {
            backslashes++;
        }
        line += backslashes;
        for (size_t i = 0; i < (*line == '"' ? backslashes / 2 : backslashes); i++) {
            put(parsed, '\\');
        }
        if (*line == '"' && backslashes % 2 == 1) {
            put(parsed, *line++);
        } else if (*line == '"' && in_quotes && line[1] == '"') { /* two quotes inside quotes: one, still inside */
            put(parsed, '"');
            line += 2;
        } else if (*line == '"') {
            in_quotes = !in_quotes;
            line++;
        } else if (*line != 0 && (in_quotes || !is_blank(*line))) {
            put(parsed, *line++);
        }
    }
    put(parsed, 0);
    return line;
}

void parse_like_the_c_runtime(const uint16_t *line, struct parsed_arguments *parsed)
{
    parsed->count = 0;
    parsed->used = 0;
    line = c_runtime_program(line, parsed);
    for (;;) {
        while (is_blank(*line)) {
            line++;
        }
        if (*line == 0) {
            return;
        }
        line = c_runtime_argument(line, parsed);
    }
}

/* ------------------------------------------------------------------------------------------------ shell32 --- */

/* A program in quotes ends at the next one, whatever comes; without quotes at any control character. */
static const uint16_t *shell32_program(const uint16_t *line, struct parsed_arguments *parsed)
{
    bool is_quoted = *line == '"';

    begin(parsed);
    line += is_quoted;
    while (*line != 0 && (is_quoted ? *line != '"' : *line > ' ')) {
        put(parsed, *line++);
    }
    put(parsed, 0);
    return *line == 0 ? line : line + 1;
}

/*
 * One pass over the units with two counters: backslashes that were just written, and quotes. Of quotes in a row,
 * counted with the opening one, every third is a character, and two close the quotation.
 */
void parse_like_shell32(const uint16_t *line, struct parsed_arguments *parsed)
{
    size_t backslashes = 0;
    size_t quotes = 0;

    parsed->count = 0;
    parsed->used = 0;
    line = shell32_program(line, parsed);
    while (is_blank(*line)) {
        line++;
    }
    if (*line == 0) {
        return;
    }
    for (begin(parsed); *line != 0;) {
        if (is_blank(*line) && quotes == 0) {
            put(parsed, 0);
            while (is_blank(*line)) {
                line++;
            }
            if (*line == 0) {
                return;
            }
            begin(parsed);
            backslashes = 0;
        } else if (*line != '"') {
            backslashes = *line == '\\' ? backslashes + 1 : 0;
            put(parsed, *line++);
        } else {
            parsed->used -= (backslashes + 1) / 2; /* half of them, and for an odd number the one that escapes */
            if (backslashes % 2 == 1) {
                put(parsed, '"');
            } else {
                quotes++;
            }
            backslashes = 0;
            for (line++; *line == '"'; line++) {
                if (++quotes == 3) {
                    put(parsed, '"');
                    quotes = 0;
                }
            }
            quotes = quotes == 2 ? 0 : quotes;
        }
    }
    put(parsed, 0);
}
