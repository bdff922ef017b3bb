/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tour_chapter(struct tour *tour, const char *title)
{
    printf("\n%u. %s\n", ++tour->chapter, title);
    fflush(stdout);
}

void tour_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("   ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

void tour_fact(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("~  ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

void tour_quote(const char *data, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t length = newline ? (size_t)(newline - data) : size;
        printf("   | ");
        fwrite(data, 1, length, stdout);
        printf("\n");
        length += newline ? 1 : 0;
        data += length;
        size -= length;
    }
    fflush(stdout);
}

static const char *cause_text(kin_exit_cause cause)
{
    switch (cause) {
    case KIN_CAUSE_NONE:
        return "by itself";
    case KIN_CAUSE_KILLED:
        return "killed by us";
    case KIN_CAUSE_STOPPED:
        return "stopped by us";
    case KIN_CAUSE_TIMEOUT:
        return "its time was up";
    case KIN_CAUSE_IDLE_TIMEOUT:
        return "it was silent for too long";
    case KIN_CAUSE_CANCELLED:
        return "cancelled";
    case KIN_CAUSE_OUTPUT_LIMIT:
        return "too much output";
    }
    return "for an unknown cause";
}

void tour_status(const kin_status *status)
{
    char text[80] = "";
    kin_status_text(status, text, sizeof text);
    if (status->kind == KIN_EXIT_CODE && status->cause == KIN_CAUSE_NONE)
        tour_say("ended: %s", text);
    else {
        tour_say("ended: %s", cause_text(status->cause));
        tour_fact("in the words of this system: %s", text);
    }
}

void tour_check(struct tour *tour, bool held, const char *promise)
{
    tour_say("%s: %s", held ? "ok" : "NOT OK", promise);
    if (!held)
        tour->broken++;
}
