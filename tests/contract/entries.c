/* SPDX-License-Identifier: MIT */
#include "support/entries.h"

#include "support/support.h"

static bool is(const kin_message *message, const char *text)
{
    return message->size == strlen(text) && memcmp(message->data, text, message->size) == 0;
}

static int send_text(kin_channel *parent, const char *text)
{
    return kin_channel_send(parent, text, strlen(text), NULL, NULL);
}

static int ended(int code)
{
    return code == 0 ? ENTRY_ENDED : ENTRY_FAILED;
}

/* Messages come back; requests are answered with themselves, or with an error if they say "fail"; "late" is not answered before the
   next message, "never" not at all. */
static int echo(kin_channel *parent)
{
    kin_message message;
    uint64_t late = 0;
    int code;

    while ((code = kin_channel_receive(parent, &message, KIN_FOREVER)) > 0) {
        if (message.request == 0 && late != 0)
            code = kin_channel_reply(parent, late, "\"late\"", 6);
        late = message.request != 0 && is(&message, "\"late\"") ? message.request : 0;
        if (message.request == 0)
            code = kin_channel_send(parent, message.data, message.size, NULL, NULL);
        else if (is(&message, "\"fail\""))
            code = kin_channel_reply_error(parent, message.request, "\"no\"", 4);
        else if (late == 0 && !is(&message, "\"never\""))
            code = kin_channel_reply(parent, message.request, message.data, message.size);
        if (code < 0)
            return ENTRY_FAILED;
    }
    return ended(code);
}

static void fill(char *text, size_t size, unsigned number)
{
    memset(text, 'x', size);
    text[0] = '"';
    text[size - 1] = '"';
    (void)snprintf(text + 1, 16, "%u", number);
    text[1 + strlen(text + 1)] = ' ';
}

/* 10 MiB of messages, and the exit at once. */
static int burst(kin_channel *parent)
{
    char text[BURST_SIZE];

    for (unsigned i = 0; i < BURST_COUNT; i++) {
        fill(text, sizeof text, i);
        if (kin_channel_send(parent, text, sizeof text, NULL, NULL) < 0)
            return ENTRY_FAILED;
    }
    return 3;
}

static int flush_and_exit(kin_channel *parent)
{
    const int code = burst(parent);

    exit(code == 3 && kin_channel_flush_wait(parent, KIN_FOREVER) == 0 ? 4 : ENTRY_FAILED);
}

/* What the environment still says of the channel, here and in a child of ours. */
static int environment(kin_channel *parent)
{
    kin_result result = { 0 };
    char answer[64];
    const bool here =
        getenv("NODE_CHANNEL_FD") != NULL || getenv("NODE_CHANNEL_SERIALIZATION_MODE") != NULL || getenv("KIN_ENTRY") != NULL;
    const int code = kin_exec_file_sync(CHILD("variable", "NODE_CHANNEL_FD"), NULL, &result);

    (void)snprintf(answer, sizeof answer, "[%d,%d,%u]", here, code, result.status.code);
    kin_result_free(&result);
    return send_text(parent, answer) < 0 ? ENTRY_FAILED : 0;
}

static int crash(kin_channel *parent)
{
    (void)send_text(parent, "1");
    (void)kin_channel_flush_wait(parent, KIN_FOREVER);
    abort();
}

/* Reads nothing until it is killed, or the parent goes. */
static int deaf(kin_channel *parent)
{
    char byte;

    (void)parent;
    while (fread(&byte, 1, 1, stdin) == 1)
        continue;
    return 0;
}

/* Uses callbacks and the loop in place of calls. */
static void echo_message(kin_channel *parent, kin_message *message, void *user)
{
    (void)user;
    (void)kin_channel_send(parent, message->data, message->size, NULL, NULL);
}

static void note_end(kin_channel *parent, int code, void *user)
{
    (void)parent;
    *(int *)user = code;
}

static int with_loop(kin_channel *parent)
{
    int code = -1;

    kin_channel_on_message(parent, echo_message, note_end, &code);
    (void)kin_loop_run(kin_channel_loop(parent), KIN_RUN_UNTIL_IDLE);
    return ended(code);
}

/* Writes into each handle that comes, and passes it back. */
static int handles(kin_channel *parent)
{
    kin_message message;
    int code;

    while ((code = kin_channel_receive(parent, &message, KIN_FOREVER)) > 0) {
        const kin_native_handle handle = kin_message_take_handle(&message);

        if (message.handle_kind != KIN_HANDLE_NONE || !host_write(handle, "from the child", 14))
            return ENTRY_FAILED;
        code = kin_channel_send_handle(parent, message.data, message.size, handle, true, NULL, NULL);
        if (code < 0)
            return ENTRY_FAILED;
    }
    return ended(code);
}

static bool dispatch(int *code)
{
    static const kin_entry entries[] = {
        { "echo", echo },           { "burst", burst },     { "flush-and-exit", flush_and_exit },
        { "env", environment },     { "crash", crash },     { "deaf", deaf },
        { "with-loop", with_loop }, { "handles", handles }, { NULL, NULL },
    };

    return kin_dispatch(entries, code) != 0;
}

SHIM_CONSTRUCTOR(install_dispatch)
{
    shim_set_dispatch(dispatch);
}
