/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdio.h>
#include <string.h>

struct code_name {
    const char *name;
    const char *text;
};

/* In the order of kin_code, from 0 downwards. */
static const struct code_name code_names[] = {
    { "ok", "no error" },
    { "EINVAL", "invalid argument" },
    { "ENOMEM", "out of memory" },
    { "ENOENT", "no such file or directory" },
    { "EACCES", "permission denied" },
    { "EPERM", "operation not permitted" },
    { "ENOTDIR", "not a directory" },
    { "EISDIR", "is a directory" },
    { "ENOEXEC", "not a program of this system" },
    { "ETXTBSY", "program file is being written" },
    { "E2BIG", "arguments and environment too long" },
    { "ENAMETOOLONG", "path too long" },
    { "ELOOP", "too many symbolic links" },
    { "EMFILE", "too many open files in this process" },
    { "ENFILE", "too many open files in the system" },
    { "EAGAIN", "a limit is reached" },
    { "EBADF", "not an open descriptor or handle" },
    { "EPIPE", "nobody reads the other end" },
    { "EIO", "input or output failed" },
    { "ENOSPC", "no space left" },
    { "EEXIST", "exists already" },
    { "EBUSY", "in use" },
    { "ETIMEDOUT", "time was up" },
    { "ECANCELED", "given up before it was done" },
    { "ENOBUFS", "more output than allowed" },
    { "EILSEQ", "text is not UTF-8" },
    { "ENOTSUP", "not supported on this system" },
    { "ESRCH", "no such process" },
    { "ECHILD", "not a child of this process" },
    { "ENXIO", "no such device" },
    { "EUNKNOWN", "unknown error" },
    { "EPROTO", "the peer sent what is no message" },
    { "EMSGSIZE", "message too large" },
    { "EREMOTE", "the peer failed" },
};

/* In the order of kin_stage. */
static const char *const stage_names[] = {
    "",       "options", "memory", "environment", "loop", "pipe",  "open", "launch", "tree",  "stdio",
    "groups", "gid",     "uid",    "chdir",       "exec", "watch", "run",  "read",   "write",
};

static const struct code_name *find_code(int code)
{
    const size_t count = sizeof code_names / sizeof code_names[0];

    if (code >= 0)
        return &code_names[0];
    if (code < -(int)(count - 1))
        return &code_names[-KIN_EUNKNOWN];
    return &code_names[-code];
}

const char *kin_code_name(int code)
{
    return find_code(code)->name;
}

const char *kin_code_text(int code)
{
    return find_code(code)->text;
}

const char *kin_stage_name(kin_stage stage)
{
    const size_t index = (size_t)stage;

    return index < sizeof stage_names / sizeof stage_names[0] ? stage_names[index] : "";
}

const char *kin_error_text(const kin_error *error)
{
    if (error == NULL || error->code == KIN_OK)
        return "ok";
    return error->text[0] != '\0' ? error->text : kin_code_name(error->code);
}

const char *kin_error_subject(const kin_error *error)
{
    if (error == NULL || error->subject_offset >= sizeof error->text)
        return "";
    return error->subject_offset == 0 ? "" : error->text + error->subject_offset;
}

int kin_error_set(kin_error *error, int code, kin_stage stage, const char *subject)
{
    const struct kin_plat_failure failure = { .code = code, .stage = stage, .subject = subject };

    return kin_error_set_failure(error, &failure);
}

static bool continues_character(char byte)
{
    return ((unsigned char)byte & 0xC0U) == 0x80U;
}

/* How much of a subject is kept where there is room for `room` bytes: a UTF-8 character is kept whole or not at all. */
static size_t cut_subject(const char *subject, size_t room)
{
    size_t size = room;

    if (strlen(subject) <= room)
        return strlen(subject);
    while (size > 0 && size + 3 > room && continues_character(subject[size]))
        size--;
    return continues_character(subject[size]) ? room : size;
}

static size_t write_prefix(char *text, size_t size, const struct kin_plat_failure *failure, bool has_subject)
{
    const char *stage = kin_stage_name(failure->stage);

    return (size_t)snprintf(text, size, "%s%s%s%s", stage, stage[0] != '\0' ? ": " : "", kin_code_name(failure->code),
                            has_subject ? ": " : "");
}

int kin_error_set_failure(kin_error *error, const struct kin_plat_failure *failure)
{
    const char *subject = failure->subject != NULL ? failure->subject : "";
    const bool has_subject = subject[0] != '\0';
    size_t prefix;

    if (error == NULL)
        return failure->code;
    memset(error, 0, sizeof *error);
    error->code = (kin_code)failure->code;
    error->os_code = failure->os_code;
    error->stage = failure->stage;
    prefix = write_prefix(error->text, sizeof error->text, failure, has_subject);
    error->subject_offset = has_subject ? (unsigned)prefix : 0U;
    memcpy(error->text + prefix, subject, cut_subject(subject, sizeof error->text - 1 - prefix));
    return failure->code;
}
