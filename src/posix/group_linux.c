/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "descriptor.h"
#include "stat_linux.h"

enum found { NOTHING = 0, ENDED, LEADER, LIVING };

/* All in /proc that begins with a digit is a process (proc(5)). */
static enum found look_at(const char *name, pid_t group)
{
    struct kin_posix_stat stat;
    pid_t id;

    if (name[0] < '0' || name[0] > '9')
        return NOTHING;
    id = (pid_t)strtol(name, NULL, 10);
    if (!kin_posix_stat_read(id, &stat) || stat.group != group)
        return NOTHING;
    if (!stat.ended)
        return LIVING;
    return id == group ? LEADER : ENDED;
}

static enum found search(DIR *directory, pid_t group)
{
    enum found best = NOTHING;

    for (const struct dirent *entry = readdir(directory); entry != NULL && best != LIVING; entry = readdir(directory)) {
        const enum found found = look_at(entry->d_name, group);

        best = found > best ? found : best;
    }
    return best;
}

/* Opened by ourselves: opendir() could take the place of a closed stdin for a moment. */
static enum found search_all(pid_t group)
{
    enum found found = LIVING;
    DIR *directory = NULL;
    int descriptor;

    if (kin_posix_descriptor_open("/proc", O_RDONLY | O_DIRECTORY, &descriptor) != 0)
        return LIVING;
    directory = fdopendir(descriptor);
    if (directory != NULL) {
        found = search(directory, group);
        (void)closedir(directory);
    } else {
        kin_posix_descriptor_close(&descriptor);
    }
    return found;
}

/*
 * A /proc that does not show the leader, who is there as a zombie, or another that has ended, is not ours: it hides others'
 * processes (hidepid), or is that of another namespace. Looked at twice: ids are listed in their order, and one that has just been
 * born may stand behind the reader, its father being gone when he is reached.
 */
bool kin_posix_group_lives(pid_t group, bool leader_is_kept)
{
    const enum found expected = leader_is_kept ? LEADER : ENDED;
    bool lives = false;

    for (int looks = 0; looks < 2 && !lives; looks++)
        lives = search_all(group) != expected;
    return lives;
}
