/* SPDX-License-Identifier: MIT */
/* This program again, at an entry; and on the other side, who we were started by and for what. */
#include <kin/fork.h>

#include <string.h>

#include "channel.h"
#include "child.h"
#include "error.h"

/* A name of an entry, a path; longer ones of Windows are not worth more. */
#define MOST_NAME ((size_t)256)
#define MOST_PATH ((size_t)4096)

/* -------------------------------------------------------------------------------------------------- what announces us --- */

struct announcement {
    bool has_channel;
    bool has_entry;
    int number;
    kin_channel_mode mode;
    char entry[MOST_NAME];
};

static bool read_variable(const char *name, char *value, size_t size)
{
    const int length = kin_plat_variable_read(name, value, size);

    return length >= 0 || length == KIN_ENAMETOOLONG;
}

/* Digits and nothing else; -1 else. Node's own parser takes more, but nobody writes more. */
static int number_of(const char *text)
{
    int number = 0;

    if (text[0] == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > 99999)
            return -1;
        number = 10 * number + (*text - '0');
    }
    return number;
}

static void read_announcement(struct announcement *announcement)
{
    char value[32];

    *announcement = (struct announcement){ .number = -1 };
    announcement->has_entry = read_variable(KIN_VARIABLE_ENTRY, announcement->entry, sizeof announcement->entry);
    if (read_variable(KIN_VARIABLE_CHANNEL, value, sizeof value)) {
        announcement->number = number_of(value);
        announcement->has_channel = value[0] != '\0';
    }
    if (read_variable(KIN_VARIABLE_MODE, value, sizeof value) && strcmp(value, "advanced") == 0)
        announcement->mode = KIN_CHANNEL_BINARY;
}

static void consume_announcement(void)
{
    kin_plat_variable_remove(KIN_VARIABLE_ENTRY);
    kin_plat_variable_remove(KIN_VARIABLE_CHANNEL);
    kin_plat_variable_remove(KIN_VARIABLE_MODE);
}

/* Nobody else knows of it any more, and the parent would wait for its end. */
static void close_inherited(kin_native_handle native)
{
    const struct kin_plat_handle handle = { .kind = KIN_HANDLE_OTHER, .native = native };

    kin_plat_handle_close(&handle);
}

static int open_announced(kin_loop *loop, const struct announcement *announcement, const kin_channel_options *wanted,
                          kin_channel **channel)
{
    kin_channel_options options = wanted == NULL ? (kin_channel_options){ 0 } : *wanted;
    kin_native_handle handle;
    int code = kin_plat_channel_inherited(announcement->number, &handle);

    options.mode = announcement->mode;
    options.kin_peer = options.kin_peer || announcement->has_entry;
    if (code < 0)
        return code;
    code = kin_channel_make(loop, handle, handle, true, &options, channel);
    if (code < 0)
        close_inherited(handle);
    return code;
}

int kin_channel_to_parent(kin_loop *loop, const kin_channel_options *options, kin_channel **channel)
{
    struct announcement announcement;
    kin_channel_options resolved;

    if (channel == NULL)
        return KIN_EINVAL;
    *channel = NULL;
    if (kin_channel_options_resolve(options, &resolved) < 0 || (loop != NULL && loop->releasing))
        return KIN_EINVAL;
    read_announcement(&announcement);
    if (!announcement.has_channel)
        return KIN_ENOENT;
    consume_announcement();
    return open_announced(loop, &announcement, options, channel);
}

/* ------------------------------------------------------------------------------------------------------------- dispatch --- */

static const kin_entry *find_entry(const kin_entry *entries, const char *name)
{
    for (; entries->run != NULL; entries++) {
        if (entries->name != NULL && strcmp(entries->name, name) == 0)
            return entries;
    }
    return NULL;
}

/* Nothing that was sent is lost, however the parent hurries: the flush ends when it has read all, or has gone. */
static int run_entry(const kin_entry *entry, const struct announcement *announcement)
{
    kin_channel *parent = NULL;
    int code;

    if (entry == NULL || open_announced(NULL, announcement, NULL, &parent) < 0)
        return KIN_EXIT_NO_ENTRY;
    code = entry->run(parent);
    (void)kin_channel_flush_wait(parent, KIN_FOREVER);
    kin_channel_release(parent);
    return code;
}

int kin_dispatch(const kin_entry *entries, int *code)
{
    struct announcement announcement;
    const kin_entry *entry;

    if (entries == NULL || code == NULL)
        return 0;
    read_announcement(&announcement);
    if (!announcement.has_channel)
        return 0;
    entry = find_entry(entries, announcement.entry);
    if (entry == NULL && !announcement.has_entry)
        return 0; /* others started us, with a channel that kin_channel_to_parent() may want */
    consume_announcement();
    *code = run_entry(entry, &announcement);
    return 1;
}

/* ------------------------------------------------------------------------------------------------------------------ fork --- */

static int use_self(const char *entry, kin_spawn_options *options, char *path, const char **argv)
{
    int code;

    if (entry[0] == '\0' || strlen(entry) >= MOST_NAME)
        return kin_error_set(options->error, KIN_EINVAL, KIN_STAGE_OPTIONS, "entry");
    if (options->file != NULL)
        return kin_error_set(options->error, KIN_EINVAL, KIN_STAGE_OPTIONS, "file");
    code = kin_plat_self(path, MOST_PATH);
    if (code < 0)
        return kin_error_set(options->error, code, KIN_STAGE_EXEC, entry);
    argv[0] = entry;
    argv[1] = NULL;
    options->file = path;
    if (options->argv == NULL)
        options->argv = argv;
    return 0;
}

int kin_fork(kin_loop *loop, const char *entry, const kin_spawn_options *wanted, kin_child **child)
{
    kin_spawn_options options = wanted == NULL ? (kin_spawn_options){ 0 } : *wanted;
    kin_channel_options channel = options.channel == NULL ? (kin_channel_options){ 0 } : *options.channel;
    char path[MOST_PATH];
    const char *argv[2];
    int code = 0;

    if (child != NULL)
        *child = NULL;
    options.channel = &channel;
    channel.kin_peer = channel.kin_peer || entry != NULL;
    if (entry != NULL)
        code = use_self(entry, &options, path, argv);
    return code < 0 ? code : kin_spawn_at(loop, entry, &options, child);
}
