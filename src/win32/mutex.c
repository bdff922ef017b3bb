/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <stdlib.h>

#include "../platform.h"

struct kin_plat_mutex {
    SRWLOCK lock;
};

int kin_plat_mutex_open(kin_plat_mutex **mutex)
{
    kin_plat_mutex *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return KIN_ENOMEM;
    InitializeSRWLock(&opened->lock);
    *mutex = opened;
    return 0;
}

/* A slim lock has nothing to give back. */
void kin_plat_mutex_close(kin_plat_mutex *mutex)
{
    free(mutex);
}

void kin_plat_mutex_lock(kin_plat_mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->lock);
}

void kin_plat_mutex_unlock(kin_plat_mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->lock);
}
