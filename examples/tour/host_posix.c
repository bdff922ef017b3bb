/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <kin/kin.h>

int main(int argc, char **argv)
{
    return tour_main(argc, argv);
}

const char *host_name(void)
{
    static struct utsname name;
    return uname(&name) < 0 ? "POSIX" : name.sysname;
}

bool host_program_path(const char *name, char *path, size_t size)
{
    const char *argv[] = { name, NULL };
    return kin_which(&(kin_spawn_options){ .argv = argv }, path, size) > 0;
}

/* Linux: ru_maxrss survives exec, so it may be the peak of whoever started us; VmHWM is ours alone (proc(5)). */
static uint64_t peak_from_proc(void)
{
    uint64_t kibibytes = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kibibytes = strtoull(line + 6, NULL, 10);
    fclose(file);
    return kibibytes * 1024;
}

uint64_t host_peak_memory(void)
{
    struct rusage usage;
    uint64_t peak = peak_from_proc();
    if (peak == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        peak = (uint64_t)usage.ru_maxrss * (strcmp(host_name(), "Darwin") == 0 ? 1 : 1024);
    return peak;
}

int64_t host_now_ms(void)
{
    struct timespec now = { 0, 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool host_make_directory(char *path, size_t size)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/kin-tour-XXXXXX", parent && *parent ? parent : "/tmp");
    return length > 0 && (size_t)length < size && mkdtemp(path);
}

bool host_remove_file(const char *path)
{
    return unlink(path) == 0;
}

bool host_remove_directory(const char *path)
{
    return rmdir(path) == 0;
}
