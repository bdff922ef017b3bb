/* SPDX-License-Identifier: MIT */
#include "ending.h"

#include "child.h"

/* ----------------------------------------------------------------------------------------------------------- what there is --- */

static bool lives(const kin_child *child, bool tree)
{
    return child->process != NULL && kin_plat_process_signal(child->process, KIN_SIGNAL_NONE, tree) != KIN_ALREADY_ENDED;
}

/* What is there to be ended: the tree, or the process as long as it runs. */
static bool has_victim(const kin_child *child)
{
    return child->tree ? lives(child, true) : !child->exited && lives(child, false);
}

/* Its exit is on the way. It shall be seen first, so that a child that ended in time is not said to be late (edge case T05). */
static bool has_ended_unseen(const kin_child *child)
{
    return !child->exited && !lives(child, false);
}

bool kin_ending_has_grace(const kin_child *child)
{
    return child->tree && child->ending.phase == KIN_ENDING_ASKED && child->ending.alarm.set;
}

bool kin_ending_waits_for_tree(const kin_child *child)
{
    const struct kin_ending *ending = &child->ending;
    const bool ends = ending->phase == KIN_ENDING_FORCED || kin_ending_has_grace(child);

    return child->tree && ending->phase != KIN_ENDING_GIVEN_UP && (child->wait_tree || ends) && lives(child, true);
}

/* ------------------------------------------------------------------------------------------------------------ ask and force --- */

static void set_alarm(kin_child *child, int64_t delay_ms)
{
    kin_loop_set_alarm(child->loop, &child->ending.alarm, delay_ms);
}

static int force(kin_child *child)
{
    int code = KIN_ALREADY_ENDED;

    child->ending.phase = KIN_ENDING_FORCED;
    if (has_victim(child))
        code = kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, child->tree);
    if (code == 0)
        child->status.forced = true;
    set_alarm(child, KIN_ABANDON_MS);
    if (child->exited)
        kin_child_start_close_delay(child);
    return code;
}

/* Where the system has no way to ask, the end of the channel is the word: who serves it, leaves by himself. */
static int ask_victim(kin_child *child)
{
    const int code = kin_plat_process_ask(child->process, child->tree);

    if (code != KIN_ENOTSUP || child->exited || !kin_channel_is_connected(child->channel))
        return code;
    return kin_channel_disconnect(child->channel);
}

static int ask(kin_child *child, int64_t grace_ms)
{
    int code = KIN_ENOTSUP;

    if (!has_victim(child))
        code = KIN_ALREADY_ENDED;
    else if (grace_ms != 0)
        code = ask_victim(child);
    if (code < 0)
        return force(child);
    child->ending.phase = KIN_ENDING_ASKED;
    set_alarm(child, grace_ms);
    if (child->exited)
        kin_child_start_close_delay(child);
    return code;
}

void kin_child_end(kin_child *child, kin_exit_cause cause)
{
    if (child->closed || child->ending.phase != KIN_ENDING_NOT)
        return;
    child->status.cause = cause;
    (void)ask(child, child->ending.grace_ms);
}

/* It cannot be ended: it hangs in the system, or has other rights. The caller must not hang with it (edge case T08). */
static void abandon(kin_child *child)
{
    child->ending.phase = KIN_ENDING_GIVEN_UP;
    if (child->exited)
        kin_child_start_close_delay(child);
    else
        kin_child_exited(child, &(kin_status){ .kind = KIN_EXIT_ABANDONED });
}

void kin_ending_exited(kin_child *child)
{
    if (child->ending.phase == KIN_ENDING_NOT)
        return;
    if (!has_victim(child))
        kin_loop_clear_alarm(child->loop, &child->ending.alarm);
    else if (child->ending.phase == KIN_ENDING_FORCED)
        (void)kin_plat_process_signal(child->process, KIN_SIGNAL_KILL, true);
}

/* ------------------------------------------------------------------------------------------------------------------- limits --- */

/* Whether a stream could bring something now. One that nobody reads, or that pauses, holds back the child and not the other way
   round. */
static bool is_held_back(const kin_stream *stream)
{
    return stream->reads && !kin_stream_has_ended(stream) && (stream->reader.paused || stream->reader.consumer == NULL);
}

static uint64_t quiet_since_ns(kin_child *child)
{
    uint64_t since_ns = child->ending.quiet_since_ns;

    for (size_t i = 0; i < child->slot_count; i++) {
        const kin_stream *stream = child->streams[i];

        if (stream == NULL)
            continue;
        if (child->suspended || is_held_back(stream))
            return kin_plat_now_ns();
        if (stream->reads && stream->reader.received_ns > since_ns)
            since_ns = stream->reader.received_ns;
    }
    return since_ns;
}

static uint64_t idle_deadline_ns(kin_child *child)
{
    if (child->exited || child->ending.idle_timeout_ms == KIN_FOREVER)
        return UINT64_MAX;
    return kin_deadline_ns(quiet_since_ns(child), child->ending.idle_timeout_ms);
}

/* A loop that was busy elsewhere may not have read what is there already: it has to look before silence counts. */
static bool is_really_quiet(kin_child *child)
{
    struct kin_ending *ending = &child->ending;

    if (ending->quiet_waits == 0)
        ending->quiet_waits = child->loop->waits + 1;
    return child->loop->waits >= ending->quiet_waits;
}

static void set_next_limit(kin_child *child, uint64_t now_ns)
{
    const uint64_t idle_ns = idle_deadline_ns(child);
    const uint64_t next_ns = idle_ns < child->ending.deadline_ns ? idle_ns : child->ending.deadline_ns;

    if (next_ns == UINT64_MAX)
        kin_loop_clear_alarm(child->loop, &child->ending.alarm);
    else
        set_alarm(child, kin_deadline_left_ms(now_ns, next_ns));
}

static void look_at_limits(kin_child *child)
{
    const uint64_t now_ns = kin_plat_now_ns();
    const bool quiet = idle_deadline_ns(child) <= now_ns;

    if (!quiet)
        child->ending.quiet_waits = 0;
    if (has_ended_unseen(child))
        set_alarm(child, 1);
    else if (child->ending.deadline_ns <= now_ns)
        kin_child_end(child, KIN_CAUSE_TIMEOUT);
    else if (quiet && is_really_quiet(child))
        kin_child_end(child, KIN_CAUSE_IDLE_TIMEOUT);
    else
        set_next_limit(child, now_ns);
}

static void alarm_rings(struct kin_alarm *alarm)
{
    kin_child *child = KIN_LIST_MEMBER(alarm, kin_child, ending.alarm);

    if (child->ending.phase == KIN_ENDING_NOT)
        look_at_limits(child);
    else if (child->ending.phase == KIN_ENDING_ASKED)
        (void)force(child);
    else
        abandon(child);
}

static void cancelled(struct kin_cancel_watch *watch)
{
    kin_child_end(KIN_LIST_MEMBER(watch, kin_child, ending.cancel), KIN_CAUSE_CANCELLED);
}

static void time_output(kin_child *child)
{
    for (size_t i = 0; i < child->slot_count; i++) {
        if (child->streams[i] != NULL)
            child->streams[i]->reader.timed = true;
    }
}

void kin_ending_watch(kin_child *child, const struct kin_plan *plan)
{
    struct kin_ending *ending = &child->ending;
    const uint64_t now_ns = kin_plat_now_ns();

    ending->alarm.ring = alarm_rings;
    ending->grace_ms = plan->grace_ms;
    ending->deadline_ns = plan->timeout_ms == KIN_FOREVER ? UINT64_MAX : kin_deadline_ns(now_ns, plan->timeout_ms);
    ending->idle_timeout_ms = plan->idle_timeout_ms;
    ending->quiet_since_ns = now_ns;
    if (plan->idle_timeout_ms != KIN_FOREVER)
        time_output(child);
    set_next_limit(child, now_ns);
    kin_cancel_watch_start(&ending->cancel, plan->cancel, child->loop, cancelled);
}

void kin_ending_forget(kin_child *child)
{
    kin_loop_clear_alarm(child->loop, &child->ending.alarm);
    kin_cancel_watch_stop(&child->ending.cancel);
}

/* ------------------------------------------------------------------------------------------------------- what the user calls --- */

/* Signals beyond the mask, real-time ones, are not what ends a child on request. */
static uint32_t signal_bit(int signal)
{
    return signal > 0 && signal < 32 ? UINT32_C(1) << signal : 0;
}

bool kin_child_was_sent(const kin_child *child, int signal)
{
    return (child->sent & signal_bit(signal)) != 0;
}

static int send_signal(kin_child *child, int signal, bool tree)
{
    int code;

    if (child->process == NULL)
        return KIN_ALREADY_ENDED;
    code = kin_plat_process_signal(child->process, signal, tree);
    if (code == 0)
        child->sent |= signal_bit(signal);
    return code;
}

int kin_kill(kin_child *child, int signal)
{
    if (child == NULL || signal < 0)
        return KIN_EINVAL;
    return child->exited ? KIN_ALREADY_ENDED : send_signal(child, signal, false);
}

int kin_kill_tree(kin_child *child, int signal)
{
    if (child == NULL || signal < 0 || !child->tree)
        return KIN_EINVAL;
    return send_signal(child, signal, true);
}

/* It is being ended already: only sooner than it would have been. */
static void shorten_grace(kin_child *child, int64_t grace_ms)
{
    const struct kin_alarm *alarm = &child->ending.alarm;

    if (child->ending.phase != KIN_ENDING_ASKED || grace_ms == KIN_FOREVER)
        return;
    if (!alarm->set || kin_deadline_ns(kin_plat_now_ns(), grace_ms) < alarm->deadline_ns)
        set_alarm(child, grace_ms);
}

/* Without the right to end it, nothing has begun. */
static void withdraw(kin_child *child)
{
    child->ending.phase = KIN_ENDING_NOT;
    if (!child->exited)
        child->status.cause = KIN_CAUSE_NONE;
    set_next_limit(child, kin_plat_now_ns());
}

int kin_stop(kin_child *child, int64_t grace_ms)
{
    int code;

    if (child == NULL || grace_ms < KIN_FOREVER)
        return KIN_EINVAL;
    if (!has_victim(child))
        return KIN_ALREADY_ENDED;
    if (child->ending.phase != KIN_ENDING_NOT) {
        shorten_grace(child, grace_ms);
        return 0;
    }
    if (!child->exited)
        child->status.cause = KIN_CAUSE_STOPPED;
    code = ask(child, grace_ms);
    if (code < 0)
        withdraw(child);
    return code;
}

static int set_suspended(kin_child *child, bool suspended)
{
    int code;

    if (child == NULL)
        return KIN_EINVAL;
    if (!has_victim(child))
        return KIN_ALREADY_ENDED;
    code = suspended ? kin_plat_process_suspend(child->process, child->tree)
                     : kin_plat_process_resume(child->process, child->tree);
    if (code != 0)
        return code;
    child->suspended = suspended;
    child->ending.quiet_since_ns = kin_plat_now_ns();
    return 0;
}

int kin_suspend(kin_child *child)
{
    return set_suspended(child, true);
}

int kin_resume(kin_child *child)
{
    return set_suspended(child, false);
}
