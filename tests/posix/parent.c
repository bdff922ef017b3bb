/* SPDX-License-Identifier: MIT */
#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static void close_ours(struct parent *parent)
{
    close(parent->said);
    close(parent->held);
    parent->said = -1;
    parent->held = -1;
}

int parent_start(struct parent *parent, int (*body)(const struct parent *parent, const void *argument), const void *argument)
{
    int words[2];
    int marks[2];

    if (pipe2(words, O_CLOEXEC) != 0)
        return -1;
    if (pipe2(marks, O_CLOEXEC) != 0) {
        close(words[0]);
        close(words[1]);
        return -1;
    }
    *parent = (struct parent){ .said = words[0], .held = marks[0], .mark = marks[1], .say = words[1] };
    parent->id = fork();
    if (parent->id == 0) {
        (void)alarm(90);
        close_ours(parent);
        _exit(body(parent, argument));
    }
    close(words[1]);
    close(marks[1]);
    if (parent->id < 0)
        close_ours(parent);
    return parent->id < 0 ? -1 : 0;
}

void parent_mark(const struct parent *parent, struct door_child *child)
{
    child->slots[2].kind = KIN_PLAT_SLOT_HANDLE;
    child->slots[2].handle = parent->mark;
}

void parent_say(const struct parent *parent, const struct parent_word *word)
{
    (void)!write(parent->say, word, sizeof *word);
}

int parent_stay(void)
{
    (void)nanosleep(&(struct timespec){ 60, 0 }, NULL);
    return 98;
}

/* Something to read, or the end. */
static bool has_news(int descriptor, int patience_ms)
{
    struct pollfd poller = { .fd = descriptor, .events = POLLIN };
    int ready;

    do {
        ready = poll(&poller, 1, patience_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

int parent_hear(const struct parent *parent, struct parent_word *word)
{
    if (!has_news(parent->said, PATIENCE_MS) || read(parent->said, word, sizeof *word) != (ssize_t)sizeof *word)
        return -1;
    return word->code;
}

int parent_wait(struct parent *parent)
{
    int code = 0;

    while (waitpid(parent->id, &code, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

void parent_kill(struct parent *parent)
{
    (void)kill(parent->id, SIGKILL);
    (void)parent_wait(parent);
}

/* What they write there is of no interest. */
bool parent_all_gone(struct parent *parent)
{
    char text[256];
    ssize_t count = -1;

    while (has_news(parent->held, PATIENCE_MS)) {
        count = read(parent->held, text, sizeof text);
        if (count <= 0)
            break;
    }
    close_ours(parent);
    return count == 0;
}

bool parent_any_lives(const struct parent *parent)
{
    struct pollfd poller = { .fd = parent->held, .events = POLLIN };

    return poll(&poller, 1, 0) == 0 || (poller.revents & POLLHUP) == 0;
}
