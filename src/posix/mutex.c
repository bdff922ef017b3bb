/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>

#include "../platform.h"
#include "error.h"

struct kin_plat_mutex {
    pthread_mutex_t mutex;
};

int kin_plat_mutex_open(kin_plat_mutex **mutex)
{
    kin_plat_mutex *opened = calloc(1, sizeof *opened);
    int os_error;

    if (opened == NULL)
        return KIN_ENOMEM;
    os_error = pthread_mutex_init(&opened->mutex, NULL);
    if (os_error != 0) {
        free(opened);
        return kin_posix_code(os_error);
    }
    *mutex = opened;
    return 0;
}

void kin_plat_mutex_close(kin_plat_mutex *mutex)
{
    (void)pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void kin_plat_mutex_lock(kin_plat_mutex *mutex)
{
    (void)pthread_mutex_lock(&mutex->mutex);
}

void kin_plat_mutex_unlock(kin_plat_mutex *mutex)
{
    (void)pthread_mutex_unlock(&mutex->mutex);
}
