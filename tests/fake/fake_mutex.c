/* SPDX-License-Identifier: MIT */
/* Mutexes of a program with one thread: whoever locks twice, or closes what is locked, would hang elsewhere. */
#include "fake.h"

#include <stdlib.h>

struct kin_plat_mutex {
    bool locked;
};

int kin_plat_mutex_open(kin_plat_mutex **mutex)
{
    *mutex = calloc(1, sizeof **mutex);
    return *mutex != NULL ? 0 : KIN_ENOMEM;
}

void kin_plat_mutex_close(kin_plat_mutex *mutex)
{
    if (mutex->locked)
        fake_breach("a locked mutex is closed");
    free(mutex);
}

void kin_plat_mutex_lock(kin_plat_mutex *mutex)
{
    if (mutex->locked)
        fake_breach("a mutex is locked twice");
    mutex->locked = true;
}

void kin_plat_mutex_unlock(kin_plat_mutex *mutex)
{
    if (!mutex->locked)
        fake_breach("a mutex is unlocked that is not locked");
    mutex->locked = false;
}
