/* SPDX-License-Identifier: MIT */
/* A status in words. */
#include <inttypes.h>
#include <stdio.h>

#include "../platform.h"

bool kin_status_ok(const kin_status *status)
{
    return status != NULL && status->kind == KIN_EXIT_CODE && status->code == 0;
}

static int write_kind(const kin_status *status, char *text, size_t size)
{
    switch (status->kind) {
    case KIN_EXIT_NONE:
        return snprintf(text, size, "running");
    case KIN_EXIT_CODE:
        return snprintf(text, size, "exited %" PRIu32, status->code);
    case KIN_EXIT_SIGNAL:
        return snprintf(text, size, "signal %d", status->signal);
    case KIN_EXIT_CRASH:
        return snprintf(text, size, "crashed 0x%08" PRIx32, status->code);
    case KIN_EXIT_LOST:
        return snprintf(text, size, "ended, status lost");
    case KIN_EXIT_ABANDONED:
        return snprintf(text, size, "abandoned");
    }
    return snprintf(text, size, "unknown");
}

static const char *cause_name(kin_exit_cause cause)
{
    switch (cause) {
    case KIN_CAUSE_NONE:
        return "";
    case KIN_CAUSE_KILLED:
        return " (killed)";
    case KIN_CAUSE_TIMEOUT:
        return " (timeout)";
    case KIN_CAUSE_STOPPED:
        return " (stopped)";
    case KIN_CAUSE_IDLE_TIMEOUT:
        return " (idle timeout)";
    case KIN_CAUSE_CANCELLED:
        return " (cancelled)";
    case KIN_CAUSE_OUTPUT_LIMIT:
        return " (output limit)";
    }
    return "";
}

int kin_status_text(const kin_status *status, char *text, size_t size)
{
    char kind[64];

    if (status == NULL || (text == NULL && size > 0))
        return KIN_EINVAL;
    write_kind(status, kind, sizeof kind);
    return snprintf(text, size, "%s%s%s%s", kind, status->core_dumped ? ", core dumped" : "", cause_name(status->cause),
                    status->output_incomplete ? ", output incomplete" : "");
}
