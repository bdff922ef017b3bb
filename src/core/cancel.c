/* SPDX-License-Identifier: MIT */
/* Tokens of cancellation: the one thing in the core that several threads share. */
#include "cancel.h"

#include <stdlib.h>

struct kin_cancel {
    kin_plat_mutex *mutex; /* guards all below */
    size_t references;     /* its owner and everything that watches it */
    bool triggered;
    struct kin_list watches;
};

int kin_cancel_create(kin_cancel **cancel)
{
    kin_cancel *made;
    int code;

    if (cancel == NULL)
        return KIN_EINVAL;
    *cancel = NULL;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return KIN_ENOMEM;
    code = kin_plat_mutex_open(&made->mutex);
    if (code < 0) {
        free(made);
        return code;
    }
    made->references = 1;
    kin_list_init(&made->watches);
    *cancel = made;
    return 0;
}

static void drop_reference(kin_cancel *cancel)
{
    bool last;

    kin_plat_mutex_lock(cancel->mutex);
    last = --cancel->references == 0;
    kin_plat_mutex_unlock(cancel->mutex);
    if (!last)
        return;
    kin_plat_mutex_close(cancel->mutex);
    free(cancel);
}

void kin_cancel_release(kin_cancel *cancel)
{
    if (cancel != NULL)
        drop_reference(cancel);
}

/* A loop outlives its watches, and a watch leaves under the mutex: so every loop in the list is there to be woken. */
static int wake_watchers(const kin_cancel *cancel)
{
    int code = 0;

    for (struct kin_list *node = cancel->watches.next; node != &cancel->watches; node = node->next) {
        const int woken = kin_plat_wake(KIN_LIST_MEMBER(node, struct kin_cancel_watch, node)->loop->platform);

        if (woken < 0)
            code = woken;
    }
    return code;
}

int kin_cancel_trigger(kin_cancel *cancel)
{
    int code;

    if (cancel == NULL)
        return KIN_EINVAL;
    kin_plat_mutex_lock(cancel->mutex);
    cancel->triggered = true;
    code = wake_watchers(cancel);
    kin_plat_mutex_unlock(cancel->mutex);
    return code;
}

bool kin_cancel_is_triggered(const kin_cancel *cancel)
{
    bool triggered;

    if (cancel == NULL)
        return false;
    kin_plat_mutex_lock(cancel->mutex);
    triggered = cancel->triggered;
    kin_plat_mutex_unlock(cancel->mutex);
    return triggered;
}

/* -------------------------------------------------------------------------------------------------------------- watches --- */

static void loop_woken(struct kin_wake_watcher *watcher)
{
    struct kin_cancel_watch *watch = KIN_LIST_MEMBER(watcher, struct kin_cancel_watch, wake);

    if (!kin_cancel_is_triggered(watch->cancel))
        return;
    kin_cancel_watch_stop(watch);
    watch->cancelled(watch);
}

void kin_cancel_watch_start(struct kin_cancel_watch *watch, kin_cancel *cancel, kin_loop *loop,
                            void (*cancelled)(struct kin_cancel_watch *watch))
{
    if (cancel == NULL)
        return;
    *watch = (struct kin_cancel_watch){ .cancel = cancel, .loop = loop, .wake.woken = loop_woken, .cancelled = cancelled };
    kin_list_append(&loop->wake_watchers, &watch->wake.node);
    kin_plat_mutex_lock(cancel->mutex);
    cancel->references++;
    kin_list_append(&cancel->watches, &watch->node);
    if (cancel->triggered)
        (void)kin_plat_wake(loop->platform);
    kin_plat_mutex_unlock(cancel->mutex);
}

void kin_cancel_watch_stop(struct kin_cancel_watch *watch)
{
    kin_cancel *cancel = watch->cancel;

    if (cancel == NULL)
        return;
    watch->cancel = NULL;
    kin_list_remove(&watch->wake.node);
    kin_plat_mutex_lock(cancel->mutex);
    kin_list_remove(&watch->node);
    kin_plat_mutex_unlock(cancel->mutex);
    drop_reference(cancel);
}
